//! A reactor on a thread of its own, and what that thread costs.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use doneyet::server::config::Address;
use doneyet::server::{Config, Reactor};

/// The configuration of a daemon on a free loopback port.
pub(crate) fn config() -> Config {
    Config {
        listen: vec![Address::Tcp(SocketAddr::from(([127, 0, 0, 1], 0)))],
        ..Config::default()
    }
}

/// The TCP address that `reactor` was bound to.
pub(crate) fn address(reactor: &Reactor) -> SocketAddr {
    match reactor.addresses().expect("a bound address").first() {
        Some(Address::Tcp(address)) => *address,
        other => panic!("not bound to TCP but to {other:?}"),
    }
}

/// A daemon in this process. Dropping it stops it.
pub(crate) struct Daemon {
    pub(crate) address: SocketAddr,
    pub(crate) clock: ThreadClock,
    stop: Option<UnixStream>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Daemon {
    pub(crate) fn start() -> Daemon {
        let (stop, stopped) = UnixStream::pair().expect("a pair of sockets");
        let (started, start) = mpsc::channel();
        let thread = thread::spawn(move || {
            let mut reactor = Reactor::bind(&config(), stopped)?;
            let _ = started.send((address(&reactor), ThreadClock::of_this_thread()));
            reactor.run().map(drop)
        });
        let (address, clock) = start.recv().expect("a daemon that starts");
        Daemon {
            address,
            clock,
            stop: Some(stop),
            thread: Some(thread),
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.stop = None;
        let result = self.thread.take().map(JoinHandle::join);
        assert!(matches!(result, Some(Ok(Ok(())))), "the daemon ended badly");
    }
}

/// The processor time of one thread, as the kernel counts it (`/proc/PID/task/TID/schedstat`).
#[derive(Debug, Clone)]
pub(crate) struct ThreadClock(PathBuf);

impl ThreadClock {
    pub(crate) fn of_this_thread() -> ThreadClock {
        let name = fs::read_link("/proc/thread-self").expect("Linux's /proc");
        ThreadClock(PathBuf::from("/proc").join(name).join("schedstat"))
    }

    pub(crate) fn read(&self) -> Duration {
        let text = fs::read_to_string(&self.0).expect("a living thread");
        let nanos = text.split(' ').next().and_then(|field| field.parse().ok());
        Duration::from_nanos(nanos.expect("nanoseconds first"))
    }
}
