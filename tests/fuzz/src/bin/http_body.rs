//! A request's content: the same bytes for every cut, and what a naive reader of RFC 9112 §7.1
//! would have taken them for.

#![no_main]

use doneyet::wire::http::{Body, Framing};
use doneyet_fuzz::{Cuts, Script};
use libfuzzer_sys::fuzz_target;

/// Inputs from here on can use up the budget of 4 KiB for chunk extensions, of which the naive
/// reader knows nothing.
const BUDGET: usize = 4 * 1024;

/// How a body ended: complete after so many bytes of input, still wanting, or with this status.
type End = Result<Option<usize>, u16>;

fuzz_target!(|data: &[u8]| {
    let mut script = Script(data);
    let cuts = Cuts::chosen(&mut script);
    let limit = 1 << script.below(20);
    let framing = match script.byte() {
        0 => Framing::None,
        len @ 1..64 => Framing::Length(u64::from(len)),
        _ => Framing::Chunked,
    };
    let bytes = script.0;

    let seen = read(framing, limit, bytes, &cuts);
    assert_eq!(seen, read(framing, limit, bytes, &Cuts::bytewise()));
    assert_eq!(seen, read(framing, limit, bytes, &Cuts::whole()));
    let expected = match framing {
        Framing::None => (Vec::new(), Ok(Some(0))),
        Framing::Length(len) if len as usize > limit => (Vec::new(), Err(413)),
        Framing::Length(len) => {
            let content = bytes.get(..len as usize);
            (
                content.unwrap_or(bytes).to_vec(),
                Ok(content.map(<[u8]>::len)),
            )
        }
        Framing::Chunked if bytes.len() < BUDGET => Naive::new(bytes, limit).read(),
        Framing::Chunked => return,
    };
    assert_eq!(seen.1, expected.1);
    // Of a body that was refused, nobody sees the content.
    if seen.1.is_ok() {
        assert_eq!(
            seen.0.escape_ascii().to_string(),
            expected.0.escape_ascii().to_string()
        );
    }
});

fn read(framing: Framing, limit: usize, bytes: &[u8], cuts: &Cuts) -> (Vec<u8>, End) {
    let mut body = match Body::new(framing, limit) {
        Ok(body) => body,
        Err(error) => return (Vec::new(), Err(error.status.code())),
    };
    let mut consumed = 0;
    for piece in cuts.pieces(bytes) {
        match body.read(piece) {
            Err(error) => return (Vec::new(), Err(error.status.code())),
            Ok(taken) => {
                assert!(
                    taken == piece.len() || body.is_complete(),
                    "left bytes, wants more"
                );
                consumed += taken;
            }
        }
        if body.is_complete() {
            break;
        }
    }
    let end = body.is_complete().then_some(consumed);
    assert_eq!(body.close().is_ok(), end.is_some());
    let content = body.into_bytes();
    assert!(content.len() <= limit);
    (content, Ok(end))
}

/// The reference: all bytes at hand, the grammar's rules as functions, no state but the place.
struct Naive<'a> {
    rest: &'a [u8],
    room: usize,
    content: Vec<u8>,
}

/// Why reading stops before the end of the body.
enum Stop {
    Short,
    Status(u16),
}

const MALFORMED: Stop = Stop::Status(400);

impl<'a> Naive<'a> {
    fn new(bytes: &'a [u8], limit: usize) -> Naive<'a> {
        Naive {
            rest: bytes,
            room: limit,
            content: Vec::new(),
        }
    }

    fn read(mut self) -> (Vec<u8>, End) {
        let offered = self.rest.len();
        let end = match self.chunked_body() {
            Ok(()) => Ok(Some(offered - self.rest.len())),
            Err(Stop::Short) => Ok(None),
            Err(Stop::Status(code)) => Err(code),
        };
        (self.content, end)
    }

    /// `chunked-body = *chunk last-chunk trailer-section CRLF`
    fn chunked_body(&mut self) -> Result<(), Stop> {
        loop {
            let size = self.chunk_size()?;
            self.chunk_ext()?;
            self.crlf()?;
            if size == 0 {
                break;
            }
            if size > self.room as u128 {
                return Err(Stop::Status(413));
            }
            for _ in 0..size {
                let byte = self.one(|_| true)?;
                self.content.push(byte);
                self.room -= 1;
            }
            self.crlf()?;
        }
        while self.peek()? != b'\r' {
            self.one(is_token)?;
            self.many(is_token)?;
            self.one(|byte| byte == b':')?;
            self.many(is_text)?;
            self.crlf()?;
        }
        self.crlf()
    }

    /// `chunk-size = 1*HEXDIG`, of which we take 16.
    fn chunk_size(&mut self) -> Result<u128, Stop> {
        let mut digits = String::new();
        while digits.is_empty() || self.peek()?.is_ascii_hexdigit() {
            digits.push(char::from(self.one(|byte| byte.is_ascii_hexdigit())?));
            if digits.len() > 16 {
                return Err(MALFORMED);
            }
        }
        u128::from_str_radix(&digits, 16).map_err(|_| MALFORMED)
    }

    /// `chunk-ext = *( BWS ";" … )`: what follows the first semicolon is any text.
    fn chunk_ext(&mut self) -> Result<(), Stop> {
        if self.peek()? == b'\r' {
            return Ok(());
        }
        self.many(|byte| matches!(byte, b' ' | b'\t'))?;
        self.one(|byte| byte == b';')?;
        self.many(is_text)
    }

    fn crlf(&mut self) -> Result<(), Stop> {
        self.one(|byte| byte == b'\r')?;
        self.one(|byte| byte == b'\n').map(drop)
    }

    fn many(&mut self, allowed: fn(u8) -> bool) -> Result<(), Stop> {
        while allowed(self.peek()?) {
            self.one(allowed)?;
        }
        Ok(())
    }

    fn one(&mut self, allowed: fn(u8) -> bool) -> Result<u8, Stop> {
        let byte = self.peek()?;
        self.rest = &self.rest[1..];
        if allowed(byte) {
            Ok(byte)
        } else {
            Err(MALFORMED)
        }
    }

    fn peek(&self) -> Result<u8, Stop> {
        self.rest.first().copied().ok_or(Stop::Short)
    }
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn is_text(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}
