//! The list of machines, in the API's spelling.

use std::{collections::BTreeSet, net::IpAddr};

use serde::Deserialize;

use super::{
    instance,
    lenient::{count, list, object, text},
};
use crate::link::{InstanceId, Machine, MachineState, Network};

/// So many reasons are told at most; five are documented.
const LOCKS: usize = 8;

/// A page of machines (`DescribeInstances`).
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in super::super) struct MachinePage {
    #[serde(deserialize_with = "count")]
    total_count: Option<usize>,
    #[serde(deserialize_with = "text")]
    next_token: Option<String>,
    #[serde(deserialize_with = "object")]
    instances: Instances,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Instances {
    #[serde(deserialize_with = "list")]
    instance: Vec<MachineItem>,
}

impl MachinePage {
    /// The rows.
    pub(in super::super) fn items(&self) -> &[MachineItem] {
        &self.instances.instance
    }

    /// Whether a machine that matches may be in none of the rows. Without a total nothing says that it is not.
    pub(in super::super) fn may_lack_rows(&self) -> bool {
        self.next_token.is_some() || self.total_count.is_none_or(|total| self.items().len() < total)
    }
}

/// A machine.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in super::super) struct MachineItem {
    #[serde(deserialize_with = "text")]
    instance_id: Option<String>,
    #[serde(deserialize_with = "text")]
    status: Option<String>,
    #[serde(deserialize_with = "text")]
    instance_network_type: Option<String>,
    #[serde(deserialize_with = "object")]
    inner_ip_address: Addresses,
    #[serde(deserialize_with = "object")]
    vpc_attributes: VpcAttributes,
    #[serde(deserialize_with = "object")]
    operation_locks: Locks,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Addresses {
    #[serde(deserialize_with = "list")]
    ip_address: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct VpcAttributes {
    #[serde(deserialize_with = "object")]
    private_ip_address: Addresses,
}

/// The list, its items and the word in them have one name and a half.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Locks {
    #[serde(deserialize_with = "list")]
    lock_reason: Vec<Lock>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Lock {
    #[serde(deserialize_with = "text")]
    lock_reason: Option<String>,
}

impl MachineItem {
    /// Its id.
    pub(in super::super) fn id(&self) -> Option<InstanceId> {
        instance(self.instance_id.as_deref())
    }

    /// What it is; `None` if the row does not say of which network or in which state.
    pub(in super::super) fn machine(&self) -> Option<Machine> {
        let (network, addresses) = match self.instance_network_type.as_deref()? {
            "classic" => (Network::Classic, &self.inner_ip_address),
            "vpc" => (Network::Vpc, &self.vpc_attributes.private_ip_address),
            _ => return None,
        };
        let addresses = addresses.ip_address.iter().filter_map(|text| address(text)).collect();
        let status = self.status.as_deref()?;
        let state = if self.is_in_recycle_bin() { MachineState::Returning } else { state(status) };
        Some(Machine { addresses, network, state, lock: self.lock() })
    }

    fn is_in_recycle_bin(&self) -> bool {
        self.locks().any(is_recycling)
    }

    /// The other locks (`financial`, `security`, `dedicatedhostfinancial`, `refunded`) leave the machine where it is. What
    /// is no such word does not get into a status.
    fn lock(&self) -> Option<String> {
        let others: BTreeSet<&str> = self.locks().filter(|reason| !is_recycling(reason)).collect();
        let words: Vec<&str> = others.iter().copied().filter(|reason| is_word(reason)).take(LOCKS).collect();
        match (others.is_empty(), words.is_empty()) {
            (true, _) => None,
            (false, true) => Some("for a reason unknown here".to_owned()),
            (false, false) => Some(words.join(", ")),
        }
    }

    fn locks(&self) -> impl Iterator<Item = &str> {
        self.operation_locks.lock_reason.iter().filter_map(|lock| lock.lock_reason.as_deref())
    }
}

fn is_word(reason: &str) -> bool {
    reason.len() <= 40 && reason.chars().all(|letter| letter.is_ascii_alphanumeric())
}

/// Written with and without a capital.
fn is_recycling(reason: &str) -> bool {
    reason.eq_ignore_ascii_case("recycling")
}

/// `AttachClassicLinkVpc` allows `Running` and `Stopped`, and no other: to ask in `Pending`, `Starting` or `Stopping` is to
/// be refused, and each of these ends by itself.
fn state(status: &str) -> MachineState {
    if ["running", "stopped"].iter().any(|word| status.eq_ignore_ascii_case(word)) {
        MachineState::Linkable
    } else {
        MachineState::NotReady
    }
}

/// `0.0.0.0` and empty text stand where there is no address.
fn address(text: &str) -> Option<IpAddr> {
    text.trim().parse().ok().filter(|address: &IpAddr| !address.is_unspecified())
}
