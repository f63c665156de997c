//! Errors of a cloud are data: a kind, found by action and code in the vendor's table, answered by exhaustive matches.
//!
//! The HTTP status and the text of the message never take part: Alibaba answers "already linked" with 400, "quota" and
//! "busy" with 403, and Tencent everything with 200. No kind is terminal; the slowest beat is the end of the scale.

use std::fmt;

use crate::{api::Reason, link::Beat};

/// What a failed call means for what comes next.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Kind {
    /// Too fast; stopped before it was carried out.
    Throttled,
    /// A server fault, a time-out, a connection that broke.
    Transient,
    /// The machine, or the VPC, is busy with another task.
    Busy,
    /// The machine is locked: by another task, or until its owner settles something. Its row in the list says which.
    Locked,
    /// The key, its signature or its token is not accepted.
    KeyDenied,
    /// The key may not do this.
    PermissionDenied,
    /// The VPC has its maximum of links.
    Quota,
    /// No such machine or VPC; the next look says which.
    Missing,
    /// Already linked; the next look says to which VPC.
    Conflict,
    /// On a detach: there is nothing to detach any more, to be confirmed by reading.
    AlreadyGone,
    /// Not possible for this machine, VPC or account, with the reason that says so.
    Refused(Reason),
    /// The action, its version or the region is no longer served.
    Offline,
    /// A change of several was carried out in part; reading each back tells which.
    Partial,
    /// An unknown code or an unreadable answer.
    Unclear,
}

impl Kind {
    /// Whether the whole account has to wait before its next call.
    #[must_use]
    pub const fn pauses_account(self) -> bool {
        match self {
            Self::Throttled => true,
            Self::Transient
            | Self::Busy
            | Self::Locked
            | Self::KeyDenied
            | Self::PermissionDenied
            | Self::Quota
            | Self::Missing
            | Self::Conflict
            | Self::AlreadyGone
            | Self::Refused(_)
            | Self::Offline
            | Self::Partial
            | Self::Unclear => false,
        }
    }

    /// Whether one member of a batch may be to blame, so that smaller batches help the others.
    #[must_use]
    pub const fn splits_batch(self) -> bool {
        match self {
            Self::Busy
            | Self::Locked
            | Self::PermissionDenied
            | Self::Quota
            | Self::Missing
            | Self::Conflict
            | Self::AlreadyGone
            | Self::Partial
            | Self::Refused(_) => true,
            Self::Throttled | Self::Transient | Self::KeyDenied | Self::Offline | Self::Unclear => false,
        }
    }

    /// Whether the change may have been carried out although the call failed. A batch that splits may always have been
    /// carried out in part, whatever this says.
    #[must_use]
    pub const fn may_have_happened(self) -> bool {
        match self {
            Self::Transient | Self::Partial | Self::Unclear => true,
            Self::Throttled
            | Self::Busy
            | Self::Locked
            | Self::KeyDenied
            | Self::PermissionDenied
            | Self::Quota
            | Self::Missing
            | Self::Conflict
            | Self::AlreadyGone
            | Self::Refused(_)
            | Self::Offline => false,
        }
    }

    /// The word users see.
    #[must_use]
    pub const fn reason(self) -> Reason {
        match self {
            Self::Throttled => Reason::Throttled,
            Self::Transient | Self::Partial | Self::Unclear => Reason::ProviderUnavailable,
            // Machine and VPC were both seen before the change was sent; a code that says one is missing, or that the
            // machine is linked although it is seen nowhere, is a list that lags: somebody else's task, as a rule.
            Self::Busy | Self::Locked | Self::Missing | Self::Conflict | Self::AlreadyGone => Reason::InstanceBusy,
            Self::KeyDenied => Reason::CredentialsRejected,
            Self::PermissionDenied => Reason::PermissionDenied,
            Self::Quota => Reason::QuotaExceeded,
            Self::Refused(reason) => reason,
            Self::Offline => Reason::ApiRetired,
        }
    }

    /// What this means where keys were asked for: whatever is no fault of the way or the service is one of the role, or of
    /// who may take it.
    #[must_use]
    pub const fn on_giving_keys(self) -> Self {
        match self {
            Self::Throttled => Self::Throttled,
            Self::Transient | Self::Busy | Self::Locked | Self::Partial | Self::Unclear => Self::Transient,
            Self::PermissionDenied => Self::PermissionDenied,
            Self::Offline => Self::Offline,
            Self::KeyDenied | Self::Quota | Self::Missing | Self::Conflict | Self::AlreadyGone | Self::Refused(_) => {
                Self::KeyDenied
            }
        }
    }

    /// When to come back.
    #[must_use]
    pub const fn beat(self) -> Beat {
        match self {
            Self::Busy | Self::Locked | Self::Missing => Beat::Soon,
            Self::Throttled | Self::Transient | Self::Conflict | Self::AlreadyGone | Self::Partial | Self::Unclear => {
                Beat::Backoff
            }
            Self::KeyDenied | Self::PermissionDenied | Self::Quota | Self::Refused(_) | Self::Offline => Beat::Slow,
        }
    }

    /// The label in metrics and logs.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Throttled => "Throttled",
            Self::Transient => "Transient",
            Self::Busy => "Busy",
            Self::Locked => "Locked",
            Self::KeyDenied => "KeyDenied",
            Self::PermissionDenied => "PermissionDenied",
            Self::Quota => "Quota",
            Self::Missing => "Missing",
            Self::Conflict => "Conflict",
            Self::AlreadyGone => "AlreadyGone",
            Self::Refused(_) => "Refused",
            Self::Offline => "Offline",
            Self::Partial => "Partial",
            Self::Unclear => "Unclear",
        }
    }
}

/// A call of a cloud that failed. Holds no header, no signature, no key: it may be shown to anyone.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CloudError {
    /// What it means.
    pub kind: Kind,
    /// The cloud's name of the action, `AttachClassicLinkVpc`.
    pub action: &'static str,
    /// The vendor's code; empty where the call got no answer that has one.
    pub code: String,
    /// The vendor's text, or what happened to the call. Bounded in length, shown to people, never parsed.
    pub message: String,
    /// The vendor's request id, where the API has one. For logs: it differs in each call, so it stays out of conditions.
    pub request_id: Option<String>,
}

impl fmt::Display for CloudError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.action)?;
        if !self.code.is_empty() {
            write!(f, " answered {}", self.code)?;
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for CloudError {}
