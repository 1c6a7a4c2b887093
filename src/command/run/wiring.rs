//! What the command's output is connected to.
//!
//! A tool asks `isatty` before it draws a progress bar, and one that finds a pipe falls silent. So
//! it gets a terminal, a pseudo one with us at the other end. Two cases need care. Output that goes
//! to two places must not be mixed, hence a terminal for each. And what was led away from the screen
//! (`tar c . | ssh …`, `curl … > file`), or stands in the middle of a pipeline (`… | gzip | …`), is
//! not a display but the work itself: tools refuse to write an archive to a terminal, and colour or
//! break its lines, so that stream stays a pipe.

use std::fs::File;
use std::io::{self, IsTerminal as _};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};

/// What one of our own streams leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A terminal: somebody looks.
    Terminal,
    /// A regular file.
    File,
    /// What a shell makes of `|`.
    Pipe,
    /// A socket, a device; nothing.
    Other,
}

/// What our own streams lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Streams {
    /// Standard input.
    pub input: Place,
    /// Standard output.
    pub out: Place,
    /// Standard error; `None` if that is the same as standard output.
    pub err: Option<Place>,
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

    /// Terminals, as far as they do no harm.
    pub fn terminals(streams: Streams) -> Wiring {
        Wiring {
            out: match streams.carry_work() {
                true => Line::Pipe,
                false => Line::Terminal,
            },
            err: streams.err.map(|_| Line::Terminal),
            is_seated: streams.out == Place::Terminal,
        }
    }

    /// [`Wiring::terminals`] for the streams that we have ourselves.
    ///
    /// # Errors
    ///
    /// If one of them cannot be looked at.
    pub(super) fn of_our_streams() -> io::Result<Wiring> {
        Streams::ours().map(Wiring::terminals)
    }
}

impl Streams {
    fn ours() -> io::Result<Streams> {
        let (out, err) = (open(io::stdout())?, open(io::stderr())?);
        let identity = |file: &File| file.metadata().map(|is| (is.dev(), is.ino()));
        let is_shared = identity(&out)? == identity(&err)?;
        Ok(Streams {
            // One that is closed is none.
            input: open(io::stdin())
                .and_then(|input| place(&input))
                .unwrap_or(Place::Other),
            out: place(&out)?,
            err: (!is_shared).then(|| place(&err)).transpose()?,
        })
    }

    /// Whether the output is what the command was started for, and no display of how far it is.
    fn carry_work(self) -> bool {
        let Some(err) = self.err else {
            return false;
        };
        match self.out {
            Place::Terminal => false,
            Place::File => true,
            // At a person's terminal, or as a filter.
            Place::Pipe | Place::Other if err == Place::Terminal => true,
            Place::Pipe => matches!(self.input, Place::Pipe | Place::File),
            Place::Other => false,
        }
    }
}

fn open(stream: impl AsFd) -> io::Result<File> {
    Ok(File::from(stream.as_fd().try_clone_to_owned()?))
}

fn place(file: &File) -> io::Result<Place> {
    if file.is_terminal() {
        return Ok(Place::Terminal);
    }
    let kind = file.metadata()?.file_type();
    Ok(if kind.is_file() {
        Place::File
    } else if kind.is_fifo() {
        Place::Pipe
    } else {
        Place::Other
    })
}
