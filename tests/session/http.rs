//! Conversations in HTTP, word for word.

use doneyet::session::{Fault, Flow, Outbox};

use crate::talk::{NOON, STATE, Talk, asked, loopback, messages, text, told};

const DATE: &str = "Date: Sun, 22 Nov 2026 12:00:00 GMT\r\n";

fn talk(requests: &str) -> crate::talk::Transcript {
    told(|| Talk::http(loopback()), requests.as_bytes())
}

fn statuses(said: &str) -> Vec<&str> {
    let lines = said.split("HTTP/1.1 ").skip(1);
    let codes = lines.map(|line| &line[..3]);
    codes.filter(|code| code.parse::<u16>().is_ok()).collect()
}

#[test]
fn a_poll_is_answered_with_the_state_and_its_revision() {
    let answer = asked("GET /api/progress/known HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let expected = format!(
        "HTTP/1.1 200 OK\r\nETag: \"7\"\r\nCache-Control: no-cache\r\n{DATE}Vary: Origin\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{STATE}",
        STATE.len()
    );
    assert_eq!(answer.text(), expected);
    assert!(!answer.is_over);
}

#[test]
fn a_poll_that_knows_the_revision_is_spared_the_state() {
    for (tags, status) in [
        ("\"7\"", 304),
        ("W/\"7\"", 304),
        ("\"6\", \"7\"", 304),
        ("*", 304),
        ("\"6\"", 200),
        ("7", 200),
        ("\"77\"", 200),
        ("", 200),
        ("\"6\"\r\nIf-None-Match: \"7\"", 304),
        ("\"5\"\r\nIf-None-Match: \"6\"", 200),
    ] {
        let answer = asked(&format!(
            "GET /api/progress/known HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: {tags}\r\n\r\n"
        ));
        assert_eq!(answer.status(), status, "{tags}");
        assert_eq!(answer.field("etag").as_deref(), Some("\"7\""));
        assert_eq!(answer.body().is_empty(), status == 304);
    }
    let answer =
        asked("GET /api/progress/new HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: *\r\n\r\n");
    assert_eq!(answer.status(), 404);
}

#[test]
fn head_is_get_without_the_content() {
    for path in [
        "/",
        "/healthz",
        "/api/progress",
        "/api/progress/known",
        "/api/progress/new",
    ] {
        let rest = "HTTP/1.1\r\nHost: localhost\r\n\r\n";
        let get = asked(&format!("GET {path} {rest}"));
        let head = asked(&format!("HEAD {path} {rest}"));
        let (fields, _) = get
            .text()
            .split_once("\r\n\r\n")
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .expect("a head");
        assert_eq!(head.text(), format!("{fields}\r\n\r\n"), "{path}");
    }
}

#[test]
fn a_refused_head_has_no_content_either() {
    let answer =
        asked("HEAD /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999\r\n\r\n");
    assert_eq!((answer.status(), answer.body().as_str()), (413, ""));
}

#[test]
fn the_list_has_every_state() {
    let answer = asked("GET /api/progress?status=running HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(answer.body(), format!("{{\"tasks\":[{STATE},{STATE}]}}"));
    assert_eq!(answer.demands, ["List { status: Some(\"running\") }"]);
}

#[test]
fn a_publish_is_201_the_first_time_and_200_later() {
    for (id, status) in [("new", 201), ("known", 200), ("ended", 409)] {
        let answer = asked(&format!(
            "POST /api/progress/{id} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{{}}"
        ));
        assert_eq!(answer.status(), status, "{id}");
        assert!(!answer.is_over, "an answer about a task ends no connection");
    }
}

#[test]
fn what_is_no_state_is_refused_and_the_conversation_goes_on() {
    for (content, status, code) in [
        ("", 400, "bad_json"),
        ("{", 400, "bad_json"),
        ("nope", 400, "bad_json"),
        ("{}{}", 400, "bad_json"),
        ("{\"a\":1e999}", 400, "bad_json"),
        ("[]", 422, "bad_state"),
        ("7", 422, "bad_state"),
        ("{\"task_id\":\"other\"}", 422, "bad_state"),
    ] {
        let answer = asked(&format!(
            "POST /api/progress/known HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{content}",
            content.len()
        ));
        let got = (answer.status(), answer.code());
        assert_eq!(got, (status, code.to_owned()), "{content}");
        assert!(!answer.is_over, "{content}");
    }
}

#[test]
fn a_batch_is_answered_line_by_line_errors_included() {
    let long = format!("{{\"task_id\":\"a\",\"x\":\"{}\"}}", "x".repeat(16 * 1024));
    let lines = format!(
        "{{\"task_id\":\"a\"}}\n\n \r\n{{\"task_id\":\"ended\"}}\r\nnope\n{{}}\n{long}\n{{\"task_id\":\"known\"}}"
    );
    let answer = asked(&format!(
        "POST /api/progress HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{lines}",
        lines.len()
    ));
    let body: serde_json::Value = serde_json::from_str(&answer.body()).expect("JSON");
    let results = body["results"].as_array().expect("results");
    let short = |result: &serde_json::Value| {
        let word = result["error"].as_str().or(result["task_id"].as_str());
        word.expect("an error or a task").to_owned()
    };
    let all: Vec<_> = results.iter().map(short).collect();
    let expected = ["a", "ended", "bad_json", "bad_state", "too_large", "known"];
    assert_eq!(all, expected);
}

#[test]
fn a_chunked_publish_is_a_publish() {
    let answer = asked(
        "POST /api/progress/new HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n\
         1\r\n{\r\n1;x=y\r\n}\r\n0\r\nTrailer: x\r\n\r\n",
    );
    assert_eq!((answer.status(), answer.is_over), (201, false));
}

#[test]
fn a_cancel_needs_no_content_and_takes_a_reason() {
    for (content, demand) in [
        ("", "reason: None"),
        ("  ", "reason: None"),
        ("{}", "reason: None"),
        ("{\"reason\":null}", "reason: None"),
        ("{\"reason\":\"bored\"}", "reason: Some(\"bored\")"),
    ] {
        let answer = asked(&format!(
            "POST /api/progress/known/cancel HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{content}",
            content.len()
        ));
        assert_eq!((answer.status(), answer.body().as_str()), (202, STATE));
        assert!(answer.demands.concat().contains(demand), "{content}");
    }
    for (content, status) in [("{", 400), ("[]", 422), ("{\"reason\":1}", 422)] {
        let answer = asked(&format!(
            "POST /api/progress/known/cancel HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{content}",
            content.len()
        ));
        assert_eq!(answer.status(), status, "{content}");
        assert_eq!(answer.demands, [""; 0]);
    }
}

#[test]
fn requests_in_a_row_are_answered_in_their_order() {
    let answer = talk(
        "GET /api/progress/known HTTP/1.1\r\nHost: localhost\r\n\r\n\
         POST /api/progress/new HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}\
         \r\nHEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n\
         GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n\
         DELETE /api/progress/known HTTP/1.1\r\nHost: localhost\r\n\r\n",
    );
    assert_eq!(
        statuses(&answer.text()),
        ["200", "201", "200", "404", "204"]
    );
    assert!(!answer.is_over);
}

#[test]
fn nothing_is_answered_behind_the_last_request() {
    for last in [
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Close\r\n\r\n",
        "GET /healthz HTTP/1.0\r\n\r\n",
        "GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n",
        "GET /healthz HTTP/2.0\r\nHost: localhost\r\n\r\n",
        "GET /healthz HTTP/1.1\r\n\r\n",
        "nonsense\r\n\r\n",
    ] {
        let answer = talk(&format!(
            "{last}GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
        ));
        assert_eq!(statuses(&answer.text()).len(), 1, "{last}");
        assert!(answer.text().contains("Connection: close\r\n"), "{last}");
        assert!(answer.is_over, "{last}");
    }
}

#[test]
fn an_old_client_is_told_when_the_connection_stays() {
    let answer = asked("GET /healthz HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
    assert_eq!(answer.field("connection").as_deref(), Some("keep-alive"));
    assert!(!answer.is_over);
}

#[test]
fn a_client_that_waits_with_its_content_is_told_to_go_on() {
    let head = "POST /api/progress/new HTTP/1.1\r\nHost: localhost\r\n\
        Expect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    let mut talk = Talk::http(loopback());
    talk.send(head.as_bytes());
    assert_eq!(talk.said(), b"HTTP/1.1 100 Continue\r\n\r\n");
    talk.send(b"{}");
    assert!(talk.said().starts_with(b"HTTP/1.1 201 Created\r\n"));
}

#[test]
fn a_client_that_waits_in_vain_is_told_at_once() {
    for (line, length, status) in [
        ("POST /nowhere", 2, 404),
        ("PATCH /api/progress/known", 2, 405),
        ("POST /api/progress/known", 99_999, 413),
    ] {
        let answer = asked(&format!(
            "{line} HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n\
             Content-Length: {length}\r\n\r\n"
        ));
        assert_eq!((answer.status(), answer.is_over), (status, true), "{line}");
    }
    let answer = asked(
        "DELETE /api/progress/known HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n\r\n",
    );
    assert_eq!(answer.status(), 204, "it has nothing to wait with");
}

#[test]
fn what_cannot_be_read_closes_with_the_reason() {
    let long_line = format!("GET /{} HTTP/1.1\r\n", "x".repeat(8200));
    let long_head = format!(
        "GET / HTTP/1.1\r\nHost: localhost\r\nX: {}",
        "x".repeat(17_000)
    );
    let fields = format!(
        "GET / HTTP/1.1\r\nHost: localhost\r\n{}",
        "X: y\r\n".repeat(101)
    );
    for (request, status) in [
        ("\u{16}\u{3}\u{1}\r\n\r\n", 400),
        ("GET /healthz HTTP/1.1\nHost: localhost\n\n", 400),
        ("GET  /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        ("GET /healthz HTTP/1.1\r\nHost : localhost\r\n\r\n", 400),
        ("GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        ("GET healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        ("GET /healthz HTTP/3.0\r\nHost: localhost\r\n\r\n", 505),
        (
            "POST /api/progress/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: +2\r\n\r\n{}",
            400,
        ),
        (
            "POST /api/progress/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
            400,
        ),
        (
            "POST /api/progress/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
            400,
        ),
        (
            "POST /api/progress/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n{}",
            400,
        ),
        (
            "POST /api/progress/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n{}",
            501,
        ),
        (
            "POST /api/progress/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
            400,
        ),
        (
            "POST /api/progress/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5000\r\n",
            413,
        ),
        (long_line.as_str(), 414),
        (long_head.as_str(), 431),
        (fields.as_str(), 431),
    ] {
        let answer = asked(request);
        assert_eq!(answer.status(), status, "{request}");
        assert!(answer.is_over && !answer.code().is_empty(), "{request}");
        assert!(answer.text().contains("Connection: close\r\n"), "{request}");
        assert_eq!(answer.demands, [""; 0], "{request}");
    }
}

#[test]
fn a_late_request_is_408_and_an_idle_connection_nothing() {
    for (begun, answered) in [
        ("GET /heal", true),
        (
            "POST /api/progress/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{",
            true,
        ),
        ("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", false),
    ] {
        let mut talk = Talk::http(loopback());
        talk.send(begun.as_bytes());
        talk.said();
        let fault = talk
            .session
            .tick(&mut talk.out, NOON)
            .expect_err("it had its time");
        assert_eq!(fault == Fault::Gone, !answered, "{begun}");
        talk.session.farewell(&fault, &mut talk.out, NOON);
        let said = String::from_utf8(talk.said()).expect("text");
        let is_late = said.starts_with("HTTP/1.1 408 ") && said.contains("Connection: close\r\n");
        assert_eq!(is_late, answered, "{said}");
        assert_eq!(said.is_empty(), !answered);
    }
}

#[test]
fn an_answer_that_nobody_waits_for_ends_the_conversation() {
    let mut talk = Talk::http(loopback());
    let mut out = Outbox::default();
    let answer = doneyet::session::Answer::Done;
    let flow = talk.session.answer(&answer, &mut out, NOON);
    assert_eq!((flow, out.is_empty()), (Flow::Over, true));
}

#[test]
fn frames_in_the_packet_of_the_handshake_are_answered_behind_the_101() {
    let mut stream = b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
        Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Sec-WebSocket-Version: 13\r\n\r\n"
        .to_vec();
    stream.extend(text("ping"));
    let all = told(|| Talk::http(loopback()), &stream);
    let end = all.text().find("\r\n\r\n").expect("a head") + 4;
    let (head, frames) = all.said.split_at(end);
    let head = String::from_utf8_lossy(head);
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert!(head.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    assert!(!head.contains("Sec-WebSocket-Extensions"));
    assert_eq!(
        messages(frames),
        ["text {\"hello\":\"world\"}", "text pong"]
    );
}

#[test]
fn pages_are_guarded_by_their_policy() {
    let answer = asked("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(answer.status(), 200);
    assert_eq!(
        answer.field("content-type").as_deref(),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(
        answer.field("x-content-type-options").as_deref(),
        Some("nosniff")
    );
    assert!(answer.field("content-security-policy").is_some());
}
