//! The broker's books: what is counted, what is noted, and the answer to who asks for it.
//!
//! Some of the numbers are the kernel's, and only the reactor may ask for those. So the demand for
//! them is answered in two steps: the broker [`wants_vitals`](Broker::wants_vitals), and the
//! reactor brings them.

use std::rc::Rc;
use std::time::Duration;

use crate::server::broker::Broker;
use crate::server::journal::Journal;
use crate::server::journal::event::Event;
use crate::server::limits::Limit;
use crate::server::metrics::label::{CancelOutcome, Class, TaskEvent};
use crate::server::metrics::{Census, Metrics, Vitals, table};
use crate::server::peer::{Input, Phase};
use crate::session::demand::{Answer, Fault, Notice};
use crate::session::report::Transport;
use crate::task::Now;
use crate::task::board::TaskKey;
use crate::task::hub::PeerKey;
use crate::task::record::Effect;
use crate::task::state::Cancel;
use crate::wire::close::CloseCode;

impl Broker {
    /// The counters.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// What was noted.
    pub fn journal(&mut self) -> &mut Journal {
        &mut self.journal
    }

    /// Counts a turn of the loop that took this long.
    pub fn count_turn(&mut self, duration: Duration) {
        self.metrics.turns.observe(duration);
    }

    /// How many connections there are.
    pub fn peer_count(&self) -> usize {
        self.peers.len()
    }

    /// How many bytes wait to be written to `key`; for tests.
    pub fn queued_len(&self, key: PeerKey) -> usize {
        self.peers[key].outbox.len()
    }

    /// Whether the liveness rule holds for every peer; for tests.
    pub fn is_live(&self) -> bool {
        self.peers.keys().into_iter().all(|key| {
            let peer = &self.peers[key];
            let owed = peer.phase == Phase::Open && self.hub.is_owed(key);
            let held = peer.phase == Phase::Open && peer.input == Input::Held;
            let waits = owed || held || !peer.outbox.is_empty();
            let served = peer.outbox.is_blocked() || self.hub.is_in_line(key);
            !waits || served || peer.phase == Phase::Dead
        })
    }

    /// Counts what there is now: a walk over all peers and tasks.
    pub fn census(&self, now: Now) -> Census {
        let mut census = Census {
            max_tasks: self.board.max_tasks() as u64,
            revisions: self.hub.change_count(),
            updates_skipped: self.hub.skipped_count(),
            started_unix_ms: now.unix_ms.saturating_sub(now.ticks_ms),
            ..Census::default()
        };
        for &limit in Limit::ALL.iter() {
            census.limited[limit] = self.accounts.refused(limit);
        }
        for peer in self.peers.iter() {
            census.connections[peer.session.transport()] += 1;
            census.held_polls += u64::from(peer.session.is_held());
            census.pending_bytes += peer.outbox.len() as u64;
        }
        for record in self.board.newest_first() {
            census.tasks[Class::of(record.state())] += 1;
        }
        census
    }

    /// Whether somebody waits for [`show_metrics`](Self::show_metrics).
    pub fn wants_vitals(&self) -> bool {
        !self.scrapers.is_empty()
    }

    /// Answers all who asked for the daemon's numbers.
    pub fn show_metrics(&mut self, vitals: &Vitals, now: Now) {
        let text = table::render(&self.metrics, &self.census(now), vitals);
        let answer = Answer::Metrics(Rc::from(text));
        while let Some(key) = self.scrapers.pop() {
            if self.peers[key].phase == Phase::Open {
                self.answer(key, &answer, now);
            }
        }
    }

    /// Counts the answer that `key` may have been given.
    pub(super) fn count_reply(&mut self, key: PeerKey) {
        if let Some(reply) = self.peers[key].session.new_reply() {
            self.metrics.count_reply(reply);
        }
    }

    /// Counts whatever in `answer` says no.
    pub(super) fn count_answer(&mut self, answer: &Answer, now: Now) {
        match answer {
            Answer::Refused(refusal) => self.count_refusal(refusal.code(), now),
            Answer::News(Notice::State(_)) => self.metrics.updates_sent[Transport::Http] += 1,
            Answer::PublishedMany(results) => {
                for refusal in results.iter().filter_map(|result| result.as_ref().err()) {
                    self.count_refusal(refusal.code(), now);
                }
            }
            _ => {}
        }
    }

    /// Counts a refusal, and notes it if somebody was turned away rather than told of a mistake.
    pub(super) fn count_refusal(&mut self, code: &'static str, now: Now) {
        self.metrics.count_refusal(code);
        if is_denial(code) {
            self.journal.note(Event::Denied { code }, now);
        }
    }

    /// Counts and notes the reason why a conversation ends, if it is the peer's.
    pub(super) fn count_fault(&mut self, fault: &Fault, now: Now) {
        let (code, why) = match fault {
            Fault::Request(error) => (error.code, error.message.clone()),
            Fault::Frame(violation) => (close_name(violation.code), violation.why.into()),
            Fault::Ended(code @ CloseCode::POLICY, why) => (close_name(*code), (*why).into()),
            Fault::Ended(..) | Fault::Gone => return,
        };
        self.metrics.count_refusal(code);
        let why = why.into_owned();
        self.journal.note(Event::Violation { code, why }, now);
    }

    /// Counts a publish, and what it meant for the task's life; `cancel` is how the wish to cancel
    /// stood before.
    pub(super) fn count_publish(
        &mut self,
        key: TaskKey,
        effect: Effect,
        cancel: Option<Cancel>,
        now: Now,
    ) {
        self.metrics.publishes[effect] += 1;
        let Some(record) = self.board.record(key) else {
            return;
        };
        if effect == Effect::Unchanged {
            return;
        }
        let (class, answer) = (Class::of(record.state()), record.state().cancel());
        match answer {
            Some(Cancel::Acknowledged) if answer != cancel => {
                self.metrics.cancels[CancelOutcome::Acknowledged] += 1;
            }
            Some(Cancel::Refused) if answer != cancel => {
                self.metrics.cancels[CancelOutcome::Refused] += 1;
            }
            _ => {}
        }
        if effect == Effect::Created {
            self.count_task_event(key, TaskEvent::Created, now);
        }
        // A change that leaves a task ended has ended it: one that had ended before takes no
        // other change than a fresh run.
        match class {
            Class::Completed => self.count_task_event(key, TaskEvent::Completed, now),
            Class::Failed => self.count_task_event(key, TaskEvent::Failed, now),
            Class::Cancelled => {
                self.metrics.cancels[CancelOutcome::Cancelled] += 1;
                self.count_task_event(key, TaskEvent::Cancelled, now);
            }
            Class::Active | Class::Stalled | Class::Lost => {}
        }
    }

    /// Counts what the clock made of a task.
    pub(super) fn count_tick(&mut self, key: TaskKey, now: Now) {
        let class = self.board.record(key).map(|r| Class::of(r.state()));
        // A lost task has no other revision by the clock than the one that made it so.
        if class == Some(Class::Lost) {
            self.count_task_event(key, TaskEvent::Lost, now);
        }
    }

    /// Counts and notes a turn in the life of a task that is still on the board.
    pub(super) fn count_task_event(&mut self, key: TaskKey, event: TaskEvent, now: Now) {
        self.metrics.task_events[event] += 1;
        if let Some(task) = self.board.id(key).cloned() {
            self.journal.note(Event::Task(event, task), now);
        }
    }
}

/// Whether a refusal is about who asks or how often, and not about what: an operator who looks for
/// the reason why somebody cannot get in finds it in the log.
fn is_denial(code: &str) -> bool {
    matches!(
        code,
        "unauthorized"
            | "expired_ticket"
            | "early_ticket"
            | "forbidden"
            | "forbidden_host"
            | "forbidden_origin"
    ) || code.starts_with("too_many_")
}

/// A close code among the error codes.
fn close_name(code: CloseCode) -> &'static str {
    match code {
        CloseCode::PROTOCOL_ERROR => "close_1002",
        CloseCode::UNSUPPORTED => "close_1003",
        CloseCode::INVALID_PAYLOAD => "close_1007",
        CloseCode::POLICY => "close_1008",
        CloseCode::TOO_BIG => "close_1009",
        _ => "close_other",
    }
}
