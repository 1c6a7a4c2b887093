//! Answers as bytes.

use doneyet::wire::http::{Content, Exchange, HttpError, Persistence, Response, Status, Version};

const KEPT: Exchange = Exchange {
    version: Version::Http11,
    persistence: Persistence::KeepAlive,
    content: Content::Sent,
};

fn encode(response: &Response<'_>, exchange: Exchange) -> String {
    let mut out = b"before|".to_vec();
    response.encode(exchange, &mut out);
    String::from_utf8(out)
        .unwrap()
        .strip_prefix("before|")
        .unwrap()
        .to_owned()
}

#[test]
fn writes_status_fields_length_and_content() {
    let response = Response::new(Status::CREATED)
        .field("ETag", "\"1\"")
        .json(&b"{}"[..]);
    assert_eq!(
        encode(&response, KEPT),
        "HTTP/1.1 201 Created\r\nETag: \"1\"\r\nContent-Type: application/json\r\n\
         Content-Length: 2\r\n\r\n{}"
    );
}

#[test]
fn says_what_becomes_of_the_connection() {
    let closing = KEPT.closing();
    let old = Exchange {
        version: Version::Http10,
        ..KEPT
    };
    let cases = [
        (KEPT, None),
        (closing, Some("close")),
        (old, Some("keep-alive")),
        (old.closing(), Some("close")),
        (Exchange::unread(), Some("close")),
    ];
    for (exchange, option) in cases {
        let text = encode(&Response::new(Status::OK), exchange);
        let expected = option
            .map(|option| format!("Connection: {option}\r\n"))
            .unwrap_or_default();
        assert_eq!(
            text,
            format!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n{expected}\r\n")
        );
    }
}

#[test]
fn a_head_request_gets_the_length_without_the_content() {
    let exchange = Exchange {
        content: Content::Withheld,
        ..KEPT
    };
    let text = encode(
        &Response::new(Status::OK).body("text/plain", b"hello".to_vec()),
        exchange,
    );
    assert!(
        text.contains("Content-Length: 5\r\n") && text.ends_with("\r\n\r\n"),
        "{text}"
    );
}

#[test]
fn statuses_without_content_end_with_their_head() {
    let bare = |status| encode(&Response::new(status), KEPT);
    assert_eq!(bare(Status::CONTINUE), "HTTP/1.1 100 Continue\r\n\r\n");
    assert_eq!(bare(Status::NO_CONTENT), "HTTP/1.1 204 No Content\r\n\r\n");
    assert_eq!(
        bare(Status::NOT_MODIFIED),
        "HTTP/1.1 304 Not Modified\r\n\r\n"
    );
    let filled = |status| encode(&Response::new(status).json(&b"{}"[..]), KEPT);
    assert_eq!(
        filled(Status::NO_CONTENT),
        "HTTP/1.1 204 No Content\r\n\r\n"
    );
    assert!(filled(Status::NOT_MODIFIED).ends_with("Content-Length: 2\r\n\r\n"));
    assert_eq!(
        encode(&Response::new(Status::CONTINUE), Exchange::unread()),
        "HTTP/1.1 100 Continue\r\n\r\n",
        "an interim answer says nothing of the connection"
    );
}

#[test]
fn a_stream_has_no_length_and_closes() {
    let text = encode(&Response::new(Status::OK).stream("text/event-stream"), KEPT);
    assert_eq!(
        text,
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
    );
}

/// A line end in a value is our mistake: loud in debug builds, and in no build a second field.
#[test]
fn a_value_cannot_begin_another_field() {
    let inject = || {
        let response = Response::new(Status::OK).field("Location", "/a\r\nSet-Cookie: b\0\n");
        encode(&response, KEPT)
    };
    if cfg!(debug_assertions) {
        assert!(std::panic::catch_unwind(inject).is_err());
    } else {
        assert!(inject().contains("\r\nLocation: /aSet-Cookie: b\r\nContent-Length"));
    }
}

#[test]
fn every_status_has_its_phrase() {
    let statuses = [
        (Status::CONTINUE, "100 Continue"),
        (Status::SWITCHING_PROTOCOLS, "101 Switching Protocols"),
        (Status::PARTIAL_CONTENT, "206 Partial Content"),
        (Status::CONTENT_TOO_LARGE, "413 Content Too Large"),
        (Status::UPGRADE_REQUIRED, "426 Upgrade Required"),
        (
            Status::HEADER_FIELDS_TOO_LARGE,
            "431 Request Header Fields Too Large",
        ),
        (
            Status::VERSION_NOT_SUPPORTED,
            "505 HTTP Version Not Supported",
        ),
    ];
    for (status, text) in statuses {
        assert_eq!(status.to_string(), text);
    }
}

#[test]
fn errors_carry_the_words_of_the_protocol() {
    let cases = [
        (HttpError::bad_request("x"), 400, "bad_request"),
        (
            HttpError::method_not_allowed("x"),
            405,
            "method_not_allowed",
        ),
        (HttpError::too_large("x"), 413, "too_large"),
        (HttpError::uri_too_long("x"), 414, "uri_too_long"),
        (HttpError::upgrade_required("x"), 426, "upgrade_required"),
        (HttpError::head_too_large("x"), 431, "head_too_large"),
        (HttpError::not_implemented("x"), 501, "not_implemented"),
        (
            HttpError::version_not_supported("x"),
            505,
            "version_not_supported",
        ),
    ];
    for (error, status, code) in cases {
        assert_eq!((error.status.code(), error.code), (status, code));
        assert!(error.to_string().ends_with(": x"));
    }
}
