//! A watcher that stops reading: it costs the daemon nothing, and misses nothing that counts.

use serde_json::json;
use tungstenite::Message;

use crate::daemon::Daemon;
use crate::http::post;
use crate::socket::Peer;

const UPDATES: u64 = 100_000;
/// Updates between two looks of the reading watcher, so that the daemon flushes in between.
const STEP: u64 = 10;
/// Bytes that every state carries along: with 10,000 flushes, a queue would hold 10 MB of them, far
/// more than the kernel's buffers on both sides take.
const BALLAST: usize = 1_000;

#[test]
fn a_watcher_that_never_reads_costs_no_memory_and_then_gets_the_newest() {
    let daemon = Daemon::start();
    let ballast = json!({"n": 0, "ballast": "x".repeat(BALLAST)});
    post(&daemon, "/api/progress/job", &ballast.to_string());
    let mut sleeper = Peer::open(&daemon, "/ws/progress/job");
    let mut reader = Peer::open(&daemon, "/ws/progress/job");
    let mut worker = Peer::open(&daemon, "/ws/worker/job");
    sleeper.json();
    reader.json();

    let mut publish_to = |from: u64, to: u64, sleeper: &mut Peer| {
        for n in from..=to {
            worker.say(&format!("{{\"n\":{n}}}"));
            if n % STEP == 0 {
                reader.json_until(|state| state["n"] == n);
            }
            // It lives, it only does not read (RFC 6455 §5.5.3): a machine under load may take
            // longer for all this than the daemon waits for a sign of life.
            if n % (UPDATES / 100) == 0 {
                let sign = Message::Pong(Vec::new().into());
                sleeper.0.send(sign).expect("the daemon reads");
            }
        }
    };
    // The kernel's own buffers for the sleeper are not the daemon's memory, but the allocator's
    // first growth is: let both happen before the measurement begins.
    publish_to(1, UPDATES / 10, &mut sleeper);
    let before = daemon.resident_kib();
    publish_to(UPDATES / 10 + 1, UPDATES, &mut sleeper);
    let grown = daemon.resident_kib().saturating_sub(before);
    assert!(
        grown < 2 << 10,
        "{grown} KiB for a watcher that does not read"
    );

    let heard = std::cell::Cell::new(0);
    sleeper.json_until(|state| {
        heard.set(heard.get() + 1);
        assert_eq!(state["ballast"].as_str().map(str::len), Some(BALLAST));
        state["n"] == UPDATES
    });
    assert!(
        heard.get() < UPDATES / STEP,
        "{} states lay waiting: the watcher was never slow, and this test shows nothing",
        heard.get()
    );
    post(&daemon, "/api/progress/job", r#"{"status":"completed"}"#);
    assert_eq!(sleeper.json()["status"], "completed");
    assert_eq!(reader.json()["status"], "completed");
}
