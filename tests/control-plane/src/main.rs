//! `control-plane`: builds, starts and stops a real Kubernetes control plane on loopback, and
//! judges objects by kstatus.
//!
//! For development and tests alone: its data is not kept, and etcd listens unprotected on
//! loopback. It must never be pointed at, nor write to, a cluster it did not start.

mod cache;
mod compile;
mod component;
mod fault;
mod guard;
mod log;
mod plane;
mod recipe;
mod session;
mod settings;
mod stop;

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::{self, ExitCode};

use clap::{Parser, Subcommand};

use crate::cache::Cache;
use crate::fault::Fault;
use crate::recipe::{JUDGE, JUDGES, SERVERS};
use crate::stop::Stop;

/// A real Kubernetes control plane on loopback, for development and tests.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Build the programs into the cache; quick when they are there.
    Build,
    /// Print the directory that holds kubectl, built or not.
    Paths,
    /// Start, print one line of JSON when ready, stop when the standard input ends.
    Serve,
    /// Start, run a command with KUBECONFIG and PATH set, stop, exit with its code.
    Run {
        /// The command and its arguments.
        #[arg(last = true, required = true)]
        command: Vec<OsString>,
    },
    /// Judge objects, one a line of JSON on the standard input: prints for each kstatus' word, a tab, and its message.
    Kstatus,
    /// Run a program that dies with its parent.
    #[command(name = guard::SUBCOMMAND, hide = true)]
    Guard {
        parent: u32,
        #[arg(last = true, required = true)]
        command: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    match act(Arguments::parse().action) {
        Ok(code) => ExitCode::from(code),
        Err(fault) => {
            eprintln!("control-plane: {}", fault.told());
            ExitCode::FAILURE
        }
    }
}

fn act(action: Action) -> Result<u8, Fault> {
    if let Action::Guard { parent, command } = action {
        return Err(guard::become_program(parent, &command));
    }
    // One thread: see `guard` for why no child may come from another one.
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Fault::io("start the runtime"))?
        .block_on(perform(action))
}

async fn perform(action: Action) -> Result<u8, Fault> {
    match action {
        Action::Build => {
            let mut stop = Stop::on_signal()?;
            for set in [&SERVERS, &JUDGES] {
                stop.unless(compile::fill(&Cache::of(set)?)).await?;
            }
        }
        Action::Paths => println!("{}", Cache::of(&SERVERS)?.bin_directory().display()),
        Action::Serve => session::serve().await?,
        Action::Run { command } => return session::run(&command).await,
        Action::Kstatus => {
            let cache = Cache::of(&JUDGES)?;
            Stop::on_signal()?.unless(compile::fill(&cache)).await?;
            let error = process::Command::new(cache.path(&JUDGE)).exec();
            return Err(Fault::io("run kstatus")(error));
        }
        Action::Guard { parent, command } => return Err(guard::become_program(parent, &command)),
    }
    Ok(0)
}
