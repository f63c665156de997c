//! Alibaba's API of the simulator, driven over HTTP by signers of the tests' own.

#[cfg(test)]
mod admission;
#[cfg(test)]
mod events;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod links;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod shapes;
#[cfg(test)]
mod sts;
#[cfg(test)]
mod vpcs;
