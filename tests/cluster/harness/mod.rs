//! What the cluster tests share: stages, worlds on them, and ways to wait for what shall happen there.

pub(crate) mod audit;
mod calls;
pub(crate) mod cloud;
mod http;
mod machines;
pub(crate) mod operator;
mod process;
pub(crate) mod read;
mod recording;
pub(crate) mod stage;
pub(crate) mod tokens;
mod until;
pub(crate) mod wait;
mod world;

use std::sync::LazyLock;

use tokio::runtime::Runtime;

pub(crate) use recording::Recording;
pub(crate) use world::World;

/// One for all tests: a client belongs to the runtime that it was made in, and the stage is shared.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// Runs a test to its end, on its own thread.
pub(crate) fn story<T>(told: impl Future<Output = T>) -> T {
    RUNTIME.block_on(told)
}
