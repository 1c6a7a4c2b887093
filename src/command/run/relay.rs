//! The command's output on its way to ours.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::thread;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::Event;
use super::keyboard::Attendance;
use super::overheard::{Bell, Overheard};
use super::query::Queries;
use crate::scrape::Stream;

/// What is read at once: what a pipe holds at most (Linux, pipe(7)).
const PIPE: usize = 64 * 1024;

/// More than may lie unread in a pipe or a terminal, in bytes.
const UNREAD: u64 = 2 * PIPE as u64;

const AT_ONCE: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 0,
};

/// How long a command has to end of SIGPIPE before its terminal goes.
const FAREWELL: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 500_000_000,
};

/// Where the output comes from.
pub(super) enum Source {
    Pipe(OwnedFd),
    /// The far side of a terminal, and whether somebody is there to answer what it is asked.
    Terminal(OwnedFd, Attendance),
}

/// A thread that passes one stream on.
#[derive(Clone)]
pub(super) struct Relay {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// Bytes read so far.
    read: AtomicU64,
    /// Whether there are bytes read and not yet written.
    is_writing: AtomicBool,
    is_over: AtomicBool,
}

impl Relay {
    /// Passes what comes from `source` on to our own stream, in the hearing of `reader`.
    pub(super) fn start(source: Source, reader: Eavesdropper) -> io::Result<Relay> {
        let ours = File::from(duplicate(reader.stream)?);
        let shared = Arc::new(Shared::default());
        let relay = Relay {
            shared: Arc::clone(&shared),
        };
        thread::spawn(move || {
            shared.pass(source, ours, &reader);
            shared.is_over.store(true, Ordering::SeqCst);
            let _ = reader.events.send(Event::Silent);
        });
        Ok(relay)
    }

    /// How much has come through, in bytes.
    pub(super) fn mark(&self) -> u64 {
        self.shared.read.load(Ordering::SeqCst)
    }

    /// Whether the stream is at its end, or nobody reads it any more.
    pub(super) fn is_over(&self) -> bool {
        self.shared.is_over.load(Ordering::SeqCst)
    }

    /// Whether some of what the command wrote before `mark` was taken may still be under way.
    ///
    /// At that moment a pipe's worth could lie unread. Once more than that has come, or the pipe
    /// was found empty and all of it is written, what follows comes from a process that the
    /// command has left behind.
    pub(super) fn owes(&self, mark: u64) -> bool {
        let shared = &self.shared;
        let since = shared.read.load(Ordering::SeqCst).saturating_sub(mark);
        !self.is_over() && shared.is_writing.load(Ordering::SeqCst) && since <= UNREAD
    }
}

impl Shared {
    fn pass(&self, source: Source, mut ours: File, reader: &Eavesdropper) {
        let (mut source, mut answers) = match source {
            Source::Pipe(end) => (File::from(end), None),
            Source::Terminal(end, attendance) => {
                (File::from(end), Some((Queries::default(), attendance)))
            }
        };
        let mut room = vec![0; PIPE];
        loop {
            let count = match source.read(&mut room) {
                Ok(0) => return,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                // EIO is how a terminal ends.
                Err(_) => return,
            };
            self.is_writing.store(true, Ordering::SeqCst);
            self.read.fetch_add(count as u64, Ordering::SeqCst);
            let bytes = room.get(..count).unwrap_or_default();
            // First the reader of the output, then the reader of its progress. If the former is
            // gone, closing our end tells the command so: by SIGPIPE, or EIO.
            if let Err(error) = write(&mut ours, bytes) {
                if answers.is_some() && error.kind() == io::ErrorKind::BrokenPipe {
                    let _ = reader.events.send(Event::Unread);
                    await_hang_up(&source);
                }
                return;
            }
            if let Some((queries, attendance)) = &mut answers {
                let typed = queries.read(bytes);
                if !attendance.load(Ordering::SeqCst) {
                    answer(&mut source, &typed);
                }
            }
            reader.listen(bytes);
            self.is_writing.store(false, Ordering::SeqCst);
        }
    }
}

/// Keeps what passes for the reader of progress, as much as is reasonable.
pub(super) struct Eavesdropper {
    stream: Stream,
    overheard: Arc<Overheard>,
    events: Sender<Event>,
}

impl Eavesdropper {
    /// Rings with an event.
    pub(super) fn new(
        stream: Stream,
        overheard: Arc<Overheard>,
        events: Sender<Event>,
    ) -> Eavesdropper {
        Eavesdropper {
            stream,
            overheard,
            events,
        }
    }

    fn listen(&self, bytes: &[u8]) {
        if self.overheard.put(self.stream, bytes) == Bell::Ring {
            // When nobody listens to events any more, the output still has its reader.
            let _ = self.events.send(Event::Overheard);
        }
    }
}

/// Types an answer, unless nobody has read the last ones: then more would only block us.
fn answer(terminal: &mut File, typed: &[u8]) {
    if !typed.is_empty() && has_room(&*terminal) {
        // Fails only if the terminal is gone.
        let _ = terminal.write_all(typed);
    }
}

/// Writes all of it, also to a stream that somebody has made non-blocking: the mode is shared by
/// all processes that have it.
fn write(stream: &mut File, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match stream.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                poll(&mut [PollFd::new(stream, PollFlags::OUT)], None)?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Whether writing would not wait.
pub(super) fn has_room(file: impl AsFd) -> bool {
    let count = poll(&mut [PollFd::new(&file, PollFlags::OUT)], Some(&AT_ONCE));
    // After an interruption it is better to try.
    count != Ok(0)
}

/// Waits until the command has let go of its terminal, for the time in which a signal ends those that
/// it can end.
fn await_hang_up(terminal: &File) {
    let _ = poll(
        &mut [PollFd::new(terminal, PollFlags::empty())],
        Some(&FAREWELL),
    );
}

/// Our own stream without the line buffer that the standard library puts before it.
fn duplicate(stream: Stream) -> io::Result<OwnedFd> {
    match stream {
        Stream::Out => io::stdout().as_fd().try_clone_to_owned(),
        Stream::Err => io::stderr().as_fd().try_clone_to_owned(),
    }
}
