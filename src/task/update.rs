//! A state at one revision, encoded once for everybody.
//!
//! No extension is ever negotiated on a WebSocket here, so one frame is valid for every watcher:
//! the bytes are made once per change and shared, and a delivery copies nothing in user space. The
//! frame holds the JSON as its payload, so the HTTP body is a view into the same allocation.
//!
//! As an event the same JSON has other bytes right before it, so that is a second allocation, made
//! when the first watcher of that kind needs it. Its bytes lie together: like a frame, an event is
//! one piece for one `write`.

use std::cell::OnceCell;

use crate::wire::frame::{self, OpCode};

/// The most that a worker's fields may take, in bytes of JSON. What the daemon adds comes on top:
/// however long a state is, a watcher's cancel and the clock's verdict fit in.
pub const MAX_FIELDS: usize = 16 * 1024;

/// The most that the daemon adds, in bytes: id, revision, time, `cancel`, `stalled`, `lost`.
pub const MAX_ADDED: usize = 245;

/// One revision of a task's state as bytes.
#[derive(Debug)]
pub struct Update {
    rev: u64,
    terminal: bool,
    frame: Box<[u8]>,
    json_at: usize,
    event: OnceCell<Box<[u8]>>,
}

impl Update {
    /// Encodes `json` (one whole state) as revision `rev`; `terminal` if nothing follows it.
    pub fn new(rev: u64, terminal: bool, json: &[u8]) -> Update {
        let mut bytes = Vec::new();
        frame::encode(OpCode::Text, json, &mut bytes);
        let json_at = bytes.len() - json.len();
        Update {
            rev,
            terminal,
            frame: bytes.into(),
            json_at,
            event: OnceCell::new(),
        }
    }

    /// The revision, unique for all time within its task.
    pub fn rev(&self) -> u64 {
        self.rev
    }

    /// Whether the status is one of `completed`, `failed`, `cancelled`.
    pub fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// The state as JSON.
    pub fn json(&self) -> &[u8] {
        &self.frame[self.json_at..]
    }

    /// The state as one final, unmasked WebSocket text frame.
    pub fn frame(&self) -> &[u8] {
        &self.frame
    }

    /// The state as one Server-Sent Event, its revision as the id (HTML standard §9.2.6). JSON as
    /// we write it has no line ends, so it is one `data` line.
    pub fn event(&self) -> &[u8] {
        self.event.get_or_init(|| {
            let head = format!("id: {}\ndata: ", self.rev);
            [head.as_bytes(), self.json(), b"\n\n"].concat().into()
        })
    }
}
