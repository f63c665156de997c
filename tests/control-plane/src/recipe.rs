//! What is built: three Go modules, carried in this program, and the flags they are built with.
//!
//! Everything that changes a built program must enter [`Set::key`]; the versions are read
//! from the modules, so that no number is written twice.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// One Go module: it pins programs by its `tool` lines, or the libraries of one of our own.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) name: &'static str,
    go_mod: &'static str,
    go_sum: &'static str,
    /// The program itself, where it is ours.
    main_go: Option<&'static str>,
    /// The requirement that gives the programs their version.
    of: &'static str,
}

pub(crate) static KUBERNETES: Module = Module {
    name: "kubernetes",
    go_mod: include_str!("../kubernetes/go.mod"),
    go_sum: include_str!("../kubernetes/go.sum"),
    main_go: None,
    of: "k8s.io/kubernetes",
};

pub(crate) static ETCD: Module = Module {
    name: "etcd",
    go_mod: include_str!("../etcd/go.mod"),
    go_sum: include_str!("../etcd/go.sum"),
    main_go: None,
    of: "go.etcd.io/etcd/server/v3",
};

pub(crate) static KSTATUS: Module = Module {
    name: "kstatus",
    go_mod: include_str!("../kstatus/go.mod"),
    go_sum: include_str!("../kstatus/go.sum"),
    main_go: Some(include_str!("../kstatus/main.go")),
    of: "github.com/fluxcd/cli-utils",
};

impl Module {
    /// What stands in its directory, by file name.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let ours = self.main_go.map(|text| ("main.go", text));
        [("go.mod", self.go_mod), ("go.sum", self.go_sum)].into_iter().chain(ours)
    }

    /// The pinned version, such as `v1.36.3`.
    pub(crate) fn version(&self) -> &'static str {
        let pinned = |line: &'static str| {
            let line = line.trim().trim_start_matches("require ");
            line.strip_prefix(self.of)?.trim().split(' ').next().filter(|word| word.starts_with('v'))
        };
        self.go_mod.lines().find_map(pinned).unwrap_or("unpinned")
    }
}

/// One program: its file name, and the Go package it is built from.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) name: &'static str,
    pub(crate) package: &'static str,
    pub(crate) module: &'static Module,
}

pub(crate) static API_SERVER: Program =
    Program { name: "kube-apiserver", package: "k8s.io/kubernetes/cmd/kube-apiserver", module: &KUBERNETES };
pub(crate) static CONTROLLER_MANAGER: Program = Program {
    name: "kube-controller-manager",
    package: "k8s.io/kubernetes/cmd/kube-controller-manager",
    module: &KUBERNETES,
};
pub(crate) static KUBECTL: Program =
    Program { name: "kubectl", package: "k8s.io/kubernetes/cmd/kubectl", module: &KUBERNETES };
pub(crate) static ETCD_SERVER: Program = Program { name: "etcd", package: "go.etcd.io/etcd/server/v3", module: &ETCD };

pub(crate) static JUDGE: Program = Program { name: "kstatus", package: ".", module: &KSTATUS };

/// Programs that share one entry of the cache.
#[derive(Debug)]
pub(crate) struct Set {
    /// The longest build first.
    pub(crate) programs: &'static [&'static Program],
    /// Whether `KUBEBUILDER_ASSETS` may hold them too.
    pub(crate) may_be_given: bool,
}

pub(crate) static SERVERS: Set =
    Set { programs: &[&API_SERVER, &CONTROLLER_MANAGER, &KUBECTL, &ETCD_SERVER], may_be_given: true };
/// Apart from the servers, so that neither is built again for the other's sake.
pub(crate) static JUDGES: Set = Set { programs: &[&JUDGE], may_be_given: false };

/// The command line of `go` that builds `program` into the file `output`.
pub(crate) fn go_arguments(program: &Program, output: &str) -> Vec<String> {
    let mut arguments: Vec<String> =
        ["build", "-mod=readonly", "-buildvcs=false", "-trimpath", "-ldflags"].map(str::to_owned).into();
    arguments.extend([linker_flags(program.module), "-o".to_owned(), output.to_owned()]);
    arguments.push(program.package.to_owned());
    arguments
}

/// Without these a Kubernetes program calls itself v0.0.0; etcd knows its version.
fn linker_flags(module: &Module) -> String {
    let mut flags = "-s -w".to_owned();
    if module.name != KUBERNETES.name {
        return flags;
    }
    let version = module.version();
    let mut parts = version.trim_start_matches('v').split('.');
    let (major, minor) = (parts.next().unwrap_or("0"), parts.next().unwrap_or("0"));
    for package in ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"] {
        for (name, value) in [("gitVersion", version), ("gitMajor", major), ("gitMinor", minor)] {
            // Writing to a String cannot fail.
            let _ = write!(flags, " -X {package}.{name}={value}");
        }
    }
    flags
}

impl Set {
    /// The name of the cache entry: versions to read, and a digest of all that decides.
    pub(crate) fn key(&self) -> String {
        let mut digest = Sha256::new();
        for text in [std::env::consts::OS, std::env::consts::ARCH] {
            digest.update(text);
        }
        for program in self.programs {
            program.module.files().for_each(|(_, text)| digest.update(text));
            digest.update(go_arguments(program, program.name).join("\n"));
        }
        let mut modules: Vec<_> = self.programs.iter().map(|program| program.module).collect();
        modules.dedup_by_key(|module| module.name);
        let mut key = String::new();
        for module in modules {
            let _ = write!(key, "{}-{}-", module.name, module.version());
        }
        digest.finalize().iter().take(6).for_each(|byte| {
            let _ = write!(key, "{byte:02x}");
        });
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_versions_are_those_the_modules_pin() {
        assert_eq!(KUBERNETES.version(), "v1.36.3");
        assert_eq!(ETCD.version(), "v3.6.16");
        assert_eq!(KSTATUS.version(), "v0.36.0-flux.15");
    }

    #[test]
    fn the_key_shows_the_versions_and_a_digest() {
        for (set, versions) in [(&SERVERS, "kubernetes-v1.36.3-etcd-v3.6.16-"), (&JUDGES, "kstatus-v0.36.0-flux.15-")] {
            let key = set.key();
            assert_eq!(key.strip_prefix(versions).map(str::len), Some(12), "{key}");
        }
    }

    #[test]
    fn a_kubernetes_program_is_told_its_version() {
        let flags = go_arguments(&KUBECTL, "kubectl").join(" ");

        assert!(flags.contains("k8s.io/component-base/version.gitVersion=v1.36.3"));
        assert!(flags.contains("k8s.io/client-go/pkg/version.gitMinor=36"));
        assert!(!go_arguments(&ETCD_SERVER, "etcd").join(" ").contains("gitVersion"));
    }

    #[test]
    fn every_staging_module_is_pinned_to_the_release_of_the_server() {
        let replaced: Vec<_> = KUBERNETES.go_mod.lines().filter(|line| line.contains(" => ")).collect();

        assert_eq!(replaced.len(), 31);
        assert!(replaced.iter().all(|line| line.ends_with(" v0.36.3")));
    }
}
