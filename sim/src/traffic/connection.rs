//! Connections that can end without an answer.
//!
//! A handler that wants this puts a [`Cut`] into the extensions of its response: hyper then drops the connection
//! before a byte of an answer is written.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};

/// How a connection ends without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Cut {
    /// It is closed in order.
    #[error("closed without an answer")]
    Close,
    /// It is reset.
    #[error("reset without an answer")]
    Reset,
}

/// How long to wait after a connection could not be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Accepts connections for ever.
pub async fn serve(listener: TcpListener, router: Router) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(converse(stream, router.clone()))),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                // Out of file handles, most likely: trying again at once would only burn the processor.
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

type Answer = Pin<Box<dyn Future<Output = Result<Response<Body>, Cut>> + Send>>;

async fn converse(stream: TcpStream, router: Router) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::warn!(%error, "answers on a connection may be late");
    }
    let service = service_fn(move |request| answer(router.clone(), request));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let Err(error) = poll_fn(|context| connection.poll_without_shutdown(context)).await else { return };
    let cut = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<Cut>());
    if cut == Some(&Cut::Reset)
        && let Err(error) = connection.into_parts().io.into_inner().set_zero_linger()
    {
        tracing::warn!(%error, "a connection is closed instead of reset");
    }
}

fn answer(router: Router, request: Request<Incoming>) -> Answer {
    Box::pin(async move {
        let response = match TowerToHyperService::new(router).call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        response.extensions().get::<Cut>().copied().map_or(Ok(response), Err)
    })
}
