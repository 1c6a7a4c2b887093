//! Lending the terminal to the command.
//!
//! The command has a process group of its own, so that it can be signalled with all its children
//! and without us. But a terminal listens to one group only: a process of another one that reads
//! from it, or sets it up, is stopped. So the terminal is lent, as a shell lends it to a job.
//!
//! Getting it back has a catch. Only the group that has the terminal may give it away; anybody
//! else who tries is stopped, unless it ignores SIGTTOU. We do not need to: for the moment it
//! takes, we join the command's group.

use std::os::fd::OwnedFd;

use rustix::process::{Pid, setpgid};
use rustix::termios::{tcgetpgrp, tcsetpgrp};

use super::kin;

/// A terminal, and who may have it.
pub(super) struct Foreground {
    terminal: OwnedFd,
    /// `None` is a group that cannot be named here, and so cannot get the terminal back.
    ours: Option<Pid>,
    theirs: Pid,
}

impl Foreground {
    /// To be given to the group `theirs`.
    pub(super) fn of(terminal: OwnedFd, theirs: Pid) -> Foreground {
        Foreground {
            terminal,
            ours: kin::our_group(),
            theirs,
        }
    }

    /// Gives the terminal to the command, if it is ours to give: in the background it is not.
    pub(super) fn lend(&self) -> bool {
        let is_ours = tcgetpgrp(&self.terminal).is_ok_and(|holder| Some(holder) == self.ours);
        is_ours && tcsetpgrp(&self.terminal, self.theirs).is_ok()
    }

    /// The group that it is lent to.
    pub(super) fn group(&self) -> Pid {
        self.theirs
    }

    /// Whether the command has it.
    pub(super) fn is_lent(&self) -> bool {
        tcgetpgrp(&self.terminal).is_ok_and(|holder| holder == self.theirs)
    }

    /// Takes it back, if the command has it. Its group must still exist: stopped, or not yet
    /// waited for.
    pub(super) fn take_back(&self) {
        if let Some(ours) = self.ours.filter(|_| self.is_lent()) {
            // A session's leader cannot change its group. But then nobody is behind us who would
            // want the terminal.
            if setpgid(None, Some(self.theirs)).is_ok() {
                let _ = tcsetpgrp(&self.terminal, ours);
                let _ = setpgid(None, Some(ours));
            }
        }
    }
}
