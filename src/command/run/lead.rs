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
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};
use std::sync::mpsc;
use std::thread;

use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, WaitOptions, getpgid, getpid, getppid, ioctl_tiocsctty,
    kill_process, kill_process_group, setsid, test_kill_process_group, waitid, waitpid,
};
use rustix::termios::tcsetpgrp;
use signal_hook::consts::SIGPIPE;

use super::ending::{Change, Ending, await_end};
use super::foreground::Foreground;
use super::{OURSELVES, PASSED, catch, refusal, wants_terminal};
use crate::command::signals;

/// The command's name. It is no command for people, so no help tells of it.
pub const WORD: &str = "lead-session";

/// Which of our streams is the terminal of the session.
pub(super) const OUT: &str = "out";
/// See [`OUT`].
pub(super) const ERR: &str = "err";

/// Instead of a command: to give the terminal to the group of our parent.
const RELEASE: &str = "";

/// Instead of a stream: to become the command, once it has the terminal.
const BECOME: &str = "become";

/// The first of `words` says which stream is the terminal, `OUT` or `ERR`. Runs the command that
/// the others are on it, in a session of its own; ends as the command does.
pub fn lead(words: &[OsString]) -> ExitCode {
    let [place, program, words @ ..] = words else {
        eprintln!("doneyet {WORD}: this is for `doneyet run` to call");
        return ExitCode::from(2);
    };
    if program == RELEASE {
        return release(place);
    }
    if place == BECOME {
        return become_command(program, words);
    }
    let begun = sit_down(place).and_then(|(terminal, signals)| {
        let command = start(program, words, terminal)?;
        pass_on(signals, command.group());
        Ok(command)
    });
    match begun {
        Ok(command) => {
            let fate = attend(&command);
            leave(place, &command);
            fate.share()
        }
        Err(error) => refuse(program, &error),
    }
}

fn refuse(program: &OsString, error: &io::Error) -> ExitCode {
    let (why, code) = refusal(program, error);
    eprintln!("doneyet run: {why}");
    ExitCode::from(code)
}

fn terminal(place: &OsString) -> io::Result<OwnedFd> {
    if place == ERR {
        io::stderr().as_fd().try_clone_to_owned()
    } else {
        io::stdout().as_fd().try_clone_to_owned()
    }
}

/// Begins the session. From here on signals are for the command.
fn sit_down(place: &OsString) -> io::Result<(OwnedFd, mpsc::Receiver<i32>)> {
    let terminal = terminal(place)?;
    setsid()?;
    ioctl_tiocsctty(&terminal)?;
    let (signals, inbox) = mpsc::channel();
    let broken = signals.clone();
    catch(&PASSED, move |signal| {
        let _ = signals.send(signal);
    })?;
    // Ignored in every Rust program, so nobody's decision.
    signals::listen(&[SIGPIPE], move |signal| {
        let _ = broken.send(signal);
    })?;
    Ok((terminal, inbox))
}

/// Starts the command in the foreground. Only its parent can put it there, and from its first step on
/// it may look whether it is; so what is started is once more this program, which waits, stopped.
fn start(program: &OsString, words: &[OsString], terminal: OwnedFd) -> io::Result<Foreground> {
    let command = Command::new(OURSELVES)
        .arg0(program)
        .args([WORD, BECOME])
        .arg(program)
        .args(words)
        .process_group(0)
        .spawn()?;
    let pid = Pid::from_child(&command);
    let stopped_or_dead = WaitIdOptions::STOPPED | WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while waitid(WaitId::Pid(pid), stopped_or_dead).is_err_and(|error| error == Errno::INTR) {}
    // Taken note of, if it is a stop.
    let _ = waitid(
        WaitId::Pid(pid),
        WaitIdOptions::STOPPED | WaitIdOptions::NOHANG,
    );
    let foreground = Foreground::of(terminal, pid);
    foreground.lend();
    let _ = kill_process_group(pid, Signal::CONT);
    Ok(foreground)
}

fn become_command(program: &OsString, words: &[OsString]) -> ExitCode {
    let _ = kill_process(getpid(), Signal::STOP);
    refuse(program, &Command::new(program).args(words).exec())
}

fn pass_on(signals: mpsc::Receiver<i32>, command: Pid) {
    thread::spawn(move || {
        for signal in signals {
            if let Some(signal) = Signal::from_named_raw(signal) {
                let _ = kill_process_group(command, signal);
            }
        }
    });
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

/// Sees to it that whoever the command has left running does not notice our end.
///
/// As a session's leader ends, the kernel sends SIGHUP to the group that has the terminal, and the
/// command's still has. Taking it back takes a member of that group, which a leader cannot become.
fn leave(place: &OsString, command: &Foreground) {
    // The command itself still counts, until it is buried.
    let _ = waitpid(Some(command.group()), WaitOptions::empty());
    if test_kill_process_group(command.group()).is_ok() {
        let release = Command::new(OURSELVES)
            .args([OsString::from(WORD), place.clone(), RELEASE.into()])
            .process_group(command.group().as_raw_nonzero().get())
            .status();
        // Fails if they have gone meanwhile.
        drop(release);
    }
}

fn release(place: &OsString) -> ExitCode {
    let released = terminal(place).map(|terminal| {
        let leader = getpgid(getppid())?;
        tcsetpgrp(terminal, leader)
    });
    ExitCode::from(u8::from(!matches!(released, Ok(Ok(())))))
}
