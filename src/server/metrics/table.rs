//! The families, in the order in which they are shown. `docs/operations.md` has the same table for
//! people; a test compares the two.

use crate::server::metrics::exposition::{
    Family, Kind, Sample, by, by_both, histogram, info, named, one,
};
use crate::server::metrics::{Census, Metrics, Vitals};

/// All numbers, as a page in Prometheus' text format.
pub fn render(metrics: &Metrics, census: &Census, vitals: &Vitals) -> String {
    let mut text = String::new();
    for family in families(metrics, census, vitals) {
        family.write(&mut text);
    }
    text
}

fn families(metrics: &Metrics, census: &Census, vitals: &Vitals) -> Vec<Family> {
    let started = Sample {
        suffix: "",
        labels: Vec::new(),
        value: census.started_unix_ms as f64 / 1000.0,
    };
    vec![
        gauge(
            "build_info",
            "Which version this is; always 1.",
            info("version", env!("CARGO_PKG_VERSION")),
        ),
        gauge(
            "start_time_seconds",
            "When the daemon started, in seconds since the Unix epoch.",
            vec![started],
        ),
        gauge(
            "connections",
            "Connections open now, by what they speak.",
            by("transport", &census.connections),
        ),
        gauge(
            "held_polls",
            "Long polls that wait for news now.",
            one(census.held_polls),
        ),
        counter(
            "connections_accepted_total",
            "Connections accepted.",
            one(metrics.accepted),
        ),
        counter(
            "accept_pauses_total",
            "Times a listener had to pause because a connection could not even be turned away.",
            one(vitals.accept_pauses),
        ),
        counter(
            "received_bytes_total",
            "Bytes read from peers.",
            by("transport", &metrics.received_bytes),
        ),
        counter(
            "sent_bytes_total",
            "Bytes written to peers.",
            by("transport", &metrics.sent_bytes),
        ),
        gauge(
            "pending_bytes",
            "Bytes queued for peers and not yet written.",
            one(census.pending_bytes),
        ),
        counter(
            "requests_total",
            "HTTP requests answered, by method and class of status; 1xx are WebSocket handshakes.",
            by_both(["method", "status"], &metrics.requests),
        ),
        counter(
            "refused_total",
            "What was not granted, by error code; close_… are WebSocket close codes.",
            named("reason", metrics.refused.iter().map(|(&k, &n)| (k, n))),
        ),
        counter(
            "limited_total",
            "Times somebody ran into a limit of connections or of rate.",
            by("limit", &census.limited),
        ),
        counter(
            "publishes_total",
            "Publishes granted, by what they did to the task.",
            by("result", &metrics.publishes),
        ),
        counter(
            "revisions_total",
            "Revisions of all tasks, whoever caused them.",
            one(census.revisions),
        ),
        counter(
            "updates_sent_total",
            "States sent to watchers as news.",
            by("transport", &metrics.updates_sent),
        ),
        counter(
            "updates_skipped_total",
            "Revisions a watcher was spared because a newer one came before its turn.",
            one(census.updates_skipped),
        ),
        gauge(
            "tasks",
            "Tasks known now, by where they stand; active is any status that is no end.",
            by("status", &census.tasks),
        ),
        gauge(
            "tasks_limit",
            "How many tasks are kept at once.",
            one(census.max_tasks),
        ),
        counter(
            "task_events_total",
            "Turns in the life of tasks.",
            by("event", &metrics.task_events),
        ),
        counter(
            "cancels_total",
            "Steps of cancelling: watchers' requests, workers' answers, tasks that ended so.",
            by("outcome", &metrics.cancels),
        ),
        Family {
            name: "turn_duration_seconds",
            kind: Kind::Histogram,
            help: "How long the turns of the event loop took, without waiting.",
            samples: histogram(&metrics.turns),
        },
        counter(
            "log_lines_lost_total",
            "Log lines that standard error did not take.",
            one(vitals.lost_log_lines),
        ),
        gauge(
            "resident_memory_bytes",
            "Memory in use.",
            one(vitals.resident_bytes),
        ),
        gauge(
            "open_descriptors",
            "File descriptors in use.",
            one(vitals.open_descriptors),
        ),
        gauge(
            "open_descriptors_limit",
            "How many file descriptors there may be.",
            one(vitals.max_descriptors),
        ),
    ]
}

fn counter(name: &'static str, help: &'static str, samples: Vec<Sample>) -> Family {
    let kind = Kind::Counter;
    Family {
        name,
        kind,
        help,
        samples,
    }
}

fn gauge(name: &'static str, help: &'static str, samples: Vec<Sample>) -> Family {
    let kind = Kind::Gauge;
    Family {
        name,
        kind,
        help,
        samples,
    }
}
