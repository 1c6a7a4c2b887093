//! `key=value` pairs, as logs for machines have them: `level=info msg="copying" done=200 total=1000`.
//!
//! The keys are those of [`json`](super::json). But a log says much that is no progress, so its pairs
//! count only once they have changed.

use super::amount::{self, Amount, BYTES};
use super::json::{COUNTERS, EITHER, PERCENTS, Share};
use super::token::{Kind, Text};

/// Words for what a line of pairs says to people.
const MESSAGES: &[&str] = &["msg", "message"];

/// `done=200 total=1000`: how much, of how much, and the tokens from the first key to the last value.
pub fn counter(text: &Text<'_>) -> Option<(Amount, Amount, (usize, usize))> {
    let total_at = (0..text.tokens().len()).find(|at| is_total(text, *at))?;
    let total = value(text, total_at)?;
    let is_part = |at: &usize| {
        let known =
            |(loaded, of): &(&str, &str)| text.is_word(*at, loaded) && text.is_word(total_at, of);
        COUNTERS.iter().any(known)
    };
    let mut parts = (0..text.tokens().len()).filter(is_part);
    let (loaded_at, mut loaded) = parts.find_map(|at| Some((at, value(text, at)?)))?;
    let mut total = total;
    for (key, amount) in [(loaded_at, &mut loaded), (total_at, &mut total)] {
        if amount.unit.is_none() && text.str(key).contains("bytes") {
            amount.unit = Some(BYTES);
        }
    }
    let span = (loaded_at.min(total_at), loaded.at.1.max(total.at.1));
    Some((loaded, total, span))
}

/// `progress=0.45` among other pairs.
pub fn share(text: &Text<'_>) -> Option<Share> {
    let is_pair = |at: &usize| text.kind(*at) == Some(Kind::Word) && text.str(*at + 1) == "=";
    let mut pairs = (0..text.tokens().len()).filter(is_pair);
    let is_share = |at: usize| {
        PERCENTS
            .iter()
            .chain(EITHER)
            .any(|key| text.is_word(at, key))
    };
    let (at, others) = (pairs.clone().find(|at| is_share(*at))?, pairs.nth(1));
    let is_number = text.kind(at + 2) == Some(Kind::Number);
    let ends = matches!(text.kind(at + 3), None | Some(Kind::Space));
    let value: f64 = text
        .str(at + 2)
        .parse()
        .ok()
        .filter(|_| is_number && ends)?;
    others.filter(|_| value <= 100.0)?;
    let is_percent = value > 1.0 || !EITHER.iter().any(|key| text.is_word(at, key));
    Some(if is_percent {
        Share::Percent(value)
    } else {
        Share::Ambiguous(value)
    })
}

/// What a line of pairs says to people: `Some("")` if nothing, `None` if it is no such line.
pub fn message<'a>(text: &Text<'a>) -> Option<&'a str> {
    let first = text.past_space(0);
    let is_pair = text.kind(first) == Some(Kind::Word) && text.str(first + 1) == "=";
    is_pair.then_some(())?;
    let is_message =
        |at: &usize| text.str(*at + 1) == "=" && MESSAGES.iter().any(|key| text.is_word(*at, key));
    let Some(key) = (0..text.tokens().len()).find(is_message) else {
        return Some("");
    };
    let from = key + 2;
    let quote = text.str(from);
    let end = if quote == "\"" {
        (from + 1..text.tokens().len()).find(|at| text.str(*at) == quote)
    } else {
        (from..text.tokens().len()).find(|at| text.kind(*at) == Some(Kind::Space))
    };
    let end = end.unwrap_or(text.tokens().len());
    Some(text.span(from + usize::from(quote == "\""), end))
}

fn is_total(text: &Text<'_>, at: usize) -> bool {
    COUNTERS.iter().any(|(_, total)| text.is_word(at, total))
}

/// The number behind a key and its mark.
fn value(text: &Text<'_>, key: usize) -> Option<Amount> {
    let mark = matches!(text.str(key + 1), "=" | ":");
    amount::amount_at(text, text.past_space(key + 2)).filter(|_| mark)
}
