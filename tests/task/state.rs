//! What a patch is, how it merges, and what a state may not become.

use doneyet::task::derived::Derived;
use doneyet::task::state::{Cancel, State};
use doneyet::task::{Mode, Patch, Refusal};
use serde_json::{Value, json};

use crate::{patch, task};

/// The state after these merges, as the world sees it.
fn merged(patches: &[&str]) -> Value {
    let mut rate = Derived::default();
    let mut state = State::default();
    for json in patches {
        state = state.apply(patch(json), Mode::Merge, &mut rate, 0).unwrap();
    }
    serde_json::from_slice(&state.encode(&task("t"), 1, 2)).unwrap()
}

/// The field that a state with this patch is refused for.
fn refused_field(json: &str) -> Option<&'static str> {
    let refused = State::default().apply(patch(json), Mode::Merge, &mut Derived::default(), 0);
    match refused {
        Err(Refusal::BadState { field, .. }) => Some(field),
        Err(other) => panic!("{json}: {other}"),
        Ok(_) => None,
    }
}

fn parse_code(json: &[u8]) -> Result<(), &'static str> {
    Patch::parse(json)
        .map(drop)
        .map_err(|refusal| refusal.code())
}

/// RFC 7396 appendix A: original, patch, result. A state is an object, so the documents stand in
/// one of its fields; a result of `null` is then the field's absence.
const APPENDIX_A: [(&str, &str, &str); 15] = [
    (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
    (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
    (r#"{"a":"b"}"#, r#"{"a":null}"#, r#"{}"#),
    (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
    (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
    (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
    (
        r#"{"a":{"b":"c"}}"#,
        r#"{"a":{"b":"d","c":null}}"#,
        r#"{"a":{"b":"d"}}"#,
    ),
    (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
    (r#"["a","b"]"#, r#"["c","d"]"#, r#"["c","d"]"#),
    (r#"{"a":"b"}"#, r#"["c"]"#, r#"["c"]"#),
    (r#"{"a":"foo"}"#, r#"null"#, r#"null"#),
    (r#"{"a":"foo"}"#, r#""bar""#, r#""bar""#),
    (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"a":1}"#),
    (r#"[1,2]"#, r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#),
    (
        r#"{}"#,
        r#"{"a":{"bb":{"ccc":null}}}"#,
        r#"{"a":{"bb":{}}}"#,
    ),
];

#[test]
fn fields_merge_as_rfc_7396_appendix_a_says() {
    for (original, patch, result) in APPENDIX_A {
        let [before, change] = [original, patch].map(|doc| format!(r#"{{"x":{doc}}}"#));
        let state = merged(&[&before, &change]);
        let expected: Value = serde_json::from_str(result).unwrap();
        assert_eq!(state.get("x").unwrap_or(&Value::Null), &expected, "{patch}");
    }
}

#[test]
fn whole_states_merge_as_rfc_7396_appendix_a_says() {
    for (original, patch, result) in APPENDIX_A {
        if [original, patch].iter().any(|doc| !doc.starts_with('{')) {
            continue;
        }
        let mut expected: Value = serde_json::from_str(result).unwrap();
        for (name, value) in [
            ("task_id", json!("t")),
            ("rev", json!(1)),
            ("status", json!("running")),
            ("updated_at", json!(2)),
        ] {
            expected[name] = value;
        }
        assert_eq!(merged(&[original, patch]), expected, "{patch}");
    }
}

#[test]
fn an_array_keeps_its_nulls() {
    assert_eq!(
        merged(&[r#"{"x":[null,{"y":null}]}"#])["x"],
        json!([null, {"y": null}])
    );
}

#[test]
fn replacing_leaves_nothing_of_what_was() {
    let mut rate = Derived::default();
    let old = State::default()
        .apply(
            patch(r#"{"title":"a","progress":5,"cancel":"refused"}"#),
            Mode::Merge,
            &mut rate,
            0,
        )
        .unwrap();
    let new = old
        .apply(
            patch(r#"{"message":"b","x":null}"#),
            Mode::Replace,
            &mut rate,
            0,
        )
        .unwrap();
    let json: Value = serde_json::from_slice(&new.encode(&task("t"), 1, 2)).unwrap();
    assert_eq!(
        json,
        json!({"task_id":"t","rev":1,"status":"running","updated_at":2,"message":"b"})
    );
}

#[test]
fn a_state_is_written_leading_fields_first_and_the_rest_by_name() {
    let state = State::default()
        .apply(
            patch(
                r#"{"z":1,"title":"Holiday.mp4","eta":"00:30","speed":"2.5MB/s","progress":50,
                    "status":"downloading","cancel":"acknowledged"}"#,
            ),
            Mode::Merge,
            &mut Derived::default(),
            0,
        )
        .unwrap()
        .with_stalled(true);
    let json = String::from_utf8(state.encode(&task("dl-42"), 7, 8)).unwrap();
    assert_eq!(
        json,
        "{\"task_id\":\"dl-42\",\"rev\":7,\"status\":\"downloading\",\"progress\":50,\
         \"speed\":\"2.5MB/s\",\"eta\":\"00:30\",\"updated_at\":8,\"cancel\":\"acknowledged\",\
         \"stalled\":true,\"title\":\"Holiday.mp4\",\"z\":1}"
    );
}

#[test]
fn names_and_texts_of_any_kind_are_carried_untouched() {
    let odd = "quote\" back\\ nul\u{0} line\n sep\u{2028} \u{1f600} </script>";
    let sent = json!({ odd: odd, "": [1.5, -0.25, true, u64::MAX, i64::MIN], "deep": {"a": {}} });
    let state = merged(&[&sent.to_string()]);
    for (name, value) in sent.as_object().unwrap() {
        assert_eq!(&state[name], value);
    }
}

#[test]
fn the_daemons_own_fields_cannot_be_published() {
    let state = merged(&[r#"{"task_id":[],"rev":"x","updated_at":-1,"stalled":true}"#]);
    assert_eq!(
        state,
        json!({"task_id":"t","rev":1,"status":"running","updated_at":2})
    );
}

#[test]
fn of_a_name_given_twice_the_last_counts() {
    let state = merged(&[r#"{"status":7,"progress":1,"status":"a","progress":2}"#]);
    assert_eq!(
        (&state["status"], &state["progress"]),
        (&json!("a"), &json!(2))
    );
}

#[test]
fn without_a_word_of_the_worker_the_status_is_running() {
    assert_eq!(merged(&["{}"])["status"], "running");
    assert_eq!(
        merged(&[r#"{"status":"a"}"#, r#"{"status":null}"#])["status"],
        "running"
    );
}

#[test]
fn exactly_three_statuses_are_terminal_and_one_has_two_spellings() {
    for (sent, shown, terminal) in [
        ("completed", "completed", true),
        ("failed", "failed", true),
        ("cancelled", "cancelled", true),
        ("canceled", "cancelled", true),
        ("lost", "running", false),
        ("Completed", "Completed", false),
        ("done", "done", false),
    ] {
        let json = format!(r#"{{"status":"{sent}"}}"#);
        let state = State::default()
            .apply(patch(&json), Mode::Merge, &mut Derived::default(), 0)
            .unwrap();
        assert_eq!((state.status(), state.is_terminal()), (shown, terminal));
    }
}

#[test]
fn an_ending_removes_cancel_unless_it_was_refused() {
    for (cancel, left) in [
        ("requested", None),
        ("acknowledged", None),
        ("refused", Some(Cancel::Refused)),
    ] {
        let mut state = State::default();
        state = state.with_cancel_requested();
        for json in [
            format!(r#"{{"cancel":"{cancel}"}}"#),
            r#"{"status":"failed"}"#.into(),
        ] {
            state = state
                .apply(patch(&json), Mode::Merge, &mut Derived::default(), 0)
                .unwrap();
        }
        assert_eq!(state.cancel(), left, "{cancel}");
    }
}

#[test]
fn a_field_that_must_not_be_so_is_named() {
    let too_long = format!(r#"{{"status":"{}"}}"#, "ä".repeat(65));
    for (field, json) in [
        ("status", r#"{"status":""}"#),
        ("status", r#"{"status":7}"#),
        ("status", r#"{"status":{"a":1}}"#),
        ("status", r#"{"status":"a\nb"}"#),
        ("status", too_long.as_str()),
        ("progress", r#"{"progress":-0.001}"#),
        ("progress", r#"{"progress":100.001}"#),
        ("progress", r#"{"progress":1e300}"#),
        ("progress", r#"{"progress":"50"}"#),
        ("progress", r#"{"progress":true}"#),
        ("progress", r#"{"progress":{}}"#),
        ("speed", r#"{"speed":2.5}"#),
        ("eta", r#"{"eta":30}"#),
        ("unit", r#"{"unit":false}"#),
        ("loaded", r#"{"loaded":-1}"#),
        ("loaded", r#"{"loaded":"1"}"#),
        ("total", r#"{"total":-0.5}"#),
        ("total", r#"{"total":[1]}"#),
        ("cancel", r#"{"cancel":"yes"}"#),
        ("cancel", r#"{"cancel":true}"#),
        ("cancel", r#"{"cancel":["refused"]}"#),
    ] {
        assert_eq!(refused_field(json), Some(field), "{json}");
    }
}

#[test]
fn the_edges_of_what_a_field_may_be_are_inside() {
    let longest = format!(r#"{{"status":"{}"}}"#, "ä".repeat(64));
    for json in [
        longest.as_str(),
        r#"{"status":"two words"}"#,
        r#"{"progress":0}"#,
        r#"{"progress":100}"#,
        r#"{"progress":99.999}"#,
        r#"{"progress":null,"speed":null,"eta":null,"unit":null,"loaded":null,"cancel":null}"#,
        r#"{"loaded":0,"total":0}"#,
        r#"{"speed":"","eta":"soon","unit":""}"#,
        r#"{"title":7,"message":[],"error":{}}"#,
    ] {
        assert_eq!(refused_field(json), None, "{json}");
    }
}

#[test]
fn what_is_no_json_is_bad_json() {
    let brackets = vec![b'['; 100_000];
    let braces = br#"{"a":"#.repeat(100_000);
    for json in [
        &b""[..],
        b" ",
        b"{",
        b"{}{}",
        b"{} x",
        b"{'a':1}",
        b"{\"a\":1,}",
        b"{\"a\":NaN}",
        b"{\"a\":Infinity}",
        b"{\"a\":1e999}",
        b"{\"a\":-1e999}",
        b"{\"a\":01}",
        b"{\"a\":\"\\ud800\"}",
        b"{\"a\":\"\\ud800\\u0041\"}",
        b"{\"a\":\"\\udc00\"}",
        b"{\"\\ud800\":1}",
        b"{\"a\":\"\xff\"}",
        b"{\"a\":\"\xed\xa0\x80\"}",
        b"{\"a\":\"\xc0\xaf\"}",
        b"{\"\xff\":1}",
        b"{\"a\":\"\n\"}",
        b"\xef\xbb\xbf{}",
        b"nul",
        &brackets,
        &braces,
    ] {
        let shown = String::from_utf8_lossy(&json[..json.len().min(40)]);
        assert_eq!(parse_code(json), Err("bad_json"), "{shown}");
    }
}

#[test]
fn json_that_is_no_object_is_a_bad_body() {
    for json in ["[]", "null", "7", "\"{}\"", "true", "[{}]"] {
        assert!(
            matches!(
                Patch::parse(json.as_bytes()),
                Err(Refusal::BadState { field: "body", .. })
            ),
            "{json}"
        );
    }
}

/// Short fields cost more than their bytes, so their number has an end of its own.
#[test]
fn a_state_has_at_most_512_fields() {
    let object = |names: std::ops::Range<usize>| {
        let members: Vec<String> = names.map(|name| format!("\"{name}\":0")).collect();
        format!("{{{}}}", members.join(","))
    };
    assert_eq!(refused_field(&object(0..512)), None);
    assert_eq!(refused_field(&object(0..513)), Some("body"));
    let mut rate = Derived::default();
    let full = State::default().apply(patch(&object(0..512)), Mode::Merge, &mut rate, 0);
    let full = full.expect("512 fields");
    let more = full.apply(patch(&object(511..513)), Mode::Merge, &mut rate, 0);
    assert!(matches!(more, Err(Refusal::BadState { field: "body", .. })));
}

#[test]
fn deep_but_bounded_nesting_merges() {
    let nested = |depth: usize| format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
    assert_eq!(parse_code(nested(127).as_bytes()), Ok(()));
    assert_eq!(parse_code(nested(129).as_bytes()), Err("bad_json"));
    assert_eq!(
        merged(&[&nested(127), &nested(127)]),
        merged(&[&nested(127)])
    );
}

#[test]
fn a_patch_on_a_shared_socket_must_name_its_task() {
    for (json, expected) in [
        (r#"{"task_id":"a"}"#, Ok("a")),
        (r#"{}"#, Err("bad_state")),
        (r#"{"task_id":7}"#, Err("bad_state")),
        (r#"{"task_id":null}"#, Err("bad_state")),
        (r#"{"task_id":""}"#, Err("bad_task_id")),
        (r#"{"task_id":".."}"#, Err("bad_task_id")),
        (r#"{"task_id":"a/b"}"#, Err("bad_task_id")),
    ] {
        let named = patch(json).task_id().map_err(|refusal| refusal.code());
        assert_eq!(
            named.as_ref().map(|id| id.as_str()).map_err(|e| *e),
            expected,
            "{json}"
        );
    }
}

#[test]
fn a_patch_may_repeat_the_task_in_the_path_but_not_name_another() {
    for (json, ok) in [
        (r#"{}"#, true),
        (r#"{"task_id":"t"}"#, true),
        (r#"{"task_id":"u"}"#, false),
        (r#"{"task_id":7}"#, false),
    ] {
        let sent = patch(json).addressed_to(&task("t"));
        match sent {
            Ok(_) => assert!(ok, "{json}"),
            Err(Refusal::BadState { field, .. }) => assert_eq!((field, ok), ("task_id", false)),
            Err(other) => panic!("{json}: {other}"),
        }
    }
}

#[test]
fn every_refusal_has_a_code_and_one_sentence() {
    let bad_state = Refusal::BadState {
        field: "progress",
        allowed: "a number from 0 to 100",
    };
    assert_eq!(
        bad_state.to_string(),
        "`progress` must be a number from 0 to 100"
    );
    for (refusal, code) in [
        (Refusal::BadTaskId, "bad_task_id"),
        (Refusal::BadJson("x".into()), "bad_json"),
        (bad_state, "bad_state"),
        (Refusal::TooLarge, "too_large"),
        (Refusal::UnknownTask, "unknown_task"),
        (Refusal::Finished, "finished"),
        (Refusal::TooManyLines, "too_many_lines"),
        (Refusal::TooManyTasks, "too_many_tasks"),
        (Refusal::TooManySubscriptions, "too_many_subscriptions"),
    ] {
        assert_eq!(refusal.code(), code);
        assert!(
            !refusal.message().is_empty() && !refusal.message().contains('\n'),
            "{code}"
        );
    }
}

#[test]
fn a_state_that_was_read_can_be_sent_back() {
    let mut derived = Derived::default();
    let mut state = State::default();
    let worker = r#"{"status":"downloading","x":{"a":[1,{"b":null}]}}"#;
    state = state
        .apply(patch(worker), Mode::Merge, &mut derived, 0)
        .unwrap();
    for shown in [
        state.with_worker_lost().with_cancel_requested(),
        state.with_stalled(true),
    ] {
        let json = shown.encode(&task("t"), 7, 8);
        let echo = Patch::parse(&json).unwrap();
        let next = shown.apply(echo, Mode::Merge, &mut derived, 0).unwrap();
        assert_eq!(
            next.status(),
            "downloading",
            "the daemon's `lost` is no word of the worker's"
        );
        assert_eq!(next.cancel(), shown.cancel());
    }
}

#[test]
fn only_watchers_ask_for_a_cancel() {
    let asked = State::default().with_cancel_requested();
    let apply = |state: &State, json: &str| {
        state
            .apply(patch(json), Mode::Merge, &mut Derived::default(), 0)
            .unwrap()
            .cancel()
    };
    let requested = r#"{"cancel":"requested"}"#;
    assert_eq!(apply(&State::default(), requested), None);
    assert_eq!(apply(&asked, requested), Some(Cancel::Requested));
    let taken = asked.apply(
        patch(r#"{"cancel":"acknowledged"}"#),
        Mode::Merge,
        &mut Derived::default(),
        0,
    );
    assert_eq!(
        apply(&taken.unwrap(), requested),
        Some(Cancel::Acknowledged)
    );
}

/// Counters at 0 s and 2 s, so that all three are worked out, and then `last`.
fn after_counters(last: &str) -> Value {
    let (mut derived, mut state) = (Derived::default(), State::default());
    for (json, now_ms) in [
        (r#"{"loaded":0,"total":200}"#, 0),
        (r#"{"loaded":50}"#, 2_000),
        (last, 3_000),
    ] {
        state = state
            .apply(patch(json), Mode::Merge, &mut derived, now_ms)
            .unwrap();
    }
    serde_json::from_slice(&state.encode(&task("t"), 1, 2)).unwrap()
}

#[test]
fn what_was_worked_out_goes_with_what_it_was_worked_out_from() {
    let shown = after_counters("{}");
    assert_eq!(
        (&shown["progress"], &shown["speed"]),
        (&json!(25), &json!("25B/s"))
    );
    for emptied in [r#"{"loaded":null}"#, r#"{"total":null,"loaded":null}"#] {
        let shown = after_counters(emptied);
        for field in ["progress", "speed", "eta"] {
            assert!(shown.get(field).is_none(), "{emptied}: {field}");
        }
    }
}

#[test]
fn an_ended_task_shows_no_pace_that_the_daemon_worked_out() {
    let shown = after_counters(r#"{"status":"completed"}"#);
    assert!(
        shown.get("speed").is_none() && shown.get("eta").is_none(),
        "{shown}"
    );
    assert_eq!(shown["progress"], 25, "how far it came is still true");
    let shown = after_counters(r#"{"status":"completed","speed":"fast"}"#);
    assert_eq!(shown["speed"], "fast", "the worker's own word stays");
}

#[test]
fn what_the_worker_said_is_not_taken_away_for_want_of_counters() {
    let shown = merged(&[r#"{"progress":40,"speed":"fast"}"#, r#"{"loaded":7}"#]);
    assert_eq!(
        (&shown["progress"], &shown["speed"]),
        (&json!(40), &json!("fast"))
    );
}

#[test]
fn a_field_that_is_known_may_not_be_an_array_or_an_object() {
    for field in [
        "status", "progress", "speed", "eta", "loaded", "total", "unit",
    ] {
        for value in ["[]", "[1]", r#"{"a":1}"#] {
            let json = format!(r#"{{"{field}":{value}}}"#);
            assert_eq!(refused_field(&json), Some(field), "{json}");
        }
    }
}
