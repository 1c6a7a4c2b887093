//! The person's keyboard, passed on to a command that has a terminal of its own.
//!
//! Two terminals stand in a row now, and only one of them may act on what is typed: echo it, edit
//! the line, turn Ctrl-C into a signal, put a carriage return before a line feed. That is the
//! command's, whose modes the command sets. So the person's is made raw: every key comes here as
//! it is, and goes on.
//!
//! That holds while we are in the foreground. In the background the terminal is somebody else's,
//! and whoever reads from it, or sets it up, is stopped.

use std::fs::File;
use std::io::{self, IsTerminal as _, PipeReader, PipeWriter, Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetpgrp, tcsetattr,
};

use super::echo::Echoes;
use super::kin;

/// Keys read at once, in bytes. More come only from a paste.
const KEYS: usize = 4096;

/// Whether somebody types, for those who would otherwise answer in their place.
pub(super) type Attendance = Arc<AtomicBool>;

/// The person's terminal. Dropping it gives it back, also when a panic does the dropping.
pub(super) struct Keyboard {
    terminal: File,
    /// Its modes as the shell has set them; unknown until it was ours.
    usual: Option<Termios>,
    tap: Arc<Tap>,
    /// Tells the reading thread to look at the tap.
    alarm: PipeWriter,
}

/// Open, keys flow.
#[derive(Default)]
struct Tap {
    is_open: Mutex<bool>,
    attendance: Attendance,
    /// Of what was typed.
    echoes: Arc<Mutex<Echoes>>,
}

/// What the reading thread has waited for.
enum Awaited {
    /// A key can be read without waiting.
    Keys,
    /// Perhaps the tap was turned: look again.
    Turn,
    /// We have gone.
    Nothing,
}

impl Keyboard {
    /// The terminal that we are typed at, if there is one.
    ///
    /// It is opened once more, where that is allowed, to have a mode that is ours alone: never to
    /// wait in `read`, even if another process takes the key before us.
    pub(super) fn find() -> Option<File> {
        let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let again = |path| open(path, flags, Mode::empty()).ok().map(File::from);
        if io::stdin().is_terminal() {
            let inherited = || {
                io::stdin()
                    .as_fd()
                    .try_clone_to_owned()
                    .ok()
                    .map(File::from)
            };
            return again("/proc/self/fd/0").or_else(inherited);
        }
        again("/dev/tty")
    }

    /// Will pass on what is typed at `terminal` to `to`, once it is [taken](Keyboard::take).
    pub(super) fn connect(terminal: File, to: OwnedFd) -> io::Result<Keyboard> {
        let (woken, alarm) = io::pipe()?;
        let tap = Arc::new(Tap::default());
        let typed = terminal.try_clone()?;
        let shared = Arc::clone(&tap);
        thread::spawn(move || shared.pass(typed, woken, File::from(to)));
        Ok(Keyboard {
            terminal,
            usual: None,
            tap,
            alarm,
        })
    }

    pub(super) fn attendance(&self) -> Attendance {
        Arc::clone(&self.tap.attendance)
    }

    /// What the command's terminal will show of what is typed.
    pub(super) fn echoes(&self) -> Arc<Mutex<Echoes>> {
        Arc::clone(&self.tap.echoes)
    }

    /// The modes of the terminal, if it is in our hands.
    pub(super) fn modes(terminal: &File) -> Option<Termios> {
        is_ours(terminal)
            .then(|| tcgetattr(terminal).ok())
            .flatten()
    }

    /// Makes the terminal raw and lets the keys flow, if it is in our hands.
    pub(super) fn take(&mut self) {
        let Some(modes) = Keyboard::modes(&self.terminal) else {
            return;
        };
        let mut raw = self.usual.get_or_insert(modes).clone();
        raw.make_raw();
        if tcsetattr(&self.terminal, OptionalActions::Now, &raw).is_ok() {
            self.turn(true);
        }
    }

    /// Gives it back as it was.
    pub(super) fn leave(&mut self) {
        if self.turn(false)
            && is_ours(&self.terminal)
            && let Some(usual) = &self.usual
        {
            // Fails if the terminal is gone.
            let _ = tcsetattr(&self.terminal, OptionalActions::Now, usual);
        }
    }

    /// Returns how it was before.
    fn turn(&mut self, open: bool) -> bool {
        let was_open = std::mem::replace(&mut *self.tap.lock(), open);
        self.tap.attendance.store(open, Ordering::SeqCst);
        // Fails only if the thread has ended with the terminal.
        let _ = self.alarm.write_all(b"!");
        was_open
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        self.leave();
    }
}

impl Tap {
    /// Until the terminal, or the command's, is gone.
    fn pass(&self, typed: File, mut woken: PipeReader, mut to: File) {
        let mut keys = [0; KEYS];
        loop {
            match self.await_keys(&typed, &mut woken) {
                Awaited::Keys => {}
                Awaited::Turn => continue,
                Awaited::Nothing => return,
            }
            // Who closes the tap waits for the lock: once it is closed, nobody reads.
            let is_open = self.lock();
            if !*is_open {
                continue;
            }
            let count = match (&typed).read(&mut keys) {
                Ok(0) => return,
                Ok(count) => count,
                Err(error) if is_passing(&error) => continue,
                Err(_) => return,
            };
            drop(is_open);
            let typed = keys.get(..count).unwrap_or_default();
            self.expect_echoes(typed, &to);
            if to.write_all(typed).is_err() {
                return;
            }
        }
    }

    fn expect_echoes(&self, typed: &[u8], to: &File) {
        let controls = typed.iter().filter(|key| key.is_ascii_control());
        for key in controls {
            if tcgetattr(to).is_ok_and(|modes| is_echoed(*key, &modes)) {
                let mut echoes = self.echoes.lock().unwrap_or_else(PoisonError::into_inner);
                echoes.announce(*key);
            }
        }
    }

    /// Waits until there are keys to read, or the tap was turned.
    fn await_keys(&self, typed: &File, woken: &mut PipeReader) -> Awaited {
        let is_open = *self.lock();
        let mut sources = vec![PollFd::new(&*woken, PollFlags::IN)];
        if is_open {
            sources.push(PollFd::new(typed, PollFlags::IN));
        }
        match poll(&mut sources, None) {
            Ok(_) => {}
            Err(Errno::INTR) => return Awaited::Turn,
            Err(_) => return Awaited::Nothing,
        }
        let has_alarm = sources
            .first()
            .is_some_and(|alarm| !alarm.revents().is_empty());
        drop(sources);
        if !has_alarm {
            return Awaited::Keys;
        }
        match woken.read(&mut [0; 64]) {
            Ok(0) | Err(_) => Awaited::Nothing,
            Ok(_) => Awaited::Turn,
        }
    }

    /// A flag is whole, whoever panics.
    fn lock(&self) -> std::sync::MutexGuard<'_, bool> {
        self.is_open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a terminal of such modes shows this control character as `^` and a letter. It does not
/// show those that edit the line or hold the output, and means others by it than a character.
fn is_echoed(key: u8, modes: &Termios) -> bool {
    use SpecialCodeIndex as Code;
    const SILENT: [Code; 8] = [
        Code::VERASE,
        Code::VKILL,
        Code::VWERASE,
        Code::VEOF,
        Code::VSTART,
        Code::VSTOP,
        Code::VLNEXT,
        Code::VREPRINT,
    ];
    modes
        .local_modes
        .contains(LocalModes::ECHO | LocalModes::ECHOCTL)
        && !matches!(key, b'\t' | b'\n' | b'\r')
        && SILENT.iter().all(|code| modes.special_codes[*code] != key)
}

fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock
    )
}

/// Whether we are in the foreground. Where a terminal is not that of our session, nobody shares it
/// out, and nobody is stopped for using it.
fn is_ours(terminal: &File) -> bool {
    match tcgetpgrp(terminal) {
        Ok(holder) => kin::our_group() == Some(holder),
        // It is that of a group that has no number here.
        Err(Errno::OPNOTSUPP) => kin::our_group().is_none(),
        Err(error) => error == Errno::NOTTY,
    }
}
