//! What becomes of a process that we have started.

use std::process::ExitCode;

use rustix::process::{
    Pid, Resource, Rlimit, WaitId, WaitIdOptions, WaitIdStatus, setrlimit, waitid,
};
use signal_hook::low_level::emulate_default_handler;

use crate::command::kin::Kin;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// By itself, with this exit code.
    Exited(u8),
    /// By a signal.
    Killed(i32),
}

impl Ending {
    /// The exit code that stands for it, as in a shell.
    pub(super) fn code(self) -> u8 {
        match self {
            Ending::Exited(code) => code,
            Ending::Killed(signal) => u8::try_from(128 + signal).unwrap_or(u8::MAX),
        }
    }

    /// Ends like the command: does not return if that was killed by a signal with a name.
    pub(super) fn share(self) -> ExitCode {
        if let Ending::Killed(signal) = self {
            // One memory image is enough, and it is the command's.
            let none = Rlimit {
                current: Some(0),
                maximum: Some(0),
            };
            let _ = setrlimit(Resource::Core, none);
            let _ = emulate_default_handler(signal);
        }
        ExitCode::from(self.code())
    }
}

/// What there is to be said of a command at the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It ended by itself.
    Ended(Ending),
    /// It was cancelled, and nothing is left of it.
    Cancelled,
    /// It was cancelled, and these could not be ended.
    Survived(Vec<Kin>),
}

/// What a parent is told of its child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// It was stopped by this signal.
    Stopped(i32),
    Ended(Ending),
}

/// Tells of every stop of the child `pid`, and of its end, without burying it: until that is done,
/// its number names this process and no other.
pub(super) fn await_end(pid: Pid, mut tell: impl FnMut(Change)) {
    let changed = WaitIdOptions::EXITED | WaitIdOptions::STOPPED;
    loop {
        let status = match waitid(WaitId::Pid(pid), changed | WaitIdOptions::NOWAIT) {
            Ok(Some(status)) => status,
            Ok(None) | Err(rustix::io::Errno::INTR) => continue,
            Err(_) => return,
        };
        let Some(signal) = status.stopping_signal() else {
            return tell(Change::Ended(ending(&status)));
        };
        // Taken note of; the next wait is for the next change.
        let _ = waitid(
            WaitId::Pid(pid),
            WaitIdOptions::STOPPED | WaitIdOptions::NOHANG,
        );
        tell(Change::Stopped(signal));
    }
}

fn ending(status: &WaitIdStatus) -> Ending {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => Ending::Exited(u8::try_from(code & 0xff).unwrap_or(u8::MAX)),
        (None, Some(signal)) => Ending::Killed(signal),
        (None, None) => Ending::Exited(1),
    }
}
