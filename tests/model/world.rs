//! The world of the model: one machine, its link, the calls and tasks under way, and one object at the API server.
//!
//! A tick is one second of a product whose intervals are divided by sixty: settling takes five ticks, a call leaves
//! within two, a sweep and the proof of a dead record take one. Times are kept relative to each other: a gap longer than
//! every interval is as good as any other, so that the states are finitely many.

use classiclink::api::{Operation, Origin, Reason};

/// A moment.
pub type Tick = i16;

/// A call that left is carried out within so many ticks, whether or not its answer arrives.
pub const FLIGHT: Tick = 1;
/// A task ends within so many ticks.
pub const WORK: Tick = 1;

/// The two VPCs.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Net {
    A,
    B,
}

impl Net {
    pub const fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// Who made a link.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum By {
    Us,
    Them,
    /// Somebody else, unseen when ours was asked for or while a change or a link of ours to the same VPC was on record:
    /// nobody can tell.
    Either,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Row {
    pub net: Net,
    pub ip: u8,
    pub by: By,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Life {
    Here,
    Returning,
    Gone,
}

/// What the documents of the cloud leave open.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Rules {
    /// Changes become tasks; without, they are done at once.
    pub tasks: bool,
    /// The list of links tells the address that each was made for.
    pub addresses: bool,
    /// For how long the list of links may show what was.
    pub lag: Tick,
    /// An attach to the same VPC again is refused; without, it succeeds.
    pub again_refused: bool,
    /// What cannot be done fails as a task; without, it is refused at once.
    pub late: bool,
    /// Changes travel in company: an answer may be another's fault.
    pub company: bool,
    /// The link goes when the machine enters the recycle bin; without, when it is destroyed.
    pub bin_unlinks: bool,
}

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Cloud {
    pub link: Option<Row>,
    pub life: Life,
    pub ip: u8,
    /// What the list may still show, with the moment at which it became untrue; oldest first.
    pub past: Vec<(Tick, Option<Row>)>,
    pub calls: Vec<Call>,
    pub jobs: Vec<Job>,
}

/// A call that left.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Call {
    pub operation: Operation,
    pub net: Net,
    pub left: Tick,
    /// Nobody hears the answer.
    pub deaf: bool,
    pub reply: Option<Reply>,
}

/// What a call answers.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Reply {
    NotSent,
    Taken(Option<u8>),
    Refused(Reason),
    Unclear,
    Split,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Job {
    pub id: u8,
    pub operation: Operation,
    pub net: Net,
    pub born: Tick,
    pub ended: Option<bool>,
    /// The operator does not know of it, because the answer was lost, or the cloud said that it does not know it: then
    /// reading settles it, running or not.
    pub unknown: bool,
}

/// The object at the API server.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Object {
    pub want: Net,
    pub generation: i8,
    pub terminating: bool,
    pub retain: bool,
    pub finalizer: bool,
    pub record: Rec,
    /// Ready's status and reason.
    pub ready: (Status, Reason),
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Status {
    True,
    False,
    Unknown,
}

/// The record in the status.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Rec {
    pub link: Option<(Net, Option<u8>, Origin)>,
    pub task: Option<Task>,
    pub refusal: Option<(Reason, i8)>,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Task {
    pub operation: Operation,
    pub net: Net,
    pub ip: Option<u8>,
    pub id: Option<u8>,
    pub started: Tick,
    pub unclear: Option<Tick>,
}

impl Rec {
    /// Whether a link to this VPC may be ours.
    pub fn knows(&self, net: Net) -> bool {
        let link = self.link.is_some_and(|(of, _, origin)| of == net && origin != Origin::Found);
        link || self.task.is_some_and(|task| task.net == net)
    }
}

/// What a look showed that began then.
pub type Seen<T> = (Tick, Option<T>);

/// What the operator remembers; a crash leaves nothing of it.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Memory {
    pub links: Vec<Seen<(Net, Option<u8>)>>,
    /// Address, and whether the machine is being returned.
    pub machines: Vec<Seen<(u8, bool)>>,
    pub stale: Option<Tick>,
    pub trouble: Option<Tick>,
    pub attempt: Option<Try>,
    /// Handed over and not yet sent.
    pub handed: bool,
    /// The largest company that the next change may travel in is one.
    pub alone: bool,
    pub request: Option<(Operation, Net)>,
    pub not_before: Option<Tick>,
    /// Only with a seeded bug: what was sent before it was written.
    pub unwritten: Option<Rec>,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Try {
    pub started: Tick,
    pub answer: Option<(Reply, Tick)>,
    pub progress: Option<(Word, Tick)>,
    pub batch: u8,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Word {
    Running,
    Succeeded,
    Failed,
    Unknown,
}

/// How much the adversary may still do.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Budget {
    pub all: u8,
    pub crash: u8,
    pub delete: u8,
    pub edit: u8,
    pub retain: u8,
    pub foreign: u8,
    pub address: u8,
    pub depart: u8,
    pub fault: u8,
    pub conflict: u8,
    pub glitch: u8,
    pub delay: u8,
}

/// What must never happen.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Broken {
    /// A link of somebody else was to be removed.
    Stolen,
    /// A change left for something that is not on record as ours.
    NotOurs,
    /// The object went, and a link of ours stayed or can still come.
    Orphan,
    /// The object is there and does not know a link of ours.
    Lost,
    /// A change left while another was under way.
    Second,
    /// The status says linked, and the last look did not.
    Lie,
    /// What came back was forgotten before it was written down.
    Forgotten,
}

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct State {
    pub now: Tick,
    pub rules: Rules,
    pub cloud: Cloud,
    pub object: Option<Object>,
    pub memory: Memory,
    pub budget: Budget,
    pub broken: Option<Broken>,
}

impl Cloud {
    /// The link becomes this; for a while the list may show what was.
    pub fn becomes(&mut self, link: Option<Row>, lag: Tick, now: Tick) {
        if self.link != link && lag > 0 {
            self.past.push((now, self.link));
        }
        self.link = link;
    }

    pub fn busy(&self) -> bool {
        self.calls.iter().any(|call| call.reply.is_none()) || self.jobs.iter().any(|job| job.ended.is_none())
    }

    /// Whether a change may be under way as far as anybody can know.
    pub fn under_way(&self) -> bool {
        let call = self.calls.iter().any(|call| call.reply.is_none());
        call || self.jobs.iter().any(|job| job.ended.is_none() && !job.unknown)
    }

    /// An attach that was settled because a look showed the link does nothing more, even where nobody can know that its
    /// task still runs: it could only if somebody else had made the link meanwhile, and that cannot be told.
    pub fn attached(&mut self, net: Net) {
        self.calls.retain(|call| !(call.deaf && call.operation == Operation::Attach && call.net == net));
        let same = |job: &&mut Job| job.unknown && job.operation == Operation::Attach && job.net == net;
        self.jobs.iter_mut().filter(same).for_each(|job| job.ended = Some(false));
    }

    /// Whether an attach may still land.
    pub fn may_link(&self) -> bool {
        let call = self.calls.iter().any(|call| call.reply.is_none() && call.operation == Operation::Attach);
        call || self.jobs.iter().any(|job| job.ended.is_none() && job.operation == Operation::Attach)
    }

    /// A change of ours takes effect, or has none.
    pub fn apply(&mut self, operation: Operation, net: Net, lag: Tick, now: Tick) {
        match (operation, self.link) {
            (Operation::Attach, None) if self.life != Life::Gone => {
                let row = Row { net, ip: self.ip, by: By::Us };
                self.becomes(Some(row), lag, now);
            }
            // An attach over a stale record makes the record good.
            (Operation::Attach, Some(row)) if row.net == net => {
                self.becomes(Some(Row { ip: self.ip, ..row }), lag, now);
            }
            (Operation::Detach, Some(row)) if row.net == net => self.becomes(None, lag, now),
            (Operation::Attach | Operation::Detach, _) => {}
        }
    }

    /// Whether a change of ours can be done.
    pub fn can(&self, operation: Operation, net: Net, again_refused: bool) -> bool {
        match (operation, self.link) {
            (Operation::Attach, None) => self.life == Life::Here,
            (Operation::Attach, Some(row)) => row.net == net && !again_refused,
            (Operation::Detach, Some(row)) => row.net == net,
            (Operation::Detach, None) => false,
        }
    }
}
