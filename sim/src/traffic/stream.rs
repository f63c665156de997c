//! Answers that come in a way that no answer should: without an end, or a byte at a time.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Bytes;
use hyper::body::{Body, Frame};
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::clock::Millis;

/// What a flood is made of: inside a text, so that it is no mistake yet.
const BEGINNING: &[u8] = b"{\"flood\":\"";
const PIECE: &[u8] = &[b'x'; 1 << 16];

/// So many bytes, or an endless number of them.
#[derive(Debug)]
pub(super) struct Flood {
    left: Option<u64>,
    has_begun: bool,
}

impl Flood {
    pub(super) fn of(bytes: Option<u64>) -> Self {
        Self { left: bytes, has_begun: false }
    }
}

impl Body for Flood {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let whole = if self.has_begun { PIECE } else { BEGINNING };
        self.has_begun = true;
        let most = self.left.and_then(|left| usize::try_from(left).ok()).unwrap_or(usize::MAX);
        let piece = whole.get(..most).unwrap_or(whole);
        if let Some(left) = &mut self.left {
            *left = left.saturating_sub(piece.len().try_into().unwrap_or(u64::MAX));
        }
        let frame = (!piece.is_empty()).then(|| Ok(Frame::data(Bytes::from_static(piece))));
        Poll::Ready(frame)
    }
}

/// A text that comes a byte at a time.
#[derive(Debug)]
pub(super) struct Drip {
    rest: Bytes,
    beat: Interval,
}

impl Drip {
    /// The pause between two bytes is a millisecond at least.
    pub(super) fn of(text: String, pause: Millis) -> Self {
        let mut beat = interval(Duration::from_millis(pause.max(1)));
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { rest: text.into(), beat }
    }
}

impl Body for Drip {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        ready!(self.beat.poll_tick(context));
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(1)))))
    }
}
