//! The end of the head, and the limits on the way there.

use doneyet::wire::http::{HttpError, MAX_FIELDS, MAX_HEAD, MAX_REQUEST_LINE, Scan};

use crate::feed::scan;

fn code(verdict: Result<Option<usize>, HttpError>) -> Result<Option<usize>, u16> {
    verdict.map_err(|error| error.status.code())
}

#[test]
fn finds_the_end_however_the_bytes_are_cut() {
    let heads: [&[u8]; 5] = [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nEmpty:\r\n\r\n",
        b"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    ];
    for head in heads {
        assert_eq!(scan(head), Ok(Some(head.len())));
        for next in [&b"GET"[..], b"\n", b"\0\0", b"\r\n\r\n"] {
            assert_eq!(
                scan(&[head, next].concat()),
                Ok(Some(head.len())),
                "what follows is not ours"
            );
        }
        for end in 0..head.len() {
            assert_eq!(scan(&head[..end]), Ok(None));
        }
    }
}

#[test]
fn is_fresh_for_the_next_head_once_one_was_found() {
    let (first, second) = (
        b"GET /1 HTTP/1.1\r\nA: b\r\n\r\n",
        b"GET /22 HTTP/1.1\r\n\r\n",
    );
    let mut scan = Scan::default();
    assert_eq!(scan.advance(first), Ok(Some(first.len())));
    assert_eq!(scan.advance(second), Ok(Some(second.len())));
}

#[test]
fn looks_at_each_byte_once() {
    // Were it to look again, it would find the line end that has been wiped out behind its back.
    let mut scan = Scan::default();
    assert_eq!(scan.advance(b"GET / HTTP/1.1\r\nA: b\r\n"), Ok(None));
    assert_eq!(scan.advance(b"======================\r\n"), Ok(Some(24)));
}

#[test]
fn refuses_at_the_offending_byte_and_goes_on_refusing() {
    // The last byte of each is the first that no head can have there.
    let cases: [&[u8]; 14] = [
        b"\n",
        b"\0",
        b"\r\r",
        b"\rG",
        b"\r\n\n",
        b"GET / HTTP/1.1\n",
        b"GET / HTTP/1.1\rH",
        b"GET / HTTP/1.1\r\r",
        b"GET /\0",
        b"GET / HTTP/1.1\r\n ",
        b"GET / HTTP/1.1\r\n\t",
        b"GET / HTTP/1.1\r\nTransfer-Encoding: chun\r\n ",
        b"GET / HTTP/1.1\r\nA: b\n",
        b"GET / HTTP/1.1\r\nA: b\r\n\rG",
    ];
    for bytes in cases {
        let (_, before) = bytes.split_last().unwrap();
        assert_eq!(
            scan(before),
            Ok(None),
            "too early: {}",
            bytes.escape_ascii()
        );
        assert_eq!(code(scan(bytes)), Err(400), "{}", bytes.escape_ascii());
        assert_eq!(code(scan(&[bytes, b"\r\n\r\n"].concat())), Err(400));
        let mut scan = Scan::default();
        assert_eq!(
            scan.advance(bytes),
            scan.advance(bytes),
            "an error is final"
        );
    }
}

#[test]
fn tolerates_a_few_leading_empty_lines_only() {
    let request = b"GET / HTTP/1.1\r\n\r\n";
    let with = |lines: usize| [b"\r\n".repeat(lines), request.to_vec()].concat();
    assert_eq!(scan(&with(4)), Ok(Some(8 + request.len())));
    assert_eq!(code(scan(&with(5))), Err(400));
}

#[test]
fn a_request_line_has_8_kib() {
    let line = |size: usize| [b"x".repeat(size), b"\r\n\r\n".to_vec()].concat();
    assert_eq!(
        scan(&line(MAX_REQUEST_LINE)),
        Ok(Some(MAX_REQUEST_LINE + 4))
    );
    assert_eq!(code(scan(&line(MAX_REQUEST_LINE + 1))), Err(414));
    assert_eq!(
        code(scan(&b"x".repeat(MAX_REQUEST_LINE + 1))),
        Err(414),
        "without its end"
    );
    // Empty lines before it are no part of it.
    let late = [b"\r\n".to_vec(), line(MAX_REQUEST_LINE)].concat();
    assert_eq!(scan(&late), Ok(Some(late.len())));
}

#[test]
fn a_head_has_16_kib() {
    let head = |size: usize| {
        let start = b"GET / HTTP/1.1\r\nA: ".to_vec();
        let filling = b"x".repeat(size - start.len() - 4);
        [start, filling, b"\r\n\r\n".to_vec()].concat()
    };
    assert_eq!(scan(&head(MAX_HEAD)), Ok(Some(MAX_HEAD)));
    assert_eq!(code(scan(&head(MAX_HEAD + 1))), Err(431));
    assert_eq!(
        code(scan(&[head(MAX_HEAD + 1), b"x".repeat(50_000)].concat())),
        Err(431)
    );
}

#[test]
fn a_head_has_100_fields() {
    let head = |fields: usize| {
        [
            b"GET / HTTP/1.1\r\n".to_vec(),
            b"A: b\r\n".repeat(fields),
            b"\r\n".to_vec(),
        ]
        .concat()
    };
    assert_eq!(scan(&head(MAX_FIELDS)), Ok(Some(head(MAX_FIELDS).len())));
    assert_eq!(code(scan(&head(MAX_FIELDS + 1))), Err(431));
}

#[test]
fn costs_an_idle_peer_a_few_bytes() {
    assert!(size_of::<Scan>() <= 8);
}
