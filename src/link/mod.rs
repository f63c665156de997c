//! The core: what is decided for one machine and its link. No async, no client, no clock.
//!
//! [`decide()`] takes what is wanted ([`Desired`]), what was seen ([`Sighting`]) and what was written down ([`Record`]),
//! first settles a change that is under way ([`settle()`]), and then looks the rest up in this table. The first row that
//! matches wins; the status is looked up by the same row ([`report()`]).
//!
//! | row | matches when | step |
//! |---|---|---|
//! | `Unsettled` | a change on record is not settled | wait, look, follow its task |
//! | `Stuck` | the same, and its task has run for half an hour | wait, look, follow its task |
//! | `Forced` | deleted; the annotation asks for it by UID | release |
//! | `LeftInPlace` | deleted; policy `Retain`, hands off, or the claim is another's | release |
//! | `NothingOurs` | deleted; no link of ours on record | release |
//! | `Blocked` | deleted; the account cannot be used or has another's keys, or the last look failed, or none was made | wait |
//! | `Held` | a guard does not believe that so many machines are gone, or so many links dead | hold |
//! | `Gone` | deleted; the machine is proven gone, or the link absent in two looks a sweep apart | release |
//! | `Vanishing` | deleted; the link was not seen in the last look | wait for the second look |
//! | `Detach` | deleted; our link is seen | detach |
//! | `NotAccepted` | specification, account, whose keys it has ([`Whose`]), namespace or claim | hold |
//! | `Unknown` | the last look failed, or none was made since the last change | wait |
//! | `Returned` | the machine is proven gone | remove the object, or hold (`Retain`, hands off) |
//! | `Missing` | the machine was seen before and is not listed | wait for the proof |
//! | `NotFound` | the machine was never seen and is not listed | hold |
//! | `Refusing` | a link to the wanted VPC is alive, found, and the policy is `Refuse` | hold |
//! | `Linked` | a link to the wanted VPC is alive | rest |
//! | `Suspect` | the link was seen dead once | wait for the second look |
//! | `Move` | the link leads elsewhere and is ours, and nothing is known against the new VPC | detach |
//! | `Elsewhere` | the link leads elsewhere and is not ours | hold |
//! | `Dead` | the link is dead and ours | detach |
//! | `DeadFound` | the link is dead and not ours | hold |
//! | `NotLinkable` | no link, or one to be moved; the machine is of no classic network, or in no state that can be linked | hold, or wait |
//! | `Lost` | a found link was not seen in the last look | wait for the second look |
//! | `NoVpc` | no link, or one to be moved; the VPC is missing, or cannot be linked, or was not read yet | hold, or wait |
//! | `Refused` | a change is due; the cloud refused this generation, and it is not yet time to try again | hold |
//! | `Attach` | no link | attach |
//!
//! `Observe` and `suspend` turn each change into the row `HandsOff`: the world differs, nothing is done. `Refused` stands
//! for a detach as well, whichever row asks for it: no refusal is tried again before its time, but for that of a locked
//! machine whose lock is seen gone (`lock`).
//!
//! What is dead is judged by `trail`: of a listed link by the address that it was made for, where the list or our own
//! record tells; else by asking for the links at the machine's addresses (`probe`).
//!
//! A machine in a state that cannot be linked does not make a living link red: what is seen alive is `Linked` before
//! the machine's state is asked (the cloud keeps a link until the machine is destroyed, 215/5002). And a link of ours
//! that is missing once is attached again at once, since attaching an existing link does no harm, while a found one
//! must be missing twice: the new link would be ours, and it is not ours to replace.
//!
//! A move is two changes, and the first cuts a link that works. So it begins only once the new VPC was read and can take
//! the link, as far as reading tells; until then the old link is kept. What only the cloud's refusal of the attach tells
//! comes after the cut.
//!
//! Of two things that contradict each other the one that keeps more is believed: a machine that is not listed while its
//! link is has not returned until ten minutes have passed. The other way round, where links survive a change of address,
//! a link that is listed for a machine in a VPC is none: a VPC machine can have none, and never goes back.

mod carry;
mod class;
mod decide;
mod desired;
mod facts;
mod guard;
mod ids;
mod lane;
mod lock;
mod probe;
mod record;
mod report;
mod row;
mod settle;
mod sighting;
mod tempo;
#[cfg(test)]
mod tests;
mod trail;
mod verdict;
mod watch;
mod whose;

pub use decide::{Change, Decision, Finalizer, Observed, Step, begin, decide};
pub use desired::{Desired, Names, Notice, Policy, Standing};
pub use facts::{LinkRow, Machine, MachineState, Network, TaskId, TaskState, Vpc};
pub use guard::{Census, Guard};
pub use ids::{InstanceId, Invalid, Region, VpcId};
pub use lane::Lane;
pub use probe::{AddressLook, Question};
pub use record::{Link, Record, Refusal, Task};
pub use report::report;
pub use row::Row;
pub use settle::{Answer, Attempt, Denial, Progress, Settling, settle};
pub use sighting::{Caution, LinkSeen, MachineSeen, Sighting, Trouble, VpcSeen};
pub use tempo::{Beat, CALL_DEADLINE, Tempo};
pub use trail::{LinkLook, MachineLook, Remembered, Trail};
pub use verdict::{Verdict, verdict};
pub use watch::{Check, Need, Revisit, Watch};
pub use whose::{Identity, STAND_IN, Strange, Whose};
