//! One row of a terminal: what stands in it, and what is being written over that.
//!
//! A display that is redrawn is hardly ever written anew. A few backspaces and two digits, a cursor
//! that skips the bar and changes the percentage, a return and half a line: what was not written over
//! still stands there, and belongs to what a person reads. So a row keeps what stood in it apart from
//! what its pen has written since the cursor last moved. That is always one piece at the end of a
//! buffer, whatever lies below; where the row is looked at, the two are laid over each other, cell by
//! cell, and only if there is something below.

use std::borrow::Cow;

use super::cells::{self, text};
use super::lines::MAX_LINE;
use super::remains::remains;

/// Bytes of a row that may be written over, and columns that a cursor may be sent to: no window is
/// wider. Of a longer line the cursor finds only the end when it goes back.
pub const MAX_ROW: usize = 1024;

/// How the pen came to its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Came {
    /// By a return: what is written may be another line, or the same with other numbers.
    #[default]
    Home,
    /// By a movement to this very cell.
    Sent,
}

/// A row and the cursor in it.
#[derive(Debug, Default)]
pub struct Row {
    under: Vec<u8>,
    pen: Vec<u8>,
    /// Where the pen began.
    column: usize,
    came: Came,
}

impl Row {
    /// Writes at the cursor. A line without end loses its beginning.
    pub fn write(&mut self, run: &[u8]) {
        let mut rest = run;
        while self.pen.len() + rest.len() > MAX_LINE {
            let (now, later) = rest.split_at(MAX_LINE - self.pen.len());
            self.pen.extend_from_slice(now);
            self.pen.drain(..MAX_LINE / 2);
            rest = later;
        }
        self.pen.extend_from_slice(rest);
    }

    /// Writes the last character so many times more (REP, ECMA-48 §8.3.103).
    pub fn repeat(&mut self, times: usize) {
        let last = text(&self.pen).and_then(|pen| pen.chars().next_back());
        let mut char = [0; 4];
        let char = last.map_or("", |last| last.encode_utf8(&mut char));
        let run = char.as_bytes().repeat(times.min(MAX_ROW));
        self.write(&run);
    }

    /// What was written since the cursor last moved.
    pub fn pen(&self) -> &[u8] {
        &self.pen
    }

    /// What stands in the row below the pen: all of it once that was lifted.
    pub fn under(&self) -> &[u8] {
        &self.under
    }

    /// The row as it is seen.
    pub fn seen(&self) -> Cow<'_, [u8]> {
        if self.pen.is_empty() {
            return Cow::Borrowed(&self.under);
        }
        if self.under.is_empty() && self.column == 0 {
            return Cow::Borrowed(&self.pen);
        }
        match self.came {
            Came::Sent => self.overlaid().map_or(Cow::Borrowed(&self.pen), Cow::Owned),
            Came::Home => match remains(&self.under, &self.pen) {
                [] => Cow::Borrowed(&self.pen),
                rest => Cow::Owned([&self.pen, rest].concat()),
            },
        }
    }

    /// What the pen wrote, laid over what stands there; `None` if one of them is no text.
    fn overlaid(&self) -> Option<Vec<u8>> {
        let (under, pen) = (text(&self.under)?, text(&self.pen)?);
        Some(laid_over(under, self.column, pen))
    }

    /// The column of the cursor, 0 for the first.
    pub fn cursor(&self) -> usize {
        text(&self.pen).map_or(self.column, |pen| cells::end(pen, self.column))
    }

    /// Lifts the pen, and returns to the start of the row.
    pub fn lift(&mut self) {
        match self.seen() {
            Cow::Owned(seen) => self.under = seen,
            Cow::Borrowed(_) if self.pen.is_empty() => {}
            Cow::Borrowed(_) => std::mem::swap(&mut self.under, &mut self.pen),
        }
        self.pen.clear();
        (self.column, self.came) = (0, Came::Home);
    }

    /// What the pen has written is part of what stands there, whatever that is.
    pub fn stay(&mut self) {
        self.came = Came::Sent;
    }

    /// Lifts the pen, and leaves the cursor where it is.
    pub fn rest(&mut self) {
        let column = self.cursor();
        self.lift();
        (self.column, self.came) = (column, Came::Sent);
    }

    /// Gives up what of a row could not be written over: all but the end of a long one, and bytes
    /// that are no text. The pen is lifted.
    pub fn fit(&mut self) {
        let Some(row) = text(&self.under) else {
            self.under.clear();
            self.column = 0;
            return;
        };
        let from = row.len().saturating_sub(MAX_ROW);
        if from > 0 {
            let is_start = |at: &usize| row.is_char_boundary(*at);
            let from = (from..row.len()).find(is_start).unwrap_or(row.len());
            self.column = self.column.saturating_sub(cells::end(&row[..from], 0));
            self.under.drain(..from);
        }
    }

    /// Sends the cursor to a column of what stands there. The pen is lifted.
    pub fn go_to(&mut self, column: usize) {
        (self.column, self.came) = (column.min(MAX_ROW), Came::Sent);
    }

    /// Erases the row, and leaves the cursor where it is. The pen is lifted.
    pub fn erase(&mut self) {
        self.under.clear();
    }

    /// Puts another row in the place of what stands there. The pen is lifted.
    pub fn put(&mut self, row: &[u8]) {
        self.under.clear();
        self.under.extend_from_slice(row);
    }

    /// Erases from the cursor to the end of the row.
    pub fn erase_right(&mut self) {
        if self.column > 0 {
            self.rest();
            let kept = cells::before(self.text(), self.column).0.len();
            self.under.truncate(kept);
        } else {
            self.under.clear();
        }
    }

    /// Erases from the start of the row to the cursor, with the cell below it. The pen is lifted.
    pub fn erase_left(&mut self) {
        self.blank(0, self.column + 1);
    }

    /// Erases so many cells from the cursor on (ECH, ECMA-48 §8.3.38). The pen is lifted.
    pub fn erase_cells(&mut self, count: usize) {
        self.blank(self.column, count);
    }

    /// Takes so many cells out of the row (DCH, ECMA-48 §8.3.26). The pen is lifted.
    pub fn delete_cells(&mut self, count: usize) {
        let mut row = Vec::new();
        put_before(&mut row, self.text(), self.column);
        put_behind(&mut row, self.text(), self.column.saturating_add(count));
        self.under = row;
    }

    /// Puts so many blank cells into the row (ICH, ECMA-48 §8.3.64). The pen is lifted.
    pub fn insert_cells(&mut self, count: usize) {
        let mut row = Vec::new();
        put_before(&mut row, self.text(), self.column);
        row.resize(row.len() + count.min(MAX_ROW), b' ');
        put_behind(&mut row, self.text(), self.column);
        self.under = row;
    }

    fn blank(&mut self, column: usize, count: usize) {
        let row = self.text();
        let count = count.min(cells::end(row, 0).saturating_sub(column));
        if count > 0 {
            self.under = laid_over(row, column, &" ".repeat(count));
        }
    }

    fn text(&self) -> &str {
        text(&self.under).unwrap_or_default()
    }
}

/// A row with `pen` written over it from `column` on.
fn laid_over(row: &str, column: usize, pen: &str) -> Vec<u8> {
    let mut seen = Vec::with_capacity(row.len().max(column) + pen.len());
    put_before(&mut seen, row, column);
    seen.extend_from_slice(pen.as_bytes());
    put_behind(&mut seen, row, cells::end(pen, column));
    seen
}

/// What stands before `column`, filled up with blanks to there.
fn put_before(seen: &mut Vec<u8>, row: &str, column: usize) {
    let (before, end) = cells::before(row, column);
    seen.extend_from_slice(before.as_bytes());
    seen.resize(seen.len() + column - end, b' ');
}

/// What stands from `column` on, with a blank for the half of a character that is cut.
fn put_behind(seen: &mut Vec<u8>, row: &str, column: usize) {
    let (behind, begins) = cells::behind(row, column);
    seen.resize(seen.len() + begins - column, b' ');
    seen.extend_from_slice(behind.as_bytes());
}
