//! The percentage of a line, if one of those in it is meant.
//!
//! A percent sign is everywhere: in addresses (`a%20b`), in file names, in shares of a disk, in the
//! ratio of a compression. So a number must first stand free, then not be the measure of something
//! else, and of those left the one that touches a bar is the display's own. It is the place in the
//! line that tells, not the tool's name.

use super::eta::says_left;
use super::gauge::is_in_gauge;
use super::measure::{NEAR_WORDS, heads_measure, is_measure, names_measure};
use super::token::{Kind, Text};
use super::touch::{Touch, is_ruled, touch};
use super::whole;

/// A percentage found in a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Percent {
    /// From 0 on. More than 100 is shown where the whole was thought to be smaller than it is.
    pub value: f64,
    /// What it stands beside.
    pub touch: Touch,
    /// The per cent of an earlier phase that are done: 100 in `map 100% reduce 33%`, else 0.
    pub before: f64,
    /// The tokens it takes: the first, and the one after the last.
    pub at: (usize, usize),
}

/// Words that, right beside a percentage, leave no doubt what it is.
const PROGRESS_WORDS: &[&str] = &["complete", "completed", "done", "finished", "progress"];

/// Words for work that has been done, which say the same where the clause ends behind them.
const DONE: &[&str] = &[
    "converted",
    "copied",
    "downloaded",
    "moved",
    "processed",
    "transferred",
    "uploaded",
    "written",
];

/// How far the sum of two rounded parts may be from all.
const ROUNDING: f64 = 0.15;

/// How many percentages a display shows at most. More of them are a table of shares.
const MAX_SHOWN: usize = 2;

/// Tokens of the longest sum, its name and what is between them.
const MAX_SUM: usize = 12;

/// The percentage this line displays.
pub fn find(text: &Text<'_>) -> Option<Percent> {
    let (mut all, _) = all(text);
    all.retain(|percent| is_worded(text, percent) || !is_in_gauge(text, percent.at));
    let is_of_all = |percent: &Percent| whole::word_before(text, percent.at.0).is_some();
    let best = all
        .iter()
        .rev()
        .max_by_key(|percent| (is_of_all(percent), percent.touch))
        .copied()?;
    let best = phase(text, &all).unwrap_or(best);
    let certain = best.touch == Touch::Bar || sums_up(text, &best);
    let shares = !certain && (all.len() > MAX_SHOWN || is_ruled(text));
    (!shares && !compares(text) && !are_parts(text, &all)).then_some(best)
}

/// `map 100% reduce 33%`: of two, each behind a word of its own and nothing between them, the second is
/// that of the work once the first is at its end.
fn phase(text: &Text<'_>, all: &[Percent]) -> Option<Percent> {
    let &[first, second] = all else { return None };
    let word = |percent: Percent| text.back_over_space(percent.at.0).checked_sub(1);
    let (before, between) = (word(first)?, word(second)?);
    let are_named = [before, between]
        .iter()
        .all(|at| text.kind(*at) == Some(Kind::Word));
    let joined = text.past_space(first.at.1) == between;
    let prose = [first, second]
        .iter()
        .all(|percent| percent.touch == Touch::Prose);
    let before = first.value;
    (are_named && joined && prose && before >= 100.0).then_some(Percent { before, ..second })
}

/// `Yes 46% No 54%`: two parts of one whole, each behind a word.
fn are_parts(text: &Text<'_>, all: &[Percent]) -> bool {
    let &[first, second] = all else { return false };
    let is_part = |percent: Percent| {
        let colon = text.back_over_space(percent.at.0);
        let word = text.back_over_space(colon - usize::from(text.before(colon) == ":"));
        let is_named = text.kind_before(word) == Some(Kind::Word)
            && whole::word_before(text, percent.at.0).is_none();
        is_named && percent.touch == Touch::Prose && (0.0..100.0).contains(&percent.value)
    };
    is_part(first) && is_part(second) && (first.value + second.value - 100.0).abs() < ROUNDING
}

/// `100/382 (26%)`: in brackets right behind what it is the percentage of.
pub fn sums_up(text: &Text<'_>, percent: &Percent) -> bool {
    let bracket = text.back_over_space(percent.at.0);
    let behind = text.back_over_space(bracket.saturating_sub(1));
    let whole =
        text.back_over_space(behind - usize::from(text.kind_before(behind) == Some(Kind::Word)));
    let joint = text.back_over_space(whole.saturating_sub(1));
    text.before(bracket) == "("
        && text.kind_before(whole) == Some(Kind::Number)
        && matches!(text.before(joint), "/" | "of")
}

/// The word before a sum, which says of what it is one: `Accuracy: 983/1000 (98%)`.
fn word_of_sum(text: &Text<'_>, percent: &Percent) -> Option<usize> {
    let is_between =
        |at: &usize| !matches!(text.kind(*at), Some(Kind::Word)) || text.is_word(*at, "of");
    let ratio = (0..percent.at.0.saturating_sub(2)).rev();
    let word = ratio.take(MAX_SUM).find(|at| !is_between(at));
    word.filter(|_| sums_up(text, percent))
}

/// The percentages of the line that are the measure of something else.
pub fn measures(text: &Text<'_>) -> Vec<Percent> {
    let (_, measures) = all(text);
    measures
}

/// The percentages of the line, and the measures of something else.
fn all(text: &Text<'_>) -> (Vec<Percent>, Vec<Percent>) {
    let found = (0..text.tokens().len()).filter_map(|at| percent_at(text, at));
    let found: Vec<Percent> = found.collect();
    let measured = !found.is_empty() && heads_measure(text);
    found.into_iter().partition(|percent| {
        let certain = percent.touch == Touch::Bar || is_worded(text, percent);
        let sum = word_of_sum(text, percent);
        let sums_measure = sum.is_some_and(|at| names_measure(text.str(at)));
        certain || !sums_measure && !measured && !is_measure(text, percent.at)
    })
}

fn percent_at(text: &Text<'_>, at: usize) -> Option<Percent> {
    let token = text.tokens().get(at)?;
    if token.kind != Kind::Number || token.quoted {
        return None;
    }
    let at = signed_before(text, at).or_else(|| signed_after(text, at))?;
    let printed = share(token.text)?;
    // Rounding shows a little more than all.
    let value = if printed <= 100.5 {
        printed.min(100.0)
    } else {
        printed
    };
    let value = if is_left(text, at) {
        Some(100.0 - value).filter(|done| *done >= 0.0)?
    } else {
        value
    };
    Some(Percent {
        value,
        touch: touch(text, at),
        before: 0.0,
        at,
    })
}

/// `90% of test remaining`, `Remaining: 90%`: what is to come, and not what is done.
fn is_left(text: &Text<'_>, (from, end): (usize, usize)) -> bool {
    let says_left = |at: usize| says_left(text.str(at));
    // `TIME LEFT 0:16` is about the time.
    let is_of_time = |at: usize| {
        let mark = text.past_space(at + 1);
        let time = text.past_space(mark + usize::from(text.str(mark) == ":"));
        text.kind(time) == Some(Kind::Number)
    };
    let is_between = |at: &usize| matches!(text.kind(*at), Some(Kind::Word | Kind::Space));
    let behind = (end..).take_while(is_between);
    let words = behind.filter(|at| text.kind(*at) == Some(Kind::Word));
    let before = text.back_over_space(from);
    let before = before - usize::from(text.before(before) == ":");
    words
        .take(NEAR_WORDS)
        .any(|at| says_left(at) && !is_of_time(at))
        || before.checked_sub(1).is_some_and(says_left)
}

/// `42%`, `42 %`, `42 percent`, `42 per cent`, `42/100%`.
fn signed_after(text: &Text<'_>, at: usize) -> Option<(usize, usize)> {
    let is_of_hundred = text.str(at + 1) == "/" && text.str(at + 2) == "100";
    if is_of_hundred && text.str(at + 3) == "%" {
        let free = stands_free(text, at, at + 4) && text.str(at + 4) != "/";
        return free.then_some((at, at + 4));
    }
    let space = text.kind(at + 1) == Some(Kind::Space) && text.str(at + 1).chars().count() == 1;
    let sign = at + 1 + usize::from(space);
    let named = || named_end(text, sign).filter(|_| space);
    let signed = matches!(text.str(sign), "%" | "％");
    let end = signed.then_some(sign + 1).or_else(named)?;
    stands_free(text, at, end).then_some((at, end))
}

/// Where the word for a percent sign ends.
fn named_end(text: &Text<'_>, word: usize) -> Option<usize> {
    let cent = text.past_space(word + 1);
    if text.is_word(word, "per") && text.is_word(cent, "cent") {
        return Some(cent + 1);
    }
    let is_sign = text.is_word(word, "percent") || text.is_word(word, "pct");
    is_sign.then_some(word + 1)
}

/// `%42`, as Turkish and Basque write it.
fn signed_before(text: &Text<'_>, at: usize) -> Option<(usize, usize)> {
    let sign = at.checked_sub(1).filter(|sign| text.str(*sign) == "%")?;
    let signed_twice = text.str(at + 1) == "%";
    (stands_free(text, sign, at + 1) && !signed_twice).then_some((sign, at + 1))
}

/// Not part of a longer word, number, path or escape.
fn stands_free(text: &Text<'_>, from: usize, end: usize) -> bool {
    let glued = |kind| matches!(kind, Some(Kind::Word | Kind::Number));
    let joined = matches!(text.before(from), "." | "," | "/" | "%" | "-");
    !glued(text.kind_before(from)) && !glued(text.kind(end)) && !joined && !in_address(text, from)
}

/// `/list?share=40%`: a parameter, in what is a path or an address since the last blank.
fn in_address(text: &Text<'_>, from: usize) -> bool {
    let blank = |at: &usize| text.kind(*at) == Some(Kind::Space);
    let start = (0..from).rev().find(blank).map_or(0, |at| at + 1);
    let path = matches!(text.str(start), "/" | "." | ".." | "~") && start < from;
    let named = text.before(from) == "=";
    named && (path || (start..from).any(|at| matches!(text.str(at), "?" | "&" | "//")))
}

/// One to three digits, then perhaps decimals after a point or a comma.
fn share(digits: &str) -> Option<f64> {
    let (whole, decimals) = digits.split_once(['.', ',']).unwrap_or((digits, "0"));
    let plain = whole.len() <= 3 && decimals.bytes().all(|byte| byte.is_ascii_digit());
    if plain {
        format!("{whole}.{decimals}").parse().ok()
    } else {
        None
    }
}

/// Whether the token at `at` says that a number is progress.
pub fn is_progress_word(text: &Text<'_>, at: usize) -> bool {
    PROGRESS_WORDS.iter().any(|word| text.is_word(at, word))
}

/// `2% complete`, `1 of 50 (2%) done`, `[progress] 2%`, `Progress: 2%`, `progress = 2%`, `Progress: 2/100 (2%)`.
pub fn is_worded(text: &Text<'_>, percent: &Percent) -> bool {
    let (from, end) = percent.at;
    let is_known = |at: usize| is_progress_word(text, at);
    let mark = text.back_over_space(from);
    let colon = mark.saturating_sub(1);
    let leader = colon - usize::from(text.before(colon).starts_with("..."));
    // `progress = 5%`
    let equal = text.back_over_space(colon) * usize::from(text.before(mark) == "=");
    let before = [from, mark, colon, leader, equal];
    let bracket = usize::from(text.str(end) == ")" && sums_up(text, percent));
    word_of_sum(text, percent).is_some_and(is_known)
        || is_known(text.past_space(end + bracket))
        || before
            .iter()
            .any(|at| at.checked_sub(1).is_some_and(is_known))
}

/// `10 percent processed.`, `Moved: 10%`: all that the line ends with is how much has been done.
pub fn says_done(text: &Text<'_>, percent: &Percent) -> bool {
    let (from, end) = percent.at;
    let is_done = |at: usize| DONE.iter().any(|word| text.is_word(at, word));
    let ends = |at: usize| {
        text.span(at, text.tokens().len())
            .trim_matches(['.', ' '])
            .is_empty()
    };
    let word = text.past_space(end);
    let colon = text.back_over_space(from);
    let named = text.before(colon) == ":" && colon.checked_sub(2).is_some_and(is_done);
    is_done(word) && ends(word + 1) || named && ends(end)
}

/// `9.54 MiB => 6.02 MiB`: a line that compares two sizes shows their ratio, not how far it is. One
/// that compares two percentages, `45% → 50%`, shows how something changed. Bars have longer arrows,
/// or brackets around them.
fn compares(text: &Text<'_>) -> bool {
    (1..text.tokens().len()).any(|at| {
        let arrow = matches!(text.str(at), "=" | "==")
            && text.str(at + 1) == ">"
            && text.kind_before(at) == Some(Kind::Space)
            && text.kind(at + 2) == Some(Kind::Space);
        arrow || text.str(at) == "%" && changes_to_number(text, text.past_space(at + 1))
    })
}

fn changes_to_number(text: &Text<'_>, at: usize) -> bool {
    let end = match text.str(at) {
        "→" | "to" => at + 1,
        "-" | "--" | "=" | "==" if text.str(at + 1) == ">" => at + 2,
        _ => return false,
    };
    text.kind(text.past_space(end)) == Some(Kind::Number)
}
