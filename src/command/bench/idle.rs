//! `doneyet bench idle`: what watchers cost that only wait.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use super::cast::{self, Late};
use super::options;
use super::processes::Meter;
use super::progress::Progress;
use super::summary::Summary;
use super::target::Target;
use crate::client::random_u64;
use crate::client::swarm::{By, Deliveries, Ending, Publisher, Swarm, Watcher, Witness, state_at};
use crate::command::options::{Arguments, Operands, Opt, Takes, Usage};
use crate::command::{Failure, values};

const WATCHERS: Opt = Opt {
    name: "watchers",
    takes: Takes::One("COUNT"),
    help: "How many watch. Default: 10000.",
};

/// Those that come before anything is measured. What the first cost (buffers, tables), the others
/// share.
const FIRST: usize = 100;
/// How long a turn of the load waits at most while nothing is due.
const GLANCE: Duration = Duration::from_millis(250);

/// How it is called.
pub const USAGE: Usage = Usage {
    name: "bench idle",
    synopsis: "[options]",
    summary: "What watchers cost that only wait.",
    about: "Connects watchers of one task, and asks the kernel how much memory the server then\n\
            has, after an update to all, and how much processor time it takes while nothing\n\
            happens but pings. At the end, every watcher must still be there and see an update.\n\
            With --server, memory and time are known only if --server-pid is.",
    options: &[&[WATCHERS], &options::ALL],
    operands: Operands::None,
    examples: "doneyet bench idle\ndoneyet bench idle --watchers 19000 --secs 1m",
};

/// Does it.
///
/// # Errors
///
/// If a watcher is lost.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let watchers = arguments.value(&WATCHERS, values::size)?.unwrap_or(10_000);
    let time = options::time(arguments)?;
    cast::make_room(watchers + FIRST)?;
    let target = Target::find(arguments)?;
    let mut progress = Progress::start("idle", &target, arguments)?;
    let mut crowd = Crowd::new(&target)?;
    let memory = || target.processes.anonymous_bytes();

    crowd.grow(FIRST, &target, &mut progress)?;
    crowd.update_until_seen(&progress)?;
    let before = memory();
    let began = Instant::now();
    crowd.grow(watchers, &target, &mut progress)?;
    let connecting = began.elapsed();
    let connected = memory();
    crowd.update_until_seen(&progress)?;
    let updated = memory();
    let meter = Meter::start(&target.processes);
    while meter.read().wall < time {
        crowd.swarm.turn(GLANCE)?;
        let wall = meter.read().wall.as_secs_f64();
        progress.show("waiting", wall, time.as_secs_f64())?;
    }
    let reading = meter.read();
    crowd.end(&progress)?;

    let mut summary = Summary::new("idle");
    summary.count("watchers", watchers as u64);
    let per_sec = watchers as f64 / connecting.as_secs_f64();
    summary.number("connects_per_sec", per_sec);
    if target.processes.are_known() {
        let each = |bytes: u64| bytes.saturating_sub(before) as f64 / watchers as f64;
        summary.count("server_memory_bytes_before", before);
        summary.number("bytes_per_watcher_connected", each(connected));
        summary.number("bytes_per_watcher_updated", each(updated));
    }
    summary.number("idle_secs", reading.wall.as_secs_f64());
    let watcher_secs = watchers as f64 * reading.wall.as_secs_f64();
    summary.processors(
        "server_cpu_us_per_watcher_second",
        watcher_secs as u64,
        reading,
    );
    progress.finish();
    summary.print(arguments)
}

/// Watchers of one task, and its publisher.
struct Crowd {
    swarm: Swarm<Watcher>,
    publisher: Publisher,
    task: String,
    step: u64,
}

impl Crowd {
    fn new(target: &Target) -> Result<Crowd, Failure> {
        let task = format!("bench-{:08x}", random_u64() as u32);
        Ok(Crowd {
            swarm: Swarm::new(Deliveries::default())?,
            publisher: Publisher::connect(&target.server, &task, By::Worker)?,
            task,
            step: 0,
        })
    }

    fn grow(
        &mut self,
        count: usize,
        target: &Target,
        progress: &mut Progress,
    ) -> Result<(), Failure> {
        let route = format!("/ws/progress/{}", self.task);
        let witness = Witness::new(&self.task);
        let enter =
            |_, out: &mut Vec<u8>| Watcher::open(&target.server, &route, witness.another(), out);
        cast::gather(&mut self.swarm, count, target, progress, enter, |record| {
            record.ready
        })
    }

    /// Until an update reaches everybody: with its 101, a watcher of some servers is not yet in
    /// their books.
    fn update_until_seen(&mut self, progress: &Progress) -> Result<(), Failure> {
        for patience in cast::ATTEMPTS {
            self.publish(Ending::Open)?;
            match cast::wait_at_most(patience, &mut self.swarm, progress, is_over) {
                Err(Late::Missed) => {}
                seen => return seen.map_err(|late| late.failure(UNSEEN)),
            }
        }
        Err(Late::Missed.failure(UNSEEN))
    }

    fn end(&mut self, progress: &Progress) -> Result<(), Failure> {
        self.publish(Ending::Completed)?;
        cast::wait_until(&mut self.swarm, progress, is_over).map_err(|late| late.failure(UNSEEN))
    }

    fn publish(&mut self, ending: Ending) -> Result<(), Failure> {
        self.step += 1;
        let state = state_at(&self.task, self.step, ending, 0);
        let count = self.swarm.len();
        self.swarm.record.begin_round(self.step, count, ending);
        Ok(self.publisher.publish(&[state])?)
    }
}

const UNSEEN: &str = "lost: watchers have not seen an update";

fn is_over(record: &Deliveries) -> bool {
    record.missing() == 0
}
