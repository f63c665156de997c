//! Counters, in the text format of OpenMetrics. No label names an object: their number is not ours to bound.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};

/// How many codes are counted by name. The documents know some two hundred, nearly all of them in the tables; what answers
/// with more than this is no cloud, and must not fill the memory.
const CODES: usize = 100;
/// What stands for all the other codes.
const OTHER: &str = "other";

/// The operator's counters.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Arc<Registry>,
    /// Reconciles, by kind.
    pub reconciles: Family<KindLabel, Counter>,
    /// Calls of a cloud about links, machines and VPCs, by action and by what came of them.
    pub calls: Family<CallLabels, Counter>,
    /// Codes after which nobody knows what came of a call, most of them in no table.
    unknown_codes: Family<CodeLabels, Counter>,
    /// The codes that were counted by name so far.
    codes: Arc<Mutex<BTreeSet<String>>>,
    /// Changes of the reason of `Ready`, and finalizers that went by force, by reason.
    pub outcomes: Family<ReasonLabel, Counter>,
}

/// A kind of object.
#[derive(Clone, Copy, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub struct KindLabel {
    /// Its name.
    pub kind: &'static str,
}

/// A call.
#[derive(Clone, Copy, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub struct CallLabels {
    /// The action.
    pub action: &'static str,
    /// `Ok`, or the kind of the error.
    pub outcome: &'static str,
}

/// A code of a cloud.
#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct CodeLabels {
    /// The action.
    action: &'static str,
    /// The code, as the cloud wrote it, or `other`.
    code: String,
}

/// A reason.
#[derive(Clone, Copy, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub struct ReasonLabel {
    /// Its word.
    pub reason: &'static str,
}

impl Metrics {
    /// Counters at zero.
    #[must_use]
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("classiclink");
        let (reconciles, calls) = (Family::default(), Family::default());
        let (unknown_codes, outcomes) = (Family::default(), Family::default());
        registry.register("reconciles", "Reconciles, by kind of object", reconciles.clone());
        registry.register(
            "cloud_calls",
            "Calls of a cloud, by action and outcome; the token service's are not counted",
            calls.clone(),
        );
        registry.register(
            "unknown_codes",
            "Error codes that do not say what came of a call, by action and code",
            unknown_codes.clone(),
        );
        registry.register(
            "outcomes",
            "Changes of the reason of Ready and releases by force, by reason",
            outcomes.clone(),
        );
        Self { registry: Arc::new(registry), reconciles, calls, unknown_codes, codes: Arc::default(), outcomes }
    }

    /// Counts a code after which nobody knows what came of the call.
    pub fn unknown_code(&self, action: &'static str, code: &str) {
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        if codes.len() < CODES {
            codes.insert(code.to_owned());
        }
        let code = if codes.contains(code) { code } else { OTHER };
        self.unknown_codes.get_or_create(&CodeLabels { action, code: code.to_owned() }).inc();
    }

    /// The text that is scraped.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        match encode(&mut text, &self.registry) {
            Ok(()) => text,
            Err(error) => format!("# {error}\n# EOF\n"),
        }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_cloud_answers_the_number_of_labels_is_bounded() {
        let metrics = Metrics::new();
        for number in 0..1000 {
            metrics.unknown_code("Attach", &format!("Code{number}"));
        }
        metrics.unknown_code("Detach", "Code1");
        let text = metrics.text();
        let rows: Vec<_> = text.lines().filter(|line| line.starts_with("classiclink_unknown_codes_total{")).collect();
        assert_eq!(rows.len(), CODES + 2);
        assert!(text.contains("{action=\"Attach\",code=\"other\"} 900"), "{text}");
        assert!(text.contains("{action=\"Detach\",code=\"Code1\"} 1"), "{text}");
    }
}
