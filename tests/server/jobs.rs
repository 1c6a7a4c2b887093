//! Jobs, from the order to the end, with processes that are made up.

use std::io::Cursor;

use doneyet::recipe::Recipes;
use doneyet::server::{Config, Launch};
use doneyet::session::demand::File;
use doneyet::task::TaskId;
use serde_json::{Value, json};

use crate::frames::{Said, post, request};
use crate::world::{Client, World};

/// One recipe, `download`, of which one job runs and two wait.
fn recipes(patch: Value) -> Recipes {
    let mut recipe = json!({
        "name": "download",
        "title": "Get {url}",
        "argv": ["curl", "-o", "{dir}/file", "{url}"],
        "inputs": [{"name": "url", "type": "url"}],
        "folder": "/srv",
        "environment": {"A": "b"},
        "max_queued": 2,
        "time_limit_secs": 60,
        "result": "*.bin",
    });
    for (name, value) in patch.as_object().expect("an object") {
        recipe[name] = value.clone();
    }
    Recipes::parse(&json!({"recipes": [recipe]}).to_string()).expect("a good file")
}

fn world(patch: Value) -> World {
    World::with(&Config {
        recipes: recipes(patch),
        ..Config::default()
    })
}

fn order(world: &mut World, url: &str) -> (u16, Value) {
    let order = json!({"recipe": "download", "url": url}).to_string();
    world.ask(&post("POST", "/api/tasks", &order))
}

/// An order that is taken; the name of its task.
fn ordered(world: &mut World, url: &str) -> String {
    let (status, state) = order(world, url);
    assert_eq!(status, 201, "{state}");
    state["task_id"].as_str().expect("a name").to_owned()
}

fn next_job(world: &mut World) -> Option<Launch> {
    let now = world.now;
    world.broker.next_job(now)
}

fn end_job(world: &mut World, task: &str) {
    let (id, now) = (TaskId::new(task).expect("an id"), world.now);
    world.broker.job_ended(&id, "it broke off", now);
    world.settle();
}

fn cancel(world: &mut World, task: &str) -> (u16, Value) {
    world.ask(&post("POST", &format!("/api/progress/{task}/cancel"), ""))
}

fn status(world: &mut World, task: &str) -> String {
    world.state(task)["status"]
        .as_str()
        .unwrap_or("none")
        .to_owned()
}

#[test]
fn an_order_becomes_a_task_that_waits_and_then_a_command() {
    let mut world = world(json!({}));
    let (status, state) = order(&mut world, "http://a/x");
    assert_eq!(status, 201);
    assert_eq!(state["status"], "queued");
    assert_eq!(state["title"], "Get http://a/x");
    assert_eq!(state["recipe"], "download");
    let id = state["task_id"].as_str().expect("a name");
    assert!(id.starts_with("download-"), "{id}");
    assert_eq!(world.state(id), state);
    let launch = next_job(&mut world).expect("a job");
    assert_eq!(launch.task.as_str(), id);
    let folder = format!("/srv/{id}");
    assert_eq!(launch.folder.to_str(), Some(folder.as_str()));
    assert_eq!(
        launch.command,
        ["curl", "-o", &format!("{folder}/file"), "http://a/x"]
    );
    assert_eq!(launch.environment, [("A".to_owned(), "b".to_owned())]);
    assert_eq!(launch.result.expect("a pattern").as_str(), "*.bin");
    assert!(next_job(&mut world).is_none());
}

#[test]
fn jobs_run_in_order_and_no_more_of_them_than_may() {
    let mut world = world(json!({}));
    let ids: Vec<String> = (0..3).map(|_| ordered(&mut world, "http://a/")).collect();
    let (code, refused) = order(&mut world, "http://a/");
    assert_eq!((code, &refused["error"]), (503, &json!("too_many_queued")));
    for id in &ids {
        assert_eq!(status(&mut world, id), "queued");
        let launch = next_job(&mut world).expect("a job");
        assert_eq!(launch.task.as_str(), id);
        assert!(next_job(&mut world).is_none(), "two at once");
        world.publish(id, r#"{"status":"running"}"#);
        world.publish(id, r#"{"status":"completed"}"#);
        end_job(&mut world, id);
    }
    assert!(next_job(&mut world).is_none());
    assert!(!world.broker.has_jobs());
}

#[test]
fn two_orders_in_one_millisecond_are_two_tasks() {
    let mut world = world(json!({}));
    let (first, second) = (
        ordered(&mut world, "http://a/"),
        ordered(&mut world, "http://a/"),
    );
    assert_ne!(first, second);
}

#[test]
fn a_bad_value_is_refused_by_name_and_makes_no_task() {
    let mut world = world(json!({}));
    let long = format!("http://a/{}", "a".repeat(1 << 20));
    for url in [
        "--exec=id",
        "file:///etc/passwd",
        "; rm",
        "http://a/\n",
        &long,
    ] {
        let (status, answer) = order(&mut world, url);
        assert_eq!(status, 422);
        assert_eq!(answer["error"], "bad_input");
        assert_eq!(answer["field"], "url");
        let message = answer["message"].as_str().expect("a sentence");
        assert!(message.starts_with("`url` must be "), "{message}");
    }
    assert!(next_job(&mut world).is_none());
    let (_, list) = world.ask(&request("GET", "/api/progress"));
    assert_eq!(list, json!({"tasks": []}));
}

#[test]
fn a_cancel_takes_a_waiting_job_out_of_the_line() {
    let mut world = world(json!({}));
    let ids: Vec<String> = (0..3).map(|_| ordered(&mut world, "http://a/")).collect();
    next_job(&mut world).expect("a job");
    let (code, state) = cancel(&mut world, &ids[1]);
    assert_eq!((code, &state["status"]), (202, &json!("cancelled")));
    assert_eq!(cancel(&mut world, &ids[1]).0, 409);
    ordered(&mut world, "http://a/");
    end_job(&mut world, &ids[0]);
    let next = next_job(&mut world).expect("a job");
    assert_eq!(next.task.as_str(), ids[2]);
}

#[test]
fn a_cancel_by_socket_takes_it_out_as_well() {
    let mut world = world(json!({}));
    let ids: Vec<String> = (0..2).map(|_| ordered(&mut world, "http://a/")).collect();
    next_job(&mut world).expect("a job");
    let watcher = world.open(&format!("/ws/progress/{}", ids[1]));
    world.say(watcher, crate::frames::text(r#"{"action":"cancel"}"#));
    let last = world.states(watcher).pop().expect("a state");
    assert_eq!(last, format!("{}: cancelled", ids[1]));
}

#[test]
fn a_running_job_hears_a_cancel_as_any_worker_does() {
    let mut world = world(json!({}));
    let id = ordered(&mut world, "http://a/");
    next_job(&mut world).expect("a job");
    // Before the process has connected.
    let (code, state) = cancel(&mut world, &id);
    assert_eq!((code, &state["cancel"]), (202, &json!("requested")));
    let worker = world.open(&format!("/ws/worker/{id}"));
    world.say(worker, crate::frames::text(r#"{"status":"running"}"#));
    let messages = world.messages(worker);
    let Said::Json(said) = &messages[0] else {
        panic!("{messages:?}");
    };
    assert_eq!(said["action"], "cancel");
    world.say(worker, crate::frames::text(r#"{"status":"cancelled"}"#));
    end_job(&mut world, &id);
    assert_eq!(status(&mut world, &id), "cancelled");
}

#[test]
fn a_running_job_that_is_deleted_is_stopped_and_then_forgotten() {
    let mut world = world(json!({}));
    let id = ordered(&mut world, "http://a/");
    next_job(&mut world).expect("a job");
    let worker = world.open(&format!("/ws/worker/{id}"));
    world.say(worker, crate::frames::text(r#"{"status":"running"}"#));
    let delete = request("DELETE", &format!("/api/progress/{id}"));
    assert_eq!(world.ask(&delete).0, 204);
    let messages = world.messages(worker);
    let Said::Json(said) = &messages[0] else {
        panic!("{messages:?}");
    };
    assert_eq!(said["action"], "cancel");
    // As long as it runs, it can be seen.
    assert_eq!(world.state(&id)["cancel"], "requested");
    world.say(worker, crate::frames::text(r#"{"status":"cancelled"}"#));
    end_job(&mut world, &id);
    let show = request("GET", &format!("/api/progress/{id}"));
    assert_eq!(world.ask(&show).0, 404);
    assert_eq!(world.ask(&delete).0, 404);
}

#[test]
fn a_job_that_ends_without_a_word_has_failed() {
    let mut world = world(json!({}));
    let id = ordered(&mut world, "http://a/");
    next_job(&mut world).expect("a job");
    end_job(&mut world, &id);
    let state = world.state(&id);
    assert_eq!(state["status"], "failed");
    assert_eq!(state["error"], "it broke off");
    // Once is enough.
    end_job(&mut world, &id);
    ordered(&mut world, "http://a/");
    assert!(next_job(&mut world).is_some());
    assert!(next_job(&mut world).is_none());
}

#[test]
fn a_job_whose_time_is_over_is_asked_to_stop() {
    let mut world = world(json!({}));
    let id = ordered(&mut world, "http://a/");
    // Waiting is not running.
    world.pass_ms(120_000);
    next_job(&mut world).expect("a job");
    let worker = world.open(&format!("/ws/worker/{id}"));
    world.say(worker, crate::frames::text(r#"{"status":"running"}"#));
    world.pass_ms(59_999);
    assert_eq!(world.state(&id)["cancel"], Value::Null);
    world.pass_ms(1);
    let state = world.state(&id);
    assert_eq!(state["cancel"], "requested");
    assert_eq!(state["error"], "stopped after its time limit of 60 s");
}

#[test]
fn a_job_may_wait_longer_than_other_tasks_may_be_silent() {
    let mut world = world(json!({"time_limit_secs": 864_000}));
    let first = ordered(&mut world, "http://a/");
    let id = ordered(&mut world, "http://a/");
    next_job(&mut world).expect("a job");
    world.pass_ms(3 * 24 * 3_600_000);
    assert_eq!(status(&mut world, &id), "queued");
    end_job(&mut world, &first);
    assert_eq!(next_job(&mut world).expect("a job").task.as_str(), id);
}

#[test]
fn a_task_that_is_forgotten_or_ended_by_a_publish_is_not_started() {
    let mut world = world(json!({}));
    let ids: Vec<String> = (0..3).map(|_| ordered(&mut world, "http://a/")).collect();
    assert_eq!(
        world
            .ask(&request("DELETE", &format!("/api/progress/{}", ids[0])))
            .0,
        204
    );
    world.publish(&ids[1], r#"{"status":"completed"}"#);
    assert_eq!(next_job(&mut world).expect("a job").task.as_str(), ids[2]);
    assert!(next_job(&mut world).is_none());
}

#[test]
fn at_the_end_nothing_more_is_started_and_all_are_asked_to_stop() {
    let mut world = world(json!({}));
    let (first, second) = (
        ordered(&mut world, "http://a/"),
        ordered(&mut world, "http://a/"),
    );
    next_job(&mut world).expect("a job");
    let now = world.now;
    world.broker.close_jobs(now);
    assert_eq!(world.state(&first)["cancel"], "requested");
    assert_eq!(status(&mut world, &second), "cancelled");
    let (code, refused) = order(&mut world, "http://a/");
    assert_eq!((code, &refused["error"]), (503, &json!("stopping")));
    let client = world.connect();
    let json = json!({"recipe": "download", "url": "http://a/"}).to_string();
    world.say(client, post("POST", "/api/tasks", &json));
    let head = String::from_utf8_lossy(&world.wire(client).heard).into_owned();
    assert!(head.contains("\r\nRetry-After: 1\r\n"), "{head}");
    assert!(world.broker.has_jobs());
    end_job(&mut world, &first);
    assert!(!world.broker.has_jobs());
    assert!(next_job(&mut world).is_none());
}

#[test]
fn a_page_is_told_which_recipes_there_are() {
    let mut world = world(json!({}));
    let (code, answer) = world.ask(&request("GET", "/api/recipes"));
    assert_eq!(code, 200);
    assert_eq!(answer["recipes"][0]["name"], "download");
}

// ---- files ---------------------------------------------------------------------------------

/// A job that is completed.
fn completed(world: &mut World) -> String {
    let id = ordered(world, "http://a/");
    next_job(world).expect("a job");
    world.publish(&id, r#"{"status":"completed"}"#);
    end_job(world, &id);
    id
}

/// A client that has asked for a file.
fn fetching(world: &mut World, id: &str, name: &str, more: &str) -> Client {
    let client = world.connect();
    let path = format!("/api/tasks/{id}/files/{name}");
    world.say(client, request("GET", &path) + more);
    client
}

/// Hands over what is wanted: a file of `len` bytes, of which `real_len` are there.
fn bring(world: &mut World, len: u64, real_len: usize) {
    let now = world.now;
    while let Some(wanted) = world.broker.next_wanted() {
        let file = File {
            name: wanted.name,
            len,
            modified_unix_ms: now.unix_ms,
            tag: "v".to_owned(),
        };
        let content: Vec<u8> = (0..real_len).map(|at| (at % 251) as u8).collect();
        let source = Box::new(Cursor::new(content));
        world
            .broker
            .show_file(wanted.peer, Some((file, source)), now);
    }
}

#[test]
fn a_file_arrives_whole_and_the_next_answer_behind_it() {
    let mut world = world(json!({}));
    let id = completed(&mut world);
    let client = fetching(&mut world, &id, "a.bin", &request("GET", "/healthz"));
    bring(&mut world, 1_000_000, 1_000_000);
    world.settle();
    let answers = world.answers(client);
    assert_eq!((answers[0].0, answers[0].1.len()), (200, 1_000_000));
    let is_right = |(at, byte): (usize, &u8)| *byte == (at % 251) as u8;
    assert!(answers[0].1.iter().enumerate().all(is_right));
    assert_eq!(answers[1].0, 200);
    assert!(world.is_open(client));
}

#[test]
fn who_does_not_read_costs_one_piece_of_the_file() {
    let mut world = world(json!({}));
    let id = completed(&mut world);
    let client = fetching(&mut world, &id, "a.bin", "");
    world.wire(client).room = 100_000;
    bring(&mut world, 10_000_000, 10_000_000);
    world.settle();
    assert!(
        world.queued_len(client) <= 2 * 64 * 1024,
        "{}",
        world.queued_len(client)
    );
    // Others are served meanwhile, and requests of its own wait.
    assert_eq!(status(&mut world, &id), "completed");
    world.say(client, request("GET", "/healthz"));
    for _ in 0..99 {
        world.make_room(client, 100_000);
        world.settle();
        assert!(world.queued_len(client) <= 2 * 64 * 1024);
    }
    world.make_room(client, usize::MAX);
    world.settle();
    let answers = world.answers(client);
    assert_eq!(answers.len(), 2);
    assert_eq!(answers[0].1.len(), 10_000_000);
}

#[test]
fn who_takes_nothing_of_a_file_for_long_is_cut_off() {
    let mut world = world(json!({}));
    let id = completed(&mut world);
    let client = fetching(&mut world, &id, "a.bin", "");
    world.wire(client).room = 100_000;
    bring(&mut world, 10_000_000, 10_000_000);
    world.pass_ms(74_000);
    assert!(world.is_open(client));
    world.make_room(client, 100_000);
    world.pass_ms(74_000);
    assert!(world.is_open(client));
    world.pass_ms(2_000);
    assert!(!world.is_open(client));
}

#[test]
fn a_file_that_has_become_shorter_breaks_off() {
    let mut world = world(json!({}));
    let id = completed(&mut world);
    let client = fetching(&mut world, &id, "a.bin", "");
    bring(&mut world, 1_000_000, 500_000);
    world.settle();
    assert!(!world.is_open(client));
    assert!(
        world.answers(client).is_empty(),
        "an answer that seems whole"
    );
}

#[test]
fn who_has_ended_its_side_gets_all_of_the_file() {
    let mut world = world(json!({}));
    let id = completed(&mut world);
    let client = world.connect();
    world.send(
        client,
        request("GET", &format!("/api/tasks/{id}/files/a.bin")),
    );
    world.wire(client).room = 1_000;
    world.settle();
    bring(&mut world, 300_000, 300_000);
    world.settle();
    world.end(client);
    world.settle();
    world.make_room(client, usize::MAX);
    world.settle();
    assert_eq!(world.answers(client)[0].1.len(), 300_000);
    assert!(!world.is_open(client));
}

#[test]
fn a_connection_that_is_to_close_does_so_behind_the_file() {
    let mut world = world(json!({}));
    let id = completed(&mut world);
    let client = world.connect();
    let path = format!("/api/tasks/{id}/files/a.bin");
    world.say(
        client,
        format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n"),
    );
    bring(&mut world, 300_000, 300_000);
    world.settle();
    assert_eq!(world.answers(client)[0].1.len(), 300_000);
    assert!(world.wire(client).is_shut);
}

#[test]
fn a_file_on_its_way_is_finished_before_the_daemon_says_goodbye() {
    let mut world = world(json!({}));
    let id = completed(&mut world);
    let client = fetching(&mut world, &id, "a.bin", "");
    world.wire(client).room = 1_000;
    bring(&mut world, 300_000, 300_000);
    world.settle();
    let now = world.now;
    world.broker.close_all(now);
    world.make_room(client, usize::MAX);
    world.settle();
    assert_eq!(world.answers(client)[0].1.len(), 300_000);
    assert!(world.wire(client).is_shut);
}

#[test]
fn an_empty_file_is_an_answer_as_well() {
    let mut world = world(json!({}));
    let id = completed(&mut world);
    let client = fetching(&mut world, &id, "a.bin", &request("GET", "/healthz"));
    bring(&mut world, 0, 0);
    world.settle();
    let answers = world.answers(client);
    assert_eq!(
        (answers[0].0, answers[0].1.len(), answers[1].0),
        (200, 0, 200)
    );
}

#[test]
fn only_results_of_completed_jobs_are_looked_for() {
    let mut world = world(json!({}));
    let done = completed(&mut world);
    let running = ordered(&mut world, "http://a/");
    next_job(&mut world).expect("a job");
    world.publish("other", r#"{"status":"completed"}"#);
    for (id, name, code) in [
        (done.as_str(), "a.txt", "unknown_file"),
        (&done, ".a.bin", "unknown_file"),
        (&done, "..%2Fa.bin", "unknown_file"),
        (&done, "%2Fetc%2Fa.bin", "unknown_file"),
        (&running, "a.bin", "unknown_file"),
        ("other", "a.bin", "unknown_file"),
        ("nobody", "a.bin", "unknown_task"),
    ] {
        let (status, answer) = world.ask(&request("GET", &format!("/api/tasks/{id}/files/{name}")));
        assert_eq!(
            (status, answer["error"].as_str()),
            (404, Some(code)),
            "{id} {name}"
        );
    }
    let client = fetching(&mut world, &done, "a.bin", "");
    let wanted = world.broker.next_wanted().expect("a file");
    assert_eq!(
        wanted.folder.to_str(),
        Some(format!("/srv/{done}").as_str())
    );
    let now = world.now;
    world.broker.show_file(wanted.peer, None, now);
    world.settle();
    assert_eq!(world.answers(client)[0].0, 404);
}
