//! What an idle watcher costs in user memory, by the way in which it watches.
//!
//! For each way a daemon in a process of its own, thousands of watchers of one task, and the kernel's
//! word on the daemon's resident memory before and after (`RssAnon` in `/proc/PID/status`). Two
//! figures: right after each watcher has had its snapshot (or its poll is held), and after one update
//! more has gone out to all (and who polls has asked again).
//!
//! The kernel's own memory for a socket is not in it; nobody's program has a say in that.

mod harness;

use std::env;
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};

use doneyet::server::Reactor;
use harness::{Effort, daemon, peer};

/// This program is both ends: with this variable set it is the daemon.
const ROLE: &str = "DONEYET_IDLE_DAEMON";
/// The most that a watcher may cost, in bytes.
const BOUND: u64 = 512;

fn main() -> io::Result<()> {
    match env::var_os(ROLE) {
        Some(_) => serve(),
        None => measure(Effort::from_args()),
    }
}

/// The daemon: says where it listens, then serves until its standard input ends.
fn serve() -> io::Result<()> {
    let (stop, stopped) = UnixStream::pair()?;
    let mut reactor = Reactor::bind(&daemon::config(), stopped)?;
    println!("{}", daemon::address(&reactor));
    std::thread::spawn(move || {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        drop(stop);
    });
    reactor.run().map(drop)
}

/// How one watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    WebSocket,
    Events,
    LongPoll,
}

fn measure(effort: Effort) -> io::Result<()> {
    for way in [Way::WebSocket, Way::Events, Way::LongPoll] {
        measure_way(way, effort)?;
    }
    Ok(())
}

fn measure_way(way: Way, effort: Effort) -> io::Result<()> {
    let count: u64 = effort.choose(200, 15_000);
    let (mut child, address) = start()?;
    let mut worker = peer::open_websocket(address, "/ws/worker/bench");
    peer::send_text(&mut worker, r#"{"title":"idle","step":1}"#);
    // Whatever the first peers cost (buffers, tables), the others share.
    let mut watchers: Vec<_> = (0..100).map(|_| way.watch(address)).collect();

    let before = anonymous_bytes(child.id())?;
    watchers.extend((0..count).map(|_| way.watch(address)));
    let connected = anonymous_bytes(child.id())?;
    peer::send_text(&mut worker, r#"{"step":2}"#);
    for watcher in &mut watchers {
        let state = way.next_state(watcher);
        assert!(state.ends_with(b"\"step\":2,\"title\":\"idle\"}"));
    }
    // The answer to a request comes behind all that was sent before it.
    let answer = peer::get(address, "/healthz");
    assert!(answer.ends_with(b"}"));
    let updated = anonymous_bytes(child.id())?;

    let each = |bytes: u64| bytes.saturating_sub(before) / count;
    println!("{way:?}");
    println!("daemon of 100 watchers:       {before} bytes");
    println!("each of {count} more:          {} bytes", each(connected));
    println!("after one update to all:      {} bytes", each(updated));
    // Pages and allocations are too coarse for a verdict on a few.
    if effort == Effort::Measure {
        assert!(each(updated) <= BOUND, "more than {BOUND} bytes a watcher");
    }
    drop(child.stdin.take());
    drop(watchers);
    drop(worker);
    assert!(child.wait()?.success());
    Ok(())
}

fn start() -> io::Result<(Child, SocketAddr)> {
    let mut child = Command::new(env::current_exe()?)
        .env(ROLE, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    let output = child.stdout.take().expect("a pipe");
    BufReader::new(output).read_line(&mut line)?;
    let address = line.trim().parse().expect("the daemon's address");
    Ok((child, address))
}

impl Way {
    /// A watcher that has had its snapshot.
    fn watch(self, address: SocketAddr) -> TcpStream {
        let mut stream = match self {
            Way::WebSocket => peer::open_websocket(address, "/ws/progress/bench"),
            Way::Events => peer::open_events(address, "/sse/progress/bench"),
            Way::LongPoll => {
                let mut stream = TcpStream::connect(address).expect("a connection");
                peer::ask(&mut stream, "/api/progress/bench?since=0");
                stream
            }
        };
        let state = self.next_state(&mut stream);
        assert!(state.ends_with(b"\"step\":1,\"title\":\"idle\"}"));
        stream
    }

    /// The next state; who polls asks for the one after it at once.
    fn next_state(self, stream: &mut TcpStream) -> Vec<u8> {
        match self {
            Way::WebSocket => peer::read_text(stream),
            Way::Events => peer::read_event(stream),
            Way::LongPoll => {
                let state = peer::read_answer(stream);
                let rev = peer::rev(&state);
                peer::ask(stream, &format!("/api/progress/bench?since={rev}&wait=60"));
                state
            }
        }
    }
}

fn anonymous_bytes(pid: u32) -> io::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    Ok(kib.expect("a kernel that counts RssAnon") * 1024)
}
