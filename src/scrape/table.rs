//! Rows of a table.
//!
//! What stands in columns, row below row, is how things are: processes, disks, results. A number in one is no
//! progress, however it changes.

use super::token::{Kind, Text};
use super::touch;

/// Blanks between two columns of a table.
const MIN_GAP: usize = 3;

/// Cells of a row, such gaps between them, from which on it is one of a table.
const MIN_CELLS: usize = 5;

/// The same for pairs of numbers with nothing between them but blanks.
const MIN_NEIGHBOURS: usize = 2;

/// A row among others of its kind: what stands in its columns is how things are.
pub fn is_of_table(text: &Text<'_>) -> bool {
    let end = text.tokens().len();
    let is_gap = |at: &usize| {
        let wide = text.kind(*at) == Some(Kind::Space) && text.str(*at).len() >= MIN_GAP;
        wide && text.before(*at) != ":"
    };
    let inner = text.past_space(0)..text.back_over_space(end);
    let is_pair = |at: &usize| {
        let unit = text.kind_before(*at) == Some(Kind::Word) || text.before(*at) == "%";
        let number = at.checked_sub(1 + usize::from(unit));
        // The digits of `sha256:3f2a` are none.
        let is_number = |at| text.kind(at) == Some(Kind::Number) && text.before(at) != ":";
        text.kind(*at) == Some(Kind::Space) && is_number(at + 1) && number.is_some_and(is_number)
    };
    touch::is_ruled(text)
        || inner.clone().filter(is_gap).count() + 1 >= MIN_CELLS
        || inner.filter(is_pair).count() >= MIN_NEIGHBOURS
}
