//! Watchers that do not read.

use std::time::{Duration, Instant};

use super::progress::Progress;
use super::target::Target;
use crate::client::swarm::{Deliveries, Witness};
use crate::client::{Incoming, WebSocketClient};
use crate::command::Failure;

/// Bytes that the kernel keeps for one, or little more. With the megabytes that it would keep, most of a
/// run would measure how fast they are filled.
const UNREAD: usize = 64 * 1024;
/// How long one is waited for before it is the others' turn.
const GLANCE: Duration = Duration::from_millis(1);

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

    /// Reads until each has seen `step`: all of them by turns. Where a receive buffer is full the kernel
    /// drops what comes, and the server's retries (RFC 6298 §5.5) come half as often each time; whoever is
    /// read last would wait longest.
    pub(super) fn catch_up(&mut self, step: u64, progress: &Progress) -> Result<(), Failure> {
        let deadline = Instant::now() + progress.patience;
        while let Some(last) = self.last_behind(step) {
            if Instant::now() >= deadline {
                let why = format!("lost: a stalled watcher got to step {last}");
                return Err(Failure::Failed(why));
            }
            for (socket, witness) in &mut self.sockets {
                progress.check()?;
                read(socket, witness, step, &mut self.record)?;
            }
        }
        Ok(())
    }

    /// The step of the one that is farthest behind `step`, if any is.
    fn last_behind(&self, step: u64) -> Option<u64> {
        let steps = self.sockets.iter().map(|(_, witness)| witness.step());
        steps.min().filter(|last| *last < step)
    }

    /// How many states they have read, all together.
    pub(super) fn seen(&self) -> u64 {
        self.record.count
    }
}

/// Reads what is there, and waits for more no longer than a glance.
fn read(
    socket: &mut WebSocketClient,
    witness: &mut Witness,
    step: u64,
    record: &mut Deliveries,
) -> Result<(), Failure> {
    while witness.step() < step {
        match socket.receive(GLANCE)? {
            Incoming::Text(state) => witness.see(state.as_bytes(), record)?,
            Incoming::Pong(_) => {}
            Incoming::Quiet => break,
            other => {
                let step = witness.step();
                let why = format!("lost: a stalled watcher got to step {step}: {other:?}");
                return Err(Failure::Failed(why));
            }
        }
    }
    Ok(())
}
