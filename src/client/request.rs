//! One question, one answer.

use std::io::Write as _;
use std::time::Duration;

use serde_json::Value;

use super::answer::Answer;
use super::{ClientError, PATIENCE, Server};

/// Bytes of content taken at most. Ten thousand tasks of a usual size are two megabytes.
const MAX_CONTENT: usize = 256 * 1024 * 1024;

/// An answer, with any status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// 200–599, if the server is sane.
    pub status: u16,
    /// The content.
    pub body: Vec<u8>,
}

impl Reply {
    /// The content as JSON; `null` if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The reply itself if it is a success (RFC 9110 §15.3), otherwise the refusal that it is.
    ///
    /// # Errors
    ///
    /// [`ClientError::Refused`].
    pub fn success(self, server: &Server) -> Result<Reply, ClientError> {
        match self.status {
            200..=299 => Ok(self),
            _ => Err(ClientError::refused(server, &self)),
        }
    }
}

/// Asks `server` for `route` (with its query, percent-encoded) and waits for all of the answer,
/// [`PATIENCE`] long. The body, if any, is sent as JSON.
///
/// # Errors
///
/// If no complete answer came. An answer that says no is an answer, see [`Reply::success`].
pub fn request(
    server: &Server,
    method: &str,
    route: &str,
    body: Option<&[u8]>,
) -> Result<Reply, ClientError> {
    request_within(server, method, route, body, PATIENCE)
}

/// [`request`] for somebody who waits as long as they say.
pub(super) fn request_within(
    server: &Server,
    method: &str,
    route: &str,
    body: Option<&[u8]>,
    patience: Duration,
) -> Result<Reply, ClientError> {
    let mut stream = server.connect()?;
    let request = encode(server, method, route, body);
    stream
        .write_all(&request)
        .map_err(|error| server.broken(error))?;
    let answer = Answer::wait(server, stream, patience)?;
    let status = answer.read_head(|head| head.status)?;
    let body = answer.content(method, MAX_CONTENT)?;
    Ok(Reply { status, body })
}

/// A whole request. The connection is for this one only: a command asks once and ends.
pub(super) fn encode(server: &Server, method: &str, route: &str, body: Option<&[u8]>) -> Vec<u8> {
    let target = server.target(route);
    let mut head = format!("{method} {target} HTTP/1.1\r\nHost: {}\r\n", server.host());
    head += "Connection: close\r\nAccept: application/json\r\n";
    if let Some(value) = server.authorization() {
        head += &format!("Authorization: {value}\r\n");
    }
    if let Some(body) = body {
        head += &format!(
            "Content-Type: application/json\r\nContent-Length: {}\r\n",
            body.len()
        );
    }
    head += "\r\n";
    let mut request = head.into_bytes();
    request.extend_from_slice(body.unwrap_or_default());
    request
}
