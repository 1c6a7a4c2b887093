//! What the reactor tells the operator: numbers to who asks, and lines on standard error.

use std::io;

use crate::server::config::Config;
use crate::server::journal::event::Event;
use crate::server::metrics::Vitals;
use crate::server::reactor::Reactor;
use crate::server::vitals;
use crate::task::Now;

/// How long to leave a listener alone after the kernel had no room for another socket.
const ACCEPT_PAUSE_MS: u64 = 100;

impl Reactor {
    /// Answers who wants to know how the daemon is doing; nobody else pays for it.
    pub(super) fn bring_vitals(&mut self, now: Now) {
        if self.broker.wants_vitals() {
            let vitals = Vitals {
                accept_pauses: self.accept_pauses,
                lost_log_lines: self.stderr.lost_lines(),
                ..Vitals::read()
            };
            self.broker.show_metrics(&vitals, now);
        }
    }

    /// Writes a line about `event` at once.
    pub fn note(&mut self, event: Event) {
        let now = self.now();
        self.broker.journal().note(event, now);
        self.write_journal(now);
    }

    /// The first lines.
    pub(super) fn note_start(&mut self, config: &Config) -> io::Result<()> {
        self.note(Event::Started {
            version: env!("CARGO_PKG_VERSION"),
            max_tasks: config.max_tasks,
            max_descriptors: vitals::max_descriptors(),
        });
        for address in self.addresses()? {
            let address = address.to_string();
            self.note(Event::Listening { address });
        }
        Ok(())
    }

    /// The last line.
    pub(super) fn note_end(&mut self) {
        let connections = self.broker.peer_count();
        self.note(Event::Stopped { connections });
    }

    /// No memory, or not even the reserve. The edge that announced the waiting connections is
    /// spent, so the clock has to bring us back.
    pub(super) fn cannot_accept(&mut self, index: usize, error: &io::Error, now: Now) {
        self.accept_pauses += 1;
        let listener = &mut self.listeners[index];
        if listener.pause(now.ticks_ms + ACCEPT_PAUSE_MS) {
            let (address, error) = (listener.name(), error.to_string());
            let event = Event::Paused { address, error };
            self.broker.journal().note(event, now);
        }
    }

    /// Nobody waits at this listener any more.
    pub(super) fn accepted_all(&mut self, index: usize, now: Now) {
        let listener = &mut self.listeners[index];
        if listener.expect_none() {
            let address = listener.name();
            let event = Event::Resumed { address };
            self.broker.journal().note(event, now);
        }
    }

    /// One write for all that was noted in a turn.
    pub(super) fn write_journal(&mut self, now: Now) {
        let entries = self.broker.journal().take(now);
        if !entries.is_empty() {
            self.stderr.write(&entries);
        }
    }
}
