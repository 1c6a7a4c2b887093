//! A bar that is nothing but drawn: `[####......]`.
//!
//! Without a number only the drawing tells how far it is, to a step of its width. The frame must be
//! there on both sides, or its length would be a guess; crosses over dashes have none, but were
//! all dashes when they were first seen. And not every such drawing shows how far a
//! work is: a mark that runs to and fro, `[---#------]`, only shows that it lives. So a bar that is
//! empty is none yet, unless its cells are made to be so (`░░░░`), nor is one with a single cell where
//! marks run, and one that is full must have been there before.

use super::eta;
use super::label;
use super::ratio::percent_of;
use super::reading::Reading;
use super::token::Text;

/// Cells of the shortest bar, so that three dots in brackets are none.
const MIN_CELLS: usize = 8;

/// The same without brackets.
const MIN_UNFRAMED: usize = 16;

/// Cells of the longest: no window is wider.
const MAX_CELLS: usize = 512;

/// Frames of a line that are looked into.
const MAX_FRAMES: usize = 16;

/// Characters that fill, and those that stand for what is to come.
const FULL: &[char] = &['#', '=', '█', '*', '■', '▓', '━'];
const EMPTY: &[char] = &['.', ' ', '-', '_', '░', '□', '·', '⠂'];

/// Those of them that stand for nothing else.
const MADE_EMPTY: &[char] = &['░', '□', '⠂'];

/// Cells that are drawn whole, and need no frame beside such empty ones.
const MADE_FULL: &[char] = &['█', '■', '▓'];

/// Characters that are written over an empty bar without a frame.
const OVER: &[char] = &['X', '#', '=', '█', '*', '■', '▓', '━'];

/// Characters between the two.
const TIPS: &[char] = &['>', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '╸'];

/// Whether somebody asked for bars, so that no proof is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vouched {
    /// The reader was told that the command draws bars.
    Yes,
    /// Nobody said so.
    No,
}

/// The bars that were only drawn.
#[derive(Debug, Default)]
pub struct Drawings {
    /// There was one, and not only a line of full cells.
    begun: bool,
    /// It was a mark that runs.
    runs: bool,
    /// The last one without a frame, when it was empty: its words, and its cells.
    unframed: Option<(Option<String>, usize)>,
}

impl Drawings {
    /// What the only bar of a line shows, with the words before it.
    pub fn read(&mut self, line: &str, vouched: Vouched) -> Option<Reading> {
        let framed = only_bar(line);
        let Some((before, bar, behind)) = framed.or_else(|| made_bar(line)) else {
            return self.read_unframed(line);
        };
        let cells = bar.chars().count();
        // `Finished at: 0:02` is a measure.
        let is_name = |words: &String| !words.contains(':');
        let Some(full) = full(bar) else {
            self.runs |= is_run(bar);
            return None;
        };
        let begun = self.begun;
        self.begun |= framed.is_some() || full < cells;
        // Nothing else is drawn in cells that are made to be empty.
        let is_empty = full == 0 && bar.chars().all(|cell| MADE_EMPTY.contains(&cell));
        // Between blanks or dashes, one cell may be a mark that runs.
        let is_first_of_many = full == 1 && !bar.contains([' ', '-']);
        let proven =
            is_empty || is_first_of_many || (2..cells).contains(&full) || full == cells && begun;
        (proven && !self.runs || vouched == Vouched::Yes).then(|| Reading {
            percent: Some(percent_of(full as f64, cells as f64)),
            message: label::unmeasured(before).or_else(|| label::words(behind).filter(is_name)),
            eta: eta::find(&Text::new(line)).map(|eta| eta.text.to_owned()),
            ..Reading::default()
        })
    }

    /// A bar of one kind of cells over another, that stands at the end of the line.
    fn read_unframed(&mut self, line: &str) -> Option<Reading> {
        let (before, bar) = line.trim_end().rsplit_once(' ')?;
        let to_come = bar.trim_start_matches(OVER);
        let cells = bar.chars().count();
        let is_bar = (MIN_UNFRAMED..=MAX_CELLS).contains(&cells) && is_run_of(to_come, EMPTY);
        if !is_bar || !is_run_of(&bar[..bar.len() - to_come.len()], OVER) {
            return None;
        }
        let empty = to_come.chars().count();
        let bar = (label::words(before), cells);
        if empty == cells {
            self.unframed = Some(bar);
            return None;
        }
        (self.unframed.as_ref() == Some(&bar)).then(|| Reading {
            percent: Some(percent_of((cells - empty) as f64, cells as f64)),
            message: bar.0,
            ..Reading::default()
        })
    }
}

/// Whether the text is one of `chars`, again and again.
fn is_run_of(text: &str, chars: &[char]) -> bool {
    let mut rest = text.chars();
    rest.next()
        .is_none_or(|first| chars.contains(&first) && rest.all(|char| char == first))
}

/// The one thing in a frame of its own that may be a bar, what stands before it, and what behind.
fn only_bar(line: &str) -> Option<(&str, &str, &str)> {
    let framed = |(at, frame): (usize, &str)| {
        let rest = line.get(at + frame.len()..)?;
        let closing = match frame {
            "[" => ']',
            "(" => ')',
            _ => '|',
        };
        let mut cells = rest.char_indices().take(MAX_CELLS);
        let end = cells
            .find(|(_, char)| *char == closing || char.is_alphanumeric())?
            .0;
        let (bar, rest) = rest.split_at(end);
        let behind = rest.strip_prefix(closing)?;
        (bar.chars().count() >= MIN_CELLS).then(|| (&line[..at], bar, behind))
    };
    let frames = line.match_indices(['[', '(', '|']).take(MAX_FRAMES);
    let mut bars = frames.filter_map(framed);
    bars.next().filter(|_| bars.next().is_none())
}

/// `████░░░░`: between blanks, and its length is known without a frame, because its cells are made to
/// be empty. Beside a percentage it says the same, and no more than that.
fn made_bar(line: &str) -> Option<(&str, &str, &str)> {
    let is_made = |char| {
        [MADE_EMPTY, MADE_FULL]
            .iter()
            .any(|made| made.contains(&char))
    };
    // Most lines of a flood have no such cells.
    (!line.is_ascii()).then_some(())?;
    let (last, cell) = line.rmatch_indices(is_made).next()?;
    let (drawn, behind) = line.split_at(last + cell.len());
    let is_part = |char: char| is_made(char) || !char.is_ascii() && TIPS.contains(&char);
    let before = drawn.trim_end_matches(is_part);
    let bar = &drawn[before.len()..];
    let is_blank = |char: Option<char>| char.is_none_or(char::is_whitespace);
    let free = is_blank(before.chars().next_back()) && is_blank(behind.chars().next());
    let is_bar = free && (MIN_CELLS..=MAX_CELLS).contains(&bar.chars().count());
    (is_bar && !before.contains(is_made) && !line.contains('%')).then_some((before, bar, behind))
}

/// Whether bars are drawn with it.
pub fn is_cell(char: char) -> bool {
    [FULL, EMPTY, TIPS]
        .iter()
        .any(|cells| cells.contains(&char))
}

/// How many of the cells are full; `None` if it is no bar that fills from its start.
fn full(bar: &str) -> Option<usize> {
    let to_come = bar.trim_start_matches(FULL);
    let cells = bar.chars().count();
    let full = cells - to_come.chars().count();
    let empty = to_come.strip_prefix(TIPS).unwrap_or(to_come);
    // A frame around nothing is no bar.
    let drawn = full > 0 || empty.starts_with(|char: char| !char.is_whitespace());
    let is_bar = drawn && empty.chars().all(|char| EMPTY.contains(&char));
    is_bar.then_some(if empty.is_empty() { cells } else { full })
}

/// `[---#------]`: something between empty cells.
fn is_run(bar: &str) -> bool {
    let run = bar.trim_matches(EMPTY);
    bar.starts_with(EMPTY) && !run.is_empty() && !run.contains(char::is_alphanumeric)
}
