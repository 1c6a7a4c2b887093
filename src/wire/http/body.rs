//! A message's content, collected.
//!
//! Fed with whatever arrives, a [`Body`] takes exactly its own bytes and leaves the rest, which is
//! the next message. It grows with what has come, never with what was announced: a peer that
//! promises a gigabyte and sends nothing has cost us nothing.

use super::chunked::Chunked;
use super::{Extent, Framing, HttpError};

/// Content on its way in.
///
/// Invariant: `content` never holds more than `limit` bytes.
#[derive(Debug)]
pub struct Body {
    content: Vec<u8>,
    limit: usize,
    rest: Rest,
}

/// What is still to come.
#[derive(Debug)]
enum Rest {
    Nothing,
    /// So many bytes. Never zero: that would be `Nothing`.
    Length(usize),
    Chunked(Chunked),
    UntilClose,
}

impl Body {
    /// Content framed as the head says, of at most `limit` bytes.
    ///
    /// # Errors
    ///
    /// 413 if the announced length is over the limit, before any of it was read.
    pub fn new(framing: Framing, limit: usize) -> Result<Body, HttpError> {
        let rest = match framing {
            Framing::None | Framing::Length(0) => Rest::Nothing,
            Framing::Length(length) => {
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                if length > limit {
                    return Err(HttpError::too_long(limit));
                }
                Rest::Length(length)
            }
            Framing::Chunked => Rest::Chunked(Chunked::new()),
        };
        Ok(Body {
            content: Vec::new(),
            limit,
            rest,
        })
    }

    /// The content of a reply, which may also last until the server closes (RFC 9112 §6.3, rule 8).
    ///
    /// # Errors
    ///
    /// As [`Body::new`].
    pub fn of_reply(extent: Extent, limit: usize) -> Result<Body, HttpError> {
        match extent {
            Extent::Framed(framing) => Body::new(framing, limit),
            Extent::UntilClose => Ok(Body {
                content: Vec::new(),
                limit,
                rest: Rest::UntilClose,
            }),
        }
    }

    /// Takes what belongs to this content from the front of `input` and returns how many bytes
    /// that was. Less than all of them only once the content is complete.
    ///
    /// # Errors
    ///
    /// 400 for malformed chunks, 413 for content over the limit, 431 for endless trailers.
    pub fn read(&mut self, input: &[u8]) -> Result<usize, HttpError> {
        let room = self.limit.saturating_sub(self.content.len());
        match &mut self.rest {
            Rest::Nothing => Ok(0),
            Rest::Length(missing) => {
                let data = input.get(..*missing).unwrap_or(input);
                self.content.extend_from_slice(data);
                *missing -= data.len();
                if *missing == 0 {
                    self.rest = Rest::Nothing;
                }
                Ok(data.len())
            }
            Rest::Chunked(chunked) => {
                let taken = chunked.read(input, &mut self.content, self.limit)?;
                if chunked.is_complete() {
                    self.rest = Rest::Nothing;
                }
                Ok(taken)
            }
            Rest::UntilClose if input.len() > room => Err(HttpError::too_long(self.limit)),
            Rest::UntilClose => {
                self.content.extend_from_slice(input);
                Ok(input.len())
            }
        }
    }

    /// Says that the peer has closed. Completes content that lasts until then.
    ///
    /// # Errors
    ///
    /// 400 if the peer had promised more (RFC 9112 §8): what came must not be taken for the whole.
    pub fn close(&mut self) -> Result<(), HttpError> {
        match self.rest {
            Rest::Nothing => Ok(()),
            Rest::UntilClose => {
                self.rest = Rest::Nothing;
                Ok(())
            }
            _ => Err(HttpError::bad_request(
                "The connection closed in the middle of a body.",
            )),
        }
    }

    /// Whether every byte of the content has come.
    pub fn is_complete(&self) -> bool {
        matches!(self.rest, Rest::Nothing)
    }

    /// The content read so far; all of it if [`is_complete`](Body::is_complete).
    pub fn into_bytes(self) -> Vec<u8> {
        self.content
    }
}
