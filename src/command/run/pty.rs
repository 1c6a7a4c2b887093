//! Pseudo-terminals: a terminal for the command, whose screen and keyboard we are.

use std::io;
use std::os::fd::OwnedFd;

use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{
    OptionalActions, SpecialCodeIndex, Termios, Winsize, tcgetattr, tcsetattr, tcsetwinsize,
};

/// The window of nobody: what a terminal has had since there were terminals.
const USUAL: Winsize = Winsize {
    ws_row: 24,
    ws_col: 80,
    ws_xpixel: 0,
    ws_ypixel: 0,
};

/// How long a reader waits for an answer, in tenths of a second (termios(3), VTIME).
const PATIENCE_TENTHS: u8 = 10;

/// A new pseudo-terminal.
///
/// Reading from `master` fails with EIO while no process has the other side open, which happens
/// long before a command's end: `sh -c 'a; rm x'` has closed all it had when `rm` is still at work.
/// So whoever waits for the end of the output must hold `slave` until the command has ended.
pub(super) struct Pty {
    pub(super) master: OwnedFd,
    pub(super) slave: OwnedFd,
}

impl Pty {
    /// A terminal of this size; of the usual one where there is none to go by.
    pub(super) fn open(size: Option<Winsize>) -> io::Result<Pty> {
        // NOCTTY: a session's leader without a terminal would get this one.
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let master = openpt(flags)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let slave = ioctl_tiocgptpeer(&master, flags)?;
        tcsetwinsize(&slave, size.unwrap_or(USUAL))?;
        Ok(Pty { master, slave })
    }

    /// Sets it up like the terminal of a person.
    pub(super) fn imitate(&self, modes: &Termios) -> io::Result<()> {
        Ok(tcsetattr(&self.slave, OptionalActions::Now, modes)?)
    }

    /// Makes it a terminal at which nobody sits. It passes on every byte as it is: no carriage return
    /// before a line feed, no echo. Who reads from it gets our [answers](super::query), or the end
    /// of the input after a second: a tool that asks for a password must not wait for ever.
    pub(super) fn stand_alone(&self) -> io::Result<()> {
        let mut modes = tcgetattr(&self.slave)?;
        modes.make_raw();
        modes.special_codes[SpecialCodeIndex::VMIN] = 0;
        modes.special_codes[SpecialCodeIndex::VTIME] = PATIENCE_TENTHS;
        self.imitate(&modes)
    }
}
