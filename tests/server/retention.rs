//! How long tasks are kept, and how many.

use doneyet::server::config::Config;
use serde_json::json;

use crate::frames::{Said, post, request, text};
use crate::world::World;

const HOUR_MS: u64 = 3_600_000;

fn small() -> World {
    World::with(&Config {
        max_tasks: 2,
        ..Config::default()
    })
}

#[test]
fn an_ended_task_is_kept_an_hour() {
    let mut world = World::new();
    world.publish("a", r#"{"status":"failed"}"#);
    world.pass_ms(HOUR_MS - 1);
    assert_eq!(world.state("a")["status"], "failed");
    world.pass_ms(1);
    assert!(world.state("a").is_null());
}

#[test]
fn a_silent_task_is_kept_a_day() {
    let mut world = World::new();
    world.publish("a", "{}");
    world.pass_ms(23 * HOUR_MS);
    world.publish("a", "{}");
    world.pass_ms(24 * HOUR_MS - 1);
    assert!(!world.state("a").is_null(), "the heartbeat counts");
    world.pass_ms(1);
    assert!(world.state("a").is_null());
}

#[test]
fn watchers_of_a_task_whose_time_is_over_are_let_go() {
    let mut world = World::new();
    world.publish("a", r#"{"status":"failed"}"#);
    world.pass_ms(HOUR_MS - 10);
    let watcher = world.open("/ws/progress/a");
    world.states(watcher);
    world.pass_ms(10);
    assert_eq!(world.messages(watcher), [Said::Close(Some(1000))]);
}

#[test]
fn the_limit_drops_the_one_that_ended_first_and_never_a_running_one() {
    let mut world = small();
    world.publish("a", r#"{"status":"completed"}"#);
    world.pass_ms(5);
    world.publish("b", r#"{"status":"completed"}"#);
    world.publish("c", "{}");
    assert!(world.state("a").is_null());
    world.publish("d", "{}");
    assert!(world.state("b").is_null());
    let (status, refused) = world.ask(&post("POST", "/api/progress/e", "{}"));
    assert_eq!((status, &refused["error"]), (503, &json!("too_many_tasks")));
    let client = world.connect();
    world.say(client, post("POST", "/api/progress/e", "{}"));
    let head = String::from_utf8_lossy(&world.wire(client).heard).into_owned();
    assert!(head.contains("\r\nRetry-After: 1\r\n"), "{head}");
    world.publish("c", r#"{"progress":1}"#);
    world.publish("d", r#"{"status":"failed"}"#);
    world.publish("e", "{}");
    assert!(world.state("d").is_null());
}

#[test]
fn a_refused_publish_drops_nothing() {
    let mut world = small();
    world.publish("a", r#"{"status":"completed"}"#);
    world.publish("b", "{}");
    for bad in [r#"{"progress":101}"#, r#"{"status":7}"#] {
        assert_eq!(world.ask(&post("POST", "/api/progress/new", bad)).0, 422);
    }
    assert_eq!(world.state("a")["status"], "completed");
    assert!(world.state("new").is_null());
}

#[test]
fn a_batch_over_the_limit_is_refused_line_by_line() {
    let mut world = small();
    let lines = "{\"task_id\":\"a\"}\n{\"task_id\":\"b\"}\n{\"task_id\":\"c\"}\n";
    let (status, answer) = world.ask(&post("POST", "/api/progress", lines));
    assert_eq!(status, 200);
    assert_eq!(answer["results"][1]["task_id"], "b");
    assert_eq!(answer["results"][2]["error"], "too_many_tasks");
}

#[test]
fn names_that_were_only_mentioned_leave_nothing_behind() {
    let mut world = small();
    for n in 0..50 {
        let watcher = world.open(&format!("/ws/progress/w{n}"));
        let worker = world.open(&format!("/ws/worker/w{n}"));
        let several = world.open("/ws/progress");
        let subscribe = format!(r#"{{"action":"subscribe","task_id":"s{n}"}}"#);
        world.say(several, text(&subscribe));
        for client in [watcher, worker, several] {
            world.reset(client);
        }
        world.settle();
    }
    world.publish("a", "{}");
    world.publish("b", "{}");
    let (_, list) = world.ask(&request("GET", "/api/progress"));
    let ids: Vec<_> = list["tasks"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|state| state["task_id"].clone())
        .collect();
    assert_eq!(ids, ["b", "a"], "the newest first");
}

#[test]
fn the_list_can_be_asked_for_one_status() {
    let mut world = World::new();
    world.publish("a", r#"{"status":"failed"}"#);
    world.publish("b", "{}");
    let (_, list) = world.ask(&request("GET", "/api/progress?status=failed"));
    assert_eq!(list["tasks"].as_array().map(Vec::len), Some(1));
    assert_eq!(list["tasks"][0]["task_id"], "a");
    let (_, list) = world.ask(&request("GET", "/api/progress?status=none"));
    assert_eq!(list, json!({"tasks": []}));
}
