//! What the benches share.
//!
//! A bench is a check first: each measures only what it has just seen to be right, and
//! `cargo test --benches` does no more than that. Times never decide whether it passes; they are
//! printed as ratios to a baseline of the same run, because a time alone says more about the
//! machine than about the code.

// Each bench uses some of this, and none uses all.
#![allow(dead_code)]

pub(crate) mod contest;
pub(crate) mod daemon;
pub(crate) mod peer;
pub(crate) mod swarm;

use std::env;

/// How much to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    /// Everything once, for the answers alone.
    Check,
    /// Often enough for a median.
    Measure,
}

impl Effort {
    /// `cargo bench` says `--bench`, `cargo test --benches` does not; `cargo bench -- --quick` is a
    /// check too.
    pub(crate) fn from_args() -> Effort {
        let has = |wanted: &str| env::args().any(|arg| arg == wanted);
        match has("--bench") && !has("--quick") {
            true => Effort::Measure,
            false => Effort::Check,
        }
    }

    /// The first number for a check, the second for a measurement.
    pub(crate) fn choose<T>(self, check: T, measure: T) -> T {
        match self {
            Effort::Check => check,
            Effort::Measure => measure,
        }
    }
}
