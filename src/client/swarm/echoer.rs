//! Who says something to hear it again.

use super::socket::{Arrival, Socket, say};
use super::{Flaw, Flow, Heard, Part, Tally, Window};
use crate::client::Server;

/// Keeps messages in flight to `/ws/echo`. Each has its number and comes back as it was, in its
/// turn.
#[derive(Debug)]
pub struct Echoer {
    socket: Socket,
    window: Window,
    /// Of a message.
    bytes: usize,
}

impl Echoer {
    /// Somebody with this window for messages of `bytes` bytes, or as many as the number needs; the
    /// request is appended to `out`.
    pub fn open(server: &Server, window: Window, bytes: usize, out: &mut Vec<u8>) -> Echoer {
        Echoer {
            socket: Socket::open(server, "/ws/echo", out),
            window,
            bytes,
        }
    }

    /// Fills the window.
    pub fn begin(&mut self, out: &mut Vec<u8>, tally: &mut Tally) {
        while let Some(number) = self.window.ask(tally) {
            say(&message(number, self.bytes), out);
        }
    }
}

fn message(number: u64, bytes: usize) -> String {
    format!("{number:0>bytes$}")
}

impl Part for Echoer {
    type Record = Tally;

    fn hear(
        &mut self,
        input: &mut [u8],
        out: &mut Vec<u8>,
        tally: &mut Tally,
    ) -> Result<Heard, Flaw> {
        let (window, bytes) = (&mut self.window, self.bytes);
        self.socket.hear(input, out, |arrival, out| {
            match arrival {
                Arrival::Open => tally.ready += 1,
                Arrival::Text(echo) => {
                    let number = window.answer(echo.as_bytes(), tally)?;
                    if *echo != message(number, bytes) {
                        return Err(Flaw::wrong("another echo was due", echo.as_bytes()));
                    }
                    if let Some(number) = window.ask(tally) {
                        say(&message(number, bytes), out);
                    }
                }
                Arrival::Ping | Arrival::Pong => {}
            }
            Ok(Flow::On)
        })
    }
}
