//! What a peer is charged for, before anything is done for it.
//!
//! A session knows what its peer wants as soon as it can be known, and nobody else does: the frame
//! of a worker is a publish before its JSON has been read. So the session asks, and whoever keeps
//! the accounts says yes or no. What was refused has cost a look at its first bytes.

use std::net::IpAddr;

use crate::task::Refusal;

/// Something that is counted, and of which there may be so many a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charge {
    /// A WebSocket handshake, a good one or not.
    Handshake,
    /// A publish, a heartbeat, a line of a batch, or a task to forget.
    Publish,
    /// A message on a socket that is no worker's, or a cancel by HTTP.
    Message,
}

/// Who collects.
pub trait Toll {
    /// Charges the peer, or `asker` if the peer is a proxy that asks for somebody.
    ///
    /// A proxy's handshake turns its connection into the asker's for good.
    ///
    /// # Errors
    /// [`Refusal::TooManyRequests`], or for such a handshake [`Refusal::TooManyConnections`].
    fn charge(&mut self, charge: Charge, asker: Option<IpAddr>) -> Result<(), Refusal>;

    /// Makes a proxy's connection the asker's until its present request is answered, which may be
    /// long.
    ///
    /// # Errors
    /// [`Refusal::TooManyConnections`].
    fn lend(&mut self, asker: IpAddr) -> Result<(), Refusal>;
}

/// Everything is free.
impl Toll for () {
    fn charge(&mut self, _: Charge, _: Option<IpAddr>) -> Result<(), Refusal> {
        Ok(())
    }

    fn lend(&mut self, _: IpAddr) -> Result<(), Refusal> {
        Ok(())
    }
}
