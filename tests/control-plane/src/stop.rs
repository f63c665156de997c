//! Requests to stop: a signal, and for `serve` the end of its standard input.

use std::io::{self, Read};
use std::thread;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use crate::fault::Fault;

#[derive(Debug)]
pub(crate) struct Stop {
    signals: [Signal; 3],
    input: mpsc::Receiver<()>,
    /// Keeps `input` open where the standard input is somebody else's.
    _held: Option<mpsc::Sender<()>>,
}

impl Stop {
    /// Listens for signals alone.
    pub(crate) fn on_signal() -> Result<Self, Fault> {
        let (sender, input) = mpsc::channel(1);
        Ok(Self { signals: signals()?, input, _held: Some(sender) })
    }

    /// Listens for signals and for the end of the standard input.
    pub(crate) fn on_signal_or_end_of_input() -> Result<Self, Fault> {
        let (sender, input) = mpsc::channel(1);
        // A thread, because a blocked read cannot be cancelled; it ends with the process.
        thread::spawn(move || {
            let _sender = sender;
            let mut ignored = [0; 256];
            while matches!(io::stdin().read(&mut ignored), Ok(read) if read > 0) {}
        });
        Ok(Self { signals: signals()?, input, _held: None })
    }

    /// Returns when a stop is requested.
    pub(crate) async fn requested(&mut self) {
        let [terminate, interrupt, hang_up] = &mut self.signals;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = hang_up.recv() => {}
            _ = self.input.recv() => {}
        }
    }

    /// Does `work`, unless a stop is requested first.
    pub(crate) async fn unless<T>(&mut self, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        tokio::select! {
            outcome = work => outcome,
            () = self.requested() => Err(Fault::Stopped),
        }
    }
}

fn signals() -> Result<[Signal; 3], Fault> {
    let listen = |kind| signal(kind).map_err(Fault::io("listen for signals"));
    Ok([listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?, listen(SignalKind::hangup())?])
}
