//! The amount beside a percentage: what is done, or the size of all of it.
//!
//! `linux  130.0 MiB  20%` is written like `linux  26.0 MiB  20%`. An amount that stands while the percentage
//! of its bar moves is no part of what is done.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Bars remembered.
const REMEMBERED: usize = 32;

/// By how many points a percentage has moved, whatever its rounding and that of the amount.
const MOVED: f64 = 5.0;

#[derive(Debug)]
struct Beside {
    bar: u64,
    amount: f64,
    /// The first percentage beside that amount.
    first: f64,
}

/// The amounts seen lately beside percentages.
#[derive(Debug, Default)]
pub struct Amounts {
    seen: VecDeque<Beside>,
}

impl Amounts {
    /// Takes note of an amount beside the percentage of the bar with these words, and says whether it is
    /// the size of the whole.
    pub fn is_size_of_all(&mut self, bar: Option<&str>, amount: f64, percent: f64) -> bool {
        let mut hasher = DefaultHasher::new();
        bar.hash(&mut hasher);
        let first = self.first_beside(hasher.finish(), amount, percent);
        (percent - first).abs() >= MOVED
    }

    /// The percentage beside which the amount stood first.
    fn first_beside(&mut self, bar: u64, amount: f64, percent: f64) -> f64 {
        if let Some(seen) = self.seen.iter_mut().find(|seen| seen.bar == bar) {
            if seen.amount != amount {
                (seen.amount, seen.first) = (amount, percent);
            }
            return seen.first;
        }
        if self.seen.len() == REMEMBERED {
            self.seen.pop_front();
        }
        let first = percent;
        self.seen.push_back(Beside { bar, amount, first });
        first
    }
}
