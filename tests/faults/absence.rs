//! Peers that are gone without a FIN.

use std::io::{ErrorKind, Read};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use rustix::net::{AddressFamily, SocketType, bind, connect, socket};

use crate::daemon::Daemon;
use crate::frames::{Line, masked, request};
use crate::house::connections;
use crate::http::{get, post};

/// From ping to ping; who has not answered one by the time of the next is gone.
const PING_SECS: u64 = 20;
/// Two pings and a lease of a second, and what a loaded machine may add.
const PATIENCE: Duration = Duration::from_secs(2 * PING_SECS + 15);

/// Waits on a watcher that is there, answering the daemon's pings, for a state with `wanted` in it.
fn wait_for(watcher: &mut Line, wanted: &str) {
    let begun = Instant::now();
    loop {
        match watcher.frame() {
            (0x89, payload) => watcher.send(&masked(0x8a, &payload)),
            (0x81, state) if String::from_utf8_lossy(&state).contains(wanted) => return,
            (0x81, _) => {}
            other => panic!("{other:?}"),
        }
        assert!(begun.elapsed() < PATIENCE, "no state with {wanted}");
    }
}

/// An address that a network of our own has, and can lose (RFC 5737 keeps it for examples).
const ELSEWHERE: &str = "192.0.2.2";

/// Starts an ignored test of this file in a network of its own; none where the machine does not
/// allow it.
fn start_in_own_network(test: &str) -> Option<Child> {
    let unshare = || {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--net", "sh", "-c"]);
        command
    };
    let prepare = format!("ip link set lo up && ip addr add {ELSEWHERE}/32 dev lo");
    let possible = unshare().arg(&prepare).status();
    if !possible.is_ok_and(|status| status.success()) {
        println!("no network of its own here: nobody vanishes, they only fall silent");
        return None;
    }
    let program = std::env::current_exe().expect("this program");
    let child = unshare()
        .arg(format!("{prepare} && exec \"$0\" \"$@\""))
        .arg(program)
        .arg(format!("absence::{test}"))
        .args(["--exact", "--ignored", "--nocapture"])
        .spawn();
    Some(child.expect("what worked a moment ago"))
}

/// A connection from there.
fn connect_from_elsewhere(daemon: &Daemon) -> Line {
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None).expect("a socket");
    let from: SocketAddr = format!("{ELSEWHERE}:0").parse().expect("an address");
    bind(&socket, &from).expect("our own address");
    connect(&socket, &daemon.address).expect("the daemon accepts");
    Line(socket.into())
}

/// A WebSocket from there.
fn open_from_elsewhere(daemon: &Daemon, path: &str) -> Line {
    let mut line = connect_from_elsewhere(daemon);
    line.send(request(path).as_bytes());
    assert!(line.head().starts_with("HTTP/1.1 101 "));
    line
}

/// Begins to listen to the events of the job.
fn listen(mut line: Line) -> Line {
    line.send(b"GET /sse/progress/job HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert!(line.head().starts_with("HTTP/1.1 200 "));
    line
}

/// The address goes, and with it the way there: no packet comes or goes any more, no FIN either.
fn lose_elsewhere() {
    let mut ip = Command::new("ip");
    ip.args(["addr", "del", &format!("{ELSEWHERE}/32"), "dev", "lo"]);
    assert!(ip.status().expect("ip runs").success());
}

#[test]
#[ignore = "the one below starts it where it can lose an address"]
fn cut_off() {
    let daemon = Daemon::start_with(&["--lease", "1s"]);
    for line in fall_silent(&daemon, open_from_elsewhere, lose_elsewhere) {
        let mut stream = line.0;
        stream.set_nonblocking(true).expect("a socket option");
        let end = stream.read_to_end(&mut Vec::new());
        let error = end.expect_err("the daemon's end cannot reach it");
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
    }
}

/// What came on a connection that has ended: to its end, or its reset.
fn rest(mut stream: TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    bytes
}

/// A worker and a watcher fall silent; `vanish` says how. Returns them.
fn fall_silent(daemon: &Daemon, connect: fn(&Daemon, &str) -> Line, vanish: fn()) -> [Line; 2] {
    let mut present = Line::open(daemon, "/ws/progress/job");
    let timeout = present.0.set_read_timeout(Some(PATIENCE));
    timeout.expect("a timeout can be set");
    let begun = Instant::now();
    let mut worker = connect(daemon, "/ws/worker/job");
    let watcher = connect(daemon, "/ws/progress/job");
    worker.send(&masked(0x81, br#"{"progress":1}"#));
    wait_for(&mut present, r#""progress":1"#);
    assert_eq!(post(daemon, "/api/progress/job", "{}").body["watchers"], 2);
    vanish();

    wait_for(&mut present, r#""status":"lost""#);
    let took = begun.elapsed();
    println!("the absent worker's task was lost after {took:?}");
    assert!(took.as_secs() >= PING_SECS, "given up before a ping");
    assert_eq!(get(daemon, "/api/progress/job").body["progress"], 1);
    let revived = post(daemon, "/api/progress/job", r#"{"progress":2}"#);
    assert_eq!(revived.body["watchers"], 1, "only who is there is counted");
    wait_for(&mut present, r#""progress":2"#);
    // The present watcher, and who asks.
    assert_eq!(connections(daemon), 2);
    [worker, watcher]
}

// Defence: a socket without a sign of life since the last ping is gone at the next
// (`WebSocket::tick`).
#[test]
fn who_answers_no_ping_is_gone_by_the_next_and_its_task_is_lost() {
    // Beside this one: both take two intervals.
    let cut_off = start_in_own_network("cut_off");
    let daemon = Daemon::start_with(&["--lease", "1s"]);
    let [worker, watcher] = fall_silent(&daemon, Line::open, || {});
    assert_eq!(rest(worker.0), b"\x89\x00", "one ping and the end");
    let heard = rest(watcher.0);
    assert!(heard.windows(2).any(|two| two == b"\x89\x00"), "a ping");
    if let Some(mut child) = cut_off {
        let status = child.wait().expect("our child");
        assert!(status.success(), "who was cut off was not given up");
    }
}

/// How many watch the job.
fn watchers(daemon: &Daemon) -> u64 {
    let answer = post(daemon, "/api/progress/job", "{}");
    answer.body["watchers"].as_u64().expect("a count")
}

/// Half a second, by the daemon's own clock.
fn pass(daemon: &Daemon) {
    assert_eq!(get(daemon, "/api/progress/nothing?wait=0.5").status, 204);
}

/// Waits until the daemon counts so few watchers; how long that took.
fn wait_for_watchers(daemon: &Daemon, count: u64, mut meanwhile: impl FnMut()) -> Duration {
    let begun = Instant::now();
    while watchers(daemon) > count {
        assert!(begun.elapsed() < PATIENCE, "nobody is given up");
        meanwhile();
        pass(daemon);
    }
    begun.elapsed()
}

#[test]
#[ignore = "the one below starts it where it can lose an address"]
fn cut_off_listener() {
    let daemon = Daemon::start();
    let _listener = listen(connect_from_elsewhere(&daemon));
    assert_eq!(watchers(&daemon), 1);
    lose_elsewhere();
    let took = wait_for_watchers(&daemon, 0, || {});
    println!("the absent listener was given up after {took:?}");
}

// Defence: the kernel gives up a connection whose bytes nobody takes (`UNTAKEN_MS`), and every 15 s
// there are some.
#[test]
fn who_takes_no_comment_is_gone_and_who_takes_a_little_stays() {
    let cut_off = start_in_own_network("cut_off_listener");
    let daemon = Daemon::start();
    let (stuck, mut slow) = (
        listen(Line(daemon.connect())),
        listen(Line(daemon.connect())),
    );
    // Far more than both kernels buffer: neither is up to date for as long as this goes on.
    let mut step = 0;
    let mut flood = |times: u32| {
        for _ in 0..times {
            step += 1;
            let title = "x".repeat(15_000);
            let state = format!(r#"{{"step":{step},"title":"{title}"}}"#);
            assert_eq!(post(&daemon, "/api/progress/job", &state).status / 100, 2);
        }
    };
    flood(60);
    assert_eq!(watchers(&daemon), 2);
    let took = wait_for_watchers(&daemon, 1, || {
        slow.0.read_exact(&mut [0; 100_000]).expect("more to read");
        flood(10);
    });
    println!("the listener that takes nothing was given up after {took:?}");
    drop(stuck);
    assert_eq!(watchers(&daemon), 1, "the slow one is served");
    if let Some(mut child) = cut_off {
        let status = child.wait().expect("our child");
        assert!(status.success(), "who was cut off was not given up");
    }
}
