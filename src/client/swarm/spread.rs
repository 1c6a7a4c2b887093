//! How a million times are spread, in a few kilobytes.
//!
//! Buckets grow with what they count, so that every percentile is right to one part in 128, be it
//! microseconds or minutes: the seven bits below a time's highest choose its bucket.

use std::time::Duration;

/// Bits that tell one bucket from the next.
const FINE: u32 = 7;
const PER_DOUBLING: usize = 1 << FINE;
/// A day is less than 2⁴⁷ ns.
const LONGEST: u64 = (1 << 47) - 1;
const BUCKETS: usize = (47 - FINE as usize + 1) * PER_DOUBLING;

/// Times, counted by their length.
#[derive(Debug, Clone)]
pub struct Spread {
    buckets: Box<[u64]>,
    count: u64,
    max_ns: u64,
}

impl Default for Spread {
    fn default() -> Spread {
        Spread {
            buckets: vec![0; BUCKETS].into(),
            count: 0,
            max_ns: 0,
        }
    }
}

impl Spread {
    /// Counts one time. Anything over a day is a day.
    pub fn add(&mut self, time: Duration) {
        let ns = u64::try_from(time.as_nanos())
            .unwrap_or(LONGEST)
            .min(LONGEST);
        if let Some(bucket) = self.buckets.get_mut(bucket_of(ns)) {
            *bucket += 1;
        }
        self.count += 1;
        self.max_ns = self.max_ns.max(ns);
    }

    /// How many times were counted.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The longest.
    pub fn max(&self) -> Duration {
        Duration::from_nanos(self.max_ns)
    }

    /// The time that `percent` of all are no longer than; nothing if none was counted.
    pub fn percentile(&self, percent: f64) -> Duration {
        let rank = (self.count as f64 * percent / 100.0).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (index, count) in self.buckets.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return Duration::from_nanos(middle_of(index).min(self.max_ns));
            }
        }
        Duration::ZERO
    }
}

fn bucket_of(ns: u64) -> usize {
    let doubling = ns.checked_ilog2().unwrap_or(0).saturating_sub(FINE);
    // Below the first doubling each nanosecond has its own bucket.
    (doubling as usize * PER_DOUBLING) + (ns >> doubling) as usize
}

fn middle_of(index: usize) -> u64 {
    let doubling = (index / PER_DOUBLING).saturating_sub(1);
    let step = (index - doubling * PER_DOUBLING) as u64;
    (step << doubling) + ((1_u64 << doubling) >> 1)
}
