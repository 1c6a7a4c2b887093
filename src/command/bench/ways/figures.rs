//! What a run has measured.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Named, WAYS};
use crate::client::swarm::Ledger;
use crate::command::bench::processes::Reading;

/// One run.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) watchers: usize,
    /// How often the download changed.
    pub(super) changes: usize,
    /// How long it took.
    pub(super) time: Duration,
    /// How long it was watched: until everybody knew of its end.
    pub(super) watched: Duration,
    /// One for each way.
    pub(super) figures: Vec<Figures>,
}

/// One way's, all for one watcher.
#[derive(Debug)]
pub(super) struct Figures {
    pub(super) named: Named,
    pub(super) requests: f64,
    pub(super) sent_bytes: f64,
    pub(super) received_bytes: f64,
    pub(super) news: f64,
    pub(super) empty: f64,
    pub(super) heartbeats: f64,
    /// p50, p99 and the longest, in ms.
    pub(super) staleness_ms: [f64; 3],
    /// Of the server, in a minute.
    pub(super) cpu_ms: f64,
    pub(super) memory_bytes: f64,
}

impl Figures {
    pub(super) fn new(
        named: Named,
        ledger: &Ledger,
        watchers: usize,
        memory_bytes: f64,
        reading: Reading,
    ) -> Figures {
        let each = |count: u64| count as f64 / watchers as f64;
        let millis = |time: Duration| time.as_secs_f64() * 1000.0;
        let stale = &ledger.staleness;
        let minutes = reading.wall.as_secs_f64() / 60.0 * watchers as f64;
        Figures {
            named,
            requests: each(ledger.requests),
            sent_bytes: each(ledger.sent),
            received_bytes: each(ledger.received),
            news: each(ledger.news),
            empty: each(ledger.empty),
            heartbeats: each(ledger.heartbeats),
            staleness_ms: [
                millis(stale.percentile(50.0)),
                millis(stale.percentile(99.0)),
                millis(stale.max()),
            ],
            cpu_ms: millis(reading.server.unwrap_or_default()) / minutes,
            memory_bytes,
        }
    }

    /// Of the messages, those that told nothing new, in per cent.
    pub(super) fn empty_percent(&self) -> f64 {
        100.0 * self.empty / (self.empty + self.news)
    }

    fn json(&self) -> Value {
        let [p50, p99, max] = self.staleness_ms;
        json!({
            "way": self.named.name,
            "requests": rounded(self.requests),
            "sent_bytes": rounded(self.sent_bytes),
            "received_bytes": rounded(self.received_bytes),
            "messages_with_news": rounded(self.news),
            "messages_without_news": rounded(self.empty),
            "heartbeats": rounded(self.heartbeats),
            "staleness_ms": {"p50": rounded(p50), "p99": rounded(p99), "max": rounded(max)},
            "server_cpu_ms_per_minute": rounded(self.cpu_ms),
            "server_memory_bytes": rounded(self.memory_bytes),
        })
    }
}

impl Report {
    /// Who polls every second: what the claims are about.
    fn pollers(&self) -> Option<&Figures> {
        let by = |name| self.figures.iter().find(move |one| one.named.name == name);
        by(WAYS[0].name)
    }

    /// Two things that are said of polling every second, and what was measured of them.
    pub(super) fn claims(&self) -> Option<Claims> {
        let pollers = self.pollers()?;
        let [p50, _, max] = pollers.staleness_ms;
        Some(Claims {
            // The first request was before that.
            requests_per_sec: 3.0 * (pollers.requests - 1.0) / self.watched.as_secs_f64(),
            empty_percent: pollers.empty_percent(),
            late_p50_ms: p50,
            late_max_ms: max,
        })
    }

    /// One object.
    pub(super) fn json(&self) -> Value {
        let ways: Vec<_> = self.figures.iter().map(Figures::json).collect();
        let claims = self.claims().map(|claims| claims.json());
        json!({
            "course": "ways",
            "watchers": self.watchers,
            "changes": self.changes,
            "secs": rounded(self.time.as_secs_f64()),
            "ways": ways,
            "claims": claims,
        })
    }
}

/// Of polling every second.
#[derive(Debug)]
pub(super) struct Claims {
    /// Of a page that shows three downloads.
    pub(super) requests_per_sec: f64,
    pub(super) empty_percent: f64,
    pub(super) late_p50_ms: f64,
    pub(super) late_max_ms: f64,
}

impl Claims {
    fn json(&self) -> Value {
        json!({
            "three_downloads_requests_per_sec": rounded(self.requests_per_sec),
            "answers_without_news_percent": rounded(self.empty_percent),
            "late_ms": {"p50": rounded(self.late_p50_ms), "max": rounded(self.late_max_ms)},
        })
    }
}

/// To three decimals: what comes behind is noise.
fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}
