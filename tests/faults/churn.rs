//! Connections that end by reset, in every phase, again and again.

use rustix::net::sockopt::set_socket_linger;
use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use crate::daemon::Daemon;
use crate::frames::{Line, masked};
use crate::house::{connections, wait_until_empty};
use crate::http::post;

const RESETS: usize = 50_000;
/// Resets before the measurement: the allocator's first growth is no leak.
const WARM_UP: usize = 2_000;
/// A leak of 100 bytes for each connection would be more.
const GROWTH_KIB: u64 = 1_024;

/// How far the daemon has got with a peer when the reset comes.
pub(crate) const PHASES: [fn(&Daemon) -> TcpStream; 6] = [
    |daemon| daemon.connect(),
    |daemon| begun(daemon, b"GET /healthz HTTP/1.1\r\nHo"),
    |daemon| {
        let head =
            b"POST /api/progress/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{";
        begun(daemon, head)
    },
    |daemon| Line::open(daemon, "/ws/progress/x").0,
    |daemon| in_a_frame(daemon, "/ws/all"),
    |daemon| in_a_frame(daemon, "/ws/worker/x"),
];

fn begun(daemon: &Daemon, bytes: &[u8]) -> TcpStream {
    let mut stream = daemon.connect();
    stream.write_all(bytes).expect("the daemon reads");
    stream
}

fn in_a_frame(daemon: &Daemon, path: &str) -> TcpStream {
    let mut line = Line::open(daemon, path);
    line.send(&masked(0x81, b"{}")[..7]);
    line.0
}

/// Closes without a FIN: with no time to linger, the kernel sends a reset (socket(7), SO_LINGER).
pub(crate) fn reset(stream: TcpStream) {
    set_socket_linger(&stream, Some(Duration::ZERO)).expect("a socket option");
}

fn churn(daemon: &Daemon, count: usize) {
    for phase in PHASES.iter().cycle().take(count) {
        reset(phase(daemon));
    }
}

// Defence: `Broker::lose` and `Reactor::bury`, by which each end of a connection, whoever learns of
// it, gives back its slot, its stream and its subscription in the same turn.
#[test]
fn fifty_thousand_resets_leave_nothing_behind() {
    let daemon = Daemon::start();
    post(&daemon, "/api/progress/x", "{}");
    let descriptors = daemon.descriptors();
    churn(&daemon, WARM_UP);
    wait_until_empty(&daemon, descriptors);
    let before_kib = daemon.resident_kib();

    churn(&daemon, RESETS);
    wait_until_empty(&daemon, descriptors);
    let grown = daemon.resident_kib().saturating_sub(before_kib);
    println!("{RESETS} resets: {before_kib} KiB before, {grown} KiB more after");
    assert!(grown < GROWTH_KIB, "{grown} KiB after {RESETS} resets");
    let answer = post(&daemon, "/api/progress/x", r#"{"progress":1}"#);
    assert_eq!(answer.body["watchers"], 0);
    assert_eq!(connections(&daemon), 1);
}
