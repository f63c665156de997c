//! Our statuses before the real judge: what kstatus, by which Flux and others wait, makes of each state that the API's
//! table tells, and what `kubectl wait` does with them on a real API server.
//!
//! No status here is written by hand. A [`scene::Scene`] lets time pass over one object, as the controller does: what is
//! wanted and what was seen are decided on and reported by the crate itself, each time from the status that the last
//! report left. The first is the one that the definition gives a new object.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper of tests fails the test")]
#![expect(clippy::disallowed_methods, reason = "the control plane that is waited for lives in real time")]

mod plane;
mod scene;
mod scenes;
mod state;
mod table;
mod wait;
