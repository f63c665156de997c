//! What was seen of one machine and its link: what the decision gets, with every proof already judged by `trail`.

use std::{net::IpAddr, time::Duration};

use jiff::Timestamp;

use super::{LinkRow, Machine, Notice, Vpc, VpcId};

/// What was seen of one machine, classed.
#[derive(Clone, Debug, PartialEq)]
pub struct Sighting {
    /// The machine.
    pub machine: MachineSeen,
    /// Its link.
    pub link: LinkSeen,
    /// The wanted VPC.
    pub vpc: VpcSeen,
    /// When the look began that showed the link last.
    pub looked: Option<Timestamp>,
    /// Since when looks have agreed about the link: the begin of the first of them.
    pub agreed: Option<Timestamp>,
    /// Why the last look failed.
    pub trouble: Option<Trouble>,
    /// Why what is seen is not believed: too much of it at once.
    pub guard: Option<Notice>,
    /// What has to be told beside a link to the wanted VPC.
    pub caution: Caution,
    /// Whether a link of this cloud is for one address of its machine, and dies with it.
    pub bound: bool,
    /// Whether the cloud is still to be asked if the link, of which nothing tells, is at an address of its machine.
    pub wondering: bool,
}

/// A rule of the cloud for addresses that nothing here can check: a link may be there and carry nothing.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Caution {
    /// None that is known of.
    #[default]
    None,
    /// The VPC has to be read first.
    Unread,
    /// This one, as a half sentence.
    Say(&'static str),
}

/// Why looks fail.
#[derive(Clone, Debug, PartialEq)]
pub struct Trouble {
    /// The word and the sentence.
    pub notice: Notice,
    /// Since when nothing was seen: the begin of the last good look, or of the first attempt.
    pub since: Timestamp,
}

/// What was seen of the machine.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum MachineSeen {
    /// No look was made yet.
    Unlooked,
    /// It was listed.
    Listed(Machine),
    /// It was never seen, by this process or in the record, and is not listed.
    NeverSeen,
    /// It was seen earlier and is not listed; the proof that it is gone is outstanding.
    Missing {
        /// The begin of the first look that did not list it.
        since: Timestamp,
    },
    /// It is proven gone.
    Gone,
}

/// What was seen of the link.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum LinkSeen {
    /// No look was made yet, or none since the last change.
    Unlooked,
    /// A complete look did not show one.
    Absent,
    /// It leads to this VPC and is alive.
    Alive(LinkRow),
    /// It leads to this VPC; which address it was made for is not known.
    Unverified(LinkRow),
    /// It leads to this VPC and was made for an address that the machine does not have: seen once.
    Suspect(LinkRow),
    /// The same, proven.
    Dead(LinkRow),
}

/// What was seen of the wanted VPC.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum VpcSeen {
    /// No look was made yet.
    Unlooked,
    /// There is none of this id.
    Missing,
    /// It is there.
    Seen(Vpc),
    /// It is there, and has all the links that it may have.
    Full {
        /// So many.
        most: usize,
    },
    /// It could not be read.
    Unknown(Notice),
}

impl LinkSeen {
    /// The row of the list, if there is one.
    #[must_use]
    pub fn row(&self) -> Option<&LinkRow> {
        match self {
            Self::Alive(row) | Self::Unverified(row) | Self::Suspect(row) | Self::Dead(row) => Some(row),
            Self::Unlooked | Self::Absent => None,
        }
    }
}

impl Sighting {
    /// Nothing seen yet.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            machine: MachineSeen::Unlooked,
            link: LinkSeen::Unlooked,
            vpc: VpcSeen::Unlooked,
            looked: None,
            agreed: None,
            trouble: None,
            guard: None,
            caution: Caution::None,
            bound: true,
            wondering: false,
        }
    }

    /// The present address of the machine, if it is listed with one.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.addresses().first().copied()
    }

    /// The present addresses of the machine, as far as it is listed with any.
    #[must_use]
    pub fn addresses(&self) -> &[IpAddr] {
        match &self.machine {
            MachineSeen::Listed(machine) => &machine.addresses,
            MachineSeen::Unlooked | MachineSeen::NeverSeen | MachineSeen::Missing { .. } | MachineSeen::Gone => &[],
        }
    }

    /// Whether complete looks have agreed for `span` that the machine has no link to `vpc`. Where the machine itself is
    /// not seen, an empty list of links proves as little as the empty list of machines: permission, region and another
    /// account's keys look the same.
    #[must_use]
    pub fn is_absent_for(&self, vpc: &VpcId, span: Duration) -> bool {
        let blind = match self.machine {
            MachineSeen::Listed(_) => false,
            MachineSeen::Gone => self.guard.is_some(),
            MachineSeen::Unlooked | MachineSeen::NeverSeen | MachineSeen::Missing { .. } => true,
        };
        if blind {
            return false;
        }
        let elsewhere = match &self.link {
            LinkSeen::Unlooked => false,
            LinkSeen::Absent => true,
            LinkSeen::Alive(row) | LinkSeen::Unverified(row) | LinkSeen::Suspect(row) | LinkSeen::Dead(row) => {
                row.vpc != *vpc
            }
        };
        elsewhere && apart(self.agreed, self.looked, span)
    }
}

/// Whether `last` is at least `span` after `first`.
pub(super) fn apart(first: Option<Timestamp>, last: Option<Timestamp>, span: Duration) -> bool {
    matches!((first, last), (Some(first), Some(last)) if Duration::try_from(last.duration_since(first)).is_ok_and(|gone| gone >= span))
}
