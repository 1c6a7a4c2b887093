//! The options that all courses have.

use std::time::Duration;

use crate::command::options::{Arguments, Opt, Takes};
use crate::command::{Failure, values};

/// Where the daemon is.
pub(super) const SERVER: Opt = Opt {
    name: "server",
    takes: Takes::One("URL"),
    help: "Measure the daemon at http://HOST:PORT. Default: one of its own, for the time being.",
};
/// Whose processor time and memory to count.
pub(super) const PID: Opt = Opt {
    name: "server-pid",
    takes: Takes::Many("PID"),
    help: "With --server: its process, whose processor time and memory are then told, too.",
};
/// Where the daemon runs.
pub(super) const SERVER_CPU: Opt = Opt {
    name: "server-cpu",
    takes: Takes::One("NUMBER"),
    help: "Keep the server on this processor, counted from 0.",
};
/// Where the load runs.
pub(super) const LOAD_CPU: Opt = Opt {
    name: "load-cpu",
    takes: Takes::One("NUMBER"),
    help: "Keep the load on this processor, counted from 0.",
};
/// How long.
pub(super) const SECS: Opt = Opt {
    name: "secs",
    takes: Takes::One("TIME"),
    help: "How long to measure. Default: 5.",
};
/// When to give up.
pub(super) const PATIENCE: Opt = Opt {
    name: "patience",
    takes: Takes::One("TIME"),
    help: "How long the server may take for anything before it counts as lost. Default: 20.",
};
/// For programs.
pub(super) const JSON: Opt = Opt {
    name: "json",
    takes: Takes::Nothing,
    help: "Print the summary as one line of JSON.",
};
/// For scripts.
pub(super) const QUIET: Opt = Opt {
    name: "quiet",
    takes: Takes::Nothing,
    help: "Neither show the progress nor publish it to the daemon as the task `bench`.",
};

/// All of them.
pub(super) const ALL: [Opt; 8] = [
    SECS, PATIENCE, SERVER, PID, SERVER_CPU, LOAD_CPU, JSON, QUIET,
];

/// For how long to measure.
///
/// # Errors
///
/// [`Failure::Usage`] for what is no time.
pub(super) fn time(arguments: &Arguments) -> Result<Duration, Failure> {
    let time = arguments.value(&SECS, values::duration)?;
    Ok(time.unwrap_or(Duration::from_secs(5)))
}
