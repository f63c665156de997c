//! Conditions as Kubernetes has them, and the rules by which one is set.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

/// The types of condition that the operator writes, in the order in which they stand in a status.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum ConditionType {
    /// The summary.
    Ready,
    /// The link was seen alive in the wanted VPC.
    Linked,
    /// The specification is understood, the account usable, the claim won.
    Accepted,
    /// Work goes on (kstatus); there only while true.
    Reconciling,
    /// Someone has to act (kstatus); there only while true.
    Stalled,
}

impl ConditionType {
    /// The word in the status.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "Ready",
            Self::Linked => "Linked",
            Self::Accepted => "Accepted",
            Self::Reconciling => "Reconciling",
            Self::Stalled => "Stalled",
        }
    }
}

/// The condition of this type, if there is one.
#[must_use]
pub fn find(conditions: &[Condition], type_: ConditionType) -> Option<&Condition> {
    conditions.iter().find(|condition| condition.type_ == type_.as_str())
}

/// Builds the next list of conditions: `wanted` in its order, each keeping the transition time of its predecessor in
/// `before` while the status is the same, then those of `before` that other controllers own. The default status of the
/// CRD has no time worth keeping.
#[must_use]
pub fn set(before: &[Condition], wanted: Vec<Condition>, now: Timestamp) -> Vec<Condition> {
    let mut next: Vec<Condition> = wanted
        .into_iter()
        .map(|mut condition| {
            let old = before.iter().find(|old| old.type_ == condition.type_ && old.status == condition.status);
            let old = old.filter(|old| old.last_transition_time.0 != Timestamp::UNIX_EPOCH);
            condition.last_transition_time = old.map_or(Time(now), |old| old.last_transition_time.clone());
            condition
        })
        .collect();
    next.extend(before.iter().filter(|old| !is_ours(&old.type_)).cloned());
    next
}

fn is_ours(type_: &str) -> bool {
    use ConditionType::{Accepted, Linked, Ready, Reconciling, Stalled};
    [Ready, Linked, Accepted, Reconciling, Stalled].iter().any(|ours| ours.as_str() == type_)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(type_: ConditionType, status: &str, at: i64) -> Condition {
        Condition {
            type_: type_.as_str().into(),
            status: status.into(),
            reason: "Linked".into(),
            message: String::new(),
            observed_generation: Some(1),
            last_transition_time: Time(Timestamp::from_second(at).unwrap()),
        }
    }

    #[test]
    fn the_transition_time_moves_only_with_the_status() {
        let before = vec![condition(ConditionType::Ready, "True", 1), condition(ConditionType::Linked, "True", 1)];
        let wanted = vec![condition(ConditionType::Ready, "True", 0), condition(ConditionType::Linked, "False", 0)];
        let next = set(&before, wanted, Timestamp::from_second(9).unwrap());
        assert_eq!(next[0].last_transition_time.0.as_second(), 1);
        assert_eq!(next[1].last_transition_time.0.as_second(), 9);
    }

    #[test]
    fn a_condition_that_is_no_longer_true_goes_and_a_foreign_one_stays() {
        let mut foreign = condition(ConditionType::Ready, "True", 1);
        foreign.type_ = "Audited".into();
        let before = vec![condition(ConditionType::Stalled, "True", 1), foreign.clone()];
        assert_eq!(set(&before, vec![], Timestamp::from_second(9).unwrap()), vec![foreign]);
    }
}
