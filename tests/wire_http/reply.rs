//! Responses as a client reads them.

use doneyet::wire::http::{
    Body, Content, Exchange, Extent, Fields, Framing, HttpError, Persistence, ReplyHead, Response,
    Status, Version,
};

use crate::feed::{body, scan};

fn reply<T>(bytes: &[u8], look: impl FnOnce(&ReplyHead<'_>) -> T) -> Result<T, HttpError> {
    let size = scan(bytes)?.expect("a complete head");
    let mut fields = Fields::default();
    ReplyHead::parse(&bytes[..size], &mut fields).map(|reply| look(&reply))
}

fn extent(method: &str, bytes: &str) -> Result<Extent, u16> {
    reply(bytes.as_bytes(), |reply| reply.extent(method))
        .and_then(|extent| extent)
        .map_err(|error| error.status.code())
}

#[test]
fn reads_status_and_fields() {
    let bytes = b"HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nA: b, C\r\n\r\n";
    reply(bytes, |reply| {
        assert_eq!((reply.status, reply.version), (404, Version::Http11));
        assert_eq!(reply.text("content-type"), Some("application/json"));
        assert!(reply.list_contains("a", "c") && !reply.is_interim());
    })
    .unwrap();
    assert_eq!(
        reply(b"HTTP/1.0 200\r\n\r\n", |reply| reply.status),
        Ok(200),
        "no phrase"
    );
    assert_eq!(
        reply(b"HTTP/1.1 103 Early\r\n\r\n", |reply| reply.is_interim()),
        Ok(true)
    );
    assert_eq!(
        reply(b"HTTP/1.1 101 Switch\r\n\r\n", |reply| reply.is_interim()),
        Ok(false)
    );
}

#[test]
fn refuses_what_is_no_response() {
    let heads = [
        "SSH-2.0-OpenSSH_9.6",
        "HTTP/2.0 200 OK",
        "HTTP/1.1 20 OK",
        "HTTP/1.1 200 OK\r\nA : b",
        "HTTP/1.1 200 OK\r\n: b",
        "GET / HTTP/1.1",
    ];
    for head in heads {
        let bytes = format!("{head}\r\n\r\n");
        assert!(reply(bytes.as_bytes(), |_| ()).is_err(), "{head}");
    }
}

#[test]
fn knows_how_far_the_content_reaches() {
    let none = Ok(Extent::Framed(Framing::None));
    let cases = [
        (
            "GET",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
            Ok(Extent::Framed(Framing::Length(5))),
        ),
        (
            "GET",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            Ok(Extent::Framed(Framing::Chunked)),
        ),
        ("GET", "HTTP/1.1 200 OK\r\n\r\n", Ok(Extent::UntilClose)),
        ("GET", "HTTP/1.0 500 No\r\n\r\n", Ok(Extent::UntilClose)),
        ("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", none),
        (
            "GET",
            "HTTP/1.1 304 Same\r\nContent-Length: 5\r\n\r\n",
            none,
        ),
        ("GET", "HTTP/1.1 204 No\r\n\r\n", none),
        ("GET", "HTTP/1.1 101 Switch\r\n\r\n", none),
        (
            "GET",
            "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\n",
            Err(400),
        ),
        (
            "GET",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
            Err(400),
        ),
        (
            "GET",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
            Err(400),
        ),
    ];
    for (method, bytes, expected) in cases {
        assert_eq!(extent(method, bytes), expected, "{method} {bytes}");
    }
}

#[test]
fn content_until_close_ends_with_the_close_and_keeps_its_limit() {
    let open = || Body::of_reply(Extent::UntilClose, 5);
    assert_eq!(body(open, b"hello"), Ok((b"hello".to_vec(), 5, false)));
    assert_eq!(body(open, b"hello!").unwrap_err().status.code(), 413);
    let mut body = open().unwrap();
    body.close().unwrap();
    assert!(body.is_complete());
}

#[test]
fn reads_what_a_response_writes() {
    let exchange = Exchange {
        version: Version::Http11,
        persistence: Persistence::KeepAlive,
        content: Content::Sent,
    };
    let mut bytes = Vec::new();
    Response::new(Status::ACCEPTED)
        .json(&b"{\"rev\":1}"[..])
        .encode(exchange, &mut bytes);
    let size = scan(&bytes).unwrap().unwrap();
    let extent = reply(&bytes, |reply| {
        assert_eq!(reply.status, 202);
        reply.extent("POST")
    });
    let open = || Body::of_reply(extent.clone().unwrap().unwrap(), 100);
    assert_eq!(
        body(open, &bytes[size..]),
        Ok((b"{\"rev\":1}".to_vec(), 9, true))
    );
}
