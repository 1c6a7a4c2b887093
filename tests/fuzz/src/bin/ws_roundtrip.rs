//! What one end encodes, the other end decodes to the same value, from any phase and alignment.

#![no_main]

use doneyet::wire::close::{Close, CloseCode, MAX_REASON};
use doneyet::wire::frame::{self, Header, MAX_CONTROL, MAX_HEADER, OpCode, Role};
use doneyet::wire::mask;
use doneyet::wire::message::{Assembler, Limits, Message};
use doneyet_fuzz::{Cuts, Script};
use libfuzzer_sys::fuzz_target;

const ROOM: Limits = Limits {
    message: 1 << 20,
    fragments: 64,
};

fuzz_target!(|data: &[u8]| {
    let mut script = Script(data);
    let cuts = Cuts::chosen(&mut script);
    let key = [script.byte(), script.byte(), script.byte(), script.byte()];
    let code = u16::from_be_bytes([script.byte(), script.byte()]);
    let len = u64::from(code) << script.below(64);
    // A payload at every alignment.
    let payload = &script.0[script.0.len().min(usize::from(key[0] % 8))..];

    headers(len, key);
    masking(payload, key, &cuts);
    messages(payload, key, &cuts);
    closes(payload, code);
});

fn headers(len: u64, key: [u8; 4]) {
    let len = len >> 1;
    for (opcode, is_final, role) in [
        (OpCode::Text, true, Role::Server),
        (OpCode::Continuation, false, Role::Client),
    ] {
        let mask = (role == Role::Server).then_some(key);
        let header = Header {
            is_final,
            opcode,
            mask,
            len,
        };
        let mut out = Vec::new();
        header.encode(&mut out);
        assert!(out.len() <= MAX_HEADER);
        assert_eq!(Header::parse(&out, role), Ok(Some((header, out.len()))));
        for end in 0..out.len() {
            assert_eq!(
                Header::parse(&out[..end], role),
                Ok(None),
                "a part was enough"
            );
        }
    }
}

fn masking(payload: &[u8], key: [u8; 4], cuts: &Cuts) {
    let naive: Vec<u8> = payload
        .iter()
        .zip(key.iter().cycle())
        .map(|(a, b)| a ^ b)
        .collect();
    let mut masked = Vec::new();
    for piece in cuts.pieces(payload) {
        let phase = masked.len();
        masked.extend_from_slice(piece);
        mask::apply(&mut masked[phase..], key, phase);
    }
    assert_eq!(naive, masked);
}

fn messages(payload: &[u8], key: [u8; 4], cuts: &Cuts) {
    let control = &payload[..payload.len().min(MAX_CONTROL)];
    let text = String::from_utf8_lossy(payload);
    let spoken = [
        (OpCode::Binary, payload, Message::Binary(payload.into())),
        (OpCode::Ping, control, Message::Ping(control.into())),
        (
            OpCode::Text,
            text.as_bytes(),
            Message::Text(text.as_ref().into()),
        ),
        (OpCode::Pong, control, Message::Pong(control.into())),
    ];
    for role in [Role::Server, Role::Client] {
        let mut wire = Vec::new();
        for (opcode, bytes, _) in &spoken {
            match role {
                Role::Server => frame::encode_masked(*opcode, bytes, key, &mut wire),
                Role::Client => frame::encode(*opcode, bytes, &mut wire),
            }
        }
        let mut expected = spoken.iter().map(|(_, _, message)| message);
        let mut assembler = Assembler::default();
        let mut input = Vec::new();
        for piece in cuts.pieces(&wire) {
            input.extend_from_slice(piece);
            loop {
                let step = assembler
                    .next(&mut input, role, &ROOM)
                    .expect("a good frame");
                let is_last = step.message.is_none();
                if let Some(message) = step.message {
                    assert_eq!(Some(&message), expected.next());
                }
                let consumed = step.consumed;
                input.drain(..consumed);
                if is_last {
                    break;
                }
            }
        }
        assert_eq!(expected.next(), None, "a message was lost");
        assert!(assembler.is_idle() && input.is_empty());
    }
}

fn closes(reason: &[u8], code: u16) {
    let close = Close {
        code: CloseCode::new(code),
        reason: String::from_utf8_lossy(reason).into_owned(),
    };
    let mut payload = Vec::new();
    close.encode(&mut payload);
    assert!(payload.len() <= MAX_CONTROL);
    let read = Close::parse(&payload).expect("what we say, we understand");
    assert_eq!(read.code, close.code);
    assert!(close.reason.starts_with(&read.reason));
    let is_cut = read.reason.len() < close.reason.len();
    assert!(!is_cut || close.code.is_none() || read.reason.len() > MAX_REASON - 4);
}
