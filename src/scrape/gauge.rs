//! How much of something is in use, which is drawn like progress and is none.

use super::token::{Kind, Text};
use super::touch::MIN_BLANK;

/// What is used, and that it is.
const RESOURCES: &[&str] = &[
    "battery",
    "capacity",
    "cpu",
    "fan",
    "gpu",
    "heap",
    "load",
    "mem",
    "memory",
    "ram",
    "swap",
    "usage",
    "use",
    "used",
    "util",
    "utilization",
];

/// Tokens between a number and its name: a bar is several.
const MAX_APART: usize = 32;

/// Whether the number at the tokens `at`, or the bar it stands beside, is the gauge of a resource.
pub fn is_in_gauge(text: &Text<'_>, at: (usize, usize)) -> bool {
    is_glued(text, at.0) || is_behind_resource(text, at.0) || is_before_resource(text, at.1)
}

/// Whether a label ends in what is used: `Memory usage`, `CPU0`.
pub fn names_resource(label: &str) -> bool {
    let word = label.rsplit(|char: char| !char.is_alphanumeric()).next();
    word.is_some_and(is_resource)
}

/// Whether `word`, or what it numbers, is a resource: `CPU`, `CPU0`, `used`.
pub fn is_resource(word: &str) -> bool {
    let word = word.trim_end_matches(|char: char| char.is_ascii_digit());
    let is_same = |name: &&str| word.eq_ignore_ascii_case(name);
    RESOURCES.iter().any(is_same)
}

/// `1[||||   45.0%]`, `Mem[|||  5.1G/15.5G]`: glued to what it measures. Bars are set apart.
fn is_glued(text: &Text<'_>, from: usize) -> bool {
    let inside = text.back_over_space(from);
    let strokes = text.before(inside).starts_with('|');
    let bracket = inside - usize::from(strokes);
    let wide = strokes || text.str(inside).len() >= MIN_BLANK && inside < from;
    let glued = matches!(
        text.kind_before(bracket.saturating_sub(1)),
        Some(Kind::Word | Kind::Number)
    );
    wide && glued && text.before(bracket) == "["
}

/// `CPU  [||||   96%]`, `Memory usage: [##--] 20%`, `Disk usage 45% (45G/100G)`.
fn is_behind_resource(text: &Text<'_>, from: usize) -> bool {
    let mut bracketed = false;
    for at in (0..from).rev().take(MAX_APART) {
        match text.kind(at) {
            Some(Kind::Word) if is_resource(text.str(at)) => {
                return !belongs_before(text, at);
            }
            Some(Kind::Word) if !(bracketed && is_of_number(text, at)) => return false,
            Some(Kind::Number) if !bracketed => return false,
            Some(Kind::Mark) if parts(text, at) && !(bracketed && text.str(at) == "%") => {
                return false;
            }
            _ => bracketed |= text.str(at) == "(",
        }
    }
    false
}

/// `45% used`, `20%] memory`, but not the name of the number behind it: `45% | cpu 97%`.
fn is_before_resource(text: &Text<'_>, end: usize) -> bool {
    let is_drawn = |at: &usize| match text.kind(*at) {
        Some(Kind::Space) => true,
        Some(Kind::Mark) => !parts(text, *at) && !matches!(text.str(*at), "[" | "(" | ":" | "="),
        _ => false,
    };
    let word = end + (end..).take(MAX_APART).take_while(is_drawn).count();
    let mark = text.past_space(word + 1);
    let value = text.past_space(mark + usize::from(matches!(text.str(mark), ":" | "=")));
    text.kind(word) == Some(Kind::Word)
        && is_resource(text.str(word))
        && text.kind(value) != Some(Kind::Number)
}

/// `88% cpu ━━━ 45%`: the word is said of the number before it, unless that has a name: `fan 41% util 3%`.
fn belongs_before(text: &Text<'_>, word: usize) -> bool {
    let sign = text.back_over_space(word);
    let end = sign - usize::from(text.before(sign) == "%");
    if end == sign || text.kind_before(end) != Some(Kind::Number) {
        return false;
    }
    let mark = text.back_over_space(end - 1);
    let name = text.back_over_space(mark - usize::from(matches!(text.before(mark), ":" | "=")));
    text.kind_before(name) != Some(Kind::Word)
}

/// A unit, or the `of` of `45 of 100`.
fn is_of_number(text: &Text<'_>, at: usize) -> bool {
    text.is_word(at, "of") || text.kind_before(text.back_over_space(at)) == Some(Kind::Number)
}

/// Whether a mark ends what is said of a number.
fn parts(text: &Text<'_>, at: usize) -> bool {
    let is_space = |kind| kind == Some(Kind::Space);
    match text.str(at) {
        "," | ";" | ")" | "%" | "·" | "•" => true,
        "-" | "–" | "—" => is_space(text.kind_before(at)) && is_space(text.kind(at + 1)),
        _ => false,
    }
}
