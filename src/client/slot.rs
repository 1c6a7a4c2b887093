//! What a worker still has to tell: one slot, never a queue.
//!
//! Progress is state, not a log. Between two sends any number of patches may come; they are merged,
//! and what goes out is the newest of each field. So a slow network, or a daemon that is away for
//! an hour, costs the worker no memory and the watchers nothing they would want to see.

use std::time::{Duration, Instant};

use serde_json::{Map, Value};

/// The shortest time between two sends: ten a second are more than an eye can follow.
const PACE: Duration = Duration::from_millis(100);

/// The merged state of one task, and the part of it that is unsent.
///
/// Both are flat: the newest value of a field replaces the older one. In `unsent` a `null` stands
/// for "delete this" (RFC 7396); in `state` such a field is missing.
#[derive(Debug, Default)]
pub struct Slot {
    state: Map<String, Value>,
    unsent: Map<String, Value>,
    /// When the last send was.
    last: Option<Instant>,
}

impl Slot {
    /// Takes in what is new.
    pub fn put(&mut self, patch: Map<String, Value>) {
        for (name, value) in patch {
            match &value {
                Value::Null => drop(self.state.remove(&name)),
                value => drop(self.state.insert(name.clone(), value.clone())),
            }
            self.unsent.insert(name, value);
        }
        if self.is_terminal()
            && self
                .state
                .get("cancel")
                .is_none_or(|cancel| cancel != "refused")
        {
            // The daemon forgets the wish to cancel with the end of the task; telling it again
            // would be a change, which an ended task refuses.
            self.state.remove("cancel");
            self.unsent.remove("cancel");
        }
    }

    /// When [`Slot::take`] will give something; `None` while there is nothing to send. The answer
    /// to a cancel does not wait: somebody does.
    pub fn due(&self, now: Instant) -> Option<Instant> {
        let is_answer = self.unsent.contains_key("cancel");
        let free = self
            .last
            .filter(|_| !is_answer)
            .map_or(now, |last| last + PACE);
        (!self.unsent.is_empty()).then_some(free)
    }

    /// What to send now: everything unsent, in one patch.
    pub fn take(&mut self, now: Instant) -> Option<Map<String, Value>> {
        self.due(now)
            .filter(|&due| due <= now)
            .and_then(|_| self.take_early(now))
    }

    /// [`Slot::take`] without regard to the pace: for the last word.
    pub fn take_early(&mut self, now: Instant) -> Option<Map<String, Value>> {
        if self.unsent.is_empty() {
            return None;
        }
        self.last = Some(now);
        Some(std::mem::take(&mut self.unsent))
    }

    /// Marks everything unsent: a daemon just connected to may have been started a moment ago.
    pub fn owe_all(&mut self) {
        self.unsent.clone_from(&self.state);
        self.last = None;
    }

    fn is_terminal(&self) -> bool {
        let status = self.state.get("status").and_then(Value::as_str);
        matches!(
            status,
            Some("completed" | "failed" | "cancelled" | "canceled")
        )
    }
}
