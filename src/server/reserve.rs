//! One descriptor kept for the moment in which there is no other.
//!
//! When a process has all the descriptors it may have, `accept` fails and leaves the connection
//! where it is: at the head of the queue, unanswered, for as long as the shortage lasts. With a
//! spare descriptor to give up, it can be accepted, told the truth, and closed. Its client knows at
//! once, and the queue is empty, so that the loop can sleep.

use std::fs::File;
use std::io;

use rustix::io::Errno;

/// The spare descriptor.
#[derive(Debug)]
pub(super) struct Reserve(Option<File>);

impl Reserve {
    /// Sets one aside.
    pub(super) fn new() -> Reserve {
        Reserve(spare())
    }

    /// Lets `accept` have it, which is to close whatever it opens.
    pub(super) fn lend<T>(&mut self, accept: impl FnOnce() -> T) -> T {
        self.0 = None;
        let result = accept();
        self.0 = spare();
        result
    }
}

/// None if somebody was quicker: then the next shortage is waited out.
fn spare() -> Option<File> {
    File::open("/dev/null").ok()
}

/// Whether the process, or the machine, has run out of descriptors.
pub(super) fn is_exhaustion(error: &io::Error) -> bool {
    let shortages = [Errno::MFILE, Errno::NFILE];
    let code = error.raw_os_error();
    shortages.iter().any(|no| code == Some(no.raw_os_error()))
}
