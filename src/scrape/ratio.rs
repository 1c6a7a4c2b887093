//! Two amounts joined: `18.1/20.0 MB`, `[12/40]`, `180 of 2000 files`, `done=180 total=2000`.
//!
//! The unit may stand on both numbers or, more often, on the second only. What is written like that may be anything: a date, a version, a rate. What stands beside it tells:
//! nothing may be joined to its ends, and no word say that it measures something else.

use super::amount::{
    Amount, BYTES, amount_at, ends_free, is_prefix, number, size, spaced, starts_free,
};
use super::eta;
use super::measure::{is_level, names_measure};
use super::pairs;
use super::speed::Counted;
use super::token::{Kind, Text, Token};
use super::touch::{heads_line, is_barred};

/// So many of so many.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    /// How much there is.
    pub loaded: f64,
    /// How much there will be; more than 0.
    pub total: f64,
    /// What is counted, if the line says so.
    pub unit: Option<&'static str>,
    /// By how much it may be wrong, since its numbers are rounded: `23MiB/28MiB` may be anything
    /// from 22.5 of 28.5 on.
    pub rounding: f64,
    /// Whether it stands where only progress stands: `[12/40] …`, `Step 3/9`.
    pub framed: bool,
    /// Whether it stands behind a bar, or set apart at the right margin.
    pub apart: bool,
    /// The tokens it takes: the first, and the one after the last.
    pub at: (usize, usize),
}

/// The least whole in bytes whose speed somebody shows.
const MIN_BYTES: f64 = 1024.0;

impl Ratio {
    /// The same, of what the speed beside it counts: `4.5M/10M` at `4.5Mit/s` are things, and `4500/10000`
    /// at `4.5kB/s` are bytes.
    pub fn counted_by(self, text: &Text<'_>, speed: Counted) -> Self {
        let prefixes = [self.at.0 + 1, self.at.1 - 1].map(|at| text.str(at));
        match (self.unit, speed) {
            (None, Counted::Bytes) if self.total >= MIN_BYTES => Self {
                unit: Some(BYTES),
                ..self
            },
            // The unit of the first may be that of the second: `0.00/3.00M`.
            (Some(BYTES), Counted::Others) if is_prefix(prefixes[1]) => {
                let total = thousands(prefixes[1]);
                let loaded = Some(prefixes[0])
                    .filter(|unit| is_prefix(unit))
                    .map_or(total, thousands);
                Self {
                    loaded: (self.loaded * loaded).round(),
                    total: (self.total * total).round(),
                    unit: None,
                    ..self
                }
            }
            _ => self,
        }
    }

    /// Whether it counts things that have a name: `3/9 files`.
    pub fn counts_things(&self) -> bool {
        self.unit
            .is_some_and(|unit| !matches!(unit, BYTES | SECONDS))
    }

    /// Whether there is more of it than there was to be.
    pub fn is_beyond(&self) -> bool {
        self.loaded > self.total
    }

    /// `loaded` in per cent of `total`, to two decimals.
    pub fn percent(&self) -> f64 {
        percent_of(self.loaded, self.total)
    }
}

/// `loaded` in per cent of `total`, to two decimals: more than any display shows.
pub fn percent_of(loaded: f64, total: f64) -> f64 {
    (loaded / total * 10_000.0).round() / 100.0
}

/// Blanks between two columns.
const MIN_GAP: usize = 3;

/// The unit of time.
const SECONDS: &str = "s";

/// Dots that lead from a name to its result.
const MIN_LEADER: usize = 5;

/// What a prefix of thousands is of one of 1024s.
fn thousands(prefix: &str) -> f64 {
    let bytes = size(prefix).unwrap_or(1.0);
    let decimal = size(&format!("{prefix}B")).unwrap_or(bytes);
    decimal / bytes
}

/// Words before a ratio that name a step of a whole.
const STEPS: &[&str] = &[
    "step",
    "progress",
    "completed",
    "downloaded",
    "processed",
    "uploaded",
];

/// All ratios of the line, in order.
pub fn ratios(text: &Text<'_>) -> Vec<Ratio> {
    written(text)
        .into_iter()
        .filter(|ratio| !ratio.is_beyond())
        .collect()
}

/// The same with those of which there is more than all: `103/100`, which alone means nothing.
pub fn written(text: &Text<'_>) -> Vec<Ratio> {
    let mut found: Vec<Ratio> = Vec::new();
    for at in 0..text.tokens().len() {
        // The last thousands of `9 001 / 9 876` are no number.
        if found.last().is_none_or(|last| last.at.1 <= at) {
            found.extend(ratio_at(text, at));
        }
    }
    if found.is_empty() {
        found.extend(ratio_of_pairs(text));
    }
    if found.is_empty() {
        found.extend((0..text.tokens().len()).find_map(|at| ratio_of_clocks(text, at)));
    }
    found
}

/// `9 001 / 9 876`: both of them parted so, or else it may be anything.
fn both_spaced(text: &Text<'_>, at: usize) -> Option<(Amount, Amount)> {
    let loaded = spaced(text, at)?;
    let joint = text.past_space(loaded.at.1);
    let joined = text.str(joint) == "/" || text.is_word(joint, "of");
    let total = spaced(text, text.past_space(joint + 1)).filter(|_| joined)?;
    Some((loaded, total))
}

/// `12/40`, `3 of 10`
fn joined(text: &Text<'_>, at: usize) -> Option<(Amount, Amount)> {
    let loaded = amount_at(text, at)?;
    let joint = past_running(text, loaded.at).unwrap_or(text.past_space(loaded.at.1));
    let joint = past_out(text, joint);
    let is_joint = text.str(joint) == "/" || text.is_word(joint, "of");
    let total = amount_at(text, past_about(text, joint + 1)).filter(|_| is_joint)?;
    Some((loaded, total))
}

/// `8% 1:11=5s`: what is done, what is left and the time for that, right behind the percentage, which
/// ends at the token `end`. No clock is set equal to anything.
pub fn of_left(text: &Text<'_>, end: usize) -> Option<Ratio> {
    let at = text.past_space(end);
    let (colon, equal) = (at + 1, at + 3);
    let (done, left) = (whole(text, at)?, whole(text, colon + 1)?);
    let total = done + left;
    let found = text.str(colon) == ":" && text.str(equal) == "=" && total > 0.0;
    found.then_some(Ratio {
        loaded: done,
        total,
        unit: None,
        rounding: 0.0,
        framed: false,
        apart: false,
        at: (at, equal),
    })
}

fn whole(text: &Text<'_>, at: usize) -> Option<f64> {
    let digits = text.str(at);
    digits.parse::<u32>().ok().map(f64::from)
}

/// `done=200 total=1000`
fn ratio_of_pairs(text: &Text<'_>) -> Option<Ratio> {
    let (loaded, total, at) = pairs::counter(text)?;
    let ratio = Ratio {
        loaded: loaded.value,
        total: total.value,
        unit: total.unit,
        rounding: 0.0,
        framed: false,
        apart: false,
        at,
    };
    (loaded.unit == total.unit && is_part_of(&ratio)).then_some(ratio)
}

/// `00:01:40 / 00:03:20`
fn ratio_of_clocks(text: &Text<'_>, at: usize) -> Option<Ratio> {
    let end = eta::clock(text, at).filter(|_| starts_free(text, at))?;
    let joint = text.past_space(end);
    let from = text.past_space(joint + 1);
    let until = eta::clock(text, from).filter(|_| text.str(joint) == "/")?;
    let (loaded, total) = (
        seconds(text.span(at, end))?,
        seconds(text.span(from, until))?,
    );
    let free = !matches!(text.str(until), "/" | "-");
    (total > 0.0 && free).then_some(Ratio {
        loaded,
        total,
        unit: Some(SECONDS),
        rounding: 0.0,
        framed: false,
        apart: false,
        at: (at, until),
    })
}

/// The seconds of a clock.
fn seconds(clock: &str) -> Option<f64> {
    clock.split(':').try_fold(0.0, |sum, part| {
        Some(60.0 * sum + part.parse::<f64>().ok()?)
    })
}

fn ratio_at(text: &Text<'_>, at: usize) -> Option<Ratio> {
    if !starts_free(text, at) {
        return None;
    }
    let (mut loaded, total) = both_spaced(text, at).or_else(|| joined(text, at))?;
    if loaded.unit.is_none() && total.unit == Some(BYTES) {
        let factor = total.value / total.printed;
        loaded.value = (loaded.value * factor).round();
    } else if loaded.unit.is_some() && loaded.unit != total.unit {
        return None;
    }
    let ratio = Ratio {
        loaded: loaded.value,
        total: total.value,
        unit: total.unit,
        rounding: rounding(text, &total),
        framed: is_framed(text, at, &total),
        apart: stands_apart(text, at, total.at.1),
        at: (at, total.at.1),
    };
    let barred = || is_barred(text, ratio.at) || ratio.apart;
    let measures = !is_step(text, at) && is_measure(text, ratio.at) || is_level(text, ratio.at);
    let measures = measures && !barred();
    (ends_free(text, &total) && is_part_of(&ratio) && !measures).then_some(ratio)
}

/// `(20 + 4) / 200`: what runs is no part of what is done. The joint behind the bracket.
fn past_running(text: &Text<'_>, (from, end): (usize, usize)) -> Option<usize> {
    let plus = text.past_space(end);
    let running = amount_at(text, text.past_space(plus + 1))?;
    let bracketed = text.before(from) == "(" && text.str(running.at.1) == ")";
    let found = bracketed && text.str(plus) == "+";
    found.then(|| text.past_space(running.at.1 + 1))
}

/// `3 out of 60`
fn past_out(text: &Text<'_>, at: usize) -> usize {
    if text.is_word(at, "out") {
        text.past_space(at + 1)
    } else {
        at
    }
}

/// `3 of about 60`, `3 of: 60`
fn past_about(text: &Text<'_>, at: usize) -> usize {
    let word = text.past_space(at);
    if text.is_word(word, "about") {
        text.past_space(word + 1)
    } else {
        past_colon(text, at)
    }
}

/// `3 of: 60`
fn past_colon(text: &Text<'_>, at: usize) -> usize {
    text.past_space(at + usize::from(text.str(at) == ":"))
}

/// `hit ratio 3/10`, `Mem: 5.1G/15.5G`, `12/40 tests passed`: the word right beside it says that it
/// measures something else.
fn is_measure(text: &Text<'_>, (from, end): (usize, usize)) -> bool {
    let mut before = text.back_over_space(from);
    if text.before(before) == ":" {
        before -= 1;
    }
    let after = text.past_space(end);
    let whole = matches!(text.kind(after + 1), None | Some(Kind::Space));
    names_measure(text.before(before)) || whole && names_measure(text.str(after))
}

fn rounding(text: &Text<'_>, total: &Amount) -> f64 {
    let digits = text.str(total.at.0);
    let printed =
        number(digits).filter(|_| total.unit == Some(BYTES) && total.at.1 > total.at.0 + 1);
    let whole = !digits.contains(['.', ',']);
    printed
        .filter(|printed| whole && *printed >= 1.0)
        .map_or(0.0, |printed| 1.0 / printed)
}

/// One of one is a sentence, not progress, unless it is a size.
fn is_part_of(ratio: &Ratio) -> bool {
    let least = if ratio.unit == Some(BYTES) { 1.0 } else { 2.0 };
    ratio.total >= least
}

fn is_framed(text: &Text<'_>, at: usize, total: &Amount) -> bool {
    let end = total.at.1;
    let before = text.back_over_space(at);
    let bracketed = text.before(before) == "[" && text.str(end) == "]";
    let heads = bracketed && heads_line(text, before - 1);
    let tagged = text.before(before) == "]" && text.str(end) == ":";
    let goes_on = (at..end).any(|at| text.is_word(at, "of")) && ends_in_dots(text);
    heads
        || tagged
        || goes_on
        || is_step(text, at)
        || stands_apart(text, at, end)
        || heads_result(text, at, end)
}

/// `(1/12) Installing a`: the first of several, each on a line of its own.
pub fn is_first_of_named(text: &Text<'_>, (from, end): (usize, usize)) -> bool {
    let bracket = text.back_over_space(from);
    let bracketed = text.before(bracket) == "(" && text.str(end) == ")";
    let is_named = || text.kind(text.past_space(end + 1)) == Some(Kind::Word);
    let is_first = || number(text.str(from)) == Some(1.0);
    bracketed && heads_line(text, bracket - 1) && is_named() && is_first()
}

/// `1 of 3 replicas are available...`: it goes on.
fn ends_in_dots(text: &Text<'_>) -> bool {
    let last = text.before(text.back_over_space(text.tokens().len()));
    last == "…" || last.starts_with("...")
}

/// `1/6 Test #1: parse ........   Passed`, `1/6 unit parse      OK    0.1s`
fn heads_result(text: &Text<'_>, at: usize, end: usize) -> bool {
    let named = at == text.past_space(0) && text.kind(text.past_space(end)) == Some(Kind::Word);
    let is_leader = |mark: &str| mark.len() >= MIN_LEADER && mark.starts_with('.');
    let has_leader = || text.tokens().iter().any(|token| is_leader(token.text));
    named && (has_leader() || ends_in_timed_columns(text))
}

fn ends_in_timed_columns(text: &Text<'_>) -> bool {
    let end = text.back_over_space(text.tokens().len());
    let is_gap = |token: &Token<'_>| token.kind == Kind::Space && token.text.len() >= MIN_GAP;
    let gaps = text.tokens().iter().filter(|token| is_gap(token)).count();
    let timed = text.before(end) == "s" && text.kind_before(end - 1) == Some(Kind::Number);
    timed && gaps >= 2
}

/// `[==>   ] 1/10`, `........ [ 8/18]`
fn stands_apart(text: &Text<'_>, at: usize, end: usize) -> bool {
    let before = text.back_over_space(at);
    let bracketed = text.before(before) == "[" && text.str(end) == "]";
    let after_bar = text.before(before) == "]" && closes_bar(text, before);
    bracketed && ends_line(text, before - 1, end) || after_bar
}

/// `…     [ 8/18]`, `........ [ 8/18]`: set apart, at the right margin.
fn ends_line(text: &Text<'_>, bracket: usize, end: usize) -> bool {
    let gap = text.back_over_space(bracket);
    let apart = text.before(bracket).len() > 1 || text.kind_before(gap) == Some(Kind::Mark);
    gap < bracket && apart && text.past_space(end + 1) >= text.tokens().len()
}

fn is_step(text: &Text<'_>, at: usize) -> bool {
    let word = text.before(text.back_over_space(at));
    STEPS.iter().any(|step| word.eq_ignore_ascii_case(step))
}

/// `[==>   ] 1/10`: what ends before `end` is drawn, and not a tag.
fn closes_bar(text: &Text<'_>, end: usize) -> bool {
    let inside = text.back_over_space(end - 1);
    text.kind_before(inside) == Some(Kind::Mark) && text.before(inside) != "["
}
