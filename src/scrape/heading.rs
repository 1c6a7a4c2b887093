//! What stands above a bar, and so may be its name.

use super::date::{before_clock, before_date, undated};
use super::label;
use super::pairs;
use super::reading::MAX_TEXT;
use super::status;
use super::token::{Text, is_garbage};

/// The last line that was no progress, or a counter, and stayed: the title of what comes below.
#[derive(Debug, Clone, PartialEq)]
pub struct Heading {
    text: String,
    /// It counts the steps, so it names them better than the words beside a bar do.
    counts: bool,
    /// It ends in a colon: what stands right below it is what it is about.
    lists: bool,
}

impl Heading {
    /// A line that says nothing of progress, if it may be a title: the head of a table names
    /// numbers, and what is written for machines names nothing.
    pub fn of_words(line: &str) -> Option<Self> {
        let is_table = heads_table(line) || is_attribute(line) || status::columns(line).is_some();
        let is_log = line.contains('=') && pairs::message(&Text::new(line)).is_some();
        let is_title = !is_table && !is_log && !is_garbage(line);
        is_title.then(|| Self::of(line, false))?
    }

    /// A line that counts the steps.
    pub fn of_step(line: &str) -> Option<Self> {
        Self::of(line, true)
    }

    fn of(line: &str, counts: bool) -> Option<Self> {
        if line.trim_start().starts_with('{') {
            return None;
        }
        let text: String = named(line).chars().take(MAX_TEXT).collect();
        let lists = line.trim_end().ends_with(':');
        let is_measured = label::begins_with_time(&text) || label::begins_with_count(&text);
        let is_title = label::is_wordy(&text) && !is_measured;
        is_title.then_some(Self {
            text,
            counts,
            lists,
        })
    }

    /// What is the title below `line`, which is no progress.
    pub fn below(self, line: &str) -> Option<Self> {
        let is_taken = self.lists && is_attribute(line);
        Some(self).filter(|_| !is_taken)
    }
}

/// What the words beside the bar and those above it call the stage. Under `[download] Destination: a`
/// the `[download]` of the bar only says who speaks.
pub fn title<'a>(words: Option<&'a str>, heading: Option<&'a Heading>) -> Option<&'a str> {
    let words = words.filter(|_| heading.is_none_or(|heading| !heading.counts));
    let heading = heading.map(|heading| heading.text.as_str());
    let said = |(words, heading): (&str, &'a str)| {
        let rest = heading.strip_prefix('[')?.strip_prefix(words)?;
        Some(label::trimmed(rest.strip_prefix(']')?)).filter(|said| label::is_wordy(said))
    };
    let above = words.zip(heading).and_then(said);
    above.or_else(|| words.or(heading).map(cut))
}

/// Not more than a person would read.
fn cut(title: &str) -> &str {
    let end = title.char_indices().nth(MAX_TEXT);
    end.map_or(title, |(end, _)| &title[..end])
}

/// A line without its frame, its date, and what follows its clock.
fn named(line: &str) -> &str {
    let text = before_date(undated(label::trimmed(line)));
    label::trimmed(before_clock(text).unwrap_or(text))
}

/// `encoder     : Lavf59`, one of several such lines: a gap before the colon makes columns of them.
fn is_attribute(line: &str) -> bool {
    line.split_once(':')
        .is_some_and(|(name, _)| name.ends_with("  "))
}

/// Words over columns: gaps wider than a blank part them.
fn heads_table(text: &str) -> bool {
    let gaps = text.trim().split("  ").filter(|part| !part.is_empty());
    gaps.count() > 2
}
