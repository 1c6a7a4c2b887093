//! Lines on standard error, which may be closed, full, or read by nobody.
//!
//! The descriptor belongs to whoever started the daemon and is shared with it: making it
//! non-blocking would change it for the others, too. So the kernel is asked first whether there is
//! room, and no more is written at once than a pipe with room takes whole (`PIPE_BUF`). What
//! finds no room is lost and counted: a log must not stop what it describes.

use std::io::{self, IsTerminal, Write};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::server::journal::Entry;
use crate::server::journal::line::{self, Format};

/// A pipe that poll(2) calls writable has room for this many bytes (pipe(7)).
const PIPE_BUF: usize = 4096;

/// Standard error, as the place for log lines.
#[derive(Debug)]
pub(super) struct Stderr {
    format: Format,
    lost_lines: u64,
}

impl Stderr {
    /// Lines in `format`, or in that for whoever seems to read them.
    pub(super) fn new(format: Option<Format>) -> Stderr {
        let likely = || match io::stderr().is_terminal() {
            true => Format::Text,
            false => Format::Json,
        };
        Stderr {
            format: format.unwrap_or_else(likely),
            lost_lines: 0,
        }
    }

    /// Lines that could not be written.
    pub(super) fn lost_lines(&self) -> u64 {
        self.lost_lines
    }

    /// Writes `entries`, in one write if they are not many.
    pub(super) fn write(&mut self, entries: &[Entry]) {
        let mut lines = String::new();
        let mut count = 0;
        for entry in entries {
            let start = lines.len();
            line::write(self.format, entry, &mut lines);
            if lines.len() > PIPE_BUF && start > 0 {
                let next = lines.split_off(start);
                self.write_lines(&lines, count);
                (lines, count) = (next, 0);
            }
            count += 1;
        }
        self.write_lines(&lines, count);
    }

    fn write_lines(&mut self, lines: &str, count: u64) {
        // `write_all` would go on after a short write, into a pipe that may be full by then.
        let written = has_room() && io::stderr().write(lines.as_bytes()).is_ok();
        if !written {
            self.lost_lines += count;
        }
    }
}

/// Whether a write would return at once, be it with an error.
fn has_room() -> bool {
    let stderr = io::stderr();
    let mut asked = [PollFd::new(&stderr, PollFlags::OUT)];
    let at_once = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    matches!(poll(&mut asked, Some(&at_once)), Ok(1..)) && asked[0].revents() == PollFlags::OUT
}
