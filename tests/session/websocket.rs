//! Conversations in frames, for every purpose a socket can have.

use std::rc::Rc;

use doneyet::session::demand::Notice;
use doneyet::session::websocket::Purpose;
use doneyet::session::{Fault, Flow};
use doneyet::task::Update;
use doneyet::wire::close::CloseCode;
use doneyet::wire::frame::OpCode;

use crate::talk::{NOON, STATE, Talk, Transcript, masked, messages, task, text, told, unmasked};

fn all_purposes() -> [Purpose; 8] {
    [
        Purpose::Watch(task("known")),
        Purpose::WatchUntilEnd(task("known")),
        Purpose::WatchMany,
        Purpose::WatchAll,
        Purpose::Work(task("known")),
        Purpose::WorkMany,
        Purpose::Hello,
        Purpose::Echo,
    ]
}

fn say(purpose: &Purpose, frames: &[u8]) -> Transcript {
    told(|| Talk::socket(purpose.clone()), frames)
}

/// What is said after what every socket of this purpose says first.
fn answers(purpose: &Purpose, frames: &[u8]) -> Vec<String> {
    let greeted = messages(&say(purpose, &[]).said).len();
    messages(&say(purpose, frames).said).split_off(greeted)
}

/// The error of `answer`, which must be a text frame.
fn code(answer: &str) -> String {
    let json = answer.strip_prefix("text ").expect("a text frame");
    let json: serde_json::Value = serde_json::from_str(json).expect("JSON");
    json["error"].as_str().expect("an error").to_owned()
}

#[test]
fn only_the_first_lesson_begins_with_a_word() {
    for purpose in all_purposes() {
        let first = messages(&say(&purpose, &[]).said);
        match purpose {
            Purpose::Hello => assert_eq!(first, ["text {\"hello\":\"world\"}"]),
            _ => assert_eq!(first, [""; 0]),
        }
    }
}

#[test]
fn the_text_ping_is_answered_with_the_text_pong() {
    for purpose in all_purposes() {
        let expected = match purpose {
            Purpose::Echo => "text ping",
            _ => "text pong",
        };
        assert_eq!(answers(&purpose, &text("ping")), [expected], "{purpose:?}");
    }
    for other in ["ping ", "PING", "\"ping\"", "pingping"] {
        let answers = answers(&Purpose::WatchAll, &text(other));
        assert_eq!(code(&answers[0]), "bad_action", "{other}");
    }
}

#[test]
fn a_ping_is_answered_with_its_payload_and_a_pong_with_nothing() {
    for purpose in all_purposes() {
        let frames = [
            masked(OpCode::Ping, b""),
            masked(OpCode::Pong, b"unasked"),
            masked(OpCode::Ping, &[b'x'; 125]),
        ];
        let long = format!("pong {}", "x".repeat(125));
        let expected = ["pong ".to_owned(), long];
        assert_eq!(answers(&purpose, &frames.concat()), expected, "{purpose:?}");
    }
}

#[test]
fn a_close_is_answered_with_its_code_and_nothing_follows() {
    for purpose in all_purposes() {
        for (payload, said) in [
            (&b""[..], "close"),
            (b"\x03\xe8", "close 1000"),
            (b"\x03\xe9bye", "close 1001"),
            (b"\x0f\xa0mine", "close 4000"),
            (b"\x03", "close 1002"),
            (b"\x03\xed", "close 1002"),
            (b"\x03\xe8\xff", "close 1007"),
        ] {
            let frames = [masked(OpCode::Close, payload), text("ping")];
            let answers = answers(&purpose, &frames.concat());
            assert_eq!(answers, [said], "{purpose:?} {}", payload.escape_ascii());
            assert!(say(&purpose, &frames.concat()).is_over);
        }
    }
}

#[test]
fn what_the_rfc_forbids_ends_the_conversation_with_its_code() {
    for (frame, said) in [
        (unmasked(OpCode::Text, b"ping"), "close 1002"),
        (vec![0xc1, 0x80, 0, 0, 0, 0], "close 1002"),
        (vec![0x83, 0x80, 0, 0, 0, 0], "close 1002"),
        (vec![0x8b, 0x80, 0, 0, 0, 0], "close 1002"),
        (vec![0x09, 0x80, 0, 0, 0, 0], "close 1002"),
        (vec![0x89, 0xfe, 0, 126], "close 1002"),
        (vec![0x80, 0x80, 0, 0, 0, 0], "close 1002"),
        (vec![0x81, 0xfe, 0, 5], "close 1002"),
        (vec![0x82, 0xff, 0x80], "close 1002"),
        (masked(OpCode::Text, b"\xc3"), "close 1007"),
        (masked(OpCode::Text, b"\xed\xa0\x80"), "close 1007"),
    ] {
        for purpose in all_purposes() {
            let stream = [text("ping"), frame.clone(), text("ping")].concat();
            let answers = answers(&purpose, &stream);
            assert_eq!(answers.len(), 2, "{purpose:?} {frame:x?} {answers:?}");
            assert_eq!(answers[1], said, "{purpose:?} {frame:x?}");
        }
    }
}

#[test]
fn an_echo_sends_everything_back_as_it_came() {
    let frames = [
        text(""),
        text("h\u{e9}llo"),
        masked(OpCode::Binary, b"\x00\xff"),
        text("{\"action\":\"cancel\"}"),
    ];
    let transcript = say(&Purpose::Echo, &frames.concat());
    assert_eq!(
        messages(&transcript.said),
        [
            "text ",
            "text h\u{e9}llo",
            "binary \\x00\\xff",
            "text {\"action\":\"cancel\"}"
        ]
    );
    assert_eq!(transcript.demands, [""; 0]);
}

#[test]
fn a_watcher_may_cancel_what_it_watches() {
    for purpose in [
        Purpose::Watch(task("known")),
        Purpose::WatchUntilEnd(task("known")),
    ] {
        for action in [
            r#"{"action":"cancel"}"#,
            r#"{"action":"cancel","task_id":"known"}"#,
        ] {
            let transcript = say(&purpose, &text(action));
            assert!(transcript.demands.concat().contains("Cancel"), "{action}");
            assert_eq!(messages(&transcript.said), [""; 0], "the state says it");
        }
        let other = r#"{"action":"cancel","task_id":"other"}"#;
        assert_eq!(code(&answers(&purpose, &text(other))[0]), "bad_action");
        assert_eq!(say(&purpose, &text(other)).demands, [""; 0]);
    }
}

#[test]
fn a_watcher_of_several_names_what_it_cancels() {
    for purpose in [Purpose::WatchMany, Purpose::WatchAll] {
        let named = text(r#"{"action":"cancel","task_id":"known","reason":"why"}"#);
        let transcript = say(&purpose, &named);
        assert!(transcript.demands.concat().contains("Some(\"why\")"));
        let nameless = text(r#"{"action":"cancel"}"#);
        assert_eq!(code(&answers(&purpose, &nameless)[0]), "bad_action");
        let unknown = text(r#"{"action":"cancel","task_id":"new"}"#);
        assert_eq!(code(&answers(&purpose, &unknown)[0]), "unknown_task");
    }
}

#[test]
fn subscriptions_are_made_on_one_kind_of_socket_only() {
    for action in [
        r#"{"action":"subscribe","task_id":"a"}"#,
        r#"{"action":"unsubscribe","task_id":"a"}"#,
    ] {
        for purpose in all_purposes() {
            let transcript = say(&purpose, &text(action));
            match purpose {
                Purpose::WatchMany => assert_eq!(transcript.demands.len(), 1),
                Purpose::Echo | Purpose::Work(_) | Purpose::WorkMany => {}
                _ => {
                    assert_eq!(transcript.demands, [""; 0], "{purpose:?}");
                    let answers = answers(&purpose, &text(action));
                    assert_eq!(code(&answers[0]), "bad_action", "{purpose:?}");
                }
            }
        }
    }
}

#[test]
fn a_worker_is_told_only_of_what_was_wrong() {
    let own = Purpose::Work(task("known"));
    for good in ["{}", r#"{"progress":5}"#, r#"{"task_id":"known"}"#] {
        let transcript = say(&own, &text(good));
        assert_eq!(transcript.demands.len(), 1, "{good}");
        assert_eq!(messages(&transcript.said), [""; 0], "{good}");
    }
    for (bad, error) in [
        ("nope", "bad_json"),
        ("[]", "bad_state"),
        (r#"{"task_id":"other"}"#, "bad_state"),
    ] {
        assert_eq!(code(&answers(&own, &text(bad))[0]), error, "{bad}");
        assert_eq!(say(&own, &text(bad)).demands, [""; 0], "{bad}");
    }
    let ended = say(&Purpose::Work(task("ended")), &text("{}"));
    assert_eq!(code(&messages(&ended.said)[0]), "finished");
}

#[test]
fn a_worker_of_several_names_the_task_in_every_patch() {
    let named = say(&Purpose::WorkMany, &text(r#"{"task_id":"a","progress":5}"#));
    assert_eq!(named.demands.len(), 1);
    for (bad, error) in [
        ("{}", "bad_state"),
        (r#"{"task_id":7}"#, "bad_state"),
        (r#"{"task_id":"a b"}"#, "bad_task_id"),
        ("", "bad_json"),
    ] {
        let answers = answers(&Purpose::WorkMany, &text(bad));
        assert_eq!(code(&answers[0]), error, "{bad}");
    }
}

fn news(terminal: bool) -> Notice {
    Notice::State(Rc::new(Update::new(9, terminal, STATE.as_bytes())))
}

#[test]
fn a_watcher_until_the_end_leaves_with_the_last_state() {
    for purpose in all_purposes() {
        let mut talk = Talk::socket(purpose.clone());
        talk.said();
        assert_eq!(
            talk.session.notify(news(false), &mut talk.out, NOON),
            Flow::On
        );
        let flow = talk.session.notify(news(true), &mut talk.out, NOON);
        let state = format!("text {STATE}");
        match purpose {
            Purpose::WatchUntilEnd(_) => {
                assert_eq!(flow, Flow::Over);
                let said = messages(&talk.said());
                assert_eq!(said, [state.as_str(), &state, "close 1000"]);
            }
            _ => {
                assert_eq!(flow, Flow::On, "{purpose:?}");
                assert_eq!(messages(&talk.said()), [state.as_str(), &state]);
            }
        }
    }
}

#[test]
fn a_forgotten_task_ends_the_sockets_that_watch_nothing_else() {
    for purpose in [
        Purpose::Watch(task("a")),
        Purpose::WatchUntilEnd(task("a")),
        Purpose::WatchMany,
    ] {
        let mut talk = Talk::socket(purpose.clone());
        let notice = Notice::Forgotten(task("a"));
        let flow = talk.session.notify(notice, &mut talk.out, NOON);
        let said = messages(&talk.said());
        match purpose {
            Purpose::WatchMany => {
                assert_eq!(flow, Flow::On);
                assert_eq!(said, [r#"text {"event":"forgotten","task_id":"a"}"#]);
            }
            _ => assert_eq!((flow, said), (Flow::Over, vec!["close 1000".to_owned()])),
        }
    }
}

#[test]
fn a_worker_hears_a_cancel_with_its_reason() {
    let mut talk = Talk::socket(Purpose::Work(task("a")));
    let notice = Notice::Cancel {
        task: task("a"),
        reason: Some(Rc::from("bored")),
    };
    assert_eq!(talk.session.notify(notice, &mut talk.out, NOON), Flow::On);
    assert_eq!(
        messages(&talk.said()),
        [r#"text {"action":"cancel","reason":"bored","task_id":"a"}"#]
    );
}

#[test]
fn silence_is_asked_about_once() {
    let mut talk = Talk::socket(Purpose::WatchAll);
    assert_eq!(talk.session.tick(&mut talk.out, NOON), Ok(Flow::On));
    assert_eq!(messages(&talk.said()), ["ping "]);
    talk.send(&masked(OpCode::Pong, b""));
    assert_eq!(talk.session.tick(&mut talk.out, NOON), Ok(Flow::On));
    assert_eq!(talk.session.tick(&mut talk.out, NOON), Err(Fault::Gone));
    assert_eq!(messages(&talk.said()), ["ping "]);
}

#[test]
fn any_byte_is_a_sign_of_life() {
    let mut talk = Talk::socket(Purpose::WatchAll);
    for byte in text("ping") {
        assert_eq!(talk.session.tick(&mut talk.out, NOON), Ok(Flow::On));
        talk.send(&[byte]);
    }
}

#[test]
fn a_farewell_says_why() {
    let fault = Fault::Ended(CloseCode::GOING_AWAY, "the daemon is stopping");
    for purpose in all_purposes() {
        let mut talk = Talk::socket(purpose);
        talk.said();
        talk.session.farewell(&fault, &mut talk.out, NOON);
        assert_eq!(messages(&talk.said()), ["close 1001"]);
        talk.session.farewell(&Fault::Gone, &mut talk.out, NOON);
        assert!(talk.said().is_empty(), "nobody is there");
    }
}
