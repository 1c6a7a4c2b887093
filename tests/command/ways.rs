//! `doneyet bench ways`: a download of two seconds watched in all the ways there are, and the
//! watchers themselves, whose bytes may come in any pieces.

use std::fs;
use std::time::Duration;

use doneyet::client::Server;
use doneyet::client::swarm::{Flaw, Follower, Ledger, Part as _, Way};
use doneyet::command::bench::ways::Trace;
use serde_json::Value;

use super::program::Program;

const SHORT: &str = "# one burst, and a silence\n0 10\n50 20\n\n1000 40\n1050 80\n2000 100\n";

/// A file of this run only.
fn file(name: &str, text: &str) -> String {
    let path = format!(
        "{}/{name}-{}",
        env!("CARGO_TARGET_TMPDIR"),
        std::process::id()
    );
    fs::write(&path, text).expect("the folder is there");
    path
}

#[test]
fn a_download_is_watched_to_its_end_in_every_way() {
    let (trace, svg) = (file("short.txt", SHORT), file("ways.svg", ""));
    let words = ["bench", "ways", "--watchers", "4", "--quiet", "--json"];
    let more = ["--trace", &trace, "--svg", &svg];
    let end = Program::start(&[&words[..], &more].concat()).end();
    assert_eq!(end.code, Some(0), "{}", end.err);
    let report: Value = serde_json::from_str(&end.out).expect("one line of JSON");
    assert_eq!(
        (&report["changes"], &report["secs"]),
        (&5.into(), &2.0.into())
    );

    let ways = report["ways"].as_array().expect("a list");
    assert_eq!(ways.len(), 5);
    for way in ways {
        let number = |name: &str| {
            way[name]
                .as_f64()
                .unwrap_or_else(|| panic!("{name}: {way}"))
        };
        let is_pushed = ["events", "websocket"].contains(&way["way"].as_str().unwrap_or_default());
        if is_pushed {
            // The first state, and every change; neither is asked for.
            assert_eq!(number("requests"), 1.0, "{way}");
            assert_eq!(number("messages_with_news"), 6.0, "{way}");
        }
        if is_pushed || way["way"] == "long_polling" {
            assert_eq!(number("messages_without_news"), 0.0, "{way}");
        } else {
            let messages = number("messages_with_news") + number("messages_without_news");
            assert_eq!(number("requests"), messages, "{way}");
        }
        assert!(number("received_bytes") > 500.0, "{way}");
        assert!(number("server_cpu_ms_per_minute") > 0.0, "{way}");
        let late = &way["staleness_ms"];
        assert!(late["p50"].as_f64() > Some(0.0) && late["p50"].as_f64() <= late["max"].as_f64());
    }
    let picture = fs::read_to_string(&svg).expect("it was written");
    assert!(
        picture.starts_with("<svg ") && picture.ends_with("</svg>\n"),
        "{picture}"
    );
    assert!(picture.contains(">Server-Sent Events<"), "{picture}");
    fs::remove_file(trace).expect("it was there");
    fs::remove_file(svg).expect("it was there");
}

#[test]
fn a_trace_has_points_that_do_not_fall() {
    let trace = Trace::parse(SHORT).expect("a good one");
    assert_eq!((trace.points().len(), trace.total()), (5, 100));
    assert_eq!(trace.time(), Duration::from_secs(2));
    for (text, line) in [
        ("0 10\nten 20\n", "line 2 "),
        ("0 10\n\n5\n", "line 3 "),
        ("5 10\n4 20\n", "line 2 "),
        ("5 10\n6 9\n", "line 2 "),
        ("# nothing\n", "no points"),
    ] {
        let why = Trace::parse(text).expect_err(text);
        assert!(why.contains(line), "{text:?}: {why}");
    }
    let recorded = Trace::recorded();
    assert!(recorded.points().len() > 100);
    assert!(recorded.time() > Duration::from_secs(30));
}

#[test]
fn a_trace_that_is_none_is_a_mistake_in_the_call() {
    let trace = file("bad.txt", "1 2\nx\n");
    let end = Program::start(&["bench", "ways", "--trace", &trace]).end();
    assert_eq!(end.code, Some(2), "{}", end.err);
    assert!(
        end.err.contains("--trace") && end.err.contains("line 2"),
        "{}",
        end.err
    );
    fs::remove_file(trace).expect("it was there");
}

/// A state as the daemon writes it.
fn state(rev: u64, step: u64, status: &str) -> String {
    format!(
        "{{\"task_id\":\"t\",\"rev\":{rev},\"status\":\"{status}\",\"step\":{step},\"total\":9}}"
    )
}

fn answer(state: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{state}",
        state.len()
    )
}

/// A step that has been published, and one that ends the task.
fn ledgers() -> Vec<Ledger> {
    let mut ledger = Ledger::default();
    ledger.publish();
    ledger.publish_last();
    vec![ledger]
}

/// What a watcher makes of what a server says, in pieces of `size` bytes; and what it says itself.
fn watched(way: Way, said: &str, size: usize) -> (Result<(), Flaw>, Ledger, String) {
    let (mut ledgers, mut out) = (ledgers(), Vec::new());
    let mut follower = Follower::open(way, &Server::default(), "t", 0, &mut out);
    let mut rest = Vec::new();
    let mut outcome = Ok(());
    for piece in said.as_bytes().chunks(size) {
        rest.extend_from_slice(piece);
        match follower.hear(&mut rest, &mut out, &mut ledgers) {
            Ok(heard) => drop(rest.drain(..heard.used)),
            Err(flaw) => {
                outcome = Err(flaw);
                break;
            }
        }
        follower.poll(&mut out, &mut ledgers);
    }
    let out = String::from_utf8(out).expect("requests are text");
    (outcome, ledgers.remove(0), out)
}

#[test]
fn an_event_stream_is_heard_in_any_pieces() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nretry: 2000\n\n";
    let event = |state: &str| format!("id: 1\ndata: {state}\n\n");
    let (first, last) = (state(5, 0, "running"), state(7, 2, "completed"));
    let said = format!("{head}{}:\n\n{}", event(&first), event(&last));
    for size in [1, 7, said.len()] {
        let (outcome, ledger, out) = watched(Way::Events, &said, size);
        outcome.expect("all is well");
        assert_eq!((ledger.ready, ledger.news, ledger.empty), (1, 2, 0));
        assert_eq!(
            (ledger.heartbeats, ledger.finished, ledger.requests),
            (1, 1, 1)
        );
        // Of the two steps, the second told of both.
        assert_eq!(ledger.staleness.count(), 2);
        assert_eq!(ledger.received, said.len() as u64);
        assert_eq!(ledger.sent, out.len() as u64);
    }
}

#[test]
fn answers_to_polls_are_heard_in_any_pieces() {
    let not_modified = "HTTP/1.1 304 Not Modified\r\nETag: \"5\"\r\n\r\n";
    let (first, last) = (state(5, 0, "running"), state(7, 2, "completed"));
    let said = format!("{}{not_modified}{}", answer(&first), answer(&last));
    for size in [1, 7] {
        let (outcome, ledger, out) = watched(Way::Polling(Duration::ZERO), &said, size);
        outcome.expect("all is well");
        assert_eq!((ledger.news, ledger.empty, ledger.finished), (2, 1, 1));
        assert_eq!(ledger.requests, 3);
        assert_eq!(out.matches("If-None-Match: \"5\"\r\n").count(), 2);
        assert_eq!(ledger.sent, out.len() as u64);
    }
}

#[test]
fn a_long_poll_follows_each_answer_until_the_end() {
    let nothing = "HTTP/1.1 204 No Content\r\n\r\n";
    let (first, last) = (state(5, 0, "running"), state(7, 2, "completed"));
    let said = format!("{}{nothing}{}", answer(&first), answer(&last));
    let (outcome, ledger, out) = watched(Way::LongPolling, &said, 1);
    outcome.expect("all is well");
    assert_eq!((ledger.news, ledger.empty, ledger.finished), (2, 1, 1));
    assert_eq!((ledger.requests, out.matches("?since=5&").count()), (3, 2));
}

#[test]
fn a_follower_believes_nothing() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
    let events = |states: &[String]| {
        let events = states.iter().map(|state| format!("data: {state}\n\n"));
        format!("{head}{}", events.collect::<String>())
    };
    for (way, said, what) in [
        (
            Way::Events,
            events(&[state(7, 1, "running"), state(7, 1, "running")]),
            "newer revision",
        ),
        (
            Way::Events,
            events(&[state(7, 1, "running"), state(8, 0, "running")]),
            "no earlier step",
        ),
        (Way::Events, events(&[state(7, 2, "running")]), "completed"),
        (Way::Events, answer(&state(7, 1, "running")), "event stream"),
        (
            Way::Events,
            events(&[state(7, 1, "running")]).replace("200", "503"),
            "503",
        ),
        (
            Way::LongPolling,
            "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned(),
            "404",
        ),
        (
            Way::LongPolling,
            answer("{\"task_id\":\"u\",\"rev\":1}"),
            "the task watched",
        ),
    ] {
        let (outcome, ledger, _) = watched(way, &said, 1);
        let why = outcome.expect_err(what).to_string();
        assert!(why.contains(what), "{what}: {why}");
        assert_eq!(ledger.finished, 0);
    }
}
