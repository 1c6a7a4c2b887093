//! Frames: the examples of the RFC, every header there is and back, and every rule at its byte.

use doneyet::wire::frame::{self, Header, MAX_HEADER, OpCode, Role};

use crate::Random;

const OPCODES: [OpCode; 6] = [
    OpCode::Continuation,
    OpCode::Text,
    OpCode::Binary,
    OpCode::Close,
    OpCode::Ping,
    OpCode::Pong,
];

/// The lengths around each change of the length's form.
const LENGTHS: [u64; 14] = [
    0,
    1,
    2,
    124,
    125,
    126,
    127,
    128,
    255,
    256,
    65_535,
    65_536,
    u32::MAX as u64 + 1,
    (1 << 63) - 1,
];

fn encoded(header: Header) -> Vec<u8> {
    let mut out = Vec::new();
    header.encode(&mut out);
    out
}

/// Who reads a frame with this masking key.
fn reader(mask: Option<[u8; 4]>) -> Role {
    if mask.is_some() {
        Role::Server
    } else {
        Role::Client
    }
}

/// Every header that may be sent, with its bytes.
fn legal_headers() -> impl Iterator<Item = (Header, Vec<u8>)> {
    let masks = [None, Some([0; 4]), Some([0x37, 0xfa, 0x21, 0x3d])];
    OPCODES.into_iter().flat_map(move |opcode| {
        let lengths = LENGTHS
            .into_iter()
            .filter(move |&len| !opcode.is_control() || len <= 125);
        lengths.flat_map(move |len| {
            masks.into_iter().flat_map(move |mask| {
                let finals = [true, false]
                    .into_iter()
                    .filter(move |f| *f || !opcode.is_control());
                finals.map(move |is_final| {
                    let header = Header {
                        is_final,
                        opcode,
                        mask,
                        len,
                    };
                    (header, encoded(header))
                })
            })
        })
    })
}

#[test]
fn the_examples_of_the_rfc_are_read_and_written() {
    // RFC 6455 §5.7: a header as bytes, and what it says.
    let header = |is_final, opcode, mask, len| Header {
        is_final,
        opcode,
        mask,
        len,
    };
    let key = Some([0x37, 0xfa, 0x21, 0x3d]);
    let examples: [(&[u8], Header); 8] = [
        (b"\x81\x05", header(true, OpCode::Text, None, 5)),
        (
            b"\x81\x85\x37\xfa\x21\x3d",
            header(true, OpCode::Text, key, 5),
        ),
        (b"\x01\x03", header(false, OpCode::Text, None, 3)),
        (b"\x80\x02", header(true, OpCode::Continuation, None, 2)),
        (b"\x89\x05", header(true, OpCode::Ping, None, 5)),
        (
            b"\x8a\x85\x37\xfa\x21\x3d",
            header(true, OpCode::Pong, key, 5),
        ),
        (b"\x82\x7e\x01\x00", header(true, OpCode::Binary, None, 256)),
        (
            b"\x82\x7f\0\0\0\0\0\x01\0\0",
            header(true, OpCode::Binary, None, 65_536),
        ),
    ];
    for (bytes, header) in examples {
        assert_eq!(
            Header::parse(bytes, reader(header.mask)),
            Ok(Some((header, bytes.len())))
        );
        assert_eq!(encoded(header), bytes);
    }
}

#[test]
fn the_hello_of_the_rfc_is_written_masked_and_unmasked() {
    let mut out = Vec::new();
    frame::encode(OpCode::Text, b"Hello", &mut out);
    frame::encode_masked(OpCode::Text, b"Hello", [0x37, 0xfa, 0x21, 0x3d], &mut out);
    let plain = b"\x81\x05Hello";
    let masked = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
    assert_eq!(out, [&plain[..], masked].concat());
}

#[test]
fn every_header_survives_the_wire() {
    for (header, bytes) in legal_headers() {
        let read = Header::parse(&bytes, reader(header.mask));
        assert_eq!(read, Ok(Some((header, bytes.len()))), "{bytes:x?}");
        assert!(bytes.len() <= MAX_HEADER);
    }
}

#[test]
fn a_header_is_not_read_before_its_last_byte_and_not_changed_by_what_follows() {
    for (header, bytes) in legal_headers() {
        let role = reader(header.mask);
        for end in 0..bytes.len() {
            assert_eq!(
                Header::parse(&bytes[..end], role),
                Ok(None),
                "{bytes:x?}, {end} bytes"
            );
        }
        for trailing in [
            &b"\0"[..],
            b"\xff",
            b"\xff\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\x81\x05H",
        ] {
            let longer = [&bytes, trailing].concat();
            assert_eq!(
                Header::parse(&longer, role),
                Ok(Some((header, bytes.len())))
            );
        }
    }
}

#[test]
fn a_broken_rule_is_refused_at_the_byte_that_breaks_it() {
    use Role::{Client, Server};
    // Each ends with the byte that breaks the rule named.
    let cases: [(Role, &[u8], &str); 30] = [
        (Server, b"\xc1", "reserved bit"),
        (Server, b"\xa1", "reserved bit"),
        (Server, b"\x91", "reserved bit"),
        (Client, b"\xf1", "reserved bit"),
        (Server, b"\x41", "reserved bit"),
        (Server, b"\x83", "reserved opcode"),
        (Server, b"\x84", "reserved opcode"),
        (Server, b"\x85", "reserved opcode"),
        (Server, b"\x86", "reserved opcode"),
        (Server, b"\x87", "reserved opcode"),
        (Server, b"\x8b", "reserved opcode"),
        (Client, b"\x8c", "reserved opcode"),
        (Client, b"\x8d", "reserved opcode"),
        (Client, b"\x8e", "reserved opcode"),
        (Client, b"\x0f", "reserved opcode"),
        (Server, b"\x08", "fragmented control"),
        (Server, b"\x09", "fragmented control"),
        (Client, b"\x0a", "fragmented control"),
        (Server, b"\x81\x05", "unmasked"),
        (Server, b"\x80\x00", "unmasked"),
        (Server, b"\x88\x7e", "unmasked"),
        (Client, b"\x81\x85", "masked"),
        (Client, b"\x8a\x80", "masked"),
        (Server, b"\x88\xfe", "control frame longer"),
        (Server, b"\x89\xff", "control frame longer"),
        (Client, b"\x8a\x7e", "control frame longer"),
        (Client, b"\x82\x7e\x00\x7d", "shortest form"),
        (Server, b"\x82\xfe\x00\x00", "shortest form"),
        (Server, b"\x82\xff\x00\x00\x00\x00\x00\x00", "shortest form"),
        (Server, b"\x82\xff\x80", "2^63"),
    ];
    for (role, bytes, rule) in cases {
        for end in 0..bytes.len() {
            assert_eq!(
                Header::parse(&bytes[..end], role),
                Ok(None),
                "{bytes:x?}, {end} bytes"
            );
        }
        for trailing in [
            &b""[..],
            b"\0",
            b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        ] {
            let violation = Header::parse(&[bytes, trailing].concat(), role).unwrap_err();
            assert_eq!(violation.code.value(), 1002, "{bytes:x?}");
            assert!(
                violation.why.contains(rule),
                "{bytes:x?}: {}",
                violation.why
            );
        }
    }
}

/// The first two bytes decide most rules: a second reading of the RFC, for all of them.
#[test]
fn every_first_two_bytes_are_judged_by_the_rules() {
    for pair in 0..=u16::MAX {
        let [first, second] = pair.to_be_bytes();
        let (fin, rsv, opcode) = (first >> 7, first >> 4 & 7, first & 15);
        let (masked, short) = (second >> 7, second & 127);
        let legal = rsv == 0
            && matches!(opcode, 0..=2 | 8..=10)
            && (opcode < 8 || (fin == 1 && short <= 125));
        for (role, must_be_masked) in [(Role::Server, 1), (Role::Client, 0)] {
            let verdict = Header::parse(&[first, second], role);
            assert_eq!(
                verdict.is_ok(),
                legal && masked == must_be_masked,
                "{first:x} {second:x}"
            );
        }
    }
}

#[test]
fn any_bytes_get_an_answer() {
    let mut random = Random::new(4);
    for _ in 0..20_000 {
        let len = random.below(20);
        let bytes = random.bytes(len);
        for role in [Role::Client, Role::Server] {
            if let Ok(Some((header, len))) = Header::parse(&bytes, role) {
                assert_eq!(encoded(header), bytes[..len], "one header, one spelling");
            }
        }
    }
}

#[test]
fn a_frame_is_written_with_its_header_and_payload() {
    let mut random = Random::new(5);
    for len in [0, 1, 2, 3, 4, 5, 7, 8, 9, 125, 126, 127, 65_535, 65_536] {
        let (payload, key) = (random.bytes(len), random.key());
        let mut out = b"already there".to_vec();
        frame::encode_masked(OpCode::Binary, &payload, key, &mut out);
        assert!(out.starts_with(b"already there"));

        let bytes = &out[13..];
        let (header, header_len) = Header::parse(bytes, Role::Server).unwrap().unwrap();
        assert_eq!((header.is_final, header.opcode), (true, OpCode::Binary));
        assert_eq!((header.mask, header.len), (Some(key), len as u64));
        let unmasked = bytes[header_len..]
            .iter()
            .zip(key.iter().cycle())
            .map(|(b, k)| b ^ k);
        assert!(unmasked.eq(payload.iter().copied()), "{len} bytes");

        out.clear();
        frame::encode(OpCode::Binary, &payload, &mut out);
        assert!(out.ends_with(&payload));
        let (header, header_len) = Header::parse(&out, Role::Client).unwrap().unwrap();
        assert_eq!((header.mask, header.len), (None, len as u64));
        assert_eq!(out.len(), header_len + len);
    }
}

#[test]
fn the_control_opcodes_are_those_from_eight_on() {
    for opcode in OPCODES {
        assert_eq!(opcode.is_control(), opcode as u8 >= 8, "{opcode:?}");
    }
}
