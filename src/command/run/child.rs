//! The command as a process, and what it is connected to.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, IsTerminal as _};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::process::{self, Command};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use super::ending::{Change, await_end};
use super::foreground::Foreground;
use super::keyboard::{Attendance, Keyboard};
use super::overheard::Overheard;
use super::pty::Pty;
use super::relay::{Eavesdropper, Relay, Source};
use super::seat::{Seat, window};
use super::wiring::{Line, Wiring};
use super::{Event, OURSELVES, kin, lead};
use crate::scrape::Stream;

/// What most programs that draw expect of a terminal.
const TERM: &str = "xterm-256color";

/// A started command.
pub(super) struct Child {
    process: process::Child,
    pid: Pid,
    chain: Chain,
    pub(super) relays: Vec<Relay>,
    /// What passes through them.
    pub(super) overheard: Arc<Overheard>,
    pub(super) seat: Seat,
    /// The command's side of its terminals, see [`Pty`].
    held: Vec<OwnedFd>,
}

/// How a signal gets to the command and those in its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chain {
    /// The process that we have started leads the group.
    Direct,
    /// It is the leader of the session, and passes signals on.
    Led,
}

impl Child {
    /// Starts it; from now on `events` tells what happens.
    pub(super) fn spawn(
        program: &OsString,
        words: &[OsString],
        wiring: Wiring,
        events: &Sender<Event>,
    ) -> io::Result<Child> {
        kin::adopt_orphans();
        let mut plan = Plan::new(wiring, program, words)?;
        let process = plan.command.spawn()?;
        let pid = Pid::from_child(&process);
        // What the command holds is counted by its copies alone.
        drop(plan.command);
        let mut seat = plan.desk.seat(pid);
        if seat.take() {
            let _ = kill_process_group(pid, Signal::CONT);
        }
        let overheard = Arc::new(Overheard::new());
        let relays = plan.sources.into_iter().map(|(stream, source)| {
            let reader = Eavesdropper::new(stream, Arc::clone(&overheard), events.clone());
            Relay::start(source, reader)
        });
        let child = Child {
            process,
            pid,
            chain: plan.chain,
            relays: relays.collect::<io::Result<_>>()?,
            overheard,
            seat,
            held: plan.held,
        };
        let events = events.clone();
        thread::spawn(move || {
            await_end(pid, |change| {
                let _ = events.send(match change {
                    Change::Stopped(signal) => Event::Stopped(signal),
                    Change::Ended(ending) => Event::Ended(ending),
                });
            });
        });
        Ok(child)
    }

    /// Signals the command and its group. Must not be called after [`Child::bury`].
    pub(super) fn signal(&self, signal: Signal) -> rustix::io::Result<()> {
        match self.chain {
            Chain::Direct => kill_process_group(self.pid, signal),
            Chain::Led => kill_process(self.pid, signal),
        }
    }

    /// The process that must not be signalled when all that descend from us are: it ends with the
    /// command, and tells us how that ended.
    pub(super) fn leader(&self) -> Option<Pid> {
        (self.chain == Chain::Led).then_some(self.pid)
    }

    /// The process that we wait for.
    pub(super) fn pid(&self) -> Pid {
        self.pid
    }

    /// Lets go of the ended process: its number can be given to another one now.
    pub(super) fn bury(&mut self) {
        self.seat.leave();
        self.held.clear();
        let _ = self.process.wait();
    }
}

/// A command that is about to be started.
struct Plan {
    command: Command,
    chain: Chain,
    desk: Desk,
    sources: Vec<(Stream, Source)>,
    held: Vec<OwnedFd>,
}

/// What its [`Seat`] will be, once it has a number.
enum Desk {
    Shared(Option<File>),
    Own(Option<Keyboard>, OwnedFd),
}

impl Desk {
    fn seat(self, pid: Pid) -> Seat {
        match self {
            Desk::Shared(None) => Seat::None,
            Desk::Shared(Some(terminal)) => Seat::Lent(Foreground::of(terminal.into(), pid)),
            Desk::Own(keyboard, master) => Seat::Own(keyboard, master),
        }
    }
}

impl Plan {
    fn new(wiring: Wiring, program: &OsString, words: &[OsString]) -> io::Result<Plan> {
        let mut plan = if wiring.is_seated {
            Plan::seated(program, words)?
        } else {
            Plan::unseated(program, words, wiring)?
        };
        if let Some(line) = wiring.err {
            let end = plan.connect(Stream::Err, line)?;
            plan.command.stderr(end);
        }
        let has_terminal = wiring.out == Line::Terminal || wiring.err == Some(Line::Terminal);
        if has_terminal && std::env::var_os("TERM").is_none() {
            plan.command.env("TERM", TERM);
        }
        Ok(plan)
    }

    /// In a session of its own, on a terminal of its own, which is the image of the person's.
    fn seated(program: &OsString, words: &[OsString]) -> io::Result<Plan> {
        let pty = Pty::open(window())?;
        let terminal = Keyboard::find();
        if let Some(modes) = terminal.as_ref().and_then(Keyboard::modes) {
            pty.imitate(&modes)?;
        }
        let keyboard = terminal
            .map(|terminal| Keyboard::connect(terminal, pty.master.try_clone()?))
            .transpose()?;
        let attendance = keyboard
            .as_ref()
            .map(Keyboard::attendance)
            .unwrap_or_default();
        let mut command = led(lead::OUT, program, words);
        if io::stdin().is_terminal() {
            command.stdin(pty.slave.try_clone()?);
        }
        command
            .stdout(pty.slave.try_clone()?)
            .stderr(pty.slave.try_clone()?);
        let source = Source::Terminal(pty.master.try_clone()?, attendance);
        Ok(Plan {
            command,
            chain: Chain::Led,
            desk: Desk::Own(keyboard, pty.master),
            sources: vec![(Stream::Out, source)],
            held: vec![pty.slave],
        })
    }

    /// In our session, if that has a terminal, which we share with it. Where there is none, in a
    /// session of its own: some tools draw only in the foreground of their terminal.
    fn unseated(program: &OsString, words: &[OsString], wiring: Wiring) -> io::Result<Plan> {
        let shared = Keyboard::find();
        let place = match (wiring.out, wiring.err) {
            (_, Some(Line::Terminal)) => Some(lead::ERR),
            (Line::Terminal, _) => Some(lead::OUT),
            _ => None,
        };
        let (command, chain) = match place.filter(|_| shared.is_none()) {
            Some(place) => (led(place, program, words), Chain::Led),
            None => (alone(program, words), Chain::Direct),
        };
        let mut plan = Plan {
            command,
            chain,
            desk: Desk::Shared(shared),
            sources: Vec::new(),
            held: Vec::new(),
        };
        let end = plan.connect(Stream::Out, wiring.out)?;
        plan.command.stdout(end.try_clone()?).stderr(end);
        Ok(plan)
    }

    /// A connection for one stream; the command's end of it.
    fn connect(&mut self, stream: Stream, line: Line) -> io::Result<OwnedFd> {
        let (source, end) = match line {
            Line::Pipe => {
                let (source, end) = io::pipe()?;
                (Source::Pipe(source.into()), OwnedFd::from(end))
            }
            Line::Terminal => {
                let pty = Pty::open(window())?;
                pty.stand_alone()?;
                let end = pty.slave.try_clone()?;
                self.held.push(pty.slave);
                (Source::Terminal(pty.master, Attendance::default()), end)
            }
        };
        self.sources.push((stream, source));
        Ok(end)
    }
}

/// The command behind a session's leader, for whom that stream is the terminal.
fn led(place: &str, program: &OsString, words: &[OsString]) -> Command {
    let mut command = Command::new(OURSELVES);
    command
        .arg0("doneyet")
        .args([lead::WORD, place])
        .arg(program)
        .args(words);
    command
}

fn alone(program: &OsString, words: &[OsString]) -> Command {
    let mut command = Command::new(program);
    command.args(words).process_group(0);
    command
}
