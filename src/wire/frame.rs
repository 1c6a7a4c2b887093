//! Frames: the envelopes in which messages travel (RFC 6455 §5.2).
//!
//! ```text
//!   byte 0             byte 1              then
//!  ┌───┬─────┬────────┬──────┬─────────┬─────────────────────┬──────────────┬─────────┐
//!  │FIN│RSV  │ opcode │ MASK │ length  │ longer length       │ masking key  │ payload │
//!  │ 1 │1 1 1│ 4 bits │ 1    │ 7 bits  │ 0, 2 or 8 bytes     │ 0 or 4 bytes │         │
//!  └───┴─────┴────────┴──────┴─────────┴─────────────────────┴──────────────┴─────────┘
//! ```
//!
//! Everything that can be wrong with a frame can be told from its header, so it is: [`Header::parse`]
//! refuses at the first byte that breaks a rule, before anyone stores a byte of the payload. What
//! comes after only has to count bytes.

use super::mask;

pub use super::close::{CloseCode, Violation};

/// The longest header, in bytes: two, eight of length, four of masking key.
pub const MAX_HEADER: usize = 14;

/// The longest payload of a control frame, in bytes (RFC 6455 §5.5).
pub const MAX_CONTROL: usize = 125;

const FINAL: u8 = 0x80;
const RESERVED: u8 = 0x70;
const OPCODE: u8 = 0x0f;
const MASKED: u8 = 0x80;
const LENGTH: u8 = 0x7f;

/// A short length of this value: the true one follows in two bytes.
const TWO_BYTES: u8 = 126;
/// A short length of this value: the true one follows in eight bytes.
const EIGHT_BYTES: u8 = 127;

/// What a frame is for (RFC 6455 §11.8); the numbers are those on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpCode {
    /// More of the message that an earlier frame began.
    Continuation = 0x0,
    /// A message of UTF-8 text, or its beginning.
    Text = 0x1,
    /// A message of bytes, or its beginning.
    Binary = 0x2,
    /// The sender is done, see [`Close`](super::close::Close).
    Close = 0x8,
    /// "Are you there?", to be answered with a Pong that carries the same payload.
    Ping = 0x9,
    /// "I am", asked for or not.
    Pong = 0xa,
}

impl OpCode {
    /// Whether frames of this kind may come between the fragments of a message. In return they are
    /// short and never fragmented themselves (RFC 6455 §5.5).
    #[must_use]
    pub const fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }

    const fn new(nibble: u8) -> Option<Self> {
        Some(match nibble {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xa => Self::Pong,
            _ => return None,
        })
    }
}

/// Which end of the connection we are while we read. It decides the one rule that is not the same
/// for both: what a client sends is masked, what a server sends is not (RFC 6455 §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// We read what a server sent: no frame may be masked.
    Client,
    /// We read what a client sent: every frame must be masked.
    Server,
}

/// All of a frame but its payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Whether the message ends with this frame.
    pub is_final: bool,
    /// What the frame is for.
    pub opcode: OpCode,
    /// The masking key, if the payload is masked.
    pub mask: Option<[u8; 4]>,
    /// The length of the payload in bytes, below 2⁶³.
    pub len: u64,
}

impl Header {
    /// Reads the header at the start of `bytes`; returns it with its own length in bytes, or
    /// `None` if more bytes are needed to tell.
    ///
    /// # Errors
    ///
    /// As soon as the byte is there that breaks a rule of RFC 6455 §5: a reserved bit or opcode, a
    /// masked frame from a server or an unmasked one from a client, a control frame in fragments
    /// or longer than [`MAX_CONTROL`], a length not in its shortest form or with its top bit set.
    pub fn parse(bytes: &[u8], role: Role) -> Result<Option<(Self, usize)>, Violation> {
        let Some((&first, bytes_after)) = bytes.split_first() else {
            return Ok(None);
        };
        let (is_final, opcode) = parse_first(first)?;

        let Some((&second, extension)) = bytes_after.split_first() else {
            return Ok(None);
        };
        check_second(second, opcode, role)?;

        let Some((len, width)) = parse_len(second & LENGTH, extension)? else {
            return Ok(None);
        };
        if second & MASKED == 0 {
            return Ok(Some((
                Self {
                    is_final,
                    opcode,
                    mask: None,
                    len,
                },
                2 + width,
            )));
        }
        let key = extension
            .get(width..)
            .and_then(|bytes| bytes.first_chunk::<4>());
        Ok(key.map(|&key| {
            (
                Self {
                    is_final,
                    opcode,
                    mask: Some(key),
                    len,
                },
                2 + width + 4,
            )
        }))
    }

    /// Whether the frame is a message by itself, not a fragment of one (RFC 6455 §5.4).
    #[must_use]
    pub fn is_whole_message(&self) -> bool {
        self.is_final && self.opcode != OpCode::Continuation
    }

    /// How many bytes [`Header::encode`] appends.
    #[must_use]
    pub const fn encoded_len(&self) -> usize {
        let extension = match self.len {
            0..=125 => 0,
            126..=0xffff => 2,
            _ => 8,
        };
        let key = if self.mask.is_some() { 4 } else { 0 };
        2 + extension + key
    }

    /// Appends the header to `out`, with its length in the shortest form.
    ///
    /// It writes what it is told, also a header that [`Header::parse`] would refuse; [`encode`] and
    /// [`encode_masked`] are the ways to send something.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let first = self.opcode as u8 | if self.is_final { FINAL } else { 0 };
        let masked = if self.mask.is_some() { MASKED } else { 0 };
        match self.len {
            short @ 0..=125 => out.extend_from_slice(&[first, masked | short as u8]),
            middle @ 126..=0xffff => {
                out.extend_from_slice(&[first, masked | TWO_BYTES]);
                out.extend_from_slice(&(middle as u16).to_be_bytes());
            }
            long => {
                out.extend_from_slice(&[first, masked | EIGHT_BYTES]);
                out.extend_from_slice(&long.to_be_bytes());
            }
        }
        if let Some(key) = self.mask {
            out.extend_from_slice(&key);
        }
    }
}

/// The first byte: FIN, three reserved bits that only an extension may use (we negotiate none),
/// and the opcode.
fn parse_first(byte: u8) -> Result<(bool, OpCode), Violation> {
    let is_final = byte & FINAL != 0;
    if byte & RESERVED != 0 {
        return Err(Violation::protocol("reserved bit set"));
    }
    let opcode = OpCode::new(byte & OPCODE).ok_or(Violation::protocol("reserved opcode"))?;
    if opcode.is_control() && !is_final {
        return Err(Violation::protocol("fragmented control frame"));
    }
    Ok((is_final, opcode))
}

/// The second byte: MASK and the short length, of which a control frame has no longer form.
fn check_second(byte: u8, opcode: OpCode, role: Role) -> Result<(), Violation> {
    match (role, byte & MASKED != 0) {
        (Role::Server, false) => return Err(Violation::protocol("unmasked frame from a client")),
        (Role::Client, true) => return Err(Violation::protocol("masked frame from a server")),
        (Role::Server, true) | (Role::Client, false) => {}
    }
    if opcode.is_control() && usize::from(byte & LENGTH) > MAX_CONTROL {
        return Err(Violation::protocol("control frame longer than 125 bytes"));
    }
    Ok(())
}

/// The length and the number of extension bytes that spell it.
///
/// One length, one spelling: a second one is a way to make two readers of the same bytes disagree.
fn parse_len(short: u8, extension: &[u8]) -> Result<Option<(u64, usize)>, Violation> {
    const NOT_SHORTEST: Violation = Violation::protocol("length not in its shortest form");
    match short {
        TWO_BYTES => {
            let len = extension
                .first_chunk()
                .map(|&bytes| u64::from(u16::from_be_bytes(bytes)));
            match len {
                Some(0..=125) => Err(NOT_SHORTEST),
                len => Ok(len.map(|len| (len, 2))),
            }
        }
        EIGHT_BYTES => {
            if extension.first().is_some_and(|&byte| byte >= 0x80) {
                return Err(Violation::protocol("length of 2^63 bytes or more"));
            }
            // Six zeros leave two bytes, whatever they are: that would have been the shorter form.
            if extension.starts_with(&[0; 6]) {
                return Err(NOT_SHORTEST);
            }
            Ok(extension
                .first_chunk()
                .map(|&bytes| (u64::from_be_bytes(bytes), 8)))
        }
        len => Ok(Some((u64::from(len), 0))),
    }
}

/// Appends a message in one unmasked frame to `out`, as a server sends it.
///
/// The payload of a control frame must not exceed [`MAX_CONTROL`].
///
/// ```
/// use doneyet::wire::frame::{self, OpCode};
///
/// let mut out = Vec::new();
/// frame::encode(OpCode::Text, b"Hello", &mut out);
/// assert_eq!(out, b"\x81\x05Hello"); // RFC 6455 §5.7
/// ```
pub fn encode(opcode: OpCode, payload: &[u8], out: &mut Vec<u8>) {
    encode_header(opcode, payload, None, out);
    out.extend_from_slice(payload);
}

/// Appends a message in one masked frame to `out`, as a client sends it.
///
/// `key` must be new for every frame, and nothing a script can foresee (RFC 6455 §5.3). The payload
/// of a control frame must not exceed [`MAX_CONTROL`].
pub fn encode_masked(opcode: OpCode, payload: &[u8], key: [u8; 4], out: &mut Vec<u8>) {
    encode_header(opcode, payload, Some(key), out);
    let start = out.len();
    out.extend_from_slice(payload);
    mask::apply(&mut out[start..], key, 0);
}

fn encode_header(opcode: OpCode, payload: &[u8], mask: Option<[u8; 4]>, out: &mut Vec<u8>) {
    debug_assert!(
        !opcode.is_control() || payload.len() <= MAX_CONTROL,
        "control frame too long"
    );
    let header = Header {
        is_final: true,
        opcode,
        mask,
        len: payload.len() as u64,
    };
    out.reserve(header.encoded_len() + payload.len());
    header.encode(out);
}
