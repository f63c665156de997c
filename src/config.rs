//! The command line; each flag is an environment variable too.

use std::net::SocketAddr;

use clap::{Parser, ValueEnum};

/// Links classic-network machines and VPCs, as `ClassicLink` objects say.
#[derive(Clone, Debug, Parser)]
#[command(version)]
pub struct Config {
    /// The operator's own namespace: Secrets with keys are read there and nowhere else.
    #[arg(long, env = "CLASSICLINK_NAMESPACE", default_value = "classiclink-system")]
    pub namespace: String,
    /// How logs are written.
    #[arg(long, env = "CLASSICLINK_LOG_FORMAT", value_enum, default_value_t = LogFormat::Json)]
    pub log_format: LogFormat,
    /// Where health and metrics are served; port 0 takes a free one and logs it.
    #[arg(long, env = "CLASSICLINK_ADMIN_ADDRESS", default_value = "0.0.0.0:8080")]
    pub admin_address: SocketAddr,
    /// Allows accounts whose endpoints are plain http.
    #[arg(long, env = "CLASSICLINK_ALLOW_INSECURE_ENDPOINTS")]
    pub allow_insecure_endpoints: bool,
    /// Divides every interval of the product, for tests; accounts then have to have their endpoints on loopback.
    #[arg(long, env = "CLASSICLINK_TIME_SCALE", default_value_t = 1.0, value_parser = time_scale)]
    pub time_scale: f64,
}

/// How logs are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum LogFormat {
    /// A JSON object a line.
    Json,
    /// For people.
    Pretty,
}

fn time_scale(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(scale) if (1.0..=10_000.0).contains(&scale) => Ok(scale),
        Ok(_) | Err(_) => Err("write a number from 1 to 10000".to_owned()),
    }
}
