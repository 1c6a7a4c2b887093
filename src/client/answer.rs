//! Waiting for the head of an answer.

use std::io;
use std::time::{Duration, Instant};

use super::stream::Stream;
use super::{ClientError, Server};
use crate::wire::http::{Body, Extent, Fields, HttpError, ReplyHead, Scan};

/// Bytes asked of the socket at once.
const READ: usize = 64 * 1024;

/// A head that has arrived, and the connection behind it.
pub(super) struct Answer<'s> {
    server: &'s Server,
    stream: Stream,
    /// The head, and what came in the same breath.
    received: Vec<u8>,
    head_len: usize,
    deadline: Instant,
}

impl<'s> Answer<'s> {
    /// Waits for the head of the real answer; interim ones (RFC 9110 §15.2) are skipped. All of it
    /// has to come within `patience`.
    pub(super) fn wait(
        server: &'s Server,
        stream: Stream,
        patience: Duration,
    ) -> Result<Answer<'s>, ClientError> {
        let deadline = Instant::now() + patience;
        let mut answer = Answer {
            server,
            stream,
            received: Vec::new(),
            head_len: 0,
            deadline,
        };
        let mut scan = Scan::default();
        loop {
            let end = scan.advance(&answer.received);
            match end.map_err(|source| answer.not_http(source))? {
                None => answer.receive()?,
                Some(end) => {
                    answer.head_len = end;
                    if !answer.read_head(|head| head.is_interim())? {
                        return Ok(answer);
                    }
                    answer.received.drain(..end);
                }
            }
        }
    }

    /// Looks at the head.
    pub(super) fn read_head<T>(
        &self,
        look: impl FnOnce(&ReplyHead<'_>) -> T,
    ) -> Result<T, ClientError> {
        let mut fields = Fields::default();
        let bytes = self.received.get(..self.head_len).unwrap_or_default();
        let head = ReplyHead::parse(bytes, &mut fields).map_err(|source| self.not_http(source))?;
        Ok(look(&head))
    }

    /// How far the content reaches that answers a request with `method`.
    pub(super) fn extent(&self, method: &str) -> Result<Extent, ClientError> {
        self.read_head(|head| head.extent(method))?
            .map_err(|source| self.not_http(source))
    }

    /// Waits for all of the content, at most `limit` bytes.
    pub(super) fn content(mut self, method: &str, limit: usize) -> Result<Vec<u8>, ClientError> {
        let extent = self.extent(method)?;
        let mut body = Body::of_reply(extent, limit).map_err(|source| self.not_http(source))?;
        self.received.drain(..self.head_len);
        loop {
            body.read(&self.received)
                .map_err(|source| self.not_http(source))?;
            if body.is_complete() {
                return Ok(body.into_bytes());
            }
            self.received.clear();
            if let Err(error) = self.receive() {
                // For content that lasts until the server closes, this end is the good one.
                return body.close().map(|()| body.into_bytes()).map_err(|_| error);
            }
        }
    }

    /// The connection, and the bytes already read from behind the head.
    pub(super) fn into_rest(mut self) -> (Stream, Vec<u8>) {
        self.received.drain(..self.head_len);
        (self.stream, self.received)
    }

    pub(super) fn not_http(&self, source: HttpError) -> ClientError {
        ClientError::NotHttp {
            server: self.server.to_string(),
            source,
        }
    }

    fn receive(&mut self) -> Result<(), ClientError> {
        let mut room = [0; READ];
        match self.stream.read_before(self.deadline, &mut room) {
            Ok(0) => Err(self.server.broken(io::ErrorKind::UnexpectedEof.into())),
            Ok(count) => {
                self.received.extend(room.iter().take(count));
                Ok(())
            }
            Err(error) => Err(self.server.broken(error)),
        }
    }
}
