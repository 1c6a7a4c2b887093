//! Amounts, and two of them joined: `18.1/20.0 MB`, `[12/40]`, `180 of 2000 files`.
//!
//! The unit may stand on both numbers or, more often, on the second only. Sizes become bytes: the
//! letters `Ki`, `Mi` are powers of 1024 and `kB`, `MB` powers of 1000; a bare `K` or `M` is a power
//! of 1024 in every tool we have seen print it.

use std::ops::RangeInclusive;

use super::measure::{is_level, names_measure};
use super::token::{Kind, Text};
use super::touch::is_barred;

/// The unit of bytes.
pub const BYTES: &str = "B";

/// A number with what it counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Amount {
    /// Bytes if the unit is [`BYTES`], else the number as it stands.
    pub value: f64,
    /// The number as it stands.
    pub printed: f64,
    /// What is counted, if the line says so.
    pub unit: Option<&'static str>,
    /// The tokens it takes: the first, and the one after the last.
    pub at: (usize, usize),
}

/// So many of so many.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    /// How much there is.
    pub loaded: f64,
    /// How much there will be; more than 0, at least `loaded`.
    pub total: f64,
    /// What is counted, if the line says so.
    pub unit: Option<&'static str>,
    /// By how much it may be wrong, since its numbers are rounded: `23MiB/28MiB` may be anything
    /// from 22.5 of 28.5 on.
    pub rounding: f64,
    /// Whether it stands where only progress stands: `[12/40] …`, `Step 3/9`, `3/9 files`.
    pub framed: bool,
    /// Whether it stands behind a bar, or set apart at the right margin.
    pub apart: bool,
    /// The tokens it takes: the first, and the one after the last.
    pub at: (usize, usize),
}

impl Ratio {
    /// `loaded` in per cent of `total`, to two decimals.
    pub fn percent(&self) -> f64 {
        percent_of(self.loaded, self.total)
    }
}

/// `loaded` in per cent of `total`, to two decimals: more than any display shows.
pub fn percent_of(loaded: f64, total: f64) -> f64 {
    (loaded / total * 10_000.0).round().min(10_000.0) / 100.0
}

/// Things tools count, as printed and as published.
const COUNTABLES: &[&str] = &[
    "blocks", "chunks", "crates", "epochs", "files", "frags", "frames", "images", "items", "it",
    "jobs", "layers", "lines", "objects", "packages", "pages", "records", "rows", "samples",
    "steps", "tasks", "tests",
];

/// Words before a ratio that name a step of a whole.
const STEPS: &[&str] = &[
    "step",
    "progress",
    "completed",
    "downloaded",
    "processed",
    "uploaded",
];

/// Words before a size that say it is done with.
const DONE: &[&str] = &[
    "consumed",
    "copied",
    "downloaded",
    "processed",
    "read",
    "received",
    "sent",
    "transferred",
    "uploaded",
    "written",
];

/// The number that starts at the token `at`, in any of the usual spellings.
pub fn amount_at(text: &Text<'_>, at: usize) -> Option<Amount> {
    if text.kind(at) != Some(Kind::Number) {
        return None;
    }
    counted(text, number(text.str(at))?, (at, at + 1))
}

/// `value` at the tokens `at`, with the unit that stands behind it.
fn counted(text: &Text<'_>, value: f64, at: (usize, usize)) -> Option<Amount> {
    let word = text.past_space(at.1);
    let glued = word == at.1;
    let found = match text.str(word) {
        letter if letter.len() == 1 && !glued => None,
        word => size(word)
            .map(|factor| (factor, BYTES))
            .or_else(|| countable(word)),
    };
    let end = if found.is_some() { word + 1 } else { at.1 };
    let (factor, unit) = found.map_or((1.0, None), |(factor, unit)| (factor, Some(unit)));
    let printed = value;
    // Bytes are whole, whatever the decimals of their mebibytes.
    let value = if unit == Some(BYTES) {
        (value * factor).round()
    } else {
        value
    };
    Some(Amount {
        value,
        printed,
        unit,
        at: (at.0, end),
    })
}

/// `9 876 543`: thousands that are parted by blanks. Where it ends, and what it is.
fn spaced(text: &Text<'_>, at: usize) -> Option<Amount> {
    let is_group = |at: usize| text.str(at) == " " && is_digits(text.str(at + 1), 3..=3);
    let groups = (at + 1..).step_by(2).take_while(|at| is_group(*at)).count();
    let end = at + 1 + 2 * groups;
    let found = groups > 0 && is_digits(text.str(at), 1..=3) && !is_group(at.wrapping_sub(1));
    let digits: String = text.span(at, end).split(' ').collect();
    found.then(|| counted(text, number(&digits)?, (at, end)))?
}

fn is_digits(token: &str, length: RangeInclusive<usize>) -> bool {
    length.contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_digit())
}

/// `9 001 / 9 876`: both of them parted so, or else it may be anything.
fn both_spaced(text: &Text<'_>, at: usize) -> Option<(Amount, Amount)> {
    let loaded = spaced(text, at)?;
    let joint = text.past_space(loaded.at.1);
    let joined = text.str(joint) == "/" || text.is_word(joint, "of");
    let total = spaced(text, text.past_space(joint + 1)).filter(|_| joined)?;
    Some((loaded, total))
}

/// All ratios of the line, in order.
pub fn ratios(text: &Text<'_>) -> Vec<Ratio> {
    let mut found: Vec<Ratio> = Vec::new();
    for at in 0..text.tokens().len() {
        // The last thousands of `9 001 / 9 876` are no number.
        if found.last().is_none_or(|last| last.at.1 <= at) {
            found.extend(ratio_at(text, at));
        }
    }
    found
}

/// How much is done, of nobody knows how much: a size that is named so (`Consumed: 512 KiB`), or
/// else the first that is neither a total (`of 29MiB`) nor a speed nor compared with another
/// (`1.4 MiB / 2.1 MiB = 0.659`), or else the first number of things that are counted (`12it`).
pub fn alone(text: &Text<'_>) -> Option<Amount> {
    let free = |amount: &Amount| {
        let before = text.before(text.back_over_space(amount.at.0));
        let joined = text.str(text.past_space(amount.at.1)) == "/";
        !joined && !before.eq_ignore_ascii_case("of") && before != "~" && !is_prefixed(text, amount)
    };
    let amounts = (0..text.tokens().len()).filter_map(|at| amount_at(text, at));
    let amounts: Vec<Amount> = amounts.filter(free).collect();
    let is_size = |amount: &&Amount| amount.unit == Some(BYTES);
    let is_named = |amount: &&Amount| {
        let colon = text.back_over_space(amount.at.0);
        let name = colon.checked_sub(usize::from(text.before(colon) == ":") + 1);
        name.is_some_and(|at| DONE.iter().any(|word| text.is_word(at, word)))
    };
    let sizes = || amounts.iter().filter(is_size);
    let found = sizes().find(is_named).or_else(|| sizes().next());
    found
        .or_else(|| amounts.iter().find(|amount| amount.unit.is_some()))
        .copied()
}

/// `[r=30k IOPS]`: the letter is the prefix of a unit that is no size.
fn is_prefixed(text: &Text<'_>, amount: &Amount) -> bool {
    let end = amount.at.1;
    let word = text.past_space(end);
    let letter = text.kind_before(end) == Some(Kind::Word) && text.before(end).len() == 1;
    let closed = matches!(text.str(word + 1), "]" | ")");
    letter && word > end && text.kind(word) == Some(Kind::Word) && closed
}

/// `12/?`, `6.0MiB/0B`: so many, and the total is not known yet.
pub fn of_unknown(text: &Text<'_>) -> Option<Amount> {
    let mut amounts = (0..text.tokens().len()).filter_map(|at| amount_at(text, at));
    amounts.find(|amount| {
        if !starts_free(text, amount.at.0) {
            return false;
        }
        let slash = text.past_space(amount.at.1);
        let total = text.past_space(slash + 1);
        let is_none = |total: &Amount| total.value == 0.0 && ends_free(text, total);
        let unknown = || amount_at(text, total).is_some_and(|total| is_none(&total));
        text.str(slash) == "/" && (text.str(total) == "?" || unknown())
    })
}

/// The size after `of`, which is what a percentage is a part of.
pub fn total_after(text: &Text<'_>, at: usize) -> Option<Amount> {
    let of = text.past_space(at);
    let mut next = text.past_space(of + 1);
    if text.str(next) == "~" {
        next = text.past_space(next + 1);
    }
    let size = amount_at(text, next).filter(|size| size.unit == Some(BYTES))?;
    text.is_word(of, "of").then_some(size)
}

/// `12/40`, `3 of 10`
fn joined(text: &Text<'_>, at: usize) -> Option<(Amount, Amount)> {
    let loaded = amount_at(text, at)?;
    let joint = past_running(text, loaded.at).unwrap_or(text.past_space(loaded.at.1));
    let joint = past_out(text, joint);
    let is_joint = text.str(joint) == "/" || text.is_word(joint, "of");
    let total = amount_at(text, past_colon(text, joint + 1)).filter(|_| is_joint)?;
    Some((loaded, total))
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

fn starts_free(text: &Text<'_>, at: usize) -> bool {
    let token_is_name = text.tokens().get(at).is_some_and(|token| token.quoted);
    let glued = text.kind_before(at) == Some(Kind::Word);
    let joined = matches!(text.before(at), "." | "," | "/" | "-" | "=" | "%" | "^");
    let clock = text.before(at) == ":" && at >= 2 && text.kind(at - 2) == Some(Kind::Number);
    !token_is_name && !glued && !joined && !clock
}

/// No third number joined to it, as dates and rates have, and no result: `6.2 / 9.3 = 0.668`.
fn ends_free(text: &Text<'_>, total: &Amount) -> bool {
    let end = total.at.1;
    if text.str(text.past_space(end)) == "=" {
        return false;
    }
    let joined = matches!(text.str(end), "/" | "%" | "-" | "." | "^");
    let clock = text.str(end) == ":" && text.kind(end + 1) == Some(Kind::Number);
    text.kind(end) != Some(Kind::Word) && !joined && !clock
}

/// One of one is a sentence, not progress, unless it is a size.
fn is_part_of(ratio: &Ratio) -> bool {
    let least = if ratio.unit == Some(BYTES) { 1.0 } else { 2.0 };
    ratio.total >= least && ratio.loaded <= ratio.total
}

fn is_framed(text: &Text<'_>, at: usize, total: &Amount) -> bool {
    let end = total.at.1;
    let before = text.back_over_space(at);
    let bracketed = text.before(before) == "[" && text.str(end) == "]";
    let heads = bracketed && heads_line(text, before - 1);
    let tagged = text.before(before) == "]" && text.str(end) == ":";
    let counts = total.unit.is_some_and(|unit| unit != BYTES);
    heads || tagged || counts || is_step(text, at) || stands_apart(text, at, end)
}

/// `[==>   ] 1/10`, `........ [ 8/18]`
fn stands_apart(text: &Text<'_>, at: usize, end: usize) -> bool {
    let before = text.back_over_space(at);
    let bracketed = text.before(before) == "[" && text.str(end) == "]";
    let after_bar = text.before(before) == "]" && closes_bar(text, before);
    bracketed && ends_line(text, before - 1, end) || after_bar
}

/// Tokens of a date, a time and a number that may stand before a counter.
const MAX_HEAD: usize = 24;

/// `[12/40] …`, `#5 [2/4] …`, `11:12:44 [12/40] …`: no word stands before the bracket.
fn heads_line(text: &Text<'_>, bracket: usize) -> bool {
    bracket <= MAX_HEAD && (0..bracket).all(|at| text.kind(at) != Some(Kind::Word))
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

/// Whether tools count what `word` names.
pub fn is_countable(word: &str) -> bool {
    countable(word).is_some()
}

fn countable(word: &str) -> Option<(f64, &'static str)> {
    let mut names = COUNTABLES.iter();
    names
        .find(|name| word.eq_ignore_ascii_case(name))
        .map(|name| (1.0, *name))
}

/// The bytes in one of a unit of size: `KiB`, `MB`, `Go`, `k`, `bytes`.
pub fn size(word: &str) -> Option<f64> {
    if matches!(word, "B" | "o" | "bytes" | "byte" | "Bytes" | "octets") {
        return Some(1.0);
    }
    let prefix = word.chars().next()?;
    let power = match prefix {
        'k' | 'K' => 1,
        'M' => 2,
        'G' => 3,
        'T' => 4,
        'P' => 5,
        _ => return None,
    };
    match word.get(1..)? {
        "" | "i" | "iB" | "io" => Some(1024_f64.powi(power)),
        "B" | "o" => Some(1000_f64.powi(power)),
        _ => None,
    }
}

/// A number in any usual spelling. With both separators the last is the decimal one; one that
/// repeats, or a comma before three digits, parts thousands: `6,717,440`, `9.765,6`, `4,75`. So do
/// apostrophes and blanks: `1'234.5`.
pub fn number(digits: &str) -> Option<f64> {
    let decimal = match (digits.rfind('.'), digits.rfind(',')) {
        (Some(point), Some(comma)) => Some(point.max(comma)),
        (Some(point), None) => Some(point).filter(|_| digits.matches('.').count() == 1),
        (None, Some(comma)) => Some(comma).filter(|comma| digits.len() - comma != 4),
        (None, None) => None,
    };
    let (whole, fraction) = digits.split_at(decimal.unwrap_or(digits.len()));
    if !is_grouped(whole) {
        return None;
    }
    let whole: String = whole.chars().filter(char::is_ascii_digit).collect();
    let value: f64 = format!("{whole}.{}", fraction.get(1..).unwrap_or("0"))
        .parse()
        .ok()?;
    // Beyond 2^53 a number of this kind no longer counts: an id, a hash.
    (value < 9.0e15).then_some(value)
}

/// Digits, or thousands parted by one separator: a version like `3.4.5` is no number.
fn is_grouped(whole: &str) -> bool {
    let mut groups = whole.split(|char: char| !char.is_ascii_digit());
    let first = groups.next().map_or(0, str::len);
    let mut rest = groups.peekable();
    rest.peek().is_none() || first <= 3 && rest.all(|group| group.len() == 3)
}
