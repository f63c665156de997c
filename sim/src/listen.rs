//! Listening, on loopback alone.

use std::net::SocketAddr;

use tokio::net::TcpListener;

/// Why an address is not listened on.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The control API asks nobody for a password, and keys in seeds are no secrets.
    #[error("{0} is not a loopback address: the simulator listens on loopback alone")]
    NotLoopback(SocketAddr),
    /// The address is taken or not there.
    #[error("cannot listen on {address}: {cause}")]
    Io {
        /// The address.
        address: SocketAddr,
        /// Why not.
        cause: std::io::Error,
    },
}

/// A listener with its address.
#[derive(Debug)]
pub struct Listening {
    /// The listener.
    pub listener: TcpListener,
    address: SocketAddr,
}

impl Listening {
    /// The address as clients write it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// Listens on an address of loopback.
pub async fn on_loopback(address: SocketAddr) -> Result<Listening, Refused> {
    if !address.ip().is_loopback() {
        return Err(Refused::NotLoopback(address));
    }
    let failed = |cause| Refused::Io { address, cause };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok(Listening { listener, address })
}
