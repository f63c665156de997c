//! Counters, in the text format of OpenMetrics. No label names an object: their number is not ours to bound.

use std::sync::Arc;

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};

/// The operator's counters.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Arc<Registry>,
    /// Reconciles, by kind.
    pub reconciles: Family<KindLabel, Counter>,
    /// Calls of a cloud, by action and by what came of them.
    pub calls: Family<CallLabels, Counter>,
    /// Codes that no table knows.
    pub unknown_codes: Family<CodeLabels, Counter>,
    /// Decisions that changed something, by the reason that was reported.
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
pub struct CodeLabels {
    /// The action.
    pub action: &'static str,
    /// The code, as the cloud wrote it.
    pub code: String,
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
        registry.register("cloud_calls", "Calls of a cloud, by action and outcome", calls.clone());
        registry.register("unknown_codes", "Error codes that no table knows", unknown_codes.clone());
        registry.register("outcomes", "Status changes, by the reason of Ready", outcomes.clone());
        Self { registry: Arc::new(registry), reconciles, calls, unknown_codes, outcomes }
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
