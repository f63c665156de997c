//! Why an account cannot be used at all, whatever its keys are.

use super::{Settings, accounts::not_ready, keys};
use crate::{
    api::{CloudAccountSpec, Endpoints, Provider as Cloud},
    cloud::endpoint,
    link::Notice,
};

/// Why the specification cannot be acted on. The rules of the API refuse most of it at apply; an object may be older.
pub(super) fn why(spec: &CloudAccountSpec, settings: &Settings) -> Option<Notice> {
    let written = endpoints(spec);
    let given = || written.iter().filter_map(|(service, url)| Some((*service, url.as_deref()?)));
    // The metadata service is plain http at the clouds too, and serves one node alone.
    let sts = spec.endpoints.as_ref().and_then(|endpoints| endpoints.sts.as_deref());
    let mut secured = given().map(|(_, url)| url).chain(sts);
    if !settings.allow_insecure_endpoints && secured.any(is_plain) {
        return Some(not_ready("a plain http endpoint is taken only with --allow-insecure-endpoints"));
    }
    if let Some(error) = given().find_map(|(service, url)| endpoint::check(service, url).err()) {
        return Some(not_ready(error.to_string()));
    }
    let off_loopback = written.iter().any(|(_, url)| !url.as_ref().is_some_and(|url| keys::is_loopback(url)));
    if settings.time_scale > 1.0 && off_loopback {
        return Some(not_ready("with --time-scale every endpoint has to be on loopback"));
    }
    keys::refused(spec, settings)
}

/// The services that the cloud's links need, and where the account says they are.
fn endpoints(spec: &CloudAccountSpec) -> [(&'static str, Option<String>); 2] {
    let Endpoints { vpc, cvm, ecs, .. } = spec.endpoints.clone().unwrap_or_default();
    match spec.provider {
        Cloud::TencentCloud => [("vpc", vpc), ("cvm", cvm)],
        Cloud::AlibabaCloud => [("vpc", vpc), ("ecs", ecs)],
    }
}

fn is_plain(url: &str) -> bool {
    url.starts_with("http://")
}
