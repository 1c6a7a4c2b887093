//! The command's output on its way to ours.

use std::fs::File;
use std::io::{self, Read, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Instant;

use super::Event;
use super::portion::{Portion, Share};
use crate::scrape::Stream;

/// What a pipe holds at most (Linux, pipe(7)), and so what is read at once.
const PIPE: usize = 64 * 1024;

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
    /// Passes `pipe` on to our own `stream`, and what can be read for progress to `events`.
    pub(super) fn start(
        stream: Stream,
        pipe: impl Read + Send + 'static,
        events: Sender<Event>,
    ) -> io::Result<Relay> {
        let ours = File::from(duplicate(stream)?);
        let shared = Arc::new(Shared::default());
        let relay = Relay {
            shared: Arc::clone(&shared),
        };
        thread::spawn(move || {
            shared.pass(stream, pipe, ours, &events);
            shared.is_over.store(true, Ordering::SeqCst);
            let _ = events.send(Event::Silent);
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
            && since <= PIPE as u64
    }
}

impl Shared {
    fn pass(&self, stream: Stream, mut pipe: impl Read, mut ours: File, events: &Sender<Event>) {
        let mut portion = Portion::new(Instant::now());
        let mut room = vec![0; PIPE];
        loop {
            let count = match pipe.read(&mut room) {
                Ok(0) => return,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => return,
            };
            self.is_writing.store(true, Ordering::SeqCst);
            self.read.fetch_add(count as u64, Ordering::SeqCst);
            let bytes = room.get(..count).unwrap_or_default();
            // First the reader of the output, then the reader of its progress. If the former is
            // gone, closing the pipe tells the command so, in its own way: by SIGPIPE.
            if ours.write_all(bytes).is_err() {
                return;
            }
            // When nobody listens to events any more, the output still has its reader.
            let _ = match portion.take(bytes, Instant::now()) {
                Share::None => Ok(()),
                Share::Next(bytes) => events.send(Event::Output(stream, bytes.to_vec())),
                Share::AfterGap(bytes) => events
                    .send(Event::Gap(stream))
                    .and_then(|()| events.send(Event::Output(stream, bytes.to_vec()))),
            };
            self.is_writing.store(false, Ordering::SeqCst);
        }
    }
}

/// Our own stream without the line buffer that the standard library puts before it.
fn duplicate(stream: Stream) -> io::Result<OwnedFd> {
    match stream {
        Stream::Out => io::stdout().as_fd().try_clone_to_owned(),
        Stream::Err => io::stderr().as_fd().try_clone_to_owned(),
    }
}
