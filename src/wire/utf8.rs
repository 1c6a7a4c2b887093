//! UTF-8, checked as it arrives.
//!
//! A text message may be cut anywhere, also in the middle of a character: by its sender into frames,
//! by the network into reads. Waiting for the end before looking would let a peer fill our buffer
//! with rubbish first, so each piece is checked when it comes, and the answer to a bad byte does
//! not depend on where the cuts fell (RFC 6455 §8.1).
//!
//! The standard library is the only authority here on what UTF-8 is. It tells "this byte can never
//! be right" from "this could still become a character", and the second case leaves at most three
//! bytes over. Those are all that has to be remembered between two pieces.

use std::error::Error;
use std::fmt;
use std::str;

/// A byte arrived that no UTF-8 text can have at its place, or the text ended inside a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidUtf8;

impl fmt::Display for InvalidUtf8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not valid UTF-8")
    }
}

impl Error for InvalidUtf8 {}

/// A UTF-8 text seen so far, of which only the character it broke off in is kept.
///
/// Invariant: `begun[..len]` is the beginning of a character and not a whole one; `len` is 0 to 3.
#[derive(Debug, Clone, Copy, Default)]
pub struct Utf8 {
    /// One byte longer than what is kept: the room in which a character is completed.
    begun: [u8; 4],
    len: u8,
}

impl Utf8 {
    /// Looks at the next piece of the text.
    ///
    /// # Errors
    ///
    /// At the first byte that cannot stand where it stands, even when more of its character is
    /// missing: `ED A0` is refused without waiting for the third byte of a surrogate, `F4 90`
    /// without the rest of a character beyond U+10FFFF, `C0` on its own. After an error the text is
    /// lost, and what further calls answer means nothing.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), InvalidUtf8> {
        let mut rest = bytes;
        while self.len > 0
            && let Some((&byte, tail)) = rest.split_first()
        {
            let len = usize::from(self.len);
            let mut longer = self.begun;
            longer[len] = byte;
            self.keep(broken_off(&longer[..=len])?);
            rest = tail;
        }
        if !rest.is_empty() {
            self.keep(broken_off(rest)?);
        }
        Ok(())
    }

    /// Ends the text.
    ///
    /// # Errors
    ///
    /// If it broke off inside a character.
    pub fn finish(self) -> Result<(), InvalidUtf8> {
        if self.len == 0 {
            Ok(())
        } else {
            Err(InvalidUtf8)
        }
    }

    fn keep(&mut self, begun: &[u8]) {
        self.len = 0;
        for (place, &byte) in self.begun.iter_mut().zip(begun) {
            *place = byte;
            self.len += 1;
        }
    }
}

/// The character that `bytes` breaks off in: its first one to three bytes, or none.
fn broken_off(bytes: &[u8]) -> Result<&[u8], InvalidUtf8> {
    match str::from_utf8(bytes) {
        Ok(_) => Ok(&[]),
        // No length of the error means: the input ended too early, nothing was wrong until then.
        Err(e) if e.error_len().is_none() => Ok(&bytes[e.valid_up_to()..]),
        Err(_) => Err(InvalidUtf8),
    }
}
