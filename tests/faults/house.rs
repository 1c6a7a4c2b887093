//! What the daemon says of itself, and room for a crowd.

use std::io::{Read, Write};
use std::time::Instant;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::daemon::{Daemon, PATIENCE};

/// How many connections the daemon has, the one that asks included.
pub(crate) fn connections(daemon: &Daemon) -> u64 {
    let mut stream = daemon.connect();
    stream
        .write_all(b"GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n")
        .expect("the daemon reads");
    let mut page = String::new();
    stream.read_to_string(&mut page).expect("an answer");
    let gauges = page
        .lines()
        .filter_map(|line| line.strip_prefix("doneyet_connections{"));
    let values = gauges.map(|line| line.rsplit_once(' ').expect("a value").1);
    values
        .map(|value| value.parse::<u64>().expect("a count"))
        .sum()
}

/// Asks until the daemon has no connection but the one that asks, and no descriptor more than
/// `descriptors`: it learns of an end when the kernel tells it, not when we cause it.
pub(crate) fn wait_until_empty(daemon: &Daemon, descriptors: usize) {
    let begun = Instant::now();
    loop {
        let (left, open) = (connections(daemon), daemon.descriptors());
        // The one that asked may not be buried yet when its answer is here.
        if left == 1 && open <= descriptors {
            return;
        }
        assert!(
            begun.elapsed() < PATIENCE,
            "{left} connections, {open} descriptors"
        );
    }
}

/// Lets this process, and the daemons it starts, have as many descriptors as they may.
pub(crate) fn make_room() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    setrlimit(Resource::Nofile, raised).expect("a process may use what it has");
}
