//! Where jobs are carried out: what the reactor asks of whoever can start a process.

use std::fmt;
use std::io;

use crate::server::jobs::Launch;
use crate::task::TaskId;

/// Starts jobs, and sees to their end. Nothing here may wait.
pub trait Workshop: fmt::Debug {
    /// Starts a job. Its process reports to the daemon's private address as a worker.
    ///
    /// # Errors
    /// If there is no process now; the error is what the task is told.
    fn start(&mut self, launch: &Launch) -> io::Result<()>;

    /// A job of which nothing is left, and a sentence about its end in case it has not reported
    /// that itself. None if all that were started are still there.
    fn next_ended(&mut self) -> Option<(TaskId, String)>;

    /// Has all of them end sooner than a cancel would.
    fn hurry(&mut self);

    /// Ends the commands, so that nothing but a last report is left.
    fn kill_commands(&mut self);

    /// Ends whatever there is.
    fn kill_all(&mut self);
}

/// Starts nothing: for a daemon without recipes.
#[derive(Debug)]
pub(super) struct Closed;

impl Workshop for Closed {
    fn start(&mut self, _: &Launch) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn next_ended(&mut self) -> Option<(TaskId, String)> {
        None
    }

    fn hurry(&mut self) {}

    fn kill_commands(&mut self) {}

    fn kill_all(&mut self) {}
}
