//! Lending the terminal to the command.
//!
//! The command has a process group of its own, so that it can be signalled with all its children
//! and without us. But a terminal listens to one group only: a process of another one that reads
//! from it, or sets it up, is stopped. So the terminal is lent, as a shell lends it to a job.
//!
//! Getting it back has a catch. Only the group that has the terminal may give it away; anybody
//! else who tries is stopped, unless it ignores SIGTTOU. We do not need to: for the moment it
//! takes, we join the command's group.

use std::io::{self, IsTerminal as _};

use rustix::process::{Pid, getpgrp, setpgid};
use rustix::termios::{tcgetpgrp, tcsetpgrp};

/// Our terminal, and who has it.
pub(super) struct Foreground {
    ours: Pid,
    theirs: Pid,
}

impl Foreground {
    /// The terminal on our standard input; `None` if there is none.
    pub(super) fn of(theirs: Pid) -> Option<Foreground> {
        io::stdin().is_terminal().then(|| Foreground {
            ours: getpgrp(),
            theirs,
        })
    }

    /// Gives the terminal to the command, if it is ours to give: in the background it is not.
    pub(super) fn lend(&self) -> bool {
        let stdin = io::stdin();
        let is_ours = tcgetpgrp(&stdin).is_ok_and(|holder| holder == self.ours);
        is_ours && tcsetpgrp(&stdin, self.theirs).is_ok()
    }

    /// Whether the command has it.
    pub(super) fn is_lent(&self) -> bool {
        tcgetpgrp(io::stdin()).is_ok_and(|holder| holder == self.theirs)
    }

    /// Takes it back, if the command has it. Its group must still exist: stopped, or not yet
    /// waited for.
    pub(super) fn take_back(&self) {
        let stdin = io::stdin();
        if self.is_lent() {
            // A session's leader cannot change its group. But then nobody is behind us who would
            // want the terminal.
            if setpgid(None, Some(self.theirs)).is_ok() {
                let _ = tcsetpgrp(&stdin, self.ours);
                let _ = setpgid(None, Some(self.ours));
            }
        }
    }
}
