//! The opening handshake of a WebSocket (RFC 6455 §4), both halves.
//!
//! It is one HTTP exchange. The client sends a random key; the server proves that it read it as a
//! WebSocket server would, by hashing it together with a text that only such a server knows. That
//! keeps nobody out: it makes sure that both ends mean the same protocol, and that neither a cache
//! nor a page that can only send ordinary requests gets here by accident.
//!
//! All conditions of §4.2.1 are checked, and the version is exactly 13: a proxy takes a request for
//! an upgrade by its own idea of one, and a connection that the proxy thinks has become a tunnel
//! while the server thinks it has not carries requests past every check. A refused upgrade closes.
//!
//! Extensions are never offered and never accepted: a frame is the same bytes for every watcher.

use std::fmt;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use sha1::{Digest as _, Sha1};

use super::http::{
    Framing, Head, HttpError, ReplyHead, Response, Status, Version, is_token, list_items,
    push_field,
};

/// What is hashed behind the key (RFC 6455 §1.3).
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Subprotocols read from an offer; further ones make it a bad request. Two are in use.
const MAX_PROTOCOLS: usize = 16;

/// Bytes that most 101s have room in.
const USUAL_REPLY: usize = 192;

/// Bytes in a key, before base64 (RFC 6455 §4.1).
const KEY_SIZE: usize = 16;

/// 16 bytes in base64 leave 4 bits of the last digit unused. Some clients make up 22 random digits
/// instead of encoding 16 random bytes, and common servers take those, so these bits may be
/// anything.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// The answer to a key: base64 of the SHA-1 of the key and a fixed text (RFC 6455 §4.2.2). The key is
/// hashed as it was sent, not decoded; whether it is a good one, [`Offer::read`] decides.
pub fn accept_key(key: &str) -> String {
    let digest = Sha1::new().chain_update(key).chain_update(GUID).finalize();
    BASE64.encode(digest)
}

/// Whether the request wants to become a WebSocket, well or badly put. A protocol may have a version
/// behind it (RFC 9110 §7.8), and whoever is in front may find even more in an `Upgrade`: so whatever
/// names the protocol there is guarded like an upgrade, and [`Offer::read`] takes the one good form.
pub fn is_upgrade(head: &Head<'_>) -> bool {
    let name = b"websocket";
    head.fields("upgrade").any(|value| {
        value
            .windows(name.len())
            .any(|part| part.eq_ignore_ascii_case(name))
    })
}

/// Adds to a 426 what such an answer must have: the protocol to upgrade to (RFC 9110 §15.5.22) and
/// the version of it (RFC 6455 §4.4).
pub fn invite(response: Response<'_>) -> Response<'_> {
    response
        .upgrade("websocket")
        .field("Sec-WebSocket-Version", "13")
}

/// The refusal of a request that is no upgrade, on a route that has nothing else.
pub fn speaks_websocket() -> HttpError {
    HttpError::upgrade_required(
        "This route speaks WebSocket: open it with a WebSocket client (GET in HTTP/1.1 with \
         `Upgrade: websocket`, version 13).",
    )
}

/// A handshake that can be accepted: nothing is left to check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The proof that the key was read.
    pub accept: String,
    /// The subprotocols the client would speak, the ones it prefers first.
    pub protocols: Vec<String>,
}

impl Offer {
    /// Checks the client's half (RFC 6455 §4.2.1).
    ///
    /// # Errors
    ///
    /// 405 for another method than GET, 426 for a request that is no upgrade or of another version
    /// than 13 (see [`invite`]), 400 for anything else that is missing, repeated or malformed.
    pub fn read(head: &Head<'_>) -> Result<Offer, HttpError> {
        if head.method != "GET" {
            return Err(HttpError::method_not_allowed(
                "A WebSocket is opened with GET.",
            ));
        }
        // RFC 9110 §7.8: an Upgrade in HTTP/1.0 is to be ignored, which makes it a missing one.
        let upgrades = head.list_contains("upgrade", "websocket")
            && head.list_contains("connection", "upgrade");
        if !upgrades || head.version != Version::Http11 {
            return Err(speaks_websocket());
        }
        check_version(head)?;
        // The bytes after the head are frames. Content there would be read as frames too.
        if !matches!(head.framing, Framing::None | Framing::Length(0)) {
            return Err(HttpError::bad_request("An upgrade carries no content."));
        }
        Ok(Offer {
            accept: accept_key(read_key(head)?),
            protocols: read_protocols(head)?,
        })
    }

    /// Appends the 101 to `out`. From the next byte on, both directions are frames.
    ///
    /// `protocol` is the subprotocol chosen, one of those offered (RFC 6455 §4.2.2).
    pub fn switching(&self, protocol: Option<&str>, out: &mut Vec<u8>) {
        out.reserve(USUAL_REPLY);
        out.extend_from_slice(b"HTTP/1.1 101 Switching Protocols\r\n");
        push_field(out, "Sec-WebSocket-Accept", &self.accept);
        if let Some(protocol) = protocol {
            debug_assert!(self.protocols.iter().any(|offered| offered == protocol));
            push_field(out, "Sec-WebSocket-Protocol", protocol);
        }
        out.extend_from_slice(b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    }
}

fn check_version(head: &Head<'_>) -> Result<(), HttpError> {
    match head.only("sec-websocket-version") {
        Some(b"13") => Ok(()),
        None if head.field("sec-websocket-version").is_some() => Err(HttpError::bad_request(
            "Sec-WebSocket-Version must be given once.",
        )),
        // Missing is not 13 either, and the answer says what would be.
        _ => Err(HttpError::upgrade_required(
            "The only WebSocket version spoken is 13.",
        )),
    }
}

fn read_key<'b>(head: &Head<'b>) -> Result<&'b str, HttpError> {
    let key = head
        .only("sec-websocket-key")
        .and_then(|key| std::str::from_utf8(key).ok());
    key.filter(|key| {
        let mut bytes = [0; KEY_SIZE];
        // More bytes than there is room for are an error, too.
        BASE64
            .decode_slice(key, &mut bytes)
            .is_ok_and(|len| len == KEY_SIZE)
    })
    .ok_or(HttpError::bad_request(
        "Sec-WebSocket-Key must be given once: 16 bytes in base64.",
    ))
}

fn read_protocols(head: &Head<'_>) -> Result<Vec<String>, HttpError> {
    let mut protocols = Vec::new();
    for item in head.fields("sec-websocket-protocol").flat_map(list_items) {
        if !is_token(item) || protocols.len() == MAX_PROTOCOLS {
            return Err(HttpError {
                message: format!(
                    "Sec-WebSocket-Protocol must be a list of at most {MAX_PROTOCOLS} tokens."
                )
                .into(),
                ..HttpError::bad_request("")
            });
        }
        protocols.push(String::from_utf8_lossy(item).into_owned());
    }
    Ok(protocols)
}

/// The client's half: a key, sent and waiting for its answer.
#[derive(Clone, Debug)]
pub struct Opening {
    key: String,
}

/// Why a server's answer is not a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Not 101: an ordinary answer with this status, content and all.
    Status(u16),
    /// It does not switch to WebSocket.
    Upgrade,
    /// The proof is missing, repeated or wrong: whoever answered has not read our key.
    Accept,
    /// It uses an extension, and none was offered.
    Extension,
}

impl Opening {
    /// A handshake around 16 random bytes, which must be fresh for each connection and hard to
    /// guess (RFC 6455 §4.1).
    pub fn new(nonce: [u8; KEY_SIZE]) -> Opening {
        Opening {
            key: BASE64.encode(nonce),
        }
    }

    /// Appends the request to `out`. `host` and `target` go into it as they are; `fields` may hold
    /// an `Origin`, an `Authorization`, or a `Sec-WebSocket-Protocol`.
    pub fn request(&self, host: &str, target: &str, fields: &[(&str, &str)], out: &mut Vec<u8>) {
        debug_assert!(
            target.bytes().all(|byte| byte.is_ascii_graphic()),
            "blank in the target"
        );
        out.extend_from_slice(b"GET ");
        out.extend(target.bytes().filter(u8::is_ascii_graphic));
        out.extend_from_slice(b" HTTP/1.1\r\n");
        push_field(out, "Host", host);
        push_field(out, "Upgrade", "websocket");
        push_field(out, "Connection", "Upgrade");
        push_field(out, "Sec-WebSocket-Key", &self.key);
        push_field(out, "Sec-WebSocket-Version", "13");
        for (name, value) in fields {
            push_field(out, name, value);
        }
        out.extend_from_slice(b"\r\n");
    }

    /// Checks the server's half (RFC 6455 §4.1, the list at its end). Whether the subprotocol is
    /// one of those offered, the caller compares: it knows what it offered.
    ///
    /// # Errors
    ///
    /// The first thing found missing.
    pub fn verify(&self, reply: &ReplyHead<'_>) -> Result<(), Refusal> {
        let upgrades = reply.list_contains("upgrade", "websocket")
            && reply.list_contains("connection", "upgrade");
        let accept = accept_key(&self.key);
        if reply.status != Status::SWITCHING_PROTOCOLS.code() {
            Err(Refusal::Status(reply.status))
        } else if !upgrades {
            Err(Refusal::Upgrade)
        } else if reply.only("sec-websocket-accept") != Some(accept.as_bytes()) {
            Err(Refusal::Accept)
        } else if reply.field("sec-websocket-extensions").is_some() {
            Err(Refusal::Extension)
        } else {
            Ok(())
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Status(status) => write!(f, "the server answered {status} instead of 101"),
            Refusal::Upgrade => f.write_str("the server does not switch to WebSocket"),
            Refusal::Accept => f.write_str("the server has not read our key"),
            Refusal::Extension => f.write_str("the server uses an extension nobody offered"),
        }
    }
}

impl std::error::Error for Refusal {}
