//! Speed and time left, from counters alone.
//!
//! A single difference jumps with every burst of the network, an average since the start never
//! notices that the line went slow. So: the slope over the last [`WINDOW_MS`], smoothed
//! exponentially. All figures are per second of the worker's own counting unit.

use std::collections::VecDeque;

/// How far back the slope reaches.
pub const WINDOW_MS: u64 = 3_000;
/// Of three samples within this, the middle one goes: bounds the memory to some 60 of them.
const SPACING_MS: u64 = 100;
/// Before this much has been seen, a time left would be a guess.
const ETA_AFTER_MS: u64 = 1_000;
/// Time constant of the smoothing.
const SMOOTHING_MS: f64 = 1_000.0;
/// No time left is shown beyond this: it means "stuck", not a date.
const ETA_MAX_SECS: f64 = 100.0 * 24.0 * 3600.0;

/// The recent history of one counter.
#[derive(Debug, Clone, Default)]
pub struct Rate {
    samples: VecDeque<Sample>,
    began_ms: u64,
    per_sec: Option<f64>,
}

#[derive(Debug, Clone, Copy)]
struct Sample {
    at_ms: u64,
    loaded: f64,
}

impl Rate {
    /// Notes that the counter stood at `loaded` at `now_ms`. A counter that falls began anew.
    pub fn observe(&mut self, loaded: f64, now_ms: u64) {
        if self.samples.back().is_none_or(|last| loaded < last.loaded) {
            *self = Rate {
                began_ms: now_ms,
                ..Rate::default()
            };
        }
        let since_ms = self.samples.back().map_or(0, |last| now_ms - last.at_ms);
        self.push(Sample {
            at_ms: now_ms,
            loaded,
        });
        if let Some(slope) = self.slope() {
            let weight = 1.0 - (-(since_ms as f64) / SMOOTHING_MS).exp();
            self.per_sec = Some(
                self.per_sec
                    .map_or(slope, |old| old + weight * (slope - old)),
            );
        }
    }

    /// Units per second; none until two moments have been seen.
    pub fn per_sec(&self) -> Option<f64> {
        self.per_sec
    }

    /// Whole seconds until `total`; none in the first second, none while nothing moves.
    pub fn eta_secs(&self, total: f64) -> Option<u64> {
        let newest = self.samples.back()?;
        let secs = (total - newest.loaded).max(0.0) / self.per_sec.filter(|&speed| speed > 0.0)?;
        let early = newest.at_ms - self.began_ms < ETA_AFTER_MS;
        (!early && secs <= ETA_MAX_SECS).then_some(secs.ceil() as u64)
    }

    fn push(&mut self, sample: Sample) {
        let crowded = self.samples.len() >= 2
            && sample.at_ms - self.samples[self.samples.len() - 2].at_ms < SPACING_MS;
        if crowded {
            self.samples.pop_back();
        }
        self.samples.push_back(sample);
        // One sample at or before the window's edge stays, so that the window is always spanned.
        while self
            .samples
            .get(1)
            .is_some_and(|s| s.at_ms + WINDOW_MS <= sample.at_ms)
        {
            self.samples.pop_front();
        }
    }

    fn slope(&self) -> Option<f64> {
        let (oldest, newest) = (self.samples.front()?, self.samples.back()?);
        let span_ms = newest.at_ms - oldest.at_ms;
        (span_ms >= SPACING_MS).then(|| (newest.loaded - oldest.loaded) * 1000.0 / span_ms as f64)
    }
}

/// A speed as people read it: `2.5MB/s` for bytes (powers of 1000), `24.0 frames/s` otherwise.
pub fn speed_text(per_sec: f64, unit: &str) -> String {
    if unit != "B" {
        return format!("{per_sec:.1} {unit}/s");
    }
    let mut value = per_sec;
    let mut prefixes = ["", "k", "M", "G", "T", "P"].iter();
    let mut prefix = prefixes.next().copied().unwrap_or_default();
    // 999.5 is the first that rounds to four digits (as bare bytes): the next prefix already.
    while value >= 999.5 {
        let Some(next) = prefixes.next() else { break };
        prefix = next;
        value /= 1000.0;
    }
    if prefix.is_empty() {
        format!("{value:.0}B/s")
    } else {
        format!("{value:.1}{prefix}B/s")
    }
}

/// A time left as people read it: `00:30`, or `1:02:03` from an hour on.
pub fn eta_text(secs: u64) -> String {
    let (hours, minutes, secs) = (secs / 3600, secs / 60 % 60, secs % 60);
    if hours == 0 {
        return format!("{minutes:02}:{secs:02}");
    }
    format!("{hours}:{minutes:02}:{secs:02}")
}
