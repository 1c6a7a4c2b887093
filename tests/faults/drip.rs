//! Requests that come a byte now and then and never end (the attack known as Slowloris).

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::daemon::{Daemon, PATIENCE};
use crate::house::{make_room, wait_until_empty};
use crate::http::get;

const HEADS: usize = 2_000;
const BODIES: usize = 500;
/// What a head and a body may take. Neither is ever given up early but for the tick of a clock.
const HEAD_SECS: u64 = 10;
const BODY_SECS: u64 = 15;
/// What a peer with a begun request may cost the daemon, allocator and all, without optimization.
const PEER_BYTES: u64 = 4_096;
/// Between two bytes of a peer; the wait ends early when one is answered.
const DRIP: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 250_000_000,
};

/// One slow peer.
pub(crate) struct Slow {
    stream: TcpStream,
    begun: Instant,
    limit_secs: u64,
}

impl Slow {
    fn begin(daemon: &Daemon, head: &str, limit_secs: u64) -> Slow {
        let begun = Instant::now();
        let mut stream = daemon.connect();
        stream.write_all(head.as_bytes()).expect("the daemon reads");
        stream.set_nonblocking(true).expect("a socket option");
        Slow {
            stream,
            begun,
            limit_secs,
        }
    }

    /// One more byte. Behind the answer nobody takes it, which is no fault of anybody's.
    pub(crate) fn drip(&mut self) {
        let _ = self.stream.write(b"a");
    }

    /// Whether the answer is here; it must be the one that is due, when it is due.
    pub(crate) fn is_answered(&mut self) -> bool {
        let mut answer = [0; 1024];
        let count = match self.stream.read(&mut answer) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
            result => result.expect("an answer and no reset"),
        };
        let text = String::from_utf8_lossy(&answer[..count]);
        assert!(text.starts_with("HTTP/1.1 408 "), "{text:?}");
        let waited = self.begun.elapsed();
        let least = Duration::from_secs(self.limit_secs - 1);
        assert!(waited >= least, "{waited:?} of {} s", self.limit_secs);
        true
    }
}

pub(crate) fn heads(daemon: &Daemon) -> impl Iterator<Item = Slow> {
    let head = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";
    (0..HEADS).map(move |_| Slow::begin(daemon, head, HEAD_SECS))
}

pub(crate) fn bodies(daemon: &Daemon) -> impl Iterator<Item = Slow> {
    let head = "POST /api/progress/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n\r\n{";
    (0..BODIES).map(move |_| Slow::begin(daemon, head, BODY_SECS))
}

pub(crate) fn wait_for_answers(crowd: &[Slow]) {
    let mut sockets: Vec<PollFd<'_>> = crowd
        .iter()
        .map(|slow| PollFd::new(&slow.stream, PollFlags::IN))
        .collect();
    poll(&mut sockets, Some(&DRIP)).expect("sockets can be polled");
}

// Defence: a head's and a body's time counts from their beginning, and no byte renews it
// (`Session::new_wait`); an unfinished request is a boxed slice in its peer, no larger than it is.
#[test]
fn slow_heads_and_bodies_end_in_time_and_cost_little() {
    make_room();
    let daemon = Daemon::start();
    get(&daemon, "/healthz");
    let (descriptors, before_kib) = (daemon.descriptors(), daemon.resident_kib());
    let mut crowd: Vec<Slow> = heads(&daemon).chain(bodies(&daemon)).collect();
    let last = Instant::now();
    let (mut most_kib, mut most_descriptors, mut slowest) = (0, 0, Duration::ZERO);
    while !crowd.is_empty() {
        crowd.iter_mut().for_each(Slow::drip);
        let asked = Instant::now();
        assert_eq!(get(&daemon, "/healthz").status, 200);
        slowest = slowest.max(asked.elapsed());
        most_kib = most_kib.max(daemon.resident_kib());
        most_descriptors = most_descriptors.max(daemon.descriptors());
        wait_for_answers(&crowd);
        crowd.retain_mut(|slow| !slow.is_answered());
        let limit = Duration::from_secs(BODY_SECS) + PATIENCE;
        assert!(last.elapsed() < limit, "{} peers left", crowd.len());
    }
    let peers = HEADS + BODIES;
    let peer_bytes = (most_kib - before_kib) * 1024 / peers as u64;
    let took = last.elapsed();
    println!(
        "{peers} slow peers: {peer_bytes} bytes each, others wait {slowest:?}, gone in {took:?}"
    );
    assert!(most_descriptors > peers, "they were there together");
    assert!(
        most_descriptors <= descriptors + peers + 2,
        "{most_descriptors}"
    );
    assert!(peer_bytes <= PEER_BYTES, "{peer_bytes} bytes for each");
    wait_until_empty(&daemon, descriptors);
}
