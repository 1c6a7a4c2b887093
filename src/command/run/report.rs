//! What a command shows, as a state.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Number, Value, json};
use signal_hook::low_level::signal_name;

use super::echo::Echoes;
use super::ending::{Ending, Verdict};
use super::fields;
use crate::command::kin::Kin;
use crate::scrape::Reading;
use crate::scrape::amount;
use crate::scrape::lines::{Edge, Lines, Piece};

/// Lines of the error output that are kept.
const TAIL_LINES: usize = 8;

/// Characters of each.
const TAIL_WIDTH: usize = 240;

/// The unit of what is counted on the screen without a word for it.
const UNNAMED: &str = "items";

/// The fields that a reading fills.
const FIELDS: [&str; 9] = [
    "progress",
    "loaded",
    "total",
    "unit",
    "speed",
    "eta",
    "message",
    "stage",
    "stage_label",
];

/// Bytes of JSON that the fields which the command names itself may take, half of a state, and how
/// many there may be.
const MAX_NAMED_BYTES: usize = 8 * 1024;

/// See [`MAX_NAMED_BYTES`].
const MAX_NAMED: usize = 256;

/// Turns readings into patches.
#[derive(Debug, Default)]
pub struct Report {
    /// Which of [`FIELDS`] the last patch left in the state.
    told: [bool; FIELDS.len()],
    /// The fields that the command itself has named until now.
    named: Map<String, Value>,
}

impl Report {
    /// The patch that makes the state show this reading and nothing of the one before: what is no
    /// longer on the screen is deleted.
    pub fn patch(&mut self, reading: &Reading) -> Map<String, Value> {
        let text = |text: &Option<String>| text.as_deref().map(Value::from);
        // `9.8MiB` on the screen is 10276044.8 bytes, and nobody has seen a fifth of a byte.
        let counted = |amount: f64| match reading.unit {
            Some(amount::BYTES) => number(amount.round()),
            _ => number(amount),
        };
        // More than all means that the whole was thought to be smaller than it is: of it nothing is known,
        // but what is on the screen can be said.
        let beyond = reading.percent.filter(|percent| *percent > 100.0);
        let beyond_words = beyond.map(|percent| Value::from(format!("{percent} %")));
        // Without a unit a state would count bytes, and nobody has seen `[5/10]` of those.
        let loaded = reading.loaded.and_then(counted);
        let unnamed = loaded.as_ref().map(|_| UNNAMED);
        let values = [
            reading
                .percent
                .filter(|_| beyond.is_none())
                .and_then(number),
            loaded,
            reading.total.filter(|_| beyond.is_none()).and_then(counted),
            reading.unit.or(unnamed).map(Value::from),
            text(&reading.speed),
            text(&reading.eta),
            text(&reading.message).or(beyond_words),
            reading.stage.as_ref().map(|stage| stage.number.into()),
            text(reading.stage.as_ref().map_or(&None, |stage| &stage.label)),
        ];
        let mut patch = Map::new();
        for ((name, value), told) in FIELDS.into_iter().zip(values).zip(&mut self.told) {
            let was_told = std::mem::replace(told, value.is_some());
            if let Some(value) = value.or(was_told.then_some(Value::Null)) {
                patch.insert(name.to_owned(), value);
            }
        }
        if self.has_room(&reading.fields) {
            patch.extend(reading.fields.clone());
        }
        patch
    }

    /// Whether a state with these fields would still be one that a daemon takes.
    fn has_room(&mut self, fields: &Map<String, Value>) -> bool {
        if fields.is_empty() {
            return true;
        }
        let mut named = self.named.clone();
        named.extend(fields.clone());
        named.retain(|_, value| !value.is_null());
        let bytes = serde_json::to_string(&named).map_or(usize::MAX, |json| json.len());
        let has_room = named.len() <= MAX_NAMED && bytes <= MAX_NAMED_BYTES;
        if has_room {
            self.named = named;
        }
        has_room
    }
}

/// The last patch. `tail` is what explains a failure.
pub(super) fn last_words(verdict: &Verdict, tail: &Tail) -> Map<String, Value> {
    let failed = |what: &str, how: Value, words: String| {
        let error = tail.text().unwrap_or(words);
        json!({"status": "failed", what: how, "error": error})
    };
    let mut patch = fields(match verdict {
        Verdict::Cancelled => json!({"status": "cancelled"}),
        Verdict::Survived(kin) => {
            let error = format!("still there after SIGKILL: {}", names(kin));
            json!({"status": "failed", "error": error})
        }
        Verdict::Ended(Ending::Exited(0)) => json!({"status": "completed", "progress": 100}),
        Verdict::Ended(Ending::Exited(code)) => {
            failed("exit_code", (*code).into(), format!("exit code {code}"))
        }
        Verdict::Ended(Ending::Killed(signal)) => {
            let name = signal_name(*signal).map_or(signal.to_string(), str::to_owned);
            failed("signal", name.as_str().into(), format!("killed by {name}"))
        }
    });
    patch.extend(fields(json!({"speed": null, "eta": null})));
    patch
}

fn names(kin: &[Kin]) -> String {
    let named = |kin: &Kin| format!("{} ({})", kin.pid.as_raw_nonzero(), kin.name);
    kin.iter().map(named).collect::<Vec<_>>().join(", ")
}

/// A number as JSON has it: whole ones without a fraction.
fn number(value: f64) -> Option<Value> {
    // Up to here every whole number has exactly one double.
    let exact = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && (0.0..=exact).contains(&value) {
        return Some(Value::from(value as u64));
    }
    Number::from_f64(value).map(Value::Number)
}

/// The last lines of a stream as a terminal would show them.
#[derive(Debug, Default)]
pub struct Tail {
    lines: Lines,
    last: VecDeque<String>,
    echoes: Arc<Mutex<Echoes>>,
}

impl Tail {
    /// The lines of a terminal which also echoes keys.
    pub fn with_echoes(echoes: Arc<Mutex<Echoes>>) -> Tail {
        Tail {
            echoes,
            ..Tail::default()
        }
    }

    /// Takes bytes as they were read.
    pub fn push(&mut self, mut bytes: &[u8]) {
        while let Some(piece) = self.lines.next(&mut bytes) {
            if let Piece::Line(line) = piece {
                let text = self.echoes().strip(line.text);
                // What was drawn over is no longer there to be read.
                if line.ended != Edge::Redraw {
                    self.keep(&text);
                }
            }
        }
    }

    /// The lines, the last one at the end; `None` if there were none.
    pub fn text(&self) -> Option<String> {
        let mut echoes = self.echoes().clone();
        let open = self.lines.open().map(|line| echoes.strip(line.text));
        let open = open.filter(|text| !is_blank(text));
        let open = open.map(|text| shorten(&text));
        let lines: Vec<String> = self.last.iter().cloned().chain(open).collect();
        let from = lines.len().saturating_sub(TAIL_LINES);
        (!lines.is_empty()).then(|| lines.get(from..).unwrap_or_default().join("\n"))
    }

    /// Keys are whole, whoever panics.
    fn echoes(&self) -> MutexGuard<'_, Echoes> {
        self.echoes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&mut self, text: &str) {
        if is_blank(text) {
            return;
        }
        if self.last.len() == TAIL_LINES {
            self.last.pop_front();
        }
        self.last.push_back(shorten(text));
    }
}

/// A line may have had nothing but an echo.
fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

fn shorten(text: &str) -> String {
    text.trim_end().chars().take(TAIL_WIDTH).collect()
}
