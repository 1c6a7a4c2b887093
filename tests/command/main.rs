//! Commands, from the words that are typed to the exit code, and the client they stand on.
//!
//! What can be a value is tested as a value. The rest runs the built program against a real daemon
//! on a port of the system's choice, and waits for what is to happen, never for time to pass.

mod bars;
mod bench;
mod cancelling;
mod client;
mod demo;
mod link;
mod options;
mod parts;
mod program;
mod pty;
mod recipes;
mod run;
mod scripts;
mod terminal;
mod watch;
mod ways;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use doneyet::client::{Incoming, Server, WebSocketClient, request};
use doneyet::command::daemon::Daemon;
use doneyet::session::keys::Keys;
use serde_json::{Map, Value, json};

/// How long anything may take before a test gives up. Far more than anything takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A daemon on a free port.
fn daemon() -> Daemon {
    Daemon::listen(SocketAddr::from(([127, 0, 0, 1], 0)), &Keys::default()).expect("a free port")
}

/// One publish.
fn publish(server: &Server, task: &str, patch: Value) {
    let body = patch.to_string();
    let route = format!("/api/progress/{task}");
    let reply = request(server, "POST", &route, Some(body.as_bytes())).expect("an answer");
    assert!(reply.status < 300, "{} {}", reply.status, reply.json());
}

/// The state of a task as it is now.
fn state(server: &Server, task: &str) -> Value {
    let reply = request(server, "GET", &format!("/api/progress/{task}"), None);
    reply.expect("an answer").json()
}

/// Asks for a task to be cancelled.
fn cancel(server: &Server, task: &str) {
    let route = format!("/api/progress/{task}/cancel");
    let reply = request(server, "POST", &route, None).expect("an answer");
    assert_eq!(reply.status, 202, "{}", reply.json());
}

/// Watches a task until its state is as wanted.
fn await_state(server: &Server, task: &str, is_wanted: impl Fn(&Value) -> bool) -> Value {
    let route = format!("/ws/progress/{task}");
    let mut socket = WebSocketClient::connect(server, &route).expect("a WebSocket");
    let deadline = Instant::now() + PATIENCE;
    let mut last = Value::Null;
    while Instant::now() < deadline {
        match socket.receive(PATIENCE).expect("a message") {
            Incoming::Text(text) => last = serde_json::from_str(&text).expect("a state"),
            Incoming::Closed(_) => break,
            _ => continue,
        }
        if is_wanted(&last) {
            return last;
        }
    }
    panic!("{task} never got there; last seen: {last}");
}

/// The fields of a JSON object.
fn fields(object: Value) -> Map<String, Value> {
    serde_json::from_value(object).expect("an object")
}

/// A state with these fields and the ones that all have.
fn state_with(patch: Value) -> Value {
    let mut state = json!({"task_id": "dl-42", "rev": 1, "status": "running"});
    for (name, value) in fields(patch) {
        state[name] = value;
    }
    state
}
