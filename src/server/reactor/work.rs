//! Jobs and their files, as far as they are system calls: processes that are started and end, and
//! files that are opened.

use std::os::unix::net::UnixStream as StdUnixStream;

use mio::Interest;
use mio::net::UnixStream;

use crate::server::files;
use crate::server::reactor::Reactor;
use crate::server::workshop::Workshop;
use crate::task::Now;

/// From the word to stop: when jobs are told to hurry, when their commands are killed, when all
/// that is left of them is, and when they are not waited for any more. The whole is to be over in
/// five seconds.
const HURRY_MS: u64 = 1_500;
const KILL_COMMANDS_MS: u64 = 3_000;
const KILL_ALL_MS: u64 = 3_700;
const GIVE_UP_MS: u64 = 4_200;

/// How a daemon stops that has jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LastShift {
    began_ms: u64,
    /// How far the jobs have been pressed.
    step: usize,
}

type Press = fn(&mut dyn Workshop);
const STEPS: [(u64, Press); 3] = [
    (HURRY_MS, |workshop| workshop.hurry()),
    (KILL_COMMANDS_MS, |workshop| workshop.kill_commands()),
    (KILL_ALL_MS, |workshop| workshop.kill_all()),
];

impl LastShift {
    pub(super) fn new(now: Now) -> LastShift {
        LastShift {
            began_ms: now.ticks_ms,
            step: 0,
        }
    }

    /// When it is to go on.
    pub(super) fn due_ms(&self) -> u64 {
        let after_ms = STEPS.get(self.step).map_or(GIVE_UP_MS, |(ms, _)| *ms);
        self.began_ms + after_ms
    }

    pub(super) fn is_given_up(&self, now: Now) -> bool {
        self.began_ms + GIVE_UP_MS <= now.ticks_ms
    }
}

impl Reactor {
    /// Has jobs started by `workshop`. Anything readable on `ends` means that one may have ended.
    ///
    /// # Errors
    /// If that cannot be polled.
    pub fn employ(
        &mut self,
        workshop: Box<dyn Workshop>,
        ends: StdUnixStream,
    ) -> std::io::Result<()> {
        ends.set_nonblocking(true)?;
        let mut ends = UnixStream::from_std(ends);
        self.poll
            .registry()
            .register(&mut ends, super::WORK, Interest::READABLE)?;
        self.ends = Some(ends);
        self.workshop = workshop;
        Ok(())
    }

    /// The token of what [`employ`](Self::employ) listens to was in an event.
    pub(super) fn see_ends(&mut self, now: Now) {
        if self.ends.as_mut().is_some_and(super::was_readable) {
            while let Some((task, words)) = self.workshop.next_ended() {
                self.broker.job_ended(&task, &words, now);
            }
        }
    }

    /// Starts whatever may start.
    pub(super) fn start_jobs(&mut self, now: Now) {
        while let Some(launch) = self.broker.next_job(now) {
            if let Err(error) = self.workshop.start(&launch) {
                let words = format!("the job could not be started: {error}");
                self.broker.job_ended(&launch.task, &words, now);
            }
        }
    }

    /// Presses the jobs harder the longer they take, once the daemon is to stop.
    pub(super) fn press_jobs(&mut self, now: Now) {
        let Some(shift) = &mut self.last_shift else {
            return;
        };
        while let Some((_, press)) = STEPS.get(shift.step)
            && shift.due_ms() <= now.ticks_ms
        {
            press(&mut *self.workshop);
            shift.step += 1;
        }
        if !self.broker.has_jobs() || shift.is_given_up(now) {
            self.last_shift = None;
            self.close_all(now);
        }
    }

    /// Opens what was asked for.
    pub(super) fn bring_files(&mut self, now: Now) {
        while let Some(wanted) = self.broker.next_wanted() {
            let found = files::find(&wanted.folder, &wanted.name);
            let found = found.map(|(file, handle)| (file, Box::new(handle) as Box<_>));
            self.broker.show_file(wanted.peer, found, now);
        }
    }

    /// Keeps only what a job may still have to connect to.
    pub(super) fn keep_private_listener(&mut self) {
        let private = self.listeners.iter().filter(|l| l.access.private).count();
        // It is the first, so that no other's token changes.
        self.listeners.truncate(private);
    }
}
