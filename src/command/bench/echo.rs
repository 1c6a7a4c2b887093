//! `doneyet bench echo`: messages there and back.

use std::process::ExitCode;

use super::questions::{self, Questions};
use super::target::Target;
use super::{cast, options};
use crate::client::swarm::{Echoer, Window};
use crate::command::options::{Arguments, Operands, Opt, Takes, Usage};
use crate::command::{Failure, values};

const CONNECTIONS: Opt = Opt {
    name: "connections",
    takes: Takes::One("COUNT"),
    help: "How many connections. Default: 64.",
};
const BYTES: Opt = Opt {
    name: "bytes",
    takes: Takes::One("COUNT"),
    help: "The length of a message. Default: 64.",
};

/// How it is called.
pub const USAGE: Usage = Usage {
    name: "bench echo",
    synopsis: "[options]",
    summary: "Messages there and back.",
    about: "Keeps messages in flight on every connection to /ws/echo (which a daemon opens with\n\
            --echo) and checks that each comes back as it was, in its turn.",
    options: &[&[CONNECTIONS, questions::IN_FLIGHT, BYTES], &options::ALL],
    operands: Operands::None,
    examples: "doneyet bench echo\ndoneyet bench echo --connections 1 --in-flight 1",
};

/// Does it.
///
/// # Errors
///
/// If an echo is not what was said, or does not come.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let connections = arguments.value(&CONNECTIONS, values::size)?.unwrap_or(64);
    let in_flight = questions::in_flight(arguments)?.unwrap_or(16);
    let bytes = arguments.value(&BYTES, values::size)?.unwrap_or(64);
    cast::make_room(connections)?;
    let target = Target::find(arguments)?;
    let questions = Questions {
        course: "echo",
        unit: "messages",
        rate: "messages_per_sec",
        each: "server_cpu_us_per_message",
        connections,
        in_flight,
    };
    let enter =
        |_, out: &mut Vec<u8>| Echoer::open(&target.server, Window::new(in_flight), bytes, out);
    let mut summary = questions.run(&target, arguments, enter, Echoer::begin, |_, _| Ok(()))?;
    summary.count("message_bytes", bytes as u64);
    summary.print(arguments)
}
