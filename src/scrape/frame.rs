//! What came to the screen within one moment.
//!
//! A screen shows some sixty pictures a second, and what was drawn over between two of them was
//! seen by nobody. So lines are put by as they come and understood when the moment is over, the
//! last [`ROWS`] of them: what stood above has left every screen. A display is read in full this
//! way, up to sixteen thousand lines a second of it. A flood is read as far as somebody could have
//! seen it, and the rest costs no more than its copying.
//!
//! A moment begins with the first line, so what is seen depends on the bytes and their times, not
//! on the reads that they came by.

use std::collections::VecDeque;

use super::lines::{Edge, Place};
use super::parser::Stream;

/// Milliseconds of a moment.
pub const MOMENT_MS: u64 = 16;

/// Rows that are understood of one moment.
pub const ROWS: usize = 256;

/// Bytes kept of all rows together.
const MAX_BYTES: usize = 256 * 1024;

/// Bytes that are looked at of a row, from its end; only JSON is read whole.
pub const MAX_SIGHT: usize = 4096;

/// What came.
#[derive(Debug, PartialEq)]
pub enum Row {
    /// A line, with its bytes: all of them if they may be JSON, or else one more than
    /// [`MAX_SIGHT`] at most.
    Line(Stream, Place, Vec<u8>),
    /// The same, but it was written within this moment and backspaces have gone over it.
    TakenBack(Stream, Place, Vec<u8>),
    /// A percentage for the terminal itself.
    Taskbar(f64),
}

impl Row {
    /// The bytes of a line, and its place.
    pub fn line(&self) -> Option<(Place, &[u8])> {
        match self {
            Self::Line(_, place, text) | Self::TakenBack(_, place, text) => Some((*place, text)),
            Self::Taskbar(_) => None,
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Line(_, _, text) | Self::TakenBack(_, _, text) => text.len(),
            Self::Taskbar(_) => 0,
        }
    }
}

/// The rows of the moment that is not over.
#[derive(Debug, Default)]
pub struct Frame {
    until_ms: Option<u64>,
    rows: VecDeque<Row>,
    bytes: usize,
}

impl Frame {
    /// When the moment is over; `None` while nothing has come.
    pub fn until_ms(&self) -> Option<u64> {
        self.until_ms
    }

    /// Puts a line by that was begun at `since_ms`.
    pub fn put_line(
        &mut self,
        stream: Stream,
        place: Place,
        text: &[u8],
        since_ms: u64,
        now_ms: u64,
    ) {
        let shown = shown(text);
        let mut kept = self.room(shown.len(), now_ms);
        kept.extend_from_slice(shown);
        let stood = place.ended != Edge::Back || now_ms - since_ms >= MOMENT_MS;
        let row = if stood { Row::Line } else { Row::TakenBack };
        self.put(row(stream, place, kept));
    }

    /// Puts a percentage for the terminal by.
    pub fn put_taskbar(&mut self, percent: f64, now_ms: u64) {
        self.room(0, now_ms);
        self.put(Row::Taskbar(percent));
    }

    /// Ends the moment: all of its rows, oldest first.
    pub fn take(&mut self) -> VecDeque<Row> {
        self.until_ms = None;
        self.bytes = 0;
        std::mem::take(&mut self.rows)
    }

    fn put(&mut self, row: Row) {
        self.bytes += row.len();
        self.rows.push_back(row);
    }

    /// Makes room for a row of so many bytes, and returns an empty buffer, used before if possible.
    fn room(&mut self, len: usize, now_ms: u64) -> Vec<u8> {
        self.until_ms
            .get_or_insert(now_ms.saturating_add(MOMENT_MS));
        let mut spare = Vec::new();
        while self.rows.len() >= ROWS || self.bytes + len > MAX_BYTES {
            let Some(row) = self.rows.pop_front() else {
                break;
            };
            self.bytes -= row.len();
            if let Row::Line(_, _, text) | Row::TakenBack(_, _, text) = row
                && text.capacity() <= MAX_SIGHT
            {
                spare = text;
            }
        }
        spare.clear();
        spare
    }
}

fn shown(text: &[u8]) -> &[u8] {
    let object = text.trim_ascii_start().starts_with(b"{");
    let from = text.len().saturating_sub(MAX_SIGHT + 1);
    if object {
        text
    } else {
        text.get(from..).unwrap_or_default()
    }
}
