//! The admin server: is the process alive, is it ready, what does it count.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Router, extract::State, http::StatusCode, http::header::CONTENT_TYPE, response::IntoResponse, routing::get,
};
use tokio::{net::TcpListener, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{clock, metrics::Metrics};

/// Without a beat for so long the process is taken for dead: nothing that a beat asks for is ever held for a second.
const LOST: Duration = Duration::from_mins(1);

/// What the operator shows of itself.
#[derive(Clone, Debug, Default)]
pub struct Health(Arc<Signs>);

#[derive(Debug, Default)]
struct Signs {
    /// It has seen everything it must have seen before it acts.
    ready: AtomicBool,
    /// When it last showed that it could decide.
    beaten: Mutex<Option<Instant>>,
}

impl Health {
    /// Says whether it is ready.
    pub fn set_ready(&self, ready: bool) {
        self.0.ready.store(ready, Ordering::Relaxed);
    }

    /// Says that what every decision needs can be had. From the first time on this is awaited again and again.
    pub fn beat(&self) {
        *self.beaten() = Some(clock::instant());
    }

    fn is_alive(&self) -> bool {
        self.beaten().is_none_or(|beaten| clock::instant() - beaten < LOST)
    }

    fn beaten(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.beaten.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves `/livez`, `/readyz` and `/metrics` until `stop` is cancelled.
///
/// # Errors
/// The address cannot be listened on.
pub async fn serve(
    address: SocketAddr,
    metrics: Metrics,
    health: Health,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    tracing::info!(address = %listener.local_addr()?, "admin server listening");
    let router = Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/metrics", get(text))
        .with_state((metrics, health));
    axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await
}

async fn livez(State((_, health)): State<(Metrics, Health)>) -> (StatusCode, &'static str) {
    if health.is_alive() {
        (StatusCode::OK, "ok")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "nothing can be decided any more: a lock is never had")
    }
}

async fn readyz(State((_, health)): State<(Metrics, Health)>) -> (StatusCode, &'static str) {
    if health.0.ready.load(Ordering::Relaxed) {
        (StatusCode::OK, "ok")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not everything is listed yet")
    }
}

async fn text(State((metrics, _)): State<(Metrics, Health)>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], metrics.text())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn told(health: &Health) -> StatusCode {
        livez(State((Metrics::new(), health.clone()))).await.0
    }

    #[tokio::test(start_paused = true)]
    async fn a_process_whose_pulse_stops_is_not_alive_and_one_that_has_not_begun_is() {
        let health = Health::default();
        clock::sleep(LOST * 2).await;
        assert_eq!(told(&health).await, StatusCode::OK, "listing may take its time");
        health.beat();
        clock::sleep(LOST / 2).await;
        assert_eq!(told(&health).await, StatusCode::OK);
        clock::sleep(LOST / 2).await;
        assert_eq!(told(&health).await, StatusCode::SERVICE_UNAVAILABLE);
        health.beat();
        assert_eq!(told(&health).await, StatusCode::OK);
    }
}
