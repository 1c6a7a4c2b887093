//! What a task's counters tell: progress, speed, time left.

use serde_json::{Number, Value};

use crate::task::fields::Fields;
use crate::task::rate::{self, Rate};

/// The fields that the daemon works out where the worker does not say them itself.
pub const DERIVED: [&str; 3] = ["progress", "speed", "eta"];

/// The recent history of a task's counters, and which fields are the daemon's own work. What the
/// worker said is never taken away for want of something better.
#[derive(Debug, Clone, Default)]
pub struct Derived {
    rate: Rate,
    own: [bool; DERIVED.len()],
}

impl Derived {
    /// Notes which fields a publish has told itself, as `told` says: they are the worker's from now on.
    pub fn give_up(&mut self, told: impl Fn(&str) -> bool) {
        for (own, name) in self.own.iter_mut().zip(DERIVED) {
            *own = *own && !told(name);
        }
    }

    /// What the counters in `fields` tell at `now_ms`, but for what the publish has `told`: a patch.
    pub fn fill(&mut self, fields: &Fields, told: impl Fn(&str) -> bool, now_ms: u64) -> Fields {
        let mut patch = Fields::default();
        let values = DERIVED.iter().zip(self.work_out(fields, now_ms));
        for (own, (name, value)) in self.own.iter_mut().zip(values) {
            // What is the daemon's own and cannot be worked out any more is deleted.
            if !told(name) && (value.is_some() || *own) {
                *own = value.is_some();
                patch.begin(name);
                patch.finish(&value.unwrap_or_default());
            }
        }
        patch.sort();
        patch
    }

    /// Takes back speed and time left: the task has ended, and its last counters did not say so.
    pub fn take_back_pace(&mut self) -> Fields {
        let mut patch = Fields::default();
        for (own, name) in self.own.iter_mut().zip(DERIVED).skip(1) {
            if std::mem::take(own) {
                patch.begin(name);
                patch.finish(&());
            }
        }
        patch.sort();
        patch
    }

    fn work_out(&mut self, fields: &Fields, now_ms: u64) -> [Option<Value>; DERIVED.len()] {
        let Some(loaded) = fields.number("loaded") else {
            return [const { None }; DERIVED.len()];
        };
        self.rate.observe(loaded, now_ms);
        let total = fields.number("total").filter(|&total| total > 0.0);
        let unit = fields.text("unit").unwrap_or("B".into());
        let speed = self
            .rate
            .per_sec()
            .map(|speed| rate::speed_text(speed, &unit));
        let eta_secs = total.and_then(|total| self.rate.eta_secs(total));
        [
            total.map(|total| percent(loaded, total)),
            speed.map(Value::from),
            eta_secs.map(|secs| rate::eta_text(secs).into()),
        ]
    }
}

/// `loaded` of `total` to two decimals, cut so that only all is 100; a `total` that was estimated
/// too low is 100 too, no more.
fn percent(loaded: f64, total: f64) -> Value {
    if loaded >= total {
        return Value::from(100);
    }
    // So close to the end that the division rounds up, it is still not all.
    let hundredths = (loaded * 10_000.0 / total).floor().min(9_999.0);
    if hundredths % 100.0 == 0.0 {
        return Value::from((hundredths / 100.0) as u64);
    }
    Number::from_f64(hundredths / 100.0).map_or(Value::Null, Value::Number)
}
