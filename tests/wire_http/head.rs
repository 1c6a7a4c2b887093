//! Request lines, fields and hosts.

use doneyet::wire::http::{Exchange, Fields, Head, Persistence, Version};

use crate::feed::{head, refused};

fn get(fields: &str) -> Vec<u8> {
    format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n").into_bytes()
}

#[test]
fn reads_method_target_version_and_fields() {
    let bytes = b"\r\nPOST /api/progress/dl-42?lease=30 HTTP/1.1\r\nHOST: localhost:8765\r\n\
        Accept: \t a, b \t\r\nEmpty:\r\naccept: c\r\nRaw: \xff\r\n\r\n";
    head(bytes, |head| {
        assert_eq!(head.method, "POST");
        assert_eq!(head.target, "/api/progress/dl-42?lease=30");
        assert_eq!(head.version, Version::Http11);
        assert_eq!(head.host(), Some("localhost:8765"));
        assert_eq!(head.field("ACCEPT"), Some(&b"a, b"[..]));
        assert_eq!(
            head.fields("accept").collect::<Vec<_>>(),
            [&b"a, b"[..], b"c"]
        );
        assert_eq!(head.only("accept"), None);
        assert_eq!(head.only("empty"), Some(&b""[..]));
        assert_eq!(head.text("empty"), Some(""));
        assert_eq!(head.field("raw"), Some(&b"\xff"[..]));
        assert_eq!(head.text("raw"), None, "not UTF-8");
        assert_eq!(head.field("accep"), None);
    })
    .unwrap();
}

#[test]
fn refuses_what_is_not_in_the_grammar() {
    let lines = [
        "GET",
        "GET /",
        "GET  / HTTP/1.1",
        "GET /  HTTP/1.1",
        "GET / HTTP/1.1 ",
        " GET / HTTP/1.1",
        "GET /a b HTTP/1.1",
        "GET\t/\tHTTP/1.1",
        "G@T / HTTP/1.1",
        "/ HTTP/1.1",
        "GET / http/1.1",
        "GET / HTTP/1.10",
        "GET / HTTP/11",
        "GET / HTTP/2",
        "GET / HTTP/x.y",
        "GET / FTP/1.1",
        "GET /\u{7f} HTTP/1.1",
        "GET /ä HTTP/1.1",
        "GET /a#b HTTP/1.1",
        "GET api HTTP/1.1",
        "GET * HTTP/1.1",
        "GET ?a HTTP/1.1",
        "CONNECT a:443 HTTP/1.1",
        "GET ftp://a/ HTTP/1.1",
        "GET http:/a HTTP/1.1",
        "GET http:///a HTTP/1.1",
        "GET http://user@a/ HTTP/1.1",
    ];
    for line in lines {
        let bytes = format!("{line}\r\nHost: a\r\n\r\n");
        assert_eq!(refused(bytes.as_bytes()), 400, "{line}");
    }
}

#[test]
fn refuses_fields_that_servers_read_differently() {
    let fields: [&[u8]; 11] = [
        b"Content-Length : 3",
        b"Content-Length\t: 3",
        b": 3",
        b":",
        b"Content-Length",
        b"Content Length: 3",
        b"Content-L\xc3\xa4nge: 3",
        b"(a): 3",
        b"A: b\x01",
        b"A: \x7f",
        b"A: \x0bchunked",
    ];
    for field in fields {
        let bytes = [b"GET / HTTP/1.1\r\nHost: a\r\n", field, b"\r\n\r\n"].concat();
        assert_eq!(refused(&bytes), 400, "{}", field.escape_ascii());
    }
}

#[test]
fn answers_other_versions_with_505() {
    for version in ["HTTP/2.0", "HTTP/3.0", "HTTP/1.2", "HTTP/0.9", "HTTP/9.9"] {
        let bytes = format!("GET / {version}\r\nHost: a\r\n\r\n");
        assert_eq!(refused(bytes.as_bytes()), 505, "{version}");
    }
    // What an HTTP/2 client sends without asking (RFC 9113 §3.4), up to its first empty line.
    assert_eq!(refused(b"PRI * HTTP/2.0\r\n\r\n"), 505);
}

#[test]
fn wants_exactly_one_host() {
    let cases: [(&str, u16); 4] = [
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n", 400),
        ("GET http://a/ HTTP/1.1\r\n\r\n", 400),
    ];
    for (bytes, status) in cases {
        assert_eq!(refused(bytes.as_bytes()), status, "{bytes}");
    }
    assert_eq!(
        head(b"GET / HTTP/1.0\r\n\r\n", |head| head.host().is_none()),
        Ok(true)
    );
}

#[test]
fn takes_hosts_and_refuses_what_is_none() {
    let good = [
        "a",
        "localhost:8765",
        "127.0.0.1",
        "[::1]",
        "[::1]:80",
        "[::ffff:127.0.0.1]:0",
        "my_container:65535",
        "a.example.:",
        "xn--bcher-kva.example",
    ];
    for host in good {
        let bytes = format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
        let read = head(bytes.as_bytes(), |head| head.host().map(str::to_owned));
        assert_eq!(read, Ok(Some(host.to_owned())));
    }
    let bad = [
        "",
        "a b",
        "a,b",
        "a/b",
        "a@b",
        "a:b",
        "a:1:2",
        "a:+1",
        "a:65536",
        ":80",
        "[",
        "[]",
        "[::1",
        "::1",
        "[::1]80",
        "[a]",
        "[::1%25lo]",
        "a%00",
        "a\\b",
        "a?b",
        "ä",
        "[1.2.3.4]",
        "[::1]]",
    ];
    for host in bad {
        let bytes = format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
        assert_eq!(refused(bytes.as_bytes()), 400, "{host}");
    }
}

#[test]
fn takes_absolute_targets_apart() {
    let cases = [
        ("http://b:80/api?x=/y", "/api?x=/y", "b:80"),
        ("HTTPS://b/", "/", "b"),
        ("http://b", "/", "b"),
        ("http://b?x", "?x", "b"),
        ("/http://b/", "/http://b/", "a"),
        ("//b/", "//b/", "a"),
    ];
    for (target, rest, host) in cases {
        let bytes = format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n");
        head(bytes.as_bytes(), |head| {
            assert_eq!((head.target, head.host()), (rest, Some(host)))
        })
        .unwrap();
    }
    let asterisk = b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n";
    assert_eq!(head(asterisk, |head| head.target == "*"), Ok(true));
}

#[test]
fn searches_lists_over_repeated_fields_without_case() {
    let bytes = get(
        "Connection: keep-alive ,\t, Upgrade\r\nX: a\r\nconnection: foo;q=1,HTTP2-Settings\r\n",
    );
    head(&bytes, |head| {
        for token in [
            "keep-alive",
            "upgrade",
            "UPGRADE",
            "http2-settings",
            "foo;q=1",
        ] {
            assert!(head.list_contains("Connection", token), "{token}");
        }
        for token in ["", "foo", "upgrad", "keep-alive ,", "a", "keep", "settings"] {
            assert!(!head.list_contains("Connection", token), "{token}");
        }
    })
    .unwrap();
}

#[test]
fn knows_who_wants_to_stay() {
    let cases = [
        ("HTTP/1.1", "", true),
        ("HTTP/1.1", "Connection: close\r\n", false),
        ("HTTP/1.1", "Connection: keep-alive, CLOSE\r\n", false),
        ("HTTP/1.1", "Connection: Upgrade\r\n", true),
        ("HTTP/1.0", "", false),
        ("HTTP/1.0", "Connection: Keep-Alive\r\n", true),
        (
            "HTTP/1.0",
            "Connection: keep-alive\r\nConnection: close\r\n",
            false,
        ),
    ];
    for (version, fields, stays) in cases {
        let bytes = format!("GET / {version}\r\nHost: a\r\n{fields}\r\n");
        head(bytes.as_bytes(), |head| {
            assert_eq!(head.keep_alive(), stays, "{bytes}");
            let persistence = if stays {
                Persistence::KeepAlive
            } else {
                Persistence::Close
            };
            assert_eq!(Exchange::answering(head).persistence, persistence);
        })
        .unwrap();
    }
}

#[test]
fn expects_a_100_only_on_1_1() {
    let ask = |version| format!("POST / {version}\r\nHost: a\r\nExpect: 100-Continue\r\n\r\n");
    assert_eq!(
        head(ask("HTTP/1.1").as_bytes(), |head| head.expects_continue()),
        Ok(true)
    );
    assert_eq!(
        head(ask("HTTP/1.0").as_bytes(), |head| head.expects_continue()),
        Ok(false)
    );
    assert_eq!(head(&get(""), |head| head.expects_continue()), Ok(false));
}

#[test]
fn a_head_that_is_not_exactly_one_is_refused() {
    let whole = get("");
    for bytes in [&whole[..whole.len() - 2], &[&whole[..], b"x"].concat()] {
        let mut fields = Fields::default();
        assert_eq!(
            Head::parse(bytes, &mut fields).unwrap_err().status.code(),
            400
        );
    }
}
