//! Dates and clocks, which stand beside a name and are no part of it.
//!
//! A log begins its lines with a date, a summary ends its title with one, and a display shows for how long
//! it has been running. All of them change while the name stays.

/// What stands between a name and a date.
const LEADS: &[&str] = &["as", "at", "from", "of", "on", "since"];

/// Names of days, months, zones and halves of a day, or their first three letters.
const DAYS: &[&str] = &["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const MONTHS: &[&str] = &[
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const ZONES: &[&str] = &[
    "am", "pm", "utc", "gmt", "cet", "cest", "est", "edt", "pst", "pdt",
];

/// Letters of the longest of these names.
const MAX_NAME: usize = 9;

/// Without the date and the time of day at its start: `2026-11-26 12:00:00`.
pub fn undated(text: &str) -> &str {
    let mut rest = text.trim_start();
    while let Some((word, after)) = rest.split_once(' ') {
        let joints = word.matches(['-', ':', '/']).count();
        let is_time = word.starts_with(|char: char| char.is_ascii_digit())
            && word
                .chars()
                .all(|char| char.is_ascii_digit() || "-:/.,TZ+".contains(char));
        if joints < 2 || !is_time {
            break;
        }
        rest = after.trim_start();
    }
    rest
}

/// Without the date at its end, and what leads to it: `… as of Thu Nov 26 10:00:00 2026`. Only a time of
/// day, or a date in digits, makes it one: `May 2026` may be a name.
pub fn before_date(text: &str) -> &str {
    let mut name = text;
    let mut is_date = false;
    while let Some((before, word)) = last_word(name).filter(|(_, word)| is_part(word)) {
        is_date |= is_exact(word);
        name = before;
    }
    if !is_date {
        return text;
    }
    while let Some((before, _)) = last_word(name).filter(|(_, word)| is_one(LEADS, word)) {
        name = before;
    }
    name
}

/// What stands before the first clock in brackets: `running (0m03.0s)`, `PASS [   0.012s]`.
pub fn before_clock(text: &str) -> Option<&str> {
    let is_clock = |at: &usize| {
        let closing = if text[*at..].starts_with('(') {
            ')'
        } else {
            ']'
        };
        let inside = text[at + 1..].split_once(closing);
        inside.is_some_and(|(inside, _)| is_running(inside.trim()))
    };
    let mut brackets = text.match_indices(['(', '[']).map(|(at, _)| at);
    brackets.find(is_clock).map(|at| &text[..at])
}

/// `0m03.0s`, `0:03`
fn is_running(time: &str) -> bool {
    time.starts_with(|char: char| char.is_ascii_digit())
        && (time.ends_with('s') || time.contains(':'))
        && time
            .chars()
            .all(|char| char.is_ascii_digit() || "dhms:.".contains(char))
}

fn last_word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_end_matches(|char: char| !char.is_alphanumeric());
    let start = text.rfind(' ').map_or(0, |at| at + 1);
    (!text.is_empty()).then(|| text.split_at(start))
}

fn is_part(word: &str) -> bool {
    let word = word.trim_end_matches([',', '.']);
    let is_number = word.len() <= 4 && word.bytes().all(|byte| byte.is_ascii_digit());
    let start = word.get(..3).unwrap_or(word);
    let is_name = word.len() <= MAX_NAME && (is_one(DAYS, start) || is_one(MONTHS, start));
    is_exact(word) || is_number || is_name || is_one(ZONES, word)
}

/// `10:00:00`, `2026-11-26`, `2026-11-26T10:00:00Z`
fn is_exact(word: &str) -> bool {
    let joints = word.matches(':').count() + word.matches('-').count() / 2;
    let is_digits = |char: char| char.is_ascii_digit() || ":-.,TZ+".contains(char);
    joints > 0
        && word.starts_with(|char: char| char.is_ascii_digit())
        && word.chars().all(is_digits)
}

fn is_one(words: &[&str], word: &str) -> bool {
    words.iter().any(|known| word.eq_ignore_ascii_case(known))
}
