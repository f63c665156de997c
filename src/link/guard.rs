//! The guards: too much at once is our mistake until a person says otherwise.
//!
//! A [`Census`] counts, for one account, whose machine is missing and whose link is dead. More than
//! max(3, 20 %) of the machines on record within ten minutes, or more than max(5, 20 %) of the links, and nothing is done
//! about any of them until the account carries the annotation that the message shows. The annotation names the guard, the
//! number and a hash of the UIDs: it covers those objects and no others.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::{LinkSeen, MachineSeen, Notice, Sighting, Tempo, Whose, sighting::apart};
use crate::api::{ACKNOWLEDGE, Reason};

/// What is guarded.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Guard {
    /// Machines that were returned.
    Return,
    /// Links that died.
    Relink,
}

impl Guard {
    const ALL: [Self; 2] = [Self::Return, Self::Relink];

    const fn reason(self) -> Reason {
        match self {
            Self::Return => Reason::MassReturnSuspected,
            Self::Relink => Reason::MassRelinkSuspected,
        }
    }

    /// So many at once are believed, however few there are.
    const fn believed(self) -> usize {
        match self {
            Self::Return => 3,
            Self::Relink => 5,
        }
    }

    const fn what(self) -> &'static str {
        match self {
            Self::Return => "machines are gone",
            Self::Relink => "links are dead",
        }
    }
}

/// What is counted of one account.
#[derive(Debug, Default)]
pub struct Census {
    /// Whose keys it has.
    pub whose: Whose,
    members: HashMap<String, Member>,
    /// The annotation, as it stands on the account.
    acknowledged: Option<String>,
    covered: BTreeSet<(Guard, String)>,
    found: Mutex<[Option<Arc<Found>>; 2]>,
}

/// Who is suspect. Kept for a moment, since in a wave each of ten thousand objects asks: found anew for each, they would
/// cost their number's square.
#[derive(Debug)]
struct Found {
    at: Timestamp,
    suspects: BTreeSet<String>,
    recorded: usize,
    token: String,
}

/// What was found is good for so long while nothing is noted: some may stop being recent meanwhile.
const GOOD: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Member {
    recorded: bool,
    /// The object itself went.
    gone: bool,
    stamps: [Stamp; 2],
}

/// Since when something is so, and whether it still is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Stamp {
    at: Option<Timestamp>,
    now: bool,
}

impl Census {
    /// Takes what is seen of one object's machine and link.
    pub fn note(&mut self, uid: &str, recorded: bool, sighting: &Sighting, now: Timestamp) {
        let missing = matches!(sighting.machine, MachineSeen::Missing { .. } | MachineSeen::Gone);
        let dead = matches!(sighting.link, LinkSeen::Suspect(_) | LinkSeen::Dead(_));
        let member = self.members.entry(uid.to_owned()).or_default();
        let before = *member;
        member.recorded = recorded;
        for (stamp, is) in member.stamps.iter_mut().zip([missing && recorded, dead]) {
            if is && !stamp.now {
                stamp.at = Some(now);
            }
            stamp.now = is;
        }
        if *member != before {
            self.find_again();
        }
    }

    /// The object went. What it was counted for still counts within the window.
    pub fn leave(&mut self, uid: &str) {
        if let Some(member) = self.members.get_mut(uid) {
            member.recorded = false;
            member.gone = true;
            member.stamps.iter_mut().for_each(|stamp| stamp.now = false);
            self.find_again();
        }
    }

    /// Forgets those that went and no longer count.
    pub fn prune(&mut self, tempo: Tempo, now: Timestamp) {
        let counts =
            |stamp: &Stamp| stamp.now || (stamp.at.is_some() && !apart(stamp.at, Some(now), tempo.guard_window()));
        self.members.retain(|_, member| !member.gone || member.stamps.iter().any(counts));
        let members = &self.members;
        self.covered.retain(|(_, uid)| members.contains_key(uid));
    }

    /// Takes the annotation of the account. It covers those who are suspect now, if it names them.
    pub fn acknowledge(&mut self, annotation: Option<&str>, tempo: Tempo, now: Timestamp) {
        self.find_again();
        self.acknowledged = annotation.map(str::to_owned);
        self.whose.acknowledge(annotation, now);
        for guard in Guard::ALL {
            let suspects = self.suspects(guard, tempo, now);
            if self.acknowledged.as_deref() == Some(token(guard, &suspects).as_str()) {
                self.covered.extend(suspects.into_iter().map(|uid| (guard, uid)));
            }
        }
    }

    /// Why nothing may be done about this object, if that is so.
    #[must_use]
    pub fn holds(&self, guard: Guard, uid: &str, account: &str, tempo: Tempo, now: Timestamp) -> Option<Notice> {
        if self.covered.contains(&(guard, uid.to_owned())) {
            return None;
        }
        let found = self.found(guard, tempo, now);
        let Found { suspects, recorded, token, .. } = &*found;
        if !suspects.contains(uid) || suspects.len() <= guard.believed().max(recorded / 5) {
            return None;
        }
        let (count, what) = (suspects.len(), guard.what());
        Some(Notice::new(
            guard.reason(),
            format!(
                "{count} of {recorded} {what} at once; if that is so, annotate CloudAccount {account} with \
                 {ACKNOWLEDGE}: \"{token}\""
            ),
        ))
    }

    fn found(&self, guard: Guard, tempo: Tempo, now: Timestamp) -> Arc<Found> {
        let mut kept = self.kept();
        let slot = &mut kept[guard as usize];
        if let Some(found) = slot.as_ref().filter(|found| found.at <= now && !apart(Some(found.at), Some(now), GOOD)) {
            return Arc::clone(found);
        }
        let suspects = self.suspects(guard, tempo, now);
        let recorded = self.members.values().filter(|member| member.recorded).count().max(suspects.len());
        let token = token(guard, &suspects);
        Arc::clone(slot.insert(Arc::new(Found { at: now, suspects, recorded, token })))
    }

    fn find_again(&self) {
        *self.kept() = [None, None];
    }

    fn kept(&self) -> MutexGuard<'_, [Option<Arc<Found>>; 2]> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those for whom it is so, or was within the window, and who are not covered.
    fn suspects(&self, guard: Guard, tempo: Tempo, now: Timestamp) -> BTreeSet<String> {
        let index = guard as usize;
        let suspect = |(uid, member): (&String, &Member)| {
            let Stamp { at, now: is } = member.stamps[index];
            let recent = at.is_some() && !apart(at, Some(now), tempo.guard_window());
            (is || recent) && !self.covered.contains(&(guard, uid.clone()))
        };
        self.members.iter().filter(|entry| suspect(*entry)).map(|(uid, _)| uid.clone()).collect()
    }
}

/// The annotation that acknowledges these.
fn token(guard: Guard, suspects: &BTreeSet<String>) -> String {
    let mut hash = Sha256::new();
    for uid in suspects {
        hash.update(uid.as_bytes());
        hash.update(b"\n");
    }
    let hash = hash.finalize();
    let short = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]);
    format!("{}-{}-{short:08x}", guard.reason(), suspects.len())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::link::Sighting;

    const TEMPO: fn() -> Tempo = || Tempo::new(1.0, Duration::from_mins(1));

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn gone() -> Sighting {
        Sighting { machine: MachineSeen::Gone, ..Sighting::none() }
    }

    fn census(members: usize, missing: usize) -> Census {
        let mut census = Census::default();
        for number in 0..members {
            let seen = if number < missing { gone() } else { Sighting::none() };
            census.note(&format!("uid-{number}"), true, &seen, at(1000));
        }
        census
    }

    fn held(census: &Census, uid: &str, now: i64) -> Option<Notice> {
        census.holds(Guard::Return, uid, "tencent", TEMPO(), at(now))
    }

    #[test]
    fn three_machines_may_go_at_once_and_four_of_ten_may_not() {
        assert_eq!(held(&census(10, 3), "uid-0", 1000), None);
        let notice = held(&census(10, 4), "uid-0", 1000).unwrap();
        assert_eq!(notice.reason, Reason::MassReturnSuspected);
        assert!(notice.message.starts_with("4 of 10 machines are gone at once"), "{}", notice.message);
        assert_eq!(held(&census(10, 4), "uid-9", 1000), None, "one that is there is not held");
    }

    #[test]
    fn a_fifth_of_many_may_go_at_once() {
        assert_eq!(held(&census(100, 20), "uid-0", 1000), None);
        assert!(held(&census(100, 21), "uid-0", 1000).is_some());
    }

    #[test]
    fn what_went_earlier_in_the_window_counts_and_what_went_before_it_does_not() {
        let mut census = census(10, 3);
        for number in 0..3 {
            census.leave(&format!("uid-{number}"));
        }
        census.note("uid-3", true, &gone(), at(1500));
        assert!(held(&census, "uid-3", 1500).is_some());
        assert_eq!(held(&census, "uid-3", 1601), None);
    }

    #[test]
    fn those_that_are_still_missing_are_held_for_as_long_as_it_takes() {
        assert!(held(&census(10, 4), "uid-0", 1_000_000).is_some());
    }

    #[test]
    fn in_a_wave_the_suspects_are_found_once_for_all_and_again_when_there_is_another() {
        let mut census = census(10, 4);
        let found = |census: &Census, now| census.found(Guard::Return, TEMPO(), at(now));
        let first = found(&census, 1000);
        census.note("uid-0", true, &gone(), at(1000));
        assert!(Arc::ptr_eq(&first, &found(&census, 1000)), "nothing new was noted");
        assert!(!Arc::ptr_eq(&first, &found(&census, 1001)), "some may not be recent any more");
        census.note("uid-4", true, &gone(), at(1001));
        assert_eq!(found(&census, 1001).suspects.len(), 5);
    }

    #[test]
    fn an_acknowledgement_covers_those_it_names_and_no_others() {
        let mut census = census(10, 4);
        census.acknowledge(Some("MassReturnSuspected-4-00000000"), TEMPO(), at(1000));
        let notice = held(&census, "uid-0", 1000).unwrap();
        let token = notice.message.rsplit('"').nth(1).unwrap().to_owned();
        census.acknowledge(Some(&token), TEMPO(), at(1000));
        assert_eq!(held(&census, "uid-0", 1000), None);
        for number in 4..8 {
            census.note(&format!("uid-{number}"), true, &gone(), at(1100));
        }
        assert_eq!(held(&census, "uid-0", 1100), None, "covered for good");
        assert!(held(&census, "uid-4", 1100).is_some(), "four others are not");
    }
}
