//! What the codes of the API v2 mean, by action and code.
//!
//! The business name (`codeDesc`) decides first, the number (`code`) second: which number goes with which name is
//! documented nowhere. Never the text, never the HTTP status. Sources: common codes 213/6982 and 309/7025, module codes
//! 245/4924, actions 215/2098, 215/2097, 215/2112, 215/5094, 215/1372, 213/831.

use crate::{
    api::Reason,
    cloud::{Action, Kind},
};

/// The kind of this code in an answer to `action`; `None` where the code is in no table.
pub(in crate::cloud::tencent) fn kind(action: Action, code_desc: Option<&str>, code: &str) -> Option<Kind> {
    code_desc.and_then(|name| by_name(action, name)).or_else(|| by_number(action, code))
}

/// Whether a number is one that a wrong clock explains: 4100 a signature, which covers the time; 4200 expired; 4500 replay.
pub(super) fn is_about_time(code: &str) -> bool {
    matches!(code, "4100" | "4200" | "4500")
}

/// Whether a number says that a token has ended, or is none: new temporary keys help.
pub(in crate::cloud::tencent) fn is_about_token(code: &str) -> bool {
    code == "4105"
}

fn by_name(action: Action, name: &str) -> Option<Kind> {
    Some(match name {
        "InvalidVpc.NotFound" | "InvalidInstance.NotFound" => not_found(action),
        // Documented for the list by address, which is never asked for.
        "InvalidLanIp.NotFound" => Kind::Missing,
        "InstanceLimitExceeded" => Kind::Quota,
        // "To another VPC", says the document; what the same VPC gives is undocumented, so the next look says.
        "InstanceAlreadyLinked" => Kind::Conflict,
        // An earlier operation has not ended; this one did not begin.
        "ActionLocked" => Kind::Busy,
        "ServiceUnavailable" => Kind::Transient,
        _ => return None,
    })
}

fn by_number(action: Action, code: &str) -> Option<Kind> {
    Some(match code {
        // 4000 a parameter is missing, malformed or out of range; 5200 purchase failed, 5300 balance insufficient: not
        // expected of something that is free.
        "4000" | "5200" | "5300" => Kind::Refused(Reason::Refused),
        // 4100 signature; 4104 key unknown or inactive; 4105 token; 4106 a second factor, which a machine has not;
        // 4200 expired by the clock, and not carried out; 4300 banned, or outside the allowed users; 5500 an account
        // whose qualification is missing. All concern the caller as a whole: no smaller batch would help.
        "4100" | "4104" | "4105" | "4106" | "4200" | "4300" | "5500" => Kind::KeyDenied,
        // 4101 the action; 4102 the resource; 4103 a resource that the action touches; 4110 any other rule.
        "4101" | "4102" | "4103" | "4110" => Kind::PermissionDenied,
        "4400" => Kind::Throttled,
        // Replay. Nothing is sent twice here; if something between resent it, the first copy may have been carried out.
        "4500" => action.unreadable(),
        // 4600 no plain HTTP any more; 6100 version or action not served here.
        "4600" | "6100" => Kind::Offline,
        // Unknown, already returned, or another user's.
        "5000" => not_found(action),
        // The batch was carried out in part; only reading tells which part.
        "5400" => Kind::Partial,
        // The operation on the resource failed, at a point that is not told: of the task, or the question about it.
        "5100" if action == Action::ReadTask => Kind::Unclear,
        // 5100 of anything else; 6000 internal error; 6200 under
        // maintenance.
        "5100" | "6000" | "6200" => Kind::Transient,
        _ => return None,
    })
}

const fn not_found(action: Action) -> Kind {
    match action {
        Action::Detach => Kind::AlreadyGone,
        Action::Attach
        | Action::ListLinks
        | Action::ListMachines
        | Action::ReadVpc
        | Action::ReadTask
        | Action::ReadQuota => Kind::Missing,
    }
}

#[cfg(test)]
mod tests;
