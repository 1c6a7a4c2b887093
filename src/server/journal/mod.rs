//! What an operator wants to read, as far as it is known without a system call.
//!
//! The broker and the reactor note [`Event`]s; at the end of a turn the reactor takes the
//! [`Entry`]s and writes them as lines. Peers cause most events, so a peer must not be able to
//! fill a disk: of each [`Kind`], [`LINES_PER_SECOND`] get through in a second, and the rest is
//! told as a number when the second is over. That also bounds what is kept here.

pub mod event;
pub mod line;

use std::mem;

use crate::server::journal::event::{Event, Kind};
use crate::task::Now;

/// How many entries of one kind are kept in one second.
pub const LINES_PER_SECOND: u32 = 10;

/// The length of that second, in milliseconds.
const WINDOW_MS: u64 = 1000;

/// How much an operator wants to read; each level includes those above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing.
    Off,
    /// What ends the daemon.
    Error,
    /// What somebody should look at.
    Warn,
    /// What happens to tasks, and who was turned away.
    Info,
    /// What peers do wrong, too.
    Debug,
}

impl Level {
    /// All of them.
    pub const ALL: [Level; 5] = [
        Level::Off,
        Level::Error,
        Level::Warn,
        Level::Info,
        Level::Debug,
    ];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Level::Off => "off",
            Level::Error => "error",
            Level::Warn => "warn",
            Level::Info => "info",
            Level::Debug => "debug",
        }
    }
}

/// Something to be written as one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When it was noted, in milliseconds since the Unix epoch.
    pub unix_ms: u64,
    /// What it tells.
    pub news: News,
}

/// What an entry tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// That something happened.
    Happened(Event),
    /// That something happened more often than was written.
    LeftOut {
        /// What.
        kind: Kind,
        /// How many times more.
        count: u64,
    },
}

/// How much of one kind was noted in the present second.
#[derive(Debug, Clone, Copy, Default)]
struct Quota {
    opened_ms: u64,
    kept: u32,
    left_out: u64,
}

/// Entries on their way to a line.
#[derive(Debug)]
pub struct Journal {
    level: Level,
    quotas: [Quota; Kind::ALL.len()],
    entries: Vec<Entry>,
}

impl Journal {
    /// An empty journal that keeps what `level` includes.
    pub fn new(level: Level) -> Journal {
        Journal {
            level,
            quotas: Default::default(),
            entries: Vec::new(),
        }
    }

    /// Notes `event`, if it is wanted and there were not too many like it.
    pub fn note(&mut self, event: Event, now: Now) {
        let kind = event.kind();
        if kind.level() > self.level {
            return;
        }
        self.close_window(kind, now);
        let quota = &mut self.quotas[kind as usize];
        if quota.kept == 0 {
            quota.opened_ms = now.ticks_ms;
        }
        if quota.kept < LINES_PER_SECOND {
            quota.kept += 1;
            self.push(News::Happened(event), now);
        } else {
            quota.left_out += 1;
        }
    }

    /// Takes what was noted, and the numbers of what was left out in seconds that are over.
    pub fn take(&mut self, now: Now) -> Vec<Entry> {
        for kind in Kind::ALL {
            self.close_window(kind, now);
        }
        mem::take(&mut self.entries)
    }

    /// When [`take`](Self::take) has a number to tell, in ticks.
    pub fn next_tick_ms(&self) -> Option<u64> {
        let due = |quota: &Quota| (quota.left_out > 0).then_some(quota.opened_ms + WINDOW_MS);
        self.quotas.iter().filter_map(due).min()
    }

    fn close_window(&mut self, kind: Kind, now: Now) {
        let quota = &mut self.quotas[kind as usize];
        if now.ticks_ms < quota.opened_ms + WINDOW_MS {
            return;
        }
        let count = mem::take(quota).left_out;
        if count > 0 {
            self.push(News::LeftOut { kind, count }, now);
        }
    }

    fn push(&mut self, news: News, now: Now) {
        let unix_ms = now.unix_ms;
        self.entries.push(Entry { unix_ms, news });
    }
}
