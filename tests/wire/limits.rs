//! How much a peer may say at once, and that promises cost nothing.

use doneyet::wire::frame::{Header, OpCode, Role};
use doneyet::wire::message::Limits;

use crate::Cuts;
use crate::reader::Sent::{Final, More};
use crate::reader::{CLEAN, End, Heard, LIMITS, ROLES, UNLIMITED};
use crate::reader::{binary, hear, ping, stream, text};
use OpCode::{Binary, Continuation, Ping, Text};

#[test]
fn a_limit_is_checked_at_the_header_before_any_payload() {
    let header = |is_final, opcode, len| Header {
        is_final,
        opcode,
        mask: None,
        len,
    };
    let cases = [
        (vec![header(true, Text, 1001)], 1009),
        (vec![header(false, Binary, (1 << 63) - 1)], 1009),
        (
            vec![header(false, Binary, 0), header(true, Continuation, 1001)],
            1009,
        ),
        (
            vec![
                header(false, Binary, 0),
                header(true, Continuation, (1 << 63) - 1),
            ],
            1009,
        ),
    ];
    for (headers, code) in cases {
        let mut bytes = Vec::new();
        for header in &headers {
            header.encode(&mut bytes);
        }
        for cuts in Cuts::all() {
            let refused = hear(&bytes, cuts, Role::Client, &LIMITS);
            assert_eq!(refused.end, End::Refused(code), "{headers:?}");
            let last_byte_missing = hear(&bytes[..bytes.len() - 1], cuts, Role::Client, &LIMITS);
            assert!(
                !matches!(last_byte_missing.end, End::Refused(_)),
                "{headers:?}"
            );
        }
    }
}

#[test]
fn messages_at_the_limits_are_heard() {
    let largest = [
        &[More(Binary, &[1; 600][..])][..],
        &[Final(Continuation, &[1; 400])],
    ]
    .concat();
    let mut most = vec![More(Text, b""); 1];
    most.extend([More(Continuation, b"x"); 6]);
    // Control frames belong to no message: they count for nothing.
    most.extend([Final(Ping, b"p"); 20]);
    most.push(Final(Continuation, b"."));
    let mut pings_then_text = vec![ping(b"p"); 20];
    pings_then_text.push(text("xxxxxx."));
    for (frames, messages) in [(largest, vec![binary(&[1; 1000])]), (most, pings_then_text)] {
        let twice = [frames.clone(), frames].concat();
        let expected = Heard {
            messages: [messages.clone(), messages].concat(),
            end: CLEAN,
        };
        for role in ROLES {
            for cuts in Cuts::all() {
                assert_eq!(
                    hear(&stream(&twice, role), cuts, role, &LIMITS),
                    expected,
                    "{cuts:?}"
                );
            }
        }
    }
}

#[test]
fn with_limits_of_nothing_only_control_frames_are_heard() {
    let nothing = Limits {
        message: 0,
        fragments: 0,
    };
    let frames = [Final(Ping, b"p"), Final(Text, b"")];
    for cuts in Cuts::all() {
        let heard = hear(&stream(&frames, Role::Server), cuts, Role::Server, &nothing);
        let expected = Heard {
            messages: vec![ping(b"p")],
            end: End::Refused(1008),
        };
        assert_eq!(heard, expected);
    }
}

#[test]
fn a_promise_of_exabytes_costs_nothing() {
    // Reserving what is announced would end the program here: no machine has this much.
    let mut bytes = Vec::new();
    Header {
        is_final: true,
        opcode: Binary,
        mask: None,
        len: 1 << 62,
    }
    .encode(&mut bytes);
    bytes.extend(b"only this");
    for cuts in Cuts::all() {
        let heard = hear(&bytes, cuts, Role::Client, &UNLIMITED);
        assert_eq!(heard.end, End::Unfinished { unconsumed: 0 });
    }
}

#[test]
fn a_length_beyond_all_memory_beside_stored_bytes_does_not_overflow() {
    let mut bytes = stream(&[More(Binary, b"some")], Role::Client);
    Header {
        is_final: true,
        opcode: Continuation,
        mask: None,
        len: (1 << 63) - 1,
    }
    .encode(&mut bytes);
    let limits = Limits {
        message: (1 << 62) + 4,
        fragments: 2,
    };
    for cuts in Cuts::all() {
        assert_eq!(
            hear(&bytes, cuts, Role::Client, &limits).end,
            End::Refused(1009)
        );
    }
}
