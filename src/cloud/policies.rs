//! The policies that `docs/clouds` shows to people: well-formed, and of the actions that are called, no more and no less.

use std::collections::BTreeSet;

use serde_json::Value;

/// The actions that each policy of a page allows, in the page's order; each policy is checked for what its cloud wants of
/// one.
pub(super) fn allowed(page: &str) -> Vec<BTreeSet<String>> {
    let blocks = page.split("```json\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks
        .map(|block| actions(&serde_json::from_str(block).unwrap_or_else(|error| panic!("{error}: {block}"))))
        .collect()
}

fn actions(policy: &Value) -> BTreeSet<String> {
    // Tencent Cloud writes what Alibaba Cloud writes with capitals.
    let of = |object: &Value, name: &str, capital: &str| [&object[name], &object[capital]].map(Clone::clone);
    let one = |pair: [Value; 2]| pair.into_iter().find(|value| !value.is_null()).unwrap_or_default();
    let version = one(of(policy, "version", "Version"));
    assert!(version == "2.0" || version == "1", "{policy}");
    let statements = one(of(policy, "statement", "Statement"));
    let mut allowed = BTreeSet::new();
    for statement in statements.as_array().unwrap() {
        let effect = one(of(statement, "effect", "Effect"));
        assert!(effect == if version == "1" { "Allow" } else { "allow" }, "{statement}");
        let names = one(of(statement, "action", "Action"));
        let names: BTreeSet<_> =
            names.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect();
        // Who trusts names whom instead of what.
        if one(of(statement, "principal", "Principal")).is_null() {
            let resources = one(of(statement, "resource", "Resource"));
            assert_resources(&names, resources.as_array().unwrap());
        }
        allowed.extend(names);
    }
    allowed
}

/// A change wants the machine and the VPC in one statement.
fn assert_resources(actions: &BTreeSet<String>, resources: &[Value]) {
    let is_change =
        actions.iter().any(|name| name.ends_with("AttachClassicLinkVpc") || name.ends_with("DetachClassicLinkVpc"));
    let has = |part: &str| resources.iter().any(|resource| resource.as_str().unwrap().contains(part));
    assert!(!resources.is_empty());
    assert!(!is_change || (has(":instance/") && has(":vpc/")), "{resources:?}");
}
