//! The leader of the command's own session: this program once more, between us and the command.
//!
//! A terminal belongs to a session, and a session begins with a process that leads no group yet: it
//! must call `setsid` and take the terminal before it becomes the command. Between `fork` and `exec`
//! that would be unsafe code; in a program of its own it is two calls.
//!
//! Why the leader then stays, instead of becoming the command: the kernel never stops a process
//! group that nobody in its session looks after ("orphaned", POSIX 3.264), so a command that led
//! its own session would not hear a Ctrl-Z. The leader does what a shell does for a job, and
//! mirrors: signals that it gets go to the command; when the command stops, it stops; as the
//! command ends, it ends. Whoever has started the leader sees the command.

use std::ffi::OsString;
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};
use std::sync::mpsc;
use std::thread;

use rustix::process::{
    Pid, Resource, Rlimit, Signal, getpid, ioctl_tiocsctty, kill_process, kill_process_group,
    setrlimit, setsid,
};
use rustix::termios::tcgetwinsize;
use signal_hook::low_level::emulate_default_handler;

use super::ending::{Change, Ending, await_end};
use super::foreground::Foreground;
use super::{PASSED, catch, refusal, wants_terminal};

/// The command's name. It is no command for people, so no help tells of it.
pub const WORD: &str = "lead-session";

/// Runs the command that `words` are in a session of its own, on the terminal that is our standard
/// output; ends as it does.
pub fn lead(words: &[OsString]) -> ExitCode {
    let Some((program, words)) = words.split_first() else {
        eprintln!("doneyet {WORD}: this is for `doneyet run` to call");
        return ExitCode::from(2);
    };
    let started = match sit_down() {
        Ok(inbox) => start(program, words, inbox),
        Err(error) => Err(error),
    };
    match started {
        Ok(command) => share(attend(&command)),
        Err(error) => {
            let (why, code) = refusal(program, &error);
            eprintln!("doneyet run: {why}");
            ExitCode::from(code)
        }
    }
}

/// Begins the session. From here on signals are for the command.
fn sit_down() -> io::Result<mpsc::Receiver<i32>> {
    setsid()?;
    ioctl_tiocsctty(io::stdout())?;
    let (signals, inbox) = mpsc::channel();
    catch(&PASSED, move |signal| {
        let _ = signals.send(signal);
    })?;
    Ok(inbox)
}

fn start(
    program: &OsString,
    words: &[OsString],
    signals: mpsc::Receiver<i32>,
) -> io::Result<Foreground> {
    let before = tcgetwinsize(io::stdout()).ok();
    let command = Command::new(program).args(words).process_group(0).spawn()?;
    let pid = Pid::from_child(&command);
    let foreground = Foreground::of(io::stdout().as_fd().try_clone_to_owned()?, pid);
    if foreground.lend() {
        // It may have been faster, and been stopped for it, or not been told of a new size.
        let _ = kill_process_group(pid, Signal::CONT);
        if tcgetwinsize(io::stdout()).ok() != before {
            let _ = kill_process_group(pid, Signal::WINCH);
        }
    }
    thread::spawn(move || {
        for signal in signals {
            if let Some(signal) = Signal::from_named_raw(signal) {
                let _ = kill_process_group(pid, signal);
            }
        }
    });
    Ok(foreground)
}

/// Sees the command to its end.
fn attend(foreground: &Foreground) -> Ending {
    let pid = foreground.group();
    let mut fate = Ending::Exited(1);
    await_end(pid, |change| match change {
        Change::Stopped(signal) if wants_terminal(signal) && foreground.is_lent() => {
            let _ = kill_process_group(pid, Signal::CONT);
        }
        // A stop that nobody can refuse: in the eyes of the kernel nobody looks after us.
        Change::Stopped(_) => drop(kill_process(getpid(), Signal::STOP)),
        Change::Ended(ending) => fate = ending,
    });
    fate
}

/// Ends like the command.
fn share(fate: Ending) -> ExitCode {
    if let Ending::Killed(signal) = fate {
        // One memory image is enough, and it is the command's.
        let none = Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        let _ = setrlimit(Resource::Core, none);
        // Returns for signals that have no name; then the code must do.
        let _ = emulate_default_handler(signal);
    }
    ExitCode::from(fate.code())
}
