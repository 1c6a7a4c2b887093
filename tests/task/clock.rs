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
fn a_worker_that_comes_back_in_time_keeps_its_lease() {
    for back in [attach as fn(&mut Day), |day: &mut Day| {
        drop(day.publish("t", "{}"))
    }] {
        let mut day = day_with_socket();
        detach(&mut day);
        day.pass(29 * SECOND);
        back(&mut day);
        day.pass(5 * MINUTE);
        assert_eq!(day.field("t", "status"), "running");
    }
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
fn a_worker_without_a_socket_has_a_lease_if_it_asks() {
    let mut day = Day::new();
    day.publish("t", "{}").unwrap();
    assert_eq!(day.pass(HOUR), [], "it did not ask");
    for n in 0..10 {
        let json = format!(r#"{{"n":{n}}}"#);
        day.send("t", &json, Mode::Merge, Some(5 * SECOND)).unwrap();
        assert_eq!(day.pass(4 * SECOND), []);
    }
    day.pass(SECOND);
    assert_eq!(day.field("t", "status"), "lost");
    day.send("t", "{}", Mode::Merge, Some(5 * SECOND)).unwrap();
    day.publish("t", "{}").unwrap();
    day.pass(HOUR);
    assert_eq!(day.field("t", "status"), "running", "it no longer asks");
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
fn a_worker_without_a_socket_that_falls_silent_is_no_longer_stalled() {
    let mut day = Day::new();
    day.publish("t", "{}").unwrap();
    day.pass(20 * SECOND);
    day.publish("t", "{}").unwrap();
    let seen = day.pass(HOUR);
    assert_eq!(
        seen,
        [at(30 * SECOND, "running"), at(50 * SECOND, "running")].concat()
    );
    assert!(!stalled(&day));
    day.publish("t", "{}").unwrap();
    day.pass(1);
    assert!(stalled(&day), "it lives, and still nothing has changed");
}

#[test]
fn a_worker_without_a_socket_that_sends_no_heartbeats_never_stalls() {
    let mut day = Day::new();
    day.publish("t", "{}").unwrap();
    assert_eq!(day.pass(23 * HOUR), []);
}

#[test]
fn a_daemon_that_wakes_too_late_for_a_stall_comes_to_rest() {
    let mut day = Day::new();
    day.publish("t", "{}").unwrap();
    day.pass(5);
    day.publish("t", "{}").unwrap();
    assert_eq!(
        day.oversleep(30 * SECOND),
        [],
        "its last heartbeat is too old by now"
    );
    assert!(
        day.board
            .next_tick_ms()
            .is_none_or(|at_ms| at_ms > day.now.ticks_ms)
    );
}

#[test]
fn a_worker_that_leaves_its_socket_is_not_stalled() {
    let mut day = day_with_socket();
    day.pass(10 * SECOND);
    day.publish("t", "{}").unwrap();
    detach(&mut day);
    assert_eq!(day.pass(HOUR), at(40 * SECOND, "lost"));
    let mut day = day_with_socket();
    day.pass(40 * SECOND);
    assert!(stalled(&day));
    detach(&mut day);
    assert_eq!(day.pass(1), at(40 * SECOND, "running"));
    assert!(!stalled(&day));
    assert_eq!(day.pass(HOUR), at(70 * SECOND, "lost"));
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

#[test]
fn a_task_of_which_nothing_is_heard_is_kept_for_a_day() {
    let mut day = Day::new();
    day.publish("t", "{}").unwrap();
    day.pass(20 * HOUR);
    day.publish("t", "{}").unwrap();
    day.pass(24 * HOUR - 1);
    assert!(day.is_known("t"));
    assert_eq!(day.pass(1), at(44 * HOUR, "forgotten"));
}

#[test]
fn a_socket_that_was_open_is_a_word_of_its_task() {
    let mut day = day_with_socket();
    day.pass(100 * HOUR);
    assert!(day.is_known("t"));
    detach(&mut day);
    day.pass(24 * HOUR - 1);
    assert!(day.is_known("t"));
    assert_eq!(day.field("t", "status"), "lost");
    assert_eq!(day.pass(1), at(124 * HOUR, "forgotten"));
}

#[test]
fn nothing_is_due_of_a_task_that_was_forgotten() {
    let mut day = day_with_socket();
    detach(&mut day);
    day.forget("t");
    assert_eq!(day.board.next_tick_ms(), None);
    day.publish("t", "{}").unwrap();
    assert_eq!(day.pass(23 * HOUR), [], "the lease was the old task's");
}

/// Whatever happens, and however late the daemon wakes: a moment's ticks end, nothing remains due,
/// and every field that the clock sets is what the rules say.
#[test]
fn the_board_comes_to_rest_whatever_happens() {
    for seed in 0..100 {
        let (mut random, mut day) = (Random::new(seed), Day::new());
        let mut sockets = 0;
        for step in 0..150 {
            match random.below(10) {
                0 => {
                    attach(&mut day);
                    sockets += 1;
                }
                1 if sockets > 0 => {
                    detach(&mut day);
                    sockets -= 1;
                }
                2 => drop(day.cancel("t", None)),
                3 => drop(day.send("t", "{}", Mode::Merge, Some(random.below(50) * SECOND))),
                4 => drop(day.publish("t", r#"{"status":"completed"}"#)),
                5 => drop(day.replace("t", "{}")),
                6 => drop(day.publish("t", &format!(r#"{{"n":{step}}}"#))),
                _ => drop(day.publish("t", "{}")),
            }
            let ms = random.pick(&[
                0,
                1,
                999,
                SECOND,
                9 * SECOND,
                31 * SECOND,
                MINUTE,
                25 * HOUR,
            ]);
            match random.below(2) {
                0 => drop(day.pass(ms)),
                _ => drop(day.oversleep(ms)),
            }
            let due_ms = day.board.next_tick_ms();
            assert!(
                due_ms.is_none_or(|at_ms| at_ms > day.now.ticks_ms),
                "seed {seed}"
            );
            if day.is_known("t") {
                let status = day.field("t", "status");
                assert!(!stalled(&day) || status == "running", "seed {seed}");
                assert!(
                    status != "completed" || day.field("t", "cancel").is_null(),
                    "seed {seed}"
                );
            } else if sockets > 0 {
                // A forgotten task's workers leave; the board keeps no count for the next.
                sockets = 0;
            }
        }
    }
}
