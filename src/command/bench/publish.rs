//! `doneyet bench publish`: how many updates the daemon takes in.

use std::process::ExitCode;

use serde_json::Value;

use super::fanout::by;
use super::questions::{self, Questions};
use super::target::Target;
use super::{cast, options};
use crate::client::swarm::{By, Poster, Window, Worker};
use crate::client::{random_u64, request};
use crate::command::options::{Arguments, Operands, Opt, Takes, Usage};
use crate::command::{Failure, values};

const PUBLISHERS: Opt = Opt {
    name: "publishers",
    takes: Takes::One("COUNT"),
    help: "How many publish, each a task of its own. Default: 16.",
};
const BYTES: Opt = Opt {
    name: "bytes",
    takes: Takes::One("COUNT"),
    help: "The length of a state. Default: as short as can be checked, some 130.",
};
const BY: Opt = Opt {
    name: "by",
    takes: Takes::One("WAY"),
    help: "How: worker (a WebSocket) or post (HTTP requests, pipelined). Default: post.",
};

/// How it is called.
pub const USAGE: Usage = Usage {
    name: "bench publish",
    synopsis: "[options]",
    summary: "How many updates the daemon takes in.",
    about: "Keeps publishes in flight on every connection. The answer to a POST must be of its\n\
            task and have a higher revision than the last; what is published through a worker's\n\
            socket is known to have been read by the pong to a ping behind it. At the end, each\n\
            task must be in the state that was published last.",
    options: &[
        &[PUBLISHERS, questions::IN_FLIGHT, BYTES, BY],
        &options::ALL,
    ],
    operands: Operands::None,
    examples: "doneyet bench publish\ndoneyet bench publish --by worker --publishers 1 --in-flight 64",
};

/// Does it.
///
/// # Errors
///
/// If a publish is refused, or its effect cannot be seen.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let publishers = arguments.value(&PUBLISHERS, values::size)?.unwrap_or(16);
    let in_flight = questions::in_flight(arguments)?.unwrap_or(16);
    let bytes = arguments.value(&BYTES, values::size)?.unwrap_or(0);
    let by = arguments.value(&BY, by)?.unwrap_or(By::Post);
    cast::make_room(publishers)?;
    let target = Target::find(arguments)?;
    let questions = Questions {
        course: "publish",
        unit: "publishes",
        rate: "publishes_per_sec",
        each: "server_cpu_us_per_publish",
        connections: publishers,
        in_flight,
    };
    let run = random_u64() as u32;
    let task = |index: usize| format!("bench-{run:08x}-{index}");
    let verify = |index: usize, step: u64| verify(&target, &task(index), step);
    let window = || Window::new(in_flight);
    let summary = match by {
        By::Post => {
            let enter = |index, out: &mut Vec<u8>| {
                Poster::open(&target.server, &task(index), window(), bytes, out)
            };
            let check = |index: usize, poster: &Poster| verify(index, poster.step());
            questions.run(&target, arguments, enter, Poster::begin, check)
        }
        By::Worker => {
            let enter = |index, out: &mut Vec<u8>| {
                Worker::open(&target.server, &task(index), window(), bytes, out)
            };
            let check = |index: usize, worker: &Worker| verify(index, worker.step());
            questions.run(&target, arguments, enter, Worker::begin, check)
        }
    }?;
    summary.print(arguments)
}

/// The task must have come to `step`.
fn verify(target: &Target, task: &str, step: u64) -> Result<(), Failure> {
    let route = format!("/api/progress/{task}");
    let state = request(&target.server, "GET", &route, None)?
        .success(&target.server)?
        .json();
    match state.get("step").and_then(Value::as_u64) {
        Some(seen) if seen == step => Ok(()),
        seen => {
            let why = format!("lost: {task} is at step {seen:?}, and {step} was published");
            Err(Failure::Failed(why))
        }
    }
}
