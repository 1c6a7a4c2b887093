//! What the clock does to tasks: leases, stalls, and the end of being remembered.

use doneyet::task::record::Effect;
use doneyet::task::{Mode, Now};
use serde_json::{Value, json};

use crate::{DAWN, Day, HOUR, MINUTE, Random, SECOND};

fn at(ms: u64, status: &str) -> Vec<(u64, String, String)> {
    vec![(ms, "t".to_owned(), status.to_owned())]
}

fn stalled(day: &Day) -> bool {
    day.field("t", "stalled") == true
}

/// A day with a worker on a socket.
fn day_with_socket() -> Day {
    let mut day = Day::new();
    attach(&mut day);
    day.publish("t", "{}").unwrap();
    day
}

fn attach(day: &mut Day) {
    let key = day.key("t");
    day.board.attach(key);
}

fn detach(day: &mut Day) {
    let key = day.key("t");
    day.board.detach(key, day.now);
}

#[test]
fn both_clocks_go_on_together() {
    let later = DAWN.plus_ms(7);
    assert_eq!(
        later,
        Now {
            ticks_ms: DAWN.ticks_ms + 7,
            unix_ms: DAWN.unix_ms + 7
        }
    );
}

#[test]
fn a_worker_whose_socket_drops_is_lost_when_its_lease_ends() {
    let mut day = day_with_socket();
    day.pass(SECOND);
    let rev = day.rev("t");
    detach(&mut day);
    assert_eq!(day.pass(30 * SECOND - 1), []);
    assert_eq!(day.pass(1), at(31 * SECOND, "lost"));
    assert_eq!(
        (day.rev("t"), day.field("t", "updated_at")),
        (rev + 1, json!(day.now.unix_ms))
    );
    assert_eq!(day.pass(HOUR), [], "once");
}

#[test]
fn the_next_publish_revives_a_lost_task() {
    let mut day = Day::new();
    attach(&mut day);
    day.publish("t", r#"{"status":"copying"}"#).unwrap();
    detach(&mut day);
    day.pass(MINUTE);
    assert_eq!(day.field("t", "status"), "lost");
    assert_eq!(day.publish("t", r#"{"progress":7}"#), Ok(Effect::Changed));
    assert_eq!(day.field("t", "status"), "copying");
    detach(&mut day);
    day.pass(MINUTE);
    assert_eq!(
        day.publish("t", "{}"),
        Ok(Effect::Changed),
        "a heartbeat revives, too"
    );
    assert_eq!(day.field("t", "status"), "copying");
}

#[test]
fn the_lease_begins_with_the_last_socket() {
    let mut day = day_with_socket();
    attach(&mut day);
    detach(&mut day);
    day.pass(5 * MINUTE);
    assert_eq!(day.field("t", "status"), "running");
    detach(&mut day);
    day.pass(MINUTE);
    assert_eq!(day.field("t", "status"), "lost");
}

#[test]
fn an_ended_task_is_not_lost() {
    let mut day = day_with_socket();
    day.publish("t", r#"{"status":"completed"}"#).unwrap();
    detach(&mut day);
    assert_eq!(day.pass(59 * MINUTE), []);
}

#[test]
fn a_lease_of_any_length_is_kept() {
    for (lease_ms, lost) in [
        (0, true),
        (u64::MAX, false),
        (u64::MAX - DAWN.ticks_ms, false),
    ] {
        let mut day = Day::new();
        day.send("t", "{}", Mode::Merge, Some(lease_ms)).unwrap();
        day.pass(HOUR);
        assert_eq!(day.field("t", "status") == "lost", lost, "{lease_ms}");
    }
}

#[test]
fn a_cancel_survives_the_loss_of_the_worker() {
    let mut day = day_with_socket();
    detach(&mut day);
    day.cancel("t", None).unwrap();
    day.pass(MINUTE);
    assert_eq!(
        (day.field("t", "status"), day.field("t", "cancel")),
        (json!("lost"), json!("requested"))
    );
    assert_eq!(day.cancel("t", None), Ok(Effect::Unchanged));
}

#[test]
fn a_task_stalls_while_its_worker_only_holds_the_socket() {
    let mut day = day_with_socket();
    let rev = day.rev("t");
    assert_eq!(day.pass(30 * SECOND - 1), []);
    assert_eq!(day.pass(1), at(30 * SECOND, "running"));
    assert!(stalled(&day) && day.rev("t") == rev + 1);
    assert_eq!(day.pass(30 * HOUR), [], "once");
    assert_eq!(day.publish("t", r#"{"progress":1}"#), Ok(Effect::Changed));
    assert!(!stalled(&day) && day.rev("t") == rev + 2);
}

#[test]
fn a_heartbeat_is_no_progress() {
    let mut day = Day::new();
    day.publish("t", "{}").unwrap();
    for second in 1..=40 {
        let seen = day.pass(SECOND);
        assert_eq!(seen.len(), usize::from(second == 30), "{second}");
        assert_eq!(day.publish("t", "{}"), Ok(Effect::Unchanged));
        assert_eq!(stalled(&day), second >= 30, "{second}");
    }
}

#[test]
fn a_worker_without_a_socket_that_sends_no_heartbeats_never_stalls() {
    let mut day = Day::new();
    day.publish("t", "{}").unwrap();
    assert_eq!(day.pass(23 * HOUR), []);
}

#[test]
fn an_ended_or_lost_task_is_not_stalled() {
    let mut day = day_with_socket();
    day.pass(MINUTE);
    assert!(stalled(&day));
    day.publish("t", r#"{"status":"completed"}"#).unwrap();
    assert!(!stalled(&day));
    assert_eq!(day.pass(50 * MINUTE), []);
    let mut day = day_with_socket();
    detach(&mut day);
    day.pass(MINUTE);
    attach(&mut day);
    assert_eq!(day.pass(HOUR), []);
    assert_eq!(
        (day.field("t", "status"), day.field("t", "stalled")),
        (json!("lost"), Value::Null)
    );
}

#[test]
fn an_ended_task_is_kept_for_an_hour() {
    let mut day = day_with_socket();
    day.pass(10);
    day.publish("t", r#"{"status":"failed"}"#).unwrap();
    day.pass(30 * MINUTE);
    day.publish("t", "{}").unwrap();
    assert_eq!(day.pass(30 * MINUTE - 1), []);
    assert_eq!(day.pass(1), at(HOUR + 10, "forgotten"));
    assert!(!day.is_known("t"));
}

#[test]
fn an_ended_task_that_starts_over_is_kept() {
    let mut day = Day::new();
    day.publish("t", r#"{"status":"failed"}"#).unwrap();
    day.pass(HOUR - 1);
    day.replace("t", "{}").unwrap();
    assert_eq!(day.pass(24 * HOUR - 1), []);
    assert_eq!(day.pass(1).len(), 1);
}
