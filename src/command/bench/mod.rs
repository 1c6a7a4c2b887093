//! `doneyet bench`: how fast is it here?
//!
//! Each course starts a daemon of its own (or takes one that runs), puts a [swarm] before it, and
//! ends with numbers. A number is only as good as what was checked on the way to it: every delivery
//! is looked at (right task, rising revision, the final state seen by all), and a loss is no slower
//! result but a failure. So is a load generator that was itself at its limit: each summary says
//! how much of a processor the load took, beside what the server took.
//!
//! [swarm]: crate::client::swarm

mod cast;
pub mod echo;
pub mod fanout;
pub mod handshake;
pub mod idle;
mod laggards;
mod options;
mod processes;
mod progress;
pub mod publish;
mod questions;
mod summary;
mod target;
pub mod ways;

use std::process::ExitCode;

use super::Failure;
use super::options::{Arguments, Operands, Usage};

/// How it is called.
pub const USAGE: Usage = Usage {
    name: "bench",
    synopsis: "COURSE [options]",
    summary: "Measure how fast a daemon is on this machine.",
    about: "Each course starts a daemon of its own, or takes the one that --server names, and\n\
            checks all that it counts. `doneyet bench COURSE --help` lists a course's options.\n\
            \n\
            Courses:\n\
            \x20 fanout      updates to many watchers, one at a time or in bursts\n\
            \x20 publish     how many updates the daemon takes in\n\
            \x20 echo        messages there and back\n\
            \x20 handshake   connections that come, become WebSockets and go\n\
            \x20 idle        what watchers cost that only wait\n\
            \x20 ways        polling, long polling, Server-Sent Events and WebSocket, side by side",
    options: &[],
    operands: Operands::Anywhere,
    examples: "doneyet bench fanout\n\
               doneyet bench fanout --watchers 10000 --burst 16 --json\n\
               doneyet bench echo --server http://127.0.0.1:8765",
};

/// A course has to be named.
///
/// # Errors
///
/// Always.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    Err(Failure::Usage(match arguments.operands() {
        [] => "which course? fanout, publish, echo, handshake, idle or ways".to_owned(),
        [word, ..] => format!("there is no course {word:?}"),
    }))
}
