//! The time between the command's end and ours.
//!
//! What it has written may still be on its way to a reader who is in no hurry. We stay until that
//! has been taken: the last of the output would be lost with us. But there is nobody any more to
//! whom a signal could be passed on, so from here on it is meant for us.

use std::io;
use std::os::fd::AsFd as _;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::low_level::signal_name;

use super::ending::Ending;
use super::relay::{Relay, has_room};
use super::{Event, suspend};

/// How long to wait for the end of the output after the end of the command. A process that it has
/// left in the background holds the output open, perhaps for ever.
pub(super) const LINGER: Duration = Duration::from_millis(500);

/// The command has ended; its output perhaps not.
pub(super) struct End {
    pub(super) ending: Ending,
    /// Until then, what a process that it has left behind writes counts as its own.
    until: Instant,
    /// How far each relay was at that moment.
    marks: Vec<u64>,
    /// The signal that tells us not to wait for our reader.
    told: Option<i32>,
}

impl End {
    pub(super) fn of(ending: Ending, relays: &[Relay]) -> End {
        End {
            ending,
            until: Instant::now() + LINGER,
            marks: relays.iter().map(Relay::mark).collect(),
            told: None,
        }
    }

    /// Takes a signal. One that is sent to everybody, the command included, may come behind its
    /// end: so what is on its way keeps the time that it has in any case.
    pub(super) fn hear(&mut self, signal: i32) {
        match signal {
            SIGINT | SIGQUIT | SIGTERM | SIGHUP => self.told = self.told.or(Some(signal)),
            SIGTSTP if suspend::has_shell() => suspend::stop(),
            _ => {}
        }
    }

    /// Whether whatever it has to say has been said, as far as our own reader takes it.
    pub(super) fn is_heard(&self, relays: &[Relay]) -> bool {
        relays.iter().all(Relay::is_over) || Instant::now() >= self.until
    }

    /// Whether all that the command itself wrote has also reached our own reader, or we were told
    /// not to wait for that.
    pub(super) fn is_passed_on(&self, relays: &[Relay]) -> bool {
        self.is_heard(relays) && (self.told.is_some() || !self.owes(relays))
    }

    /// Waits for our own reader.
    pub(super) fn see_off(mut self, relays: &[Relay], inbox: &Receiver<Event>) {
        while !self.is_passed_on(relays) {
            if let Ok(Event::Signal(signal)) = inbox.recv_timeout(LINGER / 10) {
                self.hear(signal);
            }
        }
        if let Some(signal) = self.told.filter(|_| self.owes(relays)) {
            let name = signal_name(signal).unwrap_or("a signal");
            remark(&format!(
                "ended by {name}: the last of the output was not read, and is lost"
            ));
        }
    }

    fn owes(&self, relays: &[Relay]) -> bool {
        let mut marked = relays.iter().zip(&self.marks);
        marked.any(|(relay, mark)| relay.owes(*mark))
    }
}

/// Says something ourselves at the end, unless nobody takes it: for that we neither wait nor fail.
pub(super) fn remark(sentence: &str) {
    let line = format!("doneyet run: {sentence}\n");
    let stderr = io::stderr();
    if has_room(stderr.as_fd()) {
        let _ = rustix::io::write(stderr, line.as_bytes());
    }
}
