//! A WebSocket as a member of a swarm has it: bytes in, messages out.

use std::borrow::Cow;

use super::{Flaw, Flow, Heard};
use crate::client::{Server, entropy};
use crate::wire::close::Close;
use crate::wire::frame::{self, OpCode, Role};
use crate::wire::handshake::Opening;
use crate::wire::http::{Fields, ReplyHead, Scan};
use crate::wire::message::{Assembler, Limits, Message};

/// What is taken from a server.
const LIMITS: Limits = Limits {
    message: 16 * 1024 * 1024,
    fragments: 1024,
};

/// First the handshake, then frames.
#[derive(Debug)]
pub(super) struct Socket {
    /// Sent, and its answer not yet here. Boxed, because it is gone soon.
    opening: Option<Box<(Opening, Scan)>>,
    assembler: Assembler,
}

/// What came.
#[derive(Debug)]
pub(super) enum Arrival<'b> {
    /// The handshake is done.
    Open,
    /// A text.
    Text(Cow<'b, str>),
    /// A ping, which has been answered.
    Ping,
    /// The answer to a ping.
    Pong,
}

impl Socket {
    /// A socket whose request for `route` is appended to `out`.
    pub(super) fn open(server: &Server, route: &str, out: &mut Vec<u8>) -> Socket {
        Socket::open_with(&[], server, route, out)
    }

    /// The same with more `fields` in the request.
    pub(super) fn open_with(
        fields: &[(&str, &str)],
        server: &Server,
        route: &str,
        out: &mut Vec<u8>,
    ) -> Socket {
        let opening = Opening::new(entropy::nonce());
        let authorization = server.authorization();
        let mut fields = fields.to_vec();
        fields.extend(
            authorization
                .iter()
                .map(|value| ("Authorization", value.as_str())),
        );
        opening.request(&server.host(), &server.target(route), &fields, out);
        Socket {
            opening: Some(Box::new((opening, Scan::default()))),
            assembler: Assembler::default(),
        }
    }

    /// Gives everything that is whole in `input` to `arrived`.
    pub(super) fn hear(
        &mut self,
        input: &mut [u8],
        out: &mut Vec<u8>,
        mut arrived: impl FnMut(Arrival<'_>, &mut Vec<u8>) -> Result<Flow, Flaw>,
    ) -> Result<Heard, Flaw> {
        let mut used = 0;
        loop {
            let rest = input.get_mut(used..).unwrap_or_default();
            let (count, arrival) = match &self.opening {
                Some(_) => self.shake_hands(rest)?,
                None => self.next(rest, out)?,
            };
            used += count;
            let flow = match arrival {
                Some(arrival) => arrived(arrival, out)?,
                None => Flow::On,
            };
            if count == 0 || flow == Flow::Over {
                return Ok(Heard { used, flow });
            }
        }
    }

    fn shake_hands<'b>(&mut self, input: &[u8]) -> Result<(usize, Option<Arrival<'b>>), Flaw> {
        let Some((opening, scan)) = self.opening.as_deref_mut() else {
            return Ok((0, None));
        };
        let Some(len) = scan.advance(input)? else {
            return Ok((0, None));
        };
        let mut fields = Fields::default();
        let head = ReplyHead::parse(input.get(..len).unwrap_or_default(), &mut fields)?;
        opening.verify(&head).map_err(Flaw::NotWebSocket)?;
        self.opening = None;
        Ok((len, Some(Arrival::Open)))
    }

    /// How many bytes are done with, and what they were unless that is the protocol's own business.
    fn next<'b>(
        &mut self,
        input: &'b mut [u8],
        out: &mut Vec<u8>,
    ) -> Result<(usize, Option<Arrival<'b>>), Flaw> {
        let step = self.assembler.next(input, Role::Client, &LIMITS)?;
        let arrival = match step.message {
            None => None,
            Some(Message::Text(text)) => Some(Arrival::Text(text)),
            Some(Message::Pong(_)) => Some(Arrival::Pong),
            Some(Message::Ping(payload)) => {
                frame::encode_masked(OpCode::Pong, &payload, entropy::mask_key(), out);
                Some(Arrival::Ping)
            }
            Some(Message::Binary(bytes)) => return Err(Flaw::wrong("a text was due", &bytes)),
            Some(Message::Close(Close { reason, .. })) => {
                return Err(Flaw::wrong("no farewell was due", reason.as_bytes()));
            }
        };
        Ok((step.consumed, arrival))
    }
}

/// Appends a text to `out`, as a client sends it.
pub(super) fn say(text: &str, out: &mut Vec<u8>) {
    frame::encode_masked(OpCode::Text, text.as_bytes(), entropy::mask_key(), out);
}

/// Appends a ping to `out`, whose pong says that all before it was read.
pub(super) fn ask(out: &mut Vec<u8>) {
    frame::encode_masked(OpCode::Ping, b"", entropy::mask_key(), out);
}
