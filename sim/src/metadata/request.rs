//! What is asked for: the path says it all.

use axum::http::Method;
use axum::http::request::Parts;

use crate::world::Cloud;

/// Where roles and their keys are found, in each cloud.
const TENCENT: &str = "/latest/meta-data/cam/security-credentials";
const ALIBABA: &str = "/latest/meta-data/ram/security-credentials";
const TOKEN: &str = "/latest/api/token";

const TOKEN_HEADER: &str = "x-aliyun-ecs-metadata-token";
const LIFETIME_HEADER: &str = "x-aliyun-ecs-metadata-token-ttl-seconds";

/// A kind of request; the names are the simulator's own, for faults and the log of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// A token to ask with.
    Token,
    /// The role of the machine.
    Role,
    /// A temporary key for the role.
    Credentials,
}

impl Action {
    const ALL: [Self; 3] = [Self::Token, Self::Role, Self::Credentials];

    /// The action of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Token => "MetadataToken",
            Self::Role => "MetadataRole",
            Self::Credentials => "MetadataCredentials",
        }
    }
}

/// What a request is for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    Token,
    Roles(Cloud),
    Credentials(Cloud, String),
    Unknown,
}

/// A request.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) target: Target,
    /// What it is asked with.
    pub(super) token: Option<String>,
    /// How long a token is wanted for, in seconds.
    pub(super) lifetime: Option<u64>,
}

impl Request {
    pub(super) fn read(head: &Parts) -> Self {
        let header = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
        Self {
            target: target(&head.method, head.uri.path()),
            token: header(TOKEN_HEADER).map(str::to_owned),
            lifetime: header(LIFETIME_HEADER).and_then(|text| text.parse().ok()),
        }
    }

    pub(super) fn action(&self) -> Option<Action> {
        match self.target {
            Target::Token => Some(Action::Token),
            Target::Roles(_) => Some(Action::Role),
            Target::Credentials(..) => Some(Action::Credentials),
            Target::Unknown => None,
        }
    }

    pub(super) fn cloud(&self) -> Option<Cloud> {
        match self.target {
            Target::Token => Some(Cloud::Alibaba),
            Target::Roles(cloud) | Target::Credentials(cloud, _) => Some(cloud),
            Target::Unknown => None,
        }
    }

    pub(super) fn role(&self) -> Option<&str> {
        if let Target::Credentials(_, role) = &self.target { Some(role) } else { None }
    }
}

fn target(method: &Method, path: &str) -> Target {
    if method == Method::PUT && path == TOKEN {
        return Target::Token;
    }
    let of = |cloud, prefix| (method == Method::GET).then(|| path.strip_prefix(prefix)).flatten().map(|it| (cloud, it));
    match of(Cloud::Tencent, TENCENT).or_else(|| of(Cloud::Alibaba, ALIBABA)) {
        Some((cloud, "" | "/")) => Target::Roles(cloud),
        Some((cloud, rest)) => match rest.strip_prefix('/') {
            Some(role) if !role.contains('/') => Target::Credentials(cloud, role.to_owned()),
            Some(_) | None => Target::Unknown,
        },
        None => Target::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_what_is_asked_for() {
        let get = |path: &str| target(&Method::GET, path);
        assert_eq!(get("/latest/meta-data/cam/security-credentials/"), Target::Roles(Cloud::Tencent));
        assert_eq!(get("/latest/meta-data/ram/security-credentials"), Target::Roles(Cloud::Alibaba));
        let key = Target::Credentials(Cloud::Alibaba, "node".into());
        assert_eq!(get("/latest/meta-data/ram/security-credentials/node"), key);
        assert_eq!(target(&Method::PUT, "/latest/api/token"), Target::Token);
        for other in ["/latest/api/token", "/latest/meta-data/", "/latest/meta-data/cam/security-credentials/a/b"] {
            assert_eq!(get(other), Target::Unknown, "{other}");
        }
    }
}
