//! Words for all of the work, where its parts are shown, too.

use super::amount;
use super::percent::Percent;
use super::token::Text;

const WHOLE: &[&str] = &["all", "overall", "total"];

/// What a line for all of the work begins with, where its parts have lines of their own.
const HEADS: &[&str] = &["Transferred:", "Total:", "Overall:"];

/// Whether the line begins with words for all of the work.
pub fn heads(line: &str) -> bool {
    HEADS.iter().any(|head| line.starts_with(head))
}

/// The part of the line that speaks of all the work, if there is one: tools that redraw several
/// rows leave it glued to the end of the last.
pub fn from_head(line: &str) -> &str {
    let from = HEADS.iter().filter_map(|head| line.rfind(head)).max();
    from.and_then(|from| line.get(from..)).unwrap_or(line)
}

/// Whether `word` means all of the work.
pub fn names_all(word: &str) -> bool {
    let is_same = |all: &&str| word.eq_ignore_ascii_case(all);
    WHOLE.iter().any(is_same)
}

/// `overall 3%`, `Total: 3%`: the word right before the token at `from`, if it means all of the work.
pub fn word_before<'a>(text: &Text<'a>, from: usize) -> Option<&'a str> {
    let colon = text.back_over_space(from);
    let word = text.back_over_space(colon - usize::from(text.before(colon) == ":"));
    Some(text.before(word)).filter(|word| names_all(word))
}

/// What the percentage calls itself in `file 45%, overall 3%`: the whole, beside that of a part.
pub fn beside_parts<'a>(text: &Text<'a>, percent: &Percent) -> Option<&'a str> {
    let has_part = (0..percent.at.0).any(|at| text.str(at) == "%");
    word_before(text, percent.at.0).filter(|_| has_part)
}

/// `Total`, `Overall progress`, `All files`: words for all of the work.
pub fn is_label(label: &str) -> bool {
    let mut words = label.split_whitespace();
    let first = words.next().unwrap_or_default();
    let names = names_all(first.trim_end_matches(':'));
    names && words.all(|word| amount::is_countable(word) || word.eq_ignore_ascii_case("progress"))
}
