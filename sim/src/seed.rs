//! A scene to begin with, in the words of the control API.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::clock::Millis;
use crate::sim::{Settings, Sim, Unfit};
use crate::world::{Binding, Mistake, NewAccount, NewLink, NewMachine, NewVpc};

/// Accounts, VPCs, machines and links to be made, and settings.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Seed {
    /// Settings that hold from now on; what they leave out is as by default. Left out: nothing changes.
    settings: Option<Settings>,
    #[serde(default)]
    accounts: Vec<NewAccount>,
    #[serde(default)]
    vpcs: Vec<NewVpc>,
    #[serde(default)]
    machines: Vec<NewMachine>,
    #[serde(default)]
    links: Vec<NewLink>,
    /// Roles of the machine that a client runs on.
    #[serde(default)]
    metadata: Vec<Binding>,
}

/// Why a seed does not come up.
#[derive(Debug, thiserror::Error)]
pub enum Barren {
    /// The file cannot be read.
    #[error("{path}: {cause}", path = path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why not.
        cause: std::io::Error,
    },
    /// The file is not understood; the cause names the line.
    #[error("{path}: {cause}", path = path.display())]
    Text {
        /// Which file.
        path: PathBuf,
        /// What is wrong, and where.
        cause: String,
    },
    /// A thing cannot be made.
    #[error("{list}[{index}]: {cause}")]
    Thing {
        /// The list it is in.
        list: &'static str,
        /// Its place there, from zero.
        index: usize,
        /// Why not.
        cause: Mistake,
    },
    /// The settings cannot hold.
    #[error("settings: {0}")]
    Settings(Unfit),
}

impl Seed {
    /// Reads a seed file.
    pub fn read(path: &Path) -> Result<Self, Barren> {
        let text = fs::read_to_string(path).map_err(|cause| Barren::File { path: path.into(), cause })?;
        serde_saphyr::from_str(&text).map_err(|cause| Barren::Text { path: path.into(), cause: cause.to_string() })
    }

    /// Makes everything that the seed describes; stops at the first thing that cannot be made.
    pub fn plant(self, sim: &mut Sim, now: Millis) -> Result<(), Barren> {
        if let Some(settings) = self.settings {
            sim.apply(settings).map_err(Barren::Settings)?;
        }
        let world = &mut sim.world;
        each("accounts", self.accounts, |new| world.add_account(new))?;
        each("vpcs", self.vpcs, |new| world.add_vpc(new, now).map(drop))?;
        each("machines", self.machines, |new| world.add_machine(new, now).map(drop))?;
        each("links", self.links, |new| world.link_by_hand(new, now))?;
        each("metadata", self.metadata, |binding| world.bind(binding))
    }
}

fn each<T>(list: &'static str, things: Vec<T>, mut make: impl FnMut(T) -> Result<(), Mistake>) -> Result<(), Barren> {
    for (index, thing) in things.into_iter().enumerate() {
        make(thing).map_err(|cause| Barren::Thing { list, index, cause })?;
    }
    Ok(())
}
