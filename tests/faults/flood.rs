//! Peers that send all they can, and whoever else is there meanwhile.
//!
//! A flood goes on until a good watcher beside it has had its updates, so they come during the flood
//! or not at all: the order of events decides, not their time. A daemon that served the flood first
//! would serve it to its last bound, and fail.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::daemon::Daemon;
use crate::frames::{Line, masked};
use crate::http::post;

/// What the good watcher must get during each flood.
const UPDATES: usize = 20;
/// How many requests, pings or fragments are written at once.
const BATCH: usize = 1_000;

/// What is sent again and again.
struct Flood {
    name: &'static str,
    unit: Vec<u8>,
    /// What ends it.
    last: Vec<u8>,
    least: usize,
    most: usize,
}

impl Flood {
    /// Pours until it is `enough`, and tells when it has `begun`; returns how many units.
    fn pour(&self, stream: &mut TcpStream, begun: Sender<()>, enough: &AtomicBool) -> usize {
        let batch = self.unit.repeat(BATCH);
        let mut sent = 0;
        while sent < self.least || !enough.load(Ordering::Acquire) {
            assert!(sent < self.most, "the flood came first");
            stream.write_all(&batch).expect("the daemon reads");
            sent += BATCH;
            // Nobody listens any more after the first time.
            let _ = begun.send(());
        }
        stream.write_all(&self.last).expect("the daemon reads");
        sent
    }

    /// Pours into `line` from one thread and reads the answers in another, while a good watcher is
    /// followed. `answered` counts to how many units the answers up to the end belong.
    fn run(&self, daemon: &Daemon, line: Line, answered: impl FnOnce(Line) -> usize + Send) {
        let mut watcher = Line::open(daemon, &format!("/ws/progress/{}", self.name));
        let mut input = line.0.try_clone().expect("a descriptor");
        let enough = AtomicBool::new(false);
        let (sender, begun) = channel();
        let mut waits = thread::scope(|scope| {
            let poured = scope.spawn(|| self.pour(&mut input, sender, &enough));
            let answers = scope.spawn(|| answered(line));
            begun.recv().expect("it begins");
            let waits = follow(daemon, &mut watcher, self.name);
            enough.store(true, Ordering::Release);
            let sent = poured.join().expect("a flood");
            let answers = answers.join().expect("its answers");
            assert_eq!(sent, answers, "each is answered");
            println!("{}: {sent} in all", self.name);
            waits
        });
        waits.sort();
        let (median, worst) = (waits[UPDATES / 2], waits[UPDATES - 1]);
        println!("  the watcher beside it waits {median:?}, at most {worst:?}");
    }
}

/// Publishes and waits for the watcher to hear of it, several times; the latencies.
fn follow(daemon: &Daemon, watcher: &mut Line, task: &str) -> Vec<Duration> {
    let target = format!("/api/progress/{task}");
    let update = |n| {
        let asked = Instant::now();
        let progress = format!("\"progress\":{n},");
        post(daemon, &target, &format!("{{{progress}\"n\":{n}}}"));
        while !String::from_utf8_lossy(&watcher.frame().1).contains(&progress) {}
        asked.elapsed()
    };
    (1..=UPDATES).map(update).collect()
}

// Defences, which overlap (with the first alone out, this passes; with all out, it fails):
// `Reactor::read` ends a peer's turn at a short read or after a few, `Broker::converse` when the
// peer's budget is spent or its answers pile up.
#[test]
fn a_flood_of_pings_leaves_a_watcher_its_updates() {
    let daemon = Daemon::start();
    let flood = Flood {
        name: "pings",
        unit: masked(0x89, b""),
        last: masked(0x88, b"\x03\xe8"),
        least: 100_000,
        most: 10_000_000,
    };
    let pongs = |mut line: Line| {
        let mut count = 0;
        while line.frame().0 == 0x8a {
            count += 1;
        }
        count
    };
    flood.run(&daemon, Line::open(&daemon, "/ws/echo"), pongs);
}

// Defence: `Reactor::read` alone, which ends a peer's turn at a short read or after a few. Fragments
// are answered by nothing and cost no budget.
#[test]
fn a_message_in_fragments_of_a_byte_leaves_a_watcher_its_updates() {
    let daemon = Daemon::start();
    let flood = Flood {
        name: "fragments",
        unit: masked(0x00, b"a"),
        last: masked(0x80, b"a"),
        least: 100_000,
        // What is over 16 MiB would be refused.
        most: 10_000_000,
    };
    let mut line = Line::open(&daemon, "/ws/echo");
    line.send(&masked(0x02, b"a"));
    let echo = |mut line: Line| {
        let (first, payload) = line.frame();
        assert_eq!(first, 0x82, "binary, in one frame");
        assert!(payload.iter().all(|byte| *byte == b'a'));
        // The first and the last fragment are no units.
        payload.len() - 2
    };
    flood.run(&daemon, line, echo);
}

// Defences: those against pings.
#[test]
fn ten_thousand_pipelined_requests_leave_a_watcher_its_updates() {
    let daemon = Daemon::start();
    let request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n";
    let flood = Flood {
        name: "requests",
        unit: format!("{request}\r\n").into(),
        last: format!("{request}Connection: close\r\n\r\n").into(),
        least: 10_000,
        most: 1_000_000,
    };
    let answers = |mut line: Line| {
        let mut text = String::new();
        line.0.read_to_string(&mut text).expect("answers");
        text.matches("HTTP/1.1 200 ").count() - 1
    };
    flood.run(&daemon, Line(daemon.connect()), answers);
}

// Defence: the limit of fragments in `Limits`, checked at each header.
#[test]
fn a_watchers_message_in_fragments_without_end_is_refused() {
    let daemon = Daemon::start();
    let line = Line::open(&daemon, "/ws/progress/x");
    let mut input = line.0.try_clone().expect("a descriptor");
    thread::scope(|scope| {
        scope.spawn(move || {
            let _ = input.write_all(&masked(0x01, b"a"));
            // The daemon may be gone before the last one, and that is right.
            let _ = input.write_all(&masked(0x00, b"").repeat(100_000));
        });
        // To the end of a stream that may be reset over what nobody reads any more.
        let mut line = line;
        let (first, payload) = line.frame();
        assert_eq!((first, &payload[..2]), (0x88, &1008u16.to_be_bytes()[..]));
    });
}
