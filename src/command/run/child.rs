//! The command as a process.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{self, Command, Stdio};
use std::sync::mpsc::Sender;
use std::thread;

use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, WaitIdStatus, kill_process_group, waitid,
};

use super::Event;
use super::foreground::Foreground;
use super::relay::Relay;
use crate::scrape::Stream;

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
}

/// A started command with a process group of its own.
pub(super) struct Child {
    process: process::Child,
    /// The process, and the group named after it.
    pid: Pid,
    pub(super) relays: [Relay; 2],
    pub(super) foreground: Option<Foreground>,
}

impl Child {
    /// Starts it; from now on `events` tells what happens.
    pub(super) fn spawn(
        program: &OsString,
        words: &[OsString],
        events: &Sender<Event>,
    ) -> io::Result<Child> {
        let mut process = Command::new(program)
            .args(words)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()?;
        let pid = Pid::from_child(&process);
        let foreground = Foreground::of(pid);
        if foreground.as_ref().is_some_and(Foreground::lend) {
            // It may have been faster, and been stopped for it.
            let _ = kill_process_group(pid, Signal::CONT);
        }
        let (Some(out), Some(err)) = (process.stdout.take(), process.stderr.take()) else {
            return Err(io::Error::other("the command has no output"));
        };
        let relays = [
            Relay::start(Stream::Out, out, events.clone())?,
            Relay::start(Stream::Err, err, events.clone())?,
        ];
        let events = events.clone();
        thread::spawn(move || await_end(pid, &events));
        Ok(Child {
            process,
            pid,
            relays,
            foreground,
        })
    }

    /// Signals the command and its children. Must not be called after [`Child::bury`].
    pub(super) fn signal(&self, signal: Signal) {
        // Fails only if nobody is left.
        let _ = kill_process_group(self.pid, signal);
    }

    /// Lets go of the ended process: its number can be given to another one now.
    pub(super) fn bury(&mut self) {
        if let Some(foreground) = &self.foreground {
            foreground.take_back();
        }
        let _ = self.process.wait();
    }
}

/// Tells of every stop, and of the end, without burying: until that is done, the process's number
/// names this process and no other.
fn await_end(pid: Pid, events: &Sender<Event>) {
    let changed = WaitIdOptions::EXITED | WaitIdOptions::STOPPED;
    loop {
        let status = match waitid(WaitId::Pid(pid), changed | WaitIdOptions::NOWAIT) {
            Ok(Some(status)) => status,
            Ok(None) | Err(rustix::io::Errno::INTR) => continue,
            Err(_) => return,
        };
        if let Some(signal) = status.stopping_signal() {
            // Taken note of; the next wait is for the next change.
            let _ = waitid(
                WaitId::Pid(pid),
                WaitIdOptions::STOPPED | WaitIdOptions::NOHANG,
            );
            let _ = events.send(Event::Stopped(signal));
            continue;
        }
        let _ = events.send(Event::Ended(ending(&status)));
        return;
    }
}

fn ending(status: &WaitIdStatus) -> Ending {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => Ending::Exited(u8::try_from(code & 0xff).unwrap_or(u8::MAX)),
        (None, Some(signal)) => Ending::Killed(signal),
        (None, None) => Ending::Exited(1),
    }
}
