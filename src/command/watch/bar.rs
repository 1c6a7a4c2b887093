//! A state as a row of characters.

use serde_json::Value;

use crate::command::text::{columns, cut, fit, printable};

/// What a row depends on besides the state.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Columns there are.
    pub width: usize,
    /// Counts up a few times a second: what has no percentage shows by it that it lives.
    pub beat: usize,
}

/// Columns of a title at most, and of a bar at least; a bar longer than this tells nothing more.
const TITLE: usize = 30;
const BAR: std::ops::RangeInclusive<usize> = 8..=50;

/// A block from an eighth to full.
const EIGHTHS: [&str; 9] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"];

/// The effective status; empty if the state has none.
pub fn status(state: &Value) -> &str {
    text(state, "status")
}

/// Whether the task has ended.
pub fn is_terminal(state: &Value) -> bool {
    matches!(status(state), "completed" | "failed" | "cancelled")
}

/// One row of at most `look.width` columns, colours not counted.
///
/// A task under way: title, bar, figures, status. An ended one has no use for the bar, so why it
/// ended gets the room.
pub fn row(state: &Value, look: &Look) -> String {
    let title = cut(&title(state), TITLE.min(look.width / 3).max(8));
    if is_terminal(state) {
        let left = look.width.saturating_sub(columns(&title) + 2);
        return format!("{title}  {}", coloured(state, &cut(&ending(state), left)));
    }
    let all = [
        percent(state).unwrap_or_default(),
        figure(state, "speed"),
        figure(state, "eta"),
    ];
    let all = joined(all.to_vec());
    let brief = percent(state).unwrap_or_default();
    let objections = objections(state).join(", ");
    // What a narrow window has no room for goes in the order of what is least missed.
    let choices = [
        (&all, situation(state)),
        (&all, objections.clone()),
        (&brief, objections),
        (&brief, String::new()),
    ];
    let room = |(figures, situation): &(&String, String)| {
        let fixed = joined(vec![title.clone(), (*figures).clone(), situation.clone()]);
        look.width.saturating_sub(columns(&fixed) + 2)
    };
    let fits = |choice: &&(&String, String)| room(choice) >= *BAR.start();
    let choice = choices.iter().find(fits).unwrap_or(&choices[3]);
    let (figures, situation) = choice;
    let bar = bar(state, room(choice).min(*BAR.end()), look.beat);
    joined(vec![
        title,
        bar,
        (*figures).clone(),
        coloured(state, situation),
    ])
}

/// One line of plain text, of any length.
pub fn line(state: &Value) -> String {
    let id = printable(text(state, "task_id"));
    if is_terminal(state) {
        return format!("{id} {}", ending(state));
    }
    let mut parts = vec![id, situation(state)];
    parts.extend(percent(state).map(|percent| percent.trim_start().to_owned()));
    parts.push(printable(text(state, "speed")));
    if !text(state, "eta").is_empty() {
        parts.push(format!("eta {}", printable(text(state, "eta"))));
    }
    parts.push(printable(text(state, "message")));
    parts.retain(|part| !part.is_empty());
    parts.join(" ")
}

/// The bar itself: exact to an eighth of a column, and full only when all is done.
pub fn bar(state: &Value, width: usize, beat: usize) -> String {
    let Some(percent) = progress(state) else {
        return pendulum(width, beat);
    };
    let eighths = (percent / 100.0 * (width * 8) as f64) as usize;
    let (full, part) = (
        eighths / 8,
        EIGHTHS.get(eighths % 8).copied().unwrap_or_default(),
    );
    let drawn = format!("{}{part}", EIGHTHS[8].repeat(full.min(width)));
    drawn.clone() + &"░".repeat(width.saturating_sub(columns(&drawn)))
}

/// A block that goes to and fro: alive, and no more is known.
fn pendulum(width: usize, beat: usize) -> String {
    let block = (width / 5).max(1).min(width);
    let way = width - block;
    let at = match beat % (2 * way).max(1) {
        to if to <= way => to,
        fro => 2 * way - fro,
    };
    "░".repeat(at) + &"█".repeat(block) + &"░".repeat(way - at)
}

fn title(state: &Value) -> String {
    let names = ["title", "filename", "task_id"].map(|name| text(state, name).trim());
    printable(
        names
            .into_iter()
            .find(|name| !name.is_empty())
            .unwrap_or_default(),
    )
}

/// What goes on, and what somebody has against it.
fn situation(state: &Value) -> String {
    let mut words = vec![printable(status(state))];
    words.extend(objections(state));
    words.join(", ")
}

fn objections(state: &Value) -> Vec<String> {
    let is_stalled = state.get("stalled").is_some_and(|stalled| *stalled == true);
    let cancel = Some(text(state, "cancel")).filter(|cancel| !cancel.is_empty());
    let stalled = is_stalled.then(|| "stalled".to_owned());
    let cancel = cancel.map(|cancel| format!("cancel {}", printable(cancel)));
    stalled.into_iter().chain(cancel).collect()
}

fn figure(state: &Value, name: &str) -> String {
    printable(text(state, name))
}

/// The parts that are not empty, with a gap between them.
fn joined(mut parts: Vec<String>) -> String {
    parts.retain(|part| !part.is_empty());
    parts.join("  ")
}

fn ending(state: &Value) -> String {
    let why = [text(state, "error"), text(state, "message")].map(printable);
    // A command's last words may be many lines; the last of them is the verdict.
    let why = why.into_iter().find(|why| !why.trim().is_empty());
    match (status(state), why) {
        ("completed", _) | (_, None) => status(state).to_owned(),
        (status, Some(why)) => format!("{status}: {}", why.trim()),
    }
}

fn coloured(state: &Value, text: &str) -> String {
    let colour = match status(state) {
        _ if text.is_empty() => return String::new(),
        "completed" => "32",
        "failed" => "31",
        "cancelled" | "lost" => "33",
        _ => return text.to_owned(),
    };
    format!("\x1b[{colour}m{text}\x1b[0m")
}

/// `" 50%"`, cut, not rounded: 99.6 % is not done.
fn percent(state: &Value) -> Option<String> {
    progress(state).map(|percent| fit_right(&format!("{}%", percent.floor()), 4))
}

fn fit_right(text: &str, width: usize) -> String {
    let blanks = fit("", width.saturating_sub(columns(text)));
    blanks + text
}

fn progress(state: &Value) -> Option<f64> {
    state
        .get("progress")
        .and_then(Value::as_f64)
        .map(|percent| percent.clamp(0.0, 100.0))
}

fn text<'s>(state: &'s Value, name: &str) -> &'s str {
    state.get(name).and_then(Value::as_str).unwrap_or_default()
}
