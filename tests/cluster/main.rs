//! The operator as its users have it: a process on a real Kubernetes API server, before a cloud that is simulated.
//!
//! Each test waits for what it tells of, and sleeps for none of it. Two control planes serve the whole run: see
//! `harness/stage.rs`.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a helper of tests fails the test")]
#![expect(clippy::disallowed_methods, reason = "the processes that are tested live in real time")]

mod accounts;
mod alibaba;
mod calm;
mod claims;
mod conflicts;
mod credentials;
mod faults;
mod guards;
mod harness;
mod identity;
mod in_doubt;
mod kills;
mod life;
mod looks;
mod mended;
mod policies;
mod refused;
mod rest;
mod secrets;
mod switches;
mod turns;
mod unread;
