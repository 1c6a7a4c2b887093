//! The place at the terminal, and how the command gets it.
//!
//! A command whose output is on the screen has a terminal of its own, and what is typed is passed
//! on to it. Another one may still ask something on the terminal that we share with it (`ssh` and
//! its password); it is lent that one, as a shell lends it to a job. And many run where there is no
//! terminal at all.

use std::io::{self, IsTerminal as _};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex};

use rustix::termios::{Winsize, tcgetwinsize, tcsetwinsize};
use signal_hook::consts::SIGTSTP;

use super::echo::Echoes;
use super::foreground::Foreground;
use super::keyboard::Keyboard;
use super::wants_terminal;

/// How the command is typed at.
pub(super) enum Seat {
    /// Not at all.
    None,
    /// The terminal is lent.
    Lent(Foreground),
    /// It has its own; this is the person's keyboard and the end where keys are typed.
    Own(Option<Keyboard>, OwnedFd),
}

impl Seat {
    /// Puts the command there, if the place is ours to give. Returns whether it was lent: in that
    /// case the command may have been faster, and been stopped for it.
    pub(super) fn take(&mut self) -> bool {
        match self {
            // Who has been given another input will ask for the terminal if it needs it, by
            // being stopped.
            Seat::Lent(foreground) => io::stdin().is_terminal() && foreground.lend(),
            Seat::None => false,
            Seat::Own(keyboard, _) => {
                if let Some(keyboard) = keyboard {
                    keyboard.take();
                }
                self.resize();
                false
            }
        }
    }

    /// Leaves the place as it was found.
    pub(super) fn leave(&mut self) {
        match self {
            Seat::None | Seat::Own(None, _) => {}
            Seat::Lent(foreground) => foreground.take_back(),
            Seat::Own(Some(keyboard), _) => keyboard.leave(),
        }
    }

    /// Whether a command that was stopped by `signal` only wanted the terminal, and now has it.
    pub(super) fn satisfies(&self, signal: i32) -> bool {
        let Seat::Lent(foreground) = self else {
            return false;
        };
        wants_terminal(signal) && (foreground.lend() || foreground.is_lent())
    }

    /// Whether a stop by `signal` can have come from the terminal. A session's leader passes on every
    /// stop as SIGSTOP.
    pub(super) fn may_have_typed(&self, signal: i32) -> bool {
        match self {
            Seat::None => false,
            Seat::Lent(_) => signal == SIGTSTP || wants_terminal(signal),
            Seat::Own(..) => true,
        }
    }

    /// Whether there is a keyboard whose keys signal the command, as Ctrl-C does, and not us.
    pub(super) fn has_keyboard(&self) -> bool {
        matches!(self, Seat::Lent(_) | Seat::Own(Some(_), _))
    }

    /// What the command's output has of keys that were typed.
    pub(super) fn echoes(&self) -> Arc<Mutex<Echoes>> {
        match self {
            Seat::Own(Some(keyboard), _) => keyboard.echoes(),
            Seat::None | Seat::Lent(_) | Seat::Own(None, _) => Arc::default(),
        }
    }

    /// Gives the command's terminal the size of the person's; the kernel tells the command.
    pub(super) fn resize(&self) {
        if let (Seat::Own(_, master), Some(size)) = (self, window()) {
            // Fails only if the terminal is gone.
            let _ = tcsetwinsize(master, size);
        }
    }
}

/// The size of the window that our output, or our errors, can be seen in, if it has one.
pub(super) fn window() -> Option<Winsize> {
    let out = tcgetwinsize(io::stdout());
    let size = out.or_else(|_| tcgetwinsize(io::stderr())).ok()?;
    (size.ws_row > 0 && size.ws_col > 0).then_some(size)
}
