//! Step two of the turn: connections come in, or are turned away.

use std::io::{self, Read, Write};
use std::net::IpAddr;

use mio::{Interest, Token};

use crate::server::reactor::Reactor;
use crate::server::reserve::is_exhaustion;
use crate::server::stream::Stream;
use crate::session::refuse;
use crate::task::Now;

/// Connections accepted in one turn and of one listener.
const ACCEPT_BATCH: usize = 256;

impl Reactor {
    /// Accepts from every listener that may have somebody waiting.
    pub(super) fn accept(&mut self, now: Now) {
        for index in 0..self.listeners.len() {
            let next_ms = self.listeners[index].next_accept_ms();
            if next_ms.is_some_and(|next_ms| next_ms <= now.ticks_ms) {
                self.accept_from(index, now);
            }
        }
    }

    fn accept_from(&mut self, index: usize, now: Now) {
        for _ in 0..ACCEPT_BATCH {
            let accepted = match self.listeners[index].accept() {
                Ok((stream, address)) => self.welcome(index, stream, address, now),
                Err(error) if is_exhaustion(&error) => self.turn_next_away(index, now),
                Err(error) => Err(error),
            };
            match accepted {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return self.accepted_all(index, now);
                }
                Err(error) if is_about_one_connection(&error) => {}
                Err(error) => return self.cannot_accept(index, &error, now),
            }
        }
    }

    fn welcome(
        &mut self,
        index: usize,
        mut stream: Stream,
        address: Option<IpAddr>,
        now: Now,
    ) -> io::Result<()> {
        let access = self.listeners[index].access.clone();
        let Ok(key) = self.broker.connect(access, address, now) else {
            turn_away(stream, &mut self.scratch, now);
            return Ok(());
        };
        let slot = key.0 as usize;
        if slot >= self.streams.len() {
            self.streams.resize_with(slot + 1, || None);
        }
        let interest = Interest::READABLE | Interest::WRITABLE;
        let registered = self
            .poll
            .registry()
            .register(&mut stream, Token(slot), interest);
        self.streams[slot] = Some(stream);
        if registered.is_err() {
            self.broker.lose(key);
        }
        registered
    }

    /// With no descriptor left, the next peer is told so with the help of the reserve.
    fn turn_next_away(&mut self, index: usize, now: Now) -> io::Result<()> {
        let (listener, scratch) = (&self.listeners[index], &mut self.scratch);
        self.reserve.lend(|| {
            let (stream, _) = listener.accept()?;
            turn_away(stream, scratch, now);
            Ok::<_, io::Error>(())
        })?;
        self.broker.count_turned_away(now);
        Ok(())
    }
}

/// Answers a connection that there is no room for, with three system calls and no memory of it.
fn turn_away(mut stream: Stream, scratch: &mut [u8], now: Now) {
    // Each may fail: then the peer is gone already. The read is for the request that may be here
    // by now: a socket that is closed over unread bytes resets, and the reset may overtake us.
    let _ = stream.write(&refuse::turn_away(now));
    let _ = stream.shut_down();
    let _ = stream.read(scratch);
}

/// Errors of `accept` that tell of a connection that broke before it was accepted; the next one
/// may be well (accept(2), "Error handling").
fn is_about_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, PermissionDenied};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionReset | Interrupted | PermissionDenied
    )
}
