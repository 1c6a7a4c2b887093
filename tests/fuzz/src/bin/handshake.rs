//! The opening handshake: accepted exactly where RFC 6455 §4.2.1 allows it, and both halves fit.

#![no_main]

use doneyet::session::Access;
use doneyet::wire::handshake::{Offer, Opening, accept_key};
use doneyet::wire::http::{Fields, Framing, Head, ReplyHead, Scan, Version};
use doneyet_fuzz::Script;
use libfuzzer_sys::fuzz_target;

/// Lines that a handshake is made of, good ones and near misses; the input picks among them.
const LINES: [&str; 20] = [
    "Host: a",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Connection: keep-alive, upgrade",
    "Upgrade: h2c",
    "upgrade: h2c, WebSocket",
    "Sec-WebSocket-Version: 8",
    "Sec-WebSocket-Version: 13, 8",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=",
    "Sec-WebSocket-Key: short",
    "Sec-WebSocket-Protocol: doneyet.v1, bearer.x",
    "Sec-WebSocket-Protocol: ,,a ,",
    "Sec-WebSocket-Protocol: not a token",
    "Content-Length: 0",
    "Content-Length: 5",
    "Transfer-Encoding: chunked",
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
    "Origin: http://a",
];

fuzz_target!(|data: &[u8]| {
    let mut script = Script(data);
    let request_line = match script.below(8) {
        0 => "POST /ws HTTP/1.1",
        1 => "GET /ws HTTP/1.0",
        _ => "GET /ws HTTP/1.1",
    };
    let mut bytes = format!("{request_line}\r\n").into_bytes();
    for _ in 0..script.below(12) {
        bytes.extend_from_slice(LINES[script.below(LINES.len())].as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    let nonce = script.bytes(16).try_into().unwrap_or([0; 16]);
    origins(&String::from_utf8_lossy(script.0));
    // Then whatever lines the input spells out itself.
    bytes.extend_from_slice(script.0);
    bytes.extend_from_slice(b"\r\n\r\n");
    if let Ok(Some(len)) = Scan::default().advance(&bytes) {
        let mut fields = Fields::default();
        if let Ok(head) = Head::parse(&bytes[..len], &mut fields) {
            read(&head);
        }
    }
    agree(nonce);
});

fn read(head: &Head<'_>) {
    let has = |name, token: &str| head.list_contains(name, token);
    let key = head.only("sec-websocket-key").filter(|key| is_key(key));
    let names: Vec<&[u8]> = head
        .fields("sec-websocket-protocol")
        .flat_map(|value| value.split(|&byte| byte == b','))
        .map(trim)
        .filter(|name| !name.is_empty())
        .collect();
    let good = head.method == "GET"
        && head.version == Version::Http11
        && has("upgrade", "websocket")
        && has("connection", "upgrade")
        && head.only("sec-websocket-version") == Some(b"13")
        && matches!(head.framing, Framing::None | Framing::Length(0))
        && names.len() <= 16
        && names
            .iter()
            .all(|name| name.iter().all(|&byte| is_token(byte)));
    match Offer::read(head) {
        Ok(offer) => {
            let key = key
                .filter(|_| good)
                .expect("one of the conditions is missing");
            assert_eq!(
                offer.accept,
                accept_key(str::from_utf8(key).expect("base64"))
            );
            assert!(offer.protocols.iter().map(String::as_bytes).eq(names));
            let mut answer = Vec::new();
            offer.switching(offer.protocols.first().map(String::as_str), &mut answer);
            assert_eq!(Scan::default().advance(&answer), Ok(Some(answer.len())));
        }
        Err(error) => {
            assert!(!good || key.is_none(), "a good offer was refused: {error}");
            assert!(matches!(error.status.code(), 400 | 405 | 426 | 501));
        }
    }
}

/// 16 bytes in base64 are 22 digits and two signs of equality.
fn is_key(key: &[u8]) -> bool {
    let digit = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/".contains(byte);
    key.len() == 24 && key[..22].iter().all(digit) && &key[22..] == b"=="
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn trim(bytes: &[u8]) -> &[u8] {
    let text = bytes.iter().position(|byte| !b" \t".contains(byte));
    let end = bytes.iter().rposition(|byte| !b" \t".contains(byte));
    text.zip(end).map_or(&[], |(from, to)| &bytes[from..=to])
}

/// Our client and our server understand each other, whatever the nonce.
fn agree(nonce: [u8; 16]) {
    let opening = Opening::new(nonce);
    let mut request = Vec::new();
    opening.request("a", "/ws", &[], &mut request);
    let mut fields = Fields::default();
    let head = Head::parse(&request, &mut fields).expect("our own request");
    let offer = Offer::read(&head).expect("our own offer");
    let mut answer = Vec::new();
    offer.switching(None, &mut answer);
    let mut fields = Fields::default();
    let reply = ReplyHead::parse(&answer, &mut fields).expect("our own answer");
    assert_eq!(opening.verify(&reply), Ok(()));
    let other = Opening::new(nonce.map(|byte| !byte));
    assert!(other.verify(&reply).is_err(), "a proof for another key");
}

/// No text but the host itself, behind a scheme, is an origin of this host.
fn origins(origin: &str) {
    let access = Access::default();
    let host = "progress.example:8765";
    let known = [format!("http://{host}"), format!("https://{host}")];
    if access.allows_origin(origin, Some(host)) {
        // The scheme is the browser's own spelling, the name has no case.
        assert!(
            known.contains(&origin.to_ascii_lowercase()),
            "{origin:?} came in"
        );
    }
    assert!(!access.allows_origin(origin, None));
}
