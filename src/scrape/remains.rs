//! What is left of a row when something was written over its beginning.
//!
//! A return goes back in a row as often as it begins another one. `Copied  30` over `Copied  29 of 100`
//! still is of 100. But `done` over `45% of 100` says nothing of a hundred, nor does `5%` over `100%`
//! become `5%0%` to whoever reads along. What is left belongs to what was written if both are the
//! same line: letters over the same letters, digits over digits, cells of a bar over cells.

use super::cells::{self, Cell, cells, text};
use super::drawn::is_cell;
use super::row::MAX_ROW;

/// What `written` leaves of `row`, if that belongs to it.
pub fn remains<'a>(row: &'a [u8], written: &[u8]) -> &'a [u8] {
    let same = common(row, written);
    let (row, written) = (&row[same..], &written[same..]);
    // Of a row as wide as that one nothing is left, and nearly all are.
    if row.len() <= written.len() && written.is_ascii() || same + row.len() > MAX_ROW {
        return &[];
    }
    let both = text(row).zip(text(written));
    both.map_or(&[], |(row, written)| left(row, written).as_bytes())
}

fn left<'a>(row: &'a str, written: &str) -> &'a str {
    if cells::end(row, 0) <= cells::end(written, 0) {
        return "";
    }
    let mut old = cells(row, 0);
    let mut last = None;
    for new in cells(written, 0) {
        match old.next() {
            Some(old) if is_same(old, new) => last = Some((old.char, new.char)),
            _ => return "",
        }
    }
    let rest = old.next().map_or("", |cell| &row[cell.at..]);
    let belongs = last.is_some_and(|last| goes_on(last, rest));
    if belongs { rest } else { "" }
}

/// How many bytes both begin with, up to the last character of those.
fn common(one: &[u8], other: &[u8]) -> usize {
    let pairs = one.as_chunks::<8>().0.iter().zip(other.as_chunks::<8>().0);
    let same = 8 * pairs.take_while(|(one, other)| one == other).count();
    let pairs = one[same..].iter().zip(&other[same..]);
    let same = same + pairs.take_while(|(one, other)| one == other).count();
    let is_start = |byte: &u8| !(0x80..0xc0).contains(byte);
    one[..same].iter().rposition(is_start).unwrap_or(0)
}

/// Whether one character took the place of the other in the same line.
fn is_same(old: Cell, new: Cell) -> bool {
    let both = |is: fn(char) -> bool| {
        let mut chars = [old.char, new.char].into_iter();
        chars.all(|char| char == ' ' || is(char))
    };
    let same = old.char == new.char || both(|char| char.is_ascii_digit()) || both(is_cell);
    same && (old.from, old.to) == (new.from, new.to)
}

/// Whether what is left goes on behind the last character as it did behind the one before it.
fn goes_on((old, new): (char, char), rest: &str) -> bool {
    let Some(first) = rest.chars().next().filter(|_| !rest.trim().is_empty()) else {
        return false;
    };
    let cuts_number = new.is_ascii_digit() && first.is_ascii_digit();
    let is_glued = |char: char| char != ' ' && first.is_alphanumeric();
    !cuts_number && is_glued(old) == is_glued(new)
}
