//! A bar that is nothing but drawn: `[####......]`.
//!
//! Without a number only the drawing tells how far it is, to a step of its width. The frame must be
//! there on both sides, or its length would be a guess.

use super::amount::percent_of;
use super::reading::Reading;

/// Cells of the shortest bar, so that three dots in brackets are none.
const MIN_CELLS: usize = 8;

/// Characters that fill, and those that stand for what is to come.
const FULL: &[char] = &['#', '=', '█', '*', '■', '▓', '━'];
const EMPTY: &[char] = &['.', ' ', '-', '_', '░', '□', '·'];

/// Characters between the two.
const TIPS: &[char] = &['>', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '╸'];

/// What the only bar of a line shows, with the words before it.
pub fn read(line: &str) -> Option<Reading> {
    let (before, rest) = line.split_once(['[', '|'])?;
    let (bar, after) = rest.split_once([']', '|'])?;
    let only = !after.contains(['[', '|']);
    let (full, cells) = cells(bar).filter(|(_, cells)| only && *cells >= MIN_CELLS)?;
    Some(Reading {
        percent: Some(percent_of(full as f64, cells as f64)),
        message: super::sight::words(before),
        ..Reading::default()
    })
}

/// How many of the cells are full, and how many there are.
fn cells(bar: &str) -> Option<(usize, usize)> {
    let to_come = bar.trim_start_matches(FULL);
    let full = bar.chars().count() - to_come.chars().count();
    let empty = to_come.strip_prefix(TIPS).unwrap_or(to_come);
    // A frame around nothing is no bar.
    let drawn = full > 0 || empty.starts_with(|char: char| !char.is_whitespace());
    let is_bar = drawn && empty.chars().all(|char| EMPTY.contains(&char));
    let cells = bar.chars().count();
    let full = if empty.is_empty() { cells } else { full };
    is_bar.then_some((full, cells))
}
