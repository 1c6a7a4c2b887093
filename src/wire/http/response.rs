//! Responses, from the status to the last byte.
//!
//! A [`Response`] says what to answer; an [`Exchange`] says what the answer must look like for this
//! very request. The two meet only when the bytes are written, so that a route never has to know
//! whether it was asked with `HEAD`, or whether the connection is about to close. Length, type and
//! `Connection` are written here and nowhere else, and thus are always right.

use std::borrow::Cow;

use super::grammar::is_value_byte;
use super::{Head, Status, Version};

/// Bytes that most heads have room in.
const USUAL_HEAD: usize = 256;

/// An answer.
#[derive(Clone, Debug)]
pub struct Response<'a> {
    status: Status,
    fields: Vec<(&'a str, Cow<'a, str>)>,
    payload: Payload<'a>,
    upgrade: Option<&'a str>,
}

#[derive(Clone, Debug)]
enum Payload<'a> {
    Empty,
    Whole {
        content_type: &'a str,
        bytes: Cow<'a, [u8]>,
    },
    Announced {
        content_type: &'a str,
        len: u64,
    },
    Stream {
        content_type: &'a str,
    },
}

/// What the request leaves to decide about the form of its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// What the client speaks. We answer as HTTP/1.1 all the same (RFC 9110 §6.2), but an older
    /// client must be told in words that the connection stays.
    pub version: Version,
    /// What happens to the connection after the answer.
    pub persistence: Persistence,
    /// Whether the content goes along.
    pub content: Content,
}

/// What happens to a connection after an answer (RFC 9112 §9.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persistence {
    /// It waits for the next request.
    KeepAlive,
    /// It closes.
    Close,
}

/// Whether an answer's content is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// It is.
    Sent,
    /// Only its length and type are: the request was a `HEAD` (RFC 9110 §9.3.2).
    Withheld,
}

impl Exchange {
    /// The exchange that `head` opened.
    pub fn answering(head: &Head<'_>) -> Exchange {
        Exchange {
            version: head.version,
            persistence: if head.keep_alive() {
                Persistence::KeepAlive
            } else {
                Persistence::Close
            },
            content: if head.method == "HEAD" {
                Content::Withheld
            } else {
                Content::Sent
            },
        }
    }

    /// The exchange with a client whose head could not be read.
    pub fn unread() -> Exchange {
        let (version, content) = (Version::Http11, Content::Sent);
        Exchange {
            version,
            persistence: Persistence::Close,
            content,
        }
    }

    /// The same exchange, but the last of its connection.
    pub fn closing(self) -> Exchange {
        Exchange {
            persistence: Persistence::Close,
            ..self
        }
    }
}

impl<'a> Response<'a> {
    /// An answer without content.
    pub fn new(status: Status) -> Response<'a> {
        Response {
            status,
            fields: Vec::new(),
            payload: Payload::Empty,
            upgrade: None,
        }
    }

    /// Adds a field. Repeating a name repeats the field.
    pub fn field(mut self, name: &'a str, value: impl Into<Cow<'a, str>>) -> Response<'a> {
        self.fields.push((name, value.into()));
        self
    }

    /// Sets the content to an encoded JSON value.
    pub fn json(self, bytes: impl Into<Cow<'a, [u8]>>) -> Response<'a> {
        self.body("application/json", bytes)
    }

    /// Sets the content, and its media type.
    pub fn body(mut self, content_type: &'a str, bytes: impl Into<Cow<'a, [u8]>>) -> Response<'a> {
        self.payload = Payload::Whole {
            content_type,
            bytes: bytes.into(),
        };
        self
    }

    /// Announces `len` bytes of content of a media type, which the caller sends after the head if
    /// the exchange's content is [`Content::Sent`].
    pub fn announce(mut self, content_type: &'a str, len: u64) -> Response<'a> {
        self.payload = Payload::Announced { content_type, len };
        self
    }

    /// Announces content of a media type and of no known length, which the caller sends after the
    /// head and ends by closing the connection (RFC 9112 §6.3, rule 8).
    pub fn stream(mut self, content_type: &'a str) -> Response<'a> {
        self.payload = Payload::Stream { content_type };
        self
    }

    /// Names the protocol that the connection becomes, or that it would have to become (RFC 9110
    /// §7.8).
    pub fn upgrade(mut self, protocol: &'a str) -> Response<'a> {
        self.upgrade = Some(protocol);
        self
    }

    /// What the first line says.
    pub fn status(&self) -> Status {
        self.status
    }

    /// Appends the answer to `out`, in the form that `exchange` calls for.
    pub fn encode(&self, exchange: Exchange, out: &mut Vec<u8>) {
        out.reserve(USUAL_HEAD);
        push_text(out, self.status.line());
        for (name, value) in &self.fields {
            push_field(out, name, value);
        }
        self.encode_payload_fields(out);
        self.encode_connection(exchange, out);
        push_text(out, "\r\n");
        if let Payload::Whole { bytes, .. } = &self.payload
            && exchange.content == Content::Sent
            && !self.status.ends_with_head()
        {
            out.extend_from_slice(bytes);
        }
    }

    /// The type and the length. A 1xx or 204 has neither (RFC 9110 §8.6); a 304 those of the 200 it
    /// stands for, if they are known, but never a length of zero that nobody meant.
    fn encode_payload_fields(&self, out: &mut Vec<u8>) {
        if self.status.is_interim() || self.status == Status::NO_CONTENT {
            return;
        }
        match &self.payload {
            Payload::Empty if self.status == Status::NOT_MODIFIED => {}
            Payload::Empty => push_field(out, "Content-Length", "0"),
            Payload::Whole {
                content_type,
                bytes,
            } => push_content_fields(out, content_type, bytes.len() as u64),
            Payload::Announced { content_type, len } => {
                push_content_fields(out, content_type, *len);
            }
            Payload::Stream { content_type } => push_field(out, "Content-Type", content_type),
        }
    }

    /// One line for all options: there are clients that keep one value for each name.
    fn encode_connection(&self, exchange: Exchange, out: &mut Vec<u8>) {
        if let Some(protocol) = self.upgrade {
            push_field(out, "Upgrade", protocol);
        }
        let options: Cow<'_, str> = match (self.upgrade, self.end_option(exchange)) {
            (None, None) => return,
            (None, Some(end)) => end.into(),
            (Some(_), None) => "Upgrade".into(),
            (Some(_), Some(end)) => format!("Upgrade, {end}").into(),
        };
        push_field(out, "Connection", &options);
    }

    /// Only the unexpected is said: HTTP/1.1 stays open and HTTP/1.0 closes without a word, but
    /// `close` is worth saying to both, since proxies in between may have their own idea. An interim
    /// answer says nothing of the end.
    fn end_option(&self, exchange: Exchange) -> Option<&'static str> {
        let closes = matches!(self.payload, Payload::Stream { .. })
            || exchange.persistence == Persistence::Close;
        match exchange.version {
            _ if self.status.is_interim() => None,
            _ if closes => Some("close"),
            Version::Http10 => Some("keep-alive"),
            Version::Http11 => None,
        }
    }
}

fn push_content_fields(out: &mut Vec<u8>, content_type: &str, len: u64) {
    push_field(out, "Content-Type", content_type);
    push_field(out, "Content-Length", &len.to_string());
}

/// Appends one field line. A line end in a value would begin a field of somebody else's choice:
/// putting one there is a mistake of ours, caught in debug builds and harmless in others, where the
/// byte is left out.
pub(in crate::wire) fn push_field(out: &mut Vec<u8>, name: &str, value: &str) {
    push_text(out, name);
    push_text(out, ": ");
    debug_assert!(
        value.bytes().all(is_value_byte),
        "control character in the value of {name}"
    );
    match value.bytes().all(is_value_byte) {
        true => push_text(out, value),
        false => out.extend(value.bytes().filter(|byte| is_value_byte(*byte))),
    }
    push_text(out, "\r\n");
}

fn push_text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}
