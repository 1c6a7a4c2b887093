//! Several ways to do the same thing, measured against the first of them.
//!
//! What is measured is the processor time of this thread: what other programs do meanwhile is none of
//! ours.
//! The contestants take turns, so that a machine that grows busy slows all of them. What is
//! printed is the median of the rounds and, as spread, the distance between the tenth and the
//! ninetieth percentile.

use std::hint::black_box;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use super::Effort;

const ROUNDS: usize = 21;
/// Shorter runs than this would measure the clock.
const RUN: Duration = Duration::from_millis(4);

type Run<'c> = Box<dyn FnMut(u64) -> Duration + 'c>;

/// A contest, its baseline entered first.
pub(crate) struct Contest<'c> {
    title: String,
    effort: Effort,
    /// How many units one repetition does, and what they are.
    units: u64,
    unit: &'static str,
    entries: Vec<(&'static str, Run<'c>)>,
}

impl<'c> Contest<'c> {
    /// One repetition of each contestant does this many of these units.
    pub(crate) fn new(title: &str, units: usize, unit: &'static str, effort: Effort) -> Self {
        Contest {
            title: title.to_owned(),
            effort,
            units: units as u64,
            unit,
            entries: Vec::new(),
        }
    }

    /// A contestant that does one repetition per call.
    pub(crate) fn enter<T>(self, name: &'static str, mut once: impl FnMut() -> T + 'c) -> Self {
        self.enter_timed(name, move |times| {
            let start = processor_time();
            for _ in 0..times {
                black_box(once());
            }
            processor_time() - start
        })
    }

    /// A contestant that does as many repetitions as it is told, and says how long they took;
    /// whatever it does besides is not counted.
    pub(crate) fn enter_timed(
        mut self,
        name: &'static str,
        run: impl FnMut(u64) -> Duration + 'c,
    ) -> Self {
        self.entries.push((name, Box::new(run)));
        self
    }

    /// Holds it, and prints how it went.
    pub(crate) fn hold(mut self) {
        if self.effort == Effort::Check {
            for (_, run) in &mut self.entries {
                run(1);
            }
            return;
        }
        let repetitions: Vec<_> = self
            .entries
            .iter_mut()
            .map(|(_, run)| calibrate(run))
            .collect();
        let mut results = vec![Vec::new(); self.entries.len()];
        for _ in 0..ROUNDS {
            for (index, (_, run)) in self.entries.iter_mut().enumerate() {
                let times = repetitions[index];
                let nanos = run(times).as_nanos() as f64;
                results[index].push(nanos / (times * self.units) as f64);
            }
        }
        self.print(&mut results);
    }

    fn print(&self, results: &mut [Vec<f64>]) {
        let unit = format!("ns/{}", self.unit);
        println!("\n{:<44} {unit:>12}  spread   ratio", self.title);
        let mut baseline = None;
        for ((name, _), result) in self.entries.iter().zip(results) {
            result.sort_by(f64::total_cmp);
            let at = |percent: usize| result[result.len() * percent / 100];
            let median = at(50);
            let spread = (at(90) - at(10)) / median * 100.0;
            let ratio = median / *baseline.get_or_insert(median);
            println!("  {name:<42} {median:>12.3}  {spread:>5.0}%  {ratio:>6.2}");
        }
    }
}

/// How long this thread has had a processor.
pub(crate) fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// How many repetitions make a run long enough.
fn calibrate(run: &mut Run<'_>) -> u64 {
    let mut times = 1;
    while run(times) < RUN {
        times *= 2;
    }
    times
}
