//! The counters move as they should, in conversations without sockets.

use doneyet::server::Config;
use doneyet::server::journal::Level;
use doneyet::server::limits::{Allowance, Limits};
use doneyet::task::record::Patience;
use doneyet::wire::frame::OpCode;

use crate::house::{House, frame, request, text};

#[test]
fn a_fresh_daemon_shows_everything_at_0() {
    let mut house = House::new();
    let page = house.scrape();
    assert_eq!(page.get("connections{transport=\"http\"}"), 1.0, "we");
    assert_eq!(page.get("connections{transport=\"websocket\"}"), 0.0);
    assert_eq!(page.get("connections_accepted_total"), 1.0);
    assert_eq!(
        page.get("requests_total{method=\"GET\",status=\"5xx\"}"),
        0.0
    );
    assert_eq!(page.get("tasks{status=\"active\"}"), 0.0);
    assert_eq!(page.get("tasks_limit"), 10_000.0);
    assert_eq!(page.get("start_time_seconds"), 1_795_348_800.0);
    assert_eq!(page.get("open_descriptors"), 12.0);
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        page.get(&format!("build_info{{version=\"{version}\"}}")),
        1.0
    );
}

#[test]
fn connections_and_bytes_are_counted_by_what_is_spoken() {
    let mut house = House::new();
    let watcher = house.open("/ws/progress/a");
    let idle = house.connect();
    let before = house.scrape();
    assert_eq!(before.get("connections{transport=\"websocket\"}"), 1.0);
    assert_eq!(before.get("connections{transport=\"http\"}"), 2.0);
    assert_eq!(
        before.get("received_bytes_total{transport=\"websocket\"}"),
        0.0
    );

    let ping = text("ping");
    house.say(watcher, &ping);
    let after = house.scrape();
    let received = after.get("received_bytes_total{transport=\"websocket\"}");
    assert_eq!(received, ping.len() as f64);
    let sent = "sent_bytes_total{transport=\"websocket\"}";
    assert_eq!(after.get(sent) - before.get(sent), "..pong".len() as f64);
    let sent = "sent_bytes_total{transport=\"http\"}";
    assert!(
        after.get(sent) - before.get(sent) > 5_000.0,
        "the first page"
    );

    house.hang_up(watcher);
    house.hang_up(idle);
    let page = house.scrape();
    assert_eq!(page.get("connections{transport=\"websocket\"}"), 0.0);
    assert_eq!(page.get("connections{transport=\"http\"}"), 1.0);
    assert_eq!(page.get("connections_accepted_total"), 5.0);
}

#[test]
fn streams_and_polls_are_counted_apart() {
    let mut house = House::new();
    let (listener, poller) = (house.connect(), house.connect());
    let ask = |path: &str| request(&format!("GET {path}"), "", "").into_bytes();
    let head = house.say(listener, &ask("/sse/progress/a"));
    house.say(poller, &ask("/api/progress/a?wait=60"));
    let page = house.scrape();
    assert_eq!(page.get("connections{transport=\"sse\"}"), 1.0);
    assert_eq!(page.get("connections{transport=\"http\"}"), 2.0);
    assert_eq!(page.get("held_polls"), 1.0);
    let requests = "requests_total{method=\"GET\",status=\"2xx\"}";
    assert_eq!(page.get(requests), 1.0, "what is held is not answered");
    let sent = "sent_bytes_total{transport=\"sse\"}";
    assert_eq!(page.get(sent), head.len() as f64);

    house.publish("a", "{}");
    house.say(poller, &ask("/api/progress/a?since=7"));
    let page = house.scrape();
    assert_eq!(page.get("updates_sent_total{transport=\"sse\"}"), 1.0);
    assert_eq!(page.get("updates_sent_total{transport=\"http\"}"), 2.0);
    assert_eq!(page.get("held_polls"), 0.0);
    assert_eq!(
        page.get(requests),
        4.0,
        "the polls, the stream, the first scrape"
    );
    assert!(page.get(sent) > head.len() as f64);
}

#[test]
fn publishes_are_counted_by_what_they_did() {
    let mut house = House::new();
    for json in [
        r#"{"progress":1}"#,
        r#"{"progress":2}"#,
        "{}",
        "[]",
        "{",
        r#"{"progress":101}"#,
    ] {
        house.publish("a", json);
    }
    let batch = "{\"task_id\":\"b\"}\n{\"task_id\":\"a\",\"progress\":2}\nnonsense\n";
    house.ask("POST /api/progress", "", batch);
    let worker = house.open("/ws/worker/c");
    house.say(
        worker,
        &[text("{}"), text("?"), text(r#"{"total":-1}"#)].concat(),
    );

    let page = house.scrape();
    assert_eq!(page.get("publishes_total{result=\"created\"}"), 3.0);
    assert_eq!(page.get("publishes_total{result=\"changed\"}"), 1.0);
    assert_eq!(page.get("publishes_total{result=\"unchanged\"}"), 2.0);
    assert_eq!(page.get("revisions_total"), 4.0);
    assert_eq!(page.get("refused_total{reason=\"bad_json\"}"), 3.0);
    assert_eq!(page.get("refused_total{reason=\"bad_state\"}"), 3.0);
    assert_eq!(page.get("tasks{status=\"active\"}"), 3.0);
    assert_eq!(
        page.get("requests_total{method=\"POST\",status=\"2xx\"}"),
        4.0
    );
    assert_eq!(
        page.get("requests_total{method=\"POST\",status=\"4xx\"}"),
        3.0
    );
    assert_eq!(
        page.get("requests_total{method=\"GET\",status=\"1xx\"}"),
        1.0
    );
}

#[test]
fn a_slow_watchers_skips_are_counted() {
    let mut house = House::new();
    house.publish("a", r#"{"n":0}"#);
    let quick = house.open("/ws/progress/a");
    let slow = house.open("/ws/progress/a");
    let slow_all = house.open("/ws/all");
    let sent = "updates_sent_total{transport=\"websocket\"}";
    assert_eq!(house.scrape().get(sent), 3.0, "a snapshot for each");

    house.fill_up(slow);
    house.fill_up(slow_all);
    for n in 1..=5 {
        house.publish("a", &format!("{{\"n\":{n}}}"));
    }
    let page = house.scrape();
    assert!(page.get("pending_bytes") > 100.0, "two states wait");
    // The first went into the outboxes, and found the sockets full there.
    assert_eq!(page.get(sent), 3.0 + 5.0 + 2.0);
    house.drain(slow);
    house.drain(slow_all);
    let page = house.scrape();
    assert_eq!(page.get("pending_bytes"), 0.0);
    assert_eq!(page.get(sent), 3.0 + 5.0 + 2.0 + 2.0);
    assert_eq!(page.get("updates_skipped_total"), 3.0 + 3.0);
    assert_eq!(page.get("revisions_total"), 6.0);
    house.hang_up(quick);
}

#[test]
fn a_watcher_of_everything_has_not_skipped_what_was_before_it() {
    let mut house = House::new();
    for n in 0..7 {
        house.publish("a", &format!("{{\"n\":{n}}}"));
    }
    house.open("/ws/all");
    assert_eq!(house.scrape().get("updates_skipped_total"), 0.0);
}

#[test]
fn the_steps_of_cancelling_are_counted() {
    let mut house = House::new();
    for task in ["a", "b"] {
        house.publish(task, "{}");
        house.ask(&format!("POST /api/progress/{task}/cancel"), "", "");
        house.ask(&format!("POST /api/progress/{task}/cancel"), "", "");
    }
    house.publish("a", r#"{"cancel":"acknowledged"}"#);
    house.publish("a", r#"{"cancel":"acknowledged","n":1}"#);
    house.publish("a", r#"{"status":"cancelled"}"#);
    house.publish("b", r#"{"cancel":"refused"}"#);
    house.ask("POST /api/progress/a/cancel", "", "");
    house.ask("POST /api/progress/none/cancel", "", "");

    let page = house.scrape();
    assert_eq!(page.get("cancels_total{outcome=\"requested\"}"), 2.0);
    assert_eq!(page.get("cancels_total{outcome=\"acknowledged\"}"), 1.0);
    assert_eq!(page.get("cancels_total{outcome=\"refused\"}"), 1.0);
    assert_eq!(page.get("cancels_total{outcome=\"cancelled\"}"), 1.0);
    assert_eq!(page.get("refused_total{reason=\"finished\"}"), 1.0);
    assert_eq!(page.get("refused_total{reason=\"unknown_task\"}"), 1.0);
}

#[test]
fn tasks_are_counted_where_they_stand() {
    let mut house = House::with(Config {
        patience: Patience {
            lease_ms: 10_000,
            stall_ms: 20_000,
            keep_ms: 60_000,
            ..Patience::default()
        },
        ..Config::default()
    });
    house.publish("done", r#"{"status":"completed"}"#);
    house.publish("broken", r#"{"status":"failed"}"#);
    house.publish("busy", r#"{"status":"copying files"}"#);
    house.ask("POST /api/progress/gone?lease=5", "", "{}");
    let worker = house.open("/ws/worker/stuck");
    house.say(worker, &text("{}"));
    house.wait(6_000);
    house.say(worker, &frame(OpCode::Ping, b""));
    house.wait(15_000);

    let page = house.scrape();
    assert_eq!(page.get("tasks{status=\"completed\"}"), 1.0);
    assert_eq!(page.get("tasks{status=\"failed\"}"), 1.0);
    assert_eq!(page.get("tasks{status=\"cancelled\"}"), 0.0);
    assert_eq!(page.get("tasks{status=\"active\"}"), 1.0);
    assert_eq!(page.get("tasks{status=\"lost\"}"), 1.0);
    assert_eq!(page.get("tasks{status=\"stalled\"}"), 1.0);
    assert_eq!(page.get("revisions_total"), 5.0 + 2.0, "also the clock's");
    assert_eq!(page.get("task_events_total{event=\"lost\"}"), 1.0);
    assert_eq!(page.get("task_events_total{event=\"created\"}"), 5.0);

    house.wait(60_000);
    let page = house.scrape();
    assert_eq!(page.get("tasks{status=\"completed\"}"), 0.0);
    assert_eq!(page.get("task_events_total{event=\"forgotten\"}"), 2.0);
    assert_eq!(page.get("task_events_total{event=\"completed\"}"), 1.0);
}

#[test]
fn refusals_are_counted_by_their_code() {
    let mut house = House::new();
    house.ask("GET /", "Origin: http://evil.example\r\n", "");
    house.ask(
        "PUT /api/progress/a",
        "Origin: http://evil.example\r\n",
        "{}",
    );
    house.ask("BREW /", "", "");
    house.ask(&format!("GET /{}", "x".repeat(9_000)), "", "");
    house.ask("GET /", &format!("X: {}\r\n", "x".repeat(17_000)), "");
    house.ask("GET /", "Content-Length: x\r\n", "");
    let foreign = house.connect();
    house.say(foreign, b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n");
    let late = house.connect();
    house.say(late, b"GET / HT");
    house.wait(11_000);

    let page = house.scrape();
    for (reason, count) in [
        ("forbidden_origin", 1.0),
        ("forbidden_host", 1.0),
        ("not_implemented", 1.0),
        ("uri_too_long", 1.0),
        ("head_too_large", 1.0),
        ("bad_request", 1.0),
        ("timeout", 1.0),
    ] {
        let series = format!("refused_total{{reason=\"{reason}\"}}");
        assert_eq!(page.get(&series), count, "{reason}");
    }
    assert_eq!(
        page.get("requests_total{method=\"other\",status=\"5xx\"}"),
        1.0
    );
    assert_eq!(
        page.get("requests_total{method=\"PUT\",status=\"4xx\"}"),
        1.0
    );
    assert_eq!(
        page.get("requests_total{method=\"GET\",status=\"2xx\"}"),
        1.0
    );
    // Whose method was never read.
    assert_eq!(
        page.get("requests_total{method=\"other\",status=\"4xx\"}"),
        4.0
    );
}

#[test]
fn broken_rules_of_websocket_are_counted_by_their_close_code() {
    let mut house = House::new();
    let mut unmasked = text("x");
    unmasked[1] &= 0x7f;
    let nonsense = text("nonsense").repeat(16);
    for bytes in [
        unmasked,
        frame(OpCode::Text, b"\xff"),
        frame(OpCode::Text, &[b'x'; 5_000]),
        nonsense,
    ] {
        let watcher = house.open("/ws/progress/a");
        house.say(watcher, &bytes);
    }
    let page = house.scrape();
    for code in [1002, 1007, 1008, 1009] {
        let series = format!("refused_total{{reason=\"close_{code}\"}}");
        assert_eq!(page.get(&series), 1.0, "{code}");
    }
    assert_eq!(page.get("refused_total{reason=\"bad_action\"}"), 15.0);
}

#[test]
fn a_polite_goodbye_is_no_refusal() {
    let mut house = House::new();
    let watcher = house.open("/ws/progress/a");
    house.say(watcher, &frame(OpCode::Close, &1000_u16.to_be_bytes()));
    let idle = house.connect();
    house.say(idle, request("GET /healthz", "", "").as_bytes());
    house.wait(80_000);
    assert!(!house.scrape().has("refused_total{reason=\"timeout\"}"));
    assert!(!house.broker.contains(idle), "its time was over");
    assert!(house.broker.metrics().refused.is_empty());
}

#[test]
fn pipelined_scrapes_are_answered_in_their_order() {
    let mut house = House::new();
    let peer = house.connect();
    let one = |path: &str| request(&format!("GET {path}"), "", "");
    let paths = ["/metrics", "/healthz", "/metrics", "/nowhere"];
    let answer = house.say(peer, paths.map(one).concat().as_bytes());
    let statuses: Vec<&str> = answer.split("HTTP/1.1 ").skip(1).map(|a| &a[..3]).collect();
    assert_eq!(statuses, ["200", "200", "200", "404"]);
    assert_eq!(answer.matches("# TYPE doneyet_tasks gauge").count(), 2);
}

#[test]
fn nobody_adds_a_series_but_the_program() {
    let mut house = House::new();
    let before = house.scrape().len();
    for n in 0..500 {
        house.publish(
            &format!("task-{n}"),
            &format!("{{\"status\":\"step {n}\"}}"),
        );
        house.open(&format!("/ws/progress/task-{n}"));
        house.ask(&format!("M{n} /"), "", "");
    }
    assert_eq!(
        house.scrape().len(),
        before + 1,
        "one reason for all refusals"
    );
}

#[test]
fn a_head_request_is_told_the_length_of_the_page_alone() {
    let mut house = House::new();
    let answer = house.ask("HEAD /metrics", "", "");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n"), "{answer}");
    let answer = house.ask("POST /metrics", "", "");
    assert!(answer.contains("Allow: GET, HEAD, OPTIONS\r\n"), "{answer}");
}

#[test]
fn whoever_runs_into_a_limit_is_counted_and_noted() {
    let stranger = Some("192.0.2.7".parse().expect("an address"));
    let mut house = House::with(Config {
        limits: Limits {
            stranger: Allowance {
                connections: 2,
                messages_per_sec: 1,
                ..Allowance::UNLIMITED
            },
            ..Limits::default()
        },
        log_level: Level::Debug,
        ..Config::default()
    });
    let watcher = house.open_from(stranger, "/ws/progress/a");
    house.connect_from(stranger).expect("a second connection");
    house.connect_from(stranger).expect_err("a third");
    house.say(watcher, &text("ping").repeat(7));
    house.broker.count_turned_away(house.now);

    let noted = house.log().len();
    assert_eq!(noted, 4, "one connection, two messages, one descriptor");
    let page = house.scrape();
    assert_eq!(
        page.get("limited_total{limit=\"connections_per_address\"}"),
        1.0
    );
    assert_eq!(page.get("limited_total{limit=\"messages\"}"), 2.0);
    assert_eq!(page.get("limited_total{limit=\"descriptors\"}"), 1.0);
    assert_eq!(page.get("limited_total{limit=\"publishes\"}"), 0.0);
    assert_eq!(page.get("refused_total{reason=\"too_many_requests\"}"), 2.0);
    assert_eq!(
        page.get("refused_total{reason=\"too_many_connections\"}"),
        2.0
    );
    assert_eq!(page.get("connections_accepted_total"), 3.0);
}
