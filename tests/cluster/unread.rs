//! Secrets that the operator may not read.

use classiclink::api::Reason;
use k8s_openapi::api::{
    authorization::v1::{ResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec},
    rbac::v1::Role,
};
use kube::{
    Api,
    api::{Patch, PatchParams, PostParams},
};
use serde_json::{Value, json};

use crate::harness::{
    World,
    audit::OPERATOR,
    cloud::CloudApi,
    stage::{SYSTEM, Stage},
    story,
    wait::eventually,
};

async fn may(stage: &Stage, rules: &Value) {
    let api: Api<Role> = Api::namespaced(stage.client(), SYSTEM);
    let change = Patch::Merge(json!({ "rules": rules }));
    api.patch("classiclink-operator", &PatchParams::default(), &change).await.unwrap();
}

/// Waits until the authorizer says no: it hears of a changed role a moment later.
async fn until_forbidden(stage: &Stage) {
    let reviews: Api<SubjectAccessReview> = Api::all(stage.client());
    let secrets = ResourceAttributes {
        namespace: Some(SYSTEM.to_owned()),
        verb: Some("list".to_owned()),
        resource: Some("secrets".to_owned()),
        ..ResourceAttributes::default()
    };
    let spec = SubjectAccessReviewSpec {
        user: Some(OPERATOR.to_owned()),
        resource_attributes: Some(secrets),
        ..SubjectAccessReviewSpec::default()
    };
    let review = SubjectAccessReview { spec, ..SubjectAccessReview::default() };
    eventually("the secrets may not be listed", async || {
        let answer = reviews.create(&PostParams::default(), &review).await.unwrap();
        (!answer.status.unwrap().allowed).then_some(())
    })
    .await;
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
        until_forbidden(stage).await;
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
