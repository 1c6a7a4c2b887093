//! Time as an argument.
//!
//! Nothing below the reactor reads a clock. Once per turn the reactor reads both of them and hands
//! the pair down, so that a whole day of leases and retention is a test of a few microseconds.

/// One reading of both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds since the daemon started; never goes back. For every duration.
    pub ticks_ms: u64,
    /// Milliseconds since the Unix epoch; an administrator may set it back. Only for what people
    /// read (`updated_at`, the `Date` field) and for a task's first `rev`.
    pub unix_ms: u64,
}

impl Now {
    /// The same reading, `ms` later.
    #[must_use]
    pub fn plus_ms(self, ms: u64) -> Now {
        Now {
            ticks_ms: self.ticks_ms + ms,
            unix_ms: self.unix_ms + ms,
        }
    }
}
