//! Workers: by request, in batches, on sockets.

use serde_json::{Value, json};

use crate::daemon::Daemon;
use crate::http::{get, post, send};
use crate::socket::Peer;

#[test]
fn post_merges_and_put_replaces() {
    let daemon = Daemon::start();
    let target = "/api/progress/m";
    assert_eq!(
        post(&daemon, target, r#"{"progress":1,"title":"T","x":1}"#).status,
        201
    );
    assert_eq!(
        post(&daemon, target, r#"{"progress":2,"x":null}"#).status,
        200
    );
    let state = get(&daemon, target).body;
    assert_eq!(
        (&state["progress"], &state["title"], &state["x"]),
        (&json!(2), &json!("T"), &Value::Null)
    );

    assert_eq!(
        send(&daemon, "PUT", target, "", r#"{"progress":3}"#).status,
        200
    );
    assert_eq!(get(&daemon, target).body["title"], Value::Null);
}

#[test]
fn a_finished_task_changes_no_more_but_starts_over() {
    let daemon = Daemon::start();
    let target = "/api/progress/f";
    post(&daemon, target, r#"{"status":"completed"}"#);
    assert_eq!(
        post(&daemon, target, r#"{"status":"completed"}"#).status,
        200
    );
    let refused = post(&daemon, target, r#"{"progress":1}"#);
    assert_eq!(
        (refused.status, &refused.body["error"]),
        (409, &json!("finished"))
    );
    assert_eq!(
        send(&daemon, "PUT", target, "", r#"{"progress":1}"#).status,
        200
    );
    assert_eq!(get(&daemon, target).body["status"], "running");
}

#[test]
fn a_batch_is_answered_line_by_line() {
    let daemon = Daemon::start();
    let lines = concat!(
        "{\"task_id\":\"b1\",\"progress\":1}\n",
        "not json\n",
        "{\"task_id\":\"b2\",\"progress\":101}\n",
        "{\"progress\":1}\n",
        "{\"task_id\":\"b3\"}\n",
    );
    let reply = post(&daemon, "/api/progress", lines);
    assert_eq!(reply.status, 200);
    let results = reply.body["results"].as_array().expect("a list");
    let said: Vec<_> = results
        .iter()
        .map(|result| result.get("error").unwrap_or(&result["task_id"]))
        .collect();
    assert_eq!(said, ["b1", "bad_json", "bad_state", "bad_state", "b3"]);
    assert_eq!(get(&daemon, "/api/progress/b2").status, 404);
}

#[test]
fn a_worker_socket_publishes_and_hears_only_of_mistakes() {
    let daemon = Daemon::start();
    let mut watcher = Peer::open(&daemon, "/ws/progress/w");
    let mut worker = Peer::open(&daemon, "/ws/worker/w");
    worker.say(r#"{"progress":1}"#);
    assert_eq!(watcher.json()["progress"], 1);
    worker.expect_silence();

    for (bad, error) in [
        ("[]", "bad_state"),
        ("{", "bad_json"),
        (r#"{"progress":-1}"#, "bad_state"),
        (r#"{"task_id":"other","progress":2}"#, "bad_state"),
    ] {
        worker.say(bad);
        assert_eq!(worker.json()["error"], error, "{bad}");
    }
    watcher.expect_silence();
    worker.say(r#"{"progress":2}"#);
    assert_eq!(watcher.json()["progress"], 2);
}

#[test]
fn one_socket_publishes_many_tasks() {
    let daemon = Daemon::start();
    let mut watcher = Peer::open(&daemon, "/ws/all");
    let mut worker = Peer::open(&daemon, "/ws/worker");
    for id in ["m1", "m2"] {
        worker.say(&json!({"task_id": id, "progress": 9}).to_string());
        let state = watcher.json();
        assert_eq!(
            (&state["task_id"], &state["progress"]),
            (&json!(id), &json!(9))
        );
    }
    worker.say(r#"{"progress":9}"#);
    assert_eq!(worker.json()["error"], "bad_state");
    worker.say(r#"{"task_id":"no spaces","progress":9}"#);
    assert_eq!(worker.json()["error"], "bad_task_id");
}

#[test]
fn counters_become_progress() {
    let daemon = Daemon::start();
    post(&daemon, "/api/progress/c", r#"{"loaded":25,"total":100}"#);
    assert_eq!(get(&daemon, "/api/progress/c").body["progress"], 25);
}

#[test]
fn a_forgotten_task_ends_its_watchers() {
    let daemon = Daemon::start();
    post(&daemon, "/api/progress/d", "{}");
    let mut watcher = Peer::open(&daemon, "/ws/progress/d");
    let mut many = Peer::open(&daemon, "/ws/progress");
    watcher.json();
    many.say(r#"{"action":"subscribe","task_id":"d"}"#);
    many.json();
    assert_eq!(
        send(&daemon, "DELETE", "/api/progress/d", "", "").status,
        204
    );
    assert_eq!(watcher.close_code(), 1000);
    assert_eq!(many.json()["event"], "forgotten");
    many.expect_silence();
    assert_eq!(get(&daemon, "/api/progress/d").status, 404);
    assert_eq!(
        send(&daemon, "DELETE", "/api/progress/d", "", "").status,
        404
    );
}
