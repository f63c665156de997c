//! What the documents of the API leave open, and its two generations of error tables. The first setting is the default.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::traffic::EVERY_ACTION;
use crate::world::switch;

/// Settings of this dialect.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Settings {
    /// Whether the API is there; classic networks came to their end on 28 February 2025.
    pub api: Api,
    /// Which error tables hold: those of 2018, or those of 2024.
    pub generation: Generation,
    /// How many calls a minute an account may make in a region, by action; `*` for each other action on its own.
    pub calls_per_minute: BTreeMap<String, u32>,
    /// Whether a throttled call is told when to come again.
    pub retry_after: Presence,
    /// Attaching a machine to the VPC it is linked to.
    pub attach_same_vpc_again: SameVpcAgain,
    /// Detaching what is not linked, with the tables of 2018; those of 2024 have a code for it.
    pub detach_without_link: DetachWithoutLink,
    /// Listing the links of several machines of which one is not there.
    pub bad_id_in_list: BadId,
    /// Listing the link of a machine that lives in a VPC.
    pub vpc_machine_in_list: Found,
    /// Listing the links of a VPC that is not there, or not one's own.
    pub unknown_vpc_in_list: UnknownVpc,
    /// How a list of no links is written.
    pub empty_links: EmptyLinks,
    /// `DescribeInstances` for a key that has no permission.
    pub unauthorized_instances: Found,
    /// Disabling ClassicLink of a VPC that has links.
    pub disable_with_links: DisableWithLinks,
    /// How the fields of an error are spelled.
    pub error_keys: ErrorKeys,
    /// How errors are written.
    pub error_format: ErrorFormat,
    /// Whether a refusal for want of permission says which one.
    pub access_denied_detail: Detail,
    /// The HTTP status of `MissingSecurityToken` and `InvalidSecurityToken.*`.
    pub token_error_status: TokenErrorStatus,
    /// The HTTP status of `DryRunOperation`.
    pub dry_run_status: DryRunStatus,
}

impl Settings {
    /// How often an action may be called in a minute.
    pub(super) fn rate(&self, action: &str) -> Option<u32> {
        self.calls_per_minute.get(action).or_else(|| self.calls_per_minute.get(EVERY_ACTION)).copied()
    }
}

switch! {
    /// Whether the API is there.
    Api {
        /// It is.
        Online,
        /// Every action answers 404 `InvalidApi.NotFound`.
        SwitchedOff
    }
    /// Which error tables hold.
    Generation {
        /// Those of 2024.
        G2,
        /// Those of 2018.
        G1
    }
    /// Whether a header is there.
    Presence {
        /// It is.
        Present,
        /// It is left out.
        Absent
    }
    /// Attaching a machine to the VPC it is linked to.
    SameVpcAgain {
        /// 200; nothing happens.
        Success,
        /// `OperationDenied`: the instance does not allow link to vpc.
        NotAllowed,
        /// `OperationDenied`: the instance has been linked to other vpc.
        LinkedToOther,
        /// `Abs.InvalidInstanceId.MalFormed`.
        Abs
    }
    /// Detaching what is not linked.
    DetachWithoutLink {
        /// 200; nothing happens.
        Success,
        /// `OperationDenied`.
        OperationDenied
    }
    /// A machine of a list that is not there.
    BadId {
        /// The whole call fails.
        FailsCall,
        /// It is left out.
        LeftOut
    }
    /// What is answered for what is not listed.
    Found {
        /// An empty list.
        Empty,
        /// An error.
        Error
    }
    /// What is answered for a VPC that is not there.
    UnknownVpc {
        /// `InvalidVpc.NotBelong`.
        Error,
        /// An empty list.
        Empty
    }
    /// How a list of no links is written.
    EmptyLinks {
        /// `"Links": {"Link": []}`.
        List,
        /// Without `Links`.
        Absent,
        /// `"Links": null`.
        Null
    }
    /// Disabling ClassicLink of a VPC that has links.
    DisableWithLinks {
        /// `DependencyViolation.Instance`.
        DependencyViolation,
        /// `InvalidAction`.
        InvalidAction
    }
    /// How the fields of an error are spelled.
    ErrorKeys {
        /// `Code`, `Message`, `RequestId`.
        Upper,
        /// `code`, `message`, `requestId`.
        Lower
    }
    /// How errors are written.
    ErrorFormat {
        /// Like other answers.
        AsAsked,
        /// As XML, whatever was asked for.
        Xml
    }
    /// Whether a detail is there.
    Detail {
        /// It is left out.
        Absent,
        /// It is there.
        Present
    }
    /// The HTTP status of an error of the token.
    TokenErrorStatus {
        /// 400.
        BadRequest,
        /// 403.
        Forbidden
    }
    /// The HTTP status of `DryRunOperation`.
    DryRunStatus {
        /// 400.
        BadRequest,
        /// 403.
        Forbidden,
        /// 412.
        PreconditionFailed
    }
}
