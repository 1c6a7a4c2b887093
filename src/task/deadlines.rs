//! Timers that traffic can postpone for free.
//!
//! A busy peer moves its deadline with every message; a queue that followed each move would cost
//! more than the message. So the truth is in the owner's [`Alarm`], and the queue only promises:
//! *an entry exists at or before every deadline*. An entry that comes up early is put back at the
//! true time; one that belongs to a slot since reused rings nobody, because the owner asks its own
//! alarm.
//!
//! An owner has at most one entry. In a heap, an entry that an earlier one has made idle could not
//! be taken out: a task whose deadline wanders between seconds and the day it is kept for would
//! leave one behind each time, for a day. An ordered set gives it back.

use std::collections::BTreeSet;

const NEVER: u64 = u64::MAX;

/// One owner's deadline, in [`Now::ticks_ms`](crate::task::Now).
#[derive(Debug, Clone, Copy)]
pub struct Alarm {
    at_ms: u64,
    /// When the entry that stands for this alarm comes up; never after `at_ms`.
    armed_ms: u64,
}

impl Default for Alarm {
    fn default() -> Alarm {
        Alarm {
            at_ms: NEVER,
            armed_ms: NEVER,
        }
    }
}

/// All owners' entries.
#[derive(Debug, Default)]
pub struct Deadlines {
    entries: BTreeSet<Entry>,
}

/// When, and the owner's slot. The time is in two halves, the higher first, because a whole one has
/// to lie at a multiple of eight bytes and would leave four unused behind the slot; and each idle
/// peer has an entry, in leaves that are half full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    at_ms_high: u32,
    at_ms_low: u32,
    key: u32,
}

const _: () = assert!(size_of::<Entry>() == 12);

impl Entry {
    fn new(at_ms: u64, key: u32) -> Entry {
        Entry {
            at_ms_high: (at_ms >> 32) as u32,
            at_ms_low: at_ms as u32,
            key,
        }
    }

    fn at_ms(self) -> u64 {
        u64::from(self.at_ms_high) << 32 | u64::from(self.at_ms_low)
    }
}

/// An entry that has come up; only [`Deadlines::rings`] can tell whether it still means something.
#[derive(Debug, Clone, Copy)]
pub struct Due {
    /// The owner's slot.
    pub key: u32,
    armed_ms: u64,
}

impl Deadlines {
    /// Sets `alarm` of the owner in slot `key` to `at_ms`; postponing moves no entry.
    pub fn set(&mut self, alarm: &mut Alarm, key: u32, at_ms: u64) {
        alarm.at_ms = at_ms;
        if at_ms < alarm.armed_ms {
            self.entries.remove(&Entry::new(alarm.armed_ms, key));
            self.entries.insert(Entry::new(at_ms, key));
            alarm.armed_ms = at_ms;
        }
    }

    /// Silences `alarm` of the owner in slot `key`, and leaves no entry of it.
    pub fn clear(&mut self, alarm: &mut Alarm, key: u32) {
        self.entries.remove(&Entry::new(alarm.armed_ms, key));
        *alarm = Alarm::default();
    }

    /// The earliest entry not after `now_ms`, taken out.
    pub fn due(&mut self, now_ms: u64) -> Option<Due> {
        let entry = *self.entries.first()?;
        let (armed_ms, key) = (entry.at_ms(), entry.key);
        if armed_ms > now_ms {
            return None;
        }
        self.entries.pop_first();
        Some(Due { key, armed_ms })
    }

    /// Whether the owner's deadline has come; if it was postponed, the entry is put back.
    pub fn rings(&mut self, due: Due, alarm: &mut Alarm, now_ms: u64) -> bool {
        if due.armed_ms != alarm.armed_ms {
            return false;
        }
        alarm.armed_ms = NEVER;
        if alarm.at_ms <= now_ms {
            alarm.at_ms = NEVER;
            return true;
        }
        if alarm.at_ms != NEVER {
            self.set(alarm, due.key, alarm.at_ms);
        }
        false
    }

    /// When the next entry comes up: how long the reactor may sleep.
    pub fn next_ms(&self) -> Option<u64> {
        self.entries.first().map(|entry| entry.at_ms())
    }
}
