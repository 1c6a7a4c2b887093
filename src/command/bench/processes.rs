//! What processes cost, as the kernel counts it (proc(5)).

use std::fs;
use std::process;
use std::time::{Duration, Instant};

use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_setaffinity};

use crate::command::Failure;

/// The processes of a server; none if nobody has told which.
#[derive(Debug, Default, Clone)]
pub(super) struct Processes(Vec<u32>);

impl Processes {
    pub(super) fn new(pids: Vec<u32>) -> Processes {
        Processes(pids)
    }

    /// This one.
    pub(super) fn own() -> Processes {
        Processes(vec![process::id()])
    }

    pub(super) fn are_known(&self) -> bool {
        !self.0.is_empty()
    }

    /// The time that all their threads have run so far (`schedstat`: nanoseconds, where `stat` has
    /// hundredths of a second).
    pub(super) fn run_time(&self) -> Duration {
        let threads = self.0.iter().flat_map(|pid| {
            let tasks = fs::read_dir(format!("/proc/{pid}/task"));
            tasks.into_iter().flatten().flatten()
        });
        let times = threads.filter_map(|thread| -> Option<u64> {
            let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
            text.split(' ').next()?.parse().ok()
        });
        Duration::from_nanos(times.sum())
    }

    /// Their memory that is no file's, in bytes (`RssAnon`).
    pub(super) fn anonymous_bytes(&self) -> u64 {
        let each = self.0.iter().filter_map(|pid| {
            let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
            let mut lines = status.lines();
            let line = lines.find_map(|line| line.strip_prefix("RssAnon:"))?;
            line.trim().strip_suffix(" kB")?.parse::<u64>().ok()
        });
        each.sum::<u64>() * 1024
    }

    /// Keeps their first threads, and all that these start from now on, on one processor.
    pub(super) fn keep_on(&self, cpu: usize) -> Result<(), Failure> {
        let pids = self.0.iter().map(|&pid| Pid::from_raw(pid as i32));
        pids.into_iter().try_for_each(|pid| pin(pid, cpu))
    }
}

/// Keeps the calling thread on one processor.
pub(super) fn stay_on(cpu: usize) -> Result<(), Failure> {
    pin(None, cpu)
}

fn pin(pid: Option<Pid>, cpu: usize) -> Result<(), Failure> {
    let mut set = CpuSet::new();
    if cpu < CpuSet::MAX_CPU {
        set.set(cpu);
    }
    sched_setaffinity(pid, &set)
        .map_err(|error| Failure::Failed(format!("cannot stay on processor {cpu}: {error}")))
}

/// The processor time of server and load from one moment to another.
#[derive(Debug)]
pub(super) struct Meter<'p> {
    server: &'p Processes,
    own: Processes,
    began: Instant,
    server_before: Duration,
    own_before: Duration,
}

/// What a [`Meter`] has read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    pub(super) wall: Duration,
    /// If the server's processes are known.
    pub(super) server: Option<Duration>,
    pub(super) own: Duration,
}

impl<'p> Meter<'p> {
    pub(super) fn start(server: &'p Processes) -> Meter<'p> {
        let own = Processes::own();
        Meter {
            server,
            server_before: server.run_time(),
            own_before: own.run_time(),
            own,
            began: Instant::now(),
        }
    }

    pub(super) fn read(&self) -> Reading {
        let wall = self.began.elapsed();
        let server = self.server.run_time().saturating_sub(self.server_before);
        Reading {
            wall,
            server: self.server.are_known().then_some(server),
            own: self.own.run_time().saturating_sub(self.own_before),
        }
    }
}
