//! What is remembered of one machine.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Owner, requests::Request};
use crate::{
    api::Reason,
    link::{Answer, Attempt, LinkSeen, MachineSeen, Notice, Sighting, Tempo, Trail, Trouble, VpcId, VpcSeen, Watch},
};

/// What is remembered of one machine.
pub(super) struct Entry {
    pub(super) owner: Owner,
    pub(super) watch: Option<Watch>,
    pub(super) trail: Trail,
    pub(super) attempt: Option<Attempt>,
    /// The stamps of intents that may have been written, and whose changes surely never left nor will.
    pub(super) unsent: BTreeSet<Timestamp>,
    pub(super) request: Option<Request>,
    /// When its task was last asked about.
    pub(super) asked: Option<Timestamp>,
    /// Since when no question about it was answered: the stamp of its attempt, and the first such question.
    pub(super) unanswered: Option<(Timestamp, Timestamp)>,
    pub(super) link_trouble: Option<Notice>,
    pub(super) machine_trouble: Option<Notice>,
    /// The begin of the last good look, or of the watch.
    good: Timestamp,
    /// How often, and when last, a look was made for the present need.
    pub(super) needed: u32,
    pub(super) need_looked: Option<Timestamp>,
    pub(super) shown: Option<Shown>,
}

/// What the owner was told last.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shown {
    machine: MachineSeen,
    link: (LinkSeen, bool),
    pub(super) vpc: VpcSeen,
    trouble: Option<Reason>,
}

impl Entry {
    pub(super) fn new(owner: Owner) -> Self {
        Self {
            owner,
            watch: None,
            trail: Trail::default(),
            attempt: None,
            unsent: BTreeSet::new(),
            request: None,
            asked: None,
            unanswered: None,
            link_trouble: None,
            machine_trouble: None,
            good: crate::clock::now(),
            needed: 0,
            need_looked: None,
            shown: None,
        }
    }

    /// What is known of the change on record with this stamp, or else of the last one.
    pub(super) fn attempt_of(&self, task: Option<Timestamp>) -> Option<Attempt> {
        let unsent = task.filter(|task| self.unsent.contains(task));
        let never = |started_at| Attempt { started_at, answer: Some(Answer::NotSent), progress: None };
        unsent.map(never).or_else(|| self.attempt.clone())
    }

    /// The VPC whose list tells of this machine.
    pub(super) fn place(&self) -> Option<VpcId> {
        let watch = self.watch.as_ref()?;
        watch.need.as_ref().and_then(|need| need.vpc.clone()).or_else(|| watch.place.clone())
    }

    /// Whether its owner wants to hear of each look: the clock, not the world, may make the difference.
    pub(super) fn waits(&self) -> bool {
        self.watch.as_ref().is_some_and(|watch| watch.need.as_ref().is_some_and(|need| need.after > Timestamp::MIN))
    }

    pub(super) fn good_at(&mut self, begun: Timestamp) {
        if self.link_trouble.is_none() && self.machine_trouble.is_none() {
            self.good = self.good.max(begun);
        }
    }

    pub(super) fn sighting(&self, recorded: bool, dies: bool, tempo: Tempo) -> Sighting {
        let notice = self.link_trouble.clone().or_else(|| self.machine_trouble.clone());
        Sighting {
            trouble: notice.map(|notice| Trouble { notice, since: self.good }),
            ..self.trail.sighting(recorded, dies, tempo)
        }
    }
}

impl Shown {
    pub(super) fn of(sighting: &Sighting) -> Self {
        let trouble = sighting.trouble.as_ref().map(|trouble| trouble.notice.reason);
        let vpc = worded(sighting.vpc.clone());
        let link = (sighting.link.clone(), sighting.wondering);
        Self { machine: sighting.machine.clone(), link, vpc, trouble }
    }

    /// Whether the owner was told the same of the link.
    pub(super) fn has_link_of(&self, other: &Self) -> bool {
        self.link == other.link
    }
}

/// What was seen of a VPC, without the words of a failure: they may differ each time.
pub(super) fn worded(vpc: VpcSeen) -> VpcSeen {
    match vpc {
        VpcSeen::Unknown(notice) => VpcSeen::Unknown(Notice::new(notice.reason, String::new())),
        VpcSeen::Unlooked | VpcSeen::Missing | VpcSeen::Seen(_) | VpcSeen::Full { .. } => vpc,
    }
}
