//! What must come of it once the adversary rests: a fair scheduler, and the rest that is wanted.

use classiclink::api::{Origin, Reason};

use super::{
    operator::Build,
    steps::Act,
    world::{By, Life, Object, State, Status},
};

/// After so many rounds of a resting adversary all is as wanted; a round ends with a tick.
const ROUNDS: usize = 60;
/// So long must nothing move: longer than any interval.
const QUIET: usize = 8;

impl Build {
    /// Whether the wanted rest is reached from here, and kept.
    pub fn comes_to_rest(&self, state: &State) -> Result<(), Box<State>> {
        let mut state = state.clone();
        let mut quiet = 0;
        for _ in 0..ROUNDS {
            let next = self.round(state.clone());
            quiet = if next.object == state.object && !next.cloud.busy() { quiet + 1 } else { 0 };
            state = next;
            if quiet == QUIET {
                break;
            }
        }
        if quiet == QUIET && rested(&state) { Ok(()) } else { Err(Box::new(state)) }
    }

    /// Everything that can happen by itself, and then a tick.
    fn round(&self, mut state: State) -> State {
        for _ in 0..30 {
            let Some(next) = self.by_itself(&state) else { break };
            state = next;
        }
        if let Some(next) = self.step(&state, Act::Look(usize::MAX)) {
            state = next;
        }
        for _ in 0..6 {
            let Some(next) = self.step(&state, Act::Reconcile) else { break };
            state = next;
        }
        self.step(&state, Act::Tick).unwrap_or(state)
    }

    fn by_itself(&self, state: &State) -> Option<State> {
        let mut urgent = vec![Act::Send];
        urgent.extend((0..state.cloud.calls.len()).flat_map(|index| [Act::Execute(index), Act::Deliver(index)]));
        urgent.extend((0..state.cloud.jobs.len()).map(Act::End));
        urgent.push(Act::Poll);
        let open = self.steps(state);
        let told = state.memory.attempt.and_then(|attempt| attempt.progress);
        let due = |act: &&Act| open.contains(act) && !(**act == Act::Poll && told.is_some());
        urgent.iter().filter(due).find_map(|act| self.step(state, *act)).or_else(|| {
            let poll = (told.is_some() && open.contains(&Act::Poll)).then(|| self.step(state, Act::Poll)).flatten();
            poll.filter(|next| {
                next.memory.attempt.and_then(|attempt| attempt.progress).map(|word| word.0) != told.map(|word| word.0)
            })
        })
    }
}

/// Whether all is as it should be, as far as it is in our power.
fn rested(state: &State) -> bool {
    let Some(object) = &state.object else { return !state.cloud.busy() };
    if object.terminating || object.record.task.is_some() || state.cloud.busy() {
        return false;
    }
    // A machine that was never seen, or not since a crash, was not returned.
    if state.cloud.life == Life::Gone {
        let ours = object.record.link.is_some_and(|(_, _, origin)| origin != Origin::Found);
        return object.ready == (Status::False, Reason::InstanceNotFound) && !ours;
    }
    if state.cloud.life == Life::Returning {
        return true;
    }
    let Some(link) = state.cloud.link else { return false };
    let alive = link.ip == state.cloud.ip;
    let good = object.ready.0 == Status::True;
    match (link.by, link.net == object.want) {
        (By::Us, wanted) => wanted && alive && good,
        // Somebody else's, or nobody can tell whose: it stays where it is.
        (By::Them | By::Either, false) => object.ready == (Status::False, Reason::LinkedElsewhere),
        (By::Them | By::Either, true) => (alive && good) || unhealed(state, object, alive),
    }
}

/// A dead link that is not ours is told, and left. Where the list tells no addresses, one that was never seen while alive
/// cannot be known to be dead, nor one that its owner made again within a sweep to be alive.
fn unhealed(state: &State, object: &Object, alive: bool) -> bool {
    let told = object.ready == (Status::False, Reason::NotOurs);
    if alive { told && !state.rules.addresses } else { told || !state.rules.addresses }
}
