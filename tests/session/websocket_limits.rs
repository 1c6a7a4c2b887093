//! How much, how often and in how many pieces a peer may speak.

use doneyet::session::websocket::Purpose;
use doneyet::wire::frame::{Header, OpCode};

use crate::talk::{Talk, fragment, masked, messages, task, text, told};

const KIB: usize = 1024;

fn purposes() -> [(Purpose, usize); 8] {
    [
        (Purpose::Watch(task("known")), 4 * KIB),
        (Purpose::WatchUntilEnd(task("known")), 4 * KIB),
        (Purpose::WatchMany, 4 * KIB),
        (Purpose::WatchAll, 4 * KIB),
        (Purpose::Hello, 4 * KIB),
        (Purpose::Work(task("known")), 64 * KIB),
        (Purpose::WorkMany, 64 * KIB),
        (Purpose::Echo, 16 * KIB * KIB),
    ]
}

/// What is said last to `frames`, sent at once.
fn last(purpose: &Purpose, frames: &[u8]) -> String {
    let mut talk = Talk::socket(purpose.clone());
    talk.send(frames);
    let last = messages(&talk.said()).pop().unwrap_or_default();
    assert_eq!(talk.is_over, last.starts_with("close"), "{last}");
    last
}

#[test]
fn a_message_of_the_greatest_length_is_read_and_one_byte_more_is_1009() {
    for (purpose, most) in purposes() {
        let fits = masked(OpCode::Text, &vec![b'x'; most]);
        assert!(!last(&purpose, &fits).starts_with("close"), "{purpose:?}");
        let mut header = Vec::new();
        Header {
            is_final: true,
            opcode: OpCode::Text,
            mask: Some([1, 2, 3, 4]),
            len: most as u64 + 1,
        }
        .encode(&mut header);
        assert_eq!(last(&purpose, &header), "close 1009", "before its payload");
    }
}

#[test]
fn fragments_are_added_up() {
    for (purpose, most) in purposes() {
        let half = vec![b'x'; most / 2];
        let begin = fragment(OpCode::Text, false, &half);
        let end = |more: usize| {
            let rest = vec![b'x'; most / 2 + more];
            fragment(OpCode::Continuation, true, &rest)
        };
        let fits = [begin.clone(), end(0)].concat();
        assert!(!last(&purpose, &fits).starts_with("close"), "{purpose:?}");
        let over = [begin, end(1)].concat();
        assert_eq!(last(&purpose, &over), "close 1009", "{purpose:?}");
    }
}

#[test]
fn an_announced_length_beyond_all_bounds_is_1009_not_memory() {
    for (purpose, _) in purposes() {
        for len in [u64::MAX >> 1, 1 << 40, 1 << 32] {
            let mut header = Vec::new();
            Header {
                is_final: false,
                opcode: OpCode::Binary,
                mask: Some([0; 4]),
                len,
            }
            .encode(&mut header);
            assert_eq!(last(&purpose, &header), "close 1009", "{purpose:?}");
        }
    }
}

#[test]
fn a_message_in_fragments_is_the_message_and_control_frames_may_come_between() {
    let frames = [
        fragment(OpCode::Text, false, b"{\"action\":\"can"),
        masked(OpCode::Ping, b"between"),
        fragment(OpCode::Continuation, false, b""),
        fragment(OpCode::Continuation, true, b"cel\"}"),
    ];
    let talk = told(
        || Talk::socket(Purpose::Watch(task("known"))),
        &frames.concat(),
    );
    assert_eq!(messages(&talk.said), ["pong between"]);
    assert_eq!(talk.demands.len(), 1, "{:?}", talk.demands);
}

#[test]
fn empty_fragments_count() {
    let begin = fragment(OpCode::Text, false, b"");
    let more = fragment(OpCode::Continuation, false, b"").repeat(63);
    let one_more = fragment(OpCode::Continuation, false, b"");
    let frames = [begin, more, one_more].concat();
    for (purpose, _) in purposes() {
        let said = last(&purpose, &frames);
        match purpose {
            Purpose::Echo => assert_eq!(said, "", "the conformance suite sends 65,536"),
            _ => assert_eq!(said, "close 1008", "{purpose:?}"),
        }
    }
}

#[test]
fn after_sixteen_frames_of_nonsense_the_peer_is_asked_to_leave() {
    for (purpose, _) in purposes() {
        let nonsense = match purpose {
            Purpose::Echo => continue,
            // A worker's text is a publish; a refused one is an answer, not a strike.
            Purpose::Work(_) | Purpose::WorkMany => masked(OpCode::Binary, b"x"),
            _ => text("nonsense"),
        };
        let mut talk = Talk::socket(purpose.clone());
        talk.said();
        for strike in 1..16 {
            talk.send(&nonsense);
            let said = messages(&talk.said());
            assert_eq!(said.len(), 1, "{purpose:?} {strike}");
            assert!(said[0].starts_with("text {\"error\":\"bad_action\""));
        }
        assert!(!talk.is_over);
        talk.send(&nonsense);
        let said = messages(&talk.said());
        assert_eq!(said.len(), 2, "{purpose:?} {said:?}");
        assert_eq!(said[1], "close 1008");
        assert!(talk.is_over);
    }
}

#[test]
fn binary_is_nonsense_everywhere_but_on_the_echo() {
    for (purpose, _) in purposes() {
        let said = last(&purpose, &masked(OpCode::Binary, b"{}"));
        match purpose {
            Purpose::Echo => assert_eq!(said, "binary {}"),
            _ => assert!(said.contains("bad_action"), "{purpose:?} {said}"),
        }
    }
}

#[test]
fn sense_between_nonsense_does_not_wipe_the_slate() {
    let mut talk = Talk::socket(Purpose::WatchAll);
    for _ in 0..16 {
        assert!(!talk.is_over);
        talk.send(&text("ping"));
        talk.send(&text("nonsense"));
    }
    assert!(talk.is_over);
}
