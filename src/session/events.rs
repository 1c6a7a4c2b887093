//! A peer that listens to Server-Sent Events (HTML standard §9.2).
//!
//! The response has begun and never ends by itself: its content is events, until the task is
//! forgotten, until it has ended (`?until=end`), or until either side closes. The peer has nothing
//! more to say, so this is the smallest of the sessions.
//!
//! The content is delimited by the close of the connection (RFC 9112 §6.3, rule 8), not by chunks.
//! So an event is the same bytes for HTTP/1.1 and 1.0, shared by all who listen; and that a cut
//! connection looks like an end does no harm where both mean: ask again.

use crate::session::demand::{Notice, Until};
use crate::session::outbox::Outbox;
use crate::session::report::Reply;
use crate::session::{Flow, Outcome, Step, Wait};

/// The media type. The standard knows no other encoding, and clients that do not know the standard
/// guess another one for text.
pub(super) const EVENT_STREAM: &str = "text/event-stream; charset=utf-8";

/// What a stream begins with: in how many milliseconds to come back when it ends.
const RETRY: &[u8] = b"retry: 2000\n\n";

/// Nothing, said aloud: for the proxies on the way, and for the kernel to notice that nobody takes
/// it.
const COMMENT: &[u8] = b":\n\n";

/// A conversation in which only we speak.
#[derive(Debug)]
pub struct Events {
    until: Until,
    /// That a comment is to be waited for, until the broker has asked for it.
    new_wait: Option<Wait>,
    /// The answer that began the stream, until the broker has asked for it.
    new_reply: Option<Reply>,
}

impl Events {
    /// A stream whose head is queued, which `reply` was; writes what it says first.
    pub fn open(until: Until, reply: Option<Reply>, out: &mut Outbox) -> Events {
        out.push_static(RETRY);
        Events {
            until,
            new_wait: Some(Wait::Comment),
            new_reply: reply,
        }
    }

    /// When the stream ends.
    pub fn until(&self) -> Until {
        self.until
    }

    /// See [`Session::next`](crate::session::Session::next). The head said that the connection
    /// closes with this answer, so whatever comes now is no request.
    pub fn next(&mut self, input: &[u8]) -> Step {
        Step {
            consumed: input.len(),
            outcome: Outcome::Starved,
        }
    }

    /// See [`Session::notify`](crate::session::Session::notify).
    pub fn notify(&mut self, notice: Notice, out: &mut Outbox) -> Flow {
        match notice {
            Notice::State(update) => {
                let ends = self.until == Until::End && update.is_terminal();
                out.push_event(update);
                if ends { Flow::Over } else { Flow::On }
            }
            Notice::Forgotten(_) => Flow::Over,
            Notice::Cancel { .. } => Flow::On,
        }
    }

    /// See [`Session::tick`](crate::session::Session::tick): time for a comment, unless there is
    /// something to be taken already.
    pub fn tick(&mut self, out: &mut Outbox) {
        if out.is_empty() {
            out.push_static(COMMENT);
        }
        self.new_wait = Some(Wait::Comment);
    }

    /// See [`Session::new_wait`](crate::session::Session::new_wait).
    pub fn new_wait(&mut self) -> Option<Wait> {
        self.new_wait.take()
    }

    /// See [`Session::new_reply`](crate::session::Session::new_reply).
    pub fn new_reply(&mut self) -> Option<Reply> {
        self.new_reply.take()
    }
}
