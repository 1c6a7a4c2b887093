//! The speed of a line, kept as the reader sees it: `5.27MB/s`, `48.17it/s`, `35.11 fps`.

use super::amount::size;
use super::percent::Percent;
use super::token::{Kind, Text};

/// A speed and the tokens it takes: the first, and the one after the last.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Speed<'a> {
    /// As printed.
    pub text: &'a str,
    /// Where it stands.
    pub at: (usize, usize),
}

impl Speed<'_> {
    /// What it is a speed of.
    pub fn counted(&self) -> Counted {
        let unit = self
            .text
            .trim_start_matches(|char: char| !char.is_alphabetic());
        let unit = unit.split(['/', ' ']).next().unwrap_or_default();
        match (
            unit.ends_with(['B', 'o']) && size(unit).is_some(),
            size(unit),
        ) {
            (true, _) => Counted::Bytes,
            (false, Some(_)) => Counted::Unknown,
            (false, None) if unit.len() > 1 && !unit.ends_with("Bps") => Counted::Others,
            (false, None) => Counted::Unknown,
        }
    }

    /// The text, with the `/s` that some tools leave out.
    pub fn spelled(&self) -> String {
        let unit = self
            .text
            .trim_start_matches(|char: char| !char.is_alphabetic());
        let per_second = if size(unit).is_some() { "/s" } else { "" };
        format!("{}{per_second}", self.text)
    }
}

/// What a speed counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// `5.2 MB/s`
    Bytes,
    /// `4.5Mit/s`, `35 fps`
    Others,
    /// `5.2M/s`, `6.9x`
    Unknown,
}

/// What the speed of the line would count that is not known yet: `?it/s`, `? B/s`.
pub fn counted_unknown(text: &Text<'_>) -> Option<Counted> {
    let marks = (0..text.tokens().len()).filter(|at| text.str(*at) == "?");
    let word = marks.map(|at| text.past_space(at + 1)).find(|word| {
        let rate = text.kind(*word) == Some(Kind::Word) && text.str(word + 1) == "/";
        rate && text.str(word + 2) == "s"
    })?;
    let speed = Speed {
        text: text.span(word, word + 3),
        at: (word, word + 3),
    };
    Some(speed.counted())
}

/// The speed of the line: one that is named as such, or else the first. A bit rate is a property of
/// a film, not a speed.
pub fn find<'a>(text: &Text<'a>) -> Option<Speed<'a>> {
    let first = |end_of: fn(&Text<'_>, usize) -> Option<usize>| {
        let mut numbers =
            (0..text.tokens().len()).filter(|at| text.kind(*at) == Some(Kind::Number));
        numbers.find_map(|at| Some((at, end_of(text, at)?)))
    };
    let (at, end) = first(end_of_named)
        .or_else(|| first(end_of_rate))
        .or_else(|| after_dots(text))?;
    Some(Speed {
        text: text.span(at, end),
        at: (at, end),
    })
}

/// A size with no `/s`, right behind the percentage: `wget` in its dotted style, `97% 1.39M 0s`.
pub fn after_percent<'a>(text: &Text<'a>, percent: &Percent) -> Option<Speed<'a>> {
    let at = text.past_space(percent.at.1);
    let end = at + 2;
    let glued = text.kind(at) == Some(Kind::Number) && text.str(at + 1).len() == 1;
    let followed = text.kind(text.past_space(end)) == Some(Kind::Number) || text.str(end) == "=";
    let speed = Speed {
        text: text.span(at, end),
        at: (at, end),
    };
    (glued && followed && size(text.str(at + 1)).is_some()).then_some(speed)
}

/// `.......... .......... 1.41M` at the end of the line, what the dots came with; after the last
/// of them `1.41M=5.1s`, with the time that all took.
fn after_dots(text: &Text<'_>) -> Option<(usize, usize)> {
    let end = text.back_over_space(text.tokens().len());
    let result = end.checked_sub(3).filter(|at| text.str(*at) == "=");
    let end = result.unwrap_or(end);
    let at = end.checked_sub(2)?;
    let dots = text.before(text.back_over_space(at));
    let is_size = text.str(at + 1).len() == 1 && size(text.str(at + 1)).is_some();
    let found = dots.len() > 3 && dots.starts_with('.') && text.kind(at) == Some(Kind::Number);
    (found && is_size).then_some((at, end))
}

/// `5.27MB/s`, `5.2 MiB/s`, `17.7/s`, `1.5s/it`, `35 fps`.
fn end_of_rate(text: &Text<'_>, at: usize) -> Option<usize> {
    if is_bit_rate(text, at) {
        return None;
    }
    let word = text.past_space(at + 1);
    let slash = if text.kind(word) == Some(Kind::Word) {
        word + 1
    } else {
        at + 1
    };
    // `23.86 MiB p/s`
    let per_mark = text.past_space(slash);
    let slash = if text.str(per_mark) == "p" {
        per_mark + 1
    } else {
        slash
    };
    let per = text.str(slash + 1);
    // `0B/s-2048KiB/s` are the limits of it.
    let ends_range = text.before(at) == "-" && text.kind_before(at - 1) == Some(Kind::Word);
    if ends_range || text.str(slash + 2) == "-" && text.kind(slash + 3) == Some(Kind::Number) {
        return None;
    }
    let by_time = matches!(per, "s" | "sec" | "second");
    let each =
        matches!(text.str(word), "s" | "ms" | "us" | "µs") && matches!(per, "it" | "item" | "step");
    if text.str(slash) == "/" && (by_time || each) {
        return Some(slash + 2);
    }
    matches!(
        text.str(word),
        "fps" | "Bps" | "kBps" | "MBps" | "kbps" | "Mbps"
    )
    .then_some(word + 1)
}

/// `DL:5.4MiB`, `speed=6.9x`: the name says what the unit does not.
fn end_of_named(text: &Text<'_>, at: usize) -> Option<usize> {
    let mark = text.back_over_space(at).checked_sub(1)?;
    let name = text.before(mark);
    let unit = text.str(at + 1);
    let downloads = name == "DL" && text.str(mark) == ":" && size(unit).is_some();
    let times = name == "speed" && text.str(mark) == "=" && unit == "x";
    (downloads || times).then_some(at + 2)
}

fn is_bit_rate(text: &Text<'_>, at: usize) -> bool {
    let mark = text.back_over_space(at);
    matches!(text.before(mark), "=" | ":") && text.is_word(mark.wrapping_sub(2), "bitrate")
}
