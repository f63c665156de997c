//! The looks at one machine: since when they agree, and whether they prove a return.

use std::time::Duration;

use jiff::Timestamp;

use super::MachineLook;
use crate::link::{Machine, MachineSeen, MachineState, Tempo, sighting::apart};

/// What the looks have shown of the machine.
#[derive(Clone, Debug)]
pub(super) struct MachineTrail {
    last_listed: Option<Machine>,
    listed: bool,
    /// The begin of the last look.
    pub(super) looked: Timestamp,
    /// Since when looks have agreed about the addresses and the network.
    pub(super) agreed: Timestamp,
    absences: Vec<Absence>,
}

#[derive(Clone, Copy, Debug)]
struct Absence {
    begun: Timestamp,
    others_seen: bool,
}

/// How many counted looks prove a return while other machines are seen.
const ABSENCES: usize = 2;
/// How many are wanted while none is seen: permission, region and keys look the same as an empty account.
const BLIND_ABSENCES: usize = 5;

impl MachineTrail {
    /// Takes what a look that began at `begun` showed, after what was shown `before`.
    pub(super) fn after(before: Option<Self>, begun: Timestamp, look: MachineLook, tempo: Tempo) -> Self {
        match look {
            MachineLook::Listed(machine) => Self::listed(before, begun, machine),
            MachineLook::NotListed { others_seen } => {
                Self::absent(before, Absence { begun, others_seen }, tempo.sweep())
            }
        }
    }

    /// The machine, if the last look listed it.
    pub(super) fn present(&self) -> Option<&Machine> {
        self.last_listed.as_ref().filter(|_| self.listed)
    }

    /// Since when it is not listed.
    pub(super) fn absent_since(&self) -> Timestamp {
        self.absences.first().map_or(self.looked, |first| first.begun)
    }

    /// What the looks amount to; `recorded` says whether the record knows the machine, `still_linked` whether a link of
    /// it was listed since it is not.
    pub(super) fn seen(&self, recorded: bool, still_linked: bool, tempo: Tempo) -> MachineSeen {
        match &self.last_listed {
            Some(machine) if self.listed => MachineSeen::Listed(machine.clone()),
            None if !recorded => MachineSeen::NeverSeen,
            _ if self.is_gone(still_linked, tempo) => MachineSeen::Gone,
            _ => MachineSeen::Missing { since: self.absent_since() },
        }
    }

    fn listed(before: Option<Self>, begun: Timestamp, machine: Machine) -> Self {
        let is_same = |old: &Machine| old.network == machine.network && old.has_addresses_of(&machine);
        let same = before.filter(|trail| trail.present().is_some_and(is_same));
        let agreed = same.map_or(begun, |trail| trail.agreed);
        Self { last_listed: Some(machine), listed: true, looked: begun, agreed, absences: Vec::new() }
    }

    /// Looks that count are begun a sweep interval apart.
    fn absent(before: Option<Self>, absence: Absence, sweep: Duration) -> Self {
        let begun = absence.begun;
        let (last_listed, mut absences) =
            before.map_or_else(Default::default, |trail| (trail.last_listed, trail.absences));
        let last = absences.last().map(|absence: &Absence| absence.begun);
        // Five are all that is ever asked; the first and the newest are what the span is measured by.
        if last.is_none() || apart(last, Some(begun), sweep) {
            if absences.len() > BLIND_ABSENCES {
                absences.remove(1);
            }
            absences.push(absence);
        }
        Self { last_listed, listed: false, looked: begun, agreed: begun, absences }
    }

    /// Whether the absences prove a return. A cloud removes the links of a machine with it (215/5002): while one is still
    /// listed, that others are seen proves nothing, for this machine alone may be hidden; only time does.
    fn is_gone(&self, still_linked: bool, tempo: Tempo) -> bool {
        let returning = self.last_listed.as_ref().is_some_and(|machine| machine.state == MachineState::Returning);
        let seeing = self.absences.iter().filter(|absence| absence.others_seen).count();
        let first = self.absences.first().map(|absence| absence.begun);
        let last = self.absences.last().map(|absence| absence.begun);
        let blind = self.absences.len() >= BLIND_ABSENCES && apart(first, last, tempo.blind_gone());
        (returning && !self.absences.is_empty()) || (seeing >= ABSENCES && !still_linked) || blind
    }
}
