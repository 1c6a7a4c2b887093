//! Timers that traffic can postpone for free.
//!
//! A busy peer moves its deadline with every message; a heap that followed each move would cost
//! more than the message. So the truth is in the owner's [`Alarm`], and the heap only promises:
//! *an entry exists at or before every deadline*. An entry that comes up early is put back at the
//! true time; one that belongs to a slot since reused rings nobody, because the owner asks its own
//! alarm.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

const NEVER: u64 = u64::MAX;

/// One owner's deadline, in [`Now::ticks_ms`](crate::task::Now).
#[derive(Debug, Clone, Copy)]
pub struct Alarm {
    at_ms: u64,
    /// When the earliest heap entry comes up that stands for this alarm; never after `at_ms`.
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

/// The heap of all owners' entries, keyed by the owner's slot.
#[derive(Debug, Default)]
pub struct Deadlines {
    heap: BinaryHeap<Reverse<(u64, u32)>>,
}

/// An entry that has come up; only [`Deadlines::rings`] can tell whether it still means something.
#[derive(Debug, Clone, Copy)]
pub struct Due {
    /// The owner's slot.
    pub key: u32,
    armed_ms: u64,
}

impl Deadlines {
    /// Sets `alarm` of the owner in slot `key` to `at_ms`; postponing touches no heap.
    pub fn set(&mut self, alarm: &mut Alarm, key: u32, at_ms: u64) {
        alarm.at_ms = at_ms;
        if at_ms < alarm.armed_ms {
            alarm.armed_ms = at_ms;
            self.heap.push(Reverse((at_ms, key)));
        }
    }

    /// Silences `alarm`; its entry runs out unheard.
    pub fn clear(&mut self, alarm: &mut Alarm) {
        alarm.at_ms = NEVER;
    }

    /// The earliest entry not after `now_ms`, taken out.
    pub fn due(&mut self, now_ms: u64) -> Option<Due> {
        let &Reverse((armed_ms, key)) = self.heap.peek()?;
        if armed_ms > now_ms {
            return None;
        }
        self.heap.pop();
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
        self.heap.peek().map(|&Reverse((at_ms, _))| at_ms)
    }
}
