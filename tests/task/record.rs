//! One task's life: what each publish and each cancel does to state and revision.

use doneyet::task::record::Effect;
use doneyet::task::update::MAX_FIELDS;
use doneyet::task::{Mode, Refusal};
use serde_json::{Value, json};

use crate::{DAWN, Day, MINUTE, Random, SECOND, task};

/// Publishes the longest `x` that is accepted, and says how long it was.
fn fill(day: &mut Day, id: &str, status: &str) -> usize {
    let json = |len| format!(r#"{{"status":"{status}","x":"{}"}}"#, "y".repeat(len));
    let (mut fits, mut too_long) = (0, MAX_FIELDS);
    while fits + 1 < too_long {
        let len = (fits + too_long) / 2;
        match day.publish(id, &json(len)) {
            Ok(_) => fits = len,
            Err(_) => too_long = len,
        }
    }
    day.publish(id, &json(fits)).unwrap();
    fits
}

#[test]
fn the_first_publish_creates_and_its_rev_is_the_time() {
    let mut day = Day::new();
    assert_eq!(day.publish("t", "{}"), Ok(Effect::Created));
    assert_eq!(
        day.state("t"),
        json!({"task_id":"t","rev":DAWN.unix_ms,"status":"running","updated_at":DAWN.unix_ms})
    );
}

#[test]
fn every_change_is_one_rev_and_bears_its_time() {
    let mut day = Day::new();
    for n in 0..5 {
        day.publish("t", &format!(r#"{{"n":{n}}}"#)).unwrap();
        assert_eq!(day.rev("t"), DAWN.unix_ms + n);
        assert_eq!(day.field("t", "rev"), DAWN.unix_ms + n);
        assert_eq!(day.field("t", "updated_at"), DAWN.unix_ms + n * SECOND);
        day.pass(SECOND);
    }
}

#[test]
fn a_publish_that_changes_nothing_is_no_rev() {
    let mut day = Day::new();
    day.publish("t", r#"{"status":"a","progress":5,"x":{"y":[1]}}"#)
        .unwrap();
    let before = day.json("t");
    day.pass(SECOND);
    for json in [
        "{}",
        r#"{"progress":5}"#,
        r#"{"x":{"y":[1]}}"#,
        r#"{"x":{}}"#,
        r#"{"absent":null}"#,
        r#"{"cancel":null}"#,
        r#"{"rev":1,"updated_at":1,"stalled":true,"task_id":"t"}"#,
    ] {
        assert_eq!(day.publish("t", json), Ok(Effect::Unchanged), "{json}");
    }
    let same = r#"{"status":"a","progress":5,"x":{"y":[1]}}"#;
    assert_eq!(day.replace("t", same), Ok(Effect::Unchanged));
    assert_eq!(day.json("t"), before);
}

#[test]
fn a_state_that_was_read_can_be_published_back() {
    let mut day = Day::new();
    day.publish("t", r#"{"status":"a","loaded":1,"total":3,"title":"x"}"#)
        .unwrap();
    day.cancel("t", None).unwrap();
    let read = String::from_utf8(day.json("t")).unwrap();
    assert_eq!(day.publish("t", &read), Ok(Effect::Unchanged));
}

/// What follows a refused publish is what would have followed without it.
#[test]
fn a_refused_publish_leaves_no_trace() {
    let too_large = format!(r#"{{"loaded":1,"x":"{}"}}"#, "y".repeat(MAX_FIELDS));
    for refused in [
        r#"{"loaded":1,"status":7}"#,
        r#"{"loaded":1,"progress":101}"#,
        r#"{"title":"z","cancel":"no"}"#,
        r#"{"title":null,"loaded":-1}"#,
        r#"{"title":"z","#,
        "[]",
        too_large.as_str(),
    ] {
        let [disturbed, quiet] = [true, false].map(|disturbed| {
            let mut day = Day::new();
            day.send(
                "t",
                r#"{"loaded":0,"total":9,"title":"a"}"#,
                Mode::Merge,
                Some(9000),
            )
            .unwrap();
            let mut seen = day.pass(2 * SECOND);
            if disturbed {
                let lease_ms = Some(90_000);
                for mode in [Mode::Merge, Mode::Replace] {
                    assert!(day.send("t", refused, mode, lease_ms).is_err(), "{refused}");
                }
            }
            seen.extend(day.pass(2 * SECOND));
            let json = day.json("t");
            day.send("t", r#"{"loaded":5}"#, Mode::Merge, Some(9000))
                .unwrap();
            seen.extend(day.pass(MINUTE));
            (json, seen, day.json("t"))
        });
        assert_eq!(disturbed, quiet, "{refused}");
    }
}

#[test]
fn a_refused_first_publish_creates_nothing() {
    let mut day = Day::new();
    let too_large = format!(r#"{{"x":"{}"}}"#, "y".repeat(MAX_FIELDS));
    for refused in [r#"{"progress":"1"}"#, "7", too_large.as_str()] {
        assert!(day.publish("t", refused).is_err());
        assert!(!day.is_known("t") && day.board.is_empty());
        assert_eq!(day.board.next_tick_ms(), None);
    }
}

#[test]
fn a_worker_has_16_kib_and_not_a_byte_more() {
    let mut day = Day::new();
    let longest = fill(&mut day, "t", "a");
    assert_eq!(
        format!(r#"{{"status":"a","x":"{}"}}"#, "y".repeat(longest)).len(),
        MAX_FIELDS
    );
    let more = format!(r#"{{"status":"a","x":"{}"}}"#, "y".repeat(longest + 1));
    for result in [
        day.publish("t", &more),
        day.replace("t", &more),
        day.publish("u", &more),
    ] {
        assert_eq!(result, Err(Refusal::TooLarge));
    }
    assert_eq!(
        day.publish("t", r#"{"y":1}"#),
        Err(Refusal::TooLarge),
        "the merged state counts"
    );
    assert_eq!(day.publish("t", r#"{"x":"","y":1}"#), Ok(Effect::Changed));
}

#[test]
fn what_the_daemon_adds_fits_into_the_longest_state() {
    let mut day = Day::new();
    let id = "t".repeat(128);
    let longest = fill(&mut day, &id, "a");
    let key = day.key(&id);
    day.board.attach(key);
    assert_eq!(day.cancel(&id, None), Ok(Effect::Changed));
    assert_eq!(day.pass(MINUTE).len(), 1, "stalled");
    assert_eq!(
        (day.field(&id, "cancel"), day.field(&id, "stalled")),
        (json!("requested"), json!(true))
    );
    assert!(day.json(&id).len() <= MAX_FIELDS + 256);
    let same_size = format!(
        r#"{{"x":"{}","cancel":"acknowledged"}}"#,
        "z".repeat(longest)
    );
    assert_eq!(day.publish(&id, &same_size), Ok(Effect::Changed));
    day.board.detach(key, day.now);
    day.pass(MINUTE);
    assert_eq!(day.field(&id, "status"), "lost");
    assert!(day.json(&id).len() <= MAX_FIELDS + 256);
}

#[test]
fn computed_fields_count_too() {
    let mut day = Day::new();
    let unit = "u".repeat(9_000);
    day.publish("t", &format!(r#"{{"loaded":0,"unit":"{unit}"}}"#))
        .unwrap();
    day.pass(SECOND);
    assert_eq!(day.publish("t", r#"{"loaded":5}"#), Err(Refusal::TooLarge));
}

#[test]
fn after_the_end_what_changes_nothing_is_fine_and_the_rest_is_refused() {
    for status in ["completed", "failed", "cancelled"] {
        let mut day = Day::new();
        day.publish("t", &format!(r#"{{"status":"{status}","x":1}}"#))
            .unwrap();
        let before = day.json("t");
        day.pass(SECOND);
        let again = format!(r#"{{"status":"{status}","x":1,"y":null}}"#);
        for json in ["{}", again.as_str(), r#"{"cancel":"requested"}"#] {
            assert_eq!(day.publish("t", json), Ok(Effect::Unchanged), "{json}");
        }
        for json in [
            r#"{"x":2}"#,
            r#"{"x":null}"#,
            r#"{"status":"a"}"#,
            r#"{"cancel":"refused"}"#,
        ] {
            assert_eq!(day.publish("t", json), Err(Refusal::Finished), "{json}");
        }
        assert_eq!(day.cancel("t", None), Err(Refusal::Finished));
        assert_eq!(day.json("t"), before);
    }
}

#[test]
fn the_last_publish_may_be_repeated_when_its_answer_was_lost() {
    let mut day = Day::new();
    day.publish("t", r#"{"loaded":0,"total":100}"#).unwrap();
    day.pass(2 * SECOND);
    let last = r#"{"status":"completed","loaded":100,"total":100}"#;
    assert_eq!(day.publish("t", last), Ok(Effect::Changed));
    let before = day.json("t");
    for _ in 0..5 {
        day.pass(SECOND);
        assert_eq!(day.publish("t", last), Ok(Effect::Unchanged));
    }
    assert_eq!(day.json("t"), before);
    assert_eq!(day.publish("t", r#"{"loaded":99}"#), Err(Refusal::Finished));
}

#[test]
fn canceled_is_cancelled_also_when_it_is_repeated() {
    let mut day = Day::new();
    day.publish("t", r#"{"status":"canceled"}"#).unwrap();
    for status in ["canceled", "cancelled"] {
        let json = format!(r#"{{"status":"{status}"}}"#);
        assert_eq!(day.publish("t", &json), Ok(Effect::Unchanged));
    }
}

#[test]
fn replacing_starts_an_ended_task_over() {
    let mut day = Day::new();
    day.publish("t", r#"{"status":"failed","error":"x"}"#)
        .unwrap();
    assert_eq!(day.replace("t", r#"{"progress":0}"#), Ok(Effect::Changed));
    assert_eq!(day.rev("t"), DAWN.unix_ms + 1);
    assert_eq!(
        (day.field("t", "status"), day.field("t", "error")),
        (json!("running"), Value::Null)
    );
    assert_eq!(day.publish("t", r#"{"progress":1}"#), Ok(Effect::Changed));
}

#[test]
fn a_cancel_is_asked_for_once_and_stands_until_it_is_answered() {
    let mut day = Day::new();
    assert_eq!(day.cancel("t", None), Err(Refusal::UnknownTask));
    day.publish("t", "{}").unwrap();
    let wanted = |day: &Day| {
        let record = day
            .board
            .record(day.board.find(&task("t")).unwrap())
            .unwrap();
        (
            record.is_cancel_wanted(),
            record.reason().map(str::to_owned),
        )
    };
    assert_eq!(wanted(&day), (false, None));
    assert_eq!(day.cancel("t", Some("late")), Ok(Effect::Changed));
    assert_eq!(day.cancel("t", Some("again")), Ok(Effect::Unchanged));
    assert_eq!(wanted(&day), (true, Some("late".to_owned())));
    day.publish("t", r#"{"cancel":"acknowledged"}"#).unwrap();
    assert!(!wanted(&day).0);
    assert_eq!(
        day.cancel("t", None),
        Ok(Effect::Unchanged),
        "the worker is stopping already"
    );
    day.publish("t", r#"{"cancel":"refused"}"#).unwrap();
    assert_eq!(
        day.cancel("t", None),
        Ok(Effect::Changed),
        "who was refused may ask again"
    );
    assert_eq!(wanted(&day), (true, None));
    day.publish("t", r#"{"status":"cancelled"}"#).unwrap();
    assert_eq!(day.field("t", "cancel"), Value::Null);
}

#[test]
fn a_fresh_run_knows_nothing_of_the_old_cancel() {
    let mut day = Day::new();
    day.publish("t", "{}").unwrap();
    day.cancel("t", Some("old")).unwrap();
    day.replace("t", "{}").unwrap();
    assert_eq!(day.field("t", "cancel"), Value::Null);
}

#[test]
fn a_rev_rises_by_one_whatever_is_published() {
    let pieces = [
        "{}",
        r#"{"progress":1}"#,
        r#"{"progress":null}"#,
        r#"{"loaded":5,"total":10}"#,
        r#"{"loaded":7}"#,
        r#"{"status":"completed"}"#,
        r#"{"cancel":"refused"}"#,
        r#"{"progress":101}"#,
        r#"{"x":{"y":1}}"#,
        "]",
    ];
    for seed in 0..60 {
        let (mut random, mut day) = (Random::new(seed), Day::new());
        day.publish("t", "{}").unwrap();
        for _ in 0..100 {
            let before = (day.rev("t"), day.json("t"));
            let json = random.pick(&pieces);
            let effect = match random.below(4) {
                0 => day.replace("t", json),
                1 => day.cancel("t", None),
                _ => day.publish("t", json),
            };
            let after = (day.rev("t"), day.json("t"));
            match effect {
                Ok(Effect::Changed) => assert_eq!(after.0, before.0 + 1, "seed {seed}"),
                Ok(Effect::Unchanged) | Err(_) => assert_eq!(after, before, "seed {seed}"),
                Ok(Effect::Created) => panic!("created twice, seed {seed}"),
            }
            day.now = day.now.plus_ms(random.below(700));
        }
    }
}
