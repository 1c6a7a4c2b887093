//! What a Close frame may say, and what becomes of one that says something else.

use doneyet::wire::close::{Close, CloseCode, MAX_REASON, Violation};

fn payload(code: u16, reason: &[u8]) -> Vec<u8> {
    [&code.to_be_bytes(), reason].concat()
}

fn encoded(close: &Close) -> Vec<u8> {
    let mut out = Vec::new();
    close.encode(&mut out);
    out
}

/// The code a payload is answered with when it is refused.
fn refusal(payload: &[u8]) -> Option<u16> {
    Close::parse(payload)
        .err()
        .map(|violation| violation.code.value())
}

#[test]
fn exactly_the_registered_and_the_private_codes_may_be_sent() {
    let allowed: Vec<u16> = (0..=u16::MAX)
        .filter(|&value| CloseCode::new(value).is_some())
        .collect();
    let expected: Vec<u16> = (1000..=1003)
        .chain(1007..=1014)
        .chain(3000..=4999)
        .collect();
    assert_eq!(allowed, expected);
}

#[test]
fn the_named_codes_are_among_them() {
    let named = [
        (CloseCode::NORMAL, 1000),
        (CloseCode::GOING_AWAY, 1001),
        (CloseCode::PROTOCOL_ERROR, 1002),
        (CloseCode::UNSUPPORTED, 1003),
        (CloseCode::INVALID_PAYLOAD, 1007),
        (CloseCode::POLICY, 1008),
        (CloseCode::TOO_BIG, 1009),
        (CloseCode::INTERNAL, 1011),
        (CloseCode::TRY_AGAIN_LATER, 1013),
    ];
    for (code, value) in named {
        assert_eq!(code.value(), value);
        assert_eq!(CloseCode::new(value), Some(code));
    }
}

#[test]
fn an_empty_payload_says_nothing() {
    assert_eq!(
        Close::parse(b""),
        Ok(Close {
            code: None,
            reason: String::new()
        })
    );
    assert_eq!(encoded(&Close::default()), b"");
}

#[test]
fn code_and_reason_survive_the_wire() {
    let longest = "x".repeat(MAX_REASON);
    for reason in ["", "bye", "\u{4e2d}\u{6587} \u{1f389}", &longest] {
        for value in [1000, 1001, 1010, 1014, 3000, 4999] {
            let bytes = payload(value, reason.as_bytes());
            let close = Close::parse(&bytes).unwrap();
            assert_eq!(close.code, CloseCode::new(value));
            assert_eq!(close.reason, reason);
            assert_eq!(encoded(&close), bytes);
        }
    }
}

#[test]
fn half_a_code_is_a_protocol_error() {
    for byte in [0, 3, 0xff] {
        assert_eq!(refusal(&[byte]), Some(1002), "{byte}");
    }
}

#[test]
fn a_code_that_must_not_be_sent_is_a_protocol_error() {
    for value in [
        0,
        999,
        1004,
        1005,
        1006,
        1015,
        1016,
        1100,
        2000,
        2999,
        5000,
        u16::MAX,
    ] {
        assert_eq!(refusal(&payload(value, b"")), Some(1002), "{value}");
        assert_eq!(refusal(&payload(value, b"reason")), Some(1002), "{value}");
        assert_eq!(
            refusal(&payload(value, b"\xff")),
            Some(1002),
            "{value}: the first fault counts"
        );
    }
}

#[test]
fn a_reason_that_is_not_utf8_is_an_invalid_payload() {
    for reason in [
        &b"\xff"[..],
        b"cut off \xe2\x82",
        b"\xed\xa0\x80",
        b"ok \xc0\xaf",
    ] {
        assert_eq!(refusal(&payload(1000, reason)), Some(1007), "{reason:x?}");
    }
}

#[test]
fn a_long_reason_is_cut_between_two_characters() {
    for (character, kept) in [
        ("x", 123),
        ("\u{e9}", 122),
        ("\u{20ac}", 123),
        ("\u{1f389}", 120),
    ] {
        let close = Close {
            code: Some(CloseCode::NORMAL),
            reason: character.repeat(200),
        };
        let bytes = encoded(&close);
        assert_eq!(bytes.len(), 2 + kept, "{character}");
        let back = Close::parse(&bytes).unwrap();
        assert_eq!(back.reason, character.repeat(kept / character.len()));
    }
}

#[test]
fn a_reason_without_a_code_is_not_taken_for_one() {
    assert_eq!(
        encoded(&Close {
            code: None,
            reason: "lost".into()
        }),
        b""
    );
}

#[test]
fn a_violation_becomes_the_close_that_tells_of_it() {
    let violation = Violation::protocol("reserved bit set");
    let close = Close::from(violation);
    assert_eq!(encoded(&close), payload(1002, b"reserved bit set"));
    assert_eq!(violation.to_string(), "reserved bit set (1002)");
}
