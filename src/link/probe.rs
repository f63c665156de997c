//! Asking which links there are at a machine's addresses: all that can be known of a link that somebody else made, where
//! the list of links tells no addresses (Tencent Cloud's API 3.0).
//!
//! The cloud's documents do not say whether the filter compares the address that a link was made for or the one that its
//! machine has now (`vm-ip`, 215/15776). So a link that is listed at a present address proves nothing, and one that is
//! not is dead: in two sightings, the looks at machine and link begun as far apart as for any dead record, and so the
//! questions. An answer that is late, incomplete or missing proves nothing.

use std::{collections::BTreeSet, net::IpAddr};

use jiff::Timestamp;

use super::{LinkRow, LinkSeen, Tempo, VpcId, settle::later, sighting::apart};

/// So often a question is asked that gets no answer, a sweep interval apart. Then it rests until somebody asks for a look,
/// or something changes: a cloud that does not answer it now will hardly do so later.
const TRIES: u8 = 3;

/// Whether a VPC has a link of the machine at one of these addresses.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Question {
    /// The VPC.
    pub vpc: VpcId,
    /// The machine's present addresses.
    pub addresses: BTreeSet<IpAddr>,
    /// Not to be asked before.
    pub after: Timestamp,
    /// Whether its answer could complete the proof that the link is dead.
    pub decides: bool,
}

/// What one look by address said of a machine's link.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AddressLook {
    /// It was listed.
    Listed,
    /// A complete list did not hold it.
    NotListed,
    /// Nothing.
    Failed,
}

/// What a question rests on: the link and the machine as the last looks showed them.
pub(super) struct Ground {
    pub(super) vpc: VpcId,
    pub(super) addresses: BTreeSet<IpAddr>,
    /// Since when looks have agreed about both.
    pub(super) agreed: Timestamp,
    /// The last change.
    pub(super) stale_before: Option<Timestamp>,
    /// The begin of the older of the two looks.
    pub(super) looked: Timestamp,
}

/// What was asked and answered about one link and the same addresses.
#[derive(Clone, Debug)]
pub(super) struct Probe {
    vpc: VpcId,
    addresses: BTreeSet<IpAddr>,
    /// When it was first asked.
    begun: Timestamp,
    misses: Option<Misses>,
    /// How often in a row there was no answer, and when last.
    failures: u8,
    failed: Timestamp,
    /// To be asked again, although it was answered.
    doubted: bool,
}

#[derive(Clone, Copy, Debug)]
struct Misses {
    first: Timestamp,
    last: Timestamp,
    /// The begin of the looks that the first rests on.
    looked: Timestamp,
}

impl Question {
    pub(super) fn is_about(&self, ground: &Ground) -> bool {
        self.vpc == ground.vpc && self.addresses == ground.addresses
    }
}

impl Probe {
    /// What to ask, if anything is left to ask.
    pub(super) fn question(probe: Option<&Self>, ground: Ground, tempo: Tempo) -> Option<Question> {
        let (after, decides) = match probe.filter(|probe| probe.is_about(&ground)) {
            None => (Timestamp::MIN, false),
            Some(probe) => probe.due(&ground, tempo)?,
        };
        Some(Question { vpc: ground.vpc, addresses: ground.addresses, after, decides })
    }

    /// Takes what a look by address showed.
    pub(super) fn take(
        probe: Option<Self>,
        ground: &Ground,
        begun: Timestamp,
        look: AddressLook,
        tempo: Tempo,
    ) -> Self {
        let mut probe = probe.filter(|probe| probe.is_about(ground)).unwrap_or_else(|| Self::begin(ground, begun));
        probe.doubted = false;
        match look {
            AddressLook::Listed => (probe.misses, probe.failures) = (None, 0),
            AddressLook::NotListed => {
                let looked = ground.looked;
                let counted = probe.misses.filter(|misses| misses.count(ground));
                let misses = counted.unwrap_or(Misses { first: begun, last: begun, looked });
                probe.misses = Some(Misses { last: begun, ..misses });
                probe.failures = 0;
            }
            AddressLook::Failed => {
                // Half a proof is none.
                probe.misses = probe.misses.filter(|misses| misses.prove(ground, tempo));
                probe.failures = probe.failures.saturating_add(1);
                probe.failed = begun;
            }
        }
        probe
    }

    /// What is seen of a link in doubt.
    pub(super) fn seen(probe: Option<&Self>, ground: Option<Ground>, row: LinkRow, tempo: Tempo) -> LinkSeen {
        let Some(ground) = ground else { return LinkSeen::Unverified(row) };
        match probe.filter(|probe| probe.is_about(&ground)).and_then(|probe| probe.misses) {
            None => LinkSeen::Unverified(row),
            Some(misses) if misses.prove(&ground, tempo) => LinkSeen::Dead(row),
            Some(_) => LinkSeen::Suspect(row),
        }
    }

    pub(super) fn doubt(&mut self) {
        self.doubted = true;
    }

    fn begin(ground: &Ground, begun: Timestamp) -> Self {
        let (vpc, addresses) = (ground.vpc.clone(), ground.addresses.clone());
        Self { vpc, addresses, begun, misses: None, failures: 0, failed: begun, doubted: false }
    }

    /// A link that went and came back is another one, and addresses that did may be.
    pub(super) fn is_about(&self, ground: &Ground) -> bool {
        self.vpc == ground.vpc && self.addresses == ground.addresses && self.begun >= ground.agreed
    }

    /// From when on it is to be asked again, and whether that could decide.
    fn due(&self, ground: &Ground, tempo: Tempo) -> Option<(Timestamp, bool)> {
        match self.misses {
            _ if self.doubted && self.failures > 0 => Some((Timestamp::MIN, false)),
            None if self.failures > 0 => (self.failures < TRIES).then(|| (later(self.failed, tempo.sweep()), false)),
            Some(misses) if !misses.count(ground) => Some((Timestamp::MIN, false)),
            Some(misses) if !misses.prove(ground, tempo) => {
                misses.were_looked_at_again(ground, tempo).then(|| (later(misses.first, tempo.dead_proof()), true))
            }
            Some(_) | None => self.doubted.then_some((Timestamp::MIN, false)),
        }
    }
}

impl Misses {
    /// Whether they are evidence at all: none from before the last change is.
    fn count(&self, ground: &Ground) -> bool {
        Some(self.first) >= ground.stale_before
    }

    fn were_looked_at_again(&self, ground: &Ground, tempo: Tempo) -> bool {
        apart(Some(self.looked), Some(ground.looked), tempo.dead_proof())
    }

    fn prove(&self, ground: &Ground, tempo: Tempo) -> bool {
        self.count(ground)
            && self.were_looked_at_again(ground, tempo)
            && apart(Some(self.first), Some(self.last), tempo.dead_proof())
    }
}
