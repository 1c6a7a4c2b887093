//! All the tasks: names and slots, room and eviction, and revisions that never come back.

use std::collections::HashMap;

use doneyet::task::Refusal;
use doneyet::task::board::{Room, TaskKey};
use doneyet::task::record::Effect;
use serde_json::Value;

use crate::{DAWN, Day, HOUR, Random, SECOND, task};

fn listed(day: &Day) -> Vec<String> {
    let ids = day.board.newest_first().map(|record| {
        let state: Value = serde_json::from_slice(record.update().json()).unwrap();
        state["task_id"].as_str().unwrap().to_owned()
    });
    ids.collect()
}

#[test]
fn a_task_that_is_only_mentioned_is_not_known() {
    let mut day = Day::new();
    let key = day.key("t");
    assert_eq!(day.key("t"), key, "a name has one slot");
    assert_eq!(day.board.find(&task("t")), Err(Refusal::UnknownTask));
    assert!(day.board.update(key).is_none() && day.board.is_empty() && listed(&day).is_empty());
    assert_eq!(
        day.board.request_cancel(key, None, day.now),
        Err(Refusal::UnknownTask)
    );
    day.publish("t", "{}").unwrap();
    assert_eq!(day.board.find(&task("t")), Ok(key));
    assert_eq!(day.board.len(), 1);
}

#[test]
fn a_slot_is_released_only_when_the_task_is_gone() {
    let mut day = Day::new();
    let key = day.key("t");
    day.publish("t", "{}").unwrap();
    day.board.release(key);
    assert!(day.is_known("t"));
    day.board.forget(key);
    assert!(!day.is_known("t"));
    assert_eq!(day.board.id(key), Some(&task("t")), "a watcher may hold it");
    day.board.release(key);
    assert_eq!(day.board.id(key), None);
    assert_eq!(day.key("u"), key, "it is given out again");
}

#[test]
fn a_slot_that_was_never_given_out_is_no_task() {
    let mut day = Day::new();
    let nowhere = TaskKey(7);
    day.board.attach(nowhere);
    day.board.detach(nowhere, day.now);
    day.board.forget(nowhere);
    day.board.release(nowhere);
    assert!(day.board.record(nowhere).is_none());
    let nothing = crate::patch("{}");
    let refused = day
        .board
        .publish(nowhere, nothing, doneyet::task::Mode::Merge, None, day.now);
    assert_eq!(refused, Err(Refusal::UnknownTask));
}

#[test]
fn the_list_begins_with_the_newest_task() {
    let mut day = Day::new();
    for id in ["a", "b", "c"] {
        day.publish(id, "{}").unwrap();
    }
    day.publish("a", r#"{"x":1}"#).unwrap();
    day.replace("b", r#"{"x":1}"#).unwrap();
    assert_eq!(listed(&day), ["c", "b", "a"], "changes move nothing");
    day.forget("b");
    day.publish("b", "{}").unwrap();
    assert_eq!(
        listed(&day),
        ["b", "c", "a"],
        "a task that comes again is new"
    );
}

#[test]
fn a_full_board_takes_no_new_task_until_one_ends() {
    let mut day = Day::with_places(2);
    day.publish("a", "{}").unwrap();
    day.publish("b", "{}").unwrap();
    assert_eq!(day.room("c"), Room::Full);
    assert_eq!(day.publish("c", "{}"), Err(Refusal::TooManyTasks));
    assert!(!day.is_known("c"));
    assert_eq!(
        day.publish("a", r#"{"x":1}"#),
        Ok(Effect::Changed),
        "who is in may go on"
    );
    day.publish("a", r#"{"status":"completed"}"#).unwrap();
    let a = day.key("a");
    assert_eq!(day.room("c"), Room::After(a));
    assert_eq!(day.room("b"), Room::Free);
    day.forget("a");
    assert_eq!(day.publish("c", "{}"), Ok(Effect::Created));
}

#[test]
fn room_is_made_by_what_ended_longest_ago() {
    let mut day = Day::with_places(4);
    for id in ["a", "b", "c", "d"] {
        day.publish(id, "{}").unwrap();
    }
    for id in ["c", "a", "d"] {
        day.pass(SECOND);
        day.publish(id, r#"{"status":"failed"}"#).unwrap();
    }
    // None of these is a new end.
    day.publish("c", "{}").unwrap();
    day.publish("c", r#"{"x":1}"#).unwrap_err();
    day.cancel("c", None).unwrap_err();
    // But this is one.
    day.pass(SECOND);
    day.replace("a", r#"{"status":"completed"}"#).unwrap();
    for id in ["c", "d", "a"] {
        let key = day.key(id);
        assert_eq!(day.room("new"), Room::After(key), "{id}");
        day.replace(id, "{}").unwrap();
    }
    assert_eq!(day.room("new"), Room::Full);
}

/// Slots are given out by the alphabet here, and tell nothing of who ended first.
#[test]
fn ends_within_one_millisecond_are_in_order_too() {
    let mut day = Day::with_places(3);
    for id in ["a", "b", "c"] {
        day.publish(id, "{}").unwrap();
    }
    for id in ["b", "c", "a"] {
        day.publish(id, r#"{"status":"completed"}"#).unwrap();
    }
    for id in ["b", "c", "a"] {
        let key = day.key(id);
        assert_eq!(day.room("new"), Room::After(key), "{id}");
        day.replace(id, "{}").unwrap();
    }
}

#[test]
fn revs_rise_across_forgetting_and_coming_again() {
    let mut day = Day::new();
    let mut last = 0;
    for _ in 0..20 {
        // More changes than milliseconds: the revision runs ahead of the clock.
        for n in 0..10 {
            day.publish("t", &format!(r#"{{"n":{n}}}"#)).unwrap();
            assert!(day.rev("t") > last);
            last = day.rev("t");
        }
        day.forget("t");
    }
    day.pass(HOUR);
    day.publish("t", "{}").unwrap();
    assert_eq!(day.rev("t"), day.now.unix_ms, "the clock has overtaken it");
}

#[test]
fn revs_rise_when_the_clock_is_set_back() {
    let mut day = Day::new();
    day.publish("t", "{}").unwrap();
    day.forget("t");
    day.now.unix_ms -= HOUR;
    day.publish("t", "{}").unwrap();
    assert_eq!(day.rev("t"), DAWN.unix_ms + 1);
}

#[test]
fn no_name_ever_has_a_rev_twice() {
    for seed in 0..20 {
        let (mut random, mut day) = (Random::new(seed), Day::with_places(3));
        let mut last = HashMap::new();
        for step in 0..400 {
            let id = random.pick(&["a", "b", "c", "d"]);
            match random.below(5) {
                0 => day.forget(id),
                1 => drop(day.publish(id, r#"{"status":"completed"}"#)),
                2 => day.now = day.now.plus_ms(random.below(3)),
                _ => {
                    if day.replace(id, &format!(r#"{{"n":{step}}}"#)).is_ok() {
                        let before = last.insert(id, day.rev(id)).unwrap_or(0);
                        assert!(before < day.rev(id), "seed {seed}");
                    }
                }
            }
            assert_eq!(day.board.len(), listed(&day).len(), "seed {seed}");
        }
    }
}
