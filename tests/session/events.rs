//! Server-Sent Events, word for word.

use std::rc::Rc;

use doneyet::session::demand::Notice;
use doneyet::session::report::{Reply, Transport};
use doneyet::session::{Fault, Flow, Wait};
use doneyet::task::Update;
use doneyet::wire::close::CloseCode;

use crate::talk::{NOON, STATE, Talk, Transcript, asked, loopback, task};

const DATE: &str = "Date: Sun, 22 Nov 2026 12:00:00 GMT\r\n";

fn listen(line: &str, fields: &str) -> Transcript {
    asked(&format!("{line}\r\nHost: localhost\r\n{fields}\r\n"))
}

/// A stream that has begun.
fn listening(target: &str) -> Talk {
    let mut talk = Talk::http(loopback());
    talk.send(format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes());
    assert!(talk.said().ends_with(b"\r\n\r\nretry: 2000\n\n"));
    talk
}

fn news(rev: u64, terminal: bool) -> Notice {
    Notice::State(Rc::new(Update::new(rev, terminal, STATE.as_bytes())))
}

#[test]
fn a_stream_begins_with_when_to_come_back() {
    let head = format!(
        "HTTP/1.1 200 OK\r\nX-Accel-Buffering: no\r\nCache-Control: no-cache\r\n{DATE}\
         Vary: Origin\r\nContent-Type: text/event-stream; charset=utf-8\r\nConnection: close\r\n\r\n"
    );
    for target in ["/sse/progress/known", "/sse/progress/new", "/sse/all"] {
        for version in ["HTTP/1.1", "HTTP/1.0"] {
            let answer = listen(&format!("GET {target} {version}"), "");
            assert_eq!(answer.text(), format!("{head}retry: 2000\n\n"), "{target}");
            assert!(!answer.is_over, "{target}");
            let answer = listen(&format!("HEAD {target} {version}"), "");
            assert_eq!(answer.text(), head, "{target}");
            assert!(answer.is_over, "{target}");
        }
    }
}

#[test]
fn what_a_client_accepts_is_not_asked() {
    for accept in [
        "text/event-stream",
        "*/*",
        "text/html",
        "application/json;q=0",
    ] {
        let answer = listen("GET /sse/all HTTP/1.1", &format!("Accept: {accept}\r\n"));
        assert_eq!(answer.status(), 200, "{accept}");
    }
}

#[test]
fn the_last_event_id_is_what_was_seen() {
    for (field, seen) in [
        ("", "None"),
        ("Last-Event-ID: 7\r\n", "Some(7)"),
        ("last-event-id:  7 \r\n", "Some(7)"),
        ("Last-Event-ID: \r\n", "None"),
        ("Last-Event-ID: seven\r\n", "None"),
        ("Last-Event-ID: +7\r\n", "None"),
        ("Last-Event-ID: 99999999999999999999\r\n", "None"),
    ] {
        let demands = listen("GET /sse/progress/known HTTP/1.1", field).demands;
        let id = task("known");
        let feed = format!("Stream(Task {{ task: {id:?}, until: Forgotten, seen: {seen} }})");
        assert_eq!(demands, [feed], "{field}");
    }
    let demands = listen("GET /sse/all HTTP/1.1", "Last-Event-ID: 7\r\n").demands;
    assert_eq!(demands, ["Stream(All)"]);
}

#[test]
fn until_is_end_or_nothing() {
    for path in ["/sse/progress/known", "/sse/all"] {
        let answer = listen(&format!("GET {path}?until=end HTTP/1.1"), "");
        assert_eq!(answer.status(), 200);
        let answer = listen(&format!("GET {path}?until=tomorrow HTTP/1.1"), "");
        assert_eq!(
            (answer.status(), answer.code().as_str()),
            (400, "bad_request")
        );
    }
}

#[test]
fn a_state_is_an_event_with_its_revision_as_the_id() {
    let mut talk = listening("/sse/progress/known");
    for rev in [7, 8] {
        let flow = talk
            .session
            .notify(news(rev, rev == 8), &mut talk.out, NOON);
        assert_eq!(
            flow,
            Flow::On,
            "without until=end an end is a state like any other"
        );
        let said = String::from_utf8(talk.said()).expect("text");
        assert_eq!(said, format!("id: {rev}\ndata: {STATE}\n\n"));
    }
}

#[test]
fn a_stream_until_the_end_is_over_with_the_terminal_state() {
    let mut talk = listening("/sse/progress/known?until=end");
    let mut tell = |notice| talk.session.notify(notice, &mut talk.out, NOON);
    assert_eq!(tell(news(7, false)), Flow::On);
    assert_eq!(tell(news(8, true)), Flow::Over);
    assert!(talk.said().ends_with(b"\n\n"));
    assert!(talk.session.watches_until_end());
}

#[test]
fn a_forgotten_task_ends_its_streams() {
    let mut talk = listening("/sse/progress/known");
    let notice = Notice::Forgotten(task("known"));
    assert_eq!(talk.session.notify(notice, &mut talk.out, NOON), Flow::Over);
    assert!(talk.said().is_empty());
}

#[test]
fn silence_is_broken_by_a_comment_unless_something_waits_to_be_taken() {
    let mut talk = listening("/sse/progress/known");
    assert_eq!(talk.session.new_wait(), Some(Wait::Comment));
    assert_eq!(talk.session.tick(&mut talk.out, NOON), Ok(Flow::On));
    assert_eq!(talk.session.new_wait(), Some(Wait::Comment));
    assert_eq!(talk.session.tick(&mut talk.out, NOON), Ok(Flow::On));
    assert_eq!(talk.said(), b":\n\n", "what is not taken is not added to");
}

#[test]
fn whatever_follows_the_request_is_no_request() {
    let mut talk = listening("/sse/progress/known");
    talk.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n\x81\x80");
    assert!(talk.said().is_empty() && !talk.is_over);
    assert_eq!(talk.demands.len(), 1);
}

#[test]
fn content_before_a_stream_is_read_and_means_nothing() {
    let request = "GET /sse/progress/known HTTP/1.1";
    let answer = asked(&format!(
        "{request}\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{{}}"
    ));
    assert_eq!(answer.status(), 200);
}

#[test]
fn the_request_is_counted_once_and_the_rest_is_a_stream() {
    let mut talk = listening("/sse/progress/known");
    let reply = talk.session.new_reply();
    assert!(matches!(reply, Some(Reply { status, .. }) if status.code() == 200));
    assert_eq!(talk.session.new_reply(), None);
    assert_eq!(talk.session.transport(), Transport::Events);
}

#[test]
fn an_end_has_no_words() {
    let mut talk = listening("/sse/progress/known");
    let fault = Fault::Ended(CloseCode::GOING_AWAY, "the daemon is stopping");
    talk.session.farewell(&fault, &mut talk.out, NOON);
    assert!(talk.said().is_empty());
}
