//! What was wrong with a message, in the three forms the other side can use.
//!
//! A status for its library, a code for its program, a sentence for its author. The sentence never
//! quotes the peer's bytes: nothing needs escaping, and no log line can be forged through it.

use std::borrow::Cow;
use std::fmt;

use super::Status;

/// A refusal of a message. After one of these the connection has lost its place and must close.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpError {
    /// What the answer's first line says.
    pub status: Status,
    /// The word in the answer's `"error"` member, for programs.
    pub code: &'static str,
    /// The sentence in the answer's `"message"` member, for people.
    pub message: Cow<'static, str>,
}

impl HttpError {
    /// A refusal with a status, a code and a sentence of one's own.
    pub const fn new(status: Status, code: &'static str, message: &'static str) -> HttpError {
        HttpError {
            status,
            code,
            message: Cow::Borrowed(message),
        }
    }

    /// 400 `bad_request`: not in the grammar, or not sure to mean the same to everybody.
    pub const fn bad_request(message: &'static str) -> HttpError {
        HttpError::new(Status::BAD_REQUEST, "bad_request", message)
    }

    /// 405 `method_not_allowed`; the answer also needs an `Allow` field (RFC 9110 §15.5.6).
    pub const fn method_not_allowed(message: &'static str) -> HttpError {
        HttpError::new(Status::METHOD_NOT_ALLOWED, "method_not_allowed", message)
    }

    /// 413 `too_large`: more content than the `limit` of bytes.
    pub fn too_long(limit: usize) -> HttpError {
        HttpError {
            message: format!(
                "The content is longer than {limit} bytes, the most that is taken here."
            )
            .into(),
            ..HttpError::too_large("")
        }
    }

    /// 413 `too_large`: more of something else than its limit.
    pub const fn too_large(message: &'static str) -> HttpError {
        HttpError::new(Status::CONTENT_TOO_LARGE, "too_large", message)
    }

    /// 414 `uri_too_long`: the request line is over its limit.
    pub const fn uri_too_long(message: &'static str) -> HttpError {
        HttpError::new(Status::URI_TOO_LONG, "uri_too_long", message)
    }

    /// 426 `upgrade_required`; the answer also needs what
    /// [`invite`](crate::wire::handshake::invite) adds.
    pub const fn upgrade_required(message: &'static str) -> HttpError {
        HttpError::new(Status::UPGRADE_REQUIRED, "upgrade_required", message)
    }

    /// 431 `head_too_large`: too many fields, or too long ones.
    pub const fn head_too_large(message: &'static str) -> HttpError {
        HttpError::new(Status::HEADER_FIELDS_TOO_LARGE, "head_too_large", message)
    }

    /// 501 `not_implemented`: legal HTTP that this daemon does not speak.
    pub const fn not_implemented(message: &'static str) -> HttpError {
        HttpError::new(Status::NOT_IMPLEMENTED, "not_implemented", message)
    }

    /// 505 `version_not_supported`: neither HTTP/1.1 nor HTTP/1.0.
    pub const fn version_not_supported(message: &'static str) -> HttpError {
        HttpError::new(
            Status::VERSION_NOT_SUPPORTED,
            "version_not_supported",
            message,
        )
    }
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status, self.message)
    }
}

impl std::error::Error for HttpError {}
