//! The way back: a watcher's wish reaches the worker, and its answer reaches every watcher.

use serde_json::{Value, json};

use crate::daemon::Daemon;
use crate::http::{get, post};
use crate::socket::Peer;

fn cancel_is(word: &'static str) -> impl Fn(&Value) -> bool {
    move |state| state["cancel"] == word
}

#[test]
fn a_cancel_goes_from_one_tab_to_the_worker_and_to_every_tab() {
    let daemon = Daemon::start();
    let mut tabs = [(); 3].map(|()| Peer::open(&daemon, "/ws/progress/job"));
    let mut worker = Peer::open(&daemon, "/ws/worker/job");
    worker.say(r#"{"status":"downloading","progress":40}"#);
    for tab in &mut tabs {
        tab.json();
    }

    tabs[1].say(r#"{"action":"cancel","reason":"wrong file"}"#);
    let order = json!({"action": "cancel", "task_id": "job", "reason": "wrong file"});
    assert_eq!(worker.json(), order);
    for tab in &mut tabs {
        tab.json_until(cancel_is("requested"));
    }
    worker.say(r#"{"cancel":"acknowledged"}"#);
    for tab in &mut tabs {
        tab.json_until(cancel_is("acknowledged"));
    }
    worker.say(r#"{"status":"cancelled"}"#);
    for tab in &mut tabs {
        let end = tab.json_until(|state| state["status"] == "cancelled");
        assert_eq!(end["cancel"], Value::Null);
        assert_eq!(end["progress"], 40);
    }
}

#[test]
fn asking_twice_changes_nothing_and_orders_once() {
    let daemon = Daemon::start();
    let mut worker = Peer::open(&daemon, "/ws/worker/job");
    worker.say("{}");
    worker.expect_silence();
    let first = post(&daemon, "/api/progress/job/cancel", "");
    let second = post(&daemon, "/api/progress/job/cancel", r#"{"reason":"now"}"#);
    assert_eq!((first.status, second.status), (202, 202));
    assert_eq!(first.body, second.body);
    assert_eq!(worker.json()["action"], "cancel");
    worker.expect_silence();
}

#[test]
fn a_worker_without_a_socket_hears_it_in_the_reply_to_its_publish() {
    let daemon = Daemon::start();
    let reply = post(&daemon, "/api/progress/job", r#"{"progress":1}"#);
    assert_eq!(reply.body.get("cancel"), None);
    post(&daemon, "/api/progress/job/cancel", "");
    let reply = post(&daemon, "/api/progress/job", r#"{"progress":2}"#);
    assert_eq!(reply.body["cancel"], "requested");
    post(&daemon, "/api/progress/job", r#"{"cancel":"acknowledged"}"#);
    let reply = post(&daemon, "/api/progress/job", r#"{"progress":3}"#);
    assert_eq!(reply.body.get("cancel"), None);
}

#[test]
fn a_worker_that_connects_later_hears_a_cancel_that_still_stands() {
    let daemon = Daemon::start();
    post(&daemon, "/api/progress/job", "{}");
    post(&daemon, "/api/progress/job/cancel", "");
    let mut own = Peer::open(&daemon, "/ws/worker/job");
    assert_eq!(own.json()["action"], "cancel");
    let mut many = Peer::open(&daemon, "/ws/worker");
    many.say(r#"{"task_id":"job","progress":1}"#);
    assert_eq!(many.json(), json!({"action": "cancel", "task_id": "job"}));
}

#[test]
fn a_refused_cancel_stays_to_be_read() {
    let daemon = Daemon::start();
    post(&daemon, "/api/progress/job", "{}");
    let mut watcher = Peer::open(&daemon, "/ws/progress/job");
    watcher.json();
    watcher.say(r#"{"action":"cancel"}"#);
    watcher.json_until(cancel_is("requested"));
    post(&daemon, "/api/progress/job", r#"{"cancel":"refused"}"#);
    watcher.json_until(cancel_is("refused"));
    post(&daemon, "/api/progress/job", r#"{"status":"completed"}"#);
    let end = watcher.json();
    assert_eq!(
        (&end["status"], &end["cancel"]),
        (&json!("completed"), &json!("refused"))
    );
}

#[test]
fn what_cannot_be_cancelled_says_why() {
    let daemon = Daemon::start();
    let unknown = post(&daemon, "/api/progress/nobody/cancel", "");
    assert_eq!(
        (unknown.status, &unknown.body["error"]),
        (404, &json!("unknown_task"))
    );
    let mut watcher = Peer::open(&daemon, "/ws/progress/nobody");
    watcher.say(r#"{"action":"cancel"}"#);
    assert_eq!(watcher.json()["error"], "unknown_task");

    post(&daemon, "/api/progress/over", r#"{"status":"failed"}"#);
    let over = post(&daemon, "/api/progress/over/cancel", "");
    assert_eq!(
        (over.status, &over.body["error"]),
        (409, &json!("finished"))
    );
    assert_eq!(get(&daemon, "/api/progress/over").body.get("cancel"), None);
}

#[test]
fn cancel_on_a_socket_that_watches_all_names_its_task() {
    let daemon = Daemon::start();
    let mut worker = Peer::open(&daemon, "/ws/worker/one");
    worker.say("{}");
    let mut watcher = Peer::open(&daemon, "/ws/all");
    watcher.json();
    watcher.say(r#"{"action":"cancel","task_id":"one"}"#);
    assert_eq!(worker.json()["task_id"], "one");
    watcher.json_until(cancel_is("requested"));
}
