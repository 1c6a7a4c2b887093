//! Entries as lines: for people, or JSON for programs.
//!
//! Every line is printable ASCII, whatever is in it. A terminal obeys control characters, some
//! Unicode characters reorder or hide their neighbours, and a line's end forges the next line; so
//! nothing of that kind is written as itself, and no rule has to tell good from bad.

use std::fmt::Write as _;

use crate::server::journal::event::Value;
use crate::server::journal::{Entry, LINES_PER_SECOND, Level, News};

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people: time, level, sentence.
    Text,
    /// For programs: one JSON object (RFC 8259) a line.
    Json,
}

/// Appends `entry` to `out` as one line.
pub fn write(format: Format, entry: &Entry, out: &mut String) {
    let (level, event, message, fields) = parts(&entry.news);
    let time = rfc3339(entry.unix_ms);
    match format {
        Format::Text => {
            let _ = write!(out, "{time} {:5} ", level.name());
            out.extend(message.chars().flat_map(visible));
        }
        Format::Json => {
            let _ = write!(
                out,
                "{{\"time\":\"{time}\",\"level\":\"{}\",\"event\":\"{event}\",\"message\":",
                level.name()
            );
            push_json(&message, out);
            for (name, value) in fields {
                let _ = write!(out, ",\"{name}\":");
                match value {
                    Value::Text(text) => push_json(&text, out),
                    Value::Number(number) => drop(write!(out, "{number}")),
                }
            }
            out.push('}');
        }
    }
    out.push('\n');
}

type Parts = (Level, &'static str, String, Vec<(&'static str, Value)>);

fn parts(news: &News) -> Parts {
    match news {
        News::Happened(event) => {
            let kind = event.kind();
            (kind.level(), kind.name(), event.message(), event.fields())
        }
        News::LeftOut { kind, count } => (
            kind.level(),
            kind.name(),
            format!(
                "{count} more of {}, after the first {LINES_PER_SECOND}",
                kind.name()
            ),
            vec![("left_out", Value::Number(*count))],
        ),
    }
}

/// A character as it may stand in a line: itself, or an escape in Rust's notation.
fn visible(c: char) -> impl Iterator<Item = char> {
    let plain = matches!(c, ' '..='~' if c != '\\');
    let escape = (!plain).then(|| c.escape_default());
    plain
        .then_some(c)
        .into_iter()
        .chain(escape.into_iter().flatten())
}

/// A JSON string (RFC 8259 §7), with an escape for every character that is not printable ASCII.
fn push_json(text: &str, out: &mut String) {
    out.push('"');
    for unit in text.encode_utf16() {
        match char::from_u32(unit.into()) {
            Some(c @ ('"' | '\\')) => out.extend(['\\', c]),
            Some(c @ ' '..='~') => out.push(c),
            // Also the halves of a surrogate pair, which are escaped one by one.
            _ => drop(write!(out, "\\u{unit:04x}")),
        }
    }
    out.push('"');
}

/// A time as `2026-11-22T12:00:00.000Z` (RFC 3339 §5.6).
fn rfc3339(unix_ms: u64) -> String {
    let (days, ms) = (unix_ms / 86_400_000, unix_ms % 86_400_000);
    let (year, month, day) = date(days);
    let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
    let ms = ms % 1000;
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
}

/// Year, month and day of the given day after 1 January 1970.
///
/// Counted in years that begin in March, so that the leap day is the last of its year and the
/// months' lengths are one formula: 153 days in five months.
fn date(days: u64) -> (u64, u64, u64) {
    // From 1 March of the year 0; 400 years are an era of 146,097 days.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let year = 400 * era + year + u64::from(month >= 10);
    (year, if month < 10 { month + 3 } else { month - 9 }, day)
}
