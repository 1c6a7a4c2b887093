//! Who watches a task in one of the ways there are, as a browser would.

use std::time::Duration;

use super::events::{self, EventStream};
use super::replies::{Replies, Reply};
use super::socket::{self, Socket};
use super::witness::demand_completed;
use super::{Flaw, Flow, Heard, Ledger, Part, Witness};
use crate::client::Server;

/// A way to learn of a task's progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Asking again and again, at this interval.
    Polling(Duration),
    /// Asking once, and being answered when there is something new.
    LongPolling,
    /// Server-Sent Events.
    Events,
    /// A WebSocket.
    WebSocket,
}

/// What a browser's `fetch` says of itself and what it accepts, without cookies. So much goes with
/// each request, whatever it is for.
const BROWSER: [(&str, &str); 11] = [
    ("Connection", "keep-alive"),
    ("sec-ch-ua-platform", "\"Linux\""),
    (
        "User-Agent",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 \
         Safari/537.36",
    ),
    (
        "sec-ch-ua",
        "\"Chromium\";v=\"140\", \"Not=A?Brand\";v=\"24\"",
    ),
    ("sec-ch-ua-mobile", "?0"),
    ("Accept", "*/*"),
    ("Sec-Fetch-Site", "same-origin"),
    ("Sec-Fetch-Mode", "cors"),
    ("Sec-Fetch-Dest", "empty"),
    ("Accept-Encoding", "gzip, deflate, br, zstd"),
    ("Accept-Language", "en-GB,en;q=0.9"),
];

/// How long a long poll may be held, in seconds.
const HOLD_SECS: u32 = 30;

/// Watches one task, and believes nothing.
#[derive(Debug)]
pub struct Follower {
    /// Which of the books it keeps.
    ledger: usize,
    /// The length of its first request, until that is in the books.
    opening: Option<usize>,
    witness: Witness,
    line: Line,
}

#[derive(Debug)]
enum Line {
    Socket(Socket),
    Stream(EventStream),
    Polls(Polls),
}

impl Follower {
    /// Who watches `task` at `server` in this `way`, and keeps the books at `ledger`. The first request
    /// is appended to `out`.
    pub fn open(
        way: Way,
        server: &Server,
        task: &str,
        ledger: usize,
        out: &mut Vec<u8>,
    ) -> Follower {
        let before = out.len();
        let line = match way {
            Way::WebSocket => {
                let fields = BROWSER
                    .into_iter()
                    // The handshake has one of its own.
                    .filter(|(name, _)| *name != "Connection");
                let fields: Vec<_> = fields.collect();
                let route = format!("/ws/progress/{task}");
                Line::Socket(Socket::open_with(&fields, server, &route, out))
            }
            Way::Events => {
                let target = server.target(&format!("/sse/progress/{task}"));
                push_get(&server.host(), &target, None, out);
                Line::Stream(EventStream::new())
            }
            Way::Polling(_) | Way::LongPolling => {
                let mut polls = Polls {
                    host: server.host(),
                    target: server.target(&format!("/api/progress/{task}")),
                    is_long: way == Way::LongPolling,
                    is_asking: false,
                    replies: Replies::default(),
                };
                polls.ask(0, out);
                Line::Polls(polls)
            }
        };
        Follower {
            ledger,
            opening: Some(out.len() - before),
            witness: Witness::new(task),
            line,
        }
    }

    /// Asks once more, if this is who polls, has its last answer, and does not know of the end.
    pub fn poll(&mut self, out: &mut Vec<u8>, ledgers: &mut [Ledger]) {
        let Line::Polls(polls) = &mut self.line else {
            return;
        };
        let Some(ledger) = ledgers.get_mut(self.ledger) else {
            return;
        };
        if polls.is_asking || polls.is_long || ledger.is_last(self.witness.step()) {
            return;
        }
        let before = out.len();
        polls.ask(self.witness.rev(), out);
        ledger.requests += 1;
        ledger.sent += (out.len() - before) as u64;
    }
}

/// Requests, one at a time.
#[derive(Debug)]
struct Polls {
    host: String,
    target: String,
    is_long: bool,
    is_asking: bool,
    replies: Replies,
}

impl Polls {
    /// Asks for what is newer than `rev`.
    fn ask(&mut self, rev: u64, out: &mut Vec<u8>) {
        self.is_asking = true;
        if self.is_long {
            let target = format!("{}?since={rev}&wait={HOLD_SECS}", self.target);
            push_get(&self.host, &target, None, out);
        } else {
            // A browser revalidates by itself what it has of an address.
            let known = (rev > 0).then_some(rev);
            push_get(&self.host, &self.target, known, out);
        }
    }
}

/// Appends a GET; with `known`, only for a revision other than that.
fn push_get(host: &str, target: &str, known: Option<u64>, out: &mut Vec<u8>) {
    let mut head = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n");
    for (name, value) in BROWSER {
        head.extend([name, ": ", value, "\r\n"]);
    }
    if let Some(rev) = known {
        head += &format!("If-None-Match: \"{rev}\"\r\n");
    }
    out.extend_from_slice(head.as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// A watcher is told of `state`, which must be news.
fn tell(witness: &mut Witness, state: &[u8], ledger: &mut Ledger) -> Result<(), Flaw> {
    let (is_first, before) = (witness.rev() == 0, witness.step());
    let step = witness.examine(state)?;
    if ledger.is_last(step) {
        demand_completed(state)?;
    }
    ledger.ready += usize::from(is_first);
    ledger.note(before, step);
    Ok(())
}

impl Polls {
    fn hear(
        &mut self,
        input: &[u8],
        out: &mut Vec<u8>,
        witness: &mut Witness,
        ledger: &mut Ledger,
    ) -> Result<usize, Flaw> {
        let mut used = 0;
        loop {
            let rest = input.get(used..).unwrap_or_default();
            let (count, reply) = self.replies.next("GET", rest)?;
            used += count;
            match reply {
                Some(reply) => self.take(reply, out, witness, ledger)?,
                None if count == 0 => return Ok(used),
                None => {}
            }
        }
    }

    fn take(
        &mut self,
        reply: Reply,
        out: &mut Vec<u8>,
        witness: &mut Witness,
        ledger: &mut Ledger,
    ) -> Result<(), Flaw> {
        self.is_asking = false;
        match reply.status {
            204 | 304 => ledger.empty += 1,
            _ => tell(witness, &reply.success()?, ledger)?,
        }
        // Who has heard of the end has nothing more to ask.
        if self.is_long && !ledger.is_last(witness.step()) {
            self.ask(witness.rev(), out);
            ledger.requests += 1;
        }
        Ok(())
    }
}

impl Part for Follower {
    type Record = Vec<Ledger>;

    fn hear(
        &mut self,
        input: &mut [u8],
        out: &mut Vec<u8>,
        ledgers: &mut Vec<Ledger>,
    ) -> Result<Heard, Flaw> {
        let Some(ledger) = ledgers.get_mut(self.ledger) else {
            return Ok(Heard {
                used: input.len(),
                flow: Flow::Over,
            });
        };
        if let Some(len) = self.opening.take() {
            ledger.requests += 1;
            ledger.sent += len as u64;
        }
        let (witness, before) = (&mut self.witness, out.len());
        let used = match &mut self.line {
            Line::Socket(socket) => {
                let arrived = |arrival: socket::Arrival<'_>, _: &mut Vec<u8>| {
                    match arrival {
                        socket::Arrival::Text(state) => tell(witness, state.as_bytes(), ledger)?,
                        socket::Arrival::Ping => ledger.heartbeats += 1,
                        socket::Arrival::Open | socket::Arrival::Pong => {}
                    }
                    Ok(Flow::On)
                };
                socket.hear(input, out, arrived)?.used
            }
            Line::Stream(stream) => stream.hear(input, |arrival| {
                match arrival {
                    events::Arrival::Event(state) => tell(witness, state, ledger)?,
                    events::Arrival::Comment => ledger.heartbeats += 1,
                    events::Arrival::Open => {}
                }
                Ok(())
            })?,
            Line::Polls(polls) => polls.hear(input, out, witness, ledger)?,
        };
        ledger.received += used as u64;
        ledger.sent += (out.len() - before) as u64;
        let flow = Flow::On;
        Ok(Heard { used, flow })
    }
}
