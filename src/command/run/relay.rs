//! The command's output on its way to ours.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::Event;
use super::keyboard::Attendance;
use super::portion::{Portion, Share};
use super::query::Queries;
use crate::scrape::Stream;

/// What is read at once: what a pipe holds at most (Linux, pipe(7)).
const PIPE: usize = 64 * 1024;

/// More than may lie unread in a pipe or a terminal, in bytes.
const UNREAD: u64 = 2 * PIPE as u64;

/// Without new bytes for so long, a flood is over.
const QUIET: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 50_000_000,
};

const AT_ONCE: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 0,
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
    /// Passes what comes from `source` on to our own `stream`, and what can be read for progress to
    /// `events`.
    pub(super) fn start(
        stream: Stream,
        source: Source,
        events: Sender<Event>,
    ) -> io::Result<Relay> {
        let ours = File::from(duplicate(stream)?);
        let shared = Arc::new(Shared::default());
        let relay = Relay {
            shared: Arc::clone(&shared),
        };
        thread::spawn(move || {
            let mut reader = Eavesdropper {
                stream,
                portion: Portion::new(Instant::now()),
                events,
            };
            shared.pass(source, ours, &mut reader);
            reader.catch_up();
            shared.is_over.store(true, Ordering::SeqCst);
            let _ = reader.events.send(Event::Silent);
        });
        Ok(relay)
    }

    /// How much has come through, in bytes.
    pub(super) fn mark(&self) -> u64 {
        self.shared.read.load(Ordering::SeqCst)
    }

    /// Whether some of what the command wrote before `mark` was taken may still be under way.
    ///
    /// At that moment a pipe's worth could lie unread. Once more than that has come, or the pipe
    /// was found empty and all of it is written, what follows comes from a process that the
    /// command has left behind.
    pub(super) fn owes(&self, mark: u64) -> bool {
        let shared = &self.shared;
        let since = shared.read.load(Ordering::SeqCst).saturating_sub(mark);
        !shared.is_over.load(Ordering::SeqCst)
            && shared.is_writing.load(Ordering::SeqCst)
            && since <= UNREAD
    }
}

impl Shared {
    fn pass(&self, source: Source, mut ours: File, reader: &mut Eavesdropper) {
        let (mut source, mut answers) = match source {
            Source::Pipe(end) => (File::from(end), None),
            Source::Terminal(end, attendance) => {
                (File::from(end), Some((Queries::default(), attendance)))
            }
        };
        let mut room = vec![0; PIPE];
        loop {
            if reader.portion.is_behind() && !is_ready(&source, PollFlags::IN, QUIET) {
                reader.catch_up();
            }
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
            if write(&mut ours, bytes).is_err() {
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

/// Who reads what passes, as much as is reasonable.
struct Eavesdropper {
    stream: Stream,
    portion: Portion,
    events: Sender<Event>,
}

impl Eavesdropper {
    fn listen(&mut self, bytes: &[u8]) {
        match self.portion.take(bytes, Instant::now()) {
            Share::None => {}
            Share::Next(bytes) => self.tell(bytes.to_vec()),
            Share::AfterGap(bytes) => {
                let bytes = bytes.to_vec();
                self.tell_of_gap();
                self.tell(bytes);
            }
        }
    }

    fn catch_up(&mut self) {
        if let Some(bytes) = self.portion.catch_up() {
            self.tell_of_gap();
            self.tell(bytes);
        }
    }

    /// When nobody listens to events any more, the output still has its reader.
    fn tell(&self, bytes: Vec<u8>) {
        let _ = self.events.send(Event::Output(self.stream, bytes));
    }

    fn tell_of_gap(&self) {
        let _ = self.events.send(Event::Gap(self.stream));
    }
}

/// Types an answer, unless nobody has read the last ones: then more would only block us.
fn answer(terminal: &mut File, typed: &[u8]) {
    if !typed.is_empty() && is_ready(terminal, PollFlags::OUT, AT_ONCE) {
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

/// Whether reading (or writing) would not wait, now or within the time.
fn is_ready(file: &File, what: PollFlags, within: Timespec) -> bool {
    let count = poll(&mut [PollFd::new(file, what)], Some(&within));
    // After an interruption it is better to try.
    count != Ok(0)
}

/// Our own stream without the line buffer that the standard library puts before it.
fn duplicate(stream: Stream) -> io::Result<OwnedFd> {
    match stream {
        Stream::Out => io::stdout().as_fd().try_clone_to_owned(),
        Stream::Err => io::stderr().as_fd().try_clone_to_owned(),
    }
}
