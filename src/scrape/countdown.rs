//! What is left of a work that does not say how much it is: `39 items remaining`.
//!
//! The most that was ever left is all that whoever reads along knows of the whole, so it is the whole
//! as soon as less is left. Where more is left than before, a queue fills or another work begins, and
//! the count starts over.

use super::amount::{self, BYTES};
use super::label;
use super::ratio::percent_of;
use super::reading::Reading;
use super::shape::shape;
use super::token::{Kind, Text};

/// The countdown that was seen last.
#[derive(Debug, Default)]
pub struct Countdown(Option<Seen>);

#[derive(Debug)]
struct Seen {
    shape: u64,
    most: f64,
    last: f64,
}

impl Countdown {
    /// What the line says of how much is done, if it is of a countdown and not the first.
    pub fn read(&mut self, text: &Text<'_>) -> Option<Reading> {
        let left = Left::of(text)?;
        let shape = shape(text, 0..text.tokens().len());
        let goes_on = |seen: &Seen| seen.shape == shape && left.value <= seen.last;
        let before = self.0.take().filter(goes_on);
        let most = before.map_or(left.value, |seen| seen.most);
        self.0 = Some(Seen {
            shape,
            most,
            last: left.value,
        });
        let done = most - left.value;
        (done > 0.0).then(|| Reading {
            loaded: Some(done),
            total: Some(most),
            unit: Some(left.unit),
            message: label::around(text, left.at),
            ..Reading::of_percent(percent_of(done, most))
        })
    }
}

/// How many things are left.
struct Left {
    value: f64,
    unit: &'static str,
    at: (usize, usize),
}

impl Left {
    /// `39 items remaining`, `Files left: 12`: the only number of its line. Bytes are none of these things:
    /// what is left of a disk grows less, too.
    fn of(text: &Text<'_>) -> Option<Self> {
        let is_number = |at: &usize| text.kind(*at) == Some(Kind::Number);
        let mut numbers = (0..text.tokens().len()).filter(is_number);
        let (number, None) = (numbers.next()?, numbers.next()) else {
            return None;
        };
        let amount = amount::amount_at(text, number)?;
        let unit = amount.unit.or_else(|| amount::counted_before(text, number));
        let unit = unit.filter(|unit| *unit != BYTES)?;
        amount::is_left(text, &amount).then_some(Self {
            value: amount.value,
            unit,
            at: amount.at,
        })
    }
}
