//! The columns of a row: how many cells of the screen each character takes.
//!
//! A cursor moves by cells, not by bytes: `█` is three bytes in one cell, `界` three in two, a
//! combining accent two in none. A row of bytes that are no text has no columns that anybody could
//! tell, so nothing is looked for in it.

use unicode_width::UnicodeWidthChar;

/// Cells from one tabulator stop to the next, on every terminal that was not told otherwise.
const TAB: usize = 8;

/// A character where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// What is shown.
    pub char: char,
    /// Its first byte.
    pub at: usize,
    /// Its column.
    pub from: usize,
    /// The column of the next one.
    pub to: usize,
}

/// The characters of a text that begins in `column`.
pub fn cells(text: &str, column: usize) -> impl Iterator<Item = Cell> {
    text.char_indices().scan(column, |column, (at, char)| {
        let from = *column;
        *column = match char {
            // The two kinds of characters that displays are made of: ASCII and strokes.
            ' '..='~' | '─'..='▟' => from + 1,
            '\t' => (from / TAB + 1) * TAB,
            _ => from + char.width().unwrap_or(0),
        };
        Some(Cell {
            char,
            at,
            from,
            to: *column,
        })
    })
}

/// The text that bytes are, but for a character at their end that is not complete; `None` if they
/// are none.
pub fn text(bytes: &[u8]) -> Option<&str> {
    match str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(broken) if broken.error_len().is_none() => {
            str::from_utf8(&bytes[..broken.valid_up_to()]).ok()
        }
        Err(_) => None,
    }
}

/// The column behind a text that begins in `column`.
pub fn end(text: &str, column: usize) -> usize {
    if is_plain(text) {
        return column + text.len();
    }
    cells(text, column).fold(column, |_, cell| cell.to)
}

/// The part of a row before `column`, and the column behind that part: less where the row is
/// shorter, or where a character of several cells is cut.
pub fn before(row: &str, column: usize) -> (&str, usize) {
    let reaches = |cell: &Cell| cell.to <= column;
    let last = cells(row, 0).take_while(reaches).last();
    last.map_or(("", 0), |last| {
        (&row[..last.at + last.char.len_utf8()], last.to)
    })
}

/// The part of a row from `column` on, and where that part begins: later where a character of
/// several cells is cut.
pub fn behind(row: &str, column: usize) -> (&str, usize) {
    let is_before = |cell: &Cell| cell.from < column || cell.to == cell.from;
    let first = cells(row, 0).find(|cell| !is_before(cell));
    first.map_or(("", column), |first| (&row[first.at..], first.from))
}

/// Whether each byte is one character in one cell.
fn is_plain(text: &str) -> bool {
    // A loop without a way out of its middle looks at many bytes at once.
    let bytes = text.bytes();
    bytes.fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~'))
}
