//! The words of the API: its actions and their versions, and its answers, in its own spelling.
//!
//! Tolerant of what varies between generations and formats: JSON or XML whatever was asked for, keys with or without a
//! capital, counts as text, lists that are missing. Strict where a default would be a lie: a success has a request id, and
//! a machine without a network is not of the classic one.

mod lenient;
mod machine;
mod xml;

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, error::Category};

use self::lenient::{capitalised, count, flag, list, object, text};
pub(super) use self::machine::MachinePage;
use crate::{
    api::Provider,
    cloud::Action,
    link::{InstanceId, LinkRow, VpcId},
};

/// The cloud's name of an action.
pub(super) const fn name(action: Action) -> &'static str {
    match action {
        Action::Attach => "AttachClassicLinkVpc",
        Action::Detach => "DetachClassicLinkVpc",
        Action::ListLinks => "DescribeClassicLinkInstances",
        Action::ListMachines => "DescribeInstances",
        Action::ReadVpc => "DescribeVpcAttribute",
        // Changes are carried out at once: there is nothing to ask about, and nothing is asked.
        Action::ReadTask | Action::ReadQuota => "",
    }
}

/// The service that serves an action.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Service {
    /// Instances, and their links.
    Ecs,
    /// VPCs.
    Vpc,
}

impl Service {
    /// The service that serves `action`.
    pub(super) const fn of(action: Action) -> Self {
        match action {
            Action::ReadVpc => Self::Vpc,
            Action::Attach
            | Action::Detach
            | Action::ListLinks
            | Action::ListMachines
            | Action::ReadTask
            | Action::ReadQuota => Self::Ecs,
        }
    }

    /// The version of its API.
    pub(super) const fn version(self) -> &'static str {
        match self {
            Self::Ecs => "2014-05-26",
            Self::Vpc => "2016-04-28",
        }
    }
}

/// An answer that is no success.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Failure {
    /// It is not what is documented.
    Unreadable(String),
    /// It says what was wrong.
    Refused(Refusal),
}

/// What an error says ("Response results").
#[derive(Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Refusal {
    /// The code; never empty.
    #[serde(deserialize_with = "text")]
    code: Option<String>,
    #[serde(deserialize_with = "text")]
    message: Option<String>,
    /// For the vendor's support.
    #[serde(deserialize_with = "text")]
    pub(super) request_id: Option<String>,
    #[serde(rename = "AccessDeniedDetail")]
    detail: Value,
}

impl Refusal {
    pub(super) fn code(&self) -> &str {
        self.code.as_deref().unwrap_or_default()
    }

    pub(super) fn message(&self) -> &str {
        self.message.as_deref().unwrap_or_default()
    }

    /// Whether the identity lacks a permission, whatever the code is ("permission-denied details").
    pub(super) fn is_of_permission(&self) -> bool {
        !lenient::is_nothing(&self.detail)
    }

    /// The permission that it lacks, `ecs:AttachClassicLinkVpc`, if the answer says so.
    pub(super) fn lacks(&self) -> Option<&str> {
        self.detail.get("AuthAction").and_then(Value::as_str).filter(|action| !action.is_empty())
    }
}

/// An answer that is a success, and the vendor's id of the request.
#[derive(Debug)]
pub(super) struct Success<T> {
    pub(super) request_id: String,
    pub(super) value: T,
}

/// Reads the answer to a call.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<Success<T>, Failure> {
    let answer = capitalised(parse(body)?);
    let refusal = Refusal::deserialize(&answer).map_err(|error| unreadable(&error))?;
    // No answer to these actions has a code but an error.
    if refusal.code.is_some() {
        return Err(Failure::Refused(refusal));
    }
    let request_id = refusal.request_id.ok_or_else(|| said("an answer without a code or a request id"))?;
    let value = T::deserialize(answer).map_err(|error| unreadable(&error))?;
    Ok(Success { request_id, value })
}

/// The body as a tree. JSON was asked for; an error may be XML all the same (the vendor's own library parses both).
fn parse(body: &[u8]) -> Result<Value, Failure> {
    let start = body.iter().find(|byte| !byte.is_ascii_whitespace());
    if start != Some(&b'<') {
        let value: Value = serde_json::from_slice(body).map_err(|error| unreadable(&error))?;
        return if value.is_object() { Ok(value) } else { Err(said("an answer that is no object")) };
    }
    let text = str::from_utf8(body).map_err(|_| said("an answer that is no UTF-8"))?;
    let (root, value) = xml::tree(text).map_err(said)?;
    // A page of something in between may be well-formed too.
    let is_answer = root.eq_ignore_ascii_case("Error") || root.ends_with("Response");
    if is_answer && value.is_object() { Ok(value) } else { Err(said("an answer that is not of the API")) }
}

fn said(text: &str) -> Failure {
    Failure::Unreadable(text.to_owned())
}

fn unreadable(error: &serde_json::Error) -> Failure {
    Failure::Unreadable(match error.classify() {
        Category::Eof => "an answer that is cut off".to_owned(),
        Category::Syntax | Category::Io => "an answer that is neither JSON nor XML".to_owned(),
        Category::Data => format!("an answer of another form than documented: {error}"),
    })
}

/// A page of links (`DescribeClassicLinkInstances`).
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct LinkPage {
    /// How many links there are, over all pages.
    #[serde(deserialize_with = "count")]
    pub(super) total_count: Option<usize>,
    #[serde(deserialize_with = "object")]
    links: Links,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Links {
    #[serde(deserialize_with = "list")]
    link: Vec<LinkItem>,
}

impl LinkPage {
    /// The rows.
    pub(super) fn items(&self) -> &[LinkItem] {
        &self.links.link
    }
}

/// A link: who, and to where, nothing else.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct LinkItem {
    #[serde(deserialize_with = "text")]
    instance_id: Option<String>,
    #[serde(deserialize_with = "text")]
    vpc_id: Option<String>,
}

impl LinkItem {
    /// Which machine is linked, and to what; `None` if the row names either by no id that can be used.
    pub(super) fn row(&self) -> Option<(InstanceId, LinkRow)> {
        let vpc = VpcId::new(self.vpc_id.as_deref()?).ok()?;
        Some((instance(self.instance_id.as_deref())?, LinkRow { vpc, private_ip: None }))
    }
}

/// A VPC (`DescribeVpcAttribute`).
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct VpcItem {
    #[serde(deserialize_with = "text")]
    vpc_id: Option<String>,
    #[serde(deserialize_with = "text")]
    cidr_block: Option<String>,
    /// Whether ClassicLink is switched on for it, if the answer says so.
    #[serde(deserialize_with = "flag")]
    pub(super) classic_link_enabled: Option<bool>,
}

impl VpcItem {
    /// Its id.
    pub(super) fn id(&self) -> Option<VpcId> {
        VpcId::new(self.vpc_id.as_deref()?).ok()
    }

    /// Its primary address range as the cloud writes it.
    pub(super) fn cidr(&self) -> &str {
        self.cidr_block.as_deref().unwrap_or_default()
    }
}

fn instance(id: Option<&str>) -> Option<InstanceId> {
    InstanceId::of(Provider::AlibabaCloud, id?).ok()
}

#[cfg(test)]
mod tests;
