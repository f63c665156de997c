//! A model check: the real core, [`decide()`](classiclink::link::decide), [`begin()`](classiclink::link::begin),
//! [`report()`](classiclink::link::report) and [`Trail`](classiclink::link::Trail), in a world that lags, loses answers
//! and crashes at every effect, against an adversary with so many moves.
//!
//! `cargo test --profile model --test model -- --nocapture` visits some millions of states in a minute or two. Without
//! the profile the adversary has one move less.
//!
//! Bounds: one object, one machine with two addresses, two VPCs; a call is carried out within a tick of leaving, a task
//! ends within a tick, a list lags by a tick at most and never goes back to what it showed before; the adversary has
//! [`moves()`] moves in all, of each kind no more than [`budget()`] says.
//!
//! What nobody can tell is not held against the core: whose a link is that appears in the very VPC of a change of ours
//! while that change is under way, and what a task still does after the cloud denied to know it and a look showed its
//! work done.

mod foe;
mod operator;
mod rest;
mod steps;
mod times;
mod world;

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    time::{Duration, Instant},
};

use classiclink::{api::Reason, link::Tempo};
use operator::Build;
use stateright::{Checker, Model, Property};
use steps::Act;
use world::{Broken, Budget, By, Cloud, Life, Memory, Net, Object, Rec, Row, Rules, State, Status};

/// The operator and its world.
#[derive(Clone)]
struct Whole {
    build: Build,
    worlds: Vec<(Rules, Budget)>,
    /// From one state of so many the way to rest is tried; from none if zero.
    sample: u64,
}

impl Model for Whole {
    type State = State;
    type Action = Act;

    fn init_states(&self) -> Vec<State> {
        let links = [None, Some(Net::A), Some(Net::B)];
        self.worlds.iter().flat_map(|(rules, budget)| links.map(|link| begins(*rules, *budget, link))).collect()
    }

    fn actions(&self, state: &State, actions: &mut Vec<Act>) {
        if state.broken.is_none() {
            actions.extend(self.build.steps(state));
        }
    }

    fn next_state(&self, state: &State, act: Act) -> Option<State> {
        self.build.step(state, act)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(STOLEN, |_, state: &State| state.broken != Some(Broken::Stolen)),
            Property::always(NOT_OURS, |_, state: &State| state.broken != Some(Broken::NotOurs)),
            Property::always(ORPHAN, |_, state: &State| state.broken != Some(Broken::Orphan)),
            Property::always(LOST, |_, state: &State| state.broken != Some(Broken::Lost)),
            Property::always(SECOND, |_, state: &State| state.broken != Some(Broken::Second)),
            Property::always(LIE, |_, state: &State| state.broken != Some(Broken::Lie)),
            Property::always(FORGOTTEN, |_, state: &State| state.broken != Some(Broken::Forgotten)),
            Property::always(REST, Self::rests),
        ]
    }
}

const STOLEN: &str = "a link of somebody else is never removed";
const NOT_OURS: &str = "only what is on record as ours is removed";
const ORPHAN: &str = "nothing of ours is left, or can still come, when the finalizer goes";
const LOST: &str = "a link of ours is on record";
const SECOND: &str = "no change leaves while another may land";
const LIE: &str = "the status never says linked of what was looked for and not seen";
const FORGOTTEN: &str = "what came back is remembered until it is written down";
const REST: &str = "all is as wanted once the adversary rests, and then nothing moves";

impl Whole {
    fn rests(&self, state: &State) -> bool {
        let mut hasher = DefaultHasher::new();
        state.hash(&mut hasher);
        let chosen = self.sample > 0 && hasher.finish().is_multiple_of(self.sample);
        !chosen || state.broken.is_some() || self.build.comes_to_rest(state).is_ok()
    }

    /// Visits every state, and tells how many there were. Returns what was broken.
    #[expect(clippy::disallowed_methods, reason = "the check tells how long it took")]
    fn check(self, what: &str) -> Vec<&'static str> {
        let begun = Instant::now();
        let checker = self.checker().threads(2).spawn_bfs().join();
        let (states, depth) = (checker.unique_state_count(), checker.max_depth());
        println!("{what}: {states} states, depth {depth}, {:.1} s", begun.elapsed().as_secs_f64());
        let found = checker.discoveries();
        for (broken, path) in &found {
            let acts: Vec<Act> = path.clone().into_actions();
            println!("{what}: broken: {broken}: {acts:?}\n{:?}", path.last_state());
        }
        found.into_keys().collect()
    }
}

fn begins(rules: Rules, budget: Budget, link: Option<Net>) -> State {
    let link = link.map(|net| Row { net, ip: 1, by: By::Them });
    let object = Object {
        want: Net::A,
        generation: 1,
        terminating: false,
        retain: false,
        finalizer: false,
        record: Rec::default(),
        ready: (Status::Unknown, Reason::Pending),
    };
    let cloud = Cloud { link, life: Life::Here, ip: 1, past: vec![], calls: vec![], jobs: vec![] };
    let memory = Memory::default();
    State { now: 0, rules, cloud, object: Some(object), memory, budget, broken: None }.settled()
}

/// How many moves the adversary has.
const fn moves() -> u8 {
    if cfg!(debug_assertions) { 2 } else { 3 }
}

const fn budget(all: u8) -> Budget {
    Budget {
        all,
        crash: 1,
        delete: 1,
        edit: 2,
        retain: 1,
        foreign: 2,
        address: 1,
        depart: 1,
        fault: 2,
        conflict: 1,
        glitch: 1,
        delay: 1,
    }
}

const fn plain() -> Rules {
    Rules {
        tasks: true,
        addresses: true,
        lag: 1,
        again_refused: false,
        late: false,
        company: false,
        bin_unlinks: false,
    }
}

/// The cloud as it may be: each switch that changes what the core sees, in both settings.
fn worlds(all: u8) -> Vec<(&'static str, Rules, Budget)> {
    let plain = plain();
    vec![
        ("tasks", plain, budget(all)),
        ("done at once", Rules { tasks: false, again_refused: true, ..plain }, budget(all)),
        // A lying list would have the address of a new attempt taken for that of the old link: nothing there can tell.
        ("no addresses in the list", Rules { addresses: false, ..plain }, Budget { glitch: 0, ..budget(all) }),
        ("in company", Rules { company: true, again_refused: true, ..plain }, budget(all)),
        ("checked late", Rules { late: true, again_refused: true, bin_unlinks: true, ..plain }, budget(all)),
        ("no lag, in company, done at once", Rules { lag: 0, tasks: false, company: true, ..plain }, budget(all)),
    ]
}

#[test]
fn the_core_never_cuts_loses_or_lies_and_comes_to_rest() {
    let none: Vec<&str> = Vec::new();
    for (name, rules, budget) in worlds(moves()) {
        let whole = Whole { build: Build::real(), worlds: vec![(rules, budget)], sample: 32 };
        assert_eq!(whole.check(name), none);
    }
}

#[test]
fn from_every_state_with_fewer_moves_the_wanted_rest_is_reached() {
    let worlds = worlds(moves() - 1).into_iter().map(|(_, rules, budget)| (rules, budget)).collect();
    let whole = Whole { build: Build::real(), worlds, sample: 1 };
    assert_eq!(whole.check("every way to rest"), Vec::<&str>::new());
}

/// What the check finds wrong with a build.
fn found(what: &str, build: Build, budget: Budget) -> Vec<&'static str> {
    Whole { build, worlds: vec![(plain(), budget)], sample: 0 }.check(what)
}

#[test]
fn a_record_that_is_written_after_the_call_is_found() {
    let build = Build { records_late: true, ..Build::real() };
    let broken = found("records late", build, Budget { all: 1, ..budget(1) });
    assert!(broken.contains(&LOST), "{broken:?}");
}

#[test]
fn a_settling_time_shorter_than_the_lag_is_found() {
    // Settling takes one tick: shorter than a call, its task and the lag together.
    let build = Build { tempo: Tempo::new(300.0, Duration::from_mins(5)), ..Build::real() };
    let only = Budget { crash: 1, fault: 1, delay: 2, delete: 1, ..Budget::default() };
    let broken = found("settles early", build, Budget { all: 4, ..only });
    assert!(broken.iter().any(|broken| [LOST, ORPHAN, SECOND].contains(broken)), "{broken:?}");
}

#[test]
fn believing_one_list_without_the_link_is_found() {
    let build = Build { credulous: true, ..Build::real() };
    let broken = found("believes one empty list", build, budget(2));
    assert!(broken.contains(&ORPHAN) || broken.contains(&LOST), "{broken:?}");
}

#[test]
fn an_answer_that_is_forgotten_before_it_is_written_down_is_found() {
    let build = Build { forgets_early: true, ..Build::real() };
    let broken = found("forgets early", build, budget(1));
    assert!(broken.contains(&FORGOTTEN), "{broken:?}");
}
