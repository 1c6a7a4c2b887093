//! What a request asks for, decided from its head: methods, forms and refusals.

use doneyet::session::Access;

use crate::talk::{Transcript, asked, asked_of, loopback};

/// A request without content.
fn ask(method: &str, path: &str) -> Transcript {
    asked(&format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"
    ))
}

/// A request with fields and content.
fn send(line: &str, fields: &str, content: &str) -> Transcript {
    asked(&format!(
        "{line} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n{content}"
    ))
}

const HANDSHAKE: &str = "Upgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";

#[test]
fn every_route_says_which_methods_it_has() {
    for (path, allowed) in [
        ("/", "GET, HEAD, OPTIONS"),
        ("/doneyet.js", "GET, HEAD, OPTIONS"),
        ("/healthz", "GET, HEAD, OPTIONS"),
        ("/api/progress", "GET, HEAD, POST, OPTIONS"),
        (
            "/api/progress/known",
            "GET, HEAD, POST, PUT, DELETE, OPTIONS",
        ),
        ("/api/progress/known/cancel", "GET, HEAD, POST, OPTIONS"),
        ("/sse/progress/known", "GET, HEAD, OPTIONS"),
        ("/sse/all", "GET, HEAD, OPTIONS"),
        ("/ws/progress/known", "GET, HEAD, OPTIONS"),
        ("/ws/worker", "GET, HEAD, OPTIONS"),
    ] {
        for method in [
            "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE",
        ] {
            let answer = ask(method, path);
            let has = allowed.split(", ").any(|one| one == method);
            let context = format!("{method} {path}: {}", answer.text());
            assert_eq!(answer.status() != 405, has, "{context}");
            if !has || method == "OPTIONS" {
                assert_eq!(answer.field("allow").as_deref(), Some(allowed), "{context}");
            }
            let may_be_last = matches!(answer.status(), 411 | 426)
                || (path.starts_with("/sse/") && method == "HEAD");
            assert!(!answer.is_over || may_be_last, "{context}");
        }
    }
}

#[test]
fn a_method_nobody_knows_is_501_on_every_route() {
    for method in ["BREW", "get", "G", "PROPFIND", "QUERY"] {
        for path in ["/", "/api/progress/known", "/nowhere"] {
            let answer = ask(method, path);
            assert_eq!(answer.status(), 501, "{method} {path}");
            assert_eq!(answer.code(), "not_implemented");
        }
    }
}

#[test]
fn the_server_as_a_whole_has_options() {
    let answer = ask("OPTIONS", "*");
    assert_eq!(answer.status(), 204);
    assert!(answer.field("allow").is_some_and(|all| all.contains("PUT")));
}

#[test]
fn what_is_not_there_is_404_and_what_is_no_id_400() {
    assert_eq!(ask("GET", "/nowhere").status(), 404);
    assert_eq!(ask("GET", "/nowhere").code(), "not_found");
    assert_eq!(ask("POST", "/nowhere").status(), 404);
    assert_eq!(ask("GET", "/ws/echo").status(), 404);
    assert_eq!(ask("GET", "/api/progress/a%20b").status(), 400);
    assert_eq!(ask("GET", "/api/progress/a%20b").code(), "bad_task_id");
    assert_eq!(ask("GET", "/api/progress/new").code(), "unknown_task");
}

#[test]
fn the_base_path_without_its_slash_redirects() {
    let access = Access {
        base_path: "/p".to_owned(),
        ..loopback()
    };
    let request = "GET /p HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let answer = asked_of(&access, request);
    assert_eq!(answer.status(), 308);
    assert_eq!(answer.field("location").as_deref(), Some("/p/"));
    let request = "GET /p?ticket=a%20b HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let answer = asked_of(&access, request);
    assert_eq!(
        answer.field("location").as_deref(),
        Some("/p/?ticket=a%20b")
    );
}

#[test]
fn a_publish_needs_content_of_known_length() {
    for line in [
        "POST /api/progress/known",
        "PUT /api/progress/known",
        "POST /api/progress",
    ] {
        let answer = send(line, "", "");
        assert_eq!(answer.status(), 411, "{line}");
        assert_eq!(answer.code(), "length_required");
        assert!(answer.is_over, "what follows may be content");
    }
    for line in [
        "POST /api/progress/known/cancel",
        "DELETE /api/progress/known",
    ] {
        assert!(send(line, "", "").status() < 300, "{line} needs none");
    }
}

#[test]
fn content_in_a_coding_is_415_and_closes() {
    for coding in [
        "gzip",
        "br",
        "deflate, gzip",
        "zstd",
        "identity\r\nContent-Encoding: gzip",
    ] {
        let fields = format!("Content-Encoding: {coding}\r\nContent-Length: 2\r\n");
        let answer = send("POST /api/progress/known", &fields, "{}");
        assert_eq!(answer.status(), 415, "{coding}");
        assert!(answer.is_over, "its content was not read");
    }
    for coding in [
        "identity",
        "Identity",
        "identity\r\nContent-Encoding: IDENTITY",
    ] {
        let fields = format!("Content-Encoding: {coding}\r\nContent-Length: 2\r\n");
        let answer = send("POST /api/progress/known", &fields, "{}");
        assert_eq!(answer.status(), 200, "{coding}");
    }
}

#[test]
fn too_much_content_is_413_before_it_is_read() {
    for (line, length) in [
        ("POST /api/progress/known", 16 * 1024 + 1),
        ("PUT /api/progress/known", 16 * 1024 + 1),
        ("POST /api/progress/known/cancel", 16 * 1024 + 1),
        ("POST /api/progress", 1024 * 1024 + 1),
    ] {
        let answer = send(line, &format!("Content-Length: {length}\r\n"), "");
        assert_eq!(answer.status(), 413, "{line}");
        assert_eq!(answer.code(), "too_large");
        assert!(answer.is_over, "{line}");
    }
}

#[test]
fn content_of_the_greatest_length_is_taken() {
    let padding = "x".repeat(16 * 1024 - r#"{"a":""}"#.len());
    let content = format!(r#"{{"a":"{padding}"}}"#);
    let fields = format!("Content-Length: {}\r\n", content.len());
    let answer = send("POST /api/progress/known", &fields, &content);
    assert_eq!(answer.status(), 200);
}

#[test]
fn a_refusal_with_content_behind_it_closes_and_one_without_does_not() {
    for (line, status) in [
        ("POST /nowhere", 404),
        ("POST /api/progress/%00", 400),
        ("PATCH /api/progress/known", 405),
        ("BREW /api/progress/known", 501),
        ("POST /api/progress/known?lease=x", 400),
    ] {
        let answer = send(line, "Content-Length: 2\r\n", "{}");
        assert_eq!((answer.status(), answer.is_over), (status, true), "{line}");
        let answer = send(
            line,
            "Transfer-Encoding: chunked\r\n",
            "2\r\n{}\r\n0\r\n\r\n",
        );
        assert_eq!((answer.status(), answer.is_over), (status, true), "{line}");
    }
    for (line, status) in [("GET /nowhere", 404), ("PATCH /healthz", 405)] {
        for fields in ["", "Content-Length: 0\r\n"] {
            let answer = send(line, fields, "");
            assert_eq!((answer.status(), answer.is_over), (status, false), "{line}");
        }
    }
}

#[test]
fn a_lease_is_seconds_in_reason() {
    for lease in ["5", "0.5", "86400", "1e3"] {
        let line = format!("POST /api/progress/known?lease={lease}");
        let answer = send(&line, "Content-Length: 2\r\n", "{}");
        assert_eq!(answer.status(), 200, "{lease}");
        let ms = (lease.parse::<f64>().expect("a number") * 1000.0) as u64;
        let demand = answer.demands.concat();
        assert!(
            demand.contains(&format!("lease_ms: Some({ms})")),
            "{demand}"
        );
    }
    for lease in [
        "", "0", "-1", "86401", "nan", "inf", "1e999", "5s", "%35%00",
    ] {
        let line = format!("POST /api/progress/known?lease={lease}");
        let answer = send(&line, "Content-Length: 2\r\n", "{}");
        assert_eq!(answer.status(), 400, "{lease}");
    }
}

#[test]
fn a_socket_route_without_a_handshake_says_what_it_speaks() {
    for method in ["GET", "HEAD"] {
        let answer = ask(method, "/ws/progress/known");
        assert_eq!(answer.status(), 426, "{method}");
        assert_eq!(answer.field("sec-websocket-version").as_deref(), Some("13"));
        assert_eq!(answer.field("upgrade").as_deref(), Some("websocket"));
        assert_eq!(answer.body().is_empty(), method == "HEAD");
        let says_how = answer.text().contains("`Upgrade: websocket`, version 13");
        assert_eq!(says_how, method == "GET", "{}", answer.text());
    }
}

#[test]
fn content_that_is_too_long_is_told_how_long_it_may_be() {
    for fields in [
        "Content-Length: 16385\r\n",
        "Transfer-Encoding: chunked\r\n",
    ] {
        let answer = send("POST /api/progress/known", fields, "4001\r\n");
        assert_eq!(answer.status(), 413, "{fields}");
        assert!(answer.body().contains("16384"), "{}", answer.body());
    }
}

#[test]
fn a_handshake_on_an_ordinary_route_is_an_ordinary_request_and_the_last() {
    for path in ["/healthz", "/nowhere", "/api/progress/known"] {
        let answer = send(&format!("GET {path}"), HANDSHAKE, "");
        assert_ne!(answer.status(), 101, "{path}");
        assert!(answer.is_over, "a proxy may take it for a tunnel: {path}");
        assert!(answer.text().contains("Connection: close\r\n"), "{path}");
    }
}

#[test]
fn until_is_end_or_absent() {
    for (query, status) in [
        ("?until=end", 101),
        ("?x=1&until=%65nd", 101),
        ("", 101),
        ("?", 101),
        ("?until=", 400),
        ("?until=never", 400),
        ("?until=END", 400),
    ] {
        let request =
            format!("GET /ws/progress/known{query} HTTP/1.1\r\nHost: localhost\r\n{HANDSHAKE}\r\n");
        let answer = crate::talk::told(|| crate::talk::Talk::http(loopback()), request.as_bytes());
        assert_eq!(answer.status(), status, "{query}");
    }
}

#[test]
fn the_subprotocol_is_taken_if_it_is_offered() {
    for (offer, taken) in [
        ("doneyet.v1", Some("doneyet.v1")),
        ("chat, doneyet.v1", Some("doneyet.v1")),
        ("doneyet.v1, bearer.secret", Some("doneyet.v1")),
        ("chat", None),
        ("doneyet.v12", None),
    ] {
        let request = format!(
            "GET /ws HTTP/1.1\r\nHost: localhost\r\n{HANDSHAKE}Sec-WebSocket-Protocol: {offer}\r\n\r\n"
        );
        let answer = crate::talk::told(|| crate::talk::Talk::http(loopback()), request.as_bytes());
        let got = answer.field("sec-websocket-protocol");
        assert_eq!(got.as_deref(), taken, "{offer}");
        assert!(!answer.text().contains("secret"));
    }
}
