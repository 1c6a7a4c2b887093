//! Watchers that never read.

use crate::daemon::Daemon;
use crate::frames::Line;
use crate::house::{connections, make_room};
use crate::http::{get, post};

const WATCHERS: u64 = 200;
const TASKS: usize = 40;
/// Bytes of text in each state.
const BALLAST: usize = 16_000;
/// What one may cost, as `docs/security.md` states it: what was on its way when the kernel's buffer
/// was full, at most 64 KiB and a state, and some hundred bytes for itself.
const WATCHER_KIB: u64 = 64 + 16 + 1;

/// A change of every task: 640 kB for each watcher that would be sent them all.
fn publish_all(daemon: &Daemon, round: u64) {
    let text = "x".repeat(BALLAST);
    for task in 0..TASKS {
        let state = format!("{{\"round\":{round},\"text\":\"{text}\"}}");
        post(daemon, &format!("/api/progress/t{task}"), &state);
    }
}

// Defence: `Broker::fill` moves nothing into an outbox that is blocked, so a watcher is owed a mark.
#[test]
fn watchers_that_never_read_cost_what_is_stated_whatever_is_published() {
    make_room();
    let daemon = Daemon::start();
    publish_all(&daemon, 0);
    let before_kib = daemon.resident_kib();
    let mut hoarders = Vec::new();
    for round in 1..=WATCHERS / 10 {
        // They come between changes, so that each is stuck at states of its own.
        hoarders.extend((0..10).map(|_| Line::open(&daemon, "/ws/all")));
        publish_all(&daemon, round);
    }
    assert_eq!(connections(&daemon), WATCHERS + 1);
    let each_kib = (daemon.resident_kib().saturating_sub(before_kib)) / WATCHERS;
    println!("{WATCHERS} watchers that never read: {each_kib} KiB each");
    assert!(each_kib <= WATCHER_KIB, "{each_kib} KiB each");
    let state = get(&daemon, "/api/progress/t0").body;
    assert_eq!(
        state["round"],
        WATCHERS / 10,
        "the publisher was not held up"
    );
    drop(hoarders);
}
