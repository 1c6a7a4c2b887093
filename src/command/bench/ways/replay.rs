//! The download played to everybody.

use std::ops::Range;
use std::time::{Duration, Instant};

use serde_json::json;

use super::figures::{Figures, Report};
use super::{Named, Trace, WAYS};
use crate::client::random_u64;
use crate::client::swarm::{By, Follower, Ledger, Publisher, Swarm, Way};
use crate::client::{Reply, request};
use crate::command::Failure;
use crate::command::bench::cast;
use crate::command::bench::processes::{Meter, Reading};
use crate::command::bench::progress::Progress;
use crate::command::bench::target::Target;
use crate::command::options::Arguments;

/// How long to wait at most before looking for a reason to stop.
const GLANCE: Duration = Duration::from_millis(100);
/// From one way's publish to the next one's: time enough to tell everybody in between. Points of the
/// recorded trace are 50 ms apart.
const STAGGER: Duration = Duration::from_millis(10);

/// A watcher's memory is measured by as many times more of them than watch the download.
pub(super) const CROWD: usize = 5;

/// One way's daemon, and those who watch there.
struct Lane {
    named: Named,
    index: usize,
    task: String,
    target: Target,
    publisher: Publisher,
    /// Its watchers' keys, in the order in which they poll.
    keys: Range<usize>,
    /// Points published.
    published: usize,
    /// Polls that were due.
    polled: u32,
}

/// Plays `trace` to `watchers` of each way.
pub(super) fn run(
    trace: &Trace,
    watchers: usize,
    arguments: &Arguments,
    progress: &mut Progress,
) -> Result<Report, Failure> {
    let ledgers = WAYS.iter().map(|_| Ledger::default()).collect();
    let mut swarm = Swarm::new(ledgers)?;
    let (mut lanes, mut memory) = (Vec::new(), Vec::new());
    for (index, named) in WAYS.into_iter().enumerate() {
        let mut lane = Lane::open(index, named, trace, arguments)?;
        memory.push(lane.weigh(watchers, progress)?);
        lane.keys = lane.gather(index, watchers, &mut swarm, progress)?;
        lanes.push(lane);
    }
    let played = play(trace, &mut lanes, &mut swarm, progress)?;
    let ledgers = std::mem::take(&mut swarm.record);
    // Daemons that end wait for those who are still there.
    drop(swarm);
    let measured = ledgers.iter().zip(memory).zip(played.readings);
    Ok(Report {
        watchers,
        changes: trace.points().len(),
        time: trace.time(),
        watched: played.time,
        figures: WAYS
            .iter()
            .zip(measured)
            .map(|(named, ((ledger, memory), reading))| {
                Figures::new(*named, ledger, watchers, memory, reading)
            })
            .collect(),
    })
}

/// What playing has taken.
struct Played {
    /// Until everybody knew of the end.
    time: Duration,
    /// Of each server, until the end was published.
    readings: Vec<Reading>,
}

/// From the first point until everybody knows of the last.
fn play(
    trace: &Trace,
    lanes: &mut [Lane],
    swarm: &mut Swarm<Follower>,
    progress: &mut Progress,
) -> Result<Played, Failure> {
    let watchers = swarm.len() / lanes.len();
    let processes: Vec<_> = lanes
        .iter()
        .map(|lane| lane.target.processes.clone())
        .collect();
    let meters: Vec<_> = processes.iter().map(Meter::start).collect();
    let began = Instant::now();
    let mut readings = None;
    loop {
        let now = began.elapsed();
        let mut pause = GLANCE;
        for lane in lanes.iter_mut() {
            let next = lane.act(now, trace, swarm)?;
            pause = pause.min(next.saturating_sub(now));
        }
        swarm.turn(pause)?;
        if lanes
            .iter()
            .all(|lane| lane.published == trace.points().len())
        {
            readings.get_or_insert_with(|| meters.iter().map(Meter::read).collect());
        }
        let ended = |ledger: &Ledger| ledger.finished == watchers;
        if swarm.record.iter().all(ended) {
            break;
        }
        if began.elapsed() > trace.time() + progress.patience {
            return Err(loss(&swarm.record, watchers));
        }
        progress.show("playing", now.as_secs_f64(), trace.time().as_secs_f64())?;
    }
    Ok(Played {
        time: began.elapsed(),
        readings: readings.unwrap_or_default(),
    })
}

fn loss(ledgers: &[Ledger], watchers: usize) -> Failure {
    let losers = WAYS.iter().zip(ledgers).filter_map(|(named, ledger)| {
        let missing = watchers - ledger.finished;
        (missing > 0).then(|| format!("{missing} of {watchers} by {}", named.title))
    });
    let losers: Vec<_> = losers.collect();
    Failure::Failed(format!(
        "lost: the end has not reached {}",
        losers.join(", ")
    ))
}

impl Lane {
    fn open(
        index: usize,
        named: Named,
        trace: &Trace,
        arguments: &Arguments,
    ) -> Result<Lane, Failure> {
        let target = Target::own(arguments)?;
        let task = format!("bench-{:08x}", random_u64() as u32);
        let first = json!({
            "title": "A recorded download", "loaded": 0, "total": trace.total(), "step": 0,
        });
        let route = format!("/api/progress/{task}");
        let reply: Reply = request(
            &target.server,
            "PUT",
            &route,
            Some(first.to_string().as_bytes()),
        )?;
        reply.success(&target.server)?;
        Ok(Lane {
            named,
            index,
            publisher: Publisher::connect(&target.server, &task, By::Worker)?,
            task,
            target,
            keys: 0..0,
            published: 0,
            polled: 0,
        })
    }

    /// What one watcher takes of the server's memory: by a crowd that is gone before the download
    /// begins. The tables that all share grow with the first ones, who do not count.
    fn weigh(&self, watchers: usize, progress: &mut Progress) -> Result<f64, Failure> {
        let mut crowd = Swarm::new(vec![Ledger::default()])?;
        self.gather(0, watchers, &mut crowd, progress)?;
        let before = self.target.processes.anonymous_bytes();
        self.gather(0, watchers * CROWD, &mut crowd, progress)?;
        let after = self.target.processes.anonymous_bytes();
        Ok(after.saturating_sub(before) as f64 / (watchers * CROWD) as f64)
    }

    /// Brings watchers in, who keep the books at `ledger`; their keys.
    fn gather(
        &self,
        ledger: usize,
        count: usize,
        swarm: &mut Swarm<Follower>,
        progress: &mut Progress,
    ) -> Result<Range<usize>, Failure> {
        let before = swarm.len();
        let (way, server) = (self.named.way, &self.target.server);
        let enter = |_, out: &mut Vec<u8>| Follower::open(way, server, &self.task, ledger, out);
        cast::gather(swarm, count, &self.target, progress, enter, |ledgers| {
            ledgers.get(ledger).map_or(0, |ledger| ledger.ready)
        })?;
        // Nobody leaves, so keys are given out in order.
        Ok(before..swarm.len())
    }

    /// Does what is due, and says when something is due again.
    fn act(
        &mut self,
        now: Duration,
        trace: &Trace,
        swarm: &mut Swarm<Follower>,
    ) -> Result<Duration, Failure> {
        let publish = self.publish(now, trace, swarm)?;
        let poll = self.poll(now, swarm)?;
        Ok(publish.min(poll))
    }

    fn publish(
        &mut self,
        now: Duration,
        trace: &Trace,
        swarm: &mut Swarm<Follower>,
    ) -> Result<Duration, Failure> {
        while let Some(point) = trace.points().get(self.published) {
            let due = point.at + STAGGER * self.index as u32;
            if due > now {
                return Ok(due);
            }
            self.published += 1;
            let mut state = json!({"loaded": point.loaded, "step": self.published});
            let is_last = self.published == trace.points().len();
            if is_last && let Some(state) = state.as_object_mut() {
                state.insert("status".to_owned(), "completed".into());
            }
            if let Some(ledger) = swarm.record.get_mut(self.index) {
                match is_last {
                    true => ledger.publish_last(),
                    false => ledger.publish(),
                }
            }
            self.publisher.publish(&[state.to_string()])?;
        }
        Ok(Duration::MAX)
    }

    /// Everybody polls once an interval, each at a time of his own: nobody's page was opened in the
    /// same moment as another's.
    fn poll(&mut self, now: Duration, swarm: &mut Swarm<Follower>) -> Result<Duration, Failure> {
        let Way::Polling(interval) = self.named.way else {
            return Ok(Duration::MAX);
        };
        let pace = interval / self.keys.len() as u32;
        while pace * self.polled <= now {
            let turn = self.polled as usize % self.keys.len();
            self.polled += 1;
            let key = self.keys.start + turn;
            swarm.prompt(key, |follower, out, ledgers| follower.poll(out, ledgers))?;
        }
        Ok(pace * self.polled)
    }
}
