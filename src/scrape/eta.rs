//! The time that is left, kept as the reader sees it: `00:03`, `4s`, `00h00m04s`.
//!
//! Most lines hold two times, the one that has passed and the one to come. A word tells them apart
//! (`ETA`, `left`, `remaining`), or tqdm's arrow (`00:01<00:02`), or the place right behind the
//! speed. Without any of these a time is not taken for one that is left.

use super::speed::Speed;
use super::token::{Kind, Text};

/// Tokens of the longest time: five parts like ` 12 seconds`, joined by `, ` and `, and `.
const MAX_TOKENS: usize = 28;

/// Bytes of the longest units with their numbers between: `hours12mins`.
const MAX_UNITS: usize = 12;

/// Words before a time that has passed.
const PASSED: &[&str] = &["after", "elapsed", "for", "in", "passed", "spent", "took"];

/// What the parts of a time count, from the smallest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
}

/// A time and the tokens it takes: the first, and the one after the last.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Eta<'a> {
    /// As printed.
    pub text: &'a str,
    /// Where it stands.
    pub at: (usize, usize),
}

/// The time left, where a word or an arrow says so.
pub fn find<'a>(text: &Text<'a>) -> Option<Eta<'a>> {
    (0..text.tokens().len()).find_map(|at| named_at(text, at))
}

/// The time left, where only its place says so: after the speed (`5.88MB/s  0:00:03`), or after what
/// the display shows (`45.0% - 4s`), which ends at the token `shown` and means `percent`. Behind a
/// finished file the same place holds the time it took.
pub fn placed<'a>(
    text: &Text<'a>,
    shown: usize,
    percent: f64,
    speed: Option<Speed<'a>>,
) -> Option<Eta<'a>> {
    let is_before =
        |speed: &Speed<'_>| speed.at.1 > shown && duration(text, text.past_space(shown)).is_none();
    let behind = speed.filter(is_before).map_or(shown, |speed| speed.at.1);
    let mut at = text.past_space(behind);
    if matches!(text.str(at), "•" | "-" | "--" | "—" | "," | "|") {
        at = text.past_space(at + 1);
    }
    // `[8.0MB/s] [00:04]`
    let bracket = text.past_space(at + 1);
    if text.str(at) == "]" && text.str(bracket) == "[" {
        at = bracket + 1;
    }
    // `3:9=5s`: what is done, what is left, and the time for that.
    if text.str(at + 1) == ":" && text.str(at + 3) == "=" {
        return Some(eta(text, at + 4, duration(text, at + 4)?)).filter(|_| percent < 100.0);
    }
    // Of two times, `00:05 00:55` or `00:05 [00:55]`, nothing tells which is left.
    let first = clock(text, at);
    let end = duration(text, at)?;
    let closing = text.past_space(first.unwrap_or(end));
    let other = closing + usize::from(text.str(closing) == "[");
    let second = clock(text, other).is_some();
    let passed = text.str(closing) == "(" && text.is_word(closing + 1, "xfr");
    // Nobody foretells hundredths: `10% 0.30s` is what has passed.
    let measured = text.span(at, end).contains('.');
    let shown = !measured && !passed && !second && !has_result(text) && percent < 100.0;
    shown.then(|| eta(text, at, end))
}

/// Whether a clock stands right behind the tokens up to `end`: `100% 0:00:04`.
pub fn is_behind(text: &Text<'_>, end: usize) -> bool {
    clock(text, text.past_space(end)).is_some()
}

/// ` = 0.657`: a compressor, which tells the time it took so far.
fn has_result(text: &Text<'_>) -> bool {
    let mut tokens = text.tokens().windows(2);
    tokens.any(|pair| pair[0].text == "=" && pair[1].kind == Kind::Space)
}

fn eta<'a>(text: &Text<'a>, from: usize, end: usize) -> Eta<'a> {
    Eta {
        text: text.span(from, end),
        at: (from, end),
    }
}

fn named_at<'a>(text: &Text<'a>, at: usize) -> Option<Eta<'a>> {
    let word = text.str(at);
    match text.kind(at)? {
        Kind::Word if word.eq_ignore_ascii_case("eta") => {
            let ends_line = || text.past_space(at + 1) >= text.tokens().len();
            after(text, at + 1).or_else(|| before(text, at).filter(|_| ends_line()))
        }
        Kind::Word if says_left(word) => after(text, at + 1).or_else(|| before(text, at)),
        Kind::Word if word.eq_ignore_ascii_case("finish") => {
            let joint = text.past_space(at + 1);
            let joined = text.is_word(joint, "in") || text.str(joint) == "=";
            joined.then(|| after(text, joint + 1))?
        }
        Kind::Word if text.is_word(at, "to") => {
            let go = text.past_space(at + 1);
            let left = text.is_word(go, "go").then(|| before(text, at))??;
            // `go` may be a name, but not here.
            let at = (left.at.0, go + 1);
            Some(Eta { at, ..left })
        }
        Kind::Word => iso_duration(word).then(|| eta(text, at, at + 1)),
        Kind::Mark if word == "<" && ends_time(text.before(at)) => after(text, at + 1),
        Kind::Mark if word == "~" && text.before(at) == "(" => after(text, at + 1),
        _ => None,
    }
}

/// Whether the word says that something is still to come.
pub fn says_left(word: &str) -> bool {
    ["left", "remaining"]
        .iter()
        .any(|left| word.eq_ignore_ascii_case(left))
}

/// The end of `00:01` or of `1d 2h:03m`.
fn ends_time(token: &str) -> bool {
    token.ends_with(|char: char| char.is_ascii_digit()) || units(token).is_some()
}

fn after<'a>(text: &Text<'a>, at: usize) -> Option<Eta<'a>> {
    let mut from = text.past_space(at);
    if text.is_word(from, "time") {
        from = text.past_space(from + 1);
    }
    if matches!(text.str(from), ":" | "=" | "~") {
        from = text.past_space(from + 1);
    }
    Some(eta(text, from, duration(text, from)?))
}

/// `36s left`, `2 hours, 5 minutes and 3 seconds remaining`: the tokens before the word, without a
/// time that has passed: `elapsed 1m, 30s left`.
fn before<'a>(text: &Text<'a>, at: usize) -> Option<Eta<'a>> {
    let end = text.back_over_space(at);
    let furthest = end.saturating_sub(MAX_TOKENS);
    let is_left = |from: &usize| duration(text, *from) == Some(end) && !has_passed(text, *from);
    let from = (furthest..end).find(is_left)?;
    Some(eta(text, from, end))
}

fn has_passed(text: &Text<'_>, from: usize) -> bool {
    let mark = text.back_over_space(from);
    let word = text.back_over_space(mark - usize::from(matches!(text.before(mark), ":" | "=")));
    PASSED
        .iter()
        .any(|passed| text.before(word).eq_ignore_ascii_case(passed))
}

/// Where the time that starts at the token `at` ends: a clock, or numbers with units of time, each
/// smaller than the one before it.
fn duration(text: &Text<'_>, at: usize) -> Option<usize> {
    let mut last = part(text, at)?;
    while let Some(next) = part(text, joint(text, last.end)) {
        if next.largest >= last.smallest {
            break;
        }
        last = next;
    }
    Some(last.end)
}

/// Behind what joins two parts of a time: `2h 3m`, `00m:07s`, `2 hours, 5 minutes and 3 seconds`.
fn joint(text: &Text<'_>, end: usize) -> usize {
    let mark = match text.str(end) {
        ":" => text.kind(end + 1) == Some(Kind::Number),
        mark => mark == ",",
    };
    let at = text.past_space(end + usize::from(mark));
    if text.is_word(at, "and") {
        text.past_space(at + 1)
    } else {
        at
    }
}

/// A number with its unit, or with several (`1h12m`), or a clock.
struct Part {
    /// The token behind it.
    end: usize,
    largest: Unit,
    smallest: Unit,
}

fn part(text: &Text<'_>, at: usize) -> Option<Part> {
    if text.kind(at) != Some(Kind::Number) {
        return None;
    }
    if let Some(end) = clock(text, at) {
        let largest = match (end - at) / 2 {
            1 => Unit::Minute,
            2 => Unit::Hour,
            _ => Unit::Day,
        };
        let smallest = Unit::Second;
        return Some(Part {
            end,
            largest,
            smallest,
        });
    }
    let unit = text.past_space(at + 1);
    let (largest, smallest) = units(text.str(unit))?;
    let end = unit + 1;
    Some(Part {
        end,
        largest,
        smallest,
    })
}

/// `00:03`, `0:00:05`, `1:02:03:04`: the token behind it. `99:99:99` is shown where nobody knows, and
/// `0:1` where the window ended.
pub fn clock(text: &Text<'_>, at: usize) -> Option<usize> {
    if text.kind(at) != Some(Kind::Number) {
        return None;
    }
    let joined = |at: usize| text.str(at) == ":" && text.kind(at + 1) == Some(Kind::Number);
    let mut end = at + 1;
    while joined(end) && end < at + 7 {
        end += 2;
    }
    let parts = (at + 3..=end).step_by(2);
    let is_clock = end > at + 1 && parts.map(|end| text.str(end - 1)).all(is_sixtieth);
    is_clock.then_some(end)
}

/// Minutes or seconds: two digits, below 60, and perhaps decimals.
fn is_sixtieth(part: &str) -> bool {
    let whole = part.split(['.', ',']).next().unwrap_or_default();
    whole.len() == 2 && *whole < *"60"
}

/// A unit of time, or the first and the last of several with their numbers between: `s`, `minutes`,
/// `m20s`, `h00m04s`.
fn units(word: &str) -> Option<(Unit, Unit)> {
    if word.len() > MAX_UNITS {
        return None;
    }
    let letters = word.split(|char: char| char.is_ascii_digit());
    let units: Option<Vec<Unit>> = letters.filter(|part| !part.is_empty()).map(unit).collect();
    let units = units?;
    Some((*units.first()?, *units.last()?))
}

fn unit(letters: &str) -> Option<Unit> {
    Some(match letters {
        "week" | "weeks" => Unit::Week,
        "d" | "day" | "days" => Unit::Day,
        "h" | "hr" | "hrs" | "hour" | "hours" => Unit::Hour,
        "m" | "min" | "mins" | "minute" | "minutes" => Unit::Minute,
        "s" | "sec" | "secs" | "second" | "seconds" => Unit::Second,
        _ => return None,
    })
}

/// ISO 8601 §5.5.2, seconds to hours only: `PT1M8S`.
fn iso_duration(word: &str) -> bool {
    let body = word.strip_prefix("PT").unwrap_or("");
    let known = |char: char| char.is_ascii_digit() || matches!(char, 'H' | 'M' | 'S');
    body.len() >= 2
        && body.starts_with(|char: char| char.is_ascii_digit())
        && body.chars().all(known)
}
