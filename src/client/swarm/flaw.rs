//! What a member may find wrong.

use std::error::Error;
use std::fmt;
use std::io;

use crate::wire::close::Violation;
use crate::wire::handshake::Refusal;
use crate::wire::http::HttpError;

/// Bytes of a wrong message that are shown.
const SHOWN: usize = 160;

/// A server that did not do what is measured. Its `Display` is one sentence for the terminal.
#[derive(Debug)]
pub enum Flaw {
    /// The socket broke.
    Broken(io::Error),
    /// The server closed the connection.
    HungUp,
    /// Whoever answered does not speak HTTP as we know it.
    NotHttp(HttpError),
    /// A request was answered with this status.
    Status(u16),
    /// No WebSocket came about.
    NotWebSocket(Refusal),
    /// A rule of RFC 6455 was broken.
    Violation(Violation),
    /// A message is not what was due, and why.
    Wrong {
        /// What should have been.
        wanted: &'static str,
        /// The message, or its beginning.
        message: String,
    },
}

impl Flaw {
    /// A message that is not what was `wanted`.
    pub fn wrong(wanted: &'static str, message: &[u8]) -> Flaw {
        let shown = message.get(..SHOWN).unwrap_or(message);
        let message = shown.escape_ascii().to_string();
        Flaw::Wrong { wanted, message }
    }
}

impl From<io::Error> for Flaw {
    fn from(error: io::Error) -> Flaw {
        Flaw::Broken(error)
    }
}

impl From<HttpError> for Flaw {
    fn from(error: HttpError) -> Flaw {
        Flaw::NotHttp(error)
    }
}

impl From<Violation> for Flaw {
    fn from(violation: Violation) -> Flaw {
        Flaw::Violation(violation)
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Flaw::Broken(error) => write!(f, "a connection broke: {error}"),
            Flaw::HungUp => f.write_str("the server hung up"),
            Flaw::NotHttp(error) => write!(f, "the server speaks no HTTP: {}", error.message),
            Flaw::Status(status) => write!(f, "the server answered {status}"),
            Flaw::NotWebSocket(refusal) => write!(f, "no WebSocket came about: {refusal}"),
            Flaw::Violation(violation) => {
                write!(f, "the server broke the WebSocket protocol: {violation}")
            }
            Flaw::Wrong { wanted, message } => write!(f, "{wanted}, but there came {message}"),
        }
    }
}

impl Error for Flaw {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Flaw::Broken(error) => Some(error),
            Flaw::NotHttp(error) => Some(error),
            Flaw::NotWebSocket(refusal) => Some(refusal),
            Flaw::Violation(violation) => Some(violation),
            Flaw::HungUp | Flaw::Status(_) | Flaw::Wrong { .. } => None,
        }
    }
}
