//! Stopping together with the command, as one job.
//!
//! The shell that has started us sees only us. When the command stops, we stop, and the shell has
//! its terminal again; when the shell continues us, we continue the command. Where no shell looks
//! after us nobody would ever do that, and we go on.

use rustix::process::{Signal, getpid, kill_current_process_group, kill_process};

use super::kin::Kin;

/// Whether somebody would notice that we are stopped: an ancestor of another group in our session
/// (our group is not "orphaned", POSIX 3.264).
pub(super) fn has_shell() -> bool {
    let Some(us) = Kin::us() else {
        return false;
    };
    let mut ancestor = us.parent();
    while let Some(kin) = ancestor.filter(|kin| kin.session == us.session) {
        if kin.group != us.group {
            return true;
        }
        ancestor = kin.parent();
    }
    false
}

/// Stops us and the rest of our pipeline until the shell continues us. The signal that the others
/// get comes to us, too, afterwards.
pub(super) fn stop_with_the_others() {
    let _ = kill_current_process_group(Signal::TSTP);
    stop();
}

/// Stops us alone.
pub(super) fn stop() {
    let _ = kill_process(getpid(), Signal::STOP);
}
