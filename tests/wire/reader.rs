//! A reader as a session is one, and the frames it is given, written by hand for either role.

use std::borrow::Cow;

use doneyet::wire::frame::{Header, MAX_CONTROL, MAX_HEADER, OpCode, Role};
use doneyet::wire::message::{Assembler, Limits, Message, Step};

use crate::{Cuts, Random};
use Sent::{Final, More};

pub(crate) const ROLES: [Role; 2] = [Role::Client, Role::Server];

/// The limits of most tests.
pub(crate) const LIMITS: Limits = Limits {
    message: 1000,
    fragments: 8,
};

/// As good as no limits.
pub(crate) const UNLIMITED: Limits = Limits {
    message: usize::MAX,
    fragments: u32::MAX,
};

/// A frame to be written down for either reader.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sent<'a> {
    Final(OpCode, &'a [u8]),
    More(OpCode, &'a [u8]),
}

/// The bytes of these frames as `role` reads them.
pub(crate) fn stream(frames: &[Sent<'_>], role: Role) -> Vec<u8> {
    let mut random = Random::new(6);
    let mut out = Vec::new();
    for frame in frames {
        let (is_final, opcode, payload) = match *frame {
            Final(opcode, payload) => (true, opcode, payload),
            More(opcode, payload) => (false, opcode, payload),
        };
        let mask = (role == Role::Server).then(|| random.key());
        Header {
            is_final,
            opcode,
            mask,
            len: payload.len() as u64,
        }
        .encode(&mut out);
        let key = mask.unwrap_or_default();
        out.extend(
            payload
                .iter()
                .zip(key.iter().cycle())
                .map(|(byte, key)| byte ^ key),
        );
    }
    out
}

/// All that a reader learns from a stream.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) messages: Vec<Message<'static>>,
    pub(crate) end: End,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Nothing is stored; so many bytes wait for the rest of their frame.
    Idle { unconsumed: usize },
    /// In the middle of a message.
    Unfinished { unconsumed: usize },
    /// Refused with this close code.
    Refused(u16),
}

pub(crate) const CLEAN: End = End::Idle { unconsumed: 0 };

/// Reads as a session does: offers what is left and what has come, takes messages until none is.
pub(crate) fn hear(stream: &[u8], cuts: Cuts, role: Role, limits: &Limits) -> Heard {
    let mut assembler = Assembler::default();
    let mut inbox = Vec::new();
    let mut messages = Vec::new();
    for piece in cuts.pieces(stream) {
        inbox.extend_from_slice(piece);
        loop {
            let before = inbox.clone();
            let (consumed, message) = match assembler.next(&mut inbox, role, limits) {
                Ok(Step { consumed, message }) => (consumed, message.map(owned)),
                Err(violation) => {
                    return Heard {
                        messages,
                        end: End::Refused(violation.code.value()),
                    };
                }
            };
            assert_eq!(
                inbox[consumed..],
                before[consumed..],
                "unconsumed bytes were touched"
            );
            inbox.drain(..consumed);
            let Some(message) = message else { break };
            messages.push(message);
        }
        assert!(
            inbox.len() < MAX_HEADER + MAX_CONTROL,
            "{} bytes unconsumed",
            inbox.len()
        );
    }
    let unconsumed = inbox.len();
    let end = if assembler.is_idle() {
        End::Idle { unconsumed }
    } else {
        End::Unfinished { unconsumed }
    };
    Heard { messages, end }
}

fn owned(message: Message<'_>) -> Message<'static> {
    let bytes = |payload: Cow<'_, [u8]>| Cow::Owned(payload.into_owned());
    match message {
        Message::Text(text) => Message::Text(Cow::Owned(text.into_owned())),
        Message::Binary(payload) => Message::Binary(bytes(payload)),
        Message::Ping(payload) => Message::Ping(bytes(payload)),
        Message::Pong(payload) => Message::Pong(bytes(payload)),
        Message::Close(close) => Message::Close(close),
    }
}

pub(crate) fn text(text: &str) -> Message<'static> {
    Message::Text(Cow::Owned(text.to_owned()))
}

pub(crate) fn binary(bytes: &[u8]) -> Message<'static> {
    Message::Binary(Cow::Owned(bytes.to_vec()))
}

pub(crate) fn ping(bytes: &[u8]) -> Message<'static> {
    Message::Ping(Cow::Owned(bytes.to_vec()))
}

pub(crate) fn pong(bytes: &[u8]) -> Message<'static> {
    Message::Pong(Cow::Owned(bytes.to_vec()))
}
