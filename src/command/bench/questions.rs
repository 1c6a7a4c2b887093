//! What `echo` and `publish` have in common: questions in flight, and answers counted.

use std::time::Instant;

use super::cast;
use super::options;
use super::processes::Meter;
use super::progress::Progress;
use super::summary::Summary;
use super::target::Target;
use crate::client::swarm::{Part, Swarm, Tally};
use crate::command::options::{Arguments, Opt, Takes};
use crate::command::{Failure, values};

pub(super) const IN_FLIGHT: Opt = Opt {
    name: "in-flight",
    takes: Takes::One("COUNT"),
    help: "How many are in flight on each connection. Default: 16.",
};

pub(super) fn in_flight(arguments: &Arguments) -> Result<Option<usize>, Failure> {
    arguments.value(&IN_FLIGHT, values::size)
}

/// A course of questions and answers.
pub(super) struct Questions {
    pub(super) course: &'static str,
    /// What is counted, for people.
    pub(super) unit: &'static str,
    /// The names of two figures.
    pub(super) rate: &'static str,
    pub(super) each: &'static str,
    pub(super) connections: usize,
    pub(super) in_flight: usize,
}

impl Questions {
    /// Runs it: members that `enter`, `begin` when all are there, and ask until the time is over.
    /// Then `verify` has a look at each.
    pub(super) fn run<P: Part<Record = Tally>>(
        &self,
        target: &Target,
        arguments: &Arguments,
        enter: impl FnMut(usize, &mut Vec<u8>) -> P,
        begin: impl Fn(&mut P, &mut Vec<u8>, &mut Tally),
        verify: impl Fn(usize, &P) -> Result<(), Failure>,
    ) -> Result<Summary, Failure> {
        let time = options::time(arguments)?;
        let mut progress = Progress::start(self.course, target, arguments)?;
        let mut swarm = Swarm::new(Tally::default())?;
        cast::gather(
            &mut swarm,
            self.connections,
            target,
            &mut progress,
            enter,
            |tally| tally.ready,
        )?;
        for key in swarm.keys() {
            swarm.prompt(key, |part, out, tally| begin(part, out, tally))?;
        }
        // Everybody has had an answer: nothing is new any more.
        let all = (self.connections * self.in_flight) as u64;
        cast::wait_until(&mut swarm, &progress, |tally| tally.answered >= all)
            .map_err(|late| late.failure("no answer came"))?;

        swarm.record.start_over();
        let meter = Meter::start(&target.processes);
        let began = Instant::now();
        while began.elapsed() < time {
            let before = swarm.record.answered;
            cast::wait_until(&mut swarm, &progress, |tally| tally.answered > before)
                .map_err(|late| late.failure("no answer came"))?;
            progress.measuring(began, time, before, self.unit)?;
        }
        let reading = meter.read();
        let answered = swarm.record.answered;
        swarm.record.is_closing = true;
        cast::wait_until(&mut swarm, &progress, |tally| tally.in_flight == 0)
            .map_err(|late| late.failure("answers are missing"))?;
        for key in swarm.keys() {
            swarm.part(key).map_or(Ok(()), |part| verify(key, part))?;
        }

        let mut summary = Summary::new(self.course);
        summary.count("connections", self.connections as u64);
        summary.count("in_flight", self.in_flight as u64);
        summary.number("secs", reading.wall.as_secs_f64());
        summary.count("answered", answered);
        summary.number(self.rate, answered as f64 / reading.wall.as_secs_f64());
        summary.spread("each_us", &swarm.record.times);
        summary.processors(self.each, answered, reading);
        progress.finish();
        Ok(summary)
    }
}
