//! Whether a number stands beside a bar.
//!
//! Bars are drawn in marks and blocks, framed by brackets or strokes or by nothing. So are tags,
//! tables and rulers: only how it is drawn tells one from the other.

use super::token::{Kind, Text};

/// How closely a percentage is tied to a display, from loosely to closely.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Touch {
    /// Words around it.
    Prose,
    /// In brackets of its own, or after a bracketed tag: `(45%)`, `[download] 45%`.
    Bracket,
    /// Beside a bar, `45%|###`, `] 45%`; or in brackets at the end of the line, or before its
    /// first word, `[ 45%] Building`.
    Bar,
}

/// Blanks in a bar that has just begun.
pub const MIN_BLANK: usize = 6;

/// How many strokes rule a row of a table at least. A bar has two, and a frame around it two more.
const MIN_RULES: usize = 4;

/// The same of strokes that are made for tables.
const MIN_TABLE_RULES: usize = 3;

/// What the percentage at the tokens from `from` up to `end` stands beside.
pub fn touch(text: &Text<'_>, (from, end): (usize, usize)) -> Touch {
    let before = text.back_over_space(from);
    if opens_bar(text, end) || is_barred(text, (from, end)) {
        return Touch::Bar;
    }
    let right = text.past_space(end);
    let last = text.past_space(right + 1) >= text.tokens().len();
    let (left, right) = (text.before(before), text.str(right));
    match (left, right) {
        ("[", "]") if last || heads_line(text, before - 1) => Touch::Bar,
        ("[", "]") | ("(", ")" | ",") | (",", ")") | ("]", _) => Touch::Bracket,
        _ => Touch::Prose,
    }
}

/// Tokens of a date, a time and a number that may stand before a counter.
const MAX_HEAD: usize = 24;

/// `[12/40] …`, `#5 [2/4] …`, `11:12:44 [12/40] …`, `[worker1] [12/40] …`: no word stands before the
/// bracket, but for the tag of who speaks.
pub fn heads_line(text: &Text<'_>, bracket: usize) -> bool {
    let mut tagged = false;
    bracket <= MAX_HEAD
        && (0..bracket).all(|at| {
            tagged = text.str(at) == "[" || tagged && text.str(at) != "]";
            tagged || text.kind(at) != Some(Kind::Word)
        })
}

/// `45%|###`, `45%[==>`: the bar begins right at the sign.
fn opens_bar(text: &Text<'_>, at: usize) -> bool {
    matches!(text.str(at), "|" | "[" | "│") || is_block(text.str(at))
}

/// `45% [==>`: between a blank and a word in brackets only the drawing tells.
pub fn opens_drawn_bar(text: &Text<'_>, at: usize) -> bool {
    let bracket = matches!(text.str(at), "|" | "[");
    let inside = text.str(at + 1);
    let drawn = inside.starts_with(['=', '#', '>', '.']);
    let blank = text.kind(at + 1) == Some(Kind::Space) && inside.len() >= MIN_BLANK;
    is_block(text.str(at)) || bracket && (drawn || blank && matches!(text.str(at + 2), "|" | "]"))
}

/// `###] 45%`, `|####  | 45%`, `#####   45%`, but not the `]` of a tag like `[download]`.
fn closes_bar(text: &Text<'_>, end: usize) -> bool {
    match text.before(end) {
        "]" => matches!(text.kind_before(end - 1), Some(Kind::Mark | Kind::Space)),
        "|" | "│" => is_drawn(text, end - 1),
        mark => is_block(mark) || mark.len() > 2 && mark.starts_with(['#', '=']),
    }
}

/// `|###   |`, `|###5  |`, `|      |`: a bar between two strokes, and not the column of a table.
fn is_drawn(text: &Text<'_>, stroke: usize) -> bool {
    let inside = text.back_over_space(stroke);
    let tip = text.kind_before(inside) == Some(Kind::Number) && text.before(inside).len() == 1;
    let inside = inside - usize::from(tip && text.before(inside - 1).starts_with('#'));
    text.kind_before(inside) == Some(Kind::Mark) && text.before(inside) != "%"
}

/// Block elements and box drawing, U+2500 to U+259F, of which bars are made.
pub fn is_block(mark: &str) -> bool {
    let first = mark.chars().next();
    first.is_some_and(|char| ('\u{2500}'..='\u{259f}').contains(&char)) && !is_table_rule(mark)
}

/// The upright strokes of box drawing.
fn is_table_rule(mark: &str) -> bool {
    matches!(mark, "│" | "┃" | "║")
}

/// Whether a bar is drawn right before or right behind the tokens.
pub fn is_barred(text: &Text<'_>, (from, end): (usize, usize)) -> bool {
    opens_drawn_bar(text, text.past_space(end)) || closes_bar(text, text.back_over_space(from))
}

/// Whether strokes part the line into the columns of a table.
pub fn is_ruled(text: &Text<'_>) -> bool {
    let count = |is_rule: fn(&str) -> bool| {
        let rules = text.tokens().iter().filter(|token| is_rule(token.text));
        rules.count()
    };
    count(|mark| mark == "|") >= MIN_RULES || count(is_table_rule) >= MIN_TABLE_RULES
}
