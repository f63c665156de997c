//! A state of the API's table: a scene, and what its line says of it.

use std::fmt::Write as _;

use classiclink::api::{ClassicLinkStatus, ConditionType, Reason, find};
use control_plane::{Kstatus, judge};

use crate::scene::Scene;

/// One state.
pub(crate) struct State {
    name: String,
    pub(crate) scene: Scene,
    told: Told,
}

/// What a line of the table says: the columns Ready, Reconciling and Stalled, and kstatus.
#[derive(Debug, PartialEq)]
struct Told {
    ready: (String, String),
    beside: Vec<ConditionType>,
    kstatus: Kstatus,
}

impl State {
    /// The columns as they are; `beside` is what of Reconciling and Stalled is True.
    pub(crate) fn new(
        name: impl Into<String>,
        scene: Scene,
        (status, reason): (&str, Reason),
        beside: Option<ConditionType>,
        kstatus: Kstatus,
    ) -> Self {
        let told = Told { ready: (status.into(), reason.to_string()), beside: beside.into_iter().collect(), kstatus };
        Self { name: name.into(), scene, told }
    }

    /// As wanted.
    pub(crate) fn current(name: impl Into<String>, reason: Reason, scene: Scene) -> Self {
        Self::new(name, scene, ("True", reason), None, Kstatus::Current)
    }

    /// Work goes on.
    pub(crate) fn in_progress(name: impl Into<String>, ready: (&str, Reason), scene: Scene) -> Self {
        Self::new(name, scene, ready, Some(ConditionType::Reconciling), Kstatus::InProgress)
    }

    /// Someone has to act.
    pub(crate) fn failed(name: impl Into<String>, ready: (&str, Reason), scene: Scene) -> Self {
        Self::new(name, scene, ready, Some(ConditionType::Stalled), Kstatus::Failed)
    }

    /// Being deleted: with what goes on beside it.
    pub(crate) fn terminating(name: impl Into<String>, beside: ConditionType, scene: Scene) -> Self {
        Self::new(name, scene, ("False", Reason::Detaching), Some(beside), Kstatus::Terminating)
    }
}

fn told(status: &ClassicLinkStatus, kstatus: Kstatus) -> Told {
    let ready = find(&status.conditions, ConditionType::Ready).unwrap();
    let is_true =
        |type_: &ConditionType| find(&status.conditions, *type_).is_some_and(|condition| condition.status == "True");
    Told {
        ready: (ready.status.clone(), ready.reason.clone()),
        beside: [ConditionType::Reconciling, ConditionType::Stalled].into_iter().filter(is_true).collect(),
        kstatus,
    }
}

/// Asks the real kstatus about each state, and compares what is told with the table.
pub(crate) fn compare(states: &[State]) {
    let objects: Vec<_> = states.iter().map(|state| state.scene.object("web")).collect();
    let asked: Vec<_> = objects.iter().map(|object| serde_json::to_value(object).unwrap()).collect();
    let mut differences = String::new();
    for ((state, object), judgement) in states.iter().zip(&objects).zip(judge(&asked).unwrap()) {
        let told = told(state.scene.status(), judgement.word);
        if told != state.told {
            let (State { name, told: table, .. }, object) = (state, serde_saphyr::to_string(object).unwrap());
            write!(differences, "\n{name}\n  the table: {table:?}\n  the object: {told:?}, {judgement:?}\n{object}")
                .unwrap();
        }
    }
    assert!(differences.is_empty(), "{differences}");
}
