//! Watchers that do not read.

use std::time::Instant;

use super::progress::Progress;
use super::target::Target;
use crate::client::swarm::{Deliveries, Witness};
use crate::client::{Incoming, WebSocketClient};
use crate::command::Failure;

/// Bytes that the kernel keeps for one, or little more. With the megabytes that it would keep, most of a
/// run would measure how fast they are filled.
const UNREAD: usize = 64 * 1024;

/// They are in the server's books and leave all that it sends in the kernel. At the end they read
/// it, and are held to the same as everybody: revisions that rise, and the last state seen.
pub(super) struct Laggards {
    sockets: Vec<(WebSocketClient, Witness)>,
    record: Deliveries,
}

impl Laggards {
    pub(super) fn connect(target: &Target, task: &str, count: usize) -> Result<Laggards, Failure> {
        let route = format!("/ws/progress/{task}");
        let connect = |_| {
            let socket = WebSocketClient::connect(&target.server, &route)?;
            socket.limit_unread(UNREAD)?;
            Ok((socket, Witness::new(task)))
        };
        Ok(Laggards {
            sockets: (0..count).map(connect).collect::<Result<_, Failure>>()?,
            record: Deliveries::default(),
        })
    }

    /// Reads until each has seen `step`.
    pub(super) fn catch_up(&mut self, step: u64, progress: &Progress) -> Result<(), Failure> {
        let deadline = Instant::now() + progress.patience;
        for (socket, witness) in &mut self.sockets {
            while witness.step() < step {
                progress.check()?;
                let left = deadline.saturating_duration_since(Instant::now());
                match socket.receive(left)? {
                    Incoming::Text(state) => witness.see(state.as_bytes(), &mut self.record)?,
                    Incoming::Pong(_) => {}
                    other => {
                        let step = witness.step();
                        let why = format!("lost: a stalled watcher got to step {step}: {other:?}");
                        return Err(Failure::Failed(why));
                    }
                }
            }
        }
        Ok(())
    }

    /// How many states they have read, all together.
    pub(super) fn seen(&self) -> u64 {
        self.record.count
    }
}
