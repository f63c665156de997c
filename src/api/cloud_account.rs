//! `CloudAccount`: which cloud, which credentials, who may use it.
#![expect(clippy::duplicated_attributes, reason = "each printer column has a type and a path of its own")]

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, LabelSelector};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An account of a cloud.
#[derive(Clone, CustomResource, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[cfg_attr(test, kube(cel))]
#[kube(
    group = "classiclink.dev",
    version = "v1alpha1",
    kind = "CloudAccount",
    plural = "cloudaccounts",
    status = "CloudAccountStatus",
    doc = "CloudAccount says which cloud, which credentials, and which namespaces may use them.",
    printcolumn(name = "Ready", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].status"#),
    printcolumn(name = "Reason", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].reason"#),
    printcolumn(name = "Provider", type_ = "string", json_path = ".spec.provider"),
    printcolumn(name = "Identity", type_ = "string", json_path = ".status.identity", priority = 1),
    printcolumn(
        name = "Message",
        type_ = "string",
        json_path = r#".status.conditions[?(@.type=="Ready")].message"#,
        priority = 1
    ),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("!has(self.brake)").message(
        "brake is not acted on by this version: leave it out"
    ).field_path(".brake"),
    validation = Rule::new("!has(self.tencentCloud) || self.provider == 'TencentCloud'").message(
        "tencentCloud is for provider: TencentCloud: leave it out"
    ).field_path(".tencentCloud"),
    validation = Rule::new("!has(self.endpoints) || !has(self.endpoints.cvm) || self.provider == 'TencentCloud'").message(
        "cvm is a service of Tencent Cloud: with provider: AlibabaCloud write ecs"
    ).field_path(".endpoints"),
    validation = Rule::new("!has(self.endpoints) || !has(self.endpoints.ecs) || self.provider == 'AlibabaCloud'").message(
        "ecs is a service of Alibaba Cloud: with provider: TencentCloud write cvm"
    ).field_path(".endpoints")
)]
pub struct CloudAccountSpec {
    /// The cloud. Immutable.
    #[x_kube(
        validation = Rule::new("self == oldSelf").message(
            "provider is immutable: create another CloudAccount"
        )
    )]
    pub provider: Provider,
    /// Settings of Tencent Cloud; none with another provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tencent_cloud: Option<TencentCloud>,
    /// Other addresses than the cloud's own, by service. Plain http is taken only where the operator runs with
    /// --allow-insecure-endpoints.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoints: Option<Endpoints>,
    /// Where the keys come from.
    pub credentials: Credentials,
    /// Which namespaces may use this account.
    pub allowed_namespaces: AllowedNamespaces,
    /// How much the cloud may be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
    /// Time between two looks at everything, such as 60s (the default), 5m or 1m30s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 16))]
    #[x_kube(validation = Rule::new(IS_DURATION).message("a duration of 1s or more looks like 60s, 5m or 1m30s"))]
    pub sweep_interval: Option<String>,
    /// How many links may be removed before a person is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brake: Option<Brake>,
}

/// A cloud.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub enum Provider {
    /// Tencent Cloud.
    TencentCloud,
    /// Alibaba Cloud.
    AlibabaCloud,
}

/// Settings of Tencent Cloud.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct TencentCloud {
    /// The generation of the API: `V3` (the default), or `V2` for accounts that the old one still serves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<TencentApi>,
}

/// The generations of Tencent Cloud's API.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub enum TencentApi {
    /// API 3.0.
    #[default]
    V3,
    /// API v2 of 2017.
    V2,
}

/// Addresses by service, such as `https://vpc.internal.example.com`.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[cfg_attr(test, x_kube(cel))]
pub struct Endpoints {
    /// The service that keeps VPCs and links (both clouds).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    #[x_kube(validation = Rule::new(IS_URL).message(ENDPOINT))]
    pub vpc: Option<String>,
    /// The service that keeps machines (Tencent Cloud).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    #[x_kube(validation = Rule::new(IS_URL).message(ENDPOINT))]
    pub cvm: Option<String>,
    /// The service that keeps machines and links (Alibaba Cloud).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    #[x_kube(validation = Rule::new(IS_URL).message(ENDPOINT))]
    pub ecs: Option<String>,
    /// The service that gives temporary keys (both clouds).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    #[x_kube(validation = Rule::new(IS_URL).message(ENDPOINT))]
    pub sts: Option<String>,
    /// The metadata service of the node (both clouds).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    #[x_kube(validation = Rule::new(IS_URL).message(ENDPOINT))]
    pub metadata: Option<String>,
}

const IS_DURATION: &str = "self.matches('^([0-9]+h)?([0-9]+m)?([0-9]+s)?$') && duration(self) >= duration('1s')";
const IS_URL: &str = "isURL(self) && (self.startsWith('https://') || self.startsWith('http://'))";
const ENDPOINT: &str = "an endpoint is a URL such as https://vpc.internal.example.com";

/// Where the keys come from: exactly one of `secretRef`, `workloadIdentity`, `instanceRole`.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[cfg_attr(test, x_kube(cel))]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("[has(self.secretRef), has(self.workloadIdentity), has(self.instanceRole)].filter(given, given).size() == 1").message(
        "write exactly one of secretRef, workloadIdentity and instanceRole"
    )
)]
pub struct Credentials {
    /// A Secret in the operator's own namespace. Entries: secretId, secretKey and, for temporary keys, token (Tencent
    /// Cloud); accessKeyId, accessKeySecret and securityToken (Alibaba Cloud).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<SecretRef>,
    /// The identity of the operator's own service account, exchanged for temporary keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workload_identity: Option<WorkloadIdentity>,
    /// The role of the node that the operator runs on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_role: Option<InstanceRole>,
    /// A role to take on with the keys from above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assume_role: Option<AssumeRole>,
}

/// Names a Secret.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct SecretRef {
    /// The name of the Secret.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// The identity of the operator's own service account.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkloadIdentity {
    /// The role to take on; absent: as the cluster's webhook sets it in the environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub role_arn: Option<String>,
    /// The identity provider; absent: as the cluster's webhook sets it in the environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub provider_id: Option<String>,
}

/// The role of the node.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceRole {
    /// The role's name; absent: the one that is bound to the node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub role_name: Option<String>,
}

/// A role to take on.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AssumeRole {
    /// The role.
    #[schemars(length(min = 1, max = 512))]
    pub role_arn: String,
    /// The name of the session in the cloud's audit log; absent: classiclink-operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub session_name: Option<String>,
}

/// Which namespaces may use an account.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[cfg_attr(test, x_kube(cel))]
#[x_kube(validation = Rule::new("(self.from == 'Selector') == has(self.selector)").message(
    "write a selector with from: Selector, and none with from: All"
))]
pub struct AllowedNamespaces {
    /// `All`: every namespace. `Selector`: those whose labels fit.
    pub from: NamespacesFrom,
    /// The labels that a namespace must have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<LabelSelector>,
}

/// How namespaces are chosen.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub enum NamespacesFrom {
    /// Every namespace.
    All,
    /// Those whose labels fit.
    Selector,
}

/// How much the cloud may be asked.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// Calls a second, for each action of the API. Default 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub calls_per_second: Option<i32>,
    /// How many machines one change may name. Default 20; 1 turns batching off. Alibaba Cloud has no batches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub max_batch: Option<i32>,
}

/// How many links may be removed before a person is asked.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Brake {
    /// This many in a window.
    #[schemars(range(min = 1, max = 100_000))]
    pub max_detaches: i32,
    /// The window, such as 10m.
    #[schemars(length(min = 2, max = 16))]
    pub window: String,
}

/// What the operator knows of the account.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CloudAccountStatus {
    /// The generation of the specification that this status is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// `Ready` sums up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
    /// The cloud's own id of the account, where it tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// What is known of each region in use, by its name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub regions: BTreeMap<String, RegionUse>,
}

/// What is known of a region.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct RegionUse {
    /// Whether the region serves the calls that links need; absent until one was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supported: Option<bool>,
    /// The VPCs that have links, by id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub vpcs: BTreeMap<String, VpcUse>,
}

/// What is known of a VPC's links.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct VpcUse {
    /// Links in use, those of others included.
    pub links: i64,
    /// Links allowed, where the cloud tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<i64>,
}
