//! What the relays have heard, until it is read for progress.
//!
//! What it means is understood a moment later anyway (see [`frame`](crate::scrape::frame)), so
//! nobody has to be woken for each write of the command. The first bytes after a silence ring; from
//! then on the reader looks by itself until there is nothing.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::portion::{Heard, Portion};
use crate::scrape::Stream;
use crate::scrape::frame::MOMENT_MS;

/// Whether the reader has to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bell {
    Ring,
    Silent,
}

/// The one place, for both streams.
pub(super) struct Overheard {
    began: Instant,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    out: Portion,
    err: Portion,
    /// The reader will look without being told.
    is_watched: bool,
}

/// What a look has found.
pub(super) struct Look {
    /// In the order in which it came.
    pub(super) heard: Vec<(Stream, Heard)>,
    /// The time: whatever follows comes no earlier.
    pub(super) now_ms: u64,
    /// When to look again without being told.
    pub(super) next_ms: Option<u64>,
}

impl Overheard {
    pub(super) fn new() -> Overheard {
        Overheard {
            began: Instant::now(),
            kept: Mutex::default(),
        }
    }

    /// Keeps what a stream brought just now.
    pub(super) fn put(&self, stream: Stream, bytes: &[u8]) -> Bell {
        let mut kept = self.lock();
        let now_ms = self.now_ms();
        match stream {
            Stream::Out => kept.out.put(bytes, now_ms),
            Stream::Err => kept.err.put(bytes, now_ms),
        }
        match std::mem::replace(&mut kept.is_watched, true) {
            true => Bell::Silent,
            false => Bell::Ring,
        }
    }

    /// What is to be read now.
    pub(super) fn take(&self) -> Look {
        let mut kept = self.lock();
        let now_ms = self.now_ms();
        let heard = kept.take(now_ms);
        let soon_ms = (!heard.is_empty()).then_some(now_ms + MOMENT_MS);
        let due_ms = [kept.out.due_ms(), kept.err.due_ms(), soon_ms];
        let next_ms = due_ms.into_iter().flatten().min();
        kept.is_watched = next_ms.is_some();
        Look {
            heard,
            now_ms,
            next_ms,
        }
    }

    /// What is left at the end.
    pub(super) fn take_rest(&self) -> Vec<(Stream, Heard)> {
        self.lock().take(u64::MAX)
    }

    /// When it is `ms` by the clock of all this.
    pub(super) fn at(&self, ms: u64) -> Instant {
        self.began + Duration::from_millis(ms)
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Bytes that wait are whole, whoever panics.
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn take(&mut self, now_ms: u64) -> Vec<(Stream, Heard)> {
        let out = self.out.take(now_ms).into_iter();
        let err = self.err.take(now_ms).into_iter();
        let out = out.map(|heard| (Stream::Out, heard));
        let mut all: Vec<_> = out.chain(err.map(|heard| (Stream::Err, heard))).collect();
        // Within a millisecond nobody can say: they were read by two threads.
        all.sort_by_key(|(_, heard)| heard.at_ms);
        all
    }
}
