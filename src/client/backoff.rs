//! How long to wait before trying again.

use std::time::Duration;

use super::entropy::random_u64;

const FIRST_MS: u64 = 200;
const LAST_MS: u64 = 5_000;

/// Pauses that double from 0.2 s up to 5 s.
///
/// Each is shortened by a random part of up to one half: a daemon that comes back must not find
/// all its workers at the door in the same instant.
#[derive(Debug)]
pub struct Backoff {
    next_ms: u64,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { next_ms: FIRST_MS }
    }
}

impl Backoff {
    /// The next pause.
    pub fn pause(&mut self) -> Duration {
        let longest = self.next_ms;
        self.next_ms = (longest * 2).min(LAST_MS);
        Duration::from_millis(longest - random_u64() % (longest / 2))
    }

    /// Starts over, after a success.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}
