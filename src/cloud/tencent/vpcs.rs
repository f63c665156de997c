//! What a list of VPCs says about the one that was asked for, and whether its range can be linked.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use crate::link::{Vpc, VpcId};

/// The answer to a question for one VPC.
pub(super) struct Page {
    /// How many VPCs match, by the cloud's own count.
    pub(super) total: usize,
    pub(super) rows: Vec<Row>,
}

/// A row: the VPC's new id, where it has one, and its primary range as the cloud writes it.
pub(super) struct Row {
    pub(super) id: Option<VpcId>,
    pub(super) cidr: String,
}

/// The list names other VPCs only: no answer to what was asked, and no proof that there is no such VPC.
const OTHERS: &str = "the list names other VPCs than the one asked for";

impl Page {
    /// The VPC of this id, `None` if there is none; an error in words if the page does not say.
    pub(super) fn find(self, id: &VpcId) -> Result<Option<Vpc>, &'static str> {
        if self.rows.is_empty() && self.total == 0 {
            return Ok(None);
        }
        let row = self.rows.into_iter().find(|row| row.id.as_ref() == Some(id)).ok_or(OTHERS)?;
        Ok(Some(Vpc { cidr_allowed: cidr_allowed(&row.cidr), cidr: row.cidr, classic_link_enabled: true }))
    }
}

/// Whether a VPC of this range can be linked: it must lie inside one of 10.0.0.0/16 to 10.47.0.0/16 (215/5002). `None` for
/// a range that holds these and more, about which the documents are silent, and for one that cannot be read.
fn cidr_allowed(cidr: &str) -> Option<bool> {
    const FIRST: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 0);
    const LAST: Ipv4Addr = Ipv4Addr::new(10, 47, 255, 255);
    let range: Ipv4Net = cidr.parse().ok()?;
    if range.network() > LAST || range.broadcast() < FIRST {
        Some(false)
    } else {
        (range.prefix_len() >= 16).then_some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_judged_only_where_the_documents_are_clear() {
        for (cidr, allowed) in [
            ("10.0.0.0/16", Some(true)),
            ("10.47.128.0/17", Some(true)),
            ("10.5.6.0/28", Some(true)),
            ("10.48.0.0/16", Some(false)),
            ("10.128.0.0/9", Some(false)),
            ("192.168.0.0/16", Some(false)),
            ("9.255.0.0/16", Some(false)),
            ("10.0.0.0/12", None),
            ("10.0.0.0/8", None),
            ("0.0.0.0/0", None),
            ("", None),
            ("fd00::/8", None),
            ("10.0.0.0", None),
        ] {
            assert_eq!(cidr_allowed(cidr), allowed, "{cidr}");
        }
    }
}
