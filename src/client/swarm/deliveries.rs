//! What a swarm of watchers has been given.

use std::time::{Duration, Instant};

use super::{Ending, Spread};

/// What all watchers have seen, counted and timed.
///
/// The states that are published are numbered by their steps. Time runs in rounds: in each a new
/// newest step is published, and the round is over when every watcher has seen it.
#[derive(Debug)]
pub struct Deliveries {
    /// Watchers whose stream is open.
    pub ready: usize,
    /// States delivered.
    pub count: u64,
    /// Their bytes, as JSON.
    pub bytes: u64,
    /// From the publish to the watcher that saw it first; one for each round.
    pub first: Spread,
    /// From the publish to each watcher.
    pub each: Spread,
    /// From the publish to the watcher that saw it last; one for each round.
    pub last: Spread,
    round: Round,
    pub(super) ending: Ending,
}

#[derive(Debug)]
struct Round {
    step: u64,
    began: Instant,
    watchers: usize,
    missing: usize,
}

impl Default for Deliveries {
    fn default() -> Deliveries {
        Deliveries {
            ready: 0,
            count: 0,
            bytes: 0,
            first: Spread::default(),
            each: Spread::default(),
            last: Spread::default(),
            round: Round {
                step: 0,
                began: Instant::now(),
                watchers: 0,
                missing: 0,
            },
            ending: Ending::Open,
        }
    }
}

impl Deliveries {
    /// A round begins: `watchers` are going to be told of `step`, which is higher than any before.
    /// With [`Ending::Completed`], it must be a state whose task has ended.
    pub fn begin_round(&mut self, step: u64, watchers: usize, ending: Ending) {
        self.ending = ending;
        self.round = Round {
            step,
            began: Instant::now(),
            watchers,
            missing: watchers,
        };
    }

    /// How many watchers have not seen the newest step.
    pub fn missing(&self) -> usize {
        self.round.missing
    }

    /// When the round began.
    pub fn began(&self) -> Instant {
        self.round.began
    }

    /// The newest step.
    pub(super) fn newest(&self) -> u64 {
        self.round.step
    }

    /// Everything counted and timed so far is forgotten: what was before was warming up.
    pub fn start_over(&mut self) {
        (self.count, self.bytes) = (0, 0);
        for spread in [&mut self.first, &mut self.each, &mut self.last] {
            *spread = Spread::default();
        }
    }

    /// A watcher that had come to `before` was given `step`.
    pub(super) fn note(&mut self, before: u64, step: u64, len: usize) {
        self.count += 1;
        self.bytes += len as u64;
        let round = &mut self.round;
        if before >= round.step || step < round.step {
            return;
        }
        let time: Duration = round.began.elapsed();
        if round.missing == round.watchers {
            self.first.add(time);
        }
        round.missing = round.missing.saturating_sub(1);
        if round.missing == 0 {
            self.last.add(time);
        }
        self.each.add(time);
    }
}
