//! `doneyet bench handshake`: connections that come, become WebSockets, and go.

use std::process::ExitCode;
use std::time::Instant;

use super::processes::Meter;
use super::progress::Progress;
use super::summary::Summary;
use super::target::Target;
use super::{cast, options};
use crate::client::swarm::{Swarm, Visitor, Visits};
use crate::command::options::{Arguments, Operands, Opt, Takes, Usage};
use crate::command::{Failure, values};

const CONNECTIONS: Opt = Opt {
    name: "connections",
    takes: Takes::One("COUNT"),
    help: "How many are on their way at a time. Default: 16.",
};

/// A task that is not there: its watchers are told nothing but the 101.
const ROUTE: &str = "/ws/progress/bench-handshake";

/// How it is called.
pub const USAGE: Usage = Usage {
    name: "bench handshake",
    synopsis: "[options]",
    summary: "Connections that come, become WebSockets, and go.",
    about: "Connects, upgrades, checks the 101 (status, fields, the proof that the key was read)\n\
            and hangs up, again and again.",
    options: &[&[CONNECTIONS], &options::ALL],
    operands: Operands::None,
    examples: "doneyet bench handshake\ndoneyet bench handshake --connections 1 --secs 10",
};

/// Does it.
///
/// # Errors
///
/// If a handshake fails.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let connections = arguments.value(&CONNECTIONS, values::size)?.unwrap_or(16);
    let time = options::time(arguments)?;
    cast::make_room(connections)?;
    let target = Target::find(arguments)?;
    let mut progress = Progress::start("handshake", &target, arguments)?;
    let mut swarm = Swarm::new(Visits::default())?;
    let meter = Meter::start(&target.processes);
    let began = Instant::now();
    while began.elapsed() < time {
        while swarm.len() < connections {
            swarm.join(target.address, |out| {
                Visitor::open(&target.server, ROUTE, out)
            })?;
        }
        let before = swarm.record.count;
        cast::wait_until(&mut swarm, &progress, |visits| visits.count > before)
            .map_err(|late| late.failure("no handshake was done"))?;
        progress.measuring(began, time, before, "handshakes")?;
    }
    // Whoever is still on its way counts, too: the server has most of the work behind it.
    let all = swarm.record.count + swarm.len() as u64;
    cast::wait_until(&mut swarm, &progress, |visits| visits.count == all)
        .map_err(|late| late.failure("handshakes are missing"))?;
    let reading = meter.read();
    let visits = &swarm.record;
    let mut summary = Summary::new("handshake");
    summary.count("connections", connections as u64);
    summary.number("secs", reading.wall.as_secs_f64());
    summary.count("handshakes", visits.count);
    let per_sec = visits.count as f64 / reading.wall.as_secs_f64();
    summary.number("handshakes_per_sec", per_sec);
    summary.spread("each_us", &visits.times);
    summary.processors("server_cpu_us_per_handshake", visits.count, reading);
    progress.finish();
    summary.print(arguments)
}
