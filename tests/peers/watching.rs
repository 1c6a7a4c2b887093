//! Watchers: one task, several, all.

use serde_json::{Value, json};
use tungstenite::Message;

use crate::daemon::Daemon;
use crate::http::{get, post, send};
use crate::socket::Peer;

#[test]
fn a_watcher_gets_the_snapshot_and_then_every_change() {
    let daemon = Daemon::start();
    post(
        &daemon,
        "/api/progress/dl-42",
        r#"{"progress":10,"title":"Holiday.mp4"}"#,
    );
    let mut watcher = Peer::open(&daemon, "/ws/progress/dl-42");
    let snapshot = watcher.json();
    assert_eq!(snapshot["task_id"], "dl-42");
    assert_eq!(snapshot["status"], "running");
    assert_eq!(snapshot["progress"], 10);
    assert_eq!(snapshot["title"], "Holiday.mp4");

    post(&daemon, "/api/progress/dl-42", r#"{"progress":11.5}"#);
    let change = watcher.json();
    assert_eq!(change["progress"], 11.5);
    assert_eq!(
        change["rev"],
        snapshot["rev"].as_u64().expect("a number") + 1
    );

    post(&daemon, "/api/progress/dl-42", r#"{"progress":11.5}"#);
    watcher.expect_silence();
}

#[test]
fn a_watcher_may_come_before_the_task() {
    let daemon = Daemon::start();
    let mut watcher = Peer::open(&daemon, "/ws/progress/early");
    watcher.expect_silence();
    let reply = post(&daemon, "/api/progress/early", r#"{"progress":1}"#);
    assert_eq!((reply.status, &reply.body["watchers"]), (201, &json!(1)));
    assert_eq!(watcher.json()["progress"], 1);
}

#[test]
fn all_watchers_and_polling_get_the_same_bytes() {
    let daemon = Daemon::start();
    let mut watchers = [
        Peer::open(&daemon, "/ws/progress/same"),
        Peer::open(&daemon, "/ws/progress/same?until=end"),
        Peer::open(&daemon, "/ws/all"),
    ];
    post(
        &daemon,
        "/api/progress/same",
        r#"{"progress":7,"b":[1,{"c":null}],"a":"é"}"#,
    );
    let messages = watchers.each_mut().map(Peer::hear);
    assert_eq!(messages[0], messages[1]);
    assert_eq!(messages[0], messages[2]);
    let Message::Text(text) = &messages[0] else {
        panic!("states are text");
    };
    let polled = get(&daemon, "/api/progress/same");
    let state: Value = serde_json::from_str(text).expect("JSON");
    assert_eq!(polled.body, state);
}

#[test]
fn a_watcher_of_all_gets_known_tasks_first_and_new_ones_after() {
    let daemon = Daemon::start();
    post(&daemon, "/api/progress/one", r#"{"progress":1}"#);
    post(&daemon, "/api/progress/two", r#"{"progress":2}"#);
    let mut watcher = Peer::open(&daemon, "/ws/all");
    let mut known = [watcher.json(), watcher.json()].map(|state| state["task_id"].to_string());
    known.sort();
    assert_eq!(known, ["\"one\"", "\"two\""]);
    post(&daemon, "/api/progress/three", "{}");
    assert_eq!(watcher.json()["task_id"], "three");
}

#[test]
fn one_socket_follows_what_it_subscribed_to() {
    let daemon = Daemon::start();
    post(&daemon, "/api/progress/a", r#"{"progress":1}"#);
    let mut watcher = Peer::open(&daemon, "/ws/progress");
    watcher.expect_silence();
    watcher.say(r#"{"action":"subscribe","task_id":"a"}"#);
    assert_eq!(watcher.json()["task_id"], "a");
    watcher.say(r#"{"action":"subscribe","task_id":"b"}"#);
    watcher.expect_silence();
    post(&daemon, "/api/progress/b", r#"{"progress":2}"#);
    assert_eq!(watcher.json()["task_id"], "b");

    watcher.say(r#"{"action":"unsubscribe","task_id":"a"}"#);
    watcher.expect_silence();
    let reply = post(&daemon, "/api/progress/a", r#"{"progress":3}"#);
    assert_eq!(reply.body["watchers"], 0);
    watcher.expect_silence();
    watcher.say(r#"{"action":"cancel"}"#);
    assert_eq!(watcher.json()["error"], "bad_action");
    watcher.say(r#"{"action":"cancel","task_id":"b"}"#);
    assert_eq!(watcher.json()["cancel"], "requested");
}

#[test]
fn until_end_ends_with_the_terminal_state() {
    let daemon = Daemon::start();
    let mut until_end = Peer::open(&daemon, "/ws/progress/t?until=end");
    let mut patient = Peer::open(&daemon, "/ws/progress/t");
    post(&daemon, "/api/progress/t", r#"{"progress":50}"#);
    post(
        &daemon,
        "/api/progress/t",
        r#"{"status":"completed","progress":100}"#,
    );
    let done = |state: &Value| state["status"] == "completed";
    until_end.json_until(done);
    assert_eq!(until_end.close_code(), 1000);
    patient.json_until(done);
    patient.expect_silence();

    // A watcher who comes when all is over gets the end, too.
    let mut late = Peer::open(&daemon, "/ws/progress/t?until=end");
    assert!(done(&late.json()));
    assert_eq!(late.close_code(), 1000);
}

#[test]
fn polling_knows_what_the_client_has() {
    let daemon = Daemon::start();
    assert_eq!(get(&daemon, "/api/progress/p").status, 404);
    post(&daemon, "/api/progress/p", r#"{"progress":5}"#);
    let first = get(&daemon, "/api/progress/p");
    let tag = first.field("etag").expect("a tag").to_owned();
    assert_eq!(tag, format!("\"{}\"", first.body["rev"]));
    let known = format!("If-None-Match: {tag}\r\n");
    assert_eq!(
        send(&daemon, "GET", "/api/progress/p", &known, "").status,
        304
    );
    post(&daemon, "/api/progress/p", r#"{"progress":6}"#);
    assert_eq!(
        send(&daemon, "GET", "/api/progress/p", &known, "").status,
        200
    );
}

#[test]
fn the_list_has_every_task_newest_first() {
    let daemon = Daemon::start();
    post(&daemon, "/api/progress/old", r#"{"status":"completed"}"#);
    post(&daemon, "/api/progress/new", "{}");
    let ids = |target: &str| {
        let tasks = get(&daemon, target).body["tasks"].clone();
        let tasks = tasks.as_array().expect("a list").clone();
        tasks
            .into_iter()
            .map(|t| t["task_id"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids("/api/progress"), ["new", "old"]);
    assert_eq!(ids("/api/progress?status=completed"), ["old"]);
}

#[test]
fn hello_is_said_once_and_the_socket_stays() {
    let daemon = Daemon::start();
    let mut peer = Peer::open(&daemon, "/ws");
    assert_eq!(peer.json(), json!({"hello": "world"}));
    peer.expect_silence();
}

#[test]
fn echo_sends_everything_back() {
    let daemon = Daemon::start();
    let mut peer = Peer::open(&daemon, "/ws/echo");
    let large: Vec<u8> = (0..1_000_000u32).map(|n| (n % 251) as u8).collect();
    for message in [
        Message::text(""),
        Message::text("grüße 🎉"),
        Message::binary(vec![0, 255, 10]),
        Message::binary(large),
    ] {
        peer.0.send(message.clone()).expect("the daemon reads");
        assert_eq!(peer.hear(), message);
    }
    // The one who opens a socket for echo hears itself; elsewhere this text would be a question.
    peer.say("ping");
    assert_eq!(peer.hear(), Message::text("ping"));
}

#[test]
fn a_protocol_ping_is_answered_with_its_own_words() {
    let daemon = Daemon::start();
    let mut peer = Peer::open(&daemon, "/ws/progress/x");
    let ping = Message::Ping(vec![1, 2, 3].into());
    peer.0.send(ping).expect("the daemon reads");
    assert_eq!(
        peer.0.read().expect("a pong"),
        Message::Pong(vec![1, 2, 3].into())
    );
}

#[test]
fn the_subprotocol_is_chosen_and_no_extension_is() {
    let daemon = Daemon::start();
    let fields = [
        ("Sec-WebSocket-Protocol", "doneyet.v1"),
        ("Sec-WebSocket-Extensions", "permessage-deflate"),
    ];
    let (_, response) = Peer::offer(&daemon, "/ws/progress/x", &fields);
    let headers = response.headers();
    assert_eq!(headers["sec-websocket-protocol"], "doneyet.v1");
    assert!(!headers.contains_key("sec-websocket-extensions"));
}
