//! What can go wrong in the program `control-plane`, in words for its user.

use std::error::Error;
use std::io;
use std::process::ExitStatus;
use std::time::Duration;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error("no directory for the cache: set CLASSICLINK_CACHE, XDG_CACHE_HOME or HOME")]
    NoCache,
    #[error("could not {doing}")]
    Io {
        doing: String,
        #[source]
        source: io::Error,
    },
    #[error("another build holds {path} for more than {} s", bound.as_secs())]
    Locked { path: String, bound: Duration },
    #[error("go build of {program} failed ({status}):\n{tail}")]
    Build { program: &'static str, status: ExitStatus, tail: String },
    #[error("go build of {program} took more than {} s:\n{tail}", bound.as_secs())]
    BuildLate { program: &'static str, bound: Duration, tail: String },
    #[error("could not make a key")]
    Key(#[source] rcgen::Error),
    #[error("could not get random bytes")]
    Random(#[source] getrandom::Error),
    #[error("{program} ended ({status}); the end of its log:\n{tail}")]
    Ended { program: &'static str, status: ExitStatus, tail: String },
    #[error("{program}: {what} did not hold within {} s; the end of its log:\n{tail}", bound.as_secs())]
    NotReady { program: &'static str, what: &'static str, bound: Duration, tail: String },
    #[error("stopped before it was ready")]
    Stopped,
    #[error("the process that asked for this program is gone")]
    Orphaned,
}

impl Fault {
    /// For `map_err`: names the deed that failed.
    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Io { doing, source }
    }

    /// Between the choice of a free port and its use, another process may have taken it.
    pub(crate) fn is_taken_port(&self) -> bool {
        matches!(self, Self::Ended { tail, .. } if tail.contains("address already in use"))
    }

    /// The whole chain in one text.
    pub(crate) fn told(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(tail: &str) -> Fault {
        Fault::Ended { program: "etcd", status: ExitStatus::default(), tail: tail.to_owned() }
    }

    #[test]
    fn only_a_program_that_found_its_port_taken_is_worth_a_second_start() {
        assert!(ended("listen tcp 127.0.0.1:1: bind: address already in use").is_taken_port());
        assert!(!ended("permission denied").is_taken_port());
        assert!(!Fault::Stopped.is_taken_port());
    }

    #[test]
    fn a_fault_is_told_with_its_cause() {
        let fault = Fault::io("read x")(io::Error::other("disk"));

        assert_eq!(fault.told(), "could not read x: disk");
    }
}
