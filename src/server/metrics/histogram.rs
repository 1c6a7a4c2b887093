//! How long things took, without keeping each of them.

use std::time::Duration;

/// The upper bounds of the buckets, in seconds: from a turn with one event to one that everybody
/// notices.
pub const BOUNDS_SECS: [f64; 16] = [
    0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025,
    0.05, 0.1, 0.25, 0.5, 1.0,
];

/// Counts of durations in buckets.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Histogram {
    /// Those in each bucket alone: added up only when shown, so that counting touches one.
    counts: [u64; BOUNDS_SECS.len()],
    /// Those beyond the last bound.
    beyond: u64,
    sum: Duration,
}

impl Histogram {
    /// Counts one duration; a bound belongs to the bucket below it.
    pub fn observe(&mut self, duration: Duration) {
        let secs = duration.as_secs_f64();
        let at = BOUNDS_SECS.partition_point(|&bound| bound < secs);
        *self.counts.get_mut(at).unwrap_or(&mut self.beyond) += 1;
        self.sum = self.sum.saturating_add(duration);
    }

    /// For each bound, how many were no longer than it.
    pub fn cumulative(&self) -> impl Iterator<Item = (f64, u64)> {
        let mut so_far = 0;
        BOUNDS_SECS
            .iter()
            .zip(&self.counts)
            .map(move |(&bound, &count)| {
                so_far += count;
                (bound, so_far)
            })
    }

    /// How many there were.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum::<u64>() + self.beyond
    }

    /// All of them together, in seconds.
    pub fn sum_secs(&self) -> f64 {
        self.sum.as_secs_f64()
    }
}
