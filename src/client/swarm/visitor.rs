//! Who shakes hands and leaves.

use std::time::Instant;

use super::socket::{Arrival, Socket};
use super::{Flaw, Flow, Heard, Part, Spread};
use crate::client::Server;

/// What visitors have seen.
#[derive(Debug, Default)]
pub struct Visits {
    /// Handshakes done.
    pub count: u64,
    /// From the call to the 101.
    pub times: Spread,
}

/// Opens a WebSocket, and hangs up with the 101 in hand.
#[derive(Debug)]
pub struct Visitor {
    socket: Socket,
    called: Instant,
}

impl Visitor {
    /// A visitor of `route` at `server`; its request is appended to `out`.
    pub fn open(server: &Server, route: &str, out: &mut Vec<u8>) -> Visitor {
        Visitor {
            socket: Socket::open(server, route, out),
            called: Instant::now(),
        }
    }
}

impl Part for Visitor {
    type Record = Visits;

    fn hear(
        &mut self,
        input: &mut [u8],
        out: &mut Vec<u8>,
        record: &mut Visits,
    ) -> Result<Heard, Flaw> {
        let called = self.called;
        self.socket.hear(input, out, |arrival, _| {
            let Arrival::Open = arrival else {
                return Ok(Flow::On);
            };
            record.count += 1;
            record.times.add(called.elapsed());
            Ok(Flow::Over)
        })
    }
}
