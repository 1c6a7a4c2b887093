//! Peers that break the protocol, byte by byte, and the close code each one gets.

use std::io::{ErrorKind, Write};
use std::time::Duration;

use crate::daemon::Daemon;
use crate::frames::{Line, masked, request};

/// Sends `bytes` on a fresh socket at `path`, at once and byte by byte, and asserts the code.
fn expect_close(daemon: &Daemon, path: &str, bytes: &[u8], code: u16) {
    let mut whole = Line::open(daemon, path);
    whole.send(bytes);
    assert_eq!(whole.close_code(), code, "{path} {bytes:x?}");
    if bytes.len() > 300 {
        return;
    }
    let mut slow = Line::open(daemon, path);
    slow.0.set_nodelay(true).expect("an option");
    for byte in bytes {
        // The daemon may have hung up before the last byte: it need not wait for it.
        if slow.0.write_all(&[*byte]).is_err() {
            break;
        }
    }
    assert_eq!(slow.close_code(), code, "{path} {bytes:x?} byte by byte");
}

#[test]
fn frames_that_break_the_protocol_close_with_1002() {
    let daemon = Daemon::start();
    let cases: &[&[u8]] = &[
        b"\x81\x02hi",        // not masked
        &masked(0xc1, b"hi"), // RSV1
        &masked(0xa1, b"hi"), // RSV2
        &masked(0x91, b"hi"), // RSV3
        &masked(0x83, b""),   // reserved opcodes
        &masked(0x87, b""),
        &masked(0x8b, b""),
        &masked(0x8f, b""),
        &masked(0x09, b""),                                 // a ping in fragments
        &masked(0x89, &[0; 126]),                           // a ping of 126 bytes
        &masked(0x88, &[0; 126]),                           // a close of 126 bytes
        &masked(0x80, b"more"),                             // a continuation of nothing
        &[masked(0x01, b"a"), masked(0x81, b"b")].concat(), // a new message inside one
        &masked(0x88, b"\x03"),                             // half a close code
        &masked(0x88, b"\x03\xe7"),                         // 999
        &masked(0x88, b"\x03\xec"),                         // 1004
        &masked(0x88, b"\x03\xed"),                         // 1005
        &masked(0x88, b"\x03\xee"),                         // 1006
        &masked(0x88, b"\x03\xf7"),                         // 1015
        &masked(0x88, b"\x0b\xb7"),                         // 2999
        &masked(0x88, b"\x13\x88"),                         // 5000
        b"\x81\xfe\x00\x05\0\0\0\0hello",                   // 5 bytes announced in the 16-bit form
        b"\x81\xff\0\0\0\0\0\0\0\x05\0\0\0\0hello",         // and in the 64-bit form
        b"\x81\xff\x80\0\0\0\0\0\0\0\0\0\0\0",              // the top bit of the length
    ];
    for bytes in cases {
        expect_close(&daemon, "/ws/echo", bytes, 1002);
        expect_close(&daemon, "/ws/progress/x", bytes, 1002);
    }
}

#[test]
fn text_that_is_not_utf8_closes_with_1007() {
    let daemon = Daemon::start();
    let cases: &[&[u8]] = &[
        &masked(0x81, b"\xff"),
        &masked(0x81, b"\xc0\xaf"),                            // overlong
        &masked(0x81, b"\xed\xa0\x80"),                        // a surrogate
        &masked(0x81, b"\xf4\x90\x80\x80"),                    // beyond U+10FFFF
        &masked(0x81, b"\xe2\x82"),                            // cut off
        &[masked(0x01, b"\xe2"), masked(0x80, b"A")].concat(), // across fragments
        &masked(0x01, b"\xff"),         // found before the message is complete
        &masked(0x88, b"\x03\xe8\xff"), // in a close reason
    ];
    for bytes in cases {
        expect_close(&daemon, "/ws/echo", bytes, 1007);
        expect_close(&daemon, "/ws/worker/x", bytes, 1007);
    }
}

#[test]
fn messages_over_the_limit_close_with_1009() {
    let daemon = Daemon::start();
    for (path, limit) in [
        ("/ws/progress/x", 4 << 10),
        ("/ws/all", 4 << 10),
        ("/ws/worker/x", 64 << 10),
        ("/ws/worker", 64 << 10),
    ] {
        expect_close(&daemon, path, &masked(0x81, &vec![b' '; limit + 1]), 1009);
        let halves = [masked(0x01, &vec![b' '; limit]), masked(0x80, b" ")].concat();
        expect_close(&daemon, path, &halves, 1009);
        // Exactly the limit is read, and is no state and no action.
        let mut line = Line::open(&daemon, path);
        line.send(&masked(0x81, &vec![b' '; limit]));
        let (first, answer) = line.frame();
        assert_eq!(first, 0x81);
        assert!(answer.starts_with(b"{\"error\":\"bad_"), "{path}");
    }
    // Judged by the announcement: nobody waits for, or makes room for, 16 MiB and more.
    expect_close(
        &daemon,
        "/ws/echo",
        b"\x82\xff\0\0\0\0\x01\0\0\x01\0\0\0\0",
        1009,
    );
    expect_close(
        &daemon,
        "/ws/echo",
        b"\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0",
        1009,
    );
}

#[test]
fn a_peer_that_talks_nonsense_is_asked_to_leave() {
    let daemon = Daemon::start();
    let mut line = Line::open(&daemon, "/ws/progress/x");
    line.send(&masked(0x81, b"hello?").repeat(16));
    for _ in 0..16 {
        let (_, answer) = line.frame();
        assert!(answer.starts_with(b"{\"error\":\"bad_action\""));
    }
    assert_eq!(line.close_code(), 1008);
}

#[test]
fn a_message_in_pieces_with_a_ping_between_them_is_one_message() {
    let daemon = Daemon::start();
    let mut line = Line::open(&daemon, "/ws/echo");
    for piece in [
        masked(0x01, b"one \xe2"),
        masked(0x89, b"still there?"),
        masked(0x00, b"\x82"),
        masked(0x80, b"\xac"),
    ] {
        line.send(&piece);
    }
    assert_eq!(line.frame(), (0x8a, b"still there?".to_vec()));
    assert_eq!(line.frame(), (0x81, "one €".as_bytes().to_vec()));
}

#[test]
fn frames_right_behind_the_handshake_are_read() {
    let daemon = Daemon::start();
    let mut line = Line(daemon.connect());
    let frame = masked(0x81, b"early");
    line.send(&[request("/ws/echo").as_bytes(), &frame].concat());
    assert!(line.head().starts_with("HTTP/1.1 101 "));
    assert_eq!(line.frame(), (0x81, b"early".to_vec()));
}

/// Sends `frame` over and over, and never reads; until the daemon takes no more of it, or hangs up.
fn flood(line: &mut Line, frame: &[u8], most: usize) {
    let pause = Some(Duration::from_secs(2));
    line.0
        .set_write_timeout(pause)
        .expect("a timeout can be set");
    let block = frame.repeat(1 + 60_000 / frame.len());
    let mut sent = 0;
    while sent < most {
        match line.0.write(&block) {
            Ok(count) => sent += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return,
            Err(error) => {
                let hung_up = [ErrorKind::ConnectionReset, ErrorKind::BrokenPipe];
                assert!(hung_up.contains(&error.kind()), "{error}");
                return;
            }
        }
    }
}

#[test]
fn a_peer_that_asks_and_never_reads_costs_no_memory() {
    let daemon = Daemon::start();
    let before = daemon.resident_kib();
    let ping = masked(0x89, &[b'p'; 125]);
    let text = masked(0x81, b"ping");
    let echo = masked(0x82, &vec![7; 100_000]);
    let floods = [("/ws/all", ping), ("/ws/all", text), ("/ws/echo", echo)];
    let mut lines = Vec::new();
    for (path, frame) in floods {
        let mut line = Line::open(&daemon, path);
        flood(&mut line, &frame, 128 << 20);
        lines.push(line);
    }
    let grown = daemon.resident_kib().saturating_sub(before);
    assert!(
        grown < 4 << 10,
        "{grown} KiB for three peers that never read"
    );
    // And nobody else has to wait for them.
    assert_eq!(crate::http::get(&daemon, "/healthz").status, 200);
}
