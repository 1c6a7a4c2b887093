//! A state is text with an index; here it is compared with the map that it stands for.

use doneyet::task::derived::Derived;
use doneyet::task::state::State;
use doneyet::task::{Mode, Patch, Refusal};
use serde_json::{Map, Value, json};

use crate::merge_patch::merge_patch;
use crate::{Random, patch, task};

/// Names that begin alike, that need escapes, and that the daemon knows.
const NAMES: [&str; 12] = [
    "a", "a!", "ab", "b", "", "\"", "\\", "\u{1}", "ä", "title", "message", "zz",
];

fn value(random: &mut Random, depth: usize) -> Value {
    let kinds = if depth == 0 { 6 } else { 8 };
    match random.below(kinds) {
        0 => Value::Null,
        1 => json!(random.below(3)),
        2 => json!(-1.5),
        3 => json!("x\"y"),
        4 => json!(true),
        5 => json!([null, {"a": 1}]),
        _ => Value::Object(object(random, depth - 1)),
    }
}

fn object(random: &mut Random, depth: usize) -> Map<String, Value> {
    let names = 0..random.below(6);
    names
        .map(|_| {
            let name = random.pick(&NAMES).to_owned();
            (name, value(random, depth))
        })
        .collect()
}

fn shown(state: &State) -> Value {
    serde_json::from_slice(&state.encode(&task("t"), 1, 2)).expect("a state is JSON")
}

#[test]
fn a_thousand_merges_in_a_row_leave_what_the_rfc_says() {
    let mut random = Random::new(8);
    let frame = json!({"task_id": "t", "rev": 1, "status": "running", "updated_at": 2});
    let (mut state, mut expected) = (State::default(), frame);
    for _ in 0..1_000 {
        let change = Value::Object(object(&mut random, 3));
        let before = state.clone();
        state = state
            .apply(
                patch(&change.to_string()),
                Mode::Merge,
                &mut Derived::default(),
                0,
            )
            .expect("nothing here is refused");
        let unchanged = expected.clone();
        expected = merge_patch(expected, change);
        assert_eq!(shown(&state), expected);
        assert_eq!(state == before, expected == unchanged);
    }
}

#[test]
fn of_a_name_spelled_in_two_ways_the_last_counts() {
    let sent = r#"{"b":1,"\u0061":1,"a":{"x":1,"\u0078":2},"\u0062":3}"#;
    let state = State::default()
        .apply(patch(sent), Mode::Merge, &mut Derived::default(), 0)
        .expect("nothing here is refused");
    let state = shown(&state);
    assert_eq!((&state["a"], &state["b"]), (&json!({"x": 2}), &json!(3)));
}

/// What a field may not hold is noticed although nobody looks at the field.
#[test]
fn what_is_wrong_deep_in_a_patch_is_no_json() {
    for wrong in [
        "1e999",
        "\"\\ud800\"",
        "[1e999]",
        "{\"x\":\"\\udc00\"}",
        "{\"x\":01}",
    ] {
        for body in [
            format!("{{\"a\":{wrong}}}"),
            format!("[{wrong}]"),
            wrong.to_owned(),
        ] {
            let refused = Patch::parse(body.as_bytes());
            assert!(matches!(refused, Err(Refusal::BadJson(_))), "{body}");
        }
    }
}
