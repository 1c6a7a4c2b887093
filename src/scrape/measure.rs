//! What a number measures, if that is not how far the work is.
//!
//! `45% full`, `hit ratio 3/10`, `Battery 0: 85%`: the word for it stands near the number, or at the head
//! of the line before a colon, or before each of several numbers in a row.

use super::gauge::is_resource;
use super::token::{Kind, Text};

/// Words near a number that make it the measure of something else, beside those for resources.
const MEASURES: &[&str] = &[
    "acc",
    "accuracy",
    "apr",
    "apy",
    "brightness",
    "buf",
    "buffer",
    "cache",
    "cached",
    "chance",
    "confidence",
    "contiguous",
    "coverage",
    "disk",
    "errors",
    "failed",
    "failures",
    "faster",
    "fifo",
    "fragmented",
    "free",
    "full",
    "gc",
    "hit",
    "humidity",
    "idle",
    "larger",
    "interest",
    "loss",
    "overhead",
    "off",
    "passed",
    "possession",
    "probability",
    "quality",
    "ratio",
    "rejected",
    "saved",
    "similarity",
    "skip",
    "slower",
    "smaller",
    "turnout",
    "uncompressed",
    "volume",
];

/// What works, and how it is with that: so many of so many are no part of a work.
const LEVELS: &[&str] = &[
    "active",
    "alive",
    "busy",
    "connected",
    "connections",
    "cores",
    "idle",
    "online",
    "open",
    "peers",
    "players",
    "seeders",
    "slots",
    "spectators",
    "threads",
    "viewers",
    "vus",
    "workers",
];

/// Words right before a ratio that say what waits, or who stands where.
const PLACES: &[&str] = &[
    "backlog", "pending", "queue", "queued", "rank", "ranked", "waiting",
];

/// Words right before a ratio that say how often something is tried: `cv`, too, a cross-validation, whose
/// folds come round again.
const TRIALS: &[&str] = &[
    "attempt", "attempts", "cv", "retries", "retry", "retrying", "tries", "try", "trying",
];

/// Words behind a ratio that say what there are so many of, and how they are.
const MAX_LEVEL_WORDS: usize = 2;

/// How many words before and after a percentage can turn its meaning.
pub const NEAR_WORDS: usize = 3;

/// Whether `word` says that a number is the measure of something else.
pub fn names_measure(word: &str) -> bool {
    let is_same = |measure: &&str| word.eq_ignore_ascii_case(measure);
    is_resource(word) || MEASURES.iter().any(is_same)
}

/// `10/10 VUs`, `4/4 drives online`, `attempt 2/5`: how many there are now, and not how much is done.
pub fn is_level(text: &Text<'_>, (from, end): (usize, usize)) -> bool {
    let is_one = |words: &[&str], at: usize| words.iter().any(|word| text.is_word(at, word));
    let bracket = text.back_over_space(from);
    let is_mark = matches!(text.before(bracket), "(" | "[" | ":");
    let word = text.back_over_space(bracket - usize::from(is_mark));
    let is_said = |at| is_one(TRIALS, at) || is_one(PLACES, at);
    let is_said_before = word.checked_sub(1).is_some_and(is_said);
    let is_between = |at: &usize| matches!(text.kind(*at), Some(Kind::Word | Kind::Space));
    let behind = (end..).take_while(is_between);
    let mut words = behind
        .filter(|at| text.kind(*at) == Some(Kind::Word))
        .take(MAX_LEVEL_WORDS);
    is_said_before || words.any(|at| is_one(LEVELS, at) || is_one_or_several(text, at, LEVELS))
}

/// `0 of 5 peer(s)`: whether the token at `at`, with what the brackets add to it, is one of the words.
fn is_one_or_several(text: &Text<'_>, at: usize, words: &[&str]) -> bool {
    let one = text.str(at);
    let is_several = |word: &&str| word.strip_suffix('s') == Some(one);
    text.str(at + 1) == "(" && text.str(at + 2) == "s" && words.iter().any(is_several)
}

/// Whether the words beside the percentage at the tokens `at` make it one.
pub fn is_measure(text: &Text<'_>, at: (usize, usize)) -> bool {
    let before = (0..at.0).rev();
    let after = at.1..end_of_part(text, at.1);
    clause_has_measure(text, before) || clause_has_measure(text, after) || is_listed(text, at.0)
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
fn is_listed(text: &Text<'_>, from: usize) -> bool {
    let name = text.back_over_space(from);
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
        .any(|at| names_measure(text.str(at)) && !is_of_count(text, at))
}

/// `45% 3 errors`: the word is said of the count before it.
fn is_of_count(text: &Text<'_>, word: usize) -> bool {
    let space = text.back_over_space(word);
    space < word && text.kind_before(space) == Some(Kind::Number)
}
