//! Answers of HTTP, one behind the other on one connection.

use super::Flaw;
use crate::wire::http::{Body, Fields, ReplyHead, Scan};

/// Bytes of an answer at most.
const MAX_CONTENT: usize = 64 * 1024;

/// An answer that has come whole.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) content: Vec<u8>,
}

impl Reply {
    /// The content, if the answer was a good one.
    pub(super) fn success(self) -> Result<Vec<u8>, Flaw> {
        match self.status {
            200..=299 => Ok(self.content),
            status => Err(Flaw::Status(status)),
        }
    }
}

/// Reads them. An answer's head and its content are two steps.
#[derive(Debug, Default)]
pub(super) struct Replies {
    scan: Scan,
    begun: Option<(u16, Body)>,
}

impl Replies {
    /// Reads a piece from the front of `input`; how many bytes that was, and the answer that is now
    /// whole. Neither means that more has to come.
    pub(super) fn next(
        &mut self,
        method: &str,
        input: &[u8],
    ) -> Result<(usize, Option<Reply>), Flaw> {
        let Some((_, body)) = &mut self.begun else {
            let Some(len) = self.scan.advance(input)? else {
                return Ok((0, None));
            };
            let head = input.get(..len).unwrap_or_default();
            self.begun = Some(content_behind(head, method)?);
            return Ok((len, None));
        };
        let used = body.read(input)?;
        let whole = self.begun.take_if(|(_, body)| body.is_complete());
        let reply = whole.map(|(status, body)| Reply {
            status,
            content: body.into_bytes(),
        });
        Ok((used, reply))
    }
}

/// The status of an answer, and what follows its `head`.
fn content_behind(head: &[u8], method: &str) -> Result<(u16, Body), Flaw> {
    let mut fields = Fields::default();
    let head = ReplyHead::parse(head, &mut fields)?;
    let body = Body::of_reply(head.extent(method)?, MAX_CONTENT)?;
    Ok((head.status, body))
}
