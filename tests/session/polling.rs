//! Long polls: what may be asked, what is held, and what it is answered with.

use doneyet::session::demand::Notice;
use doneyet::session::{Fault, Flow, Wait};
use doneyet::wire::close::CloseCode;

use crate::talk::{NOON, STATE, Talk, Transcript, asked, loopback, task};

fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n")
}

fn ask(target: &str) -> Transcript {
    asked(&get(target))
}

/// A conversation whose poll of `target` is held.
fn held(target: &str) -> Talk {
    let mut talk = Talk::http(loopback());
    talk.send(get(target).as_bytes());
    assert!(talk.said().is_empty(), "{target}");
    talk
}

#[test]
fn since_and_wait_make_a_poll_wait() {
    for (query, since, wait_ms) in [
        ("since=7", "Some(7)", 30_000),
        ("since=7&wait=5", "Some(7)", 5_000),
        ("wait=60&since=7", "Some(7)", 60_000),
        ("wait=0.25", "None", 250),
        ("wait=0", "None", 0),
        (
            "since=18446744073709551615",
            "Some(18446744073709551615)",
            30_000,
        ),
    ] {
        let demands = ask(&format!("/api/progress/new?{query}")).demands;
        let id = task("new");
        let expected = format!("AwaitState {{ task: {id:?}, since: {since}, wait_ms: {wait_ms} }}");
        assert_eq!(demands, [expected], "{query}");
    }
    let demands = ask("/api/progress/new/cancel").demands;
    let id = task("new");
    assert_eq!(
        demands,
        [format!("AwaitCancel {{ task: {id:?}, wait_ms: 30000 }}")]
    );
}

#[test]
fn what_makes_no_sense_is_refused_with_what_would() {
    let since = "`since` must be a revision: digits, as in `rev`";
    let wait = "`wait` must be seconds, from 0 to 60";
    for (query, message) in [
        ("since=", since),
        ("since=%2B7", since),
        ("since=-1", since),
        ("since=7.0", since),
        ("since=\"7\"", since),
        ("since=18446744073709551616", since),
        ("since=x&wait=1", since),
        ("wait=", wait),
        ("wait=-0.1", wait),
        ("wait=60.1", wait),
        ("wait=1e9", wait),
        ("wait=NaN", wait),
        ("wait=inf", wait),
        ("wait=30s", wait),
        ("since=7&wait=x", wait),
    ] {
        let answer = ask(&format!("/api/progress/known?{query}"));
        assert_eq!(
            (answer.status(), answer.code().as_str()),
            (400, "bad_request"),
            "{query}"
        );
        assert!(
            answer.body().contains(&message.replace('"', "\\\"")),
            "{query}"
        );
        assert_eq!(answer.demands, [""; 0]);
        assert!(!answer.is_over, "a mistake in a query ends no connection");
    }
    let answer = ask("/api/progress/known/cancel?wait=61");
    assert_eq!(
        (answer.status(), answer.code().as_str()),
        (400, "bad_request")
    );
}

#[test]
fn news_that_is_there_is_answered_like_any_poll() {
    let plain = ask("/api/progress/known");
    for query in ["since=6", "since=8", "wait=1", "wait=0"] {
        let answer = ask(&format!("/api/progress/known?{query}"));
        assert_eq!(answer.said, plain.said, "{query}");
    }
    let tagged = |query: &str| {
        asked(&format!(
            "GET /api/progress/known{query} HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: \"7\"\r\n\r\n"
        ))
    };
    assert_eq!(tagged("?since=6").said, tagged("").said);
    assert_eq!(tagged("?since=6").status(), 304);
}

#[test]
fn a_held_poll_is_answered_by_the_first_notice_and_by_no_other() {
    let mut talk = held("/api/progress/known?since=7");
    let update = doneyet::task::Update::new(8, false, STATE.as_bytes());
    let news = Notice::State(update.into());
    assert_eq!(
        talk.session.notify(news.clone(), &mut talk.out, NOON),
        Flow::On
    );
    let said = String::from_utf8(talk.said()).expect("text");
    assert!(
        said.starts_with("HTTP/1.1 200 OK\r\nETag: \"8\"\r\n"),
        "{said}"
    );
    assert!(said.ends_with(STATE), "{said}");
    assert_eq!(talk.session.notify(news, &mut talk.out, NOON), Flow::On);
    assert!(talk.said().is_empty(), "nobody has asked again");
    talk.send(get("/healthz").as_bytes());
    assert!(
        talk.said().starts_with(b"HTTP/1.1 200 OK\r\n"),
        "the connection goes on"
    );
}

#[test]
fn a_worker_that_polls_is_told_who_is_to_stop_and_why() {
    let answer = ask("/api/progress/known/cancel?wait=1");
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.field("cache-control").as_deref(), Some("no-cache"));
    let expected = r#"{"cancel":"requested","reason":"enough","task_id":"known"}"#;
    assert_eq!(answer.body(), expected);
    let mut talk = held("/api/progress/new/cancel");
    let (task, reason) = (task("new"), None);
    let notice = Notice::Cancel { task, reason };
    assert_eq!(talk.session.notify(notice, &mut talk.out, NOON), Flow::On);
    assert!(
        talk.said()
            .ends_with(br#"{"cancel":"requested","task_id":"new"}"#)
    );
}

#[test]
fn the_time_of_a_held_poll_is_its_own_and_at_its_end_there_is_no_content() {
    for target in [
        "/api/progress/new?wait=2",
        "/api/progress/new/cancel?wait=2",
    ] {
        let mut talk = held(target);
        assert_eq!(talk.session.new_wait(), Some(Wait::News { ms: 2_000 }));
        assert_eq!(talk.session.tick(&mut talk.out, NOON), Ok(Flow::On));
        let said = String::from_utf8(talk.said()).expect("text");
        assert_eq!(
            said,
            "HTTP/1.1 204 No Content\r\nCache-Control: no-cache\r\n\
             Date: Sun, 22 Nov 2026 12:00:00 GMT\r\nVary: Origin\r\n\r\n"
        );
        assert_eq!(talk.session.new_wait(), Some(Wait::NextRequest));
    }
}

#[test]
fn a_task_that_is_forgotten_meanwhile_is_unknown() {
    let mut talk = held("/api/progress/known?since=7");
    let notice = Notice::Forgotten(task("known"));
    assert_eq!(talk.session.notify(notice, &mut talk.out, NOON), Flow::On);
    let said = String::from_utf8(talk.said()).expect("text");
    assert!(said.starts_with("HTTP/1.1 404 Not Found\r\n"), "{said}");
    assert!(said.contains(r#""error":"unknown_task""#), "{said}");
}

#[test]
fn requests_behind_a_held_poll_wait_for_its_answer() {
    let mut talk = held("/api/progress/known?since=7");
    talk.send(get("/healthz").as_bytes());
    talk.send(get("/nowhere").as_bytes());
    assert!(talk.said().is_empty());
    assert_eq!(talk.session.tick(&mut talk.out, NOON), Ok(Flow::On));
    talk.send(b"");
    let said = String::from_utf8(talk.said()).expect("text");
    let statuses: Vec<_> = said
        .split("HTTP/1.1 ")
        .skip(1)
        .map(|line| &line[..3])
        .collect();
    assert_eq!(statuses, ["204", "200", "404"]);
}

#[test]
fn a_poll_that_is_to_be_the_last_of_its_connection_is() {
    for (request, keeps) in [
        ("GET /api/progress/new?wait=1 HTTP/1.0\r\n\r\n", false),
        (
            "GET /api/progress/new?wait=1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
            true,
        ),
        (
            "GET /api/progress/new?wait=1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            false,
        ),
    ] {
        let mut talk = Talk::http(loopback());
        talk.send(request.as_bytes());
        let flow = talk.session.tick(&mut talk.out, NOON);
        assert_eq!(
            flow,
            Ok(if keeps { Flow::On } else { Flow::Over }),
            "{request}"
        );
        let said = String::from_utf8(talk.said()).expect("text");
        assert_eq!(said.contains("Connection: close\r\n"), !keeps, "{said}");
    }
}

#[test]
fn a_head_waits_like_the_poll_it_stands_for_and_has_no_content() {
    let request = get("/api/progress/known?since=7").replacen("GET", "HEAD", 1);
    let mut talk = Talk::http(loopback());
    talk.send(request.as_bytes());
    assert!(talk.said().is_empty());
    let update = doneyet::task::Update::new(8, false, STATE.as_bytes());
    let news = Notice::State(update.into());
    assert_eq!(talk.session.notify(news, &mut talk.out, NOON), Flow::On);
    let said = String::from_utf8(talk.said()).expect("text");
    assert!(
        said.starts_with("HTTP/1.1 200 OK\r\n") && said.ends_with("\r\n\r\n"),
        "{said}"
    );
}

#[test]
fn a_daemon_that_stops_says_so_to_a_held_poll() {
    let mut talk = held("/api/progress/known?since=7");
    let fault = Fault::Ended(CloseCode::GOING_AWAY, "the daemon is stopping");
    talk.session.farewell(&fault, &mut talk.out, NOON);
    let said = String::from_utf8(talk.said()).expect("text");
    assert!(
        said.starts_with("HTTP/1.1 503 Service Unavailable\r\n"),
        "{said}"
    );
    for part in [
        "Retry-After: 1\r\n",
        "Connection: close\r\n",
        r#""error":"stopping""#,
    ] {
        assert!(said.contains(part), "{said}");
    }
}
