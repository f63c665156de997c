//! Which settings of the switches are lived with.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::Deserialize;
use serde_json::{Value, json};

use super::say;
use crate::harness::{
    cloud::{Cloud, CloudApi},
    story,
};

/// A switch, and its settings with the default first. Of what is a number, some: at once, seconds, minutes, scaled.
///
/// A dead record that goes by itself does so later than the longest task ends: an operator that was killed before it
/// learnt the name of its detach's task takes the record's absence for the end of the detach, and has to.
///
/// A task that ended is known for longer than the 750 ms between two questions about one that runs for 10 s: else nobody
/// hears why it failed.
#[derive(Clone, Debug, Deserialize)]
struct Switch {
    /// As the simulator knows it: group and name.
    name: String,
    settings: Vec<Value>,
}

impl Switch {
    /// The change of the simulator's settings that makes this one.
    fn set_to(&self, number: usize) -> Value {
        let (group, name) = self.name.split_once('.').unwrap();
        json!({ group: { name: self.settings[number] } })
    }
}

/// The settings of one life.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    pub(super) api: CloudApi,
    /// The changes of the simulator's settings.
    pub(super) changes: Vec<Value>,
}

impl Setting {
    /// Whether a switch, as the simulator knows it, is set to something else than its default.
    pub(super) fn has(&self, switch: &str) -> bool {
        let (group, name) = switch.split_once('.').unwrap();
        self.changes.iter().any(|change| change[group].get(name).is_some())
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.api)?;
        self.changes.iter().try_for_each(|change| write!(f, " {change}"))
    }
}

fn switches(api: CloudApi) -> Vec<Switch> {
    let mut all: BTreeMap<String, Vec<Switch>> =
        serde_json::from_str(include_str!("../../data/switches.json")).unwrap();
    all.remove(api.called()).unwrap()
}

/// For each life, the number of each switch's setting.
fn pairs(api: CloudApi) -> Vec<Vec<usize>> {
    let mut all: BTreeMap<String, Vec<Vec<usize>>> =
        serde_json::from_str(include_str!("../../data/pairs.json")).unwrap();
    all.remove(api.called()).unwrap()
}

/// All lives: the defaults, each setting of each switch for itself, and the pairs.
pub(super) fn lives() -> Vec<Setting> {
    CloudApi::ALL.into_iter().flat_map(lives_of).collect()
}

fn lives_of(api: CloudApi) -> Vec<Setting> {
    let switches = switches(api);
    let single =
        switches.iter().flat_map(|switch| (1..switch.settings.len()).map(|number| vec![switch.set_to(number)]));
    let paired = pairs(api).into_iter().map(|row| {
        let set = switches.iter().zip(row).filter(|(_, number)| *number > 0);
        set.map(|(switch, number)| switch.set_to(number)).collect()
    });
    let changes: Vec<Vec<Value>> = std::iter::once(Vec::new()).chain(single).chain(paired).collect();
    changes.into_iter().map(|changes| Setting { api, changes }).collect()
}

#[test]
fn every_two_settings_of_different_switches_come_together() {
    for api in CloudApi::ALL {
        let (switches, rows) = (switches(api), pairs(api));
        let together: BTreeSet<_> = rows.iter().flat_map(|row| pairs_of(row)).collect();
        let mut wanted = 0;
        for (a, first) in switches.iter().enumerate() {
            for (b, second) in switches.iter().enumerate().skip(a + 1) {
                for pair in (0..first.settings.len()).flat_map(|x| (0..second.settings.len()).map(move |y| (x, y))) {
                    wanted += 1;
                    let what = format!("{} {pair:?} {}: run `make pairs`", first.name, second.name);
                    assert!(together.contains(&(a, pair.0, b, pair.1)), "{api:?}: {what}");
                }
            }
        }
        say(&format!("{api:?}: {} switches, {wanted} pairs of settings in {} lives", switches.len(), rows.len()));
    }
}

fn pairs_of(row: &[usize]) -> impl Iterator<Item = (usize, usize, usize, usize)> {
    let places = row.iter().copied().enumerate();
    places.clone().flat_map(move |(a, x)| places.clone().skip(a + 1).map(move |(b, y)| (a, x, b, y)))
}

/// A switch as the simulator tells of it, with those settings under which no life is possible.
#[derive(Deserialize)]
struct Row {
    name: String,
    settings: Vec<Value>,
    blocking: Vec<Value>,
}

#[test]
fn every_switch_of_the_simulator_is_lived_with_in_every_setting() {
    for api in CloudApi::ALL {
        let cloud = story(Cloud::start(&format!("space-{}", api.called()), api));
        let told: Vec<Row> = serde_json::from_value(story(cloud.space())).unwrap();
        let listed: BTreeMap<String, Switch> =
            switches(api).into_iter().map(|switch| (switch.name.clone(), switch)).collect();
        for Row { name, settings, blocking } in told {
            let possible: Vec<Value> = settings.into_iter().filter(|setting| !blocking.contains(setting)).collect();
            if possible.len() > 1 {
                let what = format!("{api:?}: {name} in tests/data/switches.json");
                let listed = listed.get(&name).unwrap_or_else(|| panic!("{what}"));
                let settings: Vec<Value> = (0..listed.settings.len()).map(|number| listed.set_to(number)).collect();
                // Times are chosen here: they are seconds and minutes of a cloud whose clients are in a hurry.
                assert!(settings == possible || (name.starts_with("timing.") && settings.len() > 1), "{what}");
            }
        }
    }
}
