//! `doneyet watch` where there is no terminal.

use std::net::SocketAddr;

use doneyet::command::daemon::Daemon;
use doneyet::session::keys::Keys;
use serde_json::{Value, json};

use super::program::{doneyet, start};
use super::{daemon, publish};

#[test]
fn every_change_is_a_line_until_the_end() {
    let daemon = daemon();
    let server = daemon.server();
    publish(&server, "a", json!({"progress": 1}));
    let watch = start("watch", &server, &["a"]);
    watch.out.await_line("a running 1%");
    publish(&server, "a", json!({"progress": 2, "speed": "1MB/s"}));
    watch.out.await_line("a running 2% 1MB/s");
    publish(&server, "a", json!({"status": "completed"}));
    let end = watch.end();
    assert_eq!((end.code, end.out.as_str()), (Some(0), "a completed\n"));
}

#[test]
fn what_looks_the_same_is_not_told_again() {
    let daemon = daemon();
    let server = daemon.server();
    publish(&server, "a", json!({"progress": 1.1}));
    let watch = start("watch", &server, &["a"]);
    watch.out.await_line("a running 1%");
    publish(&server, "a", json!({"progress": 1.2}));
    publish(&server, "a", json!({"status": "completed"}));
    assert_eq!(watch.end().out, "a completed\n");
}

#[test]
fn the_exit_code_is_0_only_if_all_completed() {
    let daemon = daemon();
    let server = daemon.server();
    publish(&server, "good", json!({"status": "completed"}));
    publish(
        &server,
        "bad",
        json!({"status": "failed", "error": "disk full"}),
    );
    publish(&server, "gone", json!({"status": "cancelled"}));
    assert_eq!(doneyet("watch", &server, &["good"]).code, Some(0));
    assert_eq!(doneyet("watch", &server, &["gone"]).code, Some(1));
    let both = doneyet("watch", &server, &["good", "bad"]);
    assert_eq!(both.code, Some(1));
    assert!(both.out.contains("bad failed: disk full\n"), "{}", both.out);
}

#[test]
fn json_is_every_state_as_the_daemon_sends_it() {
    let daemon = daemon();
    let server = daemon.server();
    publish(&server, "a", json!({"progress": 1}));
    let watch = start("watch", &server, &["a", "--json"]);
    let first: Value = serde_json::from_str(&watch.out.await_line("{")).unwrap();
    assert_eq!(first["progress"], 1);
    publish(&server, "a", json!({"status": "completed"}));
    let end = watch.end();
    let last: Value = serde_json::from_str(&end.out).unwrap();
    assert_eq!((end.code, &last["status"]), (Some(0), &json!("completed")));
    assert!(last["rev"].as_u64() > first["rev"].as_u64());
}

#[test]
fn a_task_that_does_not_exist_yet_is_waited_for() {
    let daemon = daemon();
    let server = daemon.server();
    publish(&server, "known", json!({}));
    let watch = start("watch", &server, &["known", "later"]);
    watch.out.await_line("known running");
    publish(&server, "later", json!({}));
    watch.out.await_line("later running");
}

#[test]
fn a_forgotten_task_is_over() {
    let daemon = daemon();
    let server = daemon.server();
    publish(&server, "a", json!({}));
    let watch = start("watch", &server, &["a"]);
    watch.out.await_line("a running");
    let reply = doneyet::client::request(&server, "DELETE", "/api/progress/a", None).unwrap();
    assert_eq!(reply.status, 204);
    let end = watch.end();
    assert_eq!(end.code, Some(1));
    assert!(end.err.contains("a has been forgotten"), "{}", end.err);
}

#[test]
fn a_restarted_daemon_is_found_again() {
    let first = daemon();
    let server = first.server();
    let address: SocketAddr = server
        .to_string()
        .trim_start_matches("http://")
        .parse()
        .unwrap();
    publish(&server, "a", json!({"progress": 1}));
    let watch = start("watch", &server, &["a"]);
    watch.out.await_line("a running 1%");
    drop(first);
    watch.err.await_line("doneyet watch: ");
    let _second = Daemon::listen(address, &Keys::default()).unwrap();
    publish(&server, "a", json!({"progress": 2}));
    watch.out.await_line("a running 2%");
    publish(&server, "a", json!({"status": "completed"}));
    assert_eq!(watch.end().code, Some(0));
}

#[test]
fn ctrl_c_leaves_with_130() {
    let daemon = daemon();
    let server = daemon.server();
    publish(&server, "a", json!({}));
    let watch = start("watch", &server, &["a"]);
    watch.out.await_line("a running");
    watch.signal("INT");
    assert_eq!(watch.end().code, Some(130));
}
