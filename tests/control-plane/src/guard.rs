//! Ties a program to the life of this one: `control-plane guard` asks the kernel to kill it
//! when its parent dies, and then becomes the program. So not even a killed supervisor
//! leaves a server behind.
//!
//! The kernel watches the *thread* that made the process: children must be spawned on the
//! main thread, which is why the runtime of this program has no other.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::{CommandExt, parent_id};
use std::path::Path;
use std::process;

use rustix::process::{Signal, set_parent_process_death_signal};
use tokio::process::Command;

use crate::fault::Fault;

/// Name of the hidden subcommand.
pub(crate) const SUBCOMMAND: &str = "guard";

/// A command that runs `program` under guard.
pub(crate) fn command(program: &Path) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args([SUBCOMMAND, &process::id().to_string(), "--"]).arg(program);
    command.kill_on_drop(true);
    Ok(command)
}

/// Becomes the program `words[0]`; returns only when that is not possible.
pub(crate) fn become_program(parent: u32, words: &[OsString]) -> Fault {
    if let Err(error) = set_parent_process_death_signal(Some(Signal::KILL)) {
        return Fault::io("ask for a signal at the parent's death")(error.into());
    }
    // The parent may have died before the kernel was asked.
    if parent_id() != parent {
        return Fault::Orphaned;
    }
    let Some((program, arguments)) = words.split_first() else {
        return Fault::io("run a program")(io::ErrorKind::InvalidInput.into());
    };
    let error = process::Command::new(program).args(arguments).exec();
    Fault::io(format!("run {}", program.display()))(error)
}
