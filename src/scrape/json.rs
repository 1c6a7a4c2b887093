//! A line that is a JSON object: the one format that means to be read.
//!
//! There is no standard for the keys, but programs agree more than one would think. They are looked
//! for in the object itself and two levels below. A `progress` of 0.5 may be half of a percent or
//! half of all; only the values that follow tell, so [`Scale`] waits for a second one.
//!
//! An object that says how far it is in a state's own words is a state, and its other fields are
//! the task's.

use serde_json::{Map, Value};

use super::amount::BYTES;
use super::measure::names_measure;

/// Fields of a state, as JSON has them.
pub type Fields = Map<String, Value>;

/// What the object says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// The share done.
    pub share: Option<Share>,
    /// How much there is.
    pub loaded: Option<f64>,
    /// How much there will be.
    pub total: Option<f64>,
    /// What is counted.
    pub unit: Option<&'static str>,
    /// As the program words it.
    pub speed: Option<String>,
    /// As the program words it.
    pub eta: Option<String>,
    /// As the program words it.
    pub message: Option<String>,
    /// Fields that go into the state as they are.
    pub fields: Fields,
    /// It is a state, or a patch of one.
    pub is_state: bool,
}

/// A number that says how much is done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Share {
    /// Of a hundred.
    Percent(f64),
    /// Of one.
    Fraction(f64),
    /// Of either.
    Ambiguous(f64),
}

impl Share {
    /// The number as it stands.
    pub fn value(self) -> f64 {
        match self {
            Self::Percent(value) | Self::Fraction(value) | Self::Ambiguous(value) => value,
        }
    }
}

/// Keys of a share of a hundred.
pub const PERCENTS: &[&str] = &["percent", "percentage", "pct", "_percent_str"];
const FRACTIONS: &[&str] = &["percent_done", "fraction", "fraction_done"];
/// Keys of a share of one, or of a hundred.
pub const EITHER: &[&str] = &["progress", "Progress"];

/// Pairs of keys: so much, of so much.
pub const COUNTERS: &[(&str, &str)] = &[
    ("downloaded_bytes", "total_bytes"),
    ("downloaded_bytes", "total_bytes_estimate"),
    ("bytes_done", "total_bytes"),
    ("bytes", "totalBytes"),
    ("loaded", "total"),
    ("done", "total"),
    ("completed", "total"),
    ("downloaded", "total"),
    ("processed", "total"),
    ("transferred", "total"),
    ("current", "total"),
    ("n", "total"),
];

/// Those of them that count bytes, unless a unit is named: states, and programs that fetch.
const OF_BYTES: &[&str] = &[
    "loaded",
    "completed",
    "downloaded",
    "transferred",
    "current",
];

/// Keys that say how much, where nothing says of how much.
const AMOUNTS: &[&str] = &[
    "loaded",
    "downloaded_bytes",
    "bytes_done",
    "bytes_read",
    "original_size",
    "transferred_bytes",
    "uploaded_bytes",
];

/// Fields that mean the same in a state and in what is none.
const SHARED: &[&str] = &["title", "stage", "filename"];

/// Fields of a state that are read here, or that are not the program's to set.
const APART: &[&str] = &[
    "progress",
    "loaded",
    "total",
    "speed",
    "eta",
    "status",
    "task_id",
    "rev",
    "updated_at",
    "cancel",
    "stalled",
];

/// How a task ends is told by how its command ends, and that it is lost by the daemon.
const NOT_OF_A_LINE: &[&str] = &["completed", "failed", "cancelled", "canceled", "lost"];

/// Characters of a status, at most.
const MAX_STATUS: usize = 64;

/// Levels of objects looked into.
const DEPTH: usize = 3;

/// Reads a line. `None`: no object, or one that says nothing of progress.
pub fn read(line: &str) -> Option<Report> {
    let line = line.trim();
    if !line.starts_with('{') || !line.ends_with('}') {
        return None;
    }
    let object: Map<String, Value> = serde_json::from_str(line).ok()?;
    report(&object, DEPTH)
}

fn report(object: &Map<String, Value>, depth: usize) -> Option<Report> {
    let counters = COUNTERS.iter().find_map(|keys| counters(object, keys));
    let share = share(object);
    let amount = AMOUNTS.iter().find_map(|key| object.get(*key)?.as_f64());
    if share.is_none() && counters.is_none() && amount.is_none() {
        let below = depth.checked_sub(1).filter(|depth| *depth > 0)?;
        return object
            .iter()
            .filter(|(name, _)| !names_measure(name))
            .filter_map(|(_, value)| value.as_object())
            .find_map(|object| report(object, below));
    }
    let is_state = depth == DEPTH && is_state(object);
    Some(Report {
        share,
        loaded: counters.map(|(loaded, ..)| loaded).or(amount),
        total: counters.map(|(_, total, _)| total),
        unit: counters.map_or(amount.map(|_| BYTES), |(.., unit)| unit),
        speed: text(object, &["speed", "rate", "_speed_str"]),
        eta: eta(object),
        message: text(object, &["message"]).filter(|_| !is_state),
        is_state,
        fields: if is_state {
            fields_of_state(object)
        } else {
            let texts = SHARED.iter().filter_map(|key| object.get_key_value(*key));
            let texts = texts.filter(|(_, value)| value.is_string());
            texts
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect()
        },
    })
}

/// Whether it says in a state's own words how far the work is.
fn is_state(object: &Map<String, Value>) -> bool {
    let is_number = |key: &str| object.get(key).is_some_and(Value::is_number);
    is_number("progress") || is_number("loaded")
}

fn fields_of_state(object: &Map<String, Value>) -> Fields {
    let others = object.iter().filter(|(key, value)| match key.as_str() {
        "status" => value.as_str().is_some_and(is_word),
        // What is counted has a word, or the state is none.
        "unit" => value.is_string() || value.is_null(),
        key => !APART.contains(&key),
    });
    others
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// A status that a task may have while it runs.
fn is_word(status: &str) -> bool {
    let sound = (1..=MAX_STATUS).contains(&status.chars().count());
    sound && !status.contains(char::is_control) && !NOT_OF_A_LINE.contains(&status)
}

fn share(object: &Map<String, Value>) -> Option<Share> {
    let value = |keys: &[&str]| keys.iter().find_map(|key| number(object.get(*key)?));
    let share = value(PERCENTS).map(Share::Percent).or_else(|| {
        let fraction = value(FRACTIONS)
            .filter(|value| *value <= 1.0)
            .map(Share::Fraction);
        fraction.or_else(|| value(FRACTIONS).map(Share::Percent))
    });
    share.or_else(|| {
        let value = value(EITHER)?;
        Some(if value > 1.0 {
            Share::Percent(value)
        } else {
            Share::Ambiguous(value)
        })
    })
}

fn counters(
    object: &Map<String, Value>,
    (loaded, total): &(&str, &str),
) -> Option<(f64, f64, Option<&'static str>)> {
    let (done, whole) = (
        object.get(*loaded)?.as_f64()?,
        object.get(*total)?.as_f64()?,
    );
    let named = object.get("unit").and_then(Value::as_str);
    let bytes = match named {
        Some(unit) => matches!(unit, "B" | "bytes"),
        None => loaded.contains("bytes") || OF_BYTES.contains(loaded),
    };
    let sound = done >= 0.0 && whole > 0.0 && done <= whole;
    sound.then_some((done, whole, bytes.then_some(BYTES)))
}

/// 0 to 100, as a number or as text: `45`, `"45.0%"`.
fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().trim_end_matches('%').trim_end().parse().ok(),
        _ => None,
    };
    number.filter(|number| (0.0..=100.0).contains(number))
}

fn text(object: &Map<String, Value>, keys: &[&str]) -> Option<String> {
    let texts = keys.iter().filter_map(|key| object.get(*key)?.as_str());
    texts
        .map(str::trim)
        .find(|text| !text.is_empty())
        .map(str::to_owned)
}

/// Text as it stands; a number is taken for seconds.
fn eta(object: &Map<String, Value>) -> Option<String> {
    let seconds = object.get("eta").and_then(Value::as_f64);
    let sound = seconds.filter(|seconds| (0.0..360_000.0).contains(seconds));
    sound
        .map(clock)
        .or_else(|| text(object, &["eta", "_eta_str"]))
}

fn clock(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes:02}:{seconds:02}")
    }
}

/// Fields of the command's states that would otherwise be filled from what is read.
const STANDING: &[&str] = &["unit", "stage"];

/// What the states of a stream have said of `STANDING` fields: it stands until they say it anew.
#[derive(Debug, Clone, Default)]
pub struct Standing(Fields);

impl Standing {
    /// The fields of a report, with those that an earlier one of its kind has set.
    pub fn complete(&mut self, report: &Report) -> Fields {
        let mut fields = report.fields.clone();
        if report.is_state {
            let said = fields
                .iter()
                .filter(|(name, _)| STANDING.contains(&name.as_str()));
            self.0
                .extend(said.map(|(name, value)| (name.clone(), value.clone())));
            self.0.retain(|_, value| !value.is_null());
            fields.extend(self.0.clone());
        }
        fields
    }
}

/// `0.55` is 55, and not 55.00000000000001.
fn hundredfold(fraction: f64) -> f64 {
    (fraction * 1.0e12).round() / 1.0e10
}

/// What the ambiguous shares of a stream are shares of.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Scale {
    /// Nothing told yet.
    #[default]
    Unknown,
    /// One value between 0 and 1 was seen; one more, and it is a fraction.
    Guess,
    /// Of one.
    One,
    /// Of a hundred.
    Hundred,
}

impl Scale {
    /// The share in per cent, if that can be told by now.
    pub fn percent(&mut self, share: Share) -> Option<f64> {
        match share {
            Share::Fraction(value) => Some(hundredfold(value)),
            Share::Percent(value) => {
                *self = Self::Hundred;
                Some(value)
            }
            Share::Ambiguous(value) => self.ambiguous(value),
        }
    }

    fn ambiguous(&mut self, value: f64) -> Option<f64> {
        let between = value > 0.0 && value < 1.0;
        *self = match *self {
            Self::Unknown if between => Self::Guess,
            Self::Guess if between => Self::One,
            scale => scale,
        };
        match *self {
            _ if value == 0.0 => Some(0.0),
            Self::One => Some(hundredfold(value)),
            Self::Hundred => Some(value),
            Self::Unknown | Self::Guess => None,
        }
    }
}
