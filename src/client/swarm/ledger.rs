//! What watching has cost those who watch, and how late they knew.

use std::time::Instant;

use super::Spread;

/// The books of all who watch one task in one way.
#[derive(Debug, Default)]
pub struct Ledger {
    /// Watchers that have their first state.
    pub ready: usize,
    /// Requests sent.
    pub requests: u64,
    /// Bytes sent, heads included.
    pub sent: u64,
    /// Bytes received, heads included.
    pub received: u64,
    /// Messages with a state that was new to the watcher.
    pub news: u64,
    /// Messages that told a watcher what it knew, or nothing.
    pub empty: u64,
    /// What keeps a connection alive and is no message: pings, comments.
    pub heartbeats: u64,
    /// From each publish to each watcher's knowing of it or of a later one.
    pub staleness: Spread,
    /// Watchers that have seen the last step.
    pub finished: usize,
    /// When each step was published; the first is step 1.
    published: Vec<Instant>,
    /// The step with which the task ends.
    last: Option<u64>,
}

impl Ledger {
    /// The next step is being published now.
    pub fn publish(&mut self) {
        self.published.push(Instant::now());
    }

    /// The step that is being published is the last: its state must be a completed one.
    pub fn publish_last(&mut self) {
        self.publish();
        self.last = Some(self.published.len() as u64);
    }

    /// Whether `step` ends the task.
    pub(super) fn is_last(&self, step: u64) -> bool {
        self.last == Some(step)
    }

    /// A watcher that had come to `before` was told of `step`, and so of all that is between them.
    pub(super) fn note(&mut self, before: u64, step: u64) {
        self.news += 1;
        let now = Instant::now();
        let steps = before as usize..(step as usize).min(self.published.len());
        for published in self.published.get(steps).unwrap_or_default() {
            self.staleness.add(now.duration_since(*published));
        }
        if before < step && self.is_last(step) {
            self.finished += 1;
        }
    }
}
