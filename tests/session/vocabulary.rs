//! The JSON that is not a task's state.

use doneyet::session::Published;
use doneyet::session::vocabulary::{self, Action};
use doneyet::task::Refusal;
use doneyet::task::state::Cancel;

use crate::talk::task;

fn string(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("JSON is UTF-8")
}

#[test]
fn actions_are_read() {
    let cancel = |id: Option<&str>, reason: Option<&str>| Action::Cancel {
        task: id.map(task),
        reason: reason.map(str::to_owned),
    };
    for (text, action) in [
        (r#"{"action":"cancel"}"#, cancel(None, None)),
        (r#" {"action" : "cancel", "x": [1]} "#, cancel(None, None)),
        (
            r#"{"action":"cancel","task_id":"a","reason":"b"}"#,
            cancel(Some("a"), Some("b")),
        ),
        (
            r#"{"action":"cancel","task_id":null,"reason":null}"#,
            cancel(None, None),
        ),
        (
            r#"{"action":"subscribe","task_id":"a"}"#,
            Action::Subscribe(task("a")),
        ),
        (
            r#"{"action":"unsubscribe","task_id":"a:b"}"#,
            Action::Unsubscribe(task("a:b")),
        ),
    ] {
        assert_eq!(Action::parse(text), Ok(action), "{text}");
    }
}

#[test]
fn what_is_no_action_is_explained() {
    for text in [
        "",
        "pong",
        "{",
        "[]",
        "\"cancel\"",
        "{}",
        r#"{"action":null}"#,
        r#"{"action":"stop"}"#,
        r#"{"action":"Cancel"}"#,
        r#"{"action":["cancel"]}"#,
        r#"{"action":"cancel","reason":1}"#,
        r#"{"action":"cancel","task_id":1}"#,
        r#"{"action":"cancel","task_id":"a b"}"#,
        r#"{"action":"subscribe"}"#,
        r#"{"action":"subscribe","task_id":null}"#,
        r#"{"action":"subscribe","task_id":""}"#,
        r#"{"action":"unsubscribe","task_id":".."}"#,
        r#"{"action":"cancel"}{}"#,
    ] {
        let bad = Action::parse(text).expect_err(text);
        assert!(!bad.0.is_empty(), "{text}");
    }
    let deep = format!("{{\"action\":{}", "[".repeat(4000));
    assert!(Action::parse(&deep).is_err());
}

#[test]
fn answers_say_what_the_contract_says() {
    let published = |cancel| Published {
        task: task("dl-42"),
        rev: 12,
        watchers: 2,
        cancel,
        created: true,
    };
    assert_eq!(
        string(vocabulary::published(&published(None))),
        r#"{"rev":12,"task_id":"dl-42","watchers":2}"#
    );
    assert_eq!(
        string(vocabulary::published(&published(Some(Cancel::Requested)))),
        r#"{"cancel":"requested","rev":12,"task_id":"dl-42","watchers":2}"#
    );
    let results = [Err(Refusal::UnknownTask), Ok(published(None))];
    let results = string(vocabulary::results(&results));
    assert!(results.starts_with(r#"{"results":[{"error":"unknown_task","message":""#));
    assert!(results.ends_with(r#",{"rev":12,"task_id":"dl-42","watchers":2}]}"#));
    assert_eq!(string(vocabulary::results(&[])), r#"{"results":[]}"#);
}

#[test]
fn what_is_quoted_in_a_result_stays_in_its_quotes() {
    let why = "at \"x\\\"\n\u{1}";
    let results = [
        Err(Refusal::BadJson(why.to_owned())),
        Err(Refusal::Finished),
    ];
    let results = string(vocabulary::results(&results));
    let results: serde_json::Value = serde_json::from_str(&results).expect("JSON");
    let sentence = results["results"][0]["message"].as_str();
    assert!(sentence.is_some_and(|text| text.contains(why)), "{results}");
    assert_eq!(results["results"][1]["error"], "finished");
}

#[test]
fn a_reason_travels_whatever_is_in_it() {
    let reason = "\"quoted\"\n\u{0}\u{1F600}</script>";
    let order = string(vocabulary::cancel_order(&task("a"), Some(reason)));
    let order: serde_json::Value = serde_json::from_str(&order).expect("JSON");
    assert_eq!(order["action"], "cancel");
    assert_eq!(order["task_id"], "a");
    assert_eq!(order["reason"], reason);
    let order = string(vocabulary::cancel_order(&task("a"), None));
    assert_eq!(order, r#"{"action":"cancel","task_id":"a"}"#);
}

#[test]
fn every_refusal_has_its_code_and_a_sentence() {
    for (refusal, code) in [
        (Refusal::BadTaskId, "bad_task_id"),
        (Refusal::BadJson("at \"x\"".to_owned()), "bad_json"),
        (Refusal::TooLarge, "too_large"),
        (Refusal::UnknownTask, "unknown_task"),
        (Refusal::Finished, "finished"),
        (Refusal::TooManyLines, "too_many_lines"),
        (Refusal::TooManyTasks, "too_many_tasks"),
        (Refusal::TooManySubscriptions, "too_many_subscriptions"),
    ] {
        let json = string(vocabulary::refusal(&refusal));
        let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(json["error"], code);
        assert!(json["message"].as_str().is_some_and(|text| text.len() > 8));
    }
}

#[test]
fn a_refusal_over_a_limit_says_the_limit_and_the_way_out() {
    for (refusal, figure, remedy) in [
        (Refusal::TooManySubscriptions, "64", "unsubscribe"),
        (Refusal::TooManyLines, "10000", "in several"),
        (Refusal::TooManyTasks, "--max-tasks", "when one has ended"),
        (Refusal::Stopping, "stopping", "again in a moment"),
    ] {
        let message = refusal.message();
        assert!(
            message.contains(figure) && message.contains(remedy),
            "{message}"
        );
    }
}
