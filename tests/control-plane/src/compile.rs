//! Fills the cache: builds the missing programs with `go`, one builder at a time.
//!
//! Each program is built beside the `bin` directory and renamed into it, so that whoever
//! sees a name sees a whole program. What a killed builder left is removed by the next one.

use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Child;
use tokio::time::{Instant, sleep, timeout};

use crate::cache::Cache;
use crate::fault::Fault;
use crate::guard;
use crate::log;
use crate::recipe::{self, Program};

/// About ten times what a cold build takes on two cores.
const BUILD_BOUND: Duration = Duration::from_mins(30);
const PROGRESS_EVERY: Duration = Duration::from_secs(15);
const LOCK_POLL: Duration = Duration::from_millis(500);

/// Builds what is missing; quick when nothing is.
pub(crate) async fn fill(cache: &Cache) -> Result<(), Fault> {
    if cache.missing().is_empty() {
        return Ok(());
    }
    make_directory(&cache.entry().join("bin"))?;
    let lock = cache.entry().join("lock");
    let file = File::create(&lock).map_err(Fault::io(format!("create {}", lock.display())))?;
    hold(&file, &lock).await?;
    let missing = cache.missing();
    for (index, program) in missing.iter().enumerate() {
        let label = format!("{} ({} of {})", program.name, index + 1, missing.len());
        build(cache, program, &label).await?;
    }
    Ok(())
}

/// Takes the lock; the operating system releases it with the file, however this ends.
async fn hold(file: &File, path: &Path) -> Result<(), Fault> {
    let started = Instant::now();
    let mut told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(source)) => {
                return Err(Fault::io(format!("lock {}", path.display()))(source));
            }
            Err(TryLockError::WouldBlock) if started.elapsed() > BUILD_BOUND => {
                return Err(Fault::Locked { path: path.display().to_string(), bound: BUILD_BOUND });
            }
            Err(TryLockError::WouldBlock) => sleep(LOCK_POLL).await,
        }
        if !told {
            told = true;
            eprintln!("control-plane: waiting for another build of the same programs");
        }
    }
}

async fn build(cache: &Cache, program: &'static Program, label: &str) -> Result<(), Fault> {
    let work = cache.entry().join("building");
    if work.exists() {
        fs::remove_dir_all(&work).map_err(Fault::io(format!("clear {}", work.display())))?;
    }
    make_directory(&work)?;
    for (name, text) in program.module.files() {
        fs::write(work.join(name), text).map_err(Fault::io(format!("write {name}")))?;
    }
    let started = Instant::now();
    eprintln!("control-plane: building {label}");
    let log = work.join("go.log");
    let go = spawn_go(program, &work, &log)?;
    watch(go, program.name, label, &log).await?;
    let built = cache.built(program);
    fs::rename(work.join(program.name), &built).map_err(Fault::io(format!("move {} into the cache", program.name)))?;
    eprintln!("control-plane: built {label} in {} s", started.elapsed().as_secs());
    fs::remove_dir_all(&work).map_err(Fault::io(format!("clear {}", work.display())))
}

fn spawn_go(program: &Program, work: &Path, log: &Path) -> Result<Child, Fault> {
    let sink = log::sink(log)?;
    let mut command = guard::command(Path::new("go")).map_err(Fault::io("find this program"))?;
    command
        .args(recipe::go_arguments(program, program.name))
        .current_dir(work)
        // Static programs, and no module or workspace but the pinned one.
        .envs([("CGO_ENABLED", "0"), ("GOWORK", "off"), ("GO111MODULE", "on")])
        .stdin(Stdio::null())
        .stdout(sink.try_clone().map_err(Fault::io("share a log"))?)
        .stderr(sink)
        .spawn()
        .map_err(Fault::io("run `go`"))
}

/// Waits for `go`, saying now and then that it is still at work.
async fn watch(mut go: Child, program: &'static str, label: &str, log: &Path) -> Result<(), Fault> {
    let started = Instant::now();
    while started.elapsed() < BUILD_BOUND {
        match timeout(PROGRESS_EVERY, go.wait()).await {
            Ok(Ok(status)) if status.success() => return Ok(()),
            Ok(Ok(status)) => return Err(Fault::Build { program, status, tail: log::tail(log) }),
            Ok(Err(source)) => return Err(Fault::io("wait for `go`")(source)),
            Err(_) => {
                eprintln!("control-plane: building {label}, {} s", started.elapsed().as_secs());
            }
        }
    }
    Err(Fault::BuildLate { program, bound: BUILD_BOUND, tail: log::tail(log) })
}

fn make_directory(path: &Path) -> Result<(), Fault> {
    fs::create_dir_all(path).map_err(Fault::io(format!("make {}", path.display())))
}
