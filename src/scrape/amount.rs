//! Amounts: `18.1 MB`, `1'234'567`, `12 files`.
//!
//! Sizes become bytes: the letters `Ki`, `Mi` are powers of 1024 and `kB`, `MB` powers of 1000; a bare `K` or `M` is a power
//! of 1024 in every tool we have seen print it.

use std::ops::RangeInclusive;

use super::eta::says_left;
use super::token::{Kind, Text};

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

/// Things tools count, as printed and as published.
const COUNTABLES: &[&str] = &[
    "blocks", "chunks", "crates", "epochs", "files", "frags", "frames", "images", "items", "it",
    "jobs", "layers", "lines", "objects", "packages", "pages", "records", "rows", "samples",
    "steps", "tasks", "tests",
];

/// Words right before the number of the thing that a work is at, and what it then counts.
const NUMBERED: &[(&str, &str)] = &[
    ("batch", "batches"),
    ("block", "blocks"),
    ("checkpoint", "checkpoints"),
    ("chunk", "chunks"),
    ("frame", "frames"),
    ("item", "items"),
    ("iteration", "iterations"),
    ("object", "objects"),
    ("record", "records"),
    ("row", "rows"),
    ("sample", "samples"),
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

/// Words behind `to` that say what is still to be done, and not where it goes.
const TO_DO: &[&str] = &[
    "check", "copy", "do", "download", "go", "hash", "index", "process", "read", "scan", "send",
    "transfer", "upload", "verify", "write",
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
pub fn spaced(text: &Text<'_>, at: usize) -> Option<Amount> {
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

/// How much is done, of nobody knows how much: a size that is named so (`Consumed: 512 KiB`), or
/// else the first that is neither a total (`of 29MiB`) nor a speed nor compared with another
/// (`1.4 MiB / 2.1 MiB = 0.659`), or else the first number of things that are counted (`12it`).
pub fn alone(text: &Text<'_>) -> Option<Amount> {
    let free = |amount: &Amount| {
        let before = text.before(text.back_over_space(amount.at.0));
        let joined = text.str(text.past_space(amount.at.1)) == "/";
        !joined
            && !is_measured(text, amount)
            && !["of", "in"]
                .iter()
                .any(|word| before.eq_ignore_ascii_case(word))
            && before != "~"
            && !is_prefixed(text, amount)
            && !is_left(text, amount)
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

/// `Out:54.3k`, `Node(4500k`: how much of something there is, and nothing says that it is bytes.
fn is_measured(text: &Text<'_>, amount: &Amount) -> bool {
    let colon = amount.at.0;
    let glued = matches!(text.before(colon), ":" | "(");
    let named = glued && text.kind_before(colon - 1) == Some(Kind::Word);
    named && is_prefix(text.before(amount.at.1))
}

/// Whether the unit is only the prefix of one: the `k` of `54k` may mean bytes, or a thousand of anything.
pub fn is_prefix(unit: &str) -> bool {
    unit.len() == 1 && unit != "B" && unit != "o" && size(unit).is_some()
}

/// `39 items remaining`, `12 files to go`, `41 MB to scan`, `Files left: 12`, `Remaining files: 12`: so many
/// are still to come.
pub fn is_left(text: &Text<'_>, amount: &Amount) -> bool {
    let word = text.past_space(amount.at.1);
    let verb = text.past_space(word + 1);
    let is_to_do = || TO_DO.iter().any(|known| text.is_word(verb, known));
    let goes = text.is_word(word, "to") && is_to_do();
    let named = words_before(text, amount.at.0);
    goes || says_left(text.str(word)) || named.into_iter().any(says_left)
}

/// `Files left: 12`: what is counted, by one of the words before the number.
pub fn counted_before(text: &Text<'_>, at: usize) -> Option<&'static str> {
    let units = words_before(text, at).into_iter().filter_map(countable);
    units.map(|(_, unit)| unit).next()
}

/// The two words before a colon and the number at `at`.
fn words_before<'a>(text: &Text<'a>, at: usize) -> [&'a str; 2] {
    let colon = text.back_over_space(at);
    if text.before(colon) != ":" {
        return [""; 2];
    }
    let last = text.back_over_space(colon - 1);
    let first = text.back_over_space(last.saturating_sub(1));
    [text.before(first), text.before(last)]
}

/// `[r=30k IOPS]`: the letter is the prefix of a unit that is no size.
fn is_prefixed(text: &Text<'_>, amount: &Amount) -> bool {
    let end = amount.at.1;
    let word = text.past_space(end);
    let letter = text.kind_before(end) == Some(Kind::Word) && text.before(end).len() == 1;
    let closed = matches!(text.str(word + 1), "]" | ")");
    letter && word > end && text.kind(word) == Some(Kind::Word) && closed
}

/// `Write checkpoint 400`: the line ends with the number of a thing of which there are many.
pub fn numbered(text: &Text<'_>) -> Option<Amount> {
    let at = text.back_over_space(text.tokens().len()).checked_sub(1)?;
    let amount = amount_at(text, at)?;
    let word = text.back_over_space(at).checked_sub(1)?;
    let known = NUMBERED.iter().find(|(one, _)| text.is_word(word, one))?;
    (word + 1 < at).then_some(Amount {
        unit: Some(known.1),
        ..amount
    })
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

/// Whether no other number, word or mark is joined to the front of the number at `at`.
pub fn starts_free(text: &Text<'_>, at: usize) -> bool {
    let token_is_name = text.tokens().get(at).is_some_and(|token| token.quoted);
    let glued = text.kind_before(at) == Some(Kind::Word);
    let joined = matches!(text.before(at), "." | "," | "/" | "-" | "=" | "%" | "^");
    let clock = text.before(at) == ":" && at >= 2 && text.kind(at - 2) == Some(Kind::Number);
    !token_is_name && !glued && !joined && !clock
}

/// No third number joined to it, as dates and rates have, and no result: `6.2 / 9.3 = 0.668`.
pub fn ends_free(text: &Text<'_>, total: &Amount) -> bool {
    let end = total.at.1;
    if text.str(text.past_space(end)) == "=" {
        return false;
    }
    let joined = matches!(text.str(end), "/" | "%" | "-" | "." | "^");
    let clock = text.str(end) == ":" && text.kind(end + 1) == Some(Kind::Number);
    text.kind(end) != Some(Kind::Word) && !joined && !clock
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
