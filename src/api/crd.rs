//! The `CustomResourceDefinition`s as they are installed: what the types derive, and what they cannot say.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSON, JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};
use kube::CustomResourceExt;
use serde_json::json;

use super::{ClassicLink, CloudAccount, ConditionType, Reason};

/// Both definitions.
#[must_use]
pub fn crds() -> Vec<CustomResourceDefinition> {
    [CloudAccount::crd(), ClassicLink::crd()].into_iter().map(finish).collect()
}

/// Adds the status of an object that no controller has seen, and takes `nullable` away: a `null` in a manifest is then
/// an absent field, and a default applies to it.
fn finish(mut crd: CustomResourceDefinition) -> CustomResourceDefinition {
    for version in &mut crd.spec.versions {
        let Some(schema) = version.schema.as_mut().and_then(|schema| schema.open_api_v3_schema.as_mut()) else {
            continue;
        };
        not_nullable(schema);
        if let Some(status) = schema.properties.as_mut().and_then(|properties| properties.get_mut("status")) {
            status.default = Some(unseen());
        }
    }
    crd
}

/// Without it, tools that wait for `Ready` take a new object for finished.
fn unseen() -> JSON {
    JSON(json!({
        "conditions": [{
            "type": ConditionType::Ready.as_str(),
            "status": "Unknown",
            "reason": Reason::Pending.as_str(),
            "message": "waiting for the controller",
            "lastTransitionTime": "1970-01-01T00:00:00Z",
        }]
    }))
}

fn not_nullable(schema: &mut JSONSchemaProps) {
    schema.nullable = None;
    for property in schema.properties.iter_mut().flat_map(|properties| properties.values_mut()) {
        not_nullable(property);
    }
    match &mut schema.items {
        Some(JSONSchemaPropsOrArray::Schema(items)) => not_nullable(items),
        Some(JSONSchemaPropsOrArray::Schemas(items)) => items.iter_mut().for_each(not_nullable),
        None => {}
    }
    if let Some(JSONSchemaPropsOrBool::Schema(additional)) = &mut schema.additional_properties {
        not_nullable(additional);
    }
}
