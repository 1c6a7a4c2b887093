//! Bytes to values and back: each codec against the least that anybody would have to do.
//!
//! `cargo bench --bench codec`

mod harness;

use std::hint::black_box;

use doneyet::task::derived::Derived;
use doneyet::task::state::State;
use doneyet::task::{Mode, Patch, TaskId, Update};
use doneyet::wire::frame::{self, Header, OpCode, Role};
use doneyet::wire::http::{Fields, Head, Scan};
use doneyet::wire::mask;
use doneyet::wire::message::{Assembler, Limits, Message};
use harness::Effort;
use harness::contest::Contest;
use serde_json::{Map, Value};

const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
const LIMITS: Limits = Limits {
    message: 4096,
    fragments: 64,
};

/// What a worker sends several times a second.
const PATCH: &str = r#"{"progress":42.5,"speed":"2.5MB/s","eta":"00:30","status":"downloading"}"#;

/// What a browser sends once per tab.
const HANDSHAKE: &[u8] = b"GET /ws/progress/dl-42 HTTP/1.1\r\n\
    Host: localhost:8765\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)\r\n\
    Accept-Encoding: gzip, deflate, br, zstd\r\n\
    Accept-Language: en-US,en;q=0.9\r\n\
    Cache-Control: no-cache\r\n\
    Connection: Upgrade\r\n\
    Origin: http://localhost:8765\r\n\
    Pragma: no-cache\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\
    Upgrade: websocket\r\n\r\n";

fn main() {
    let effort = Effort::from_args();
    for len in [PATCH.len(), 64 * 1024] {
        masking(len, effort);
    }
    headers(effort);
    messages(effort);
    heads(effort);
    states(effort);
    updates(effort);
}

fn masking(len: usize, effort: Effort) {
    let plain: Vec<u8> = (0..len).map(|index| index as u8).collect();
    let (mut naive, mut wide) = (plain.clone(), plain);
    mask_naively(&mut naive, KEY);
    mask::apply(&mut wide, KEY, 0);
    assert_eq!(naive, wide);

    Contest::new(&format!("mask {len} bytes"), len, "byte", effort)
        .enter("naive twin", || mask_naively(black_box(&mut naive), KEY))
        .enter("mask::apply", || mask::apply(black_box(&mut wide), KEY, 0))
        .hold();
}

/// RFC 6455 §5.3, word by word.
fn mask_naively(payload: &mut [u8], key: [u8; 4]) {
    for (index, byte) in payload.iter_mut().enumerate() {
        *byte ^= key[index % 4];
    }
}

fn headers(effort: Effort) {
    let mut frame = Vec::new();
    frame::encode_masked(OpCode::Text, PATCH.as_bytes(), KEY, &mut frame);
    let header = Header {
        is_final: true,
        opcode: OpCode::Text,
        mask: Some(KEY),
        len: PATCH.len() as u64,
    };
    assert_eq!(Header::parse(&frame, Role::Server), Ok(Some((header, 6))));

    Contest::new("frame header", 1, "header", effort)
        .enter("copy its 6 bytes", || {
            black_box(&frame).first_chunk::<6>().copied()
        })
        .enter("Header::parse", || {
            Header::parse(black_box(&frame), Role::Server)
        })
        .hold();
}

fn messages(effort: Effort) {
    const COUNT: usize = 1000;
    let mut input = Vec::new();
    for _ in 0..COUNT {
        frame::encode_masked(OpCode::Text, PATCH.as_bytes(), KEY, &mut input);
    }
    let (mut scratch, mut copy) = (input.clone(), input.clone());
    assert_eq!(count_messages(&mut scratch), COUNT);

    // Reading unmasks in place, so the assembler has to be given a copy each time as well.
    Contest::new("1000 small masked text frames", COUNT, "message", effort)
        .enter("memcpy", || copy.copy_from_slice(black_box(&input)))
        .enter("memcpy + Assembler::next", || {
            scratch.copy_from_slice(black_box(&input));
            count_messages(&mut scratch)
        })
        .hold();
}

fn count_messages(mut input: &mut [u8]) -> usize {
    let mut assembler = Assembler::default();
    let mut count = 0;
    while !input.is_empty() {
        let step = assembler
            .next(input, Role::Server, &LIMITS)
            .expect("valid frames");
        let consumed = step.consumed;
        match step.message {
            Some(Message::Text(text)) => assert_eq!(text.len(), PATCH.len()),
            other => panic!("{other:?}"),
        }
        count += 1;
        input = &mut input[consumed..];
    }
    count
}

fn heads(effort: Effort) {
    let mut fields = Fields::default();
    let head = Head::parse(HANDSHAKE, &mut fields).expect("a good head");
    assert_eq!(head.target, "/ws/progress/dl-42");
    assert_eq!(head.host(), Some("localhost:8765"));
    assert_eq!(
        Scan::default().advance(HANDSHAKE),
        Ok(Some(HANDSHAKE.len()))
    );
    assert_eq!(naive_end(HANDSHAKE), Some(HANDSHAKE.len()));

    Contest::new(
        "a browser's handshake, as it came in one read",
        1,
        "head",
        effort,
    )
    .enter("look for the empty line", || {
        naive_end(black_box(HANDSHAKE))
    })
    .enter("Scan", || Scan::default().advance(black_box(HANDSHAKE)))
    .enter("Scan + Head::parse", || {
        let end = Scan::default().advance(black_box(HANDSHAKE));
        let mut fields = Fields::default();
        let bytes = &HANDSHAKE[..end.ok().flatten().unwrap_or_default()];
        Head::parse(bytes, &mut fields).map(|head| head.target.len())
    })
    .hold();
}

/// The end of a head that a trusting server finds, who checks nothing on the way.
fn naive_end(bytes: &[u8]) -> Option<usize> {
    let at = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some(at + 4)
}

fn states(effort: Effort) {
    let id = TaskId::new("dl-42").expect("an id");
    let (state, mut rate) = (publish(&State::default(), PATCH), Derived::default());
    let json = state.encode(&id, 7, 1_724_323_200_123);
    let read: Value = serde_json::from_slice(&json).expect("JSON");
    assert_eq!(read["progress"], 42.5);
    assert_eq!(read["rev"], 7);

    let mut fields: Map<String, Value> = serde_json::from_str(PATCH).expect("JSON");
    Contest::new("one publish, from JSON to JSON", 1, "publish", effort)
        .enter("serde_json: parse, insert, write", || {
            let patch: Map<String, Value> = serde_json::from_str(black_box(PATCH)).expect("JSON");
            fields.extend(patch);
            serde_json::to_vec(&fields)
        })
        .enter("Patch::parse + State::apply + encode", || {
            let patch = Patch::parse(black_box(PATCH).as_bytes()).expect("a patch");
            let next = state.apply(patch, Mode::Merge, &mut rate, 0);
            next.map(|next| next.encode(&id, 8, 1_724_323_200_123))
        })
        .hold();
}

fn publish(state: &State, patch: &str) -> State {
    let patch = Patch::parse(patch.as_bytes()).expect("a patch");
    let next = state.apply(patch, Mode::Merge, &mut Derived::default(), 0);
    next.expect("a good state")
}

fn updates(effort: Effort) {
    let json = PATCH.as_bytes();
    let update = Update::new(7, false, json);
    assert_eq!(update.json(), json);
    assert_eq!(&update.frame()[..2], [0x81, json.len() as u8]);

    Contest::new("one revision as a shared frame", 1, "update", effort)
        .enter("copy the JSON into an Rc", || {
            std::rc::Rc::<[u8]>::from(black_box(json))
        })
        .enter("Update::new", || Update::new(7, false, black_box(json)))
        .hold();
}
