//! Ending with the process that has started us, however that ends.
//!
//! One that is killed by SIGKILL has no time to end what it has started. But a process can ask the
//! kernel to be told of its parent's end (PR_SET_PDEATHSIG, prctl(2)). What counts there is the
//! thread that has started it: here that is the reactor's, which lasts as long as the daemon.

use std::io;

use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};

/// The process that has started us, and without which we shall not go on.
pub(super) struct Parent(Pid);

impl Parent {
    /// From now on, we get SIGTERM when our parent ends, which is the process `pid`.
    ///
    /// # Errors
    ///
    /// If it is not, or not any more.
    pub(super) fn watch(pid: Pid) -> io::Result<Parent> {
        set_parent_process_death_signal(Some(Signal::TERM))?;
        let parent = Parent(pid);
        // It may have ended before we asked. Then there will be no signal, and somebody else is our
        // parent now.
        if parent.is_gone() {
            let number = pid.as_raw_nonzero();
            return Err(io::Error::other(format!(
                "process {number} is not our parent, or has ended"
            )));
        }
        Ok(parent)
    }

    pub(super) fn is_gone(&self) -> bool {
        getppid() != Some(self.0)
    }
}

/// Reads the number of a process.
pub(super) fn pid(text: &str) -> Result<Pid, &'static str> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number
        .and_then(Pid::from_raw)
        .ok_or("this must be the number of a process")
}
