//! Watching several tasks on one socket, and all of them.

use crate::frames::{Said, request, text};
use crate::world::{Client, World};

fn act(world: &mut World, client: Client, action: &str, id: &str) {
    world.say(
        client,
        text(&format!(r#"{{"action":"{action}","task_id":"{id}"}}"#)),
    );
}

fn sorted(mut states: Vec<String>) -> Vec<String> {
    states.sort();
    states
}

#[test]
fn subscriptions_begin_with_a_snapshot_and_end_at_once() {
    let mut world = World::new();
    world.publish("a", r#"{"progress":1}"#);
    let watcher = world.open("/ws/progress");
    assert_eq!(world.states(watcher), [""; 0]);
    act(&mut world, watcher, "subscribe", "a");
    act(&mut world, watcher, "subscribe", "b");
    assert_eq!(world.states(watcher), ["a: 1 running"]);
    world.publish("b", r#"{"progress":2}"#);
    assert_eq!(world.states(watcher), ["b: 2 running"]);
    act(&mut world, watcher, "unsubscribe", "a");
    world.publish("a", r#"{"progress":3}"#);
    assert_eq!(world.states(watcher), [""; 0]);
    act(&mut world, watcher, "unsubscribe", "never");
    assert_eq!(world.states(watcher), [""; 0], "nothing to end");
}

#[test]
fn subscribing_again_is_asking_for_the_newest_again() {
    let mut world = World::new();
    world.publish("a", "{}");
    let watcher = world.open("/ws/progress");
    act(&mut world, watcher, "subscribe", "a");
    act(&mut world, watcher, "subscribe", "a");
    assert_eq!(world.states(watcher), ["a: running", "a: running"]);
    assert_eq!(world.publish("a", r#"{"progress":1}"#)["watchers"], 1);
    assert_eq!(world.states(watcher), ["a: 1 running"]);
}

#[test]
fn one_socket_follows_sixty_four_tasks_and_no_more() {
    let mut world = World::new();
    let watcher = world.open("/ws/progress");
    for n in 0..64 {
        act(&mut world, watcher, "subscribe", &format!("t{n}"));
    }
    assert_eq!(world.messages(watcher), []);
    act(&mut world, watcher, "subscribe", "one-more");
    let refused = world.messages(watcher);
    assert!(matches!(&refused[..], [Said::Json(no)] if no["error"] == "too_many_subscriptions"));
    world.publish("one-more", "{}");
    assert_eq!(world.messages(watcher), []);
    act(&mut world, watcher, "unsubscribe", "t7");
    act(&mut world, watcher, "subscribe", "one-more");
    assert_eq!(world.states(watcher), ["one-more: running"]);
}

#[test]
fn a_full_socket_may_still_renew_what_it_follows() {
    let mut world = World::new();
    world.publish("t0", "{}");
    let watcher = world.open("/ws/progress");
    for n in 0..64 {
        act(&mut world, watcher, "subscribe", &format!("t{n}"));
    }
    world.messages(watcher);
    act(&mut world, watcher, "subscribe", "t0");
    assert_eq!(world.states(watcher), ["t0: running"]);
}

#[test]
fn a_blocked_watcher_of_several_gets_the_newest_of_each() {
    let mut world = World::new();
    let watcher = world.open("/ws/progress");
    for id in ["a", "b", "c"] {
        act(&mut world, watcher, "subscribe", id);
    }
    world.block(watcher);
    world.publish("c", r#"{"progress":0}"#);
    for n in 0..50 {
        world.publish("a", &format!("{{\"progress\":{n}}}"));
        world.publish("b", &format!("{{\"progress\":{n}}}"));
    }
    world.make_room(watcher, usize::MAX);
    world.settle();
    let states = world.states(watcher);
    assert!(states.len() <= 4, "{states:?}");
    for newest in ["a: 49 running", "b: 49 running", "c: 0 running"] {
        assert!(states.iter().any(|state| state == newest), "{states:?}");
    }
}

#[test]
fn a_forgotten_task_is_an_event_among_others() {
    let mut world = World::new();
    world.publish("a", "{}");
    let watcher = world.open("/ws/progress");
    act(&mut world, watcher, "subscribe", "a");
    act(&mut world, watcher, "subscribe", "b");
    world.messages(watcher);
    world.ask(&request("DELETE", "/api/progress/a"));
    let event = serde_json::json!({"event": "forgotten", "task_id": "a"});
    assert_eq!(world.messages(watcher), [Said::Json(event)]);
    world.publish("b", "{}");
    assert_eq!(world.states(watcher), ["b: running"]);
}

#[test]
fn a_cancel_on_a_shared_socket_names_its_task() {
    let mut world = World::new();
    world.publish("a", "{}");
    let watcher = world.open("/ws/progress");
    act(&mut world, watcher, "cancel", "a");
    assert_eq!(world.state("a")["cancel"], "requested");
    act(&mut world, watcher, "cancel", "nobody");
    let refused = world.messages(watcher);
    assert!(matches!(&refused[..], [Said::Json(no)] if no["error"] == "unknown_task"));
}

#[test]
fn a_watcher_of_all_gets_every_known_state_and_then_the_changes() {
    let mut world = World::new();
    for id in ["a", "b", "c"] {
        world.publish(id, "{}");
    }
    let watcher = world.open("/ws/all");
    let states = sorted(world.states(watcher));
    assert_eq!(states, ["a: running", "b: running", "c: running"]);
    world.publish("b", r#"{"progress":7}"#);
    world.publish("new", "{}");
    assert_eq!(world.states(watcher), ["b: 7 running", "new: running"]);
}

#[test]
fn a_blocked_watcher_of_all_skips_forward_on_each_task() {
    let mut world = World::new();
    let watcher = world.open("/ws/all");
    world.block(watcher);
    for n in 0..30 {
        for id in 0..20 {
            world.publish(&format!("t{id}"), &format!("{{\"progress\":{n}}}"));
        }
    }
    world.make_room(watcher, usize::MAX);
    world.settle();
    let states = world.states(watcher);
    assert!(states.len() <= 21, "{} messages for 20 tasks", states.len());
    for id in 0..20 {
        let newest = format!("t{id}: 29 running");
        assert!(states.contains(&newest), "{newest}");
    }
}

#[test]
fn ten_thousand_states_reach_a_watcher_of_all_through_a_narrow_door() {
    let mut world = World::new();
    let worker = world.open("/ws/worker");
    let patches = (0..5_000).map(|n| text(&format!("{{\"task_id\":\"t{n}\"}}")));
    world.say(worker, patches.collect::<Vec<_>>().concat());
    let watcher = world.connect();
    world.block(watcher);
    world.say(watcher, crate::frames::handshake("/ws/all"));
    while world.wire(watcher).room == 0 {
        world.make_room(watcher, 50_000);
        world.settle();
    }
    world.answers(watcher);
    let states = sorted(world.states(watcher));
    assert_eq!(states.len(), 5_000);
    assert!(states.windows(2).all(|two| two[0] != two[1]));
}
