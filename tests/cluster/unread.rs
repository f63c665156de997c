//! Secrets that the operator may not read.

use classiclink::api::Reason;
use k8s_openapi::api::rbac::v1::Role;
use kube::{
    Api,
    api::{Patch, PatchParams},
};
use serde_json::{Value, json};

use crate::harness::{
    World,
    cloud::CloudApi,
    stage::{SYSTEM, Stage},
    story,
};

async fn may(stage: &Stage, rules: &Value) {
    let api: Api<Role> = Api::namespaced(stage.client(), SYSTEM);
    let change = Patch::Merge(json!({ "rules": rules }));
    api.patch("classiclink-operator", &PatchParams::default(), &change).await.unwrap();
}

#[test]
fn a_role_that_lost_the_secrets_is_told_after_a_restart_and_freezes_nothing() {
    story(async {
        let stage = Stage::bare("operator-unread").await;
        let operator = stage.engage().await;
        let world = World::at(stage, CloudApi::V2, "unread").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let link = world.link("web", &machine, &vpc);
        world.apply(&link).await;
        world.until_ready(&link).await;

        operator.kill();
        may(stage, &json!([])).await;
        let operator = stage.engage().await;
        let told = world.until_account_says(&world.name, "Unknown", Reason::CredentialsMissing).await;
        let late = world.link("late", "ins-late0001", &vpc);
        world.apply(&late).await;
        world.until_says(&late, "Unknown", Reason::CredentialsMissing).await;

        let message = serde_json::to_string(&told.status).unwrap();
        assert!(message.contains("may not be read") && message.contains("--namespace"), "{message}");
        assert_eq!(world.cloud.linked(&machine).await, Some(vpc));
        may(stage, &json!([{ "apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list", "watch"] }])).await;
        world.until_account_says(&world.name, "True", Reason::Accepted).await;
        world.until_ready(&link).await;
        operator.kill();
    });
}
