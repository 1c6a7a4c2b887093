//! The client half of `wire/` as the Autobahn TestSuite wants a client: for each case it opens a
//! WebSocket, sends back every message as it came, and lets the suite judge.
//!
//! `autobahn_client ADDR:PORT` runs all the cases that the suite's server there offers.

use std::error::Error;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use doneyet::wire::close::Close;
use doneyet::wire::frame::{self, OpCode, Role};
use doneyet::wire::handshake::Opening;
use doneyet::wire::http::{Fields, ReplyHead, Scan};
use doneyet::wire::message::{Assembler, Limits, Message};

/// The suite's largest message is 16 MiB, and one of 4 MiB comes in 65,536 frames.
const LIMITS: Limits = Limits {
    message: 16 << 20,
    fragments: 1 << 17,
};

/// Longer than any pause the suite makes.
const PATIENCE: Duration = Duration::from_secs(30);

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let server = std::env::args().nth(1).ok_or("ADDR:PORT is missing")?;
    let mut count = None;
    Connection::open(&server, "/getCaseCount")?.converse(|text| count = text.parse().ok())?;
    let count: u32 = count.ok_or("the suite did not say how many cases there are")?;
    for case in 1..=count {
        let target = format!("/runCase?case={case}&agent=doneyet");
        // A server that breaks off is part of many cases, and the suite knows what it did.
        let _ = Connection::open(&server, &target)?.echo();
    }
    Connection::open(&server, "/updateReports?agent=doneyet")?.converse(|_| {})
}

/// A WebSocket to the suite.
struct Connection {
    stream: TcpStream,
    /// Received and not yet read.
    input: Vec<u8>,
    assembler: Assembler,
}

impl Connection {
    fn open(server: &str, target: &str) -> Result<Connection> {
        let mut stream = TcpStream::connect(server)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        // The suite does not mind a nonce and a masking key that anybody can foresee.
        let opening = Opening::new([7; 16]);
        let mut request = Vec::new();
        opening.request(server, target, &[], &mut request);
        stream.write_all(&request)?;

        let mut input = Vec::new();
        let mut scan = Scan::default();
        let len = loop {
            if receive(&mut stream, &mut input)? == 0 {
                return Err("the suite closed instead of a handshake".into());
            }
            if let Some(len) = scan.advance(&input)? {
                break len;
            }
        };
        let mut fields = Fields::default();
        opening.verify(&ReplyHead::parse(&input[..len], &mut fields)?)?;
        input.drain(..len);
        let assembler = Assembler::default();
        Ok(Connection {
            stream,
            input,
            assembler,
        })
    }

    /// Sends back what comes, until the end.
    fn echo(self) -> Result<()> {
        self.run(|message, out| match message {
            Message::Text(text) => frame::encode_masked(OpCode::Text, text.as_bytes(), KEY, out),
            Message::Binary(bytes) => frame::encode_masked(OpCode::Binary, bytes, KEY, out),
            _ => {}
        })
    }

    /// Hears what is said, until the end.
    fn converse(self, mut hear: impl FnMut(&str)) -> Result<()> {
        self.run(|message, _| {
            if let Message::Text(text) = message {
                hear(text);
            }
        })
    }

    fn run(mut self, mut answer: impl FnMut(&Message<'_>, &mut Vec<u8>)) -> Result<()> {
        loop {
            let step = match self.assembler.next(&mut self.input, Role::Client, &LIMITS) {
                Ok(step) => step,
                Err(violation) => return self.close(&Close::from(violation)),
            };
            let mut out = Vec::new();
            match &step.message {
                Some(Message::Ping(payload)) => {
                    frame::encode_masked(OpCode::Pong, payload, KEY, &mut out);
                }
                Some(Message::Close(close)) => {
                    let code = close.code;
                    return self.close(&Close {
                        code,
                        reason: String::new(),
                    });
                }
                Some(message) => answer(message, &mut out),
                None => {}
            }
            let (consumed, is_over) = (step.consumed, step.message.is_none());
            self.input.drain(..consumed);
            self.stream.write_all(&out)?;
            if is_over && receive(&mut self.stream, &mut self.input)? == 0 {
                return Err("the suite closed without a Close".into());
            }
        }
    }

    /// Says goodbye, and leaves it to the server to end the connection (RFC 6455 §7.1.1).
    fn close(mut self, close: &Close) -> Result<()> {
        let (mut payload, mut out) = (Vec::new(), Vec::new());
        close.encode(&mut payload);
        frame::encode_masked(OpCode::Close, &payload, KEY, &mut out);
        // The suite may have closed right behind its own Close; ours then meets a reset, and that
        // is an end as good as any.
        let _ = self.stream.write_all(&out);
        while let Ok(1..) = receive(&mut self.stream, &mut self.input) {
            self.input.clear();
        }
        Ok(())
    }
}

const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// Appends what there is to `input`; 0 at the end of the stream.
fn receive(stream: &mut TcpStream, input: &mut Vec<u8>) -> Result<usize> {
    let mut piece = [0; 64 * 1024];
    let count = stream.read(&mut piece)?;
    input.extend_from_slice(&piece[..count]);
    Ok(count)
}
