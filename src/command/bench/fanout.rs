//! `doneyet bench fanout`: updates to many watchers.
//!
//! Time runs in rounds. In each, every task's publisher writes its updates (one, or a burst in one
//! write), and the round is over when every watcher has seen the newest. So nothing is ever in
//! flight that nobody waits for, and the rate is what server and kernel can do, not what they can
//! put off.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use super::cast::{self, Late};
use super::processes::{Meter, Reading};
use super::progress::Progress;
use super::summary::Summary;
use super::target::Target;
use super::{laggards::Laggards, options};
use crate::client::random_u64;
use crate::client::swarm::{By, Deliveries, Ending, Publisher, Swarm, Watcher, Witness, state_at};
use crate::command::options::{Arguments, Operands, Opt, Takes, Usage};
use crate::command::{Failure, values};

const WATCHERS: Opt = Opt {
    name: "watchers",
    takes: Takes::One("COUNT"),
    help: "How many watch, all together. Default: 1000.",
};
const TASKS: Opt = Opt {
    name: "tasks",
    takes: Takes::One("COUNT"),
    help: "How many tasks they watch, each the same share. Default: 1.",
};
const BURST: Opt = Opt {
    name: "burst",
    takes: Takes::One("COUNT"),
    help: "How many updates of each task are published at once. Default: 1.",
};
const BYTES: Opt = Opt {
    name: "bytes",
    takes: Takes::One("COUNT"),
    help: "The length of a state. Default: as short as can be checked, some 130.",
};
const BY: Opt = Opt {
    name: "by",
    takes: Takes::One("WAY"),
    help: "How updates are published: worker (a WebSocket for each task) or post (HTTP). \
           Default: worker.",
};
const STALLED: Opt = Opt {
    name: "stalled",
    takes: Takes::One("COUNT"),
    help: "How many more watch and do not read before the end. Default: none.",
};

const SPIN: Opt = Opt {
    name: "spin",
    takes: Takes::Nothing,
    help: "Have the load never sleep. It takes a processor for itself, and the server need not wake it.",
};

/// How it is called.
pub const USAGE: Usage = Usage {
    name: "bench fanout",
    synopsis: "[options]",
    summary: "Updates to many watchers.",
    about: "Publishes, waits until every watcher has seen the newest state, and publishes again.\n\
            Every delivery is checked: the right task, a higher revision, no step backwards, and\n\
            at the end the completed state. A loss is a failure. Updates that a newer one\n\
            overtook are counted as skipped.",
    options: &[
        &[WATCHERS, TASKS, BURST, BYTES, BY, STALLED, SPIN],
        &options::ALL,
    ],
    operands: Operands::None,
    examples: "doneyet bench fanout --watchers 10000\n\
               doneyet bench fanout --burst 16 --by post\n\
               doneyet bench fanout --server-cpu 0 --load-cpu 1 --json",
};

/// What is asked for.
struct Plan {
    watchers: usize,
    tasks: usize,
    burst: u64,
    bytes: usize,
    by: By,
    stalled: usize,
    spins: bool,
    time: Duration,
}

impl Plan {
    fn read(arguments: &Arguments) -> Result<Plan, Failure> {
        let size = |option: &Opt| arguments.value(option, values::size);
        let plan = Plan {
            watchers: size(&WATCHERS)?.unwrap_or(1000),
            tasks: size(&TASKS)?.unwrap_or(1),
            burst: arguments.value(&BURST, values::count)?.unwrap_or(1),
            bytes: size(&BYTES)?.unwrap_or(0),
            by: arguments.value(&BY, by)?.unwrap_or(By::Worker),
            stalled: size(&STALLED)?.unwrap_or(0),
            spins: arguments.has(&SPIN),
            time: options::time(arguments)?,
        };
        if !plan.watchers.is_multiple_of(plan.tasks) {
            let why = "--watchers must be a multiple of --tasks";
            return Err(Failure::Usage(why.to_owned()));
        }
        cast::make_room(plan.watchers + plan.stalled + plan.tasks)?;
        Ok(plan)
    }
}

/// Reads `worker` or `post`.
pub(super) fn by(text: &str) -> Result<By, &'static str> {
    match text {
        "worker" => Ok(By::Worker),
        "post" => Ok(By::Post),
        _ => Err("a way to publish is worker or post"),
    }
}

/// Does it.
///
/// # Errors
///
/// If anything was lost, or wrong.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let plan = Plan::read(arguments)?;
    let target = Target::find(arguments)?;
    let mut progress = Progress::start("fanout", &target, arguments)?;
    let mut course = Course::prepare(&plan, &target, &mut progress)?;
    course.warm_up(&progress)?;
    let mut laggards = Laggards::connect(&target, &course.tasks[0], plan.stalled)?;

    course.swarm.record.start_over();
    let busy_before = course.swarm.busy().unwrap_or_default();
    let memory_before = target.processes.anonymous_bytes();
    let meter = Meter::start(&target.processes);
    let began = Instant::now();
    while began.elapsed() < plan.time {
        course.round(Ending::Open, &progress)?;
        let count = course.swarm.record.count;
        progress.measuring(began, plan.time, count, "deliveries")?;
    }
    let mut reading = meter.read();
    // Of a load that never sleeps, what it took for want of anything to do is no part of the load.
    if let Some(busy) = course.swarm.busy() {
        reading.own = busy - busy_before;
    }
    let memory = target.processes.anonymous_bytes();
    let mut summary = course.summary(reading);
    course.round(Ending::Completed, &progress)?;
    laggards.catch_up(course.step, &progress)?;
    if plan.stalled > 0 {
        summary.count("stalled", plan.stalled as u64);
        summary.count("stalled_caught_up_on", laggards.seen());
        if target.processes.are_known() {
            let grown = memory.saturating_sub(memory_before) as f64;
            summary.number("server_bytes_per_stalled", grown / plan.stalled as f64);
        }
    }
    progress.finish();
    summary.print(arguments)
}

/// Watchers and publishers in their places.
struct Course<'p> {
    plan: &'p Plan,
    tasks: Vec<String>,
    publishers: Vec<Publisher>,
    swarm: Swarm<Watcher>,
    /// The newest step published.
    step: u64,
    rounds: u64,
    /// All rounds' times together.
    waited: Duration,
}

impl<'p> Course<'p> {
    fn prepare(
        plan: &'p Plan,
        target: &Target,
        progress: &mut Progress,
    ) -> Result<Course<'p>, Failure> {
        // A daemon that runs may remember the tasks of the last time.
        let run = random_u64() as u32;
        let tasks: Vec<String> = (0..plan.tasks)
            .map(|index| format!("bench-{run:08x}-{index}"))
            .collect();
        let witnesses: Vec<Witness> = tasks.iter().map(|task| Witness::new(task)).collect();
        let mut swarm = Swarm::new(Deliveries::default())?;
        if plan.spins {
            swarm.stay_awake();
        }
        let enter = |index: usize, out: &mut Vec<u8>| {
            let at = index % plan.tasks;
            let route = format!("/ws/progress/{}", tasks[at]);
            Watcher::open(&target.server, &route, witnesses[at].another(), out)
        };
        cast::gather(
            &mut swarm,
            plan.watchers,
            target,
            progress,
            enter,
            |record| record.ready,
        )?;
        let publisher = |task: &String| Publisher::connect(&target.server, task, plan.by);
        Ok(Course {
            plan,
            publishers: tasks.iter().map(publisher).collect::<Result<_, _>>()?,
            tasks,
            swarm,
            step: 0,
            rounds: 0,
            waited: Duration::ZERO,
        })
    }

    /// Until an update reaches everybody: with its 101, a watcher of some servers is not yet in
    /// their books.
    fn warm_up(&mut self, progress: &Progress) -> Result<(), Failure> {
        for patience in cast::ATTEMPTS {
            self.publish(Ending::Open)?;
            let arrived = cast::wait_at_most(patience, &mut self.swarm, progress, is_over);
            self.settle()?;
            match arrived {
                Ok(()) => {
                    (self.rounds, self.waited) = (0, Duration::ZERO);
                    return Ok(());
                }
                Err(Late::Missed) => {}
                Err(Late::Ended(failure)) => return Err(failure),
            }
        }
        Err(self.loss())
    }

    /// Publishes, and waits until all have seen it.
    fn round(&mut self, ending: Ending, progress: &Progress) -> Result<(), Failure> {
        self.publish(ending)?;
        match cast::wait_until(&mut self.swarm, progress, is_over) {
            Ok(()) => {}
            Err(Late::Missed) => return Err(self.loss()),
            Err(Late::Ended(failure)) => return Err(failure),
        }
        self.waited += self.swarm.record.began().elapsed();
        self.rounds += 1;
        self.settle()
    }

    fn publish(&mut self, ending: Ending) -> Result<(), Failure> {
        let first = self.step + 1;
        // An end comes alone: a task that has ended takes no more.
        let burst = match ending {
            Ending::Open => self.plan.burst,
            Ending::Completed => 1,
        };
        self.step += burst;
        let states = |task: &String| -> Vec<String> {
            let steps = first..=self.step;
            steps
                .map(|step| state_at(task, step, ending, self.plan.bytes))
                .collect()
        };
        let states: Vec<Vec<String>> = self.tasks.iter().map(states).collect();
        let record = &mut self.swarm.record;
        record.begin_round(self.step, self.plan.watchers, ending);
        for (publisher, states) in self.publishers.iter_mut().zip(&states) {
            publisher.publish(states)?;
        }
        Ok(())
    }

    fn settle(&mut self) -> Result<(), Failure> {
        let mut publishers = self.publishers.iter_mut();
        publishers.try_for_each(|publisher| Ok(publisher.settle()?))
    }

    fn loss(&self) -> Failure {
        Failure::Failed(format!(
            "lost: {} of {} watchers have not seen step {}",
            self.swarm.record.missing(),
            self.plan.watchers,
            self.step
        ))
    }

    fn summary(&self, reading: Reading) -> Summary {
        let (plan, record) = (self.plan, &self.swarm.record);
        let secs = self.waited.as_secs_f64();
        let due = self.rounds * plan.burst * plan.watchers as u64;
        let mut summary = Summary::new("fanout");
        summary.count("watchers", plan.watchers as u64);
        summary.count("tasks", plan.tasks as u64);
        summary.count("burst", plan.burst);
        summary.number("secs", reading.wall.as_secs_f64());
        summary.count("rounds", self.rounds);
        summary.count("delivered", record.count);
        summary.count("skipped", due.saturating_sub(record.count));
        summary.number("rounds_per_sec", self.rounds as f64 / secs);
        summary.number("deliveries_per_sec", record.count as f64 / secs);
        let told = self.rounds as f64 * plan.watchers as f64;
        summary.number("watchers_told_per_sec", told / secs);
        summary.number("state_bytes", record.bytes as f64 / record.count as f64);
        summary.spread("first_us", &record.first);
        summary.spread("each_us", &record.each);
        summary.spread("last_us", &record.last);
        summary.processors("server_cpu_us_per_delivery", record.count, reading);
        summary
    }
}

fn is_over(record: &Deliveries) -> bool {
    record.missing() == 0
}
