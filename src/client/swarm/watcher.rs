//! A watcher that speaks WebSocket.

use super::socket::{Arrival, Socket};
use super::{Deliveries, Flaw, Flow, Heard, Part, Witness};
use crate::client::Server;

/// Follows one task, and believes nothing.
#[derive(Debug)]
pub struct Watcher {
    socket: Socket,
    witness: Witness,
}

impl Watcher {
    /// A watcher of what `server` streams at `route`, of which `witness` is to judge; its request
    /// is appended to `out`.
    pub fn open(server: &Server, route: &str, witness: Witness, out: &mut Vec<u8>) -> Watcher {
        Watcher {
            socket: Socket::open(server, route, out),
            witness,
        }
    }
}

impl Part for Watcher {
    type Record = Deliveries;

    fn hear(
        &mut self,
        input: &mut [u8],
        out: &mut Vec<u8>,
        record: &mut Deliveries,
    ) -> Result<Heard, Flaw> {
        let witness = &mut self.witness;
        self.socket.hear(input, out, |arrival, _| {
            match arrival {
                Arrival::Open => record.ready += 1,
                Arrival::Text(state) => witness.see(state.as_bytes(), record)?,
                Arrival::Ping | Arrival::Pong => {}
            }
            Ok(Flow::On)
        })
    }
}
