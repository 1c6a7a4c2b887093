//! How long a request's content is, and every way to disagree about it.

use doneyet::wire::http::{Framing, HttpError};

use crate::feed::head;

fn framing(version: &str, fields: &str) -> Result<Framing, u16> {
    let bytes = format!("POST / {version}\r\nHost: a\r\n{fields}\r\n");
    let read: Result<Framing, HttpError> = head(bytes.as_bytes(), |head| head.framing);
    read.map_err(|error| error.status.code())
}

#[test]
fn reads_lengths_and_chunks() {
    let cases = [
        ("", Framing::None),
        ("Content-Length: 0\r\n", Framing::Length(0)),
        ("content-length:   42  \r\n", Framing::Length(42)),
        ("Content-Length: 007\r\n", Framing::Length(7)),
        (
            "Content-Length: 18446744073709551615\r\n",
            Framing::Length(u64::MAX),
        ),
        ("Transfer-Encoding: chunked\r\n", Framing::Chunked),
        ("Transfer-Encoding: Chunked\r\n", Framing::Chunked),
    ];
    for (fields, expected) in cases {
        assert_eq!(framing("HTTP/1.1", fields), Ok(expected), "{fields}");
    }
    assert_eq!(
        framing("HTTP/1.0", "Content-Length: 3\r\n"),
        Ok(Framing::Length(3))
    );
}

#[test]
fn refuses_every_length_that_is_not_digits() {
    let values = [
        "+3",
        "-3",
        "0x3",
        "3 3",
        "3,3",
        "3, 3",
        "",
        " ",
        "3.0",
        "3e1",
        "³",
        "3a",
        "a",
        "1_000",
        "18446744073709551616",
        "99999999999999999999999999",
    ];
    for value in values {
        let fields = format!("Content-Length: {value}\r\n");
        assert_eq!(framing("HTTP/1.1", &fields), Err(400), "{value:?}");
    }
}

#[test]
fn refuses_two_opinions_on_one_length() {
    let cases = [
        "Content-Length: 3\r\nContent-Length: 3\r\n",
        "Content-Length: 3\r\ncontent-length: 4\r\n",
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
        "Transfer-Encoding: gzip\r\nContent-Length: 3\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    ];
    for fields in cases {
        assert_eq!(framing("HTTP/1.1", fields), Err(400), "{fields}");
        assert_eq!(framing("HTTP/1.0", fields), Err(400), "{fields}");
    }
    assert_eq!(
        framing("HTTP/1.0", "Transfer-Encoding: chunked\r\n"),
        Err(400)
    );
}

#[test]
fn knows_no_coding_but_chunked() {
    for value in ["gzip, chunked", "gzip, br, Chunked", "xchunked, chunked"] {
        let fields = format!("Transfer-Encoding: {value}\r\n");
        assert_eq!(framing("HTTP/1.1", &fields), Err(501), "{value:?}");
    }
}

#[test]
fn refuses_chunks_that_are_not_the_last_coding_or_not_once() {
    for value in [
        "",
        ",",
        "gzip",
        "identity",
        "gzip, br",
        "xchunked",
        "chunked;a=b",
        "chunked,",
        ", chunked",
        "chunked, chunked",
        "chunked, gzip",
        "chunked, gzip, chunked",
        "gzip, chunked, chunked",
        "gzip, chunked, br",
    ] {
        let fields = format!("Transfer-Encoding: {value}\r\n");
        assert_eq!(framing("HTTP/1.1", &fields), Err(400), "{value:?}");
    }
}
