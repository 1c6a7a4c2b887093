//! Where does the head end?
//!
//! A peer may send its head in one packet or one byte at a time, over seconds. Whoever looks for
//! the final empty line from the start on each arrival does quadratic work for a slow sender. A
//! [`Scan`] remembers where it stopped and what it had just seen, so that each byte is looked at
//! once, and every way of cutting the same bytes gives the same verdict at the same byte.
//!
//! It is also the only judge of line ends. A line ends with CR LF and with nothing else: a lone LF,
//! a lone CR, and a line that begins with a blank (once a continuation of the line before) are all
//! read differently by different servers, and so are refused before anybody reads a field.

use super::{HttpError, MAX_FIELDS};

/// Bytes of a request line, without its CR LF. RFC 9112 §3 recommends 8000 octets at least.
pub const MAX_REQUEST_LINE: usize = 8 * 1024;

/// Bytes of a whole head, from its first to the CR LF that ends it.
pub const MAX_HEAD: usize = 16 * 1024;

/// Bytes of empty lines before the request line. Old clients send one after a body they
/// miscounted (RFC 9112 §2.2); nobody sends five.
const MAX_LEADING: usize = 4 * b"\r\n".len();

/// A search for the end of one head: 6 bytes that stand for everything seen so far.
///
/// Invariant: `at` ≤ [`MAX_HEAD`], so a `u16` holds it; `line` ≤ `at`.
#[derive(Debug, Default)]
pub struct Scan {
    /// How many bytes have been looked at.
    at: u16,
    /// Where the request line began, after the empty lines before it.
    line: u16,
    /// Field lines begun.
    fields: u8,
    place: Place,
}

/// What the byte at hand belongs to.
#[derive(Clone, Copy, Debug, Default)]
enum Place {
    /// The start of a line, with no request line yet.
    #[default]
    Leading,
    /// After the CR of an empty line before the request line.
    LeadingCr,
    RequestLine,
    /// After the CR that ends the request line or a field line.
    LineCr,
    /// The start of a line after the request line.
    LineStart,
    FieldLine,
    /// After the CR of the empty line that ends the head.
    EndCr,
}

impl Scan {
    /// Looks at what is new in `bytes`: everything received of this head so far, from its first
    /// byte, growing from call to call.
    ///
    /// `Some(n)`: the head is the first `n` bytes, leading empty lines and final CR LF included,
    /// and the scan is fresh for the next head. `None`: more bytes are needed. An error repeats
    /// itself on every further call.
    ///
    /// # Errors
    ///
    /// 400 for a byte that no head can have at its place, 414 for a request line over
    /// [`MAX_REQUEST_LINE`], 431 for more than [`MAX_HEAD`] bytes or [`MAX_FIELDS`] fields; each
    /// as soon as the offending byte is seen.
    pub fn advance(&mut self, bytes: &[u8]) -> Result<Option<usize>, HttpError> {
        loop {
            self.skip_plain(bytes);
            let Some(&byte) = bytes.get(usize::from(self.at)) else {
                return Ok(None);
            };
            if usize::from(self.at) == MAX_HEAD {
                return Err(HttpError::head_too_large("The head is longer than 16 KiB."));
            }
            let end = matches!((self.place, byte), (Place::EndCr, b'\n'));
            self.place = self.step(byte)?;
            self.at += 1;
            if end {
                let head = usize::from(self.at);
                *self = Scan::default();
                return Ok(Some(head));
            }
        }
    }

    /// Most of a head is the inside of lines, where [`step`](Self::step) has a say on few bytes:
    /// the others are passed over here, as far as the line may reach. That makes a browser's
    /// handshake a third cheaper.
    fn skip_plain(&mut self, bytes: &[u8]) {
        let limit = match self.place {
            Place::RequestLine => usize::from(self.line) + MAX_REQUEST_LINE,
            Place::FieldLine => MAX_HEAD,
            _ => return,
        };
        let inside = bytes.get(usize::from(self.at)..limit.min(bytes.len()));
        let inside = inside.unwrap_or_default();
        // The limits are below 2¹⁶.
        self.at += plain_len(inside) as u16;
    }

    /// Where `byte` leads to. On an error nothing that matters has changed, so that the same byte
    /// gives the same error again.
    fn step(&mut self, byte: u8) -> Result<Place, HttpError> {
        match (self.place, byte) {
            (Place::LeadingCr, b'\n') => Ok(Place::Leading),
            (Place::LineCr, b'\n') => Ok(Place::LineStart),
            (Place::EndCr, b'\n') => Ok(Place::Leading),
            (Place::LeadingCr | Place::LineCr | Place::EndCr, _) => {
                Err(HttpError::bad_request("A CR stands without its LF."))
            }
            (_, b'\n') => Err(HttpError::bad_request(
                "A line ends with LF instead of CR LF.",
            )),
            (_, b'\0') => Err(HttpError::bad_request("The head contains a NUL byte.")),
            (Place::Leading, b'\r') => self.skip_leading(),
            (Place::Leading, _) => {
                self.line = self.at;
                Ok(Place::RequestLine)
            }
            (Place::RequestLine | Place::FieldLine, b'\r') => Ok(Place::LineCr),
            (Place::RequestLine, _) => self.extend_request_line(),
            (Place::LineStart, b'\r') => Ok(Place::EndCr),
            (Place::LineStart, b' ' | b'\t') => Err(HttpError::bad_request(
                "A field line is folded or begins with a blank.",
            )),
            (Place::LineStart, _) => self.begin_field(),
            (Place::FieldLine, _) => Ok(Place::FieldLine),
        }
    }

    fn skip_leading(&self) -> Result<Place, HttpError> {
        if usize::from(self.at) >= MAX_LEADING {
            return Err(HttpError::bad_request(
                "Too many empty lines before the request line.",
            ));
        }
        Ok(Place::LeadingCr)
    }

    fn extend_request_line(&self) -> Result<Place, HttpError> {
        if usize::from(self.at - self.line) >= MAX_REQUEST_LINE {
            return Err(HttpError::uri_too_long(
                "The request line is longer than 8 KiB.",
            ));
        }
        Ok(Place::RequestLine)
    }

    fn begin_field(&mut self) -> Result<Place, HttpError> {
        if usize::from(self.fields) >= MAX_FIELDS {
            return Err(HttpError::head_too_large(
                "The head has more than 100 fields.",
            ));
        }
        self.fields += 1;
        Ok(Place::FieldLine)
    }
}

/// How many bytes at the start [`Scan::step`] has no say on: it has on NUL, LF and CR. What else is
/// as low is rare, and only stops the skipping.
fn plain_len(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        if let Some(at) = first_low(*word) {
            return 8 * index + at;
        }
    }
    let low = rest.iter().position(|byte| *byte <= b'\r');
    8 * words.len() + low.unwrap_or(rest.len())
}

/// Where among eight bytes the first one is that is at most CR: subtracting CR and one from each
/// borrows into its high bit. It may into one above, too, which is not the first then.
fn first_low(word: [u8; 8]) -> Option<usize> {
    const EACH: u64 = u64::from_ne_bytes([1; 8]);
    let word = u64::from_le_bytes(word);
    let low = word.wrapping_sub(EACH * (b'\r' as u64 + 1)) & !word & (EACH * 0x80);
    (low != 0).then(|| low.trailing_zeros() as usize / 8)
}
