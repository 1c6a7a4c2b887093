//! Bringing a swarm together, and waiting for it.

use std::time::{Duration, Instant};

use super::progress::Progress;
use super::target::Target;
use crate::client::swarm::{Flaw, Part, Swarm};
use crate::command::{Failure, descriptors};

/// Members on their way at a time: fewer than a listener has room for.
const PORTION: usize = 200;
/// How long is waited, each time that an update is tried that has to reach all newcomers: longer each
/// time, or a server that takes longer than that for one would only be given more and more to do.
pub(super) const ATTEMPTS: [Duration; 6] = [
    Duration::from_secs(1),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(16),
];
/// How long to wait at most before looking for a reason to stop.
const GLANCE: Duration = Duration::from_millis(100);

impl From<Flaw> for Failure {
    fn from(flaw: Flaw) -> Failure {
        Failure::Failed(flaw.to_string())
    }
}

/// Makes sure that there are descriptors for `count` connections.
pub(super) fn make_room(count: usize) -> Result<(), Failure> {
    descriptors::raise();
    let room = descriptors::room();
    if count > room {
        let why =
            format!("{count} connections are wanted, and there is room for {room} (ulimit -n)");
        return Err(Failure::Usage(why));
    }
    Ok(())
}

/// Has `count` more members join, a portion at a time, and waits until `ready` counts them.
pub(super) fn gather<P: Part>(
    swarm: &mut Swarm<P>,
    count: usize,
    target: &Target,
    progress: &mut Progress,
    mut enter: impl FnMut(usize, &mut Vec<u8>) -> P,
    ready: impl Fn(&P::Record) -> usize,
) -> Result<(), Failure> {
    let before = ready(&swarm.record);
    let mut joined = 0;
    while joined < count {
        let portion = PORTION.min(count - joined);
        for index in joined..joined + portion {
            swarm.join(target.address, |out| enter(index, out))?;
        }
        joined += portion;
        wait_until(swarm, progress, |record| ready(record) >= before + joined)
            .map_err(|late| late.failure("members did not get in"))?;
        progress.show("connecting", joined as f64, count as f64)?;
    }
    Ok(())
}

/// Why waiting ended early.
pub(super) enum Late {
    /// It did not happen in time.
    Missed,
    /// There is no more to wait for.
    Ended(Failure),
}

impl Late {
    /// The end of the command: what was missed, or what there was else.
    pub(super) fn failure(self, missed: &str) -> Failure {
        match self {
            Late::Missed => Failure::Failed(missed.to_owned()),
            Late::Ended(failure) => failure,
        }
    }
}

/// Lets the swarm run until `is_done`, as long as the server may take for anything.
pub(super) fn wait_until<P: Part>(
    swarm: &mut Swarm<P>,
    progress: &Progress,
    is_done: impl Fn(&P::Record) -> bool,
) -> Result<(), Late> {
    wait_at_most(progress.patience, swarm, progress, is_done)
}

/// The same with a patience of one's own.
pub(super) fn wait_at_most<P: Part>(
    patience: Duration,
    swarm: &mut Swarm<P>,
    progress: &Progress,
    is_done: impl Fn(&P::Record) -> bool,
) -> Result<(), Late> {
    let deadline = Instant::now() + patience;
    while !is_done(&swarm.record) {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Late::Missed);
        }
        swarm
            .turn(left.min(GLANCE))
            .map_err(|flaw| Late::Ended(flaw.into()))?;
        progress.check().map_err(Late::Ended)?;
    }
    Ok(())
}
