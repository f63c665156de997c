//! The ClassicLink operator: the link between a classic-network machine and a VPC, as a Kubernetes object.
//!
//! *Never cut a link by mistake, never lose one, never lie in the status.*
//!
//! # The story
//! A watch event names a [`api::ClassicLink`]. `controller::reconcile` turns specification and deletion stamp into a
//! [`link::Desired`], asks the [`cloud::broker::Broker`] of its account and region for a [`link::Sighting`] of the
//! machine and its link (the objects share their looks), and adds the [`link::Record`]: what was written into the status
//! earlier. [`link::decide()`], a plain function, returns a [`link::Decision`]: what to do, what becomes of the finalizer,
//! when to come back, what the broker shall do meanwhile. `controller::act` carries it out: it asks the broker for a
//! place, and asking returns at once. The place, when it comes, wakes the object, which decides again from its newest
//! version; if it still wants the same, the intent is written down, and the change handed over, to leave in a batch with
//! others. Answers wake the object too. [`link::report()`], a plain function again, computes the whole new status, which is
//! written only if it differs. Deleting is not a second program: it is the same decision with nothing wanted, and the
//! finalizer goes when nothing of ours is left.
//!
//! Four verbs, everywhere with these meanings: **observe · decide · act · report**.
//!
//! At rest nothing moves: the broker sweeps each account and region by list, compares with what each object was told
//! last, and wakes only those whose world changed.
//!
//! # The words
//! - *Desired*: what is wanted. *Sighting*: what was seen, with its proofs judged. *Record*: what was written down.
//! - *Decision*: what to do. *Change*: an attach or a detach. *Attempt*: one try of a change, named by the object's UID
//!   and the stamp of its intent. *Answer*: what came back for it. *Progress*: what the cloud says of its task.
//! - *Look*: reading the cloud. *Sweep*: the regular look at everything. *Trail*: what the looks of one machine showed.
//! - *Identity*: the cloud's own id of an account, or what stands in for it; *whose*: whether the keys in use are of the
//!   account that the records are of. *Keeper*: who fetches an account's keys and renews them. *Lease*: keys that end.
//! - *Broker*: who looks, batches and paces for one account and region. *Place*: leave to send a change. *Lane*: how
//!   urgent a call is. *Reason*: the one word in which anything is told. *Beat*: how soon a refused change is tried again.
//!
//! # Where things are
//! Imports go one way: [`api`] ← [`link`] ← [`cloud`] ← [`controller`] ← `main`. The truth table is in [`link`]; the
//! contract with a cloud in [`cloud::Provider`]; the order of effects in `controller::act`.
//!
//! # What survives a crash
//! Only the statuses. An intent is written, with the `resourceVersion` that the decision was made from, before the cloud
//! is asked: the write is the lock, and on a conflict nothing is sent. Everything the broker remembers may vanish at any
//! time; an unanswered intent is then settled by reading ([`link::settle()`]), which takes longer and loses nothing.

pub mod api;
pub mod clock;
pub mod cloud;
pub mod config;
pub mod controller;
pub mod health;
pub mod link;
pub mod metrics;
pub mod telemetry;
