//! What `kubectl apply` refuses, and what it says then: what cannot be meant, and what is not acted on yet.

use std::{io::Write, process::Stdio};

use serde_json::{Value, json};

use crate::harness::{World, story};

/// Applies a manifest with one field set to another value; it must be refused. Returns what `kubectl` says.
fn refusal(world: &World, manifest: &Value, (pointer, value): (&str, Value)) -> String {
    let mut manifest = manifest.clone();
    set(&mut manifest, pointer, value);
    let mut command = world.plane().kubectl_command();
    command.args(["apply", "-f", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut kubectl = command.spawn().unwrap();
    kubectl.stdin.take().unwrap().write_all(manifest.to_string().as_bytes()).unwrap();
    let output = kubectl.wait_with_output().unwrap();
    assert!(!output.status.success(), "it was taken: {manifest:#}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Sets the field at `a.b.c`; null removes it.
fn set(manifest: &mut Value, path: &str, value: Value) {
    let (fields, last) = path.rsplit_once('.').unwrap();
    let parent = fields.split('.').fold(manifest, |parent, field| &mut parent[field]).as_object_mut();
    if value.is_null() {
        parent.unwrap().remove(last);
    } else {
        parent.unwrap().insert(last.to_owned(), value);
    }
}

/// All of these are refused, each with its words.
fn all_refused(world: &World, manifest: &Value, cases: Vec<(&str, Value, &str)>) {
    for (path, value, words) in cases {
        let said = refusal(world, manifest, (path, value.clone()));
        assert!(said.contains(words), "{path}: {value}: {said}");
    }
}

/// A link as a manifest, without defaults.
fn link(world: &World) -> Value {
    json!({
        "apiVersion": "classiclink.dev/v1alpha1",
        "kind": "ClassicLink",
        "metadata": { "name": "refused", "namespace": world.name },
        "spec": {
            "accountRef": { "name": world.name },
            "region": "ap-guangzhou",
            "instanceId": "ins-0x5msjda",
            "vpcId": "vpc-gjui0b5t",
        },
    })
}

#[test]
fn an_id_that_cannot_be_one_is_refused_and_shown_how_one_looks() {
    story(async {
        let world = World::shared("ids").await;
        let (vpc, instance) = ("a VPC id looks like vpc-gjui0b5t", "an instance id looks like ins-0x5msjda");
        let region = "a region is written by its long name, as ap-guangzhou (not gz)";
        let cases = vec![
            ("spec.vpcId", json!("gz_vpc_245"), vpc),
            ("spec.vpcId", json!("vpc-GJUI0B5T"), vpc),
            ("spec.vpcId", json!("vpc-"), vpc),
            ("spec.vpcId", json!("245"), vpc),
            ("spec.instanceId", json!("qcvm1234567890"), instance),
            ("spec.instanceId", json!("0x5msjda"), instance),
            ("spec.instanceId", json!("ins-0x5msjda,ins-0x5msjdb"), instance),
            ("spec.region", json!("gz"), region),
            ("spec.region", json!("Guangzhou"), region),
            ("spec.region", json!("ap-guangzhou "), region),
            ("spec.region", json!(null), "spec.region: Required value"),
            ("spec.vpcId", json!(null), "spec.vpcId: Required value"),
        ];
        all_refused(&world, &link(&world), cases);
    });
}

#[test]
fn what_is_not_acted_on_yet_is_refused_and_not_ignored() {
    story(async {
        let world = World::shared("not-yet").await;
        let cases = vec![
            ("spec.managementPolicy", json!("Ignore"), "Unsupported value: \"Ignore\""),
            ("spec.existingLink", json!("Steal"), "Unsupported value: \"Steal\""),
            ("spec.deletionPolicies", json!("Retain"), "unknown field \"spec.deletionPolicies\""),
        ];
        all_refused(&world, &link(&world), cases);
        let cases = vec![
            ("spec.tencentCloud.api", json!("V4"), "Unsupported value: \"V4\""),
            ("spec.brake", json!({ "maxDetaches": 5, "window": "10m" }), "brake is not acted on by this version"),
        ];
        all_refused(&world, &new_account(&world), cases);
    });
}

/// An account that does not exist yet.
fn new_account(world: &World) -> Value {
    let mut account = world.account(&world.name);
    account["metadata"]["name"] = json!(format!("{}.new", world.name));
    account
}

#[test]
fn an_account_that_contradicts_itself_is_refused() {
    story(async {
        let world = World::shared("contradictions").await;
        let one = "write exactly one of secretRef, workloadIdentity and instanceRole";
        let selector = "write a selector with from: Selector, and none with from: All";
        let endpoint = "an endpoint is a URL such as https://vpc.internal.example.com";
        let ecs = json!({ "ecs": "https://ecs.example.com" });
        let cases = vec![
            ("spec.endpoints", ecs, "ecs is a service of Alibaba Cloud: with provider: TencentCloud write cvm"),
            ("spec.provider", json!("AlibabaCloud"), "tencentCloud is for provider: TencentCloud: leave it out"),
            (
                "spec.provider",
                json!("AlibabaCloud"),
                "cvm is a service of Tencent Cloud: with provider: AlibabaCloud write",
            ),
            ("spec.credentials", json!({ "secretRef": { "name": "keys" }, "instanceRole": {} }), one),
            ("spec.credentials", json!({}), one),
            ("spec.allowedNamespaces", json!({ "from": "Selector" }), selector),
            ("spec.allowedNamespaces", json!({ "from": "All", "selector": {} }), selector),
            ("spec.allowedNamespaces", json!(null), "spec.allowedNamespaces: Required value"),
            ("spec.endpoints", json!({ "vpc": "vpc.internal.example.com" }), endpoint),
            ("spec.endpoints", json!({ "cvm": "ftp://cvm.internal.example.com" }), endpoint),
            ("spec.sweepInterval", json!("0s"), "a duration of 1s or more looks like 60s, 5m or 1m30s"),
            ("spec.sweepInterval", json!("30s5m"), "a duration of 1s or more looks like 60s, 5m or 1m30s"),
            ("spec.sweepInterval", json!("often"), "a duration of 1s or more looks like 60s, 5m or 1m30s"),
            ("spec.limits", json!({ "callsPerSecond": 0 }), "should be greater than or equal to 1"),
        ];
        all_refused(&world, &new_account(&world), cases);
    });
}

#[test]
fn what_would_make_it_another_link_cannot_be_edited() {
    story(async {
        let world = World::shared("immutable").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        world.apply(&world.link("refused", &machine, &vpc)).await;
        let mut manifest = link(&world);
        manifest["spec"]["instanceId"] = json!(machine);
        manifest["spec"]["vpcId"] = json!(vpc);
        let cases = vec![
            (
                "spec.accountRef.name",
                json!("another"),
                "accountRef is immutable: delete this ClassicLink and create another",
            ),
            ("spec.region", json!("ap-beijing"), "region is immutable: delete this ClassicLink and create another"),
            ("spec.instanceId", json!("ins-0x5msjdb"), "instanceId is immutable: delete this ClassicLink and create"),
        ];
        all_refused(&world, &manifest, cases);
        let provider =
            vec![("spec.provider", json!("AlibabaCloud"), "provider is immutable: create another CloudAccount")];
        all_refused(&world, &world.account(&world.name), provider);
    });
}
