//! What waits to be written to one peer.
//!
//! Two kinds of bytes go out. *Updates* are shared: the same allocation hangs in thousands of
//! outboxes at once. *Replies* belong to one peer and are appended to the last chunk, so that
//! however many there are, one write takes them.
//!
//! An outbox does not grow with news: updates are put in only when they can be written
//! ([`crate::server`] takes them from the hub at that moment), and so are the pieces of a list or a
//! file. There is one exception. When a subscription ends before its peer has taken the last state,
//! because the task is forgotten or starts over, that state is put in at once: it can be taken from
//! nowhere later. That grows only with what the peer itself asked for, like its replies, and
//! [`Outbox::is_congested`] stops the reading of its requests.

use std::collections::VecDeque;
use std::io::{self, IoSlice, Write};
use std::mem;
use std::rc::Rc;

use crate::task::Update;

/// Above this many bytes, no more is read from the peer until it has taken what it asked for.
pub const CONGESTED: usize = 64 * 1024;

/// Chunks handed to one vectored write: who watches all tasks may be behind on many small states.
const MAX_SLICES: usize = 64;

#[derive(Debug)]
enum Chunk {
    /// An update as a WebSocket frame.
    Frame(Rc<Update>),
    /// An update as a Server-Sent Event.
    Event(Rc<Update>),
    Static(&'static [u8]),
    Owned(Vec<u8>),
}

impl Chunk {
    fn bytes(&self) -> &[u8] {
        match self {
            Chunk::Frame(update) => update.frame(),
            Chunk::Event(update) => update.event(),
            Chunk::Static(bytes) => bytes,
            Chunk::Owned(bytes) => bytes,
        }
    }
}

/// A queue of bytes. An idle peer's is the size of one chunk, and owns no memory.
#[derive(Debug, Default)]
pub struct Outbox(State);

#[derive(Debug, Default)]
enum State {
    #[default]
    Empty,
    /// The common case: one chunk that has not been offered to the kernel yet.
    Fresh(Chunk),
    /// Several chunks, or a write that was short. Boxed, because it is rare.
    Queued(Box<Queue>),
}

/// Invariant: there is a first chunk, and not all of it has been written.
#[derive(Debug)]
struct Queue {
    chunks: VecDeque<Chunk>,
    /// Bytes of the first chunk that have been written.
    written: usize,
    /// Bytes of all chunks but the last. That one may still grow, and is asked itself.
    settled: usize,
    /// True exactly when the last write was short: the kernel then owes us a writable edge.
    blocked: bool,
}

impl Outbox {
    /// Queues an update as a WebSocket frame; its bytes stay where they are.
    pub fn push_frame(&mut self, update: Rc<Update>) {
        self.push(Chunk::Frame(update));
    }

    /// Queues an update as a Server-Sent Event; its bytes stay where they are.
    pub fn push_event(&mut self, update: Rc<Update>) {
        self.push(Chunk::Event(update));
    }

    /// Queues bytes that everybody is sent.
    pub fn push_static(&mut self, bytes: &'static [u8]) {
        self.push(Chunk::Static(bytes));
    }

    /// Queues bytes of this peer's own that are many enough to be no other chunk's end.
    pub fn push_owned(&mut self, bytes: Vec<u8>) {
        self.push(Chunk::Owned(bytes));
    }

    /// The buffer to append this peer's own bytes to. It goes out after all that is queued.
    pub fn reply(&mut self) -> &mut Vec<u8> {
        if self.tail().is_none() {
            self.push(Chunk::Owned(Vec::new()));
        }
        match self.tail() {
            Some(bytes) => bytes,
            None => unreachable!("an owned chunk was just pushed"),
        }
    }

    /// Bytes queued and not written.
    pub fn len(&self) -> usize {
        match &self.0 {
            State::Empty => 0,
            State::Fresh(chunk) => chunk.bytes().len(),
            State::Queued(queue) => queue.len(),
        }
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        matches!(self.0, State::Empty)
    }

    /// Whether so much waits that the peer is not to ask for more.
    pub fn is_congested(&self) -> bool {
        self.len() > CONGESTED
    }

    /// Whether the kernel's buffer is full.
    pub fn is_blocked(&self) -> bool {
        matches!(&self.0, State::Queued(queue) if queue.blocked)
    }

    /// The kernel has said that there is room again.
    pub fn unblock(&mut self) {
        if let State::Queued(queue) = &mut self.0 {
            queue.blocked = false;
        }
    }

    /// Writes once, as much as the kernel takes, and returns how many bytes these were.
    ///
    /// # Errors
    /// Whatever `socket` reports, except that it would block: that is no error but
    /// [`is_blocked`](Self::is_blocked).
    pub fn write_to(&mut self, socket: &mut impl Write) -> io::Result<usize> {
        let (offered, result) = match &self.0 {
            State::Empty => return Ok(0),
            State::Fresh(chunk) => (chunk.bytes().len(), socket.write(chunk.bytes())),
            State::Queued(queue) => queue.write_once(socket),
        };
        let written = match result {
            Ok(0) if offered > 0 => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            // Neither blocked nor empty: the caller comes again.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(0),
            Err(error) => return Err(error),
        };
        self.advance(written, offered);
        Ok(written)
    }

    /// The kernel took `written` bytes of the `offered`.
    fn advance(&mut self, written: usize, offered: usize) {
        let blocked = written < offered;
        match &mut self.0 {
            State::Queued(queue) => {
                queue.blocked = blocked;
                queue.advance(written);
                if queue.chunks.is_empty() {
                    self.0 = State::Empty;
                }
            }
            State::Fresh(_) if blocked => {
                let queue = self.queue();
                queue.written = written;
                queue.blocked = true;
            }
            State::Fresh(_) => self.0 = State::Empty,
            State::Empty => {}
        }
    }

    fn push(&mut self, chunk: Chunk) {
        match &self.0 {
            State::Empty => self.0 = State::Fresh(chunk),
            State::Fresh(_) | State::Queued(_) => self.queue().push(chunk),
        }
    }

    /// What waits, of which there is something, as a queue from now on.
    fn queue(&mut self) -> &mut Queue {
        self.0 = match mem::take(&mut self.0) {
            State::Fresh(first) => State::Queued(Box::new(Queue {
                chunks: VecDeque::from([first]),
                written: 0,
                settled: 0,
                blocked: false,
            })),
            other => other,
        };
        match &mut self.0 {
            State::Queued(queue) => queue,
            _ => unreachable!("nothing waits"),
        }
    }

    /// The buffer at the end, if it may grow. A chunk is freed as a whole, so one that is being
    /// written must not: a peer that always leaves a little unread would make us keep all that it
    /// ever read.
    fn tail(&mut self) -> Option<&mut Vec<u8>> {
        let last = match &mut self.0 {
            State::Fresh(chunk) => Some(chunk),
            State::Queued(queue) if queue.chunks.len() > 1 || queue.written == 0 => {
                queue.chunks.back_mut()
            }
            State::Queued(_) | State::Empty => None,
        };
        match last {
            Some(Chunk::Owned(bytes)) => Some(bytes),
            _ => None,
        }
    }
}

impl Queue {
    fn len(&self) -> usize {
        let last = self.chunks.back().map_or(0, |chunk| chunk.bytes().len());
        self.settled + last - self.written
    }

    fn push(&mut self, chunk: Chunk) {
        let last = self.chunks.back().map_or(0, |chunk| chunk.bytes().len());
        self.settled += last;
        self.chunks.push_back(chunk);
    }

    /// The bytes offered, and what the kernel said to them.
    fn write_once(&self, socket: &mut impl Write) -> (usize, io::Result<usize>) {
        let mut slices = [IoSlice::new(&[]); MAX_SLICES];
        let mut offered = 0;
        let mut skip = self.written;
        for (slice, chunk) in slices.iter_mut().zip(&self.chunks) {
            let bytes = &chunk.bytes()[mem::take(&mut skip)..];
            *slice = IoSlice::new(bytes);
            offered += bytes.len();
        }
        let used = self.chunks.len().min(MAX_SLICES);
        (offered, socket.write_vectored(&slices[..used]))
    }

    fn advance(&mut self, count: usize) {
        self.written += count;
        while let Some(first) = self.chunks.front()
            && self.written >= first.bytes().len()
        {
            let len = first.bytes().len();
            self.written -= len;
            self.chunks.pop_front();
            if !self.chunks.is_empty() {
                self.settled -= len;
            }
        }
    }
}
