//! What one line says, all its parts together.
//!
//! The parts explain each other. A printed percentage beside `x/y` that means the same makes both
//! certain; one that differs shows that `x/y` is something else (the ratio of a compression, the
//! files left to check). A percentage alone may be anything; with a speed beside it, it is progress.

use super::amount::{self, Amount, BYTES};
use super::eta::{self, Eta};
use super::frame::MAX_SIGHT;
use super::gauge::is_in_gauge;
use super::label;
use super::lines::{Edge, Place, decode};
use super::measure::heads_measure;
use super::pairs;
use super::parser::Rule;
use super::percent::{self, Percent};
use super::ratio::{self, Ratio};
use super::reading::Reading;
use super::shape::Nesting;
use super::sizes;
use super::speed::{self, Speed};
use super::table::is_of_table;
use super::token::{Kind, Text};
use super::touch::{self, Touch};
use super::whole;

/// How far a printed percentage and that of `x/y` may differ and still be the same: tools round.
const ROUNDING: f64 = 2.0;

/// Bytes among which the first word of a row stands.
const MAX_HEAD: usize = 32;

/// How much a line says for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// A number in a table is no progress, however it changes.
    Cell,
    /// An amount that may be anything, unless it changes.
    Size,
    /// The number of a thing: how many there have been, if it changes.
    Numbered,
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
    /// The tokens of the ratio that the percentage was computed from.
    pub counter: Option<(usize, usize)>,
    /// That is the first of a series.
    pub begins: bool,
    /// Nothing but that ratio says that it is progress: no bar, and nothing that moves.
    pub bare: bool,
    /// The tokens of the percentage, if it stands in brackets and no word before it.
    pub head: Option<(usize, usize)>,
    /// The tokens of the percentage, if it stands in brackets behind words.
    pub bracketed: Option<(usize, usize)>,
    /// The per cent of an earlier phase that are done.
    pub before: f64,
    /// An amount begins the line: what is done so far.
    pub amount_heads: bool,
}

impl Sight {
    /// Whether it is a counter, and nothing says how fast it counts.
    pub fn counts_steps(&self) -> bool {
        let Reading {
            unit, speed, eta, ..
        } = &self.reading;
        let moves = speed.is_some() || eta.is_some() || *unit == Some(BYTES);
        self.counter.is_some() && self.evidence >= Evidence::Number && !moves
    }
}

/// Looks at a line. `None`: there is no percentage, no `x/y`, no amount.
/// `nested` says which of several counters is the one inside the others, if that is known.
pub fn see(
    text: &Text<'_>,
    follows: impl Fn(Rule) -> bool,
    nested: impl FnOnce(&[Ratio]) -> Nesting,
) -> Option<Sight> {
    let mut parts = parts(text, nested);
    parts.percent = parts.percent.filter(|_| follows(Rule::Percent));
    let is_ours = |ratio: &Ratio| {
        let measures = heads_measure(text) || is_in_gauge(text, ratio.at);
        follows(Rule::Ratio) && !measures
    };
    parts.ratio = parts.ratio.filter(is_ours);
    let reading = reading(text, &parts);
    let has_amount = follows(Rule::Amount) && reading.loaded.is_some();
    if reading.percent.is_none() && !has_amount {
        return None;
    }
    let evidence = evidence(text, &parts, &reading);
    let computed = parts.ratio.filter(|_| parts.percent.is_none());
    let has_words =
        |percent: &Percent| (0..percent.at.0).any(|at| text.kind(at) == Some(Kind::Word));
    let bracketed = parts
        .percent
        .filter(|percent| percent.touch == Touch::Bracket);
    Some(Sight {
        reading,
        evidence,
        counter: computed.map(|ratio| ratio.at),
        begins: computed.is_some_and(|ratio| ratio::is_first_of_named(text, ratio.at)),
        bare: computed.is_some_and(|ratio| is_bare(text, &parts, &ratio)),
        head: bracketed
            .filter(|percent| !has_words(percent))
            .map(|percent| percent.at),
        bracketed: bracketed.filter(has_words).map(|percent| percent.at),
        before: parts.percent.map_or(0.0, |percent| percent.before),
        amount_heads: parts
            .alone
            .is_some_and(|alone| alone.at.0 == text.past_space(0)),
    })
}

fn is_bare(text: &Text<'_>, parts: &Parts<'_>, ratio: &Ratio) -> bool {
    let moves = parts.speed.is_some() || parts.eta.is_some();
    let drawn = ratio.apart || touch::is_barred(text, ratio.at);
    !(moves || drawn) && parts.nesting == Nesting::None
}

/// Several counters, none of bytes and none with a word for what is counted.
fn counts_only(ratios: &[Ratio]) -> bool {
    ratios.len() > 1 && ratios.iter().all(|ratio| ratio.unit.is_none())
}

/// Everything that was recognised in a line.
struct Parts<'a> {
    percent: Option<Percent>,
    ratio: Option<Ratio>,
    /// Other ratios stand beside it.
    several: bool,
    nesting: Nesting,
    /// The total a percentage is said to be of.
    total: Option<Amount>,
    /// A size that is neither.
    alone: Option<Amount>,
    /// That is the number of the thing the work is at.
    numbered: bool,
    speed: Option<Speed<'a>>,
    eta: Option<Eta<'a>>,
}

fn parts<'a>(text: &Text<'a>, nested: impl FnOnce(&[Ratio]) -> Nesting) -> Parts<'a> {
    let percent = percent::find(text);
    let behind = |percent| speed::after_percent(text, &percent);
    let speed = speed::find(text).or_else(|| percent.and_then(behind));
    let is_beyond = percent.is_some_and(|percent| percent.value > 100.0);
    let ratios = if is_beyond {
        ratio::written(text)
    } else {
        ratio::ratios(text)
    };
    let of_left = percent.and_then(|percent| {
        let ratio = ratio::of_left(text, percent.at.1)?;
        agrees(&ratio, &percent).then_some(ratio)
    });
    let of_sizes = || sizes::ratio(text, &percent.filter(|_| ratios.is_empty())?);
    let ratio = of_left
        .or_else(|| own_ratio(text, &ratios, percent))
        .or_else(of_sizes);
    let nesting = if percent.is_none() && counts_only(&ratios) {
        nested(&ratios)
    } else {
        Nesting::None
    };
    let ratio = match nesting {
        Nesting::In(at) => ratios.get(at).copied(),
        _ => ratio,
    };
    let eta = eta::find(text).or_else(|| {
        let (behind, share) = match (percent, ratio) {
            (Some(percent), _) => (percent.at.1, percent.value),
            (None, ratio) => ratio
                .filter(|ratio| touch::is_barred(text, ratio.at))
                .map(|ratio| (past_bar(text, ratio.at.1), ratio.percent()))?,
        };
        eta::placed(text, behind, share, speed)
    });
    let total = percent.and_then(|percent| amount::total_after(text, percent.at.1));
    // `45% of 29MiB … (frag 1/3)`: of two wholes, the one the percentage names.
    let ratio = ratio.filter(|_| total.is_none());
    let counted = || {
        let known = speed.map(|speed| speed.counted());
        known.or_else(|| speed::counted_unknown(text))
    };
    let ratio = ratio.map(|ratio| match counted() {
        Some(counted) => ratio.counted_by(text, counted),
        None => ratio,
    });
    // A ratio that disagrees is none of ours, and neither are the sizes in it.
    let alone = amount::of_unknown(text).or_else(|| amount::alone(text));
    let alone = alone.filter(|_| ratios.is_empty() && ratio.is_none() && total.is_none());
    let is_number = percent.is_none() && ratios.is_empty() && alone.is_none();
    let numbered = amount::numbered(text).filter(|_| is_number);
    let alone = alone
        .or(numbered)
        .or_else(|| bytes_before(text, percent?, speed?));
    Parts {
        percent,
        ratio,
        several: ratios.len() > 1,
        nesting,
        total,
        alone,
        numbered: numbered.is_some(),
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
        ..
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
        message: words(text, parts),
        ..Reading::default()
    }
}

/// The ratio that means the same as the percentage, or else one that does not mean the same as the measure
/// of something else: `84% coverage, 87/103 lines`.
fn own_ratio(text: &Text<'_>, ratios: &[Ratio], percent: Option<Percent>) -> Option<Ratio> {
    let measures = if percent.is_none() && !ratios.is_empty() {
        percent::measures(text)
    } else {
        Vec::new()
    };
    let is_measure = |ratio: &Ratio| {
        let same = measures.iter().any(|measure| agrees(ratio, measure));
        same && !touch::is_barred(text, ratio.at)
    };
    let is_own = |ratio: &&Ratio| match percent {
        Some(percent) => agrees(ratio, &percent),
        None => !is_measure(ratio),
    };
    let is_behind = |ratio: &Ratio| percent.is_some_and(|percent| ratio.at.0 >= percent.at.1);
    let is_summed = |ratio: &Ratio| {
        percent.is_some_and(|percent| {
            let bracket = text.back_over_space(percent.at.0);
            let opens = usize::from(text.before(bracket) == "(");
            text.back_over_space(bracket - opens) == ratio.at.1
        })
    };
    let own = ratios.iter().filter(is_own).rev();
    own.max_by_key(|ratio| {
        (
            ratio.unit == Some(BYTES),
            is_summed(ratio),
            is_behind(ratio),
        )
    })
    .copied()
}

/// Whether both mean the same.
fn agrees(ratio: &Ratio, percent: &Percent) -> bool {
    let rounding = ROUNDING + 100.0 * ratio.rounding;
    (percent.value - ratio.percent()).abs() <= rounding
}

/// `32,768  0%  5.78MB/s`: a number at the head of the line is in what the speed is in.
fn bytes_before(text: &Text<'_>, percent: Percent, speed: Speed<'_>) -> Option<Amount> {
    let at = text.past_space(0);
    let heads = text.past_space(at + 1) == percent.at.0;
    let amount = amount::amount_at(text, at).filter(|_| heads && speed.text.ends_with("B/s"))?;
    Some(Amount {
        unit: Some(BYTES),
        ..amount
    })
}

fn evidence(text: &Text<'_>, parts: &Parts<'_>, reading: &Reading) -> Evidence {
    let Parts { percent, ratio, .. } = *parts;
    match parts.nesting {
        Nesting::In(_) => return Evidence::Display,
        Nesting::Unknown => return Evidence::Cell,
        Nesting::None => {}
    }
    if reading.percent.is_none() {
        return match reading.speed {
            Some(_) => Evidence::Amount,
            None if parts.numbered => Evidence::Numbered,
            None => Evidence::Size,
        };
    }
    // Behind the last percentage stands the time that all took.
    let timed =
        percent.is_some_and(|percent| percent.value >= 100.0 && eta::is_behind(text, percent.at.1));
    let moving = reading.speed.is_some() || reading.eta.is_some() || timed;
    let barred = match percent {
        Some(percent) => percent.touch == Touch::Bar,
        None => ratio.is_some_and(|ratio| touch::is_barred(text, ratio.at)),
    };
    let alone = percent.is_some_and(|percent| percent.at == (0, text.tokens().len()));
    let is_worded =
        |percent| percent::is_worded(text, &percent) || percent::says_done(text, &percent);
    let worded = percent.is_some_and(is_worded);
    let summed = percent.is_some_and(|percent| percent::sums_up(text, &percent));
    // `11/640 files, 95/655 blocks`: two kinds of things are how many there are.
    let counts = parts.several && ratio.is_some_and(|ratio| ratio.counts_things());
    if !(moving || barred || worded || summed) && (counts || is_of_table(text)) {
        return Evidence::Cell;
    }
    let framed = ratio.is_some_and(|ratio| match percent {
        Some(_) => ratio.framed || vouches(text, &ratio),
        None => ratio.framed || ratio.counts_things(),
    });
    if !(moving || barred || alone || framed || worded) {
        return Evidence::Number;
    }
    let start = text.span(0, text.tokens().len());
    if moving && whole::heads(start) {
        Evidence::Whole
    } else {
        Evidence::Display
    }
}

/// Whether a ratio makes the percentage that agrees with it progress, and not a summary: `5 of 6 tests
/// (83%)` is only what came out. Sizes are moved, and brackets or a bar are put around what goes on.
fn vouches(text: &Text<'_>, ratio: &Ratio) -> bool {
    let bracketed = text.before(text.back_over_space(ratio.at.0)) == "[";
    let has_bar = || (0..ratio.at.0).any(|at| touch::opens_drawn_bar(text, at));
    ratio.unit == Some(BYTES) || bracketed || has_bar()
}

/// Whether the row is a display of all the work, by its own words.
pub fn shows_whole(place: Place, row: &[u8]) -> bool {
    let head = row.get(..MAX_HEAD).unwrap_or(row);
    let mut words = head.split(|byte| !byte.is_ascii_alphabetic());
    let first = words.find(|word| !word.is_empty()).unwrap_or_default();
    if row.len() > MAX_SIGHT || !str::from_utf8(first).is_ok_and(whole::names_all) {
        return false;
    }
    let line = decode(row);
    let Some(sight) = see(&Text::new(&line), |_| true, |_| Nesting::Unknown) else {
        return false;
    };
    let names_whole = sight
        .reading
        .message
        .as_deref()
        .is_some_and(whole::is_label);
    let drawn = place.is_redrawn() || place.ended == Edge::Open;
    let least = if drawn {
        Evidence::Number
    } else {
        Evidence::Display
    };
    names_whole && sight.reading.percent.is_some() && sight.evidence >= least
}

/// The token behind the bar that is drawn from `at` on.
fn past_bar(text: &Text<'_>, at: usize) -> usize {
    let is_drawn = |at: &usize| touch::is_block(text.str(*at));
    let bar = text.past_space(at);
    let cells = (bar..).take_while(is_drawn).count();
    if cells > 0 { bar + cells } else { at }
}

/// What the line calls what is being done.
fn words(text: &Text<'_>, parts: &Parts<'_>) -> Option<String> {
    if let (Nesting::In(_), Some(ratio)) = (parts.nesting, parts.ratio) {
        return label::outer(text, ratio.at.0);
    }
    if let Some(said) = pairs::message(text) {
        return label::words(said);
    }
    if let Some(whole) = parts
        .percent
        .and_then(|part| whole::beside_parts(text, &part))
    {
        return Some(whole.to_owned());
    }
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
    label::around(text, (from, end))
}
