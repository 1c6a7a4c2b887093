//! Whether a line came before with another number in it.
//!
//! `done so far: 3%` means nothing; after `done so far: 4%` both were progress. The shape of a line
//! is what is left of it without its numbers and its drawing; a shape whose value changes is a
//! display, even one that scrolls.
//!
//! A counter needs less: `3/40 Test a: passed` and `4/40 Test b: failed` have other words, but what
//! stands before the counter is the same, and so is the 40.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use super::token::{Kind, Text};

/// Shapes remembered: more than any display has rows, few enough to search one by one.
const REMEMBERED: usize = 64;

/// A percentage that falls starts over if it leaves from above this, or comes to below
/// [`AT_START`].
const AT_END: f64 = 90.0;

/// See [`AT_END`].
const AT_START: f64 = 10.0;

/// How a line stands to those of its shape that came before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Past {
    /// None came, or all had the same value.
    Unknown,
    /// They had other values, all in this one moment: rows of a table.
    AtOnce,
    /// They had other values before.
    Changed,
    /// Their values, as percentages, went down from the middle to the middle: a measure of
    /// something, not of how far a work has come.
    Jumps,
}

#[derive(Debug)]
struct Seen {
    shape: u64,
    first: f64,
    last: f64,
    /// The moment it was last seen in.
    at_ms: u64,
    changed: bool,
    jumps: bool,
}

/// How the counters of a line stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nesting {
    /// There are not several, or they move together.
    None,
    /// None has moved yet.
    Unknown,
    /// This one moves while those before it stand: `Epoch 1/3, step 20/100`.
    In(usize),
}

#[derive(Debug)]
struct Counters {
    shape: u64,
    values: Vec<(f64, f64)>,
    nesting: Nesting,
}

/// The shapes seen lately, with the values they had.
#[derive(Debug, Default)]
pub struct Shapes {
    seen: VecDeque<Seen>,
    counters: VecDeque<Counters>,
}

impl Shapes {
    /// Remembers the line, and says what its shape did until now.
    pub fn note(&mut self, text: &Text<'_>, value: f64, now_ms: u64) -> Past {
        self.note_shape(shape(text, 0..text.tokens().len()), value, now_ms)
    }

    /// Remembers the counter at the tokens `at`, which shows `value` per cent of `total`, and says
    /// whether one of the same total, with the same words on one of its sides, had counted less.
    pub fn note_counter(
        &mut self,
        text: &Text<'_>,
        at: (usize, usize),
        total: f64,
        value: f64,
        now_ms: u64,
    ) -> bool {
        let sides = [0..at.0, at.1..text.tokens().len()];
        let past = sides.map(|side| self.note_side(text, side, total, value, now_ms));
        past.contains(&Past::Changed)
    }

    /// The same of a percentage in brackets, whose words before it have to be the same.
    pub fn note_bracketed(
        &mut self,
        text: &Text<'_>,
        at: (usize, usize),
        value: f64,
        now_ms: u64,
    ) -> bool {
        self.note_side(text, 0..at.0, 100.0, value, now_ms) == Past::Changed
    }

    fn note_side(
        &mut self,
        text: &Text<'_>,
        side: Range<usize>,
        total: f64,
        value: f64,
        now_ms: u64,
    ) -> Past {
        let mut hasher = DefaultHasher::new();
        let first = side.start == 0;
        (first, shape(text, side), total.to_bits()).hash(&mut hasher);
        self.note_shape(hasher.finish(), value, now_ms)
    }

    /// Remembers the counters of a line, `(done, total)` each, and says which is inside the others.
    pub fn note_counters(&mut self, text: &Text<'_>, values: Vec<(f64, f64)>) -> Nesting {
        let shape = shape(text, 0..text.tokens().len());
        if let Some(seen) = self.counters.iter_mut().find(|seen| seen.shape == shape) {
            return seen.go_on(values);
        }
        if self.counters.len() == REMEMBERED {
            self.counters.pop_front();
        }
        self.counters.push_back(Counters {
            shape,
            values,
            nesting: Nesting::Unknown,
        });
        Nesting::Unknown
    }

    fn note_shape(&mut self, shape: u64, value: f64, now_ms: u64) -> Past {
        // What still comes is not forgotten for what came once.
        let found = self.seen.iter().rposition(|seen| seen.shape == shape);
        if let Some(mut seen) = found.and_then(|at| self.seen.remove(at)) {
            let past = seen.go_on(value, now_ms);
            self.seen.push_back(seen);
            return past;
        }
        if self.seen.len() == REMEMBERED {
            self.seen.pop_front();
        }
        self.seen.push_back(Seen {
            shape,
            first: value,
            last: value,
            at_ms: now_ms,
            changed: false,
            jumps: false,
        });
        Past::Unknown
    }
}

impl Counters {
    fn go_on(&mut self, values: Vec<(f64, f64)>) -> Nesting {
        let pairs = self.values.iter().zip(&values);
        let first = pairs.clone().position(|(before, now)| before != now);
        let last = pairs.clone().rposition(|(before, now)| before != now);
        let counts_up =
            |(before, now): (&(f64, f64), &(f64, f64))| before.1 == now.1 && before.0 < now.0;
        let moves = first.is_some_and(|first| pairs.clone().skip(first).any(counts_up));
        if self.nesting == Nesting::Unknown && moves {
            self.nesting = match (first, last) {
                (Some(1..), Some(last)) => Nesting::In(last),
                _ => Nesting::None,
            };
        }
        self.values = values;
        self.nesting
    }
}

impl Seen {
    fn go_on(&mut self, value: f64, now_ms: u64) -> Past {
        let last = std::mem::replace(&mut self.last, value);
        let before_ms = std::mem::replace(&mut self.at_ms, now_ms);
        self.changed |= self.first != value && before_ms != now_ms;
        self.jumps |= value < last && last < AT_END && value > AT_START;
        if self.jumps {
            Past::Jumps
        } else if self.changed {
            Past::Changed
        } else if self.first == value {
            Past::Unknown
        } else {
            Past::AtOnce
        }
    }
}

/// What is left of these tokens without their numbers and their drawing.
pub fn shape(text: &Text<'_>, tokens: Range<usize>) -> u64 {
    let mut hasher = DefaultHasher::new();
    for (at, token) in text
        .tokens()
        .iter()
        .enumerate()
        .take(tokens.end)
        .skip(tokens.start)
    {
        match token.kind {
            Kind::Number => "0".hash(&mut hasher),
            // The rest of `0x1f00`, or a unit, which grows with its number.
            Kind::Word if text.kind_before(at) == Some(Kind::Number) => {}
            Kind::Word => token.text.hash(&mut hasher),
            // Longer runs, and what is not ASCII, are the drawing.
            Kind::Mark if token.text.len() <= 2 => token.text.hash(&mut hasher),
            Kind::Mark | Kind::Space => {}
        }
    }
    hasher.finish()
}
