//! The daemon's own numbers, for Prometheus.
//!
//! There are two kinds, kept apart. *Counters* only rise: they are fields of [`Metrics`], and one
//! thread adds to them, so that they are plain integers. *Gauges* say how it is now: nobody keeps
//! them, they are counted when somebody asks ([`Census`], by the broker) or read from the kernel
//! then ([`Vitals`], by the reactor). A gauge that is counted afresh cannot drift from what it
//! measures, and a message costs no more than the increment of a counter.
//!
//! No label has a peer's words as its value, and no task has a series of its own: the number of
//! series is decided here and not by who connects.

pub mod exposition;
pub mod histogram;
pub mod label;
pub mod table;

use std::collections::BTreeMap;

use crate::server::limits::Limit;
use crate::server::metrics::histogram::Histogram;
use crate::server::metrics::label::{By, CancelOutcome, Class, StatusClass, TaskEvent};
use crate::session::report::{Method, Reply, Transport};
use crate::task::record::Effect;

/// What has happened since the start.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metrics {
    /// Connections that were accepted.
    pub accepted: u64,
    /// Bytes read from peers, by what they spoke at the time.
    pub received_bytes: By<Transport, 3>,
    /// Bytes that the kernel took for peers.
    pub sent_bytes: By<Transport, 3>,
    /// HTTP requests that were answered.
    pub requests: By<Method, 7, By<StatusClass, 5>>,
    /// Publishes that were granted, by what they did.
    pub publishes: By<Effect, 3>,
    /// States put into outboxes as news.
    pub updates_sent: By<Transport, 3>,
    /// Steps on the way from a watcher's wish to the end of a task.
    pub cancels: By<CancelOutcome, 4>,
    /// Turns in the life of tasks.
    pub task_events: By<TaskEvent, 6>,
    /// What was not granted, by its code. Codes are words of this program, some thirty.
    pub refused: BTreeMap<&'static str, u64>,
    /// How long the turns of the loop took, without the wait for events.
    pub turns: Histogram,
}

impl Metrics {
    /// Counts an answer to an HTTP request.
    pub fn count_reply(&mut self, reply: Reply) {
        self.requests[reply.method][StatusClass::of(reply.status)] += 1;
    }

    /// Counts something that was not granted.
    pub fn count_refusal(&mut self, code: &'static str) {
        *self.refused.entry(code).or_default() += 1;
    }
}

/// How it is now, as the broker sees it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Census {
    /// Connections.
    pub connections: By<Transport, 3>,
    /// Long polls that wait for news.
    pub held_polls: u64,
    /// Bytes that peers have not taken yet.
    pub pending_bytes: u64,
    /// How often somebody ran into a limit of connections or of rate.
    pub limited: By<Limit, 6>,
    /// Published tasks.
    pub tasks: By<Class, 6>,
    /// How many of these there may be.
    pub max_tasks: u64,
    /// Revisions, of all tasks and since the start.
    pub revisions: u64,
    /// Revisions that a watcher was spared because a newer one came before its turn.
    pub updates_skipped: u64,
    /// The start, in milliseconds since the Unix epoch.
    pub started_unix_ms: u64,
}

/// How it is now, as the kernel sees it. What it does not tell is absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Vitals {
    /// Memory in use, in bytes.
    pub resident_bytes: Option<u64>,
    /// File descriptors in use.
    pub open_descriptors: Option<u64>,
    /// How many there may be.
    pub max_descriptors: Option<u64>,
    /// How often a listener had to pause because there was no room for another socket.
    pub accept_pauses: u64,
    /// Log lines that could not be written.
    pub lost_log_lines: u64,
}
