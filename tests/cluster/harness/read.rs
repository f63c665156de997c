//! Reading what the operator says of an object.

use classiclink::api::{ClassicLink, CloudAccount, ConditionType, LinkRecord, Operation, Reason, TaskRecord, find};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

/// What an object tells in its status.
pub(crate) trait Told {
    /// Its conditions.
    fn conditions(&self) -> &[Condition];

    /// The condition of this type.
    fn condition(&self, type_: ConditionType) -> Option<&Condition> {
        find(self.conditions(), type_)
    }

    /// Whether `Ready` has this status and this reason.
    fn is(&self, status: &str, reason: Reason) -> bool {
        let ready = self.condition(ConditionType::Ready);
        ready.is_some_and(|ready| ready.status == status && ready.reason == reason.as_str())
    }

    /// What `Ready` says for people.
    fn message(&self) -> &str {
        self.condition(ConditionType::Ready).map(|ready| ready.message.as_str()).unwrap_or_default()
    }
}

impl Told for ClassicLink {
    fn conditions(&self) -> &[Condition] {
        self.status.as_ref().map(|status| &*status.conditions).unwrap_or_default()
    }
}

impl Told for CloudAccount {
    fn conditions(&self) -> &[Condition] {
        self.status.as_ref().map(|status| &*status.conditions).unwrap_or_default()
    }
}

/// What only links tell.
pub(crate) trait TellsOfLink {
    /// The link on record.
    fn on_record(&self) -> Option<&LinkRecord>;
    /// The change under way.
    fn task(&self) -> Option<&TaskRecord>;
    /// Whether what it says is about its present specification.
    fn is_current(&self) -> bool;
    /// Whether it says that it is linked, about its present specification.
    fn is_linked_now(&self) -> bool;
    /// Whether it is `Ready`, linked or linked as far as the cloud tells, about its present specification.
    fn is_ready_now(&self) -> bool;
    /// Whether this change is under way; `named`: and the cloud has given it a name.
    fn has_begun(&self, operation: Operation, named: bool) -> bool;
}

impl TellsOfLink for ClassicLink {
    fn is_current(&self) -> bool {
        let observed = self.status.as_ref().and_then(|status| status.observed_generation);
        observed.is_some() && observed == self.metadata.generation
    }

    fn is_linked_now(&self) -> bool {
        self.is_current() && self.is("True", Reason::Linked)
    }

    fn is_ready_now(&self) -> bool {
        self.is_current() && (self.is("True", Reason::Linked) || self.is("True", Reason::AddressUnverified))
    }

    fn on_record(&self) -> Option<&LinkRecord> {
        self.status.as_ref()?.link.as_ref()
    }

    fn task(&self) -> Option<&TaskRecord> {
        self.status.as_ref()?.task.as_ref()
    }

    fn has_begun(&self, operation: Operation, named: bool) -> bool {
        self.task().is_some_and(|task| task.operation == operation && task.task_id.is_some() == named)
    }
}
