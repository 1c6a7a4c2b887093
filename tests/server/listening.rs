//! Watching by Server-Sent Events: the same states, resumed by their revision.

use crate::frames::{Told, post, request, text};
use crate::world::World;

#[test]
fn a_listener_gets_the_snapshot_at_once_and_then_every_change() {
    let mut world = World::new();
    world.publish("a", r#"{"progress":1}"#);
    let listener = world.listen("/sse/progress/a");
    assert_eq!(world.told(listener), ["a: 1 running"]);
    world.publish("a", r#"{"progress":2}"#);
    assert_eq!(world.told(listener), ["a: 2 running"]);
    world.publish("a", r#"{"progress":2}"#);
    world.publish("b", "{}");
    assert_eq!(world.told(listener), [""; 0]);
}

#[test]
fn a_listener_may_come_before_its_task() {
    let mut world = World::new();
    let listener = world.listen("/sse/progress/a");
    assert_eq!(world.publish("a", "{}")["watchers"], 1);
    assert_eq!(world.told(listener), ["a: running"]);
}

#[test]
fn who_has_the_newest_is_not_told_again() {
    let mut world = World::new();
    world.publish("a", r#"{"progress":1}"#);
    let seen = world.state("a")["rev"].as_u64().expect("a revision");
    let fields = format!("Last-Event-ID: {seen}\r\n");
    let listener = world.listen_again("/sse/progress/a", &fields);
    assert_eq!(world.told(listener), [""; 0]);
    world.publish("a", r#"{"progress":2}"#);
    assert_eq!(world.told(listener), ["a: 2 running"]);
    for stale in [seen, 7, u64::MAX] {
        let fields = format!("Last-Event-ID: {stale}\r\n");
        let listener = world.listen_again("/sse/progress/a", &fields);
        assert_eq!(world.told(listener), ["a: 2 running"], "{stale}");
    }
}

#[test]
fn everything_comes_whole_whatever_was_heard_last() {
    let mut world = World::new();
    world.publish("a", r#"{"progress":1}"#);
    world.publish("b", r#"{"progress":2}"#);
    let seen = world.state("b")["rev"].as_u64().expect("a revision");
    for fields in [String::new(), format!("Last-Event-ID: {seen}\r\n")] {
        let listener = world.listen_again("/sse/all", &fields);
        assert_eq!(world.told(listener), ["a: 1 running", "b: 2 running"]);
        world.publish("c", "{}");
        assert_eq!(world.told(listener), ["c: running"]);
        assert_eq!(world.publish("c", "{}")["watchers"], 0);
        assert_eq!(world.ask(&request("DELETE", "/api/progress/c")).0, 204);
        assert!(world.is_open(listener), "one of many is forgotten");
        world.reset(listener);
        world.settle();
    }
}

#[test]
fn a_stream_ends_with_the_task_or_if_asked_with_the_end() {
    let mut world = World::new();
    let (plain, until_end) = (
        world.listen("/sse/progress/a"),
        world.listen("/sse/progress/a?until=end"),
    );
    world.publish("a", r#"{"progress":1}"#);
    world.publish("a", r#"{"status":"completed"}"#);
    for listener in [plain, until_end] {
        assert_eq!(world.told(listener), ["a: 1 running", "a: 1 completed"]);
    }
    assert!(world.wire(until_end).is_shut && !world.wire(plain).is_shut);
    assert_eq!(world.ask(&request("DELETE", "/api/progress/a")).0, 204);
    assert_eq!(world.told(plain), [""; 0]);
    assert!(world.wire(plain).is_shut);
}

#[test]
fn who_comes_back_after_the_end_it_has_seen_need_not_come_again() {
    let mut world = World::new();
    world.publish("a", r#"{"status":"failed"}"#);
    let seen = world.state("a")["rev"].as_u64().expect("a revision");
    let again = |fields: &str, path: &str| {
        format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n")
    };
    let fields = format!("Last-Event-ID: {seen}\r\n");
    let client = world.connect();
    world.say(client, again(&fields, "/sse/progress/a?until=end"));
    assert_eq!(world.answers(client), [(204, Vec::new())]);
    let late = world.listen("/sse/progress/a?until=end");
    assert_eq!(world.told(late), ["a: failed"]);
    assert!(world.wire(late).is_shut);
    let plain = world.listen_again("/sse/progress/a", &fields);
    assert!(!world.wire(plain).is_shut, "a task may start over");
    let over = post("PUT", "/api/progress/a", "{}");
    assert_eq!(world.ask(&over).0, 200);
    assert_eq!(world.told(plain), ["a: running"]);
}

#[test]
fn a_slow_listener_skips_forward_and_gets_the_end() {
    for path in ["/sse/progress/a", "/sse/progress/a?until=end", "/sse/all"] {
        let mut world = World::new();
        let listener = world.listen(path);
        world.block(listener);
        for n in 0..100 {
            world.publish("a", &format!("{{\"progress\":{n}}}"));
        }
        world.publish("a", r#"{"status":"completed"}"#);
        assert!(world.queued_len(listener) < 300, "one state, not a queue");
        world.make_room(listener, usize::MAX);
        world.settle();
        let told = world.told(listener);
        assert!(told.len() <= 2, "{told:?}");
        assert_eq!(
            told.last().map(String::as_str),
            Some("a: 99 completed"),
            "{path}"
        );
    }
}

#[test]
fn a_blocked_listener_until_the_end_gets_it_also_if_the_task_starts_over() {
    let mut world = World::new();
    let listener = world.listen("/sse/progress/a?until=end");
    world.publish("a", r#"{"progress":1}"#);
    world.block(listener);
    world.publish("a", r#"{"progress":2}"#);
    world.publish("a", r#"{"status":"completed"}"#);
    assert_eq!(world.ask(&post("PUT", "/api/progress/a", "{}")).0, 200);
    world.make_room(listener, usize::MAX);
    world.settle();
    let told = world.told(listener);
    assert_eq!(told.last().map(String::as_str), Some("a: 2 completed"));
    assert!(world.wire(listener).is_shut);
}

#[test]
fn every_fifteen_seconds_there_is_a_comment_whatever_else_there_was() {
    let mut world = World::new();
    let listener = world.listen("/sse/progress/a");
    world.pass_ms(14_999);
    world.publish("a", "{}");
    world.events(listener);
    world.pass_ms(1);
    assert_eq!(world.events(listener), [Told::Comment]);
    world.pass_ms(30_000);
    assert_eq!(world.events(listener), [Told::Comment, Told::Comment]);
    world.block(listener);
    world.pass_ms(15_000 * 100);
    assert!(world.queued_len(listener) <= 3, "silence does not add up");
    world.make_room(listener, usize::MAX);
    world.pass_ms(15_000);
    assert_eq!(world.events(listener), [Told::Comment, Told::Comment]);
}

#[test]
fn a_listener_that_ends_its_side_has_left() {
    for path in ["/sse/progress/a", "/sse/all"] {
        let mut world = World::new();
        let listener = world.listen(path);
        world.end(listener);
        world.settle();
        assert!(!world.is_open(listener), "{path}");
        assert_eq!(world.publish("a", "{}")["watchers"], 0);
    }
}

#[test]
fn a_head_listens_to_nothing() {
    let mut world = World::new();
    for path in ["/sse/progress/a", "/sse/all"] {
        let client = world.connect();
        world.say(client, request("HEAD", path));
        assert_eq!(world.answers(client), [(200, Vec::new())]);
        assert!(world.wire(client).is_shut);
    }
    assert_eq!(world.publish("a", "{}")["watchers"], 0);
}

#[test]
fn the_stream_of_a_daemon_that_stops_is_over() {
    let mut world = World::new();
    let worker = world.open("/ws/worker/a");
    let listener = world.listen("/sse/progress/a");
    world.send(worker, text(r#"{"progress":1}"#));
    world.settle();
    world.broker.close_all(world.now);
    world.settle();
    assert_eq!(world.told(listener), ["a: 1 running"]);
    assert!(world.wire(listener).is_shut);
    for client in [worker, listener] {
        world.end(client);
    }
    world.settle();
    assert_eq!(world.broker.peer_count(), 0);
}

#[test]
fn bytes_behind_the_request_of_a_stream_are_dropped() {
    let mut world = World::new();
    let listener = world.listen("/sse/progress/a");
    world.say(listener, request("GET", "/healthz").repeat(10_000));
    assert!(world.wire(listener).sent.is_empty());
    world.publish("a", "{}");
    assert_eq!(world.told(listener), ["a: running"]);
}
