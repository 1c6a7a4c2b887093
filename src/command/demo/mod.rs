//! `doneyet demo`: everything at once, to look at.
//!
//! Three parties that would live on three machines share a process here: the daemon, a server with
//! a large file, and a worker that downloads it. They talk over real sockets all the same. The file
//! server says on stderr what it sees, so that a cancel can be followed to its end: from a click in
//! the browser, through the daemon and the worker, to a transfer that breaks off.

mod fetch;
mod files;

use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::mpsc;
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::daemon::Daemon;
use super::options::{Arguments, Operands, Opt, Takes, Usage};
use super::{Failure, keys, serve, signals, values};
use crate::server::Address;
use fetch::Fetcher;
use files::FileServer;

const LISTEN: Opt = Opt {
    name: "listen",
    takes: Takes::One("ADDR:PORT"),
    help: "Where the daemon listens. Default: 127.0.0.1:8765, or another port if that is taken.",
};
const SIZE: Opt = Opt {
    name: "size-mb",
    takes: Takes::One("COUNT"),
    help: "Megabytes to download. Default: 200.",
};
const SECS: Opt = Opt {
    name: "secs",
    takes: Takes::One("TIME"),
    help: "How long the file server takes to send them. Default: 60.",
};

/// How it is called.
pub const USAGE: Usage = Usage {
    name: "demo",
    synopsis: "[options]",
    summary: "Daemon, dashboard and a real download to look at.",
    about: "Starts a daemon, a slow file server and a worker that downloads from it, all in this\n\
            process and on this machine. Open the address that is printed, cancel the download,\n\
            start it again, or watch it from another terminal. Ctrl-C ends all of it.",
    options: &[&[LISTEN, SIZE, SECS], &keys::OPTIONS],
    operands: Operands::None,
    examples: "doneyet demo\ndoneyet demo --size-mb 20 --secs 10",
};

/// Does it.
///
/// # Errors
///
/// If an option makes no sense, or a port cannot be had.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let (ended, end) = mpsc::channel();
    signals::listen(&[SIGINT, SIGTERM, SIGHUP], move |signal| {
        let _ = ended.send(signal);
    })?;
    let keys = keys::read(arguments)?;
    let daemon = match arguments.value(&LISTEN, tcp_address)? {
        Some(address) => {
            Daemon::listen(address, &keys).map_err(|error| cannot_listen(address, &error))?
        }
        None => Daemon::start(&keys)?,
    };
    let size = arguments
        .value(&SIZE, values::count)?
        .unwrap_or(200)
        .saturating_mul(1_000_000);
    let pace = arguments
        .value(&SECS, values::duration)?
        .unwrap_or(Duration::from_secs(60));

    let files = FileServer::bind(size, pace)?;
    let server = keys::enter(daemon.server(), arguments)?;
    let fetcher = Fetcher::new(server, files.address());
    files.serve(fetcher.clone());
    fetcher.start();
    eprintln!(
        "doneyet: open {}  (Ctrl-C ends the demo)",
        daemon.server().page().unwrap_or_default()
    );

    let signal = end.recv().unwrap_or(SIGINT);
    drop(daemon);
    Err(Failure::Exit(u8::try_from(128 + signal).unwrap_or(1)))
}

fn tcp_address(text: &str) -> Result<SocketAddr, &'static str> {
    match serve::address(text)? {
        Address::Tcp(address) => Ok(address),
        Address::Unix(_) => Err("a browser needs a port, like 127.0.0.1:8765"),
    }
}

fn cannot_listen(address: SocketAddr, error: &io::Error) -> Failure {
    Failure::Failed(format!("cannot listen on {address}: {error}"))
}
