//! The end of the daemon, with much going on.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Instant;

use serde_json::Value;

use crate::daemon::{Daemon, PATIENCE};
use crate::frames::{Line, masked};

const PATHS: [&str; 5] = [
    "/ws/progress/job",
    "/ws/all",
    "/ws/worker/other",
    "/ws",
    "/ws/echo",
];
/// Sockets of each kind, and as many requests: 300 in all.
const EACH: usize = 50;
/// Updates that are seen before the signal comes.
const UPDATES: usize = 200;

/// A request whose head the daemon has accepted and whose content it waits for.
fn begin_request(daemon: &Daemon, n: usize) -> TcpStream {
    let mut stream = daemon.connect();
    write!(
        stream,
        "POST /api/progress/r{n} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\
         Expect: 100-continue\r\n\r\n"
    )
    .expect("the daemon reads");
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).expect("100 Continue");
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

fn finish_request(mut stream: TcpStream) {
    stream.write_all(b"{}").expect("the daemon still reads");
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .expect("an answer and an end");
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
}

/// Publishes, each time as soon as the daemon has read the last one, and calls `seen` after some;
/// ends with the daemon's Close, and returns its code.
fn publish_to_the_end(mut worker: Line, seen: impl Fn()) -> [u8; 2] {
    for n in 1.. {
        let patch = format!("{{\"n\":{n}}}");
        // A ping behind each: its pong says that the patch was read.
        let mut bytes = masked(0x81, patch.as_bytes());
        bytes.extend(masked(0x89, b""));
        // Behind its Close the daemon still reads, for a while.
        let _ = worker.0.write_all(&bytes);
        match worker.frame() {
            (0x88, payload) => return [payload[0], payload[1]],
            (first, _) => assert_eq!(first, 0x8a, "a pong"),
        }
        if n == UPDATES {
            seen();
        }
    }
    unreachable!("it publishes until it is told to stop");
}

// Defence: `Broker::close_all`, and that the last bytes of all are written before the end.
#[test]
fn on_sigterm_each_of_three_hundred_gets_its_end() {
    let daemon = Daemon::start();
    let worker = Line::open(&daemon, "/ws/worker/job");
    let open = |path: &&str| Line::open(&daemon, path);
    let sockets: Vec<Line> = PATHS
        .iter()
        .cycle()
        .take(PATHS.len() * EACH)
        .map(open)
        .collect();
    let requests: Vec<TcpStream> = (0..EACH).map(|n| begin_request(&daemon, n)).collect();

    let terminate = || daemon.terminate();
    let code = publish_to_the_end(worker, terminate);
    assert_eq!(u16::from_be_bytes(code), 1001);
    let asked = Instant::now();
    // Side by side: whoever is last in a line would measure the others.
    thread::scope(|scope| {
        scope.spawn(|| requests.into_iter().for_each(finish_request));
        for socket in sockets {
            assert_eq!(socket.close_code(), 1001);
        }
    });
    assert!(daemon.wait().success());
    let took = asked.elapsed();
    println!("300 sockets closed, and the daemon ended, in {took:?}");
    assert!(took < PATIENCE, "{took:?}");
}

/// The millisecond of the day at which the daemon noted `event`.
fn noted_ms(log: &str, event: &str) -> u64 {
    let lines = log
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    let line = lines
        .into_iter()
        .find(|line: &Value| line["event"] == event);
    let time = line.expect(event)["time"]
        .as_str()
        .expect("text")
        .to_owned();
    // 2026-11-26T11:13:02.657Z
    let digits = |at: usize, len| time[at..at + len].parse::<u64>().expect("digits");
    ((digits(11, 2) * 60 + digits(14, 2)) * 60 + digits(17, 2)) * 1000 + digits(20, 3)
}

// Defence: `CLOSE_ALL_MS`. The times are the daemon's own. Without it they are those of the request
// that never ends, 15 s; a loaded machine may be late for the 4.5 s that it should be.
#[test]
fn nobody_holds_up_the_end_longer_than_five_seconds() {
    let mut daemon = Daemon::start();
    // Has asked, and takes no answer; has begun to ask, and never ends; is told to go, and stays.
    let mut deaf = daemon.connect();
    deaf.set_nonblocking(true).expect("a socket option");
    let request = b"GET /doneyet.js HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(1_000);
    while deaf.write(&request).is_ok() {}
    let busy = begin_request(&daemon, 0);
    let idle = Line::open(&daemon, "/ws/all");
    daemon.terminate();
    let log = daemon.log();
    let day_ms = 24 * 60 * 60 * 1000;
    let took_ms = (day_ms + noted_ms(&log, "stopped") - noted_ms(&log, "stopping")) % day_ms;
    println!("the end took {took_ms} ms");
    assert!((4_000..7_500).contains(&took_ms), "{log}");
    assert!(daemon.wait().success());
    drop((deaf, busy, idle));
}
