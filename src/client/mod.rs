//! The other end of the wire: what talks *to* a daemon.
//!
//! The daemon must serve thousands of peers in one thread; a client has one conversation, and may
//! simply wait for it. So everything here blocks, with a deadline, and reads top to bottom: connect,
//! send, wait, read. Both ends are built from the same [`wire`](crate::wire), which knows nothing of
//! sockets, and that is all they share.
//!
//! - [`Server`]: where the daemon is, out of an address a person typed;
//! - [`request`]: one HTTP exchange; [`Download`]: one whose content is read piece by piece;
//! - [`WebSocketClient`]: a socket that answers pings by itself;
//! - [`Link`]: a worker's tie to the daemon, which survives either end's bad days;
//! - [`swarm`]: many connections on one loop, for benchmarks: the exception, which does not block;
//! - [`ClientError`]: what went wrong, in a sentence for the terminal.

mod answer;
mod backoff;
mod download;
mod entropy;
mod error;
mod link;
mod request;
mod server;
mod slot;
mod stream;
pub mod swarm;
mod websocket;

pub use backoff::Backoff;
pub use download::Download;
pub use entropy::random_u64;
pub use error::ClientError;
pub use link::{Link, News, Undelivered, start_over};
pub use request::{Reply, request};
pub use server::{BadServer, Server};
pub use slot::Slot;
pub use websocket::{Incoming, Sender, WebSocketClient};

use std::time::Duration;

/// How long a daemon may take to accept, to answer, or to take what is sent to it.
pub const PATIENCE: Duration = Duration::from_secs(10);
