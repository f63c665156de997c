//! VPCs, and which of their ranges can be linked.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::VpcId;
use crate::clock::Millis;

/// A virtual private cloud.
#[derive(Debug, Clone)]
pub struct Vpc {
    /// Orders lists by insertion; also the number in old-form ids.
    pub serial: u64,
    /// Its id.
    pub id: VpcId,
    /// What people call it.
    pub name: String,
    /// Its range.
    pub cidr: Ipv4Net,
    /// How many machines may be linked; none: the general limit.
    pub quota: Option<usize>,
    /// Whether ClassicLink is on (Alibaba).
    pub classic_link_enabled: bool,
    /// Routes of its own, by destination (Alibaba).
    pub routes: Vec<Ipv4Net>,
    /// Further ranges, which no link reaches (Alibaba).
    pub secondary_cidrs: Vec<Ipv4Net>,
    /// Whether it is ready (Alibaba).
    pub status: VpcStatus,
    /// When it was made.
    pub created_at: Millis,
}

/// Whether a VPC is ready.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VpcStatus {
    /// It is.
    #[default]
    Available,
    /// It is still being made or changed.
    Pending,
}

/// Whether a range can be linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Linkable {
    /// Inside `10.0.0.0/16` … `10.47.0.0/16` (215/5002).
    Yes,
    /// Wider than /16 but covers such a range; undocumented.
    Wide,
    /// None of it may be linked.
    No,
}

impl Vpc {
    /// Whether the range can be linked, as far as the documents go.
    pub fn linkable(&self) -> Linkable {
        let first = self.cidr.network();
        let last = self.cidr.broadcast();
        let covers = first <= Ipv4Addr::new(10, 47, 255, 255) && last >= Ipv4Addr::new(10, 0, 0, 0);
        match (covers, self.cidr.prefix_len() >= 16) {
            (true, true) => Linkable::Yes,
            (true, false) => Linkable::Wide,
            (false, _) => Linkable::No,
        }
    }
}
