//! What can go wrong between a client and its daemon.

use std::error::Error;
use std::fmt;
use std::io;

use serde_json::Value;

use super::{Reply, Server};
use crate::wire::close::Violation;
use crate::wire::handshake::Refusal;
use crate::wire::http::HttpError;

/// A conversation that did not work out. Its `Display` is one sentence for the terminal.
#[derive(Debug)]
pub enum ClientError {
    /// No connection came about.
    Unreachable {
        /// Who was called.
        server: String,
        /// What the operating system says.
        source: io::Error,
    },
    /// The connection broke, or nothing came through it in time.
    Broken {
        /// Who was at the other end.
        server: String,
        /// What the operating system says.
        source: io::Error,
    },
    /// Whoever answered does not speak HTTP as we know it.
    NotHttp {
        /// Who answered.
        server: String,
        /// What is wrong with the answer.
        source: HttpError,
    },
    /// Whoever answered is no WebSocket server.
    NotWebSocket {
        /// Who answered.
        server: String,
        /// What is wrong with the answer.
        source: Refusal,
    },
    /// The other end of a WebSocket broke a rule.
    Violation {
        /// Who did.
        server: String,
        /// Which rule.
        source: Violation,
    },
    /// The daemon understood, and said no.
    Refused {
        /// The status of the answer, 400 and up (or another where success was due).
        status: u16,
        /// The `error` of the answer, or nothing if it had none.
        code: String,
        /// The `message` of the answer, or a substitute.
        message: String,
    },
}

impl ClientError {
    /// Whether there is nobody at the address, as opposed to somebody who will not have us.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }

    /// Whether somebody is at the address and says nothing, or has broken off: a daemon that is
    /// stopped, overloaded, or just being restarted.
    pub fn is_broken(&self) -> bool {
        matches!(self, Self::Broken { .. })
    }

    /// The refusal that `reply` is.
    pub fn refused(server: &Server, reply: &Reply) -> Self {
        let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
        let status = reply.status;
        let unexplained = || format!("{server} answered {status} without saying why");
        Self::Refused {
            status,
            code: text("error").unwrap_or_default(),
            message: text("message").unwrap_or_else(unexplained),
        }
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable { server, source } => {
                write!(
                    f,
                    "cannot reach {server}: {} (is `doneyet serve` running?)",
                    plain(source)
                )
            }
            Self::Broken { server, source } => write!(f, "lost {server}: {}", plain(source)),
            Self::NotHttp { server, source } => {
                write!(
                    f,
                    "{server} does not answer like a daemon: {}",
                    source.message
                )
            }
            Self::NotWebSocket { server, source } => {
                write!(f, "{server} opens no WebSocket: {source}")
            }
            Self::Violation { server, source } => {
                write!(f, "{server} broke the WebSocket protocol: {source}")
            }
            Self::Refused { code, message, .. } if code.is_empty() => f.write_str(message),
            Self::Refused { code, message, .. } => write!(f, "{message} ({code})"),
        }
    }
}

impl Error for ClientError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unreachable { source, .. } | Self::Broken { source, .. } => Some(source),
            Self::NotHttp { source, .. } => Some(source),
            Self::NotWebSocket { source, .. } => Some(source),
            Self::Violation { source, .. } => Some(source),
            Self::Refused { .. } => None,
        }
    }
}

/// The usual failures in the words of people; the library's say `os error 111`.
fn plain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => "it hung up".to_owned(),
        io::ErrorKind::UnexpectedEof => "it hung up".to_owned(),
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => "no answer in time".to_owned(),
        io::ErrorKind::NotFound => "there is no such socket".to_owned(),
        _ => error.to_string(),
    }
}
