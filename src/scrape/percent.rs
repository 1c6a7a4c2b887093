//! The percentage of a line, if one of those in it is meant.
//!
//! A percent sign is everywhere: in addresses (`a%20b`), in file names, in shares of a disk, in the
//! ratio of a compression. So a number must first stand free, then not be the measure of something
//! else, and of those left the one that touches a bar is the display's own. It is the place in the
//! line that tells, not the tool's name.

use super::gauge::is_in_gauge;
use super::token::{Kind, Text};
use super::whole;

/// How closely a percentage is tied to a display, from loosely to closely.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Touch {
    /// Words around it.
    Prose,
    /// In brackets of its own, or after a bracketed tag: `(45%)`, `[download] 45%`.
    Bracket,
    /// Beside a bar, `45%|###`, `] 45%`; or in brackets at one end of the line, `[ 45%] Building`.
    Bar,
}

/// A percentage found in a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Percent {
    /// 0 to 100.
    pub value: f64,
    /// What it stands beside.
    pub touch: Touch,
    /// The tokens it takes: the first, and the one after the last.
    pub at: (usize, usize),
}

/// Words near a percentage that make it the measure of something else.
const MEASURES: &[&str] = &[
    "acc",
    "accuracy",
    "battery",
    "brightness",
    "buf",
    "buffer",
    "cache",
    "cached",
    "capacity",
    "chance",
    "confidence",
    "contiguous",
    "coverage",
    "cpu",
    "disk",
    "failed",
    "fan",
    "faster",
    "fifo",
    "fragmented",
    "free",
    "full",
    "gc",
    "gpu",
    "hit",
    "humidity",
    "idle",
    "larger",
    "load",
    "loss",
    "mem",
    "memory",
    "overhead",
    "off",
    "passed",
    "probability",
    "quality",
    "ram",
    "ratio",
    "rejected",
    "saved",
    "similarity",
    "skip",
    "slower",
    "smaller",
    "swap",
    "uncompressed",
    "usage",
    "use",
    "used",
    "util",
    "utilization",
    "volume",
];

/// Words that, right beside a percentage, leave no doubt what it is.
const PROGRESS_WORDS: &[&str] = &["complete", "completed", "done", "finished", "progress"];

/// How many words before and after a percentage can turn its meaning.
const NEAR_WORDS: usize = 3;

/// Blanks in a bar that has just begun.
pub const MIN_BLANK: usize = 6;

/// How many strokes rule a row of a table at least. A bar has two, and a frame around it two more.
const MIN_RULES: usize = 4;

/// The same of strokes that are made for tables.
const MIN_TABLE_RULES: usize = 3;

/// How many percentages a display shows at most. More of them are a table of shares.
const MAX_SHOWN: usize = 2;

/// The percentage this line displays.
pub fn find(text: &Text<'_>) -> Option<Percent> {
    let mut all = candidates(text);
    all.retain(|percent| is_worded(text, percent) || !is_in_gauge(text, percent.at));
    let is_of_all = |percent: &Percent| whole::word_before(text, percent.at.0).is_some();
    let best = all
        .iter()
        .rev()
        .max_by_key(|percent| (is_of_all(percent), percent.touch))
        .copied()?;
    let certain = best.touch == Touch::Bar || sums_up(text, &best);
    let shares = !certain && (all.len() > MAX_SHOWN || is_ruled(text));
    (!shares && best.value <= 100.0 && !compares(text)).then_some(best)
}

/// `100/382 (26%)`: in brackets right behind what it is the percentage of.
pub fn sums_up(text: &Text<'_>, percent: &Percent) -> bool {
    let bracket = text.back_over_space(percent.at.0);
    let behind = text.back_over_space(bracket.saturating_sub(1));
    let whole = behind - usize::from(text.kind_before(behind) == Some(Kind::Word));
    let joint = text.back_over_space(whole.saturating_sub(1));
    text.before(bracket) == "("
        && text.kind_before(whole) == Some(Kind::Number)
        && matches!(text.before(joint), "/" | "of")
}

/// Whether strokes part the line into the columns of a table.
pub fn is_ruled(text: &Text<'_>) -> bool {
    let count = |is_rule: fn(&str) -> bool| {
        let rules = text.tokens().iter().filter(|token| is_rule(token.text));
        rules.count()
    };
    count(|mark| mark == "|") >= MIN_RULES || count(is_table_rule) >= MIN_TABLE_RULES
}

fn candidates(text: &Text<'_>) -> Vec<Percent> {
    let found = (0..text.tokens().len()).filter_map(|at| percent_at(text, at));
    let mut found: Vec<Percent> = found.collect();
    let measured = !found.is_empty() && heads_measure(text);
    found.retain(|percent| {
        let certain = percent.touch == Touch::Bar || is_worded(text, percent);
        certain || !measured && !is_measure(text, percent)
    });
    found
}

fn percent_at(text: &Text<'_>, at: usize) -> Option<Percent> {
    let token = text.tokens().get(at)?;
    if token.kind != Kind::Number || token.quoted {
        return None;
    }
    let at = signed_before(text, at).or_else(|| signed_after(text, at))?;
    // Rounding shows a little more than all; much more is no share of a whole.
    let value = share(token.text)
        .filter(|value| *value <= 100.5)?
        .min(100.0);
    let value = if is_left(text, at) {
        100.0 - value
    } else {
        value
    };
    Some(Percent {
        value,
        touch: touch(text, at),
        at,
    })
}

/// `90% of test remaining`, `Remaining: 90%`: what is to come, and not what is done.
fn is_left(text: &Text<'_>, (from, end): (usize, usize)) -> bool {
    let says_left = |at: usize| text.is_word(at, "remaining") || text.is_word(at, "left");
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

/// `42%`, `42 %`, `42 percent`, `42/100%`.
fn signed_after(text: &Text<'_>, at: usize) -> Option<(usize, usize)> {
    let is_of_hundred = text.str(at + 1) == "/" && text.str(at + 2) == "100";
    if is_of_hundred && text.str(at + 3) == "%" {
        let free = stands_free(text, at, at + 4) && text.str(at + 4) != "/";
        return free.then_some((at, at + 4));
    }
    let space = text.kind(at + 1) == Some(Kind::Space) && text.str(at + 1).chars().count() == 1;
    let sign = at + 1 + usize::from(space);
    let end = sign + 1;
    let named = space && (text.is_word(sign, "percent") || text.is_word(sign, "pct"));
    let signed = matches!(text.str(sign), "%" | "％");
    (stands_free(text, at, end) && (named || signed)).then_some((at, end))
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

/// Whether a bar is drawn right before or right behind the tokens.
pub fn is_barred(text: &Text<'_>, (from, end): (usize, usize)) -> bool {
    opens_drawn_bar(text, text.past_space(end)) || closes_bar(text, text.back_over_space(from))
}

fn touch(text: &Text<'_>, (from, end): (usize, usize)) -> Touch {
    let before = text.back_over_space(from);
    if opens_bar(text, end) || is_barred(text, (from, end)) {
        return Touch::Bar;
    }
    let right = text.past_space(end);
    let last = text.past_space(right + 1) >= text.tokens().len();
    let (left, right) = (text.before(before), text.str(right));
    match (left, right) {
        ("[", "]") if before == 1 || last => Touch::Bar,
        ("[", "]") | ("(", ")" | ",") | ("]", _) => Touch::Bracket,
        _ => Touch::Prose,
    }
}

/// `45%|###`, `45%[==>`: the bar begins right at the sign.
fn opens_bar(text: &Text<'_>, at: usize) -> bool {
    matches!(text.str(at), "|" | "[" | "│") || is_block(text.str(at))
}

/// `45% [==>`: between a blank and a word in brackets only the drawing tells.
fn opens_drawn_bar(text: &Text<'_>, at: usize) -> bool {
    let bracket = matches!(text.str(at), "|" | "[");
    let inside = text.str(at + 1);
    let drawn = inside.starts_with(['=', '#', '>', '.']);
    let blank = text.kind(at + 1) == Some(Kind::Space) && inside.len() >= MIN_BLANK;
    is_block(text.str(at)) || bracket && (drawn || blank && matches!(text.str(at + 2), "|" | "]"))
}

/// `###] 45%`, `|####  | 45%`, `#####   45%`, but not the `]` of a tag like `[download]`.
fn closes_bar(text: &Text<'_>, end: usize) -> bool {
    match text.before(end) {
        "]" => matches!(text.kind_before(end - 1), Some(Kind::Mark | Kind::Space)),
        "|" | "│" => is_drawn(text, end - 1),
        mark => is_block(mark) || mark.len() > 2 && mark.starts_with(['#', '=']),
    }
}

/// `|###   |`, `|###5  |`, `|      |`: a bar between two strokes, and not the column of a table.
fn is_drawn(text: &Text<'_>, stroke: usize) -> bool {
    let inside = text.back_over_space(stroke);
    let tip = text.kind_before(inside) == Some(Kind::Number) && text.before(inside).len() == 1;
    let inside = inside - usize::from(tip && text.before(inside - 1).starts_with('#'));
    text.kind_before(inside) == Some(Kind::Mark) && text.before(inside) != "%"
}

/// Block elements and box drawing, U+2500 to U+259F, of which bars are made.
pub fn is_block(mark: &str) -> bool {
    let first = mark.chars().next();
    first.is_some_and(|char| ('\u{2500}'..='\u{259f}').contains(&char)) && !is_table_rule(mark)
}

/// The upright strokes of box drawing.
fn is_table_rule(mark: &str) -> bool {
    matches!(mark, "│" | "┃" | "║")
}

/// Whether `word` says that a number is the measure of something else.
pub fn names_measure(word: &str) -> bool {
    MEASURES
        .iter()
        .any(|measure| word.eq_ignore_ascii_case(measure))
}

fn is_measure(text: &Text<'_>, percent: &Percent) -> bool {
    let before = (0..percent.at.0).rev();
    let after = percent.at.1..end_of_part(text, percent.at.1);
    clause_has_measure(text, before) || clause_has_measure(text, after) || is_listed(text, percent)
}

/// `10% - disk 93% full`: a dash ends what is said of a percentage, if another one follows.
fn end_of_part(text: &Text<'_>, from: usize) -> usize {
    let is_space = |kind| kind == Some(Kind::Space);
    let is_dash = |at: &usize| {
        let dash = matches!(text.str(*at), "-" | "–" | "—" | "·" | "•");
        dash && is_space(text.kind_before(*at)) && is_space(text.kind(*at + 1))
    };
    let end = text.tokens().len();
    let dash = (from..end).find(is_dash).unwrap_or(end);
    let follows = (dash..end).any(|at| text.str(at) == "%");
    if follows { dash } else { end }
}

/// `loss 2.60, time 12.34ms, mfu 35.11%`: one of several measures, each behind its name.
fn is_listed(text: &Text<'_>, percent: &Percent) -> bool {
    let name = text.back_over_space(percent.at.0);
    let comma = text.back_over_space(name.saturating_sub(1));
    if text.kind_before(name) != Some(Kind::Word) || text.before(comma) != "," {
        return false;
    }
    let end = comma - 1;
    let number = end - usize::from(text.kind_before(end) == Some(Kind::Word));
    let space = number.saturating_sub(1);
    text.kind_before(number) == Some(Kind::Number)
        && text.kind_before(space) == Some(Kind::Space)
        && text.kind_before(space.saturating_sub(1)) == Some(Kind::Word)
}

/// `Battery 0: discharging, 85%`, `Rejected....: 0/40 (0%)`: what the line is about stands before its
/// colon.
pub fn heads_measure(text: &Text<'_>) -> bool {
    let at = text.past_space(0);
    if text.kind(at) != Some(Kind::Word) || !names_measure(text.str(at)) {
        return false;
    }
    let is_between =
        |at: &usize| text.kind(*at) != Some(Kind::Word) && !text.str(*at).starts_with(':');
    let colon = (at + 1..text.tokens().len()).find(|at| !is_between(at));
    colon.is_some_and(|at| text.str(at) == ":")
}

/// Whether the token at `at` says that a number is progress.
pub fn is_progress_word(text: &Text<'_>, at: usize) -> bool {
    PROGRESS_WORDS.iter().any(|word| text.is_word(at, word))
}

/// `2% complete`, `[progress] 2%`, `Progress: 2%`.
pub fn is_worded(text: &Text<'_>, percent: &Percent) -> bool {
    let (from, end) = percent.at;
    let is_known = |at: usize| is_progress_word(text, at);
    let mark = text.back_over_space(from);
    let before = [from, mark, mark.saturating_sub(1)];
    is_known(text.past_space(end))
        || before
            .iter()
            .any(|at| at.checked_sub(1).is_some_and(is_known))
}

/// Looks at a few words, up to the next punctuation.
fn clause_has_measure(text: &Text<'_>, tokens: impl Iterator<Item = usize>) -> bool {
    tokens
        .take_while(|at| {
            !matches!(
                text.str(*at),
                "," | ";" | "|" | "(" | ")" | "[" | "]" | "%" | "％"
            )
        })
        .filter(|at| text.kind(*at) == Some(Kind::Word))
        .take(NEAR_WORDS)
        .any(|at| names_measure(text.str(at)))
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
