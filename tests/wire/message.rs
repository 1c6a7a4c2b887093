//! Messages out of frames: for both roles, and wherever the network cuts.

use std::borrow::Cow;

use doneyet::wire::close::{Close, CloseCode};
use doneyet::wire::frame::{self, OpCode, Role};
use doneyet::wire::message::{Assembler, Message, Step};

use crate::reader::Sent::{self, Final, More};
use crate::reader::{CLEAN, End, Heard, LIMITS, ROLES, UNLIMITED};
use crate::reader::{binary, hear, ping, pong, stream, text};
use crate::{Cuts, Random};
use OpCode::{Binary, Continuation, Ping, Pong, Text};

/// Streams that say something, complete.
fn conversations() -> Vec<(Vec<Sent<'static>>, Vec<Message<'static>>)> {
    let bye = Close {
        code: Some(CloseCode::NORMAL),
        reason: "bye".into(),
    };
    vec![
        (vec![], vec![]),
        (vec![Final(Text, b"Hello")], vec![text("Hello")]),
        (vec![Final(Text, b"")], vec![text("")]),
        (vec![Final(Binary, b"")], vec![binary(b"")]),
        (vec![Final(Binary, b"\xff\xfe")], vec![binary(b"\xff\xfe")]),
        (vec![Final(Binary, &[7; 125])], vec![binary(&[7; 125])]),
        (vec![Final(Binary, &[7; 126])], vec![binary(&[7; 126])]),
        (vec![Final(Binary, &[7; 127])], vec![binary(&[7; 127])]),
        (vec![Final(Binary, &[7; 1000])], vec![binary(&[7; 1000])]),
        (vec![Final(Ping, b"")], vec![ping(b"")]),
        (vec![Final(Ping, &[9; 125])], vec![ping(&[9; 125])]),
        (vec![Final(Pong, b"still here")], vec![pong(b"still here")]),
        (
            vec![Final(OpCode::Close, b"")],
            vec![Message::Close(Close::default())],
        ),
        (
            vec![Final(OpCode::Close, b"\x03\xe8bye")],
            vec![Message::Close(bye)],
        ),
        (
            vec![More(Text, b"Hel"), Final(Continuation, b"lo")],
            vec![text("Hello")],
        ),
        (
            vec![More(Binary, b"\0"), Final(Continuation, b"\xff")],
            vec![binary(b"\0\xff")],
        ),
        // Empty fragments first, in the middle and last.
        (
            vec![More(Text, b""), Final(Continuation, b"")],
            vec![text("")],
        ),
        (
            vec![
                More(Text, b""),
                More(Continuation, b"a"),
                More(Continuation, b""),
                Final(Continuation, b""),
            ],
            vec![text("a")],
        ),
        // A character over two and over four frames.
        (
            vec![More(Text, b"\xe2\x82"), Final(Continuation, b"\xac")],
            vec![text("\u{20ac}")],
        ),
        (
            vec![
                More(Text, b"\xf0"),
                More(Continuation, b"\x9f"),
                More(Continuation, b"\x8e"),
                Final(Continuation, b"\x89!"),
            ],
            vec![text("\u{1f389}!")],
        ),
        // Control frames between the fragments are heard first.
        (
            vec![
                More(Text, b"fir"),
                Final(Ping, b"1"),
                Final(Ping, b""),
                More(Continuation, b"s"),
                Final(Pong, b"2"),
                Final(Continuation, b"t"),
            ],
            vec![ping(b"1"), ping(b""), pong(b"2"), text("first")],
        ),
        // Several messages at once; the fragments of the second count from one again.
        (
            vec![
                Final(Text, b"one"),
                More(Binary, b"tw"),
                Final(Continuation, b"o"),
                More(Text, b"thr"),
                Final(Continuation, b"ee"),
                Final(Binary, b"four"),
            ],
            vec![text("one"), binary(b"two"), text("three"), binary(b"four")],
        ),
    ]
}

#[test]
fn a_conversation_is_heard_wherever_it_is_cut() {
    for (frames, messages) in conversations() {
        let expected = Heard {
            messages,
            end: CLEAN,
        };
        for role in ROLES {
            for cuts in Cuts::all() {
                let heard = hear(&stream(&frames, role), cuts, role, &LIMITS);
                assert_eq!(heard, expected, "{frames:?} {role:?} {cuts:?}");
            }
        }
    }
}

#[test]
fn what_follows_a_conversation_does_not_change_it() {
    for (frames, messages) in conversations() {
        for role in ROLES {
            let mut bytes = stream(&frames, role);
            bytes.extend(stream(&[Final(Ping, b"more")], role));
            let whole = bytes.len();
            let header_len = if role == Role::Server { 6 } else { 2 };
            // All of the ping, all but its last byte, and only its first.
            for (end, unconsumed) in [(0, 0), (1, header_len + 3), (header_len + 3, 1)] {
                let mut messages = messages.clone();
                messages.extend((end == 0).then(|| ping(b"more")));
                let expected = Heard {
                    messages,
                    end: End::Idle { unconsumed },
                };
                for cuts in Cuts::all() {
                    let heard = hear(&bytes[..whole - end], cuts, role, &LIMITS);
                    assert_eq!(heard, expected, "{frames:?} {role:?} {cuts:?}");
                }
            }
        }
    }
}

#[test]
fn a_broken_conversation_is_refused_after_what_was_said_before() {
    let empty_fragments = [More(Continuation, b""); 8];
    let cases: Vec<(Vec<Sent<'_>>, Vec<Message<'static>>, u16)> = vec![
        (vec![Final(Continuation, b"of what?")], vec![], 1002),
        (vec![More(Continuation, b"")], vec![], 1002),
        (
            vec![Final(Text, b"done"), Final(Continuation, b"!")],
            vec![text("done")],
            1002,
        ),
        (
            vec![
                More(Text, b"a"),
                Final(Continuation, b"b"),
                Final(Continuation, b"c"),
            ],
            vec![text("ab")],
            1002,
        ),
        (vec![More(Text, b"a"), Final(Text, b"b")], vec![], 1002),
        (vec![More(Text, b"a"), More(Binary, b"b")], vec![], 1002),
        (
            vec![More(Text, b""), Final(Ping, b"p"), Final(Binary, b"")],
            vec![ping(b"p")],
            1002,
        ),
        (vec![Final(OpCode::Close, b"\x03")], vec![], 1002),
        (vec![Final(OpCode::Close, b"\x03\xed")], vec![], 1002),
        (
            vec![More(Text, b"a"), Final(OpCode::Close, b"\x03\xee")],
            vec![],
            1002,
        ),
        (vec![Final(OpCode::Close, b"\x03\xe8\xff")], vec![], 1007),
        (vec![Final(Text, b"\xff")], vec![], 1007),
        (vec![Final(Text, b"cut \xe2\x82")], vec![], 1007),
        (
            vec![More(Text, b"cut \xe2"), Final(Continuation, b"")],
            vec![],
            1007,
        ),
        (
            vec![More(Text, b"cut \xe2"), Final(Continuation, b"\x82")],
            vec![],
            1007,
        ),
        (
            vec![More(Text, b"\xe2\x82"), Final(Continuation, b"A")],
            vec![],
            1007,
        ),
        (
            vec![More(Text, b"\xed"), More(Continuation, b"\xa0")],
            vec![],
            1007,
        ),
        (
            vec![Final(Ping, b"p"), Final(Binary, &[0; 1001])],
            vec![ping(b"p")],
            1009,
        ),
        (
            vec![More(Text, &[b'x'; 600]), Final(Continuation, &[b'x'; 401])],
            vec![],
            1009,
        ),
        (
            vec![More(Binary, &[0; 1000]), More(Continuation, &[0])],
            vec![],
            1009,
        ),
        (
            [&[More(Binary, b"x")], &empty_fragments[..]].concat(),
            vec![],
            1008,
        ),
        (
            [&[More(Text, b"")], &empty_fragments[..]].concat(),
            vec![],
            1008,
        ),
    ];
    for (frames, messages, code) in cases {
        let expected = Heard {
            messages,
            end: End::Refused(code),
        };
        for role in ROLES {
            for trailing in [&b""[..], b"\0", b"\xff\xff\xff\xff"] {
                let bytes = [&stream(&frames, role), trailing].concat();
                for cuts in Cuts::all() {
                    let heard = hear(&bytes, cuts, role, &LIMITS);
                    assert_eq!(heard, expected, "{frames:?} {role:?} {cuts:?}");
                }
            }
        }
    }
}

#[test]
fn a_bad_byte_of_text_is_refused_before_the_rest_of_the_text_comes() {
    // A payload whose last byte is the first wrong one; ten more are announced.
    let payloads: [&[u8]; 5] = [
        b"\xff",
        b"fine so far \xc0",
        b"\xed\xa0",
        b"\xf4\x90",
        b"\xce\xba\xe1\xbd\xb9\xed\xa0",
    ];
    for payload in payloads {
        let announced = [payload, b"0123456789"].concat();
        for role in ROLES {
            let frames = [
                More(Text, b"ok"),
                Final(Ping, b""),
                Final(Continuation, &announced),
            ];
            let bytes = stream(&frames, role);
            let until_bad = &bytes[..bytes.len() - 10];
            let until_good = &bytes[..bytes.len() - 11];
            for cuts in Cuts::all() {
                let refused = hear(until_bad, cuts, role, &LIMITS);
                assert_eq!(refused.end, End::Refused(1007), "{payload:x?} {cuts:?}");
                let waiting = hear(until_good, cuts, role, &LIMITS);
                assert_eq!(
                    waiting.end,
                    End::Unfinished { unconsumed: 0 },
                    "{payload:x?}"
                );
            }
        }
    }
}

#[test]
fn a_whole_message_is_lent_and_an_assembled_one_is_owned() {
    let frames = [
        Final(Text, b"whole"),
        More(Text, b"in "),
        Final(Continuation, b"pieces"),
    ];
    for role in ROLES {
        let mut bytes = stream(&frames, role);
        let mut assembler = Assembler::default();
        let step = assembler.next(&mut bytes, role, &LIMITS).unwrap();
        assert!(matches!(
            step.message,
            Some(Message::Text(Cow::Borrowed("whole")))
        ));
        let consumed = step.consumed;
        let step = assembler
            .next(&mut bytes[consumed..], role, &LIMITS)
            .unwrap();
        assert!(
            matches!(step.message, Some(Message::Text(Cow::Owned(text))) if text == "in pieces")
        );
        assert!(assembler.is_idle());
    }
}

#[test]
fn a_message_leaves_what_is_behind_it_to_the_next_call() {
    let frames = [Final(Text, b"1"), Final(Ping, b"2")];
    let mut bytes = stream(&frames, Role::Server);
    let before = bytes.clone();
    let step = Assembler::default()
        .next(&mut bytes, Role::Server, &LIMITS)
        .unwrap();
    assert_eq!(
        step,
        Step {
            consumed: 7,
            message: Some(text("1"))
        }
    );
    assert_eq!(bytes[7..], before[7..]);
}

#[test]
fn an_idle_assembler_is_one_pointer() {
    assert_eq!(size_of::<Assembler>(), size_of::<usize>());
    assert!(Assembler::default().is_idle());
}

#[test]
fn any_length_is_read_back_as_it_was_written() {
    let mut random = Random::new(7);
    for len in [
        0, 1, 2, 124, 125, 126, 127, 128, 65_534, 65_535, 65_536, 65_537,
    ] {
        let payload = random.bytes(len);
        let expected = Heard {
            messages: vec![binary(&payload); 2],
            end: CLEAN,
        };
        for role in ROLES {
            let mut bytes = Vec::new();
            for _ in 0..2 {
                match role {
                    Role::Client => frame::encode(Binary, &payload, &mut bytes),
                    Role::Server => {
                        frame::encode_masked(Binary, &payload, random.key(), &mut bytes);
                    }
                }
            }
            let odd = Cuts::Random {
                seed: len as u64,
                most: 5000,
            };
            for cuts in [Cuts::Whole, Cuts::EveryByte, odd] {
                let heard = hear(&bytes, cuts, role, &UNLIMITED);
                assert!(heard == expected, "{len} bytes {role:?} {cuts:?}");
            }
        }
    }
}

/// Any message in any fragments, with pings in between.
#[test]
fn random_conversations_survive_fragments_masks_and_cuts() {
    for seed in 0..60 {
        let mut random = Random::new(1000 + seed);
        let letters = ["a", "bcdefghijklmnop", "\u{e9}", "\u{20ac}", "\u{1f389}"];
        let said: Vec<String> = (0..1 + random.below(5))
            .map(|_| {
                (0..random.below(60))
                    .map(|_| letters[random.below(5)])
                    .collect()
            })
            .collect();
        let mut frames = Vec::new();
        let mut messages = Vec::new();
        for said in &said {
            let is_text = random.below(3) > 0;
            fragment(
                said.as_bytes(),
                if is_text { Text } else { Binary },
                &mut random,
                &mut frames,
            );
            messages.push(if is_text {
                text(said)
            } else {
                binary(said.as_bytes())
            });
        }
        for role in ROLES {
            for cuts in Cuts::all() {
                let mut heard = hear(&stream(&frames, role), cuts, role, &UNLIMITED);
                heard
                    .messages
                    .retain(|message| *message != ping(b"now and then"));
                assert_eq!(heard.end, CLEAN, "seed {seed} {role:?} {cuts:?}");
                assert_eq!(heard.messages, messages, "seed {seed} {role:?} {cuts:?}");
            }
        }
    }
}

fn fragment<'a>(
    payload: &'a [u8],
    opcode: OpCode,
    random: &mut Random,
    frames: &mut Vec<Sent<'a>>,
) {
    let (mut opcode, mut rest) = (opcode, payload);
    while random.below(3) > 0 {
        let (piece, tail) = rest.split_at(random.below(rest.len() + 1));
        frames.push(More(opcode, piece));
        if random.below(3) == 0 {
            frames.push(Final(Ping, b"now and then"));
        }
        (opcode, rest) = (Continuation, tail);
    }
    frames.push(Final(opcode, rest));
}

/// Damage one byte of a good stream: whatever is heard then, the cuts must not show in it.
#[test]
fn a_damaged_stream_is_judged_the_same_wherever_it_is_cut() {
    let mut refused = 0;
    for seed in 0..400 {
        let mut random = Random::new(2000 + seed);
        let conversations = conversations();
        let (frames, _) = &conversations[1 + random.below(conversations.len() - 1)];
        let role = ROLES[random.below(2)];
        let mut bytes = stream(frames, role);
        let at = random.below(bytes.len().min(24));
        bytes[at] ^= 1 << random.below(8);

        let whole = hear(&bytes, Cuts::Whole, role, &LIMITS);
        refused += usize::from(matches!(whole.end, End::Refused(_)));
        for cuts in Cuts::all() {
            assert_eq!(
                hear(&bytes, cuts, role, &LIMITS),
                whole,
                "seed {seed} {bytes:x?} {cuts:?}"
            );
        }
    }
    assert!(
        (100..400).contains(&refused),
        "both verdicts occur, {refused} were refused"
    );
}
