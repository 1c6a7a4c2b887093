//! What the command's output is connected to.
//!
//! A tool asks `isatty` before it draws a progress bar, and one that finds a pipe falls silent. So
//! it gets a terminal, a pseudo one with us at the other end. Two cases need care. Output that goes
//! to two places must not be mixed, hence a terminal for each. And what a person has led away from
//! the screen (`tar c . | ssh …`, `curl … > file`) is not a display but the work itself: tools
//! refuse to write an archive to a terminal, or break its lines, so that stream stays a pipe.

use std::fs::File;
use std::io::{self, IsTerminal as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::MetadataExt as _;

/// What one of our own streams leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A terminal: somebody looks.
    Terminal,
    /// A regular file.
    File,
    /// A pipe, a socket, a device.
    Other,
}

/// What a stream of the command is connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// A pipe.
    Pipe,
    /// A pseudo-terminal of its own.
    Terminal,
}

/// How a command is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wiring {
    /// Its standard output.
    pub out: Line,
    /// Its error output; `None` if that is the same as its standard output.
    pub err: Option<Line>,
    /// Whether its output is on the screen of the person at our terminal. Then the keyboard belongs
    /// to it, too, and its terminal is one to sit at.
    pub is_seated: bool,
}

impl Wiring {
    /// Pipes: nothing that a tool could take for a terminal.
    pub const PIPES: Wiring = Wiring {
        out: Line::Pipe,
        err: Some(Line::Pipe),
        is_seated: false,
    };

    /// Terminals, as far as they do no harm. `is_shared` says that `out` and `err` are the same.
    pub fn terminals(out: Place, err: Place, is_shared: bool) -> Wiring {
        let is_seated = out == Place::Terminal;
        let is_led_away = out == Place::File || out == Place::Other && err == Place::Terminal;
        Wiring {
            out: if is_led_away && !is_shared {
                Line::Pipe
            } else {
                Line::Terminal
            },
            err: (!is_shared).then_some(Line::Terminal),
            is_seated,
        }
    }

    /// [`Wiring::terminals`] for the streams that we have ourselves.
    ///
    /// # Errors
    ///
    /// If one of them cannot be looked at.
    pub(super) fn of_our_streams() -> io::Result<Wiring> {
        let out = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        let err = File::from(io::stderr().as_fd().try_clone_to_owned()?);
        let identity = |file: &File| file.metadata().map(|is| (is.dev(), is.ino()));
        let is_shared = identity(&out)? == identity(&err)?;
        Ok(Wiring::terminals(place(&out)?, place(&err)?, is_shared))
    }
}

fn place(file: &File) -> io::Result<Place> {
    if file.is_terminal() {
        return Ok(Place::Terminal);
    }
    let kind = file.metadata()?.file_type();
    Ok(if kind.is_file() {
        Place::File
    } else {
        Place::Other
    })
}
