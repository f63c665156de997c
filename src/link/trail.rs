//! How the looks of one machine become a sighting.
//!
//! A single look proves little: lists lag, permissions go, a region is typed wrong. A [`Trail`] keeps, for one machine,
//! since when the looks have agreed, and counts the looks that prove a return.

mod machine;

use std::net::IpAddr;

use jiff::Timestamp;

use self::machine::MachineTrail;
use super::{
    Caution, LinkRow, LinkSeen, Machine, MachineSeen, Network, Sighting, Tempo, VpcId, VpcSeen,
    probe::{AddressLook, Ground, Probe, Question},
    sighting::apart,
};

/// What one look said of a machine's link.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum LinkLook {
    /// It was listed so.
    Row(LinkRow),
    /// A complete list of every link did not hold it.
    Nowhere,
    /// A complete list of this VPC's links did not hold it.
    NotIn(VpcId),
}

/// What one look said of a machine.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum MachineLook {
    /// It was listed so.
    Listed(Machine),
    /// It was not listed; whether another machine of the account was, in the same look.
    NotListed {
        /// Whether another one was.
        others_seen: bool,
    },
}

/// What the record remembers of the address that a link was made for, where the list tells none.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Remembered {
    /// Nothing.
    #[default]
    Nothing,
    /// The machine's when the link was first seen: who made it, and for which address, is not known.
    Seen(IpAddr),
    /// That of our intent.
    MadeFor(IpAddr),
}

/// What the looks of one machine have shown so far.
#[derive(Clone, Debug, Default)]
pub struct Trail {
    link: Option<LinkTrail>,
    machine: Option<MachineTrail>,
    /// A change makes looks that began before it stale.
    stale_before: Option<Timestamp>,
    remembered: Remembered,
    /// What asking for the links at its addresses has shown.
    probe: Option<Probe>,
}

#[derive(Clone, Debug)]
struct LinkTrail {
    row: Option<LinkRow>,
    looked: Timestamp,
    agreed: Timestamp,
}

impl Trail {
    /// Takes what a look that began at `begun` showed of the link. A look older than the last is no news.
    pub fn link(&mut self, begun: Timestamp, look: LinkLook) {
        if self.link.as_ref().is_some_and(|trail| begun < trail.looked) {
            return;
        }
        let before = self.link.as_ref().and_then(|trail| trail.row.as_ref());
        let row = match look {
            LinkLook::Row(row) => Some(row),
            // A list of one VPC says nothing about a link to another.
            LinkLook::NotIn(vpc) if before.is_some_and(|row| row.vpc != vpc) => return,
            LinkLook::Nowhere | LinkLook::NotIn(_) => None,
        };
        let agreed = self.link.as_ref().filter(|trail| trail.row == row).map_or(begun, |trail| trail.agreed);
        self.link = Some(LinkTrail { row, looked: begun, agreed });
    }

    /// Takes what a look that began at `begun` showed of the machine.
    pub fn machine(&mut self, begun: Timestamp, look: MachineLook, tempo: Tempo) {
        if self.machine.as_ref().is_some_and(|trail| begun < trail.looked) {
            return;
        }
        self.machine = Some(MachineTrail::after(self.machine.take(), begun, look, tempo));
    }

    /// A change happened, or may have: what was seen before `at` no longer counts for the link.
    pub fn stale(&mut self, at: Timestamp) {
        self.stale_before = self.stale_before.max(Some(at));
    }

    /// Since when looks at the link count.
    #[must_use]
    pub const fn stale_before(&self) -> Option<Timestamp> {
        self.stale_before
    }

    /// What the record remembers of the address, for clouds whose list tells none.
    pub fn remember(&mut self, address: Remembered) {
        self.remembered = address;
    }

    /// What to ask about the addresses, if the link is in doubt and the answer is not known.
    #[must_use]
    pub fn question(&self, dies_with_address: bool, tempo: Tempo) -> Option<Question> {
        let link = self.link.as_ref().filter(|_| dies_with_address && !self.is_stale())?;
        Probe::question(self.probe.as_ref(), self.ground(link)?, tempo)
    }

    /// Takes what a look by address that began at `begun` showed. What was asked about another link or other addresses
    /// than the present ones is no news.
    pub fn addresses(&mut self, begun: Timestamp, question: &Question, look: AddressLook, tempo: Tempo) {
        let link = self.link.as_ref().filter(|_| !self.is_stale());
        let Some(ground) = link.and_then(|link| self.ground(link)).filter(|ground| question.is_about(ground)) else {
            return;
        };
        self.probe = Some(Probe::take(self.probe.clone(), &ground, begun, look, tempo));
    }

    /// Someone doubts what was answered about the addresses.
    pub fn doubt(&mut self) {
        if let Some(probe) = &mut self.probe {
            probe.doubt();
        }
    }

    /// Whether a fresh look at the link is outstanding.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.link.as_ref().is_none_or(|trail| Some(trail.looked) < self.stale_before)
    }

    /// The begin of the last look, if it listed the machine.
    #[must_use]
    pub fn listed(&self) -> Option<Timestamp> {
        self.machine.as_ref().filter(|trail| trail.present().is_some()).map(|trail| trail.looked)
    }

    /// The sighting that the looks amount to; `recorded` says whether the record knows the machine's address.
    #[must_use]
    pub fn sighting(&self, recorded: bool, dies_with_address: bool, tempo: Tempo) -> Sighting {
        let fresh = self.link.as_ref().filter(|_| !self.is_stale());
        Sighting {
            machine: self.machine_seen(recorded, tempo),
            link: fresh.map_or(LinkSeen::Unlooked, |trail| self.link_seen(trail, dies_with_address, tempo)),
            vpc: VpcSeen::Unlooked,
            looked: fresh.map(|trail| trail.looked),
            agreed: fresh.map(|trail| self.agreed(trail, dies_with_address)),
            trouble: None,
            guard: None,
            caution: Caution::None,
            bound: dies_with_address,
            wondering: fresh.filter(|_| dies_with_address).is_some_and(|trail| self.wonders(trail)),
        }
    }

    fn machine_seen(&self, recorded: bool, tempo: Tempo) -> MachineSeen {
        let Some(trail) = &self.machine else { return MachineSeen::Unlooked };
        let still_linked =
            self.link.as_ref().is_some_and(|link| link.row.is_some() && link.looked >= trail.absent_since());
        trail.seen(recorded, still_linked, tempo)
    }

    fn link_seen(&self, trail: &LinkTrail, dies_with_address: bool, tempo: Tempo) -> LinkSeen {
        let Some(row) = trail.row.clone() else { return LinkSeen::Absent };
        if !dies_with_address {
            return if self.has_left_classic() { LinkSeen::Absent } else { LinkSeen::Alive(row) };
        }
        let addresses = self.addresses_now();
        match self.made_for(&row) {
            Remembered::MadeFor(ip) if addresses.is_empty() || addresses.contains(&ip) => LinkSeen::Alive(row),
            Remembered::Seen(ip) if !addresses.is_empty() && !addresses.contains(&ip) => {
                self.differs(row, trail, tempo)
            }
            Remembered::MadeFor(_) => self.differs(row, trail, tempo),
            Remembered::Seen(_) | Remembered::Nothing => {
                Probe::seen(self.probe.as_ref(), self.ground(trail), row, tempo)
            }
        }
    }

    /// Since when looks have agreed about the link, and that it is none, where its machine says so.
    fn agreed(&self, link: &LinkTrail, dies_with_address: bool) -> Timestamp {
        let voided = self.machine.as_ref().filter(|_| !dies_with_address && self.has_left_classic());
        [self.stale_before, voided.map(|machine| machine.agreed)]
            .into_iter()
            .flatten()
            .fold(link.agreed, Timestamp::max)
    }

    /// Whether the machine was moved into a VPC: a row that is still listed for it is no link any more.
    fn has_left_classic(&self) -> bool {
        self.present().is_some_and(|machine| machine.network == Network::Vpc)
    }

    fn wonders(&self, link: &LinkTrail) -> bool {
        self.ground(link).is_some_and(|ground| !self.probe.as_ref().is_some_and(|probe| probe.is_about(&ground)))
    }

    fn made_for(&self, row: &LinkRow) -> Remembered {
        row.private_ip.map_or(self.remembered, Remembered::MadeFor)
    }

    fn present(&self) -> Option<&Machine> {
        self.machine.as_ref().and_then(MachineTrail::present)
    }

    /// The addresses that the machine is listed with; none where the list did not say.
    fn addresses_now(&self) -> &[IpAddr] {
        self.present().map_or(&[], |machine| &machine.addresses)
    }

    /// It was made for an address that the machine has no more.
    fn differs(&self, row: LinkRow, trail: &LinkTrail, tempo: Tempo) -> LinkSeen {
        if self.is_dead(trail, tempo) { LinkSeen::Dead(row) } else { LinkSeen::Suspect(row) }
    }

    /// What a question about the addresses rests on; `None` where nothing is in doubt.
    fn ground(&self, link: &LinkTrail) -> Option<Ground> {
        let row = link.row.as_ref()?;
        let machine = self.machine.as_ref()?;
        let addresses = self.addresses_now();
        let doubtful = match self.made_for(row) {
            Remembered::MadeFor(_) => false,
            Remembered::Seen(ip) => addresses.contains(&ip),
            Remembered::Nothing => !addresses.is_empty(),
        };
        doubtful.then(|| Ground {
            vpc: row.vpc.clone(),
            addresses: addresses.iter().copied().collect(),
            agreed: link.agreed.max(machine.agreed),
            stale_before: self.stale_before,
            looked: link.looked.min(machine.looked),
        })
    }

    /// Two looks at the machine and two at the link, far enough apart, show the same disagreement, all since the last
    /// change.
    fn is_dead(&self, link: &LinkTrail, tempo: Tempo) -> bool {
        let Some(machine) = &self.machine else { return false };
        let first = link.agreed.max(machine.agreed).max(self.stale_before.unwrap_or(link.agreed));
        apart(Some(first), Some(link.looked.min(machine.looked)), tempo.dead_proof())
    }
}
