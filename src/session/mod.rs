//! One peer's conversation: bytes to demands, notices to bytes.
//!
//! A session reads what its peer sent and turns it into [`Demand`]s on the daemon; it is
//! handed [`Answer`]s and [`Notice`]s and turns them into bytes in the peer's [`Outbox`]. It knows
//! no task and no socket, and what time it is only when told (a response is dated, a ticket
//! expires), so a conversation can be tested as a list of strings.
//!
//! Polling, watching, listening, working and echoing differ in six places and nowhere else:
//!
//! | verb | question |
//! |---|---|
//! | [`Session::next`] | what do these bytes ask for? |
//! | [`Session::answer`] | how is the answer to that written? |
//! | [`Session::notify`] | how is news of a task written? |
//! | [`Session::tick`] | the time this session had is over: what now? |
//! | [`Session::sign_of_life`] | the peer takes bytes again: what of it? |
//! | [`Session::farewell`] | how is the end said? |

pub mod access;
pub mod call;
mod consequence;
mod credentials;
pub mod demand;
pub mod events;
pub mod forwarded;
pub mod http;
pub mod keys;
pub mod list;
pub mod outbox;
pub mod publish;
mod query;
pub mod refuse;
pub mod report;
pub mod route;
pub mod tags;
pub mod toll;
pub mod vocabulary;
pub mod websocket;

pub use access::Access;
pub use demand::{Answer, Demand, Fault, Notice, Published};
pub use outbox::Outbox;

use crate::task::Now;
use demand::Until;
use events::Events;
use http::Http;
use keys::Permit;
use report::{Reply, Transport};
use toll::Toll;
use websocket::{Purpose, WebSocket};

/// A peer's conversation. A handshake, or the head of a stream, replaces one kind by another, by
/// value.
#[derive(Debug)]
pub enum Session {
    /// Requests and responses; boxed, because idle watchers are many and idle requests few.
    Http(Box<Http>),
    /// Server-Sent Events.
    Events(Events),
    /// Frames.
    WebSocket(WebSocket),
}

/// What came of some bytes.
#[derive(Debug)]
pub struct Step {
    /// How many bytes at the front of the input are done with.
    pub consumed: usize,
    /// What they were.
    pub outcome: Outcome,
}

/// What a peer's bytes amounted to.
#[derive(Debug)]
pub enum Outcome {
    /// More bytes are needed, or an answer that has not come yet.
    Starved,
    /// Something complete that the session has dealt with itself.
    Handled,
    /// Something that needs the daemon; to be followed by [`Session::answer`].
    Demand(Demand),
    /// Something that the session has refused itself: the code it said, and whether the
    /// conversation goes on.
    Refused(&'static str, Flow),
    /// The connection becomes a WebSocket from the next byte on.
    Upgrade(Purpose, Permit),
    /// The conversation is over; what the outbox holds is the end of it.
    Over,
}

/// What a session waits for, which decides for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// The rest of a request's head.
    Head,
    /// The rest of a request's content.
    Content,
    /// The next request on a connection kept alive.
    NextRequest,
    /// News, for as long as the peer has said.
    News {
        /// How long that is.
        ms: u32,
    },
    /// The next comment in a stream.
    Comment,
    /// The next ping, or the sign of life that answers it.
    Ping,
}

/// Whether the conversation goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// It does.
    On,
    /// What the outbox holds is the end of it.
    Over,
}

impl Session {
    /// Reads the next thing from `input`, which may be changed in place (frames are unmasked). What
    /// `toll` refuses is answered and not read.
    ///
    /// # Errors
    /// A [`Fault`] is for [`farewell`](Self::farewell): nothing more can be read from this peer.
    pub fn next(
        &mut self,
        input: &mut [u8],
        out: &mut Outbox,
        toll: &mut dyn Toll,
        now: Now,
    ) -> Result<Step, Fault> {
        match self {
            Session::Http(http) => http.next(input, out, toll, now),
            Session::Events(events) => Ok(events.next(input)),
            Session::WebSocket(socket) => socket.next(input, out, toll),
        }
    }

    /// Writes the answer to the last [`Demand`].
    pub fn answer(&mut self, answer: &Answer, out: &mut Outbox, now: Now) -> Flow {
        match self {
            Session::Http(http) => {
                let flow = http.answer(answer, out, now);
                if let (Answer::Stream(until), Flow::On) = (answer, flow) {
                    *self = Session::Events(Events::open(*until, http.new_reply(), out));
                }
                flow
            }
            // It demands nothing.
            Session::Events(_) => Flow::On,
            Session::WebSocket(socket) => socket.answer(answer, out),
        }
    }

    /// Writes news of a task.
    pub fn notify(&mut self, notice: Notice, out: &mut Outbox, now: Now) -> Flow {
        match self {
            Session::Http(http) => http.notify(notice, out, now),
            Session::Events(events) => events.notify(notice, out),
            Session::WebSocket(socket) => socket.notify(notice, out),
        }
    }

    /// The time for what [`new_wait`](Self::new_wait) named is over.
    ///
    /// # Errors
    /// The [`Fault`] to end with, if the peer had its chance.
    pub fn tick(&mut self, out: &mut Outbox, now: Now) -> Result<Flow, Fault> {
        match self {
            Session::Http(http) => http.tick(out, now),
            Session::Events(events) => {
                events.tick(out);
                Ok(Flow::On)
            }
            Session::WebSocket(socket) => socket.tick(out).map(|()| Flow::On),
        }
    }

    /// The peer has taken what it could not take before: somebody is there, if it says nothing.
    pub fn sign_of_life(&mut self) {
        match self {
            // A request has its time, whoever is there; an answer's time is counted in writes. Who
            // only listens is asked for no sign: the kernel says when nobody takes what we say.
            Session::Http(_) | Session::Events(_) => {}
            Session::WebSocket(socket) => socket.sign_of_life(),
        }
    }

    /// Writes the end of the conversation.
    pub fn farewell(&mut self, fault: &Fault, out: &mut Outbox, now: Now) {
        match self {
            Session::Http(http) => http.farewell(fault, out, now),
            // The end of the content is the end of the connection.
            Session::Events(_) => {}
            Session::WebSocket(socket) => socket.farewell(fault, out),
        }
    }

    /// What the session has begun to wait for since it was last asked. None while it is still the
    /// same thing: a head that comes byte by byte has no more time than one that comes at once.
    pub fn new_wait(&mut self) -> Option<Wait> {
        match self {
            Session::Http(http) => http.new_wait(),
            Session::Events(events) => events.new_wait(),
            // Traffic postpones no ping: a proxy in between counts the silence of each side.
            Session::WebSocket(_) => None,
        }
    }

    /// The request that was answered since this was last asked. None of the steps and answers
    /// above answers more than one.
    pub fn new_reply(&mut self) -> Option<Reply> {
        match self {
            Session::Http(http) => http.new_reply(),
            Session::Events(events) => events.new_reply(),
            Session::WebSocket(_) => None,
        }
    }

    /// What it speaks.
    pub fn transport(&self) -> Transport {
        match self {
            Session::Http(_) => Transport::Http,
            Session::Events(_) => Transport::Events,
            Session::WebSocket(_) => Transport::WebSocket,
        }
    }

    /// Whether the answer to its last demand has not come.
    pub fn awaits_answer(&self) -> bool {
        matches!(self, Session::Http(http) if http.awaits_answer())
    }

    /// Whether that is because it waits for news.
    pub fn is_held(&self) -> bool {
        matches!(self, Session::Http(http) if http.is_held())
    }

    /// What it asks again when there is news, instead of being told them.
    pub fn question(&self) -> Option<Demand> {
        match self {
            Session::Http(http) => http.question(),
            Session::Events(_) | Session::WebSocket(_) => None,
        }
    }

    /// Whether the connection itself shows that a worker is there.
    pub fn is_worker_socket(&self) -> bool {
        match self {
            Session::Http(_) | Session::Events(_) => false,
            Session::WebSocket(socket) => {
                matches!(socket.purpose(), Purpose::Work(_) | Purpose::WorkMany)
            }
        }
    }

    /// Whether it ends with the first terminal state.
    pub fn watches_until_end(&self) -> bool {
        match self {
            Session::Http(_) => false,
            Session::Events(events) => events.until() == Until::End,
            Session::WebSocket(socket) => matches!(socket.purpose(), Purpose::WatchUntilEnd(_)),
        }
    }
}
