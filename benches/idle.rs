//! What an idle watcher costs in user memory.
//!
//! A daemon in a process of its own, thousands of watchers of one task, and the kernel's word on
//! the daemon's resident memory before and after (`RssAnon` in `/proc/PID/status`). Two figures: right
//! after each watcher has had its snapshot, and after one update more has gone out to all.
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

fn measure(effort: Effort) -> io::Result<()> {
    let count: u64 = effort.choose(200, 15_000);
    let (mut child, address) = start()?;
    let mut worker = peer::open_websocket(address, "/ws/worker/bench");
    peer::send_text(&mut worker, r#"{"title":"idle","step":1}"#);
    // Whatever the first peers cost (buffers, tables), the others share.
    let mut watchers: Vec<_> = (0..100).map(|_| watch(address)).collect();

    let before = anonymous_bytes(child.id())?;
    watchers.extend((0..count).map(|_| watch(address)));
    let connected = anonymous_bytes(child.id())?;
    peer::send_text(&mut worker, r#"{"step":2}"#);
    for watcher in &mut watchers {
        let state = peer::read_text(watcher);
        assert!(state.ends_with(b"\"step\":2,\"title\":\"idle\"}"));
    }
    let updated = anonymous_bytes(child.id())?;

    let each = |bytes: u64| bytes.saturating_sub(before) / count;
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

/// A watcher that has had its snapshot.
fn watch(address: SocketAddr) -> TcpStream {
    let mut stream = peer::open_websocket(address, "/ws/progress/bench");
    let state = peer::read_text(&mut stream);
    assert!(state.ends_with(b"\"step\":1,\"title\":\"idle\"}"));
    stream
}

fn anonymous_bytes(pid: u32) -> io::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    Ok(kib.expect("a kernel that counts RssAnon") * 1024)
}
