//! Content too large to hold, read piece by piece.

use std::io::{self, Read, Write as _};
use std::time::Instant;

use super::answer::Answer;
use super::request;
use super::stream::Stream;
use super::{ClientError, PATIENCE, Reply, Server};
use crate::wire::http::{Extent, Framing, HttpError};

/// Bytes of an error's content that are read for its explanation.
const MAX_EXPLANATION: usize = 64 * 1024;

/// The content of one answer on its way in. Dropping it hangs up.
///
/// Reading gives `UnexpectedEof` if the server closes before all that it announced has come, so
/// that a cut-off file is never taken for a whole one.
pub struct Download {
    stream: Stream,
    /// Content that came with the head.
    early: io::Cursor<Vec<u8>>,
    /// Bytes announced.
    len: u64,
    /// Bytes still to come.
    left: u64,
}

impl Download {
    /// Asks `server` for `route` and waits for the head of the answer.
    ///
    /// # Errors
    ///
    /// If the server does not answer, refuses, or does not say how long the content is: what has
    /// no end in sight has no progress.
    pub fn open(server: &Server, route: &str) -> Result<Download, ClientError> {
        let mut stream = server.connect()?;
        let request = request::encode(server, "GET", route, None);
        stream
            .write_all(&request)
            .map_err(|error| server.broken(error))?;
        let answer = Answer::wait(server, stream, PATIENCE)?;
        let status = answer.read_head(|head| head.status)?;
        if status != 200 {
            let body = answer.content("GET", MAX_EXPLANATION)?;
            return Err(ClientError::refused(server, &Reply { status, body }));
        }
        let Extent::Framed(Framing::Length(len)) = answer.extent("GET")? else {
            let source = HttpError::bad_request("The download has no Content-Length.");
            return Err(answer.not_http(source));
        };
        let (stream, early) = answer.into_rest();
        Ok(Download {
            stream,
            early: io::Cursor::new(early),
            len,
            left: len,
        })
    }

    /// How many bytes the server has announced in all.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether the content is empty from the start.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl Read for Download {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left)
            .unwrap_or(usize::MAX)
            .min(room.len());
        let room = room.get_mut(..most).unwrap_or_default();
        if room.is_empty() {
            return Ok(0);
        }
        let count = match self.early.read(room)? {
            0 => self.stream.read_before(Instant::now() + PATIENCE, room)?,
            count => count,
        };
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= count as u64;
        Ok(count)
    }
}
