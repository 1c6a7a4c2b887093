//! A client's side of the wire.

use doneyet::wire::frame::{self, OpCode, Role};
use doneyet::wire::message::{Assembler, Limits, Message};
use serde_json::Value;

/// What a server said on a WebSocket.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Said {
    /// A text that is JSON.
    Json(Value),
    /// A text that is none.
    Text(String),
    Binary(usize),
    Ping,
    Pong(Vec<u8>),
    Close(Option<u16>),
}

/// A handshake for `path`.
pub(crate) fn handshake(path: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
}

/// A request without content.
pub(crate) fn request(method: &str, path: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")
}

/// A request with content.
pub(crate) fn post(method: &str, path: &str, content: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{content}",
        content.len()
    )
}

/// A text message as a client sends it.
pub(crate) fn text(payload: &str) -> Vec<u8> {
    masked(OpCode::Text, payload.as_bytes())
}

/// A message as a client sends it.
pub(crate) fn masked(opcode: OpCode, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame::encode_masked(opcode, payload, [0x11, 0x22, 0x33, 0x44], &mut bytes);
    bytes
}

/// Takes the whole messages off the front of `bytes`.
pub(crate) fn take_messages(bytes: &mut Vec<u8>) -> Vec<Said> {
    let limits = Limits {
        message: usize::MAX,
        fragments: 1,
    };
    let (mut all, mut used) = (Vec::new(), 0);
    loop {
        // A message begins and ends in what is here, or is left for the next time.
        let mut assembler = Assembler::default();
        let step = assembler
            .next(&mut bytes[used..], Role::Client, &limits)
            .expect("a server keeps the rules");
        let Some(message) = step.message else { break };
        let consumed = step.consumed;
        all.push(match message {
            Message::Text(text) => match serde_json::from_str(&text) {
                Ok(json) => Said::Json(json),
                Err(_) => Said::Text(text.into_owned()),
            },
            Message::Binary(bytes) => Said::Binary(bytes.len()),
            Message::Ping(_) => Said::Ping,
            Message::Pong(payload) => Said::Pong(payload.into_owned()),
            Message::Close(close) => Said::Close(close.code.map(|code| code.value())),
        });
        used += consumed;
    }
    bytes.drain(..used);
    all
}

/// Takes the whole answers off the front of `bytes`: status and content of each. A 101 is the last.
pub(crate) fn take_answers(bytes: &mut Vec<u8>) -> Vec<(u16, Vec<u8>)> {
    let (mut all, mut used) = (Vec::new(), 0);
    while let Some((head, content)) = measure(&bytes[used..]) {
        let (answer, end) = (&bytes[used..], head + content);
        let status = std::str::from_utf8(&answer[9..12]).expect("a status");
        let status = status.parse().expect("a number");
        all.push((status, answer[head..end].to_vec()));
        used += end;
        if status == 101 {
            break;
        }
    }
    bytes.drain(..used);
    all
}

/// What a server said in a stream of events.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Told {
    /// A state, and the id it came with.
    State(u64, Value),
    Retry(u64),
    Comment,
}

/// Takes the whole events off the front of `bytes`, as the HTML standard (§9.2.6) reads them.
pub(crate) fn take_events(bytes: &mut Vec<u8>) -> Vec<Told> {
    let text = String::from_utf8(std::mem::take(bytes)).expect("a stream is UTF-8");
    let (whole, rest) = text.rsplit_once("\n\n").unwrap_or(("", &text));
    *bytes = rest.as_bytes().to_vec();
    let blocks = whole.split("\n\n").filter(|block| !block.is_empty());
    blocks.map(told).collect()
}

fn told(block: &str) -> Told {
    let (mut id, mut data) = (None, None);
    for line in block.split('\n') {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "" => return Told::Comment,
            "retry" => return Told::Retry(value.parse().expect("milliseconds")),
            "id" => id = value.parse().ok(),
            "data" => data = serde_json::from_str(value).ok(),
            _ => panic!("no field of ours: {line}"),
        }
    }
    Told::State(id.expect("an id"), data.expect("a state"))
}

/// The lengths of the first answer's head and content, if it is whole.
fn measure(bytes: &[u8]) -> Option<(usize, usize)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&bytes[..end]).expect("a head is text");
    assert!(head.starts_with("HTTP/1.1 "), "no answer: {head}");
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: "));
    let content = length.map_or(0, |length| length.parse().expect("a length"));
    (bytes.len() >= end + content).then_some((end, content))
}
