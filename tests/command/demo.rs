//! `doneyet demo`: a download, followed from both ends.

use doneyet::client::{Server, request};
use serde_json::Value;

use super::program::Program;
use super::{await_state, cancel, state};

fn start(words: &[&str]) -> (Program, Server) {
    let demo = Program::start(&[&["demo", "--listen", "127.0.0.1:0"], words].concat());
    let line = demo.err.await_line("doneyet: open http://");
    let page = line
        .split_whitespace()
        .find(|word| word.starts_with("http://"))
        .unwrap();
    let server = page.parse().unwrap();
    (demo, server)
}

fn restart(state: &Value) -> (Server, &str) {
    let url = state["restart"].as_str().unwrap();
    let (server, path) = url.rsplit_once('/').unwrap();
    assert_eq!(path, "restart");
    (server.parse().unwrap(), "/restart")
}

#[test]
fn a_small_file_comes_down_whole() {
    let (demo, server) = start(&["--size-mb", "3", "--secs", "1"]);
    let last = await_state(&server, "holiday", |state| state["status"] == "completed");
    assert_eq!(
        (&last["loaded"], &last["total"]),
        (&3_000_000.into(), &3_000_000.into())
    );
    assert_eq!(
        (&last["progress"], &last["filename"]),
        (&100.into(), &"Holiday.mp4".into())
    );
    demo.err.await_line("transfer 1 is complete");
    demo.signal("INT");
    assert_eq!(demo.end().code, Some(130));
}

#[test]
fn it_can_be_guarded_like_any_daemon() {
    let keys = ["--publish-token", "p", "--watch-token", "w"];
    let (demo, server) = start(&[&["--size-mb", "3", "--secs", "1"][..], &keys].concat());
    let refused = request(&server, "GET", "/api/progress/holiday", None).unwrap();
    assert_eq!(refused.status, 401);
    let server = server.with_token("w").unwrap();
    await_state(&server, "holiday", |state| state["status"] == "completed");
    demo.err.await_line("transfer 1 is complete");
}

#[test]
fn a_cancel_reaches_the_other_end_of_the_download() {
    let (demo, server) = start(&["--size-mb", "200", "--secs", "600"]);
    await_state(&server, "holiday", |state| {
        state["loaded"].as_u64() > Some(0)
    });
    cancel(&server, "holiday");
    await_state(&server, "holiday", |state| {
        state["cancel"] == "acknowledged" && state["message"].is_string()
    });
    demo.err.await_line("transfer 1 was cut off after ");
    let last = await_state(&server, "holiday", |state| state["status"] == "cancelled");
    assert_eq!(last["message"], Value::Null);
}

#[test]
fn it_can_be_started_again_but_not_twice_nor_by_strangers() {
    let (demo, server) = start(&["--size-mb", "200", "--secs", "600"]);
    let running = await_state(&server, "holiday", |state| {
        state["loaded"].as_u64() > Some(0)
    });
    let (files, route) = restart(&running);
    assert_eq!(request(&files, "POST", route, None).unwrap().status, 409);
    assert_eq!(request(&files, "GET", route, None).unwrap().status, 404);
    cancel(&server, "holiday");
    demo.err.await_line("transfer 1 was cut off after ");
    await_state(&server, "holiday", |state| state["status"] == "cancelled");
    // The worker is free once the daemon has its last word, which we cannot see from here: ask
    // until it is.
    while request(&files, "POST", route, None).unwrap().status == 409 {}
    demo.err.await_line("transfer 2 begins");
    await_state(&server, "holiday", |state| state["status"] == "downloading");
    assert_ne!(state(&server, "holiday")["status"], "cancelled");
}
