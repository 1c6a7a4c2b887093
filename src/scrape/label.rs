//! What a line calls the work it shows.

use super::amount;
use super::date::{before_clock, undated};
use super::percent;
use super::ratio;
use super::token::{Kind, Text};
use super::touch;

/// Blanks that set two columns apart.
const MIN_GAP: usize = 3;

/// Blanks and marks that may stand between the numbers and the words behind them.
const MAX_APART: usize = 6;

/// Words that belong to a time, and name nothing.
const TIME_WORDS: &[&str] = &[
    "elapsed",
    "eta",
    "in",
    "left",
    "ms",
    "remaining",
    "s",
    "time",
];

/// Bytes of a run of one mark that is a drawing, not an ellipsis.
const MIN_DRAWN: usize = 6;

/// How a path begins, the longer ones first.
const ROOTS: &[&str] = &["../", "./", "~/", "/"];

/// Brackets and quotation marks, each with its partner.
const PAIRS: &[(char, char)] = &[
    ('(', ')'),
    ('[', ']'),
    ('<', '>'),
    ('"', '"'),
    ('\'', '\''),
    ('`', '\''),
    ('`', '`'),
    ('‘', '’'),
    ('“', '”'),
    ('«', '»'),
];

/// The words before the numbers, `Downloading`, or else those behind them. The numbers take the
/// tokens from `from` on, up to `end`.
pub fn around(text: &Text<'_>, (from, end): (usize, usize)) -> Option<String> {
    let (start, stop) = name(text, from);
    let start = start.max(past_share(text, from));
    let before = text.span(start, measure(text, (start, stop)));
    let before = settled(unopened(undated(untagged(before))));
    // Punctuation may stand between, another number may not.
    let speaks = |at: &usize| matches!(text.kind(*at), Some(Kind::Word | Kind::Number));
    let first = (end..end + MAX_APART).find(speaks);
    let is_name = |at: usize| {
        let followed = text.kind(text.past_space(at + 1)) == Some(Kind::Word);
        let said = (percent::is_progress_word(text, at) || is_time(text.str(at))) && !followed;
        let said = said || text.is_word(at, "of");
        text.kind(at) == Some(Kind::Word) && !said && !names_value(text, at) && !sizes(text, at)
    };
    let shares = (end..text.tokens().len()).any(|at| text.str(at) == "%");
    let named = !shares && first.is_some_and(is_name);
    // Right behind a number a slash begins no path: `5/s`.
    let after = settled(if named {
        text.span(end, gap(text, end)).trim_start_matches('/')
    } else {
        ""
    });
    // `[gw1] [ 12%] PASSED a.py`: what is in brackets before only says who speaks.
    let is_tag = text.str(end) == "]" && touch::heads_line(text, from);
    let labels = if is_tag {
        [after, before]
    } else {
        [before, after]
    };
    let label = labels.into_iter().find(|label| is_wordy(label))?;
    Some(label.to_owned())
}

/// Where the part ends in which another percentage stands before `to`: `errors 0% | copied 50%`.
fn past_share(text: &Text<'_>, to: usize) -> usize {
    let share = (0..to).rev().find(|at| text.str(*at) == "%");
    let ends = |at: &usize| matches!(text.str(*at), "|" | "," | ";");
    let end = share.and_then(|share| (share..to).find(ends));
    end.map_or(0, |end| end + 1)
}

/// Where the words behind `at` end: with their column, or before a number in brackets.
fn gap(text: &Text<'_>, at: usize) -> usize {
    let end = text.tokens().len();
    let first = (at..end).find(|at| text.kind(*at) == Some(Kind::Word));
    let is_end = |at: &usize| {
        let space = text.kind(*at) == Some(Kind::Space);
        let bracket = matches!(text.str(*at + 1), "(" | "[");
        let number = bracket && text.kind(*at + 2) == Some(Kind::Number);
        space && (number || text.str(*at).len() >= MIN_GAP)
    };
    (first.unwrap_or(end)..end).find(is_end).unwrap_or(end)
}

/// `O 400.01 kB C 400.01 kB D`: sizes, each behind a letter.
fn sizes(text: &Text<'_>, word: usize) -> bool {
    let size = amount::amount_at(text, text.past_space(word + 1));
    size.is_some_and(|size| size.unit == Some(amount::BYTES))
}

/// `loss: 0.80`, `it=12`, and `Fra:1` where the line begins so: how things are, and no name.
fn names_value(text: &Text<'_>, word: usize) -> bool {
    let mark = text.past_space(word + 1);
    let number = text.past_space(mark + 1);
    // `T09:00:00` is a time.
    let is_head = word == text.past_space(0) && text.str(number + 1) != ":";
    let named = match text.str(mark) {
        "=" => true,
        ":" => number > mark + 1 || is_head,
        _ => false,
    };
    named && text.kind(number) == Some(Kind::Number)
}

/// `Epoch [1/3]` of `Epoch [1/3], Step [20/100]`: what the outer counter says names the stage.
pub fn outer(text: &Text<'_>, inner: usize) -> Option<String> {
    let before = ratio::ratios(text).into_iter();
    let end = before.map(|ratio| ratio.at.1).filter(|end| *end <= inner);
    let end = end.max()?;
    let closed = end + usize::from(matches!(text.str(end), "]" | ")"));
    let name = text.span(0, closed).trim();
    is_wordy(name).then(|| name.to_owned())
}

/// Where the words before `to` stand: before the bar that is drawn among them, or else behind it.
fn name(text: &Text<'_>, to: usize) -> (usize, usize) {
    let is_bar = |at: &usize| {
        let cells = text.str(*at);
        let framed = matches!(cells, "[" | "|") && touch::opens_drawn_bar(text, *at);
        text.kind(*at) == Some(Kind::Mark) && cells.len() >= MIN_DRAWN || framed
    };
    let Some(bar) = (0..to).rev().find(is_bar) else {
        // `map 100% reduce 33%`
        let sign = (0..to).rev().find(|at| text.str(*at) == "%");
        let behind = sign.filter(|sign| is_wordy(text.span(sign + 1, to)));
        return (behind.map_or(0, |sign| sign + 1), to);
    };
    let before = undated(text.span(0, bar));
    if is_wordy(before) || !is_wordy(text.span(bar + 1, to)) {
        let first = (0..bar).find(is_bar);
        (0, first.unwrap_or(bar))
    } else {
        (bar + 1, to)
    }
}

/// Where the words end because what follows is measured: `Pos: 4.3s 108f (42%)`.
fn measure(text: &Text<'_>, (from, to): (usize, usize)) -> usize {
    let is_measure = |at: &usize| {
        let word = text.kind(*at) == Some(Kind::Word) && names_value(text, *at);
        let number = text.past_space(text.past_space(*at + 1) + 1);
        let counts = matches!(text.str(text.past_space(number + 1)), "/" | "of");
        word && number < to && !counts
    };
    (from..to).find(is_measure).unwrap_or(to)
}

/// A text as a label, if there are words in it.
pub fn words(text: &str) -> Option<String> {
    let text = trimmed(text);
    is_wordy(text).then(|| text.to_owned())
}

/// The same, unless something is measured in it: `Current estimate: 102.3 ms`.
pub fn unmeasured(line: &str) -> Option<String> {
    let text = Text::new(line);
    let measures = (0..text.tokens().len()).any(|at| names_value(&text, at));
    words(line).filter(|_| !measures)
}

/// Whether it names something, as the units of numbers and the names of times do not.
pub fn is_wordy(label: &str) -> bool {
    let words = label.split(|char: char| !char.is_alphabetic());
    let letters = words
        .filter(|word| !is_time(word))
        .map(|word| word.chars().count());
    letters.sum::<usize>() > 1
}

/// `Time: 00:05.12`: what is measured, and no name.
pub fn begins_with_time(label: &str) -> bool {
    label
        .split_once(':')
        .is_some_and(|(word, _)| is_time(word.trim_end()))
}

/// `39 items remaining`: how many there are, and no name.
pub fn begins_with_count(label: &str) -> bool {
    let mut words = label.split_ascii_whitespace();
    let is_number = words.next().and_then(amount::number).is_some();
    is_number && words.next().is_some_and(amount::is_countable)
}

fn is_time(word: &str) -> bool {
    let is_same = |time: &&str| word.eq_ignore_ascii_case(time);
    TIME_WORDS.iter().any(is_same)
}

/// Without the `[tag]` at its start, unless there is nothing else.
fn untagged(text: &str) -> &str {
    let rest = text
        .strip_prefix('[')
        .and_then(|text| text.split_once(']'))
        .map_or("", |cut| cut.1);
    if rest.contains(char::is_alphabetic) {
        rest
    } else {
        text
    }
}

/// Without the bracket that closes only behind the number: `EXECUTING [0s, `.
fn unopened(text: &str) -> &str {
    let open = text
        .rfind(['(', '['])
        .filter(|at| !text[*at..].contains([')', ']']));
    match open {
        Some(at) if text[..at].contains(char::is_alphabetic) => &text[..at],
        _ => text,
    }
}

/// Trimmed, and without what moves while the work goes on: the address or the place it is at, and
/// the time it has been running for: `Writing at 0x3000`, `running (0m03.0s)`.
fn settled(text: &str) -> &str {
    let text = trimmed(text);
    if let Some(name) = before_clock(text).filter(|name| !name.is_empty()) {
        return trimmed(name);
    }
    let Some((name, last)) = text.rsplit_once(' ') else {
        return text;
    };
    let before = name.strip_suffix(" at").or((name == "at").then_some(""));
    let is_place = is_address(last) || before.is_some() && is_decimal(last);
    if is_place {
        trimmed(before.unwrap_or(name))
    } else {
        text
    }
}

fn is_decimal(word: &str) -> bool {
    word.chars().all(|char| char.is_ascii_digit())
}

/// `0x00003000`
fn is_address(word: &str) -> bool {
    let digits = word.strip_prefix("0x").unwrap_or("");
    !digits.is_empty() && digits.chars().all(|char| char.is_ascii_hexdigit())
}

/// Without what is no part of a word at its ends; a bracket or quotation mark stays with its partner,
/// and a path with its root.
pub fn trimmed(text: &str) -> &str {
    let is_mark = |char: char| !char.is_alphanumeric();
    let first = text.len() - text.trim_start_matches(is_mark).len();
    let end = closed(text, first);
    &text[opened(&text[..end], first)..end]
}

/// Where the text ends whose first letter or digit is at `first`: without the marks at its end, but
/// for one that closes what stands open.
fn closed(text: &str, first: usize) -> usize {
    let trimmed = text.trim_end_matches(|char: char| !char.is_alphanumeric());
    let end = trimmed.len().max(first);
    let body = &text[first..end];
    let last = text[end..].chars().next();
    let is_open = |open, closing| match (body.rfind(open), body.rfind(closing)) {
        (Some(open), Some(closing)) => open > closing,
        (open, _) => open.is_some(),
    };
    let joined = last.is_some_and(|last| match last {
        ')' => is_open('(', ')'),
        ']' => is_open('[', ']'),
        '"' => body.contains('"') && text[..end].matches('"').count() % 2 == 1,
        // An apostrophe may end a word: `users'`.
        '\'' => body
            .rfind(" '")
            .is_some_and(|open| !body[open + 2..].contains('\'')),
        _ => false,
    });
    end + usize::from(joined)
}

/// Where the text starts whose first letter or digit is at `first`: at the root of its path, and
/// before the bracket or quotation mark that is closed behind.
fn opened(text: &str, first: usize) -> usize {
    let (head, body) = text.split_at(first);
    let rooted = ROOTS.iter().find_map(|root| head.strip_suffix(root));
    let head = rooted.unwrap_or(head);
    // `( 1/12)`: a number may be set to the right of its bracket.
    let bracket = head.trim_end();
    let is_pair = |(open, closing): &(char, char)| {
        let opening = body.find(*open).unwrap_or(body.len());
        let closes = body.find(*closing).is_some_and(|at| at <= opening);
        closes && bracket.ends_with(*open)
    };
    let pair = PAIRS.iter().find(|pair| is_pair(pair));
    pair.map_or(head.len(), |pair| bracket.len() - pair.0.len_utf8())
}
