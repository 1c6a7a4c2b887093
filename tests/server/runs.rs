//! A task that ends and is started over: who is owed the end, and who the new run.

use crate::frames::{Said, post};
use crate::world::{Client, World};

const UNTIL_END: &str = "/ws/progress/a?until=end";

/// A watcher until the end whose socket is full with the first state of a running task.
fn full_watcher(world: &mut World) -> Client {
    let watcher = world.open(UNTIL_END);
    world.block(watcher);
    world.publish("a", r#"{"first":true}"#);
    watcher
}

fn put(patch: &str) -> String {
    post("PUT", "/api/progress/a", patch)
}

/// An end and a fresh run right behind it, in one packet: nothing is written in between.
fn end_and_start_over(world: &mut World) {
    let worker = world.connect();
    let end = post("POST", "/api/progress/a", r#"{"status":"completed"}"#);
    world.say(worker, end + &put(r#"{"progress":1}"#));
    assert_eq!(world.answers(worker).len(), 2);
}

/// The status of the last state that `watcher` gets, which must be the last thing it gets.
fn last_status(world: &mut World, watcher: Client) -> String {
    world.make_room(watcher, usize::MAX);
    world.settle();
    let messages = world.messages(watcher);
    let [.., Said::Json(state), Said::Close(Some(1000))] = &messages[..] else {
        panic!("{messages:?}");
    };
    state["status"].as_str().expect("a status").to_owned()
}

#[test]
fn whoever_watches_until_the_end_gets_it_before_a_fresh_run() {
    let mut world = World::new();
    let (free, blocked) = (world.open(UNTIL_END), full_watcher(&mut world));
    end_and_start_over(&mut world);
    assert_eq!(last_status(&mut world, free), "completed");
    assert_eq!(last_status(&mut world, blocked), "completed");
    assert_eq!(world.publish("a", "{}")["watchers"], 0);
}

#[test]
fn a_watcher_that_sleeps_through_many_runs_gets_the_end_of_the_first() {
    let mut world = World::new();
    let watcher = full_watcher(&mut world);
    world.publish("a", r#"{"status":"failed"}"#);
    for n in 0..100 {
        assert_eq!(world.ask(&put(&format!(r#"{{"n":{n}}}"#))).0, 200);
        world.publish("a", r#"{"status":"completed"}"#);
    }
    assert!(world.queued_len(watcher) < 500, "one end is owed, not all");
    assert_eq!(last_status(&mut world, watcher), "failed");
}

#[test]
fn a_run_that_ends_as_it_begins_hides_no_end_either() {
    let mut world = World::new();
    let watcher = full_watcher(&mut world);
    world.publish("a", r#"{"status":"failed"}"#);
    assert_eq!(world.ask(&put(r#"{"status":"completed"}"#)).0, 200);
    assert_eq!(last_status(&mut world, watcher), "failed");
}

#[test]
fn what_starts_nothing_over_ends_nobody() {
    let mut world = World::new();
    let watcher = full_watcher(&mut world);
    assert_eq!(world.ask(&put(r#"{"progress":2}"#)).0, 200);
    assert_eq!(world.publish("a", "{}")["watchers"], 1, "it had not ended");
    world.publish("a", r#"{"status":"failed"}"#);
    assert_eq!(world.ask(&put(r#"{"progress":"half"}"#)).0, 422);
    assert_eq!(world.publish("a", "{}")["watchers"], 1, "it was refused");
    assert_eq!(last_status(&mut world, watcher), "failed");
}

#[test]
fn a_plain_watcher_skips_forward_to_the_fresh_run() {
    let mut world = World::new();
    let watchers = [world.open("/ws/progress/a"), world.open("/ws/all")];
    end_and_start_over(&mut world);
    for watcher in watchers {
        assert_eq!(world.states(watcher), ["a: 1 running"]);
    }
}
