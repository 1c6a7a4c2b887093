//! Messages: what the frames were for (RFC 6455 §5.4).
//!
//! Most messages come in one frame, in one read, and then there is nothing to assemble: the payload
//! is unmasked where it lies and lent to the caller. Only a message in several frames, or one that
//! the read cut off, moves into a buffer of its own, and takes it along when it is complete. So a
//! peer that is between two messages costs eight bytes here, however long it stays.
//!
//! Three limits keep that buffer honest. The size of the *sum* of the frames is checked at each
//! header, before its payload. The frames are counted, the empty ones too, or a message could go
//! on for ever without growing. And the buffer grows with the bytes that came, never with those
//! that were announced: a header is fourteen bytes and can promise eight exabytes.

use std::borrow::Cow;

use super::close::{Close, CloseCode, Violation};
use super::frame::{Header, OpCode, Role};
use super::mask;
use super::utf8::Utf8;

/// What a peer said: lent from the input if it came whole, owned if it was assembled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message<'a> {
    /// Text.
    Text(Cow<'a, str>),
    /// Bytes.
    Binary(Cow<'a, [u8]>),
    /// A question to be answered with a pong of the same payload, 0–125 bytes.
    Ping(Cow<'a, [u8]>),
    /// An answer to a ping, or a sign of life nobody asked for, 0–125 bytes.
    Pong(Cow<'a, [u8]>),
    /// The end of all messages. What follows on the wire is to be ignored (RFC 6455 §5.5.1).
    Close(Close),
}

/// How much a peer may say at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest message, in bytes, all its frames together.
    pub message: usize,
    /// The most frames of a message, empty ones included; at least 1.
    pub fragments: u32,
}

/// What [`Assembler::next`] made of the input.
#[derive(Debug, PartialEq, Eq)]
pub struct Step<'a> {
    /// How many bytes of the input are done with. The others are as they were and must be offered
    /// again: at once if there is a message, with more bytes behind them if there is none.
    pub consumed: usize,
    /// The next message; `None` if its end has not come yet.
    pub message: Option<Message<'a>>,
}

/// Turns the bytes of one direction of one connection into messages.
///
/// ```
/// use doneyet::wire::frame::Role;
/// use doneyet::wire::message::{Assembler, Limits, Message};
///
/// let mut input = *b"\x01\x03Hel\x80\x02lo"; // RFC 6455 §5.7, as a client reads it
/// let limits = Limits { message: 4096, fragments: 64 };
/// let step = Assembler::default().next(&mut input, Role::Client, &limits).unwrap();
/// assert_eq!(step.message, Some(Message::Text("Hello".into())));
/// ```
#[derive(Debug, Default)]
pub struct Assembler(Option<Box<Unfinished>>);

impl Assembler {
    /// Whether we are between two messages, and nothing is stored.
    #[must_use]
    pub const fn is_idle(&self) -> bool {
        self.0.is_none()
    }

    /// Reads up to the end of the next message, or to the end of what can be used now.
    ///
    /// The input is the unconsumed tail of the last call and what has arrived since. While no
    /// message is complete, that tail is an unfinished header or control frame, at most 130 bytes;
    /// the payloads of data frames are consumed as they come, and unmasked in place.
    ///
    /// # Errors
    ///
    /// 1002 for a bad header, a continuation of nothing, a new message inside another and a bad
    /// Close; 1007 for text that is not UTF-8, at its first wrong byte; 1008 for too many frames
    /// and 1009 for too many bytes, at the header. The connection is then dead: close it and give
    /// up both the assembler and the input, neither has a meaning any more.
    pub fn next<'a>(
        &mut self,
        input: &'a mut [u8],
        role: Role,
        limits: &Limits,
    ) -> Result<Step<'a>, Violation> {
        let offered = input.len();
        let (message, rest) = self.read(input, role, limits)?;
        Ok(Step {
            consumed: offered - rest.len(),
            message,
        })
    }

    /// [`Assembler::next`], with the unconsumed bytes themselves instead of a count.
    fn read<'a>(
        &mut self,
        input: &'a mut [u8],
        role: Role,
        limits: &Limits,
    ) -> Result<(Option<Message<'a>>, &'a mut [u8]), Violation> {
        let mut rest = input;
        loop {
            rest = self.store(rest)?;
            if let Some(complete) = self.0.take_if(|unfinished| unfinished.is_complete()) {
                let message = decode(complete.opcode, Cow::Owned(complete.bytes))?;
                return Ok((Some(message), rest));
            }

            // Inside a frame's payload nothing is left of the input, hence no header either.
            let Some((header, header_len)) = Header::parse(rest, role)? else {
                return Ok((None, rest));
            };
            let len = self.admit(&header, limits)?;
            let is_here = rest.len() - header_len >= len;

            if is_here && header.is_whole_message() {
                let (frame, tail) = rest.split_at_mut(header_len + len);
                let payload = &mut frame[header_len..];
                unmask(payload, header.mask, 0);
                let message = decode(header.opcode, Cow::Borrowed(payload))?;
                return Ok((Some(message), tail));
            }
            if header.opcode.is_control() {
                return Ok((None, rest));
            }
            rest = &mut rest[header_len..];
            self.enter(&header, len);
        }
    }

    /// Stores what there is of the current frame's payload; returns what lies behind it.
    fn store<'a>(&mut self, input: &'a mut [u8]) -> Result<&'a mut [u8], Violation> {
        let Some(unfinished) = &mut self.0 else {
            return Ok(input);
        };
        let (piece, rest) = input.split_at_mut(unfinished.missing().min(input.len()));
        unfinished.append(piece)?;
        Ok(rest)
    }

    /// The length of the frame's payload in bytes, if the frame may come now and be this long.
    fn admit(&self, header: &Header, limits: &Limits) -> Result<usize, Violation> {
        let len = usize::try_from(header.len).map_err(|_| TOO_MANY_BYTES)?;
        let (frames, bytes) = match (header.opcode, &self.0) {
            // They belong to no message, and parsing the header has seen to their length.
            (OpCode::Close | OpCode::Ping | OpCode::Pong, _) => return Ok(len),
            (OpCode::Continuation, None) => return Err(NOTHING_TO_CONTINUE),
            (OpCode::Text | OpCode::Binary, Some(_)) => return Err(MESSAGE_IN_MESSAGE),
            (OpCode::Text | OpCode::Binary, None) => (0, 0),
            (OpCode::Continuation, Some(begun)) => (begun.frames, begun.bytes.len()),
        };
        if frames >= limits.fragments {
            return Err(TOO_MANY_FRAMES);
        }
        if len > limits.message.saturating_sub(bytes) {
            return Err(TOO_MANY_BYTES);
        }
        Ok(len)
    }

    /// Goes on in the payload of an admitted data frame, the first of its message or a later one.
    fn enter(&mut self, header: &Header, len: usize) {
        let unfinished = self
            .0
            .get_or_insert_with(|| Box::new(Unfinished::new(header.opcode)));
        unfinished.frames += 1;
        unfinished.frame = Frame {
            is_final: header.is_final,
            mask: header.mask,
            len,
            seen: 0,
        };
    }
}

const NOTHING_TO_CONTINUE: Violation = Violation::protocol("continuation of no message");
const MESSAGE_IN_MESSAGE: Violation = Violation::protocol("new message before the end of the last");
const TOO_MANY_FRAMES: Violation = Violation {
    code: CloseCode::POLICY,
    why: "message in too many fragments",
};
const TOO_MANY_BYTES: Violation = Violation {
    code: CloseCode::TOO_BIG,
    why: "message too big",
};

/// A message whose end has not come.
#[derive(Debug)]
struct Unfinished {
    /// The opcode of the first frame: it says what the whole message is.
    opcode: OpCode,
    /// The payloads so far, unmasked.
    bytes: Vec<u8>,
    /// Where the check of `bytes` stands, if they are text.
    utf8: Utf8,
    /// How many frames have begun.
    frames: u32,
    /// The last of them.
    frame: Frame,
}

/// Where we are in the payload of a frame. Invariant: `seen <= len`, both in bytes.
#[derive(Debug, Default)]
struct Frame {
    is_final: bool,
    mask: Option<[u8; 4]>,
    len: usize,
    seen: usize,
}

impl Unfinished {
    fn new(opcode: OpCode) -> Self {
        let (utf8, frame) = (Utf8::default(), Frame::default());
        Self {
            opcode,
            bytes: Vec::new(),
            utf8,
            frames: 0,
            frame,
        }
    }

    /// How much of the current frame's payload is still to come, in bytes.
    const fn missing(&self) -> usize {
        self.frame.len - self.frame.seen
    }

    const fn is_complete(&self) -> bool {
        self.frame.is_final && self.missing() == 0
    }

    /// Takes in the next piece of the current frame's payload, at most what is missing.
    fn append(&mut self, piece: &mut [u8]) -> Result<(), Violation> {
        unmask(piece, self.frame.mask, self.frame.seen);
        if self.opcode == OpCode::Text {
            self.utf8.push(piece).map_err(|_| Violation::NOT_UTF8)?;
        }
        self.bytes.extend_from_slice(piece);
        self.frame.seen += piece.len();
        Ok(())
    }
}

fn unmask(payload: &mut [u8], key: Option<[u8; 4]>, phase: usize) {
    if let Some(key) = key {
        mask::apply(payload, key, phase);
    }
}

/// The message of this kind with this payload, complete and unmasked.
fn decode(opcode: OpCode, payload: Cow<'_, [u8]>) -> Result<Message<'_>, Violation> {
    Ok(match opcode {
        OpCode::Text => Message::Text(text(payload)?),
        OpCode::Binary => Message::Binary(payload),
        OpCode::Ping => Message::Ping(payload),
        OpCode::Pong => Message::Pong(payload),
        OpCode::Close => Message::Close(Close::parse(&payload)?),
        OpCode::Continuation => return Err(NOTHING_TO_CONTINUE),
    })
}

/// For assembled text this is a second look, cheap beside the copy. It finds the one fault that
/// the first could not: a text that ends inside a character.
fn text(payload: Cow<'_, [u8]>) -> Result<Cow<'_, str>, Violation> {
    match payload {
        Cow::Borrowed(bytes) => str::from_utf8(bytes).map(Cow::Borrowed).ok(),
        Cow::Owned(bytes) => String::from_utf8(bytes).map(Cow::Owned).ok(),
    }
    .ok_or(Violation::NOT_UTF8)
}
