//! Ends: the peer's, a connection's, and the daemon's.

use doneyet::wire::frame::OpCode;

use crate::frames::{Said, handshake, masked, post, request, text};
use crate::world::World;

#[test]
fn a_client_may_end_its_side_behind_its_request() {
    let mut world = World::new();
    let client = world.connect();
    world.block(client);
    world.send(client, request("GET", "/healthz"));
    world.end(client);
    world.settle();
    assert!(world.is_open(client), "the answer is not taken yet");
    world.make_room(client, usize::MAX);
    world.settle();
    assert_eq!(world.answers(client).len(), 1);
    assert!(!world.is_open(client), "there is nobody to linger for");
}

#[test]
fn an_end_before_the_request_is_whole_is_just_an_end() {
    let whole = post("POST", "/api/progress/a", r#"{"progress":1}"#);
    for cut in 0..whole.len() {
        let mut world = World::new();
        let client = world.connect();
        world.send(client, &whole[..cut]);
        world.end(client);
        world.settle();
        assert!(!world.is_open(client), "{cut}");
        assert!(world.state("a").is_null(), "{cut}");
    }
}

#[test]
fn a_socket_that_ends_without_a_word_has_left() {
    for path in ["/ws/progress/a", "/ws/worker/a", "/ws/all", "/ws"] {
        let mut world = World::new();
        let client = world.open(path);
        world.end(client);
        world.settle();
        assert!(!world.is_open(client), "{path}");
        assert_eq!(world.broker.peer_count(), 0);
    }
}

#[test]
fn a_close_with_the_end_right_behind_it_is_still_answered() {
    let mut world = World::new();
    let client = world.open("/ws/progress/a");
    world.send(client, masked(OpCode::Close, b"\x03\xe8"));
    world.end(client);
    world.settle();
    assert_eq!(world.messages(client), [Said::Close(Some(1000))]);
    assert!(!world.is_open(client));
}

#[test]
fn after_a_close_the_server_ends_first_and_waits_for_the_peer() {
    let mut world = World::new();
    let client = world.open("/ws/progress/a");
    world.say(client, masked(OpCode::Close, b"\x0f\xa0"));
    assert_eq!(world.messages(client), [Said::Close(Some(4000))]);
    assert!(world.wire(client).is_shut && world.is_open(client));
    world.publish("a", "{}");
    assert!(
        world.wire(client).heard.is_empty(),
        "nothing follows a Close"
    );
    world.say(client, text("ping"));
    world.pass_ms(1_999);
    assert!(world.is_open(client));
    world.pass_ms(1);
    assert!(!world.is_open(client));
}

#[test]
fn input_behind_the_last_answer_is_read_and_dropped() {
    let mut world = World::new();
    let client = world.connect();
    let upload =
        "POST /api/progress/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n";
    world.say(client, upload);
    assert_eq!(world.answers(client)[0].0, 413);
    for _ in 0..100 {
        world.say(client, [b'x'; 10_000]);
        assert!(world.wire(client).sent.is_empty(), "or the end is a reset");
    }
    assert!(world.is_open(client) && world.wire(client).is_shut);
}

#[test]
fn what_was_held_is_dropped_too_when_the_end_comes() {
    let mut world = World::new();
    let client = world.connect();
    world.block(client);
    world.say(client, request("GET", "/doneyet.js").repeat(5_000));
    assert!(!world.wire(client).sent.is_empty(), "it is held");
    world.broker.close_all(world.now);
    world.make_room(client, usize::MAX);
    world.settle();
    assert!(world.wire(client).is_shut);
    assert!(world.wire(client).sent.is_empty(), "or the end is a reset");
}

#[test]
fn a_broken_connection_leaves_no_trace() {
    let mut world = World::new();
    for begun in [
        "",
        "GET /",
        "POST /api/progress/a HTTP/1.1\r\n",
        &handshake("/ws/all"),
    ] {
        let client = world.connect();
        world.say(client, begun);
        world.reset(client);
        world.settle();
        assert!(!world.is_open(client), "{begun}");
    }
    assert_eq!(world.broker.peer_count(), 0);
}

#[test]
fn a_slot_means_its_new_owner_and_never_the_last() {
    let mut world = World::new();
    for _ in 0..5 {
        let old = world.open("/ws/progress/a");
        world.block(old);
        world.publish("a", "{}");
        world.reset(old);
        world.settle();
        let new = world.connect();
        world.publish("a", r#"{"status":"failed"}"#);
        world.settle();
        assert!(world.wire(new).heard.is_empty());
        world.pass_ms(9_999);
        assert!(!world.wire(new).is_shut, "its time is its own");
        world.reset(new);
        world.ask(&request("DELETE", "/api/progress/a"));
    }
}

#[test]
fn a_stop_says_1001_to_every_socket_with_the_newest_state_before_it() {
    let mut world = World::new();
    let watcher = world.open("/ws/progress/a");
    let worker = world.open("/ws/worker/a");
    let blocked = world.open("/ws/all");
    world.block(blocked);
    world.send(worker, text(r#"{"progress":7}"#));
    world.settle();
    world.broker.close_all(world.now);
    world.settle();
    world.make_room(blocked, usize::MAX);
    world.settle();
    for client in [watcher, worker, blocked] {
        let last = world.messages(client).pop();
        assert_eq!(last, Some(Said::Close(Some(1001))));
        world.end(client);
    }
    world.settle();
    assert_eq!(world.broker.peer_count(), 0);
}

#[test]
fn a_stop_ends_idle_connections_and_lets_a_running_request_finish() {
    let mut world = World::new();
    let (idle, fresh, half) = (world.connect(), world.connect(), world.connect());
    world.say(idle, request("GET", "/healthz"));
    let whole = post("POST", "/api/progress/a", r#"{"progress":1}"#);
    let (begin, rest) = whole.split_at(whole.len() - 3);
    let running = world.connect();
    world.say(running, begin);
    world.say(half, "GET /heal");
    world.broker.close_all(world.now);
    world.settle();
    for client in [idle, fresh, half] {
        assert!(world.wire(client).is_shut);
    }
    assert!(!world.wire(running).is_shut);
    world.say(running, format!("{rest}{}", request("GET", "/healthz")));
    let heard = String::from_utf8_lossy(&world.wire(running).heard).into_owned();
    assert!(heard.contains("\r\nConnection: close\r\n"), "{heard}");
    assert_eq!(world.answers(running).len(), 1, "and no other begins");
    assert!(world.wire(running).is_shut);
}

#[test]
fn a_handshake_during_the_stop_is_let_in_and_shown_out_or_refused() {
    let mut world = World::new();
    let running = world.connect();
    world.say(
        running,
        "POST /api/progress/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{",
    );
    world.broker.close_all(world.now);
    world.say(running, format!("}}{}", handshake("/ws/all")));
    assert_eq!(world.answers(running).len(), 1);
    assert!(world.wire(running).is_shut);
}

#[test]
fn a_stop_is_over_in_five_seconds_whatever_the_peers_do() {
    let mut world = World::new();
    for path in ["/ws/all", "/ws/worker/a", "/ws/echo"] {
        let client = world.open(path);
        world.block(client);
        world.say(client, text("ping").repeat(1000));
    }
    world.connect();
    world.broker.close_all(world.now);
    world.pass_ms(5_000);
    assert_eq!(world.broker.peer_count(), 0);
}
