//! The list of all states, asked for by who knows one already, and can wait for another.

use doneyet::session::outbox::CONGESTED;

use crate::frames::{post, request};
use crate::world::{Client, World};

/// Asks for the list at `target`, knowing what `tag` names.
fn ask(world: &mut World, target: &str, tag: &str) -> Client {
    let client = world.connect();
    let plain = request("GET", target);
    let fields = format!("\r\nIf-None-Match: {tag}\r\n\r\n");
    world.say(client, plain.replace("\r\n\r\n", &fields));
    client
}

/// The entity tag of the list as it is.
fn tag(world: &mut World) -> String {
    let client = world.connect();
    world.say(client, request("GET", "/api/progress"));
    let heard = String::from_utf8_lossy(&world.wire(client).heard).into_owned();
    let (_, rest) = heard
        .split_once("ETag: ")
        .expect("a list has an entity tag");
    let (tag, _) = rest.split_once("\r\n").expect("a field ends");
    tag.to_owned()
}

/// The answer that `client` has had: its status, and the ids of the tasks in it.
fn answer(world: &mut World, client: Client) -> Option<(u16, Vec<String>)> {
    let (status, content) = world.answers(client).pop()?;
    let json: serde_json::Value = serde_json::from_slice(&content).unwrap_or_default();
    let tasks = json["tasks"].as_array().cloned().unwrap_or_default();
    let id = |task: &serde_json::Value| task["task_id"].as_str().map(str::to_owned);
    Some((status, tasks.iter().filter_map(id).collect()))
}

fn full(ids: &[&str]) -> Option<(u16, Vec<String>)> {
    Some((200, ids.iter().map(|&id| id.to_owned()).collect()))
}

#[test]
fn a_list_that_is_known_is_not_sent_again() {
    let mut world = World::new();
    world.publish("a", "{}");
    let known = tag(&mut world);
    let client = ask(&mut world, "/api/progress", &known);
    assert_eq!(answer(&mut world, client), Some((304, vec![])));
    world.publish("a", r#"{"progress":1}"#);
    let client = ask(&mut world, "/api/progress", &known);
    assert_eq!(answer(&mut world, client), full(&["a"]));
}

#[test]
fn a_list_becomes_another_by_what_is_forgotten() {
    let mut world = World::new();
    world.publish("a", "{}");
    let known = tag(&mut world);
    assert_eq!(world.ask(&request("DELETE", "/api/progress/a")).0, 204);
    let client = ask(&mut world, "/api/progress?wait=60", &known);
    assert_eq!(answer(&mut world, client), full(&[]));
}

#[test]
fn who_can_wait_is_answered_with_the_next_list() {
    let mut world = World::new();
    world.publish("a", "{}");
    let known = tag(&mut world);
    let client = ask(&mut world, "/api/progress?wait=60", &known);
    world.publish("a", "{}");
    assert_eq!(
        answer(&mut world, client),
        None,
        "a heartbeat changes nothing"
    );
    world.publish("b", "{}");
    assert_eq!(answer(&mut world, client), full(&["b", "a"]));
    world.publish("a", r#"{"progress":1}"#);
    assert_eq!(
        answer(&mut world, client),
        None,
        "one question has one answer"
    );
    world.say(client, request("GET", "/api/progress/a"));
    assert_eq!(
        answer(&mut world, client).map(|(status, _)| status),
        Some(200)
    );
}

#[test]
fn a_list_of_one_status_stays_one_when_it_comes_late() {
    let mut world = World::new();
    world.publish("a", r#"{"status":"failed"}"#);
    let known = tag(&mut world);
    let client = ask(&mut world, "/api/progress?status=failed&wait=60", &known);
    world.publish("b", r#"{"progress":1}"#);
    assert_eq!(answer(&mut world, client), full(&["a"]));
}

#[test]
fn without_a_change_the_answer_comes_when_the_wait_is_over() {
    let mut world = World::new();
    let known = tag(&mut world);
    let client = ask(&mut world, "/api/progress?wait=2.5", &known);
    world.pass_ms(2_499);
    assert_eq!(answer(&mut world, client), None);
    world.pass_ms(1);
    assert_eq!(answer(&mut world, client), Some((204, vec![])));
    world.publish("a", "{}");
    assert_eq!(answer(&mut world, client), None);
}

#[test]
fn who_knows_no_list_does_not_wait() {
    let mut world = World::new();
    for (target, tag) in [
        ("/api/progress?wait=60", "\"1-1\""),
        ("/api/progress?wait=60", ""),
    ] {
        let client = ask(&mut world, target, tag);
        assert_eq!(answer(&mut world, client), full(&[]), "{tag}");
    }
}

/// A thousand tasks, in 250 kB of list.
fn long_list(world: &mut World) {
    let title = "x".repeat(120);
    let line = |n| format!("{{\"task_id\":\"t{n}\",\"title\":\"{title}\"}}\n");
    let lines: String = (0..1_000).map(line).collect();
    assert_eq!(world.ask(&post("POST", "/api/progress", &lines)).0, 200);
}

#[test]
fn a_list_waits_as_a_piece_for_whom_does_not_read_it() {
    let mut world = World::new();
    long_list(&mut world);
    let known = tag(&mut world);
    let client = world.connect();
    world.wire(client).room = 1_000;
    let late = ask(&mut world, "/api/progress?wait=60", &known);
    world.wire(late).room = 1_000;
    world.say(client, request("GET", "/api/progress").repeat(3));
    world.publish("t0", r#"{"progress":1}"#);
    for client in [client, late] {
        let waits = world.queued_len(client);
        assert!((1..=2 * CONGESTED).contains(&waits), "{waits} bytes");
    }
    world.publish("t0", r#"{"progress":2}"#);
    let (was, is) = ("\"progress\":1", "\"progress\":2");
    for (client, lists) in [(client, 3), (late, 1)] {
        world.make_room(client, usize::MAX);
        world.settle();
        let answers = world.answers(client);
        assert_eq!(answers.len(), lists);
        for (_, content) in &answers {
            let list: serde_json::Value = serde_json::from_slice(content).expect("JSON");
            assert_eq!(list["tasks"].as_array().map(Vec::len), Some(1_000));
        }
        let first = String::from_utf8_lossy(&answers[0].1);
        assert!(!first.contains(is), "a list is of one moment");
        assert_eq!(first.contains(was), lists == 1);
    }
}

#[test]
fn who_ends_its_side_behind_a_long_list_gets_all_of_it_and_what_is_behind() {
    let mut world = World::new();
    long_list(&mut world);
    let client = world.connect();
    let behind = request("GET", "/healthz");
    world.send(client, [request("GET", "/api/progress"), behind].concat());
    world.end(client);
    world.settle();
    let statuses = world.answers(client).into_iter().map(|answer| answer.0);
    assert_eq!(statuses.collect::<Vec<_>>(), [200, 200]);
    assert!(!world.is_open(client));
}
