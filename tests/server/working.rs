//! Workers: their sockets, what they hear, and what becomes of their tasks without them.

use serde_json::json;

use crate::frames::{Said, post, request, text};
use crate::world::{World, brief};

const ORDER: &str = r#"{"action":"cancel","task_id":"a"}"#;

fn cancel(world: &mut World, body: &str) -> u16 {
    world.ask(&post("POST", "/api/progress/a/cancel", body)).0
}

fn order() -> Said {
    Said::Json(serde_json::from_str(ORDER).expect("JSON"))
}

#[test]
fn a_worker_socket_publishes_and_hears_nothing_of_success() {
    let mut world = World::new();
    let (watcher, worker) = (world.open("/ws/progress/a"), world.open("/ws/worker/a"));
    assert!(world.state("a").is_null(), "a socket publishes nothing yet");
    world.say(worker, text(r#"{"progress":3}"#));
    assert_eq!(world.states(watcher), ["a: 3 running"]);
    assert_eq!(world.messages(worker), []);
    world.say(worker, text(r#"{"progress":101}"#));
    let refused = world.messages(worker);
    assert!(matches!(&refused[..], [Said::Json(no)] if no["error"] == "bad_state"));
    assert_eq!(world.states(watcher), [""; 0]);
}

#[test]
fn a_worker_hears_a_cancel_the_moment_it_is_asked_and_once() {
    let mut world = World::new();
    let worker = world.open("/ws/worker/a");
    assert_eq!(cancel(&mut world, ""), 404);
    world.say(worker, text("{}"));
    assert_eq!(cancel(&mut world, r#"{"reason":"bored"}"#), 202);
    let order = json!({"action": "cancel", "task_id": "a", "reason": "bored"});
    assert_eq!(world.messages(worker), [Said::Json(order)]);
    assert_eq!(cancel(&mut world, r#"{"reason":"still"}"#), 202);
    assert_eq!(world.messages(worker), [], "it stands already");
}

#[test]
fn a_watcher_cancels_on_its_socket_and_everybody_sees_it() {
    let mut world = World::new();
    let worker = world.open("/ws/worker/a");
    world.say(worker, text("{}"));
    let watchers = [world.open("/ws/progress/a"), world.open("/ws/all")];
    for watcher in watchers {
        world.states(watcher);
    }
    world.say(watchers[0], text(r#"{"action":"cancel"}"#));
    assert_eq!(world.messages(worker), [order()]);
    for watcher in watchers {
        assert_eq!(world.states(watcher), ["a: running requested"]);
    }
    world.say(worker, text(r#"{"cancel":"acknowledged"}"#));
    world.say(worker, text(r#"{"status":"cancelled"}"#));
    for watcher in watchers {
        let states = world.states(watcher);
        assert_eq!(states, ["a: running acknowledged", "a: cancelled"]);
    }
    world.say(watchers[0], text(r#"{"action":"cancel"}"#));
    let refused = world.messages(watchers[0]);
    assert!(matches!(&refused[..], [Said::Json(no)] if no["error"] == "finished"));
}

#[test]
fn a_worker_that_connects_later_hears_a_cancel_that_still_stands() {
    let mut world = World::new();
    world.publish("a", "{}");
    cancel(&mut world, "");
    for path in ["/ws/worker/a", "/ws/worker/a"] {
        let worker = world.open(path);
        assert_eq!(world.messages(worker), [order()]);
    }
    let shared = world.open("/ws/worker");
    assert_eq!(world.messages(shared), [], "it works on nothing yet");
    world.say(shared, text(r#"{"task_id":"a"}"#));
    assert_eq!(world.messages(shared), [order()]);
    world.publish("a", r#"{"cancel":"refused"}"#);
    let late = world.open("/ws/worker/a");
    assert_eq!(world.messages(late), [], "it has its answer");
}

#[test]
fn a_refused_cancel_may_be_asked_again() {
    let mut world = World::new();
    let worker = world.open("/ws/worker/a");
    world.say(worker, text("{}"));
    cancel(&mut world, "");
    world.say(worker, text(r#"{"cancel":"refused"}"#));
    assert_eq!(world.messages(worker), [order()]);
    assert_eq!(cancel(&mut world, ""), 202);
    assert_eq!(world.messages(worker), [order()]);
    world.say(worker, text(r#"{"cancel":"refused"}"#));
    world.say(worker, text(r#"{"status":"completed"}"#));
    assert_eq!(brief(&world.state("a")), "a: completed refused");
    assert_eq!(cancel(&mut world, ""), 409);
}

#[test]
fn a_worker_without_a_socket_hears_it_in_its_next_answer() {
    let mut world = World::new();
    assert_eq!(world.publish("a", "{}")["cancel"], json!(null));
    cancel(&mut world, "");
    assert_eq!(world.publish("a", "{}")["cancel"], "requested");
    world.publish("a", r#"{"cancel":"acknowledged"}"#);
    assert_eq!(world.publish("a", "{}")["cancel"], json!(null));
}

#[test]
fn a_blocked_worker_hears_the_cancel_when_it_reads_and_not_one_that_is_over() {
    let mut world = World::new();
    let (blocked, late) = (world.open("/ws/worker/a"), world.open("/ws/worker/a"));
    world.say(blocked, text("{}"));
    world.block(blocked);
    world.block(late);
    world.say(late, text("ping"));
    cancel(&mut world, "");
    world.make_room(blocked, usize::MAX);
    world.settle();
    assert_eq!(world.messages(blocked), [order()]);
    world.publish("a", r#"{"status":"cancelled"}"#);
    world.make_room(late, usize::MAX);
    world.settle();
    assert_eq!(world.messages(late), [Said::Text("pong".to_owned())]);
}

#[test]
fn a_worker_that_drops_is_lost_after_its_lease_and_revives_with_a_publish() {
    let mut world = World::new();
    let watcher = world.open("/ws/progress/a");
    let worker = world.open("/ws/worker/a");
    world.say(worker, text(r#"{"status":"packing"}"#));
    world.reset(worker);
    world.pass_ms(29_999);
    world.say(watcher, text("ping"));
    assert_eq!(world.state("a")["status"], "packing");
    world.pass_ms(1);
    assert_eq!(world.state("a")["status"], "lost");
    let worker = world.open("/ws/worker/a");
    assert_eq!(world.state("a")["status"], "lost", "a socket says nothing");
    world.say(worker, text("{}"));
    assert_eq!(world.state("a")["status"], "packing");
    let all = world.messages(watcher).into_iter();
    let states = all.filter_map(|said| match said {
        Said::Json(state) => Some(brief(&state)),
        _ => None,
    });
    let expected = ["a: packing", "a: lost", "a: packing"];
    assert_eq!(states.collect::<Vec<_>>(), expected);
}

#[test]
fn a_worker_that_is_back_in_time_is_not_lost() {
    let mut world = World::new();
    let worker = world.open("/ws/worker/a");
    world.say(worker, text("{}"));
    world.reset(worker);
    world.pass_ms(20_000);
    let worker = world.open("/ws/worker/a");
    for n in 0..10 {
        world.pass_ms(10_000);
        world.say(worker, text(&format!("{{\"progress\":{n}}}")));
    }
    assert_eq!(world.state("a")["status"], "running");
}

#[test]
fn the_lease_begins_when_the_last_of_several_sockets_drops() {
    let mut world = World::new();
    let shared = world.open("/ws/worker");
    world.say(shared, text(r#"{"task_id":"a"}"#));
    let own = world.open("/ws/worker/a");
    world.reset(own);
    for n in 0..10 {
        world.pass_ms(10_000);
        world.say(shared, text(&format!(r#"{{"task_id":"b","n":{n}}}"#)));
    }
    assert_eq!(world.state("a")["status"], "running");
    world.reset(shared);
    world.pass_ms(30_000);
    assert_eq!(world.state("a")["status"], "lost");
    assert_eq!(world.state("b")["status"], "lost");
}

#[test]
fn a_task_that_has_ended_is_never_lost() {
    let mut world = World::new();
    let worker = world.open("/ws/worker/a");
    world.say(worker, text(r#"{"status":"completed"}"#));
    world.reset(worker);
    world.pass_ms(100_000);
    assert_eq!(world.state("a")["status"], "completed");
}

#[test]
fn a_worker_without_a_socket_is_lost_only_if_it_asked() {
    let mut world = World::new();
    let publish = |world: &mut World, id: &str, query: &str| {
        let path = format!("/api/progress/{id}{query}");
        assert!(world.ask(&post("POST", &path, "{}")).0 < 300);
    };
    publish(&mut world, "quiet", "");
    publish(&mut world, "a", "?lease=5");
    world.pass_ms(4_000);
    publish(&mut world, "a", "?lease=5");
    world.pass_ms(4_999);
    assert_eq!(
        world.state("a")["status"],
        "running",
        "the heartbeat counts"
    );
    world.pass_ms(1);
    assert_eq!(world.state("a")["status"], "lost");
    publish(&mut world, "a", "");
    world.pass_ms(100_000);
    assert_eq!(world.state("a")["status"], "running", "it asked no more");
    assert_eq!(world.state("quiet")["status"], "running");
}

#[test]
fn a_task_whose_worker_lives_without_moving_is_stalled() {
    let mut world = World::new();
    let worker = world.open("/ws/worker/a");
    world.say(worker, text("{}"));
    for _ in 0..3 {
        world.pass_ms(9_999);
        world.say(worker, text("{}"));
    }
    assert_eq!(brief(&world.state("a")), "a: running");
    world.pass_ms(3);
    assert_eq!(brief(&world.state("a")), "a: running stalled");
    world.say(worker, text("{}"));
    assert_eq!(brief(&world.state("a")), "a: running stalled");
    world.say(worker, text(r#"{"progress":1}"#));
    assert_eq!(brief(&world.state("a")), "a: 1 running");
}

#[test]
fn an_end_that_is_said_twice_is_no_contradiction() {
    let mut world = World::new();
    let (begun, end) = (
        r#"{"loaded":10,"total":100}"#,
        r#"{"loaded":100,"total":100,"status":"completed"}"#,
    );
    world.publish("a", begun);
    world.pass_ms(1_500);
    world.publish("a", end);
    world.pass_ms(500);
    let rev = world.state("a")["rev"].clone();
    assert_eq!(
        world.publish("a", end)["rev"],
        rev,
        "a retry changes nothing"
    );
    let (status, refused) = world.ask(&post("POST", "/api/progress/a", begun));
    assert_eq!((status, &refused["error"]), (409, &json!("finished")));
}

#[test]
fn forgetting_a_task_leaves_its_worker_connected() {
    let mut world = World::new();
    let worker = world.open("/ws/worker/a");
    world.say(worker, text("{}"));
    world.ask(&request("DELETE", "/api/progress/a"));
    assert!(world.is_open(worker));
    assert_eq!(world.messages(worker), []);
    world.say(worker, text(r#"{"progress":1}"#));
    cancel(&mut world, "");
    assert_eq!(
        world.messages(worker),
        [order()],
        "it is this task's worker again"
    );
    world.reset(worker);
    world.pass_ms(30_000);
    assert_eq!(world.state("a")["status"], "lost");
}
