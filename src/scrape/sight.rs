//! What one line says, all its parts together.
//!
//! The parts explain each other. A printed percentage beside `x/y` that means the same makes both
//! certain; one that differs shows that `x/y` is something else (the ratio of a compression, the
//! files left to check). A percentage alone may be anything; with a speed beside it, it is progress.

use super::amount::{self, Amount, BYTES, Ratio};
use super::eta::{self, Eta};
use super::percent::{self, Percent, Touch};
use super::reading::Reading;
use super::speed::{self, Speed};
use super::token::{Kind, Text};

/// How far a printed percentage and that of `x/y` may differ and still be the same: tools round.
const ROUNDING: f64 = 2.0;

/// Words that, right beside a percentage, leave no doubt what it is.
const PROGRESS_WORDS: &[&str] = &["complete", "completed", "done", "finished", "progress"];

/// Words for all of the work, where its parts have lines of their own.
const WHOLE_WORDS: &[&str] = &["Transferred:", "Total:", "Overall:"];

/// How much a line says for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// An amount that moves, of nobody knows how much.
    Amount,
    /// A number that may be anything, unless it changes.
    Number,
    /// Progress for certain.
    Display,
    /// Progress of all the work, not of a part.
    Whole,
}

/// The reading of a line, and how sure it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Sight {
    /// What it says.
    pub reading: Reading,
    /// How sure that is.
    pub evidence: Evidence,
}

/// Looks at a line. `None`: there is no percentage, no `x/y`, no amount with its speed.
pub fn see(text: &Text<'_>) -> Option<Sight> {
    let parts = parts(text);
    let reading = reading(text, &parts);
    let amount_moves = reading.loaded.is_some() && reading.speed.is_some();
    if reading.percent.is_none() && !amount_moves {
        return None;
    }
    let evidence = evidence(text, &parts, &reading);
    Some(Sight { reading, evidence })
}

/// Everything that was recognised in a line.
struct Parts<'a> {
    percent: Option<Percent>,
    ratio: Option<Ratio>,
    /// The total a percentage is said to be of.
    total: Option<Amount>,
    /// A size that is neither.
    alone: Option<Amount>,
    speed: Option<Speed<'a>>,
    eta: Option<Eta<'a>>,
}

fn parts<'a>(text: &Text<'a>) -> Parts<'a> {
    let percent = percent::find(text);
    let behind = |percent| speed::after_percent(text, &percent);
    let speed = speed::find(text).or_else(|| percent.and_then(behind));
    let placed = |percent| eta::placed(text, &percent, speed);
    let eta = eta::find(text).or_else(|| percent.and_then(placed));
    let ratios = amount::ratios(text);
    let agreeing = ratios.iter().filter(|ratio| agrees(ratio, percent));
    let ratio = agreeing
        .rev()
        .max_by_key(|ratio| ratio.unit == Some(BYTES))
        .copied();
    let total = percent.and_then(|percent| amount::total_after(text, percent.at.1));
    // `45% of 29MiB … (frag 1/3)`: of two wholes, the one the percentage names.
    let ratio = ratio.filter(|_| total.is_none());
    // A ratio that disagrees is none of ours, and so are the sizes in it.
    let alone = amount::size_alone(text).filter(|_| ratios.is_empty() && total.is_none());
    Parts {
        percent,
        ratio,
        total,
        alone,
        speed,
        eta,
    }
}

fn reading(text: &Text<'_>, parts: &Parts<'_>) -> Reading {
    let Parts {
        percent,
        ratio,
        total,
        alone,
        speed,
        eta,
    } = parts;
    let printed = percent.map(|percent| percent.value);
    let amount = total.or(*alone);
    Reading {
        percent: printed.or(ratio.map(|ratio| ratio.percent())),
        loaded: ratio
            .map(|ratio| ratio.loaded)
            .or(alone.map(|alone| alone.value)),
        total: ratio
            .map(|ratio| ratio.total)
            .or(total.map(|total| total.value)),
        unit: ratio.map_or(amount.and_then(|amount| amount.unit), |ratio| ratio.unit),
        speed: speed.map(|speed| speed.spelled()),
        eta: eta.map(|eta| eta.text.to_owned()),
        message: label(text, parts),
    }
}

fn agrees(ratio: &Ratio, percent: Option<Percent>) -> bool {
    percent.is_none_or(|percent| (percent.value - ratio.percent()).abs() <= ROUNDING)
}

fn evidence(text: &Text<'_>, parts: &Parts<'_>, reading: &Reading) -> Evidence {
    let Parts { percent, ratio, .. } = *parts;
    if reading.percent.is_none() {
        return Evidence::Amount;
    }
    let moving = reading.speed.is_some() || reading.eta.is_some();
    let barred = percent.is_some_and(|percent| percent.touch == Touch::Bar);
    let alone = percent.is_some_and(|percent| percent.at == (0, text.tokens().len()));
    let framed = ratio.is_some_and(|ratio| ratio.framed || percent.is_some());
    let worded = percent.is_some_and(|percent| is_worded(text, &percent));
    if !(moving || barred || alone || framed || worded) {
        return Evidence::Number;
    }
    let start = text.span(0, text.tokens().len());
    if moving && WHOLE_WORDS.iter().any(|word| start.starts_with(word)) {
        Evidence::Whole
    } else {
        Evidence::Display
    }
}

/// The part of the line that speaks of all the work, if there is one: tools that redraw several
/// rows leave it glued to the end of the last.
pub fn from_whole(line: &str) -> &str {
    let from = WHOLE_WORDS.iter().filter_map(|word| line.rfind(word)).max();
    from.and_then(|from| line.get(from..)).unwrap_or(line)
}

/// `2% complete`, `[progress] 2%`, `Progress: 2%`.
fn is_worded(text: &Text<'_>, percent: &Percent) -> bool {
    let (from, end) = percent.at;
    let is_known = |at: usize| PROGRESS_WORDS.iter().any(|word| text.is_word(at, word));
    let mark = text.back_over_space(from);
    let before = [from, mark, mark.saturating_sub(1)];
    is_known(text.past_space(end))
        || before
            .iter()
            .any(|at| at.checked_sub(1).is_some_and(is_known))
}

/// The words before the first part, `Downloading`, or else those behind the last one.
fn label(text: &Text<'_>, parts: &Parts<'_>) -> Option<String> {
    let spans = [
        parts.percent.map(|part| part.at),
        parts.ratio.map(|part| part.at),
        parts.total.map(|part| part.at),
        parts.alone.map(|part| part.at),
        parts.speed.map(|part| part.at),
        parts.eta.map(|part| part.at),
    ];
    let from = spans.iter().flatten().map(|span| span.0).min()?;
    let end = spans.iter().flatten().map(|span| span.1).max()?;
    let before = trimmed(untagged(text.span(0, from)));
    // Punctuation may stand between, another number may not.
    let mut behind = (end..end + 4).filter_map(|at| text.kind(at));
    let named = behind.find(|kind| matches!(kind, Kind::Word | Kind::Number)) == Some(Kind::Word);
    let after = trimmed(if named {
        text.span(end, text.tokens().len())
    } else {
        ""
    });
    let label = [before, after].into_iter().find(|label| is_wordy(label))?;
    Some(label.to_owned())
}

/// `ETA` and the units of numbers are no label.
fn is_wordy(label: &str) -> bool {
    let letters = label.chars().filter(|char| char.is_alphabetic()).count();
    letters > 1 && !label.eq_ignore_ascii_case("eta")
}

/// Without the `[tag]` at its start, unless there is nothing else.
fn untagged(text: &str) -> &str {
    let rest = text
        .strip_prefix('[')
        .and_then(|text| text.split_once(']'))
        .map_or("", |cut| cut.1);
    if rest.contains(char::is_alphabetic) {
        rest
    } else {
        text
    }
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(|char: char| !char.is_alphanumeric())
}
