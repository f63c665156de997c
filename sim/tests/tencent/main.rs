//! The simulator as a process, driven over HTTP by signers of the tests' own.

#[cfg(test)]
mod harness;
#[cfg(test)]
mod metadata;
#[cfg(test)]
mod process;
#[cfg(test)]
mod v2;
#[cfg(test)]
mod v3;
