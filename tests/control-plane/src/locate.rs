//! Finds the `control-plane` program that belongs to the running test executable.

use std::env;
use std::path::{Path, PathBuf};

/// Overrides the search, for test executables that are not run from a target directory.
const OVERRIDE: &str = "CONTROL_PLANE_BIN";

pub(crate) fn program() -> Option<PathBuf> {
    if let Some(path) = env::var_os(OVERRIDE) {
        return Some(path.into());
    }
    beside(&env::current_exe().ok()?)
}

/// `target/debug/deps/some_test-0123` runs beside `target/debug/control-plane`.
fn beside(executable: &Path) -> Option<PathBuf> {
    executable.ancestors().skip(1).take(2).map(|dir| dir.join("control-plane")).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_executable_finds_the_program_one_directory_up() {
        let target = tempfile::tempdir().unwrap();
        let program = target.path().join("control-plane");
        std::fs::create_dir(target.path().join("deps")).unwrap();
        std::fs::write(&program, "").unwrap();

        let found = beside(&target.path().join("deps").join("e2e-0123"));

        assert_eq!(found, Some(program));
    }

    #[test]
    fn a_program_further_up_is_not_taken_for_it() {
        let target = tempfile::tempdir().unwrap();
        std::fs::write(target.path().join("control-plane"), "").unwrap();

        assert_eq!(beside(&target.path().join("a/b/e2e")), None);
    }
}
