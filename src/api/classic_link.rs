//! `ClassicLink`: one machine, one VPC.
#![expect(clippy::duplicated_attributes, reason = "each printer column has a type and a path of its own")]

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, MicroTime};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Links one virtual machine of the classic network to one VPC, and keeps it linked.
#[derive(Clone, CustomResource, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[cfg_attr(test, kube(cel))]
#[kube(
    group = "classiclink.dev",
    version = "v1alpha1",
    kind = "ClassicLink",
    plural = "classiclinks",
    namespaced,
    status = "ClassicLinkStatus",
    shortname = "clink",
    category = "classiclink",
    doc = "ClassicLink links one virtual machine of the classic network to one VPC, and keeps it linked.",
    printcolumn(name = "Ready", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].status"#),
    printcolumn(name = "Reason", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].reason"#),
    printcolumn(name = "VPC", type_ = "string", json_path = ".spec.vpcId"),
    printcolumn(name = "Instance", type_ = "string", json_path = ".spec.instanceId"),
    printcolumn(name = "Region", type_ = "string", json_path = ".spec.region", priority = 1),
    printcolumn(name = "Account", type_ = "string", json_path = ".spec.accountRef.name", priority = 1),
    printcolumn(name = "Private-IP", type_ = "string", json_path = ".status.link.privateIp", priority = 1),
    printcolumn(name = "Task", type_ = "string", json_path = ".status.task.operation", priority = 1),
    printcolumn(
        name = "Message",
        type_ = "string",
        json_path = r#".status.conditions[?(@.type=="Ready")].message"#,
        priority = 1
    ),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
pub struct ClassicLinkSpec {
    /// The account that both machine and VPC belong to. Immutable.
    #[x_kube(validation = Rule::new("self == oldSelf").message(
        "accountRef is immutable: delete this ClassicLink and create another"
    ))]
    pub account_ref: AccountRef,
    /// The region of both machine and VPC, by its long name: ap-guangzhou. Immutable.
    #[schemars(length(min = 1, max = 64))]
    #[x_kube(
        validation = Rule::new("self.matches('^[a-z]+(-[a-z0-9]+)+$')").message(
            "a region is written by its long name, as ap-guangzhou (not gz)"
        ),
        validation = Rule::new("self == oldSelf").message(
            "region is immutable: delete this ClassicLink and create another"
        )
    )]
    pub region: String,
    /// The machine, by the id that the console shows: ins-0x5msjda (Tencent Cloud), i-bp1gtjxuuvwj17zr (Alibaba
    /// Cloud). Immutable.
    #[schemars(length(min = 1, max = 64))]
    #[x_kube(
        validation = Rule::new("self.matches('^(ins|i)-[0-9a-z]{4,32}$')").message(
            "an instance id looks like ins-0x5msjda (Tencent Cloud) or i-bp1gtjxuuvwj17zr (Alibaba Cloud)"
        ),
        validation = Rule::new("self == oldSelf").message(
            "instanceId is immutable: delete this ClassicLink and create another"
        )
    )]
    pub instance_id: String,
    /// The VPC, by the id that the console shows: vpc-gjui0b5t. When it changes, the link moves: it is removed, seen
    /// gone, and made anew.
    #[schemars(length(min = 1, max = 64))]
    #[x_kube(validation = Rule::new("self.matches('^vpc-[0-9a-z]{4,32}$')").message(
        "a VPC id looks like vpc-gjui0b5t (an old id such as gz_vpc_245 has a new one in the console)"
    ))]
    pub vpc_id: String,
    /// `Manage`: make and keep the link. `Observe`: report only, never change anything in the cloud, also not on
    /// deletion.
    #[serde(default)]
    #[schemars(default)]
    pub management_policy: ManagementPolicy,
    /// While true, looks go on and nothing is changed in the cloud, also not on deletion.
    #[serde(default)]
    #[schemars(default)]
    pub suspend: bool,
    /// What becomes of the link when this object is deleted. `Detach`: it is removed. `Retain`: it stays. May be
    /// changed while the object is being deleted.
    #[serde(default)]
    #[schemars(default)]
    pub deletion_policy: DeletionPolicy,
    /// What to do with a link to the wanted VPC that was there before this object. `Keep`: use it, never remove it.
    /// `Adopt`: take it over. `Refuse`: say so and wait.
    #[serde(default)]
    #[schemars(default)]
    pub existing_link: ExistingLink,
    /// What becomes of this object when the machine was returned to the cloud. `Delete`: it is deleted too. `Retain`:
    /// it stays and says so.
    #[serde(default)]
    #[schemars(default)]
    pub instance_return_policy: InstanceReturnPolicy,
}

/// Names a `CloudAccount`.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct AccountRef {
    /// The name of the `CloudAccount`.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// Whether the operator may change anything.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub enum ManagementPolicy {
    /// Make and keep the link.
    #[default]
    Manage,
    /// Report only.
    Observe,
}

/// What becomes of the link when the object is deleted.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub enum DeletionPolicy {
    /// It is removed.
    #[default]
    Detach,
    /// It stays.
    Retain,
}

/// What to do with a link that was there before.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub enum ExistingLink {
    /// Use it, never remove it.
    #[default]
    Keep,
    /// Take it over.
    Adopt,
    /// Say so and wait.
    Refuse,
}

/// What becomes of the object when the machine was returned.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub enum InstanceReturnPolicy {
    /// It is deleted too.
    #[default]
    Delete,
    /// It stays and says so.
    Retain,
}

/// What the operator saw and did. Nothing in it changes while nothing happens.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClassicLinkStatus {
    /// The generation of the specification that this status is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// `Ready` sums up; `Linked`: seen alive in the wanted VPC; `Accepted`: understood and allowed; `Reconciling` and
    /// `Stalled` stand only while true.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
    /// The link that this object stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<LinkRecord>,
    /// A change that was begun and whose end is not known yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskRecord>,
    /// Why the cloud did not carry out the last change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<RefusalRecord>,
    /// The value of the annotation `classiclink.dev/check-requested-at` that was last acted on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_handled_check_at: Option<String>,
}

/// A link as recorded.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LinkRecord {
    /// The VPC that it leads to.
    pub vpc_id: String,
    /// The private address of the machine for which it was made; of a link that was there before, where the cloud does not
    /// tell, the one that the machine had when it was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_ip: Option<String>,
    /// How it came about.
    pub origin: Origin,
    /// Since when it is on record.
    pub since: MicroTime,
}

/// How a link came about.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub enum Origin {
    /// This object made it.
    Created,
    /// It was there before and was taken over.
    Adopted,
    /// It was there before, and is not ours.
    Found,
}

/// A change, written down before the cloud is asked.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskRecord {
    /// What was asked for.
    pub operation: Operation,
    /// The VPC concerned.
    pub vpc_id: String,
    /// The private address that the machine had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_ip: Option<String>,
    /// The cloud's name of the task, once known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_id: Option<String>,
    /// When the intent was written.
    pub started_at: MicroTime,
    /// Since when it is unclear whether an attempt was carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unclear_since: Option<MicroTime>,
}

/// The two changes there are.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Operation {
    /// Make the link.
    Attach,
    /// Remove the link.
    Detach,
}

/// A change that the cloud did not carry out.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RefusalRecord {
    /// The reason, from the operator's list.
    pub reason: String,
    /// The cloud's own words.
    pub message: String,
    /// When it was first refused.
    pub at: MicroTime,
    /// The generation of the specification that was refused.
    pub generation: i64,
}
