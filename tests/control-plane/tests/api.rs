//! The control plane as its users see it: a real API server with working controllers.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails the test, like the test itself")]
#![expect(dead_code, reason = "each test binary uses its part of the shared helpers")]

use std::fs;

use serde_json::Value;

mod support;

use support::{PLANE, apply, errors, eventually, kubectl, try_apply, try_kubectl};

/// A kind whose status has a default, as the operator's kinds do.
const WIDGETS: &str = r"
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.test}
spec:
  group: example.test
  scope: Namespaced
  names: {kind: Widget, plural: widgets, singular: widget}
  versions:
    - name: v1
      served: true
      storage: true
      subresources: {status: {}}
      schema:
        openAPIV3Schema:
          type: object
          properties:
            status:
              type: object
              default: {phase: Pending}
              properties: {phase: {type: string, default: Pending}}
";

/// The audit events whose object has the name `name`.
fn audited(name: &str) -> Vec<Value> {
    fs::read_to_string(PLANE.audit_log())
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|event| event["objectRef"]["name"] == name)
        .collect()
}

#[test]
fn it_answers_with_the_pinned_version() {
    let version: Value = serde_json::from_str(&kubectl(&["version", "-o", "json"])).unwrap();

    assert_eq!(version["serverVersion"]["gitVersion"], "v1.36.3");
    assert_eq!(version["clientVersion"]["gitVersion"], "v1.36.3");
    assert_eq!(version["serverVersion"]["minor"], "36");
}

#[test]
fn it_listens_on_loopback() {
    assert!(PLANE.url().starts_with("https://127.0.0.1:"));
    assert!(kubectl(&["config", "view"]).contains(PLANE.url()));
}

#[test]
fn a_write_is_in_the_audit_log_once_it_has_returned_and_a_read_is_not() {
    kubectl(&["create", "configmap", "audited"]);
    kubectl(&["get", "configmap", "audited"]);
    kubectl(&["delete", "configmap", "audited", "--wait=false"]);

    let events = audited("audited");

    let verbs: Vec<_> = events.iter().map(|event| event["verb"].as_str().unwrap()).collect();
    assert_eq!(verbs, ["create", "delete"]);
    assert!(events.iter().all(|event| event["stage"] == "ResponseComplete"));
    assert!(events.iter().all(|event| event["user"]["username"] == "admin"));
}

#[test]
fn a_deleted_namespace_and_what_is_in_it_really_go() {
    kubectl(&["create", "namespace", "goes"]);
    kubectl(&["create", "configmap", "inside", "-n", "goes"]);

    kubectl(&["delete", "namespace", "goes", "--timeout=60s"]);

    let left = try_kubectl(&["get", "namespace", "goes"]);
    assert!(errors(&left).contains("NotFound"), "{}", errors(&left));
}

#[test]
fn a_dependent_object_is_collected_with_its_owner() {
    kubectl(&["create", "configmap", "owner"]);
    kubectl(&["create", "configmap", "dependent"]);
    let uid = kubectl(&["get", "configmap", "owner", "-o", "jsonpath={.metadata.uid}"]);
    let owner = format!(
        r#"{{"metadata":{{"ownerReferences":[{{"apiVersion":"v1","kind":"ConfigMap","name":"owner","uid":"{uid}"}}]}}}}"#
    );
    kubectl(&["patch", "configmap", "dependent", "--type=merge", "-p", &owner]);

    kubectl(&["delete", "configmap", "owner"]);

    eventually("the dependent is gone", || {
        errors(&try_kubectl(&["get", "configmap", "dependent"])).contains("NotFound")
    });
}

#[test]
fn a_token_made_for_a_service_account_authenticates_and_rbac_denies_it() {
    kubectl(&["create", "serviceaccount", "unprivileged"]);
    let token = format!("--token={}", kubectl(&["create", "token", "unprivileged"]));

    let name = "jsonpath={.status.userInfo.username}";
    let who = kubectl(&["auth", "whoami", "-o", name, &token]);
    let denied = try_kubectl(&["get", "secrets", &token]);

    assert_eq!(who, "system:serviceaccount:default:unprivileged");
    assert!(!denied.status.success());
    assert!(errors(&denied).contains("cannot list resource \"secrets\""), "{}", errors(&denied));
}

#[test]
fn a_default_of_a_custom_resource_status_stands() {
    apply(WIDGETS);
    kubectl(&["wait", "--for=condition=Established", "crd/widgets.example.test", "--timeout=30s"]);
    // A definition is taken a moment before its objects can be.
    eventually("widgets are served", || {
        try_apply("{apiVersion: example.test/v1, kind: Widget, metadata: {name: one, namespace: default}}")
    });

    let phase = kubectl(&["get", "widget", "one", "-o", "jsonpath={.status.phase}"]);

    assert_eq!(phase, "Pending");
}

#[test]
fn pod_security_is_enforced() {
    kubectl(&["create", "namespace", "strict"]);
    let label = "pod-security.kubernetes.io/enforce=restricted";
    kubectl(&["label", "namespace", "strict", label]);

    let denied = try_kubectl(&["run", "lax", "--image=example.test/x", "-n", "strict"]);

    assert!(errors(&denied).contains("violates PodSecurity"), "{}", errors(&denied));
}
