//! Content by length and by chunks.

use doneyet::wire::http::{Body, Framing};

use crate::feed::body;

/// What the next message begins with; no body may touch it.
const NEXT: &[u8] = b"GET / HTTP/1.1\r\n";

const LIMIT: usize = 64;

fn chunked(bytes: &[u8]) -> Result<(Vec<u8>, usize, bool), u16> {
    let open = || Body::new(Framing::Chunked, LIMIT);
    body(open, bytes).map_err(|error| error.status.code())
}

#[test]
fn a_length_takes_exactly_its_bytes() {
    for size in [0, 1, 2, LIMIT] {
        let content = b"x".repeat(size);
        let open = || Body::new(Framing::Length(size as u64), LIMIT);
        let bytes = [&content[..], NEXT].concat();
        assert_eq!(body(open, &bytes), Ok((content.clone(), size, true)));
        if let Some((_, short)) = content.split_last() {
            assert_eq!(body(open, short), Ok((short.to_vec(), short.len(), false)));
        }
    }
}

#[test]
fn no_content_is_complete_at_once() {
    let mut body = Body::new(Framing::None, LIMIT).unwrap();
    assert!(body.is_complete());
    assert_eq!(body.read(NEXT), Ok(0));
    assert!(Body::new(Framing::Length(0), 0).unwrap().is_complete());
    assert!(!Body::new(Framing::Chunked, 0).unwrap().is_complete());
}

#[test]
fn a_length_over_the_limit_is_refused_before_it_comes() {
    for length in [LIMIT as u64 + 1, u64::from(u32::MAX), u64::MAX] {
        let error = Body::new(Framing::Length(length), LIMIT).unwrap_err();
        assert_eq!((error.status.code(), error.code), (413, "too_large"));
    }
}

#[test]
fn an_announced_length_reserves_nothing() {
    let body = Body::new(Framing::Length(1 << 40), usize::MAX).unwrap();
    assert_eq!(body.into_bytes().capacity(), 0);
}

#[test]
fn chunks_are_joined() {
    let cases: [(&[u8], &[u8]); 12] = [
        (b"0\r\n\r\n", b""),
        (b"000\r\n\r\n", b""),
        (b"4\r\nWiki\r\n5\r\npedia\r\n0\r\n\r\n", b"Wikipedia"),
        (b"a\r\n0123456789\r\n0\r\n\r\n", b"0123456789"),
        (b"0A\r\n0123456789\r\n0\r\n\r\n", b"0123456789"),
        (b"0000000000000001\r\nx\r\n0\r\n\r\n", b"x"),
        (b"2\r\n\r\n\r\n0\r\n\r\n", b"\r\n"),
        (b"1;a\r\nx\r\n0;b=c\r\n\r\n", b"x"),
        (b"1 \t;a=\"b;c\"\r\nx\r\n0\r\n\r\n", b"x"),
        (b"1;\"\r\nx\r\n0\r\n\r\n", b"x"),
        (b"1\r\nx\r\n0\r\nDigest: y\r\n\r\n", b"x"),
        (b"0\r\nA:\r\nB: \t\xff\r\n\r\n", b""),
    ];
    for (bytes, content) in cases {
        let complete = Ok((content.to_vec(), bytes.len(), true));
        assert_eq!(chunked(bytes), complete, "{}", bytes.escape_ascii());
        assert_eq!(
            chunked(&[bytes, NEXT].concat()),
            complete,
            "and left the next alone"
        );
        for end in 0..bytes.len() {
            let (_, taken, done) = chunked(&bytes[..end]).unwrap();
            assert!(
                taken == end && !done,
                "complete after {end}: {}",
                bytes.escape_ascii()
            );
        }
    }
}

#[test]
fn malformed_chunks_are_refused_at_the_offending_byte() {
    // The last byte of each is the one that is wrong.
    let cases: [&[u8]; 36] = [
        b"\r",
        b"\n",
        b";",
        b" ",
        b"+",
        b"-",
        b"x",
        b"0x",
        b"1_",
        b"g",
        b"1 \r",
        b"1 2",
        b"1\n",
        b"1\rx",
        b"1\r\r",
        b"1;a\n",
        b"1;a\rb",
        b"1;a\0",
        b"1;\"\n",
        b"1\r\nxy",
        b"1\r\nx\n",
        b"1\r\nx\rx",
        b"1\r\nx\r\n\r",
        b"00000000000000000",
        b"fffffffffffffffff",
        b"0\n",
        b"0\r\n\n",
        b"0\r\n\rx",
        b"0\r\n ",
        b"0\r\n:",
        b"0\r\nA\r",
        b"0\r\nA ",
        b"0\r\nA: b\n",
        b"0\r\nA: b\rc",
        b"0\r\nA: b\r\n ",
        b"0\r\nA: \0",
    ];
    for bytes in cases {
        let (_, before) = bytes.split_last().unwrap();
        assert!(
            chunked(before).is_ok(),
            "too early: {}",
            bytes.escape_ascii()
        );
        assert_eq!(chunked(bytes), Err(400), "{}", bytes.escape_ascii());
        assert_eq!(chunked(&[bytes, NEXT].concat()), Err(400));
    }
}

#[test]
fn chunks_together_stay_under_the_limit() {
    let half = [b"20\r\n".to_vec(), b"x".repeat(32), b"\r\n".to_vec()].concat();
    let end = b"0\r\n\r\n";
    assert_eq!(
        chunked(&[&half[..], &half, end].concat()).unwrap().0.len(),
        LIMIT
    );
    // One byte more is refused from its size line on, before the byte itself.
    assert_eq!(chunked(&[&half[..], &half, b"1\r\n"].concat()), Err(413));
    assert_eq!(chunked(b"41\r\n"), Err(413));
    assert_eq!(chunked(b"ffffffffffffffff\r\n"), Err(413));
}

#[test]
fn extensions_have_4_kib_in_all() {
    let with = |size: usize| {
        // What counts of "a…a CR" is everything after the semicolon.
        let chunk = [
            b"1;".to_vec(),
            b"a".repeat(size / 2 - 1),
            b"\r\nx\r\n".to_vec(),
        ]
        .concat();
        [chunk.repeat(2), b"0\r\n\r\n".to_vec()].concat()
    };
    assert!(chunked(&with(4096)).is_ok());
    assert_eq!(chunked(&with(4098)), Err(413));
}

#[test]
fn trailers_have_8_kib_in_all() {
    let with = |size: usize| {
        let line = [
            b"A:".to_vec(),
            b"a".repeat(size / 2 - 4 - 1),
            b"\r\n".to_vec(),
        ]
        .concat();
        [b"0\r\n".to_vec(), line.repeat(2), b"\r\n".to_vec()].concat()
    };
    assert!(chunked(&with(8192)).is_ok());
    assert_eq!(chunked(&with(8194)), Err(431));
}

#[test]
fn a_close_in_the_middle_is_no_end() {
    let mut body = Body::new(Framing::Length(2), LIMIT).unwrap();
    body.read(b"x").unwrap();
    assert_eq!(body.close().unwrap_err().status.code(), 400);
    body.read(b"y").unwrap();
    assert_eq!(body.close(), Ok(()));
}
