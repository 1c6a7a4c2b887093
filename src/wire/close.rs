//! Saying goodbye: the code and the reason a Close frame carries, and the code each fault deserves.
//!
//! A close code is two bytes, but most of the 65,536 values must never be sent: some only exist
//! inside an implementation ("the connection broke"), most belong to nobody yet. [`CloseCode`] can
//! only hold the others, so what one end builds, the other end accepts.

use std::error::Error;
use std::fmt;
use std::str;

/// The longest reason, in bytes: a control frame's 125 less the two of the code (RFC 6455 §5.5).
pub const MAX_REASON: usize = 123;

/// A close code that may appear on the wire (RFC 6455 §7.4 and the IANA registry it founded).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CloseCode(u16);

impl CloseCode {
    /// The purpose of the connection is fulfilled.
    pub const NORMAL: Self = Self(1000);
    /// The server shuts down, or the browser leaves the page.
    pub const GOING_AWAY: Self = Self(1001);
    /// The peer broke a rule of the protocol.
    pub const PROTOCOL_ERROR: Self = Self(1002);
    /// A kind of data that this end does not take, binary where text is expected.
    pub const UNSUPPORTED: Self = Self(1003);
    /// The data contradict their kind: text that is not UTF-8.
    pub const INVALID_PAYLOAD: Self = Self(1007);
    /// The peer broke a rule of ours.
    pub const POLICY: Self = Self(1008);
    /// A message larger than this end takes.
    pub const TOO_BIG: Self = Self(1009);
    /// This end failed.
    pub const INTERNAL: Self = Self(1011);
    /// This end has too much to do (registered with IANA after the RFC).
    pub const TRY_AGAIN_LATER: Self = Self(1013);

    /// The code of this value: 1000–1003 and 1007–1014, which are registered, or 3000–4999, which
    /// libraries and applications choose. `None` for every other, they must not be sent.
    #[must_use]
    pub const fn new(value: u16) -> Option<Self> {
        match value {
            1000..=1003 | 1007..=1014 | 3000..=4999 => Some(Self(value)),
            _ => None,
        }
    }

    /// The number, as it is sent and logged.
    #[must_use]
    pub const fn value(self) -> u16 {
        self.0
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A rule the peer broke, with the code to tell it so. The connection cannot go on after it:
/// where the next frame would begin is no longer known (RFC 6455 §7.1.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Violation {
    /// What to close the connection with.
    pub code: CloseCode,
    /// Which rule, in plain words; short enough for the reason of a Close frame.
    pub why: &'static str,
}

impl Violation {
    /// A rule of the protocol itself: code 1002.
    #[must_use]
    pub const fn protocol(why: &'static str) -> Self {
        Self {
            code: CloseCode::PROTOCOL_ERROR,
            why,
        }
    }

    /// Text that is not UTF-8: code 1007 (RFC 6455 §8.1).
    pub const NOT_UTF8: Self = Self {
        code: CloseCode::INVALID_PAYLOAD,
        why: "text is not valid UTF-8",
    };
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.why, self.code)
    }
}

impl Error for Violation {}

/// What a Close frame says (RFC 6455 §5.5.1). The default says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Close {
    /// Why, for the program; `None` is a Close frame without a payload.
    pub code: Option<CloseCode>,
    /// Why, for whoever debugs; it cannot travel without a code.
    pub reason: String,
}

impl Close {
    /// Reads the unmasked payload of a Close frame.
    ///
    /// # Errors
    ///
    /// 1002 for half a code or one that must not be sent, 1007 for a reason that is not UTF-8.
    pub fn parse(payload: &[u8]) -> Result<Self, Violation> {
        let Some((&code, reason)) = payload.split_first_chunk::<2>() else {
            return match payload {
                [] => Ok(Self::default()),
                _ => Err(Violation::protocol("close payload of one byte")),
            };
        };
        let code = CloseCode::new(u16::from_be_bytes(code))
            .ok_or(Violation::protocol("close code that must not be sent"))?;
        let reason = str::from_utf8(reason).map_err(|_| Violation::NOT_UTF8)?;
        Ok(Self {
            code: Some(code),
            reason: reason.to_owned(),
        })
    }

    /// Appends the payload of a Close frame, at most 125 bytes, to `out`.
    ///
    /// A reason longer than [`MAX_REASON`] is cut between two characters. Without a code the payload
    /// is empty, and so is the reason: nothing on the wire tells a reason from a code.
    pub fn encode(&self, out: &mut Vec<u8>) {
        if let Some(code) = self.code {
            out.extend_from_slice(&code.value().to_be_bytes());
            out.extend_from_slice(cut(&self.reason, MAX_REASON).as_bytes());
        }
    }
}

impl From<Violation> for Close {
    fn from(violation: Violation) -> Self {
        Self {
            code: Some(violation.code),
            reason: violation.why.to_owned(),
        }
    }
}

/// As many whole characters of `text` as fit in `max` bytes.
fn cut(text: &str, max: usize) -> &str {
    let end = (0..=max.min(text.len()))
        .rev()
        .find(|&at| text.is_char_boundary(at));
    &text[..end.unwrap_or(0)]
}
