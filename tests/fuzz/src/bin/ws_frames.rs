//! Frames to messages: the same for every cut, what a naive reader of RFC 6455 §5 makes of them,
//! and no memory that was not paid for in bytes.

#![no_main]

use doneyet::wire::frame::Role;
use doneyet::wire::message::{Assembler, Limits, Message};
use doneyet_fuzz::{Cuts, Script, meter};
use libfuzzer_sys::fuzz_target;

#[global_allocator]
static METER: meter::Meter = meter::Meter;

/// The messages before the end (opcode and payload, of a Close its code and reason), and the close
/// code of the rule that was broken, if one was.
type Heard = (Vec<(u8, Vec<u8>)>, Option<u16>);

fuzz_target!(|data: &[u8]| {
    let mut script = Script(data);
    let cuts = Cuts::chosen(&mut script);
    let role = [Role::Server, Role::Client][script.below(2)];
    let limits = Limits {
        message: 1 << script.below(17),
        fragments: 1 + script.below(16) as u32,
    };
    let bytes = script.0;

    let heard = listen(bytes, &cuts, role, &limits);
    assert_eq!(
        heard,
        listen(bytes, &Cuts::bytewise(), role, &limits),
        "bytewise"
    );
    assert_eq!(
        heard,
        listen(bytes, &Cuts::whole(), role, &limits),
        "in one piece"
    );
    assert_eq!(
        heard,
        Naive {
            rest: bytes,
            role,
            limits
        }
        .read(),
        "the naive reader"
    );
});

fn listen(bytes: &[u8], cuts: &Cuts, role: Role, limits: &Limits) -> Heard {
    let mut assembler = Assembler::default();
    let mut heard = Vec::new();
    let mut input = Vec::new();
    for piece in cuts.pieces(bytes) {
        input.extend_from_slice(piece);
        loop {
            let (step, rise) = meter::rise(|| assembler.next(&mut input, role, limits));
            // A vector doubles; besides it there are one box and one close reason.
            assert!(
                rise <= 2 * limits.message.min(bytes.len()) + 512,
                "{rise} bytes more"
            );
            let step = match step {
                Ok(step) => step,
                Err(violation) => return (heard, Some(violation.code.value())),
            };
            let (consumed, message) = (step.consumed, step.message.map(plain));
            input.drain(..consumed);
            let Some(message) = message else {
                assert!(input.len() <= 130, "a tail of more than a control frame");
                break;
            };
            heard.push(message);
            if heard.last().is_some_and(|(opcode, _)| *opcode == 8) {
                return (heard, None);
            }
        }
    }
    (heard, None)
}

fn plain(message: Message<'_>) -> (u8, Vec<u8>) {
    match message {
        Message::Text(text) => (1, text.as_bytes().to_vec()),
        Message::Binary(bytes) => (2, bytes.to_vec()),
        Message::Close(close) => {
            let mut payload = Vec::new();
            close.encode(&mut payload);
            (8, payload)
        }
        Message::Ping(bytes) => (9, bytes.to_vec()),
        Message::Pong(bytes) => (10, bytes.to_vec()),
    }
}

/// The reference: one frame after the other, every rule where RFC 6455 states it.
struct Naive<'a> {
    rest: &'a [u8],
    role: Role,
    limits: Limits,
}

/// Why reading stops: no more bytes, or a rule was broken.
type Stop = Option<u16>;

impl Naive<'_> {
    fn read(mut self) -> Heard {
        let mut heard = Vec::new();
        let mut begun = None;
        loop {
            match self.frame(&mut begun) {
                Ok(Some(message)) => {
                    heard.push(message);
                    if heard.last().is_some_and(|(opcode, _)| *opcode == 8) {
                        return (heard, None);
                    }
                }
                Ok(None) => {}
                Err(stop) => return (heard, stop),
            }
        }
    }

    /// Reads a frame into the message `begun`: its opcode, its bytes, its count of frames.
    fn frame(
        &mut self,
        begun: &mut Option<(u8, Vec<u8>, u32)>,
    ) -> Result<Option<(u8, Vec<u8>)>, Stop> {
        let first = self.byte()?;
        let (is_final, opcode) = (first & 0x80 != 0, first & 0x0f);
        let is_control = opcode >= 8;
        // §5.2: reserved bits and opcodes; §5.5: control frames are not fragmented.
        rule(first & 0x70 == 0 && matches!(opcode, 0..=2 | 8..=10), 1002)?;
        rule(is_final || !is_control, 1002)?;
        let second = self.byte()?;
        rule((second & 0x80 != 0) == (self.role == Role::Server), 1002)?;
        rule(!is_control || second & 0x7f <= 125, 1002)?;
        let len = self.len(second & 0x7f)?;
        let key = match self.role {
            Role::Server => [self.byte()?, self.byte()?, self.byte()?, self.byte()?],
            Role::Client => [0; 4],
        };
        if is_control {
            return self.control(opcode, len as usize, key).map(Some);
        }
        // §5.4: a continuation continues, anything else begins.
        rule((opcode == 0) == begun.is_some(), 1002)?;
        let (kind, mut bytes, frames) = begun.take().unwrap_or((opcode, Vec::new(), 0));
        rule(frames < self.limits.fragments, 1008)?;
        rule(len <= (self.limits.message - bytes.len()) as u64, 1009)?;
        for index in 0..len as usize {
            bytes.push(self.byte()? ^ key[index % 4]);
            // §8.1, at once: std tells what cannot become text from what only has not yet.
            rule(kind != 1 || may_be_text(&bytes), 1007)?;
        }
        if !is_final {
            *begun = Some((kind, bytes, frames + 1));
            return Ok(None);
        }
        rule(kind != 1 || str::from_utf8(&bytes).is_ok(), 1007)?;
        Ok(Some((kind, bytes)))
    }

    fn control(&mut self, opcode: u8, len: usize, key: [u8; 4]) -> Result<(u8, Vec<u8>), Stop> {
        let mut payload = Vec::new();
        for index in 0..len {
            payload.push(self.byte()? ^ key[index % 4]);
        }
        if opcode == 8 && !payload.is_empty() {
            rule(payload.len() >= 2, 1002)?;
            let code = u16::from_be_bytes([payload[0], payload[1]]);
            // §7.4.1 and the registry it founded; 1004–1006 and 1015 are never sent.
            let known = matches!(code, 1000..=1014 | 3000..=4999);
            rule(known && !matches!(code, 1004..=1006), 1002)?;
            rule(str::from_utf8(&payload[2..]).is_ok(), 1007)?;
        }
        Ok((opcode, payload))
    }

    /// The length, in its shortest form and below 2⁶³; refused at the byte that decides it.
    fn len(&mut self, short: u8) -> Result<u64, Stop> {
        let (width, least) = match short {
            126 => (2, 126),
            127 => (8, 0x1_0000),
            len => return Ok(u64::from(len)),
        };
        let mut len = 0_u64;
        for missing in (0..width).rev() {
            len = len << 8 | u64::from(self.byte()?);
            rule(missing < 7 || len < 0x80, 1002)?;
            // The most it can still become.
            let most = u128::from(len + 1) << (8 * missing);
            rule(most > least, 1002)?;
        }
        Ok(len)
    }

    fn byte(&mut self) -> Result<u8, Stop> {
        let (&byte, rest) = self.rest.split_first().ok_or(None)?;
        self.rest = rest;
        Ok(byte)
    }
}

fn rule(holds: bool, code: u16) -> Result<(), Stop> {
    if holds { Ok(()) } else { Err(Some(code)) }
}

/// Whether `bytes` are text, or may become text with more behind them.
fn may_be_text(bytes: &[u8]) -> bool {
    str::from_utf8(bytes).map_or_else(|error| error.error_len().is_none(), |_| true)
}
