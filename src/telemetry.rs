//! Logs: one line for what happened, fields rather than prose.

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::config::LogFormat;

/// What is logged unless `RUST_LOG` says otherwise. The runtime opens a span for each reconcile at info and the client
/// logs repeated requests as errors: both are noise here.
const DEFAULT: &str = "info,kube_runtime=warn,kube_client=warn,h2=warn,hyper_util=warn,reqwest=warn";

/// Starts logging to standard error. A second start is ignored.
pub fn start(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    let registry = tracing_subscriber::registry().with(filter);
    let started = match format {
        LogFormat::Json => {
            registry.with(fmt::layer().json().flatten_event(true).with_writer(std::io::stderr)).try_init()
        }
        LogFormat::Pretty => registry.with(fmt::layer().with_writer(std::io::stderr)).try_init(),
    };
    drop(started);
}
