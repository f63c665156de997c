//! `classiclink-sim`: a server that plays the cloud, for development and tests.
//!
//! The story: a request comes in through a *dialect* (`tencent_v2`, `tencent_v3`, `alibaba`, `metadata`), which checks it
//! as the vendor would and asks the *world* (`world`), which knows accounts, VPCs, machines, links and tasks, but no API.
//! `traffic` stands between the two and the network: faults, delays, limits, the log of calls. The *control* API
//! (`control`) and seed files (`seed`) arrange the scene and read it back. Everything the vendors' documents leave open
//! is a switch.
//!
//! The program shares no type with any client of the clouds: a mistake must not cancel itself out. It listens on
//! loopback alone, since its control API asks nobody for a password.

mod alibaba;
mod clock;
mod control;
mod dialect;
mod listen;
mod metadata;
mod seed;
mod sim;
mod space;
mod tencent;
mod tencent_v2;
mod tencent_v3;
mod traffic;
mod world;

use std::io::{IsTerminal, Read, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::seed::{Barren, Seed};
use crate::sim::Shared;

/// Plays the cloud on loopback.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Where Tencent's API v2 listens; port 0 picks a free one.
    #[arg(long, env = "CLASSICLINK_SIM_LISTEN", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Where Tencent's API 3.0 listens.
    #[arg(long, env = "CLASSICLINK_SIM_LISTEN_V3", default_value = "127.0.0.1:0")]
    listen_v3: SocketAddr,
    /// Where Alibaba's API listens.
    #[arg(long, env = "CLASSICLINK_SIM_LISTEN_ALIBABA", default_value = "127.0.0.1:0")]
    listen_alibaba: SocketAddr,
    /// Where Tencent's STS listens.
    #[arg(long, env = "CLASSICLINK_SIM_LISTEN_TENCENT_STS", default_value = "127.0.0.1:0")]
    listen_tencent_sts: SocketAddr,
    /// Where Alibaba's STS listens.
    #[arg(long, env = "CLASSICLINK_SIM_LISTEN_ALIBABA_STS", default_value = "127.0.0.1:0")]
    listen_alibaba_sts: SocketAddr,
    /// Where the metadata of a machine are told, of either cloud.
    #[arg(long, env = "CLASSICLINK_SIM_LISTEN_METADATA", default_value = "127.0.0.1:0")]
    listen_metadata: SocketAddr,
    /// Where the control API listens.
    #[arg(long, env = "CLASSICLINK_SIM_CONTROL", default_value = "127.0.0.1:0")]
    control: SocketAddr,
    /// A scene to begin with.
    #[arg(long, env = "CLASSICLINK_SIM_SEED", value_name = "FILE.yaml")]
    seed: Option<PathBuf>,
    /// How the log on standard error looks; `RUST_LOG` says how much there is of it.
    #[arg(long, env = "CLASSICLINK_SIM_LOG_FORMAT", value_enum, default_value_t = LogFormat::Pretty)]
    log_format: LogFormat,
    /// Stop when the standard input closes, so that the program never outlives the one that started it.
    #[arg(long, env = "CLASSICLINK_SIM_STOP_WITH_STDIN")]
    stop_with_stdin: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LogFormat {
    Json,
    Pretty,
}

/// Why the program ends early.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Seed(#[from] Barren),
    #[error(transparent)]
    Listen(#[from] listen::Refused),
    #[error("input or output failed: {0}")]
    Io(#[from] std::io::Error),
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    log_to_stderr(arguments.log_format);
    match run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            tracing::error!("{failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Failure> {
    let shared = Shared::default();
    if let Some(path) = &arguments.seed {
        let seed = Seed::read(path)?;
        shared.with(|sim, now| seed.plant(sim, now))?;
    }
    let tencent_v2 = listen::on_loopback(arguments.listen).await?;
    let tencent_v3 = listen::on_loopback(arguments.listen_v3).await?;
    let alibaba = listen::on_loopback(arguments.listen_alibaba).await?;
    let tencent_sts = listen::on_loopback(arguments.listen_tencent_sts).await?;
    let alibaba_sts = listen::on_loopback(arguments.listen_alibaba_sts).await?;
    let metadata = listen::on_loopback(arguments.listen_metadata).await?;
    let control = listen::on_loopback(arguments.control).await?;
    let (mut terminated, mut interrupted) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let addresses = json!({
        "tencentV2": tencent_v2.url(),
        "tencentV3": tencent_v3.url(),
        "alibaba": alibaba.url(),
        "tencentSts": tencent_sts.url(),
        "alibabaSts": alibaba_sts.url(),
        "metadata": metadata.url(),
        "control": control.url(),
    });
    announce(&addresses)?;
    tokio::select! {
        () = traffic::serve(tencent_v2.listener, tencent_v2::router(shared.clone())) => {}
        () = traffic::serve(tencent_v3.listener, tencent_v3::router(shared.clone())) => {}
        () = traffic::serve(alibaba.listener, alibaba::router(shared.clone())) => {}
        () = traffic::serve(tencent_sts.listener, tencent_v3::sts_router(shared.clone())) => {}
        () = traffic::serve(alibaba_sts.listener, alibaba::sts_router(shared.clone())) => {}
        () = traffic::serve(metadata.listener, metadata::router(shared.clone())) => {}
        () = traffic::serve(control.listener, control::router(shared)) => {}
        _ = terminated.recv() => {}
        _ = interrupted.recv() => {}
        () = stdin_closes(arguments.stop_with_stdin) => {}
    }
    Ok(())
}

/// One line on standard output, for whoever waits for the program.
fn announce(addresses: &serde_json::Value) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{addresses}")?;
    stdout.flush()
}

/// Waits for the end of the standard input, or for ever if that means nothing.
///
/// A thread of its own reads: a read that waits on the runtime would keep the program from ending.
async fn stdin_closes(matters: bool) {
    if !matters {
        return std::future::pending().await;
    }
    let (ended, end) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 1_024];
        let mut stdin = std::io::stdin().lock();
        while stdin.read(&mut buffer).is_ok_and(|read| read > 0) {}
        // Whoever waited may be gone already.
        ended.send(()).ok();
    });
    end.await.ok();
}

fn log_to_stderr(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(filter);
    match format {
        LogFormat::Json => log.json().init(),
        LogFormat::Pretty => log.with_ansi(std::io::stderr().is_terminal()).init(),
    }
}
