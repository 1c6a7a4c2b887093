//! Long polls: held until there is news, and no longer than they want.

use doneyet::session::outbox::CONGESTED;

use crate::frames::{post, request, text};
use crate::world::{Client, World};

fn rev(world: &mut World, id: &str) -> u64 {
    world.state(id)["rev"].as_u64().expect("a revision")
}

/// The one answer that `client` has had, with its content as JSON.
fn answer(world: &mut World, client: Client) -> (u16, serde_json::Value) {
    let answers = world.answers(client);
    let [(status, content)] = &answers[..] else {
        panic!("{answers:?}");
    };
    let json = serde_json::from_slice(content).unwrap_or_default();
    (*status, json)
}

#[test]
fn a_poll_that_knows_the_newest_is_held_until_there_is_news() {
    let mut world = World::new();
    world.publish("a", r#"{"progress":1}"#);
    let since = rev(&mut world, "a");
    let poll = world.poll(&format!("/api/progress/a?since={since}"));
    world.publish("a", r#"{"progress":1}"#);
    world.publish("b", r#"{"progress":2}"#);
    assert_eq!(world.answers(poll), [], "nothing has changed");
    world.publish("a", r#"{"progress":2}"#);
    let (status, state) = answer(&mut world, poll);
    assert_eq!((status, &state["progress"]), (200, &2.into()));
    assert_eq!(state["rev"], since + 1);
    world.publish("a", r#"{"progress":3}"#);
    assert_eq!(world.answers(poll), [], "one question has one answer");
}

#[test]
fn news_that_is_there_is_answered_at_once() {
    let mut world = World::new();
    world.publish("a", r#"{"progress":1}"#);
    for query in [
        "since=1",
        "since=99999999999999",
        "wait=60",
        "since=0&wait=0",
    ] {
        let client = world.connect();
        world.say(client, request("GET", &format!("/api/progress/a?{query}")));
        assert_eq!(answer(&mut world, client).0, 200, "{query}");
    }
}

#[test]
fn a_poll_may_come_before_its_task() {
    let mut world = World::new();
    let polls = ["wait=60", "since=7", "since=0&wait=60"]
        .map(|query| world.poll(&format!("/api/progress/a?{query}")));
    assert!(world.state("a").is_null(), "asking publishes nothing");
    assert_eq!(world.publish("a", "{}")["watchers"], 3);
    for poll in polls {
        assert_eq!(answer(&mut world, poll).0, 200);
    }
    assert_eq!(world.publish("a", "{}")["watchers"], 0);
}

#[test]
fn without_news_the_answer_comes_when_the_wait_is_over_and_not_before() {
    for (query, ms) in [("wait=0.5", 500), ("since=7", 30_000), ("wait=60", 60_000)] {
        let mut world = World::new();
        let poll = world.poll(&format!("/api/progress/a?{query}"));
        world.pass_ms(ms - 1);
        assert_eq!(world.answers(poll), [], "{query}");
        world.pass_ms(1);
        assert_eq!(world.answers(poll), [(204, Vec::new())], "{query}");
        assert_eq!(world.publish("a", "{}")["watchers"], 0);
        assert!(world.is_open(poll), "the next request may come");
        world.pass_ms(74_999);
        assert!(world.is_open(poll));
        world.pass_ms(1);
        assert!(!world.is_open(poll));
    }
    let mut world = World::new();
    let client = world.connect();
    world.say(client, request("GET", "/api/progress/a?wait=0"));
    assert_eq!(
        world.answers(client),
        [(204, Vec::new())],
        "no time is no wait"
    );
}

#[test]
fn polls_count_as_watchers_while_they_are_held() {
    let mut world = World::new();
    world.publish("a", "{}");
    let since = rev(&mut world, "a");
    let polls = [(); 3].map(|()| world.poll(&format!("/api/progress/a?since={since}")));
    world.open("/ws/progress/a");
    world.listen("/sse/progress/a");
    assert_eq!(world.publish("a", "{}")["watchers"], 5);
    world.reset(polls[0]);
    world.end(polls[1]);
    world.settle();
    assert_eq!(
        world.publish("a", "{}")["watchers"],
        3,
        "who leaves is not waited with"
    );
    assert!(!world.is_open(polls[1]));
    world.publish("a", r#"{"progress":1}"#);
    assert_eq!(world.publish("a", "{}")["watchers"], 2);
}

#[test]
fn requests_behind_a_held_poll_are_answered_after_it_and_in_order() {
    let mut world = World::new();
    let client = world.connect();
    let all = [
        request("GET", "/api/progress/a"),
        request("GET", "/api/progress/a?wait=60"),
        post("POST", "/api/progress/b", "{}"),
        request("GET", "/api/progress/b?wait=60"),
        request("GET", "/api/progress/c?wait=1"),
        request("GET", "/healthz"),
    ];
    world.say(client, all.concat());
    let statuses = |world: &mut World| -> Vec<u16> {
        world
            .answers(client)
            .iter()
            .map(|answer| answer.0)
            .collect()
    };
    assert_eq!(statuses(&mut world), [404]);
    assert!(world.state("b").is_null(), "its turn has not come");
    world.publish("a", "{}");
    assert_eq!(statuses(&mut world), [200, 201, 200]);
    world.pass_ms(1_000);
    assert_eq!(statuses(&mut world), [204, 200]);
}

#[test]
fn a_client_that_sends_on_and_on_behind_a_held_poll_is_not_read_from() {
    let mut world = World::new();
    let client = world.poll("/api/progress/a?wait=60");
    let behind = request("GET", "/api/progress/a").repeat(20_000);
    let len = behind.len();
    world.say(client, behind);
    let read = len - world.wire(client).sent.len();
    assert!(read < 2 * CONGESTED, "{read} bytes were read");
    world.publish("a", "{}");
    let answers = world.answers(client);
    assert_eq!(answers.len(), 1 + 20_000);
    assert!(answers.iter().all(|answer| answer.0 == 200));
}

#[test]
fn a_poller_that_is_slow_with_earlier_answers_has_its_time_all_the_same() {
    let mut world = World::new();
    let client = world.connect();
    world.block(client);
    let both = request("GET", "/healthz") + &request("GET", "/api/progress/a?wait=5");
    world.say(client, both);
    world.make_room(client, 10);
    world.pass_ms(5_000);
    world.make_room(client, usize::MAX);
    world.settle();
    let statuses: Vec<_> = world.answers(client).iter().map(|a| a.0).collect();
    assert_eq!(statuses, [200, 204]);
}

#[test]
fn a_task_that_is_forgotten_is_told_to_who_waits_for_it() {
    let mut world = World::new();
    world.publish("a", "{}");
    let since = rev(&mut world, "a");
    let poll = world.poll(&format!("/api/progress/a?since={since}"));
    let worker = world.poll("/api/progress/a/cancel");
    assert_eq!(world.ask(&request("DELETE", "/api/progress/a")).0, 204);
    assert_eq!(answer(&mut world, poll).1["error"], "unknown_task");
    assert_eq!(answer(&mut world, worker).1["error"], "unknown_task");
}

#[test]
fn the_last_state_is_the_answer_also_if_the_task_is_forgotten_right_after() {
    let mut world = World::new();
    world.publish("a", "{}");
    let since = rev(&mut world, "a");
    let poll = world.poll(&format!("/api/progress/a?since={since}"));
    let worker = world.connect();
    let end = post("POST", "/api/progress/a", r#"{"status":"completed"}"#);
    world.say(worker, end + &request("DELETE", "/api/progress/a"));
    let (status, state) = answer(&mut world, poll);
    assert_eq!((status, &state["status"]), (200, &"completed".into()));
    world.say(poll, request("GET", "/healthz"));
    assert_eq!(answer(&mut world, poll).0, 200, "the connection goes on");
}

#[test]
fn a_worker_that_polls_hears_a_cancel_at_once() {
    let mut world = World::new();
    let early = world.poll("/api/progress/a/cancel?wait=60");
    world.publish("a", r#"{"progress":1}"#);
    world.publish("a", r#"{"progress":2}"#);
    assert_eq!(world.answers(early), [], "progress is not its matter");
    let cancel = post("POST", "/api/progress/a/cancel", r#"{"reason":"enough"}"#);
    assert_eq!(world.ask(&cancel).0, 202);
    let wish = serde_json::json!({"cancel":"requested","task_id":"a","reason":"enough"});
    assert_eq!(answer(&mut world, early), (200, wish.clone()));
    let late = world.connect();
    world.say(late, request("GET", "/api/progress/a/cancel"));
    assert_eq!(answer(&mut world, late), (200, wish), "it still stands");
    world.publish("a", r#"{"cancel":"acknowledged"}"#);
    world.say(late, request("GET", "/api/progress/a/cancel?wait=2"));
    assert_eq!(world.answers(late), [], "it has its answer");
    world.pass_ms(2_000);
    assert_eq!(world.answers(late), [(204, Vec::new())]);
}

#[test]
fn a_workers_poll_watches_nothing_and_its_end_loses_nothing() {
    let mut world = World::new();
    world.publish("a", "{}");
    let polls = [(); 3].map(|()| world.poll("/api/progress/a/cancel?wait=60"));
    assert_eq!(world.publish("a", "{}")["watchers"], 0);
    world.end(polls[0]);
    world.reset(polls[1]);
    world.pass_ms(60_000);
    assert_eq!(world.answers(polls[2]), [(204, Vec::new())]);
    world.pass_ms(60_000);
    assert_eq!(world.state("a")["status"], "running", "no socket, no lease");
    assert!(
        world.state("a")["stalled"].is_null(),
        "nor is it one that lives"
    );
}

#[test]
fn a_poll_beside_a_workers_socket_leaves_its_lease_alone() {
    let mut world = World::new();
    let worker = world.open("/ws/worker/a");
    world.say(worker, text("{}"));
    let poll = world.poll("/api/progress/a/cancel?wait=60");
    world.reset(worker);
    world.pass_ms(29_999);
    assert_eq!(world.state("a")["status"], "running");
    world.pass_ms(1);
    assert_eq!(world.state("a")["status"], "lost");
    assert!(world.is_open(poll));
}

#[test]
fn a_daemon_that_stops_answers_who_is_held_and_sees_it_off() {
    let mut world = World::new();
    let polls = ["/api/progress/a?wait=60", "/api/progress/a/cancel"].map(|t| world.poll(t));
    world.broker.close_all(world.now);
    world.settle();
    for poll in polls {
        assert_eq!(answer(&mut world, poll).0, 503);
        assert!(world.wire(poll).is_shut);
        world.end(poll);
    }
    world.settle();
    assert_eq!(world.broker.peer_count(), 0);
}

#[test]
fn a_connection_may_poll_ask_and_become_a_socket() {
    let mut world = World::new();
    let client = world.poll("/api/progress/a?wait=1");
    world.pass_ms(1_000);
    assert_eq!(world.answers(client), [(204, Vec::new())]);
    world.say(client, crate::frames::handshake("/ws/progress/a"));
    assert_eq!(world.answers(client)[0].0, 101);
    world.publish("a", r#"{"progress":1}"#);
    assert_eq!(world.states(client), ["a: 1 running"]);
    world.pass_ms(20_000);
    assert!(world.is_open(client), "the poll's time is not the socket's");
}
