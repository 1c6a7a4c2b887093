//! A worker's link: what it sends, when, and what it survives.

use std::net::SocketAddr;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use doneyet::client::{Backoff, Link, News, Server, Slot, Undelivered, start_over};
use doneyet::command::daemon::Daemon;
use doneyet::session::keys::Keys;
use serde_json::{Value, json};

use super::{PATIENCE, await_state, cancel, daemon, fields, state};

fn link(server: &Server, first: Value) -> (Link, Receiver<News>) {
    let (sender, news) = mpsc::channel();
    let link = Link::open(server.clone(), "job", fields(first), move |what| {
        let _ = sender.send(what);
    });
    (link, news)
}

fn await_news(news: &Receiver<News>, is_wanted: impl Fn(&News) -> bool) -> News {
    loop {
        let what = news.recv_timeout(PATIENCE).expect("news");
        if is_wanted(&what) {
            return what;
        }
    }
}

#[test]
fn a_slot_merges_what_is_unsent() {
    let now = Instant::now();
    let mut slot = Slot::default();
    slot.put(fields(json!({"progress": 1, "eta": "9"})));
    slot.put(fields(json!({"progress": 2, "eta": null})));
    assert_eq!(
        slot.take(now),
        Some(fields(json!({"progress": 2, "eta": null})))
    );
    assert_eq!(slot.take(now + PATIENCE), None);
}

#[test]
fn a_slot_keeps_its_pace_and_the_newest_always_goes_out() {
    let now = Instant::now();
    let mut slot = Slot::default();
    slot.put(fields(json!({"progress": 1})));
    assert!(slot.take(now).is_some());
    slot.put(fields(json!({"progress": 2})));
    let due = slot.due(now).unwrap();
    assert_eq!(due, now + Duration::from_millis(100));
    assert_eq!(slot.take(due - Duration::from_millis(1)), None);
    slot.put(fields(json!({"progress": 3})));
    assert_eq!(slot.take(due), Some(fields(json!({"progress": 3}))));
}

#[test]
fn the_answer_to_a_cancel_does_not_wait() {
    let now = Instant::now();
    let mut slot = Slot::default();
    slot.put(fields(json!({"progress": 1})));
    slot.take(now);
    slot.put(fields(json!({"cancel": "acknowledged"})));
    assert!(slot.take(now).is_some());
}

#[test]
fn after_a_reconnect_a_slot_owes_all_there_is_and_nothing_deleted() {
    let now = Instant::now();
    let mut slot = Slot::default();
    slot.put(fields(json!({"title": "T", "eta": "9", "progress": 1})));
    slot.take(now);
    slot.put(fields(json!({"eta": null, "progress": 2})));
    slot.owe_all();
    assert_eq!(
        slot.take(now),
        Some(fields(json!({"title": "T", "progress": 2})))
    );
}

#[test]
fn an_ended_task_is_told_again_without_its_cancel() {
    let now = Instant::now();
    let mut slot = Slot::default();
    slot.put(fields(json!({"cancel": "acknowledged"})));
    slot.put(fields(json!({"status": "cancelled"})));
    assert_eq!(slot.take(now), Some(fields(json!({"status": "cancelled"}))));
    slot.owe_all();
    assert_eq!(slot.take(now), Some(fields(json!({"status": "cancelled"}))));
}

#[test]
fn pauses_grow_and_stay_bounded() {
    let mut backoff = Backoff::default();
    let first = backoff.pause();
    assert!((Duration::from_millis(100)..=Duration::from_millis(200)).contains(&first));
    let later: Vec<_> = (0..20).map(|_| backoff.pause()).collect();
    assert!(later.iter().all(|pause| *pause <= Duration::from_secs(5)));
    assert!(later.last() >= Some(&Duration::from_millis(2500)));
    backoff.reset();
    assert!(backoff.pause() <= Duration::from_millis(200));
}

#[test]
fn what_is_published_arrives_and_the_end_is_confirmed() {
    let daemon = daemon();
    let server = daemon.server();
    let (link, _news) = link(&server, json!({"title": "T"}));
    for progress in 0..50 {
        link.publish(fields(json!({"progress": progress})));
    }
    await_state(&server, "job", |state| state["progress"] == 49);
    link.finish(fields(json!({"status": "completed"})), PATIENCE)
        .unwrap();
    let state = state(&server, "job");
    assert_eq!(
        (&state["status"], &state["title"]),
        (&json!("completed"), &json!("T"))
    );
}

#[test]
fn a_cancel_is_heard_at_once() {
    let daemon = daemon();
    let server = daemon.server();
    let (link, news) = link(&server, json!({"title": "T"}));
    await_state(&server, "job", |state| state["title"] == "T");
    cancel(&server, "job");
    await_news(&news, |what| matches!(what, News::Cancel { .. }));
    link.publish(fields(json!({"cancel": "acknowledged"})));
    await_state(&server, "job", |state| state["cancel"] == "acknowledged");
    link.finish(fields(json!({"status": "cancelled"})), PATIENCE)
        .unwrap();
}

#[test]
fn a_restarted_daemon_is_told_everything_again() {
    let first = daemon();
    let server = first.server();
    let address: SocketAddr = server
        .to_string()
        .trim_start_matches("http://")
        .parse()
        .unwrap();
    let (link, news) = link(&server, json!({"title": "T", "filename": "f"}));
    await_state(&server, "job", |state| state["title"] == "T");
    drop(first);
    // Published to nobody, more than once: only the newest matters.
    await_news(&news, |what| matches!(what, News::Away(_)));
    link.publish(fields(json!({"progress": 7, "filename": null})));
    link.publish(fields(json!({"progress": 8})));

    let _second = Daemon::listen(address, &Keys::default()).unwrap();
    let state = await_state(&server, "job", |state| state["progress"] == 8);
    assert_eq!(state["title"], "T");
    assert_eq!(state["filename"], Value::Null);
    link.finish(fields(json!({"status": "completed"})), PATIENCE)
        .unwrap();
}

#[test]
fn the_end_waits_for_a_daemon_only_so_long() {
    let gone = daemon();
    let server = gone.server();
    drop(gone);
    let (link, _news) = link(&server, json!({}));
    let end = link.finish(
        fields(json!({"status": "completed"})),
        Duration::from_millis(50),
    );
    assert_eq!(end, Err(Undelivered));
}

#[test]
fn an_end_that_is_told_twice_is_told_once() {
    let daemon = daemon();
    let server = daemon.server();
    let (first, _news) = link(&server, json!({"title": "T"}));
    first
        .finish(fields(json!({"status": "failed", "error": "x"})), PATIENCE)
        .unwrap();
    let rev = state(&server, "job")["rev"].clone();
    let (again, news) = link(
        &server,
        json!({"title": "T", "status": "failed", "error": "x"}),
    );
    again
        .finish(fields(json!({"status": "failed"})), PATIENCE)
        .unwrap();
    assert_eq!(state(&server, "job")["rev"], rev);
    assert!(
        !news
            .try_iter()
            .any(|what| matches!(what, News::Refused { .. }))
    );
}

#[test]
fn a_refused_patch_is_reported() {
    let daemon = daemon();
    let (link, news) = link(&daemon.server(), json!({"title": "T"}));
    link.publish(fields(json!({"progress": 101})));
    let what = await_news(&news, |what| matches!(what, News::Refused { .. }));
    assert!(matches!(what, News::Refused { code, .. } if code == "bad_state"));
}

#[test]
fn starting_over_forgets_what_was() {
    let daemon = daemon();
    let server = daemon.server();
    let (link, _news) = link(&server, json!({"error": "x"}));
    link.finish(fields(json!({"status": "failed"})), PATIENCE)
        .unwrap();
    start_over(&server, "job", &fields(json!({"title": "again"}))).unwrap();
    let state = state(&server, "job");
    assert_eq!(
        (&state["status"], &state["error"]),
        (&json!("running"), &Value::Null)
    );
}
