//! Peers that ask for more than they take.

use doneyet::wire::frame::OpCode;

use crate::frames::{Said, masked, post, request, text};
use crate::world::World;

/// The most that may be read from a peer that takes nothing, in bytes.
const BOUND: usize = 256 * 1024;

#[test]
fn ten_thousand_requests_of_a_client_that_does_not_read_wait_where_they_are() {
    let mut world = World::new();
    world.publish("a", &format!("{{\"x\":\"{}\"}}", "x".repeat(1_000)));
    let client = world.connect();
    world.block(client);
    let requests = request("GET", "/api/progress/a").repeat(10_000);
    for piece in requests.as_bytes().chunks(10_000) {
        world.say(client, piece);
    }
    let read = requests.len() - world.wire(client).sent.len();
    assert!(read < 100_000, "{read} bytes read and nothing taken");
    let mut answers = 0;
    while world.wire(client).room == 0 {
        world.make_room(client, 1_000_000);
        world.settle();
        answers += world.answers(client).len();
    }
    assert_eq!(answers, 10_000);
    assert!(world.wire(client).sent.is_empty());
}

#[test]
fn requests_are_taken_up_again_also_if_no_byte_follows_them() {
    let mut world = World::new();
    let client = world.connect();
    world.block(client);
    world.say(client, request("GET", "/doneyet.js").repeat(100));
    world.make_room(client, usize::MAX);
    world.settle();
    let answers = world.answers(client);
    assert_eq!(answers.len(), 100);
    assert!(answers.iter().all(|(status, _)| *status == 200));
}

#[test]
fn the_end_behind_many_requests_waits_for_their_answers() {
    let mut world = World::new();
    let client = world.connect();
    world.block(client);
    world.send(client, request("GET", "/doneyet.js").repeat(100));
    world.end(client);
    world.settle();
    assert!(world.is_open(client));
    while world.is_open(client) {
        world.make_room(client, 10_000);
        world.settle();
    }
    assert_eq!(world.answers(client).len(), 100);
}

#[test]
fn a_socket_that_floods_and_does_not_read_is_held() {
    for frame in [
        text("ping"),
        masked(OpCode::Ping, &[b'x'; 125]),
        masked(OpCode::Binary, &[b'x'; 1000]),
        text(&"x".repeat(4000)),
    ] {
        let mut world = World::new();
        let client = world.open("/ws/echo");
        world.block(client);
        let flood = frame.repeat(1_000_000 / frame.len());
        for piece in flood.chunks(50_000) {
            world.say(client, piece);
        }
        let read = flood.len() - world.wire(client).sent.len();
        assert!(read < BOUND, "{read} bytes read and nothing taken");
        let mut answers = 0;
        for _ in 0..1_500 {
            world.make_room(client, 10_000);
            world.settle();
            answers += world.messages(client).len();
        }
        assert_eq!(answers, 1_000_000 / frame.len());
    }
}

#[test]
fn one_held_peer_holds_no_other() {
    let mut world = World::new();
    let client = world.connect();
    world.block(client);
    world.say(client, request("GET", "/doneyet.js").repeat(1000));
    for n in 0..10 {
        world.publish("a", &format!("{{\"progress\":{n}}}"));
    }
    assert_eq!(world.state("a")["progress"], 9);
}

#[test]
fn a_held_watcher_gets_answers_and_states_in_the_end() {
    let mut world = World::new();
    let watcher = world.open("/ws/progress/a");
    world.block(watcher);
    world.say(watcher, text("ping").repeat(20_000));
    for n in 0..100 {
        world.publish("a", &format!("{{\"progress\":{n}}}"));
    }
    world.make_room(watcher, usize::MAX);
    world.settle();
    let messages = world.messages(watcher);
    let pongs = messages.iter().filter(|said| matches!(said, Said::Text(_)));
    assert_eq!(pongs.count(), 20_000);
    let mut states = messages.iter().filter(|said| matches!(said, Said::Json(_)));
    let last = states.next_back();
    assert!(matches!(last, Some(Said::Json(state)) if state["progress"] == 99));
}

#[test]
fn interrupted_writes_are_tried_again() {
    let mut world = World::new();
    let client = world.connect();
    world.wire(client).interruptions = 3;
    world.say(client, request("GET", "/healthz"));
    assert_eq!(world.answers(client).len(), 1);
}

#[test]
fn a_slow_reader_of_a_long_answer_is_not_cut_off_while_it_reads() {
    let mut world = World::new();
    let worker = world.open("/ws/worker");
    let padding = "x".repeat(1000);
    let patches = (0..1000).map(|n| text(&format!(r#"{{"task_id":"t{n}","x":"{padding}"}}"#)));
    world.say(worker, patches.collect::<Vec<_>>().concat());
    world.reset(worker);
    for end in ["Connection: close\r\n", ""] {
        let client = world.connect();
        world.block(client);
        let line = "GET /api/progress HTTP/1.1\r\nHost: localhost\r\n";
        world.say(client, format!("{line}{end}\r\n"));
        for _ in 0..120 {
            world.pass_ms(1_000);
            world.make_room(client, 10_000);
            world.settle();
        }
        let answers = world.answers(client);
        assert_eq!(answers.len(), 1, "{end:?} cut off");
    }
}

#[test]
fn a_publish_of_the_greatest_size_passes_a_narrow_door() {
    let mut world = World::new();
    let watcher = world.open("/ws/progress/a");
    world.block(watcher);
    let patch = format!("{{\"x\":\"{}\"}}", "x".repeat(16_000));
    let client = world.connect();
    for byte in post("POST", "/api/progress/a", &patch)
        .as_bytes()
        .chunks(100)
    {
        world.say(client, byte);
    }
    assert_eq!(world.answers(client)[0].0, 201);
    for _ in 0..200 {
        world.make_room(watcher, 100);
        world.settle();
    }
    assert!(matches!(&world.messages(watcher)[..], [Said::Json(_)]));
}
