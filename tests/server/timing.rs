//! How long peers may take.

use doneyet::wire::frame::OpCode;

use crate::frames::{Said, masked, post, request, text};
use crate::world::{Client, World};

/// The statuses of the answers so far.
fn statuses(world: &mut World, client: Client) -> Vec<u16> {
    let answers = world.answers(client).into_iter();
    answers.map(|(status, _)| status).collect()
}

/// The peer goes as soon as the server has said its last.
fn hang_up(world: &mut World, client: Client) {
    world.end(client);
    world.settle();
    assert!(!world.is_open(client));
}

#[test]
fn a_head_has_ten_seconds_however_it_drips() {
    let mut world = World::new();
    let client = world.connect();
    let head = request("GET", &format!("/{}", "x".repeat(100)));
    for byte in head.as_bytes().iter().take(99) {
        world.say(client, [*byte]);
        world.pass_ms(101);
        assert_eq!(world.answers(client), []);
    }
    world.pass_ms(1);
    assert_eq!(statuses(&mut world, client), [408]);
    assert!(world.wire(client).is_shut);
    hang_up(&mut world, client);
}

#[test]
fn a_connection_that_says_nothing_is_not_kept() {
    let mut world = World::new();
    let client = world.connect();
    world.pass_ms(9_999);
    assert!(!world.wire(client).is_shut);
    world.pass_ms(1);
    assert!(world.wire(client).is_shut);
    world.pass_ms(2_000);
    assert!(!world.is_open(client), "nor is one that does not hang up");
}

#[test]
fn content_has_fifteen_seconds_however_it_drips() {
    let mut world = World::new();
    let client = world.connect();
    world.say(
        client,
        "POST /api/progress/a HTTP/1.1\r\nHost: localhost\r\n",
    );
    world.pass_ms(9_000);
    world.say(client, "Content-Length: 100\r\n\r\n");
    for _ in 0..14 {
        world.pass_ms(1_000);
        world.say(client, " ");
    }
    assert_eq!(statuses(&mut world, client), [0; 0]);
    world.pass_ms(1_000);
    assert_eq!(statuses(&mut world, client), [408]);
    hang_up(&mut world, client);
    assert!(world.state("a").is_null());
}

#[test]
fn a_connection_may_idle_longer_than_proxies_keep_theirs() {
    let mut world = World::new();
    let client = world.connect();
    for _ in 0..3 {
        world.say(client, request("GET", "/healthz"));
        assert_eq!(statuses(&mut world, client), [200]);
        world.pass_ms(74_999);
        assert!(world.is_open(client));
    }
    world.pass_ms(1);
    assert!(!world.is_open(client));
    assert!(world.wire(client).heard.is_empty(), "with no word");
}

#[test]
fn each_request_in_a_row_has_its_own_time() {
    let get = request("GET", "/healthz");
    let post = post("POST", "/api/progress/a", "{}");
    for (whole, cut) in [(&get, 9), (&post, post.len() - 1)] {
        let mut world = World::new();
        let client = world.connect();
        let (begin, end) = whole.split_at(cut);
        world.say(client, begin);
        for _ in 0..100 {
            world.pass_ms(1_000);
            world.say(client, format!("{end}{begin}"));
            let statuses = statuses(&mut world, client);
            assert!(statuses[0] == 200 || statuses[0] == 201, "{statuses:?}");
        }
        world.pass_ms(15_000);
        assert_eq!(statuses(&mut world, client), [408]);
    }
}

#[test]
fn a_socket_is_pinged_every_twenty_seconds_and_kept_while_it_answers() {
    let mut world = World::new();
    let watcher = world.open("/ws/all");
    for _ in 0..10 {
        world.pass_ms(19_999);
        assert_eq!(world.messages(watcher), []);
        world.pass_ms(1);
        assert_eq!(world.messages(watcher), [Said::Ping]);
        world.say(watcher, masked(OpCode::Pong, b""));
    }
    assert!(world.is_open(watcher));
}

#[test]
fn a_socket_that_is_silent_after_a_ping_is_dropped() {
    let mut world = World::new();
    let watcher = world.open("/ws/all");
    world.pass_ms(39_999);
    assert_eq!(world.messages(watcher), [Said::Ping]);
    assert!(world.is_open(watcher));
    world.pass_ms(1);
    assert!(!world.is_open(watcher));
    assert_eq!(world.messages(watcher), [], "nobody is there to be told");
}

#[test]
fn traffic_postpones_no_ping() {
    let mut world = World::new();
    let watcher = world.open("/ws/all");
    for _ in 0..19 {
        world.pass_ms(1_000);
        world.say(watcher, text("ping"));
        assert_eq!(world.messages(watcher), [Said::Text("pong".to_owned())]);
    }
    world.pass_ms(1_000);
    assert_eq!(world.messages(watcher), [Said::Ping]);
}

#[test]
fn a_leap_of_the_clock_asks_before_it_drops() {
    let mut world = World::new();
    let (watcher, idle) = (world.open("/ws/all"), world.connect());
    world.say(idle, request("GET", "/healthz"));
    world.now = world.now.plus_ms(100_000_000);
    world.settle();
    assert_eq!(world.messages(watcher), [Said::Ping]);
    assert!(world.is_open(watcher));
    assert!(!world.is_open(idle));
}

#[test]
fn a_blocked_watcher_that_gives_no_sign_is_dropped_too() {
    let mut world = World::new();
    let watcher = world.open("/ws/progress/a");
    world.block(watcher);
    world.publish("a", "{}");
    world.pass_ms(40_000);
    assert!(!world.is_open(watcher));
    assert_eq!(world.publish("a", "{}")["watchers"], 0);
}

#[test]
fn a_watcher_that_reads_slowly_is_kept_though_its_pong_cannot_come_in_time() {
    let mut world = World::new();
    let watcher = world.open("/ws/progress/a");
    world.block(watcher);
    let padding = "x".repeat(10_000);
    for second in 0..300 {
        world.publish("a", &format!("{{\"n\":{second},\"x\":\"{padding}\"}}"));
        world.make_room(watcher, 2_000);
        world.pass_ms(1_000);
        assert!(world.is_open(watcher), "dropped after {second} s");
    }
    world.make_room(watcher, usize::MAX);
    world.settle();
    let messages = world.messages(watcher);
    let mut states = messages.iter().filter(|said| matches!(said, Said::Json(_)));
    let last = states.next_back();
    assert!(matches!(last, Some(Said::Json(state)) if state["n"] == 299));
}

#[test]
fn a_watcher_that_stops_reading_has_no_more_than_two_pings() {
    let mut world = World::new();
    let watcher = world.open("/ws/progress/a");
    world.block(watcher);
    world.publish("a", &format!("{{\"x\":\"{}\"}}", "x".repeat(10_000)));
    for _ in 0..30 {
        world.pass_ms(1_000);
        world.make_room(watcher, 100);
    }
    world.pass_ms(29_999);
    assert!(world.is_open(watcher), "it read after the first ping");
    world.pass_ms(1);
    assert!(!world.is_open(watcher));
}

#[test]
fn last_words_that_nobody_takes_are_given_up() {
    let mut world = World::new();
    let client = world.connect();
    world.block(client);
    world.say(client, "nonsense\r\n\r\n");
    world.pass_ms(4_999);
    assert!(world.is_open(client));
    world.pass_ms(1);
    assert!(!world.is_open(client));
}
