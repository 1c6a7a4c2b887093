//! The opening handshake, both halves, and every way to get it wrong.

use doneyet::wire::handshake::{Offer, Opening, Refusal, accept_key, invite, is_upgrade};
use doneyet::wire::http::{Exchange, Fields, HttpError, ReplyHead, Response, Status};

use crate::feed::{head, scan};

/// The key and its answer from RFC 6455 §1.3.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// A good handshake, line by line; the tests below change one line each.
const GOOD: [&str; 6] = [
    "GET /ws HTTP/1.1",
    "Host: a",
    "Upgrade: websocket",
    "Connection: keep-alive, Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
];

fn offer(lines: &[&str]) -> Result<Offer, u16> {
    let bytes = format!("{}\r\n\r\n", lines.join("\r\n"));
    let read: Result<Offer, HttpError> = head(bytes.as_bytes(), Offer::read).and_then(|read| read);
    read.map_err(|error| error.status.code())
}

fn offer_with(line: &str) -> Result<Offer, u16> {
    offer(&[&GOOD[..], &[line]].concat())
}

fn offer_replacing(at: usize, line: &str) -> Result<Offer, u16> {
    let mut lines = GOOD;
    lines[at] = line;
    offer(&lines)
}

#[test]
fn answers_the_key_of_the_standard() {
    assert_eq!(accept_key(KEY), ACCEPT);
    assert_eq!(
        offer(&GOOD),
        Ok(Offer {
            accept: ACCEPT.to_owned(),
            protocols: vec![]
        })
    );
}

#[test]
fn takes_the_spellings_that_mean_the_same() {
    let cases = [
        (2, "UPGRADE: h2c, WebSocket"),
        (3, "Connection: upgrade"),
        (3, "connection: a\r\nConnection: UPGRADE"),
        (4, "sec-websocket-key:   dGhlIHNhbXBsZSBub25jZQ==  "),
        // Random digits instead of encoded bytes: the last one has bits that mean nothing.
        (4, "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAB=="),
        (5, "Sec-WebSocket-Version: 13\r\nContent-Length: 0"),
        (
            5,
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: permessage-deflate",
        ),
    ];
    for (at, line) in cases {
        assert!(offer_replacing(at, line).is_ok(), "{line}");
    }
}

#[test]
fn refuses_each_missing_or_malformed_line() {
    let cases = [
        (0, "POST /ws HTTP/1.1", 405),
        (0, "HEAD /ws HTTP/1.1", 405),
        (0, "GET /ws HTTP/1.0", 426),
        (2, "X: y", 426),
        (2, "Upgrade: websocket2", 426),
        (2, "Upgrade: websocket/13", 426),
        (2, "Upgrade: h2c", 426),
        (3, "X: y", 426),
        (3, "Connection: keep-alive", 426),
        (3, "Connection: upgrade-insecure-requests", 426),
        (4, "X: y", 400),
        (4, "Sec-WebSocket-Key:", 400),
        (4, "Sec-WebSocket-Key: AAAA", 400),
        (4, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ", 400),
        (4, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=", 400),
        (4, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZWE=", 400),
        (4, "Sec-WebSocket-Key: dGhlIHNhb BsZSBub25jZQ==", 400),
        (4, "Sec-WebSocket-Key: dGhlIHNhbX-sZSBub25jZQ==", 400),
        (
            4,
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==",
            400,
        ),
        (5, "X: y", 426),
        (
            5,
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 13",
            400,
        ),
        (5, "Sec-WebSocket-Version: 8", 426),
        (5, "Sec-WebSocket-Version: 8, 13", 426),
        (5, "Sec-WebSocket-Version: 013", 426),
        (5, "Sec-WebSocket-Version:", 426),
    ];
    for (at, line, status) in cases {
        assert_eq!(offer_replacing(at, line), Err(status), "{line}");
    }
    assert_eq!(offer_with(GOOD[4]), Err(400), "a second key");
}

#[test]
fn an_upgrade_carries_no_content() {
    assert_eq!(offer_with("Content-Length: 5"), Err(400));
    assert_eq!(offer_with("Transfer-Encoding: chunked"), Err(400));
    assert_eq!(offer_with("Content-Length: +0"), Err(400));
}

#[test]
fn reads_subprotocols_in_order() {
    let protocols = |line: &str| offer_with(line).map(|offer| offer.protocols);
    let read =
        protocols("Sec-WebSocket-Protocol: doneyet.v1, ,bearer.a-b~c\r\nsec-websocket-protocol: x");
    assert_eq!(read.unwrap(), ["doneyet.v1", "bearer.a-b~c", "x"]);
    assert_eq!(protocols("Sec-WebSocket-Protocol:"), Ok(vec![]));
    assert_eq!(protocols("Sec-WebSocket-Protocol: a b"), Err(400));
    assert_eq!(protocols("Sec-WebSocket-Protocol: a=b"), Err(400));
    let many = |count| format!("Sec-WebSocket-Protocol: {}", vec!["p"; count].join(","));
    assert_eq!(protocols(&many(16)).map(|list| list.len()), Ok(16));
    assert_eq!(protocols(&many(17)), Err(400));
    let bytes = format!("{}\r\n{}\r\n\r\n", GOOD.join("\r\n"), many(17));
    let error = head(bytes.as_bytes(), Offer::read).unwrap().unwrap_err();
    assert!(error.message.contains("16"), "{error}");
}

#[test]
fn recognises_an_upgrade_however_bad() {
    let ask = |line| {
        let bytes = format!("POST / HTTP/1.0\r\n{line}\r\n\r\n");
        head(bytes.as_bytes(), is_upgrade).unwrap()
    };
    for line in [
        "Upgrade: WebSocket",
        "Upgrade: websocket/13",
        "Upgrade: h2c, WebSocket/13",
        "Upgrade: h2c\r\nUpgrade: websocket",
        "Upgrade: \"websocket\"",
        "Upgrade: websocket;v=13",
    ] {
        assert!(ask(line), "{line}");
    }
    assert!(!ask("Upgrade: h2c") && !ask("Upgrade: web") && !ask("X-Upgrade: websocket"));
}

#[test]
fn the_101_is_the_one_of_the_standard() {
    let mut out = Vec::new();
    offer(&GOOD).unwrap().switching(None, &mut out);
    let plain = "HTTP/1.1 101 Switching Protocols\r\n\
        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\
        Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
    assert_eq!(String::from_utf8(out).unwrap(), plain);
    let mut out = Vec::new();
    let offer = offer_with("Sec-WebSocket-Protocol: doneyet.v1, bearer.x").unwrap();
    offer.switching(Some("doneyet.v1"), &mut out);
    let text = String::from_utf8(out).unwrap();
    assert!(
        text.contains("\r\nSec-WebSocket-Protocol: doneyet.v1\r\n"),
        "{text}"
    );
}

#[test]
fn a_426_says_what_to_upgrade_to() {
    let mut out = Vec::new();
    invite(Response::new(Status::UPGRADE_REQUIRED)).encode(Exchange::unread(), &mut out);
    let text = String::from_utf8(out).unwrap();
    // One line with both options: who keeps one value for each name would lose the other.
    for line in [
        "Upgrade: websocket",
        "Connection: Upgrade, close",
        "Sec-WebSocket-Version: 13",
    ] {
        assert!(text.contains(&format!("\r\n{line}\r\n")), "{text}");
    }
    assert_eq!(text.matches("Connection:").count(), 1, "{text}");
}

fn verify(opening: &Opening, bytes: &[u8]) -> Result<(), Refusal> {
    let size = scan(bytes).unwrap().expect("a complete head");
    let mut fields = Fields::default();
    opening.verify(&ReplyHead::parse(&bytes[..size], &mut fields).unwrap())
}

#[test]
fn both_halves_agree() {
    let opening = Opening::new(*b"the sample nonce");
    let (mut request, mut answer) = (Vec::new(), Vec::new());
    let fields = [
        ("Origin", "http://a"),
        ("Sec-WebSocket-Protocol", "doneyet.v1"),
    ];
    opening.request("a:80", "/ws/progress/x?until=end", &fields, &mut request);
    let offer = head(&request, |head| {
        assert_eq!(
            (head.host(), head.target),
            (Some("a:80"), "/ws/progress/x?until=end")
        );
        assert_eq!(head.text("sec-websocket-key"), Some(KEY));
        assert_eq!(head.text("origin"), Some("http://a"));
        Offer::read(head)
    });
    offer
        .unwrap()
        .unwrap()
        .switching(Some("doneyet.v1"), &mut answer);
    // A frame may come along with the 101 and is none of its business.
    answer.extend_from_slice(b"\x81\x02{}");
    assert_eq!(verify(&opening, &answer), Ok(()));
    assert_eq!(
        verify(&Opening::new([0; 16]), &answer),
        Err(Refusal::Accept)
    );
}

#[test]
fn the_client_takes_nothing_else_for_a_websocket() {
    let opening = Opening::new(*b"the sample nonce");
    let good =
        format!("Upgrade: WebSocket\r\nConnection: upgrade\r\nSec-WebSocket-Accept: {ACCEPT}");
    let answer = |status: &str, fields: &str| {
        let bytes = format!("HTTP/1.1 {status} X\r\n{fields}\r\n\r\n");
        verify(&opening, bytes.as_bytes())
    };
    assert_eq!(answer("101", &good), Ok(()));
    assert_eq!(answer("200", &good), Err(Refusal::Status(200)));
    assert_eq!(answer("403", "X: y"), Err(Refusal::Status(403)));
    assert_eq!(
        answer("101", &good.replace("WebSocket\r", "h2c\r")),
        Err(Refusal::Upgrade)
    );
    assert_eq!(
        answer("101", &good.replace(": upgrade", ": close")),
        Err(Refusal::Upgrade)
    );
    assert_eq!(
        answer("101", &good.replace("s3p", "S3p")),
        Err(Refusal::Accept)
    );
    assert_eq!(
        answer("101", &good.replace("-Accept", "-Reject")),
        Err(Refusal::Accept)
    );
    let twice = format!("{good}\r\nSec-WebSocket-Accept: {ACCEPT}");
    assert_eq!(answer("101", &twice), Err(Refusal::Accept));
    let extended = format!("{good}\r\nSec-WebSocket-Extensions: permessage-deflate");
    assert_eq!(answer("101", &extended), Err(Refusal::Extension));
}
