//! What pages of which origin may do, and what their browsers are told.

use doneyet::session::Access;

use crate::talk::{Transcript, asked_of, loopback};

const FRIEND: &str = "https://app.example";

fn access() -> Access {
    Access {
        allow_origins: vec![FRIEND.to_owned()],
        ..loopback()
    }
}

fn ask(line: &str, fields: &str) -> Transcript {
    asked_of(
        &access(),
        &format!("{line} HTTP/1.1\r\nHost: localhost:8765\r\n{fields}\r\n"),
    )
}

const HANDSHAKE: &str = "Upgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";

#[test]
fn a_strange_host_gets_nothing_at_all() {
    for line in [
        "GET /healthz",
        "GET /",
        "OPTIONS *",
        "POST /api/progress/known",
        "GET /nowhere",
        "GET http://evil.example/healthz",
    ] {
        let request = format!("{line} HTTP/1.1\r\nHost: evil.example\r\n\r\n");
        let answer = asked_of(&access(), &request);
        assert_eq!(answer.status(), 403, "{line}");
        assert_eq!(answer.code(), "forbidden_host");
        assert_eq!(answer.demands, [""; 0]);
    }
}

#[test]
fn the_host_in_the_target_is_the_one_that_counts() {
    let request = "GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    assert_eq!(asked_of(&access(), request).status(), 403);
    let request = "GET http://localhost/healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n";
    assert_eq!(asked_of(&access(), request).status(), 200);
}

#[test]
fn a_strange_origin_changes_nothing_and_opens_nothing() {
    for origin in [
        "null",
        "https://evil.example",
        "https://app.example.evil",
        "http://app.example",
        "https://app.example:8443",
        "http://evil.example/.localhost",
        "",
        "caf\u{e9}",
        "https://app.example\r\nOrigin: https://app.example",
        "https://evil.example\r\nOrigin: https://app.example",
        "https://app.example\r\nOrigin: https://evil.example",
    ] {
        let field = format!("Origin: {origin}\r\n");
        for line in [
            "POST /api/progress/known",
            "PUT /api/progress/known",
            "DELETE /api/progress/known",
            "POST /api/progress/known/cancel",
            "OPTIONS /api/progress/known",
            "OPTIONS *",
        ] {
            let answer = ask(line, &field);
            assert_eq!(answer.status(), 403, "{line} {origin}");
            assert_eq!(answer.code(), "forbidden_origin");
            assert_eq!(answer.demands, [""; 0]);
        }
        let head = ask("HEAD /api/progress/known", &field);
        assert_eq!((head.status(), head.demands), (403, vec![]), "{origin}");
        for path in ["/ws/progress/known", "/ws/worker/known", "/ws/all", "/ws"] {
            let answer = ask(&format!("GET {path}"), &format!("{field}{HANDSHAKE}"));
            assert_eq!(answer.status(), 403, "{path} {origin}");
            assert!(answer.is_over, "a refused upgrade closes");
        }
    }
}

/// RFC 9110 §7.8 lets a protocol have a version, and whoever is in front may read even more as one.
#[test]
fn an_upgrade_that_is_badly_put_is_guarded_like_a_good_one() {
    for upgrade in ["websocket/13", "h2c, WebSocket/13", "\"websocket\""] {
        let field = format!("Origin: https://evil.example\r\nUpgrade: {upgrade}\r\n");
        let answer = ask("GET /ws/all", &field);
        assert_eq!(answer.code(), "forbidden_origin", "{upgrade}");
        assert!(answer.is_over, "a refused upgrade closes: {upgrade}");
        let answer = ask("GET /ws/all", &format!("Upgrade: {upgrade}\r\n"));
        assert_eq!(answer.status(), 426, "{upgrade}");
        assert!(answer.is_over, "a refused upgrade closes: {upgrade}");
    }
}

#[test]
fn a_strange_origin_may_ask_but_its_page_cannot_read_the_answer() {
    let answer = ask(
        "GET /api/progress/known",
        "Origin: https://evil.example\r\n",
    );
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.field("access-control-allow-origin"), None);
}

#[test]
fn two_origins_are_none_and_neither_is_named() {
    for second in [FRIEND, "https://evil.example"] {
        let fields = format!("Origin: {FRIEND}\r\nOrigin: {second}\r\n");
        for line in ["GET /api/progress/known", "POST /api/progress/known"] {
            let answer = ask(line, &fields);
            assert_eq!(answer.field("access-control-allow-origin"), None, "{line}");
        }
    }
}

/// A cache that keeps the answer to one origin must not give it to another (Fetch, "CORS protocol
/// and HTTP caches").
#[test]
fn every_answer_says_that_it_depends_on_the_origin() {
    for field in ["", "Origin: https://evil.example\r\n"] {
        for line in [
            "GET /api/progress/known",
            "GET /nowhere",
            "GET /healthz",
            "no request",
        ] {
            let answer = ask(line, field);
            assert_eq!(
                answer.field("vary").as_deref(),
                Some("Origin"),
                "{line} {field}"
            );
        }
    }
}

#[test]
fn a_friendly_origin_is_named_in_every_answer() {
    for origin in [FRIEND, "http://localhost:5173", "http://localhost:8765"] {
        let field = format!("Origin: {origin}\r\n");
        for line in [
            "GET /api/progress/known",
            "GET /api/progress/new",
            "GET /nowhere",
            "HEAD /api/progress/known",
            "POST /api/progress/known",
            "POST /api/progress/known/cancel",
            "DELETE /api/progress/known",
            "OPTIONS /api/progress/known",
        ] {
            let answer = ask(line, &field);
            let named = answer.field("access-control-allow-origin");
            assert_eq!(named.as_deref(), Some(origin), "{line} {}", answer.text());
            assert_eq!(answer.field("vary").as_deref(), Some("Origin"), "{line}");
            assert_eq!(answer.field("access-control-allow-credentials"), None);
        }
    }
}

#[test]
fn a_page_can_read_that_it_sent_too_much() {
    let fields = format!("Origin: {FRIEND}\r\nContent-Length: 20000\r\n");
    let answer = ask("POST /api/progress/known", &fields);
    assert_eq!(answer.status(), 413);
    let named = answer.field("access-control-allow-origin");
    assert_eq!(named.as_deref(), Some(FRIEND));
}

#[test]
fn a_preflight_is_told_what_it_may() {
    let fields = format!(
        "Origin: {FRIEND}\r\nAccess-Control-Request-Method: PUT\r\n\
         Access-Control-Request-Headers: authorization,content-type\r\n"
    );
    let answer = ask("OPTIONS /api/progress/known", &fields);
    assert_eq!(answer.status(), 204);
    let methods = answer
        .field("access-control-allow-methods")
        .expect("methods");
    assert!(
        ["PUT", "POST", "DELETE"]
            .iter()
            .all(|method| methods.contains(method))
    );
    let headers = answer
        .field("access-control-allow-headers")
        .expect("headers");
    assert!(headers.contains("Authorization") && headers.contains("Content-Type"));
    assert!(!answer.is_over);
}

#[test]
fn a_handshake_of_a_friendly_origin_or_of_no_browser_opens() {
    for field in [
        "",
        "Origin: https://app.example\r\n",
        "Origin: http://[::1]:1\r\n",
    ] {
        let request = format!("GET /ws HTTP/1.1\r\nHost: localhost:8765\r\n{field}{HANDSHAKE}\r\n");
        let answer = crate::talk::told(|| crate::talk::Talk::http(access()), request.as_bytes());
        assert_eq!(answer.status(), 101, "{field}");
    }
}
