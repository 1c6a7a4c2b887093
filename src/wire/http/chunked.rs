//! Chunks (RFC 9112 §7.1), byte by byte.
//!
//! ```text
//! 4;name=value CR LF      size in hex, extensions nobody uses
//! Wiki CR LF              that many bytes
//! 0 CR LF                 the last chunk
//! Digest: x CR LF         trailers nobody uses
//! CR LF
//! ```
//!
//! Every lenience a chunk parser ever had has been used to smuggle a request: LF for CR LF, anything
//! at all for the CR LF after the data, a sign or `0x` before the size, a size that overflows. So
//! this is a state machine over single bytes, in which what is not allowed has no arrow. Extensions
//! and trailers are read, checked and dropped, each against a budget for the whole body: they cost
//! the sender nothing, and would otherwise have no end.

use super::HttpError;
use super::grammar::{is_blank, is_token_byte, is_value_byte};

/// Bytes of chunk extensions in one body, blanks before them included.
const MAX_EXTENSIONS: u16 = 4 * 1024;

/// Bytes after the last chunk's line: trailers, their line ends, the final CR LF.
const MAX_TRAILERS: u16 = 8 * 1024;

/// Hex digits of a chunk's size: as many as a `u64` has, so no sum of them can overflow.
const MAX_DIGITS: u8 = 16;

/// A chunked body being read.
#[derive(Debug)]
pub(super) struct Chunked {
    place: Place,
    /// What is left of [`MAX_EXTENSIONS`].
    extensions: u16,
    /// What is left of [`MAX_TRAILERS`].
    trailers: u16,
}

/// What the byte at hand belongs to. `size` is the size of the chunk announced.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// A chunk's size, of which so many digits have been read.
    Size {
        digits: u8,
        size: u64,
    },
    /// Blanks between the size and a semicolon.
    Gap {
        size: u64,
    },
    Extension {
        size: u64,
    },
    /// After the CR of a size line.
    SizeCr {
        size: u64,
    },
    /// Data, of which so many bytes are missing. Never zero.
    Data {
        missing: usize,
    },
    /// The CR after the data is due.
    DataEnd,
    DataCr,
    /// The start of a line after the last chunk.
    LineStart,
    TrailerName,
    TrailerValue,
    TrailerCr,
    /// After the CR of the empty line that ends it all.
    EndCr,
    Complete,
}

impl Place {
    /// Before the first digit of a size.
    const START: Place = Place::Size { digits: 0, size: 0 };
}

impl Chunked {
    pub(super) fn new() -> Chunked {
        Chunked {
            place: Place::START,
            extensions: MAX_EXTENSIONS,
            trailers: MAX_TRAILERS,
        }
    }

    /// Reads on, appends the data found to `content`, and returns how much of `input` belongs to
    /// this body; less than all of it only once the body is complete.
    ///
    /// # Errors
    ///
    /// 400 for a byte that may not stand where it stands, 413 when `content` would grow over
    /// `limit` bytes or the extensions over their budget, 431 for trailers over theirs.
    pub(super) fn read(
        &mut self,
        input: &[u8],
        content: &mut Vec<u8>,
        limit: usize,
    ) -> Result<usize, HttpError> {
        let mut rest = input;
        while let [byte, tail @ ..] = rest {
            match self.place {
                Place::Complete => break,
                Place::Data { missing } => {
                    let (data, tail) = rest.split_at(missing.min(rest.len()));
                    content.extend_from_slice(data);
                    self.place = after_data(missing - data.len());
                    rest = tail;
                }
                _ => {
                    self.charge()?;
                    self.place = step(self.place, *byte, content.len(), limit)?;
                    rest = tail;
                }
            }
        }
        Ok(input.len() - rest.len())
    }

    pub(super) fn is_complete(&self) -> bool {
        matches!(self.place, Place::Complete)
    }

    /// Takes the byte at hand from the budget its place has, if it has one.
    fn charge(&mut self) -> Result<(), HttpError> {
        match self.place {
            Place::Gap { .. } | Place::Extension { .. } => spend(
                &mut self.extensions,
                HttpError::too_large("The chunk extensions are longer than 4 KiB."),
            ),
            Place::LineStart
            | Place::TrailerName
            | Place::TrailerValue
            | Place::TrailerCr
            | Place::EndCr => spend(
                &mut self.trailers,
                HttpError::head_too_large("The trailers are longer than 8 KiB."),
            ),
            _ => Ok(()),
        }
    }
}

fn spend(budget: &mut u16, exhausted: HttpError) -> Result<(), HttpError> {
    *budget = budget.checked_sub(1).ok_or(exhausted)?;
    Ok(())
}

/// Where `byte` leads from `place`, with `len` bytes of the `limit` there already.
fn step(place: Place, byte: u8, len: usize, limit: usize) -> Result<Place, HttpError> {
    match (place, byte) {
        (Place::Size { digits, size }, _) if byte.is_ascii_hexdigit() => widen(digits, size, byte),
        (Place::Size { digits: 1.., size }, b'\r') => Ok(Place::SizeCr { size }),
        (Place::Size { digits: 1.., size }, b';') => Ok(Place::Extension { size }),
        (Place::Size { digits: 1.., size }, _) if is_blank(byte) => Ok(Place::Gap { size }),
        // RFC 9112 §7.1.1 has blanks only before a semicolon; "5 CR LF" is not in the grammar.
        (Place::Gap { size }, b';') => Ok(Place::Extension { size }),
        (Place::Gap { .. }, _) if is_blank(byte) => Ok(place),
        // A quoted string may contain neither CR nor LF, so that the line ends where it seems to
        // end, and quotes need not be understood.
        (Place::Extension { size }, b'\r') => Ok(Place::SizeCr { size }),
        (Place::Extension { .. }, _) if is_value_byte(byte) => Ok(place),
        (Place::SizeCr { size: 0 }, b'\n') => Ok(Place::LineStart),
        (Place::SizeCr { size }, b'\n') => admit(size, len, limit),
        (Place::DataEnd, b'\r') => Ok(Place::DataCr),
        (Place::DataCr, b'\n') => Ok(Place::START),
        (Place::LineStart, b'\r') => Ok(Place::EndCr),
        (Place::LineStart | Place::TrailerName, _) if is_token_byte(byte) => Ok(Place::TrailerName),
        (Place::TrailerName, b':') => Ok(Place::TrailerValue),
        (Place::TrailerValue, b'\r') => Ok(Place::TrailerCr),
        (Place::TrailerValue, _) if is_value_byte(byte) => Ok(place),
        (Place::TrailerCr, b'\n') => Ok(Place::LineStart),
        (Place::EndCr, b'\n') => Ok(Place::Complete),
        _ => Err(HttpError::bad_request("The chunked body is malformed.")),
    }
}

/// Appends a hex digit to the size.
fn widen(digits: u8, size: u64, digit: u8) -> Result<Place, HttpError> {
    let value = char::from(digit).to_digit(16).map(u64::from);
    match value.filter(|_| digits < MAX_DIGITS) {
        Some(value) => Ok(Place::Size {
            digits: digits + 1,
            size: size << 4 | value,
        }),
        None => Err(HttpError::bad_request(
            "A chunk's size has more than 16 digits.",
        )),
    }
}

/// Lets a chunk in if it fits as a whole, before a byte of it is kept.
fn admit(size: u64, len: usize, limit: usize) -> Result<Place, HttpError> {
    match usize::try_from(size) {
        Ok(missing) if missing <= limit.saturating_sub(len) => Ok(Place::Data { missing }),
        _ => Err(HttpError::too_long(limit)),
    }
}

fn after_data(missing: usize) -> Place {
    if missing == 0 {
        Place::DataEnd
    } else {
        Place::Data { missing }
    }
}
