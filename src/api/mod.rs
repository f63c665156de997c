//! What users write and read: `classiclink.dev/v1alpha1`.
//!
//! The types hold every field of the API; rules in CEL refuse at apply what cannot be meant, and what this version does
//! not act on yet, so that nothing is ever ignored silently. The doc comments of the fields are what `kubectl explain`
//! shows. Nothing here knows a cloud or decides anything.

mod classic_link;
mod cloud_account;
mod condition;
mod crd;
mod reason;

pub use classic_link::{
    AccountRef, ClassicLink, ClassicLinkSpec, ClassicLinkStatus, DeletionPolicy, ExistingLink, InstanceReturnPolicy,
    LinkRecord, ManagementPolicy, Operation, Origin, RefusalRecord, TaskRecord,
};
pub use cloud_account::{
    AllowedNamespaces, AssumeRole, Brake, CloudAccount, CloudAccountSpec, CloudAccountStatus, Credentials, Endpoints,
    InstanceRole, Limits, NamespacesFrom, Provider, RegionUse, SecretRef, TencentApi, TencentCloud, VpcUse,
    WorkloadIdentity,
};
pub use condition::{ConditionType, find, set};
pub use crd::crds;
pub use reason::Reason;

/// The finalizer of both kinds: the object stays until nothing of ours is left in the cloud.
pub const FINALIZER: &str = "classiclink.dev/finalizer";
/// Annotation of a `ClassicLink` that is being deleted: with its UID as value the finalizer goes without the cloud.
pub const FORCE_RELEASE: &str = "classiclink.dev/force-release";
/// Annotation of a `ClassicLink`: a new value asks for a look now; it is echoed in `status.lastHandledCheckAt`.
pub const CHECK_REQUESTED_AT: &str = "classiclink.dev/check-requested-at";
/// Annotation of a `CloudAccount`: acknowledges a guard, as its message shows.
pub const ACKNOWLEDGE: &str = "classiclink.dev/acknowledge";
/// The name under which fields are written.
pub const FIELD_MANAGER: &str = "classiclink-operator";
