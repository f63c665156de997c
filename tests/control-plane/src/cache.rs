//! Where built programs are: a directory given by `KUBEBUILDER_ASSETS`, and for what that
//! lacks a cache outside the checkout, one directory per set of programs and recipe.
//!
//! A file in the cache is complete by its name alone, so nothing may write into the `bin`
//! directory but a rename.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::fault::Fault;
use crate::recipe::{self, Program, Set};

/// Where the programs of one set are.
#[derive(Debug)]
pub(crate) struct Cache {
    set: &'static Set,
    /// A directory of ready-made programs, as the envtest convention has it.
    assets: Option<PathBuf>,
    entry: PathBuf,
}

impl Cache {
    pub(crate) fn of(set: &'static Set) -> Result<Self, Fault> {
        Self::new(set, |name| env::var_os(name).filter(|value| !value.is_empty()))
    }

    fn new(set: &'static Set, variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, Fault> {
        let below = |name, rest| variable(name).map(|dir| PathBuf::from(dir).join(rest));
        let cache = below("CLASSICLINK_CACHE", "")
            .or_else(|| below("XDG_CACHE_HOME", "classiclink"))
            .or_else(|| below("HOME", ".cache/classiclink"))
            .ok_or(Fault::NoCache)?;
        let entry = absolute(&cache.join("control-plane").join(set.key()))?;
        let assets = variable("KUBEBUILDER_ASSETS").filter(|_| set.may_be_given).map(PathBuf::from);
        Ok(Self { set, assets: assets.map(|dir| absolute(&dir)).transpose()?, entry })
    }

    /// The directory of this set and recipe, with `bin` and whatever a build needs beside it.
    pub(crate) fn entry(&self) -> &Path {
        &self.entry
    }

    /// Where a built program belongs.
    pub(crate) fn built(&self, program: &Program) -> PathBuf {
        self.entry.join("bin").join(program.name)
    }

    /// The file to run: the given one, else the built one, whether it is there or not.
    pub(crate) fn path(&self, program: &Program) -> PathBuf {
        self.assets
            .iter()
            .map(|dir| dir.join(program.name))
            .find(|path| path.is_file())
            .unwrap_or_else(|| self.built(program))
    }

    pub(crate) fn missing(&self) -> Vec<&'static Program> {
        self.set.programs.iter().copied().filter(|program| !self.path(program).is_file()).collect()
    }

    /// The directory to put on a search path for `kubectl`.
    pub(crate) fn bin_directory(&self) -> PathBuf {
        let mut path = self.path(&recipe::KUBECTL);
        path.pop();
        path
    }
}

fn absolute(path: &Path) -> Result<PathBuf, Fault> {
    std::path::absolute(path).map_err(Fault::io(format!("make {} absolute", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(set: &'static Set, variables: &[(&str, &str)]) -> Result<Cache, Fault> {
        Cache::new(set, |name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into()))
    }

    #[test]
    fn the_cache_is_where_the_nearest_variable_says() {
        let all = [("CLASSICLINK_CACHE", "/own"), ("XDG_CACHE_HOME", "/xdg"), ("HOME", "/home")];
        let parent = |from: usize| {
            let entry = cache(&recipe::SERVERS, &all[from..]).unwrap().entry;
            entry.parent().unwrap().to_owned()
        };

        assert_eq!(parent(0), Path::new("/own/control-plane"));
        assert_eq!(parent(1), Path::new("/xdg/classiclink/control-plane"));
        assert_eq!(parent(2), Path::new("/home/.cache/classiclink/control-plane"));
        assert!(matches!(cache(&recipe::SERVERS, &[]), Err(Fault::NoCache)));
    }

    #[test]
    fn given_programs_are_used_and_only_what_they_lack_is_missing() {
        let assets = tempfile::tempdir().unwrap();
        for name in ["etcd", "kube-apiserver", "kubectl"] {
            std::fs::write(assets.path().join(name), "").unwrap();
        }
        let given = assets.path().to_str().unwrap();

        let cache = cache(&recipe::SERVERS, &[("KUBEBUILDER_ASSETS", given), ("HOME", "/nowhere")]).unwrap();

        assert_eq!(cache.bin_directory(), assets.path());
        let missing: Vec<_> = cache.missing().iter().map(|program| program.name).collect();
        assert_eq!(missing, ["kube-controller-manager"]);
        assert!(cache.path(&recipe::CONTROLLER_MANAGER).starts_with("/nowhere"));
    }
    #[test]
    fn the_judge_is_ours_whatever_programs_are_given() {
        let assets = tempfile::tempdir().unwrap();
        std::fs::write(assets.path().join("kstatus"), "").unwrap();
        let given = assets.path().to_str().unwrap();

        let cache = cache(&recipe::JUDGES, &[("KUBEBUILDER_ASSETS", given), ("HOME", "/nowhere")]).unwrap();

        assert!(cache.path(&recipe::JUDGE).starts_with("/nowhere"));
        assert_eq!(cache.missing().len(), 1);
    }
}
