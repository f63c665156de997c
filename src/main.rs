//! The operator's process: settings, signals, and the order of starting and stopping.

use std::process::ExitCode;

use clap::Parser;
use classiclink::{
    config::Config,
    controller,
    health::{Health, serve},
    metrics::Metrics,
    telemetry,
};
use kube::Client;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() -> ExitCode {
    let config = Config::parse();
    telemetry::start(config.log_format);
    match run(config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(config: Config) -> Result<(), Box<dyn std::error::Error>> {
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        tracing::debug!("a crypto provider was installed already");
    }
    let stop = CancellationToken::new();
    tokio::spawn(stop_on_signal(stop.clone()));
    let (metrics, health) = (Metrics::new(), Health::default());
    // The admin server stops last, so that what happened while stopping can still be read.
    let admin_stop = CancellationToken::new();
    let admin = serve(config.admin_address, metrics.clone(), health.clone(), admin_stop.clone());
    let mut admin = tokio::spawn(admin);
    let client = client().await?;
    let controllers = controller::run(client, &config, metrics, health.clone(), stop.clone());
    let ended = tokio::select! {
        ended = controllers => ended.map_err(Into::into),
        // A process without its admin server would be restarted anyway, later and without a word.
        served = &mut admin => return Err(served?.err().map_or_else(|| "the admin server ended".into(), Into::into)),
    };
    health.set_ready(false);
    admin_stop.cancel();
    admin.await??;
    if ended.is_ok() && !stop.is_cancelled() {
        return Err("the controllers ended by themselves".into());
    }
    ended
}

/// The client, with a name that audit logs and flow schemas can tell.
async fn client() -> Result<Client, Box<dyn std::error::Error>> {
    let mut config = kube::Config::infer().await?;
    let name = concat!("classiclink-operator/", env!("CARGO_PKG_VERSION"));
    config.headers.push((http::header::USER_AGENT, http::HeaderValue::from_static(name)));
    Ok(Client::try_from(config)?)
}

/// The first signal stops in good order, the second at once.
async fn stop_on_signal(stop: CancellationToken) {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("signals cannot be heard; stop the process by killing it");
        return;
    };
    for _ in 0..2 {
        tokio::select! { _ = terminate.recv() => {} _ = interrupt.recv() => {} }
        if stop.is_cancelled() {
            std::process::exit(1);
        }
        tracing::info!("stopping");
        stop.cancel();
    }
}
