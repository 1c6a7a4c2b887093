//! What waits to be written to one peer.
//!
//! Two kinds of bytes go out. *Updates* are shared: the same allocation hangs in thousands of
//! outboxes at once. *Replies* belong to one peer and are appended to the last chunk, so that
//! however many there are, one write takes them.
//!
//! An outbox does not grow with news: updates are put in only when they can be written
//! ([`crate::server`] takes them from the hub at that moment). It grows with the peer's own
//! requests, and [`Outbox::is_congested`] stops the reading of those.

use std::collections::VecDeque;
use std::io::{self, IoSlice, Write};
use std::rc::Rc;

/// Above this many bytes, no more is read from the peer until it has taken what it asked for.
pub const CONGESTED: usize = 64 * 1024;

/// Chunks handed to one vectored write; a `writev` of more gains nothing.
const MAX_SLICES: usize = 16;

#[derive(Debug)]
enum Chunk {
    Shared(Rc<[u8]>),
    Owned(Vec<u8>),
}

impl Chunk {
    fn bytes(&self) -> &[u8] {
        match self {
            Chunk::Shared(bytes) => bytes,
            Chunk::Owned(bytes) => bytes,
        }
    }
}

/// A queue of bytes, empty and unallocated for an idle peer.
#[derive(Debug, Default)]
pub struct Outbox {
    first: Option<Chunk>,
    /// Only with a first chunk in place. Boxed: an idle peer then carries 8 bytes for it, not 32.
    #[allow(clippy::box_collection)]
    rest: Option<Box<VecDeque<Chunk>>>,
    /// Bytes of the first chunk that have been written.
    written: usize,
    /// True exactly when the last write was short: the kernel then owes us a writable edge.
    blocked: bool,
}

impl Outbox {
    /// Queues bytes that other peers are sent too.
    pub fn push_shared(&mut self, bytes: Rc<[u8]>) {
        self.push(Chunk::Shared(bytes));
    }

    /// The buffer to append this peer's own bytes to. It goes out after all that is queued.
    pub fn reply(&mut self) -> &mut Vec<u8> {
        // A chunk is freed as a whole. One that is being written must not grow any more, or a peer
        // that always leaves a little unread would make us keep all that it ever read.
        let is_begun = self.rest.is_none() && self.written > 0;
        if is_begun || !matches!(self.last(), Some(Chunk::Owned(_))) {
            self.push(Chunk::Owned(Vec::new()));
        }
        match self.last() {
            Some(Chunk::Owned(bytes)) => bytes,
            _ => unreachable!("an owned chunk was just pushed"),
        }
    }

    /// Bytes queued and not written.
    pub fn len(&self) -> usize {
        self.chunks()
            .map(|chunk| chunk.bytes().len())
            .sum::<usize>()
            - self.written
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// Whether so much waits that the peer is not to ask for more.
    pub fn is_congested(&self) -> bool {
        // The common case is answered without a walk.
        self.first.is_some() && self.len() > CONGESTED
    }

    /// Whether the kernel's buffer is full.
    pub fn is_blocked(&self) -> bool {
        self.blocked
    }

    /// The kernel has said that there is room again.
    pub fn unblock(&mut self) {
        self.blocked = false;
    }

    /// Writes once, as much as the kernel takes.
    ///
    /// # Errors
    /// Whatever `socket` reports, except that it would block: that is no error but
    /// [`is_blocked`](Self::is_blocked).
    pub fn write_to(&mut self, socket: &mut impl Write) -> io::Result<()> {
        let (offered, result) = self.write_once(socket);
        match result {
            Ok(0) if offered > 0 => Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => {
                self.blocked = count < offered;
                self.advance(count);
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.blocked = true;
                Ok(())
            }
            // Neither blocked nor empty: the caller comes again.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn write_once(&self, socket: &mut impl Write) -> (usize, io::Result<usize>) {
        let Some(first) = &self.first else {
            return (0, Ok(0));
        };
        let first = &first.bytes()[self.written..];
        let Some(rest) = &self.rest else {
            return (first.len(), socket.write(first));
        };
        let mut slices = [IoSlice::new(&[]); MAX_SLICES];
        let mut offered = 0;
        let all = std::iter::once(first).chain(rest.iter().map(Chunk::bytes));
        for (slice, bytes) in slices.iter_mut().zip(all) {
            *slice = IoSlice::new(bytes);
            offered += bytes.len();
        }
        (offered, socket.write_vectored(&slices))
    }

    fn advance(&mut self, count: usize) {
        self.written += count;
        while let Some(first) = &self.first
            && self.written >= first.bytes().len()
        {
            self.written -= first.bytes().len();
            self.first = self.rest.as_mut().and_then(|rest| rest.pop_front());
            if self.rest.as_ref().is_some_and(|rest| rest.is_empty()) {
                self.rest = None;
            }
        }
    }

    fn push(&mut self, chunk: Chunk) {
        match (&self.first, &mut self.rest) {
            (None, _) => self.first = Some(chunk),
            (Some(_), Some(rest)) => rest.push_back(chunk),
            (Some(_), none) => *none = Some(Box::new(VecDeque::from([chunk]))),
        }
    }

    fn last(&mut self) -> Option<&mut Chunk> {
        match &mut self.rest {
            Some(rest) => rest.back_mut(),
            None => self.first.as_mut(),
        }
    }

    fn chunks(&self) -> impl Iterator<Item = &Chunk> {
        self.first
            .iter()
            .chain(self.rest.iter().flat_map(|rest| rest.iter()))
    }
}
