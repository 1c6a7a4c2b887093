//! A worker that publishes as fast as it is read.

use super::socket::{Arrival, Socket, ask, say};
use super::{Ending, Flaw, Flow, Heard, Part, Tally, Window, state_at};
use crate::client::Server;

/// Publishes through a worker's socket, a window at a time. A publish that went well is not
/// answered; a ping behind it is, once it has been read.
#[derive(Debug)]
pub struct Worker {
    socket: Socket,
    task: String,
    window: Window,
    /// Of a state.
    bytes: usize,
}

impl Worker {
    /// The worker of `task`, which publishes states of `bytes` bytes; its request is appended to
    /// `out`.
    pub fn open(
        server: &Server,
        task: &str,
        window: Window,
        bytes: usize,
        out: &mut Vec<u8>,
    ) -> Worker {
        Worker {
            socket: Socket::open(server, &format!("/ws/worker/{task}"), out),
            task: task.to_owned(),
            window,
            bytes,
        }
    }

    /// Fills the window.
    pub fn begin(&mut self, out: &mut Vec<u8>, tally: &mut Tally) {
        publish(&self.task, &mut self.window, self.bytes, out, tally);
    }

    /// The step published last.
    pub fn step(&self) -> u64 {
        self.window.asked()
    }
}

fn publish(task: &str, window: &mut Window, bytes: usize, out: &mut Vec<u8>, tally: &mut Tally) {
    let before = window.asked();
    while let Some(step) = window.ask(tally) {
        say(&state_at(task, step, Ending::Open, bytes), out);
    }
    if window.asked() > before {
        ask(out);
    }
}

impl Part for Worker {
    type Record = Tally;

    fn hear(
        &mut self,
        input: &mut [u8],
        out: &mut Vec<u8>,
        tally: &mut Tally,
    ) -> Result<Heard, Flaw> {
        let (window, task, bytes) = (&mut self.window, &self.task, self.bytes);
        self.socket.hear(input, out, |arrival, out| {
            match arrival {
                Arrival::Open => tally.ready += 1,
                Arrival::Text(text) => {
                    return Err(Flaw::wrong("no complaint was due", text.as_bytes()));
                }
                Arrival::Ping => {}
                Arrival::Pong => {
                    for _ in 0..window.size() {
                        window.answer(b"a pong", tally)?;
                    }
                    publish(task, window, bytes, out, tally);
                }
            }
            Ok(Flow::On)
        })
    }
}
