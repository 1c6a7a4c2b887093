//! A task's state against a naive merge of RFC 7396, publish by publish.

#![no_main]

#[path = "../../../task/merge_patch.rs"]
mod merge_patch;

use doneyet::task::record::{Effect, Record};
use doneyet::task::update::MAX_FIELDS;
use doneyet::task::{Mode, Now, Patch, Refusal, TaskId};
use libfuzzer_sys::fuzz_target;
use merge_patch::merge_patch;
use serde_json::{Map, Value};

/// What the daemon says itself, whatever the worker says.
const OWN: [&str; 5] = ["task_id", "rev", "updated_at", "stalled", "cancel"];
/// What it works out where a publish has counters.
const DERIVED: [&str; 3] = ["progress", "speed", "eta"];

/// Repeated to the longest name: with it the daemon's own words take the most room.
const NAME: &str = "t";
/// The highest counter that every reader of JSON holds exactly.
const MAX_COUNT: f64 = 9_007_199_254_740_991.0;

fuzz_target!(|data: &[u8]| {
    let id = TaskId::new(&NAME.repeat(128)).expect("a good name");
    let mut now = Now {
        ticks_ms: 0,
        unix_ms: 1_700_000_000_000,
    };
    let mut task: Option<Record> = None;
    let mut twin = Map::new();
    // Each line is a publish; its first byte says how, and how long after the last.
    for line in data.split(|&byte| byte == b'\n') {
        let Some((&choice, json)) = line.split_first() else {
            continue;
        };
        if let Some(task) = task.as_mut().filter(|_| choice & 64 != 0) {
            let _ = task.request_cancel(&id, None, now);
        }
        let mode = if choice & 1 == 0 {
            Mode::Merge
        } else {
            Mode::Replace
        };
        now = now.plus_ms(u64::from(choice >> 1) * 20);
        let parsed = Patch::parse(json);
        let is_object = serde_json::from_slice::<Value>(json).is_ok_and(|value| value.is_object());
        assert_eq!(parsed.is_ok(), is_object, "serde_json thinks otherwise");
        let Ok(patch) = parsed else { continue };
        let before = task.as_ref().map(|task| task.update().json().to_vec());
        let effect = match &mut task {
            Some(task) => task.publish(&id, patch, mode, now),
            none => Record::create(&id, patch, now.unix_ms, now).map(|record| {
                *none = Some(record);
                Effect::Created
            }),
        };
        let after = task.as_ref().map(|task| task.update().json().to_vec());
        let fields = expected(&twin, json, mode);
        match effect {
            Ok(effect) => {
                assert_eq!(before != after, effect != Effect::Unchanged);
                twin = fields.expect("taken, but one of its fields is wrong");
                check(
                    task.as_ref().expect("a task"),
                    before.as_deref(),
                    &mut twin,
                    json,
                );
            }
            Err(refusal) => {
                assert_eq!(before, after, "refused, and yet something changed");
                check_refusal(&refusal, fields.is_some(), &twin, mode);
            }
        }
    }
});

/// The worker's fields after this publish; none if one of them breaks a rule of the contract.
fn expected(old: &Map<String, Value>, json: &[u8], mode: Mode) -> Option<Map<String, Value>> {
    let mut patch: Value = serde_json::from_slice(json).ok()?;
    let fields = patch.as_object_mut()?;
    let cancel = fields.get("cancel").cloned().unwrap_or_default();
    let words = ["requested", "acknowledged", "refused"];
    let cancel_ok = cancel.is_null() || words.iter().any(|word| cancel == *word);
    OWN.iter().for_each(|own| drop(fields.remove(*own)));
    // The daemon's word for a worker that is gone, read and sent back.
    if fields.get("status").is_some_and(|status| status == "lost") {
        fields.remove("status");
    }
    let base = if mode == Mode::Merge {
        old.clone()
    } else {
        Map::new()
    };
    let Value::Object(mut next) = merge_patch(Value::Object(base), patch) else {
        return None;
    };
    let status = next.entry("status").or_insert("running".into());
    if status == "canceled" {
        *status = "cancelled".into();
    }
    let all = |name: &str, rule: fn(&Value) -> bool| next.get(name).is_none_or(rule);
    let good = cancel_ok
        && all("status", |value| {
            value.as_str().is_some_and(|text| {
                (1..=64).contains(&text.chars().count()) && !text.chars().any(char::is_control)
            })
        })
        && all("progress", |value| {
            value.as_f64().is_some_and(|n| (0.0..=100.0).contains(&n))
        })
        && all("loaded", is_count)
        && all("total", is_count)
        && ["speed", "eta", "unit"]
            .iter()
            .all(|name| all(name, Value::is_string));
    good.then_some(next)
}

fn is_count(value: &Value) -> bool {
    value
        .as_f64()
        .is_some_and(|n| (0.0..=MAX_COUNT).contains(&n))
}

fn check(task: &Record, before: Option<&[u8]>, twin: &mut Map<String, Value>, json: &[u8]) {
    let encoded = task.update().json();
    assert!(encoded.len() <= MAX_FIELDS + 256);
    let state: Value = serde_json::from_slice(encoded).expect("what we send is JSON");
    // With a name twice, the parsed object would be shorter.
    assert_eq!(state.to_string().len(), encoded.len(), "a name twice");
    let mut state = state.as_object().expect("an object").clone();
    let old = before.map(|old| serde_json::from_slice::<Value>(old).expect("JSON"));
    if let Some(old) = old.filter(|_| before != Some(encoded)) {
        assert_eq!(
            state["rev"].as_u64(),
            old["rev"].as_u64().map(|rev| rev + 1)
        );
    }
    assert_eq!(state["task_id"], NAME.repeat(128));
    let is_final = matches!(
        state["status"].as_str(),
        Some("completed" | "failed" | "cancelled")
    );
    assert_eq!(task.update().is_terminal(), is_final);
    assert!(!is_final || state.get("cancel").is_none_or(|cancel| cancel == "refused"));
    // Time stands still within a publish, and only time makes a task stall.
    assert_eq!(state.get("stalled"), None);
    OWN.iter().for_each(|own| drop(state.remove(*own)));
    let patch: Value = serde_json::from_slice(json).expect("it was taken");
    // At its end, a task loses the pace that the daemon had worked out.
    if is_final || patch.get("loaded").or(patch.get("total")).is_some() {
        for name in DERIVED.iter().filter(|name| patch.get(**name).is_none()) {
            derived(name, state.get(*name));
            twin.remove(*name);
            twin.extend(
                state
                    .get(*name)
                    .map(|value| ((*name).to_owned(), value.clone())),
            );
        }
    }
    assert_eq!(&state, twin);
}

/// What the daemon works out keeps the rules that it holds a worker to.
fn derived(name: &str, value: Option<&Value>) {
    match (name, value) {
        (_, None) => {}
        ("progress", Some(value)) => {
            assert!(
                value.as_f64().is_some_and(|n| (0.0..=100.0).contains(&n)),
                "{value}"
            );
        }
        (_, Some(value)) => {
            let text = value.as_str().expect("a text");
            assert!(
                !text.starts_with("inf") && !text.starts_with("NaN"),
                "{text:?}"
            );
        }
    }
}

fn check_refusal(refusal: &Refusal, good: bool, twin: &Map<String, Value>, mode: Mode) {
    match refusal {
        Refusal::BadState { .. } => assert!(!good, "{refusal:?}"),
        Refusal::Finished => {
            let status = twin["status"].as_str();
            assert!(matches!(status, Some("completed" | "failed" | "cancelled")));
            assert_eq!(mode, Mode::Merge);
        }
        Refusal::TooLarge => {}
        other => panic!("{other:?} is no refusal of a publish"),
    }
}
