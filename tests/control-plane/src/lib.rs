//! A real Kubernetes control plane for one test binary: etcd, the API server and the
//! controller manager on loopback, started by the `control-plane` program and ended with
//! the process that asked for it. And the real kstatus: [`judge`].
//!
//! This library only holds the other end of that program's standard input. It must never
//! start a server itself: a test that is killed runs no destructor, and only the closing of
//! a pipe is certain to be seen.
//!
//! ```no_run
//! let plane = control_plane::ControlPlane::start()?;
//! println!("{}", plane.kubeconfig().display());
//! # Ok::<(), control_plane::Error>(())
//! ```

mod handle;
mod kstatus;
mod locate;
mod ready;

pub use handle::{ControlPlane, Error};
pub use kstatus::{Judgement, Kstatus, judge};
pub use ready::{Ready, ServeLine};
