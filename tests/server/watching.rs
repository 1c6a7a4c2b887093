//! Watching one task: from the snapshot to the end.

use crate::frames::{Said, request, text};
use crate::world::World;

#[test]
fn a_watcher_gets_the_snapshot_at_once_and_then_every_change() {
    let mut world = World::new();
    world.publish("a", r#"{"progress":1}"#);
    let watcher = world.open("/ws/progress/a");
    assert_eq!(world.states(watcher), ["a: 1 running"]);
    world.publish("a", r#"{"progress":2}"#);
    assert_eq!(world.states(watcher), ["a: 2 running"]);
    world.publish("a", r#"{"progress":2}"#);
    assert_eq!(world.states(watcher), [""; 0], "nothing has changed");
    world.publish("other", r#"{"progress":9}"#);
    assert_eq!(world.states(watcher), [""; 0], "nobody asked");
}

#[test]
fn every_watcher_gets_the_same_bytes_and_so_does_a_poll() {
    let mut world = World::new();
    let watchers = [(); 3].map(|()| world.open("/ws/progress/a"));
    world.publish("a", r#"{"title":"caf\u00e9","result":{"z":1,"a":[2]}}"#);
    let heard = watchers.map(|watcher| std::mem::take(&mut world.wire(watcher).heard));
    assert!(heard.iter().all(|bytes| bytes == &heard[0]));
    let poll = world.connect();
    world.say(poll, request("GET", "/api/progress/a"));
    let (_, state) = world.answers(poll).pop().expect("an answer");
    assert!(heard[0].ends_with(&state));
}

#[test]
fn a_watcher_may_come_before_its_task() {
    let mut world = World::new();
    let watcher = world.open("/ws/progress/a");
    assert_eq!(world.states(watcher), [""; 0]);
    assert!(world.state("a").is_null(), "watching publishes nothing");
    let answer = world.publish("a", "{}");
    assert_eq!(answer["watchers"], 1);
    assert_eq!(world.states(watcher), ["a: running"]);
}

#[test]
fn watchers_are_counted_task_by_task() {
    let mut world = World::new();
    let first = world.open("/ws/progress/a");
    world.open("/ws/progress/a");
    world.open("/ws/progress/b");
    world.open("/ws/all");
    assert_eq!(world.publish("a", "{}")["watchers"], 2);
    world.reset(first);
    world.settle();
    assert_eq!(world.publish("a", "{}")["watchers"], 1);
    assert_eq!(world.publish("c", "{}")["watchers"], 0);
}

#[test]
fn a_blocked_watcher_is_owed_no_memory_and_gets_the_newest_when_it_reads() {
    let mut world = World::new();
    let watcher = world.open("/ws/progress/a");
    let worker = world.open("/ws/worker/a");
    world.block(watcher);
    for batch in 0..100 {
        let frames = (0..1000).map(|n| text(&format!("{{\"n\":{}}}", batch * 1000 + n)));
        world.say(worker, frames.collect::<Vec<_>>().concat());
    }
    world.make_room(watcher, usize::MAX);
    world.settle();
    let last = world.messages(watcher);
    assert!(last.len() <= 2, "{} messages were queued", last.len());
    assert!(matches!(last.last(), Some(Said::Json(state)) if state["n"] == 99_999));
    world.say(worker, text(r#"{"n":"next"}"#));
    assert!(matches!(&world.messages(watcher)[..], [Said::Json(state)] if state["n"] == "next"));
}

#[test]
fn between_two_turns_only_the_newest_counts() {
    let mut world = World::new();
    let watcher = world.open("/ws/progress/a");
    let worker = world.open("/ws/worker/a");
    let frames = (0..=50).map(|n| text(&format!("{{\"progress\":{n}}}")));
    world.say(worker, frames.collect::<Vec<_>>().concat());
    assert_eq!(world.states(watcher), ["a: 50 running"]);
}

#[test]
fn a_watcher_that_reads_byte_by_byte_gets_whole_messages() {
    let mut world = World::new();
    let watcher = world.open("/ws/progress/a");
    world.block(watcher);
    world.publish("a", r#"{"progress":1}"#);
    world.publish("a", r#"{"progress":2}"#);
    for _ in 0..400 {
        world.make_room(watcher, 1);
        world.settle();
    }
    let states = world.states(watcher);
    assert_eq!(states.last().map(String::as_str), Some("a: 2 running"));
}

#[test]
fn a_terminal_state_ends_no_stream() {
    let mut world = World::new();
    let watcher = world.open("/ws/progress/a");
    world.publish("a", r#"{"status":"completed"}"#);
    assert_eq!(world.states(watcher), ["a: completed"]);
    let again = crate::frames::post("PUT", "/api/progress/a", r#"{"progress":0}"#);
    assert_eq!(world.ask(&again).0, 200);
    assert_eq!(world.states(watcher), ["a: 0 running"]);
}

#[test]
fn until_the_end_is_until_the_terminal_state_and_no_longer() {
    for status in ["completed", "failed", "cancelled", "canceled"] {
        let mut world = World::new();
        let watcher = world.open("/ws/progress/a?until=end");
        world.publish("a", r#"{"progress":1}"#);
        assert_eq!(world.states(watcher), ["a: 1 running"]);
        world.publish("a", &format!("{{\"status\":\"{status}\"}}"));
        let messages = world.messages(watcher);
        assert!(matches!(
            messages[..],
            [Said::Json(_), Said::Close(Some(1000))]
        ));
        assert!(world.wire(watcher).is_shut);
        world.end(watcher);
        world.settle();
        assert!(!world.is_open(watcher));
    }
}

#[test]
fn until_the_end_of_a_task_that_has_ended_is_one_message() {
    let mut world = World::new();
    world.publish("a", r#"{"status":"failed"}"#);
    let watcher = world.open("/ws/progress/a?until=end");
    let messages = world.messages(watcher);
    assert!(matches!(
        messages[..],
        [Said::Json(_), Said::Close(Some(1000))]
    ));
}

#[test]
fn a_blocked_watcher_gets_the_end_when_it_reads() {
    for path in ["/ws/progress/a", "/ws/progress/a?until=end", "/ws/all"] {
        let mut world = World::new();
        let watcher = world.open(path);
        world.block(watcher);
        for n in 0..100 {
            world.publish("a", &format!("{{\"progress\":{n}}}"));
        }
        world.publish("a", r#"{"status":"completed"}"#);
        world.make_room(watcher, usize::MAX);
        world.settle();
        let mut messages = world.messages(watcher);
        if path.ends_with("end") {
            assert_eq!(messages.pop(), Some(Said::Close(Some(1000))));
        }
        let last = messages.last();
        assert!(
            matches!(last, Some(Said::Json(state)) if state["status"] == "completed"),
            "{path} {last:?}"
        );
    }
}

#[test]
fn the_end_arrives_also_if_the_task_is_forgotten_right_after() {
    for path in ["/ws/progress/a", "/ws/progress/a?until=end"] {
        let mut world = World::new();
        world.publish("a", "{}");
        let (free, blocked) = (world.open(path), world.open(path));
        world.messages(free);
        world.block(blocked);
        let worker = world.connect();
        let end = crate::frames::post("POST", "/api/progress/a", r#"{"status":"completed"}"#);
        world.say(worker, end + &request("DELETE", "/api/progress/a"));
        assert_eq!(world.answers(worker).len(), 2);
        world.make_room(blocked, usize::MAX);
        world.settle();
        for watcher in [free, blocked] {
            let messages = world.messages(watcher);
            let [.., Said::Json(state), Said::Close(Some(1000))] = &messages[..] else {
                panic!("{path} {messages:?}");
            };
            assert_eq!(state["status"], "completed");
        }
    }
}

#[test]
fn a_forgotten_task_closes_its_watchers_and_may_come_back() {
    let mut world = World::new();
    world.publish("a", r#"{"progress":5}"#);
    let first = world.state("a")["rev"].as_u64();
    let watcher = world.open("/ws/progress/a");
    world.states(watcher);
    assert_eq!(world.ask(&request("DELETE", "/api/progress/a")).0, 204);
    assert_eq!(world.messages(watcher), [Said::Close(Some(1000))]);
    assert!(world.state("a").is_null());
    assert_eq!(world.ask(&request("DELETE", "/api/progress/a")).0, 404);
    let early = world.open("/ws/progress/a");
    world.publish("a", "{}");
    assert_eq!(world.states(early), ["a: running"]);
    assert!(
        world.state("a")["rev"].as_u64() > first,
        "revisions only rise"
    );
}
