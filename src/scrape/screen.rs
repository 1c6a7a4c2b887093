//! The rows of a terminal, as far as a cursor may come back to them.
//!
//! Nobody tells the reader how high and how wide the window is, and it need not know. Rows that are
//! fed one after another are counted; rows that are addressed by their place on the screen are
//! counted elsewhere. The last [`ROWS`] that the cursor left keep their text, each up to [`MAX_ROW`]
//! bytes: if it comes back to change a few cells, the others still stand there. A row that has left this memory
//! is empty, as it would be for somebody who comes to the screen only now.

use super::act::{Act, Part};
use super::row::{MAX_ROW, Row};

/// Rows that are kept: more than a window has.
pub const ROWS: usize = 128;

/// Where the rows begin that were addressed by their place on the screen: far from those counted.
const SCREEN: u32 = 1 << 30;

/// Which row the cursor is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The lowest row that was begun.
    lowest: u32,
    /// Rows the cursor stands above the lowest: each of them is drawn again.
    above: u16,
}

impl Default for Position {
    fn default() -> Self {
        Self {
            // Any display may go up from here.
            lowest: u32::from(u16::MAX),
            above: 0,
        }
    }
}

impl Position {
    /// The number of the row.
    pub fn row(self) -> u32 {
        self.lowest.saturating_sub(u32::from(self.above))
    }

    /// Whether rows below this one have been begun.
    pub fn is_above(self) -> bool {
        self.above > 0
    }

    fn up(self, rows: u16) -> Self {
        Self {
            above: self.above.saturating_add(rows),
            ..self
        }
    }

    /// Nobody sees how far down a window goes, so the lowest row that was begun is its last; but on
    /// a screen whose rows are addressed, all of them are there.
    fn down(self, rows: u16) -> Self {
        let beyond = rows.saturating_sub(self.above);
        let beyond = if self.lowest >= SCREEN { beyond } else { 0 };
        Self {
            lowest: self.lowest.saturating_add(u32::from(beyond)),
            above: self.above.saturating_sub(rows),
        }
    }

    fn feed(self) -> Self {
        match self.above.checked_sub(1) {
            Some(above) => Self { above, ..self },
            None => Self {
                lowest: self.lowest.saturating_add(1),
                above: 0,
            },
        }
    }

    fn address(screen_row: u16) -> Self {
        Self {
            lowest: SCREEN + u32::from(screen_row),
            above: 0,
        }
    }
}

/// A row that the cursor has left.
#[derive(Debug, Clone, Default)]
struct Kept {
    row: u32,
    text: Vec<u8>,
}

/// The screen of one stream.
#[derive(Debug)]
pub struct Screen {
    row: Row,
    at: Position,
    /// Each row has one place here, which it shares with those [`ROWS`] rows apart.
    kept: Vec<Kept>,
    saved: Option<(Position, usize)>,
    /// See [`super::lines::Place::picture`].
    picture: u32,
}

impl Default for Screen {
    fn default() -> Self {
        Self {
            row: Row::default(),
            at: Position::default(),
            kept: vec![Kept::default(); ROWS],
            saved: None,
            picture: u32::MAX,
        }
    }
}

impl Screen {
    /// The row that the cursor is in.
    pub fn row(&self) -> &Row {
        &self.row
    }

    /// The same, to write in it.
    pub fn row_mut(&mut self) -> &mut Row {
        &mut self.row
    }

    /// Which row that is.
    pub fn at(&self) -> Position {
        self.at
    }

    /// The highest row that the cursor was sent back to, or is about to be sent to.
    pub fn picture(&self) -> u32 {
        self.picture
    }

    /// Takes note of where the cursor is about to be sent.
    pub fn foresee(&mut self, act: Act) {
        let highest = match act {
            Act::Up(_) | Act::UpHome(_) | Act::Down(_) | Act::DownHome(_) => self.target(act).row(),
            Act::Row(_) | Act::To(..) if !is_home(act) => SCREEN,
            _ => u32::MAX,
        };
        self.picture = self.picture.min(highest);
    }

    /// Does it.
    pub fn act(&mut self, act: Act) {
        let row = &mut self.row;
        match act {
            Act::Feed => row.lift(),
            // What is written goes on where it was.
            Act::Repeat(times) => return row.repeat(usize::from(times)),
            Act::EraseRow(Part::Behind) => return row.erase_right(),
            Act::Save => {
                self.saved = Some((self.at, row.cursor()));
                return;
            }
            _ => {
                row.stay();
                row.rest();
            }
        }
        match act {
            Act::EraseRow(Part::All) => row.erase(),
            Act::EraseScreen(part) => self.erase(part),
            Act::Scroll => self.erase(Part::Behind),
            _ if act.stays_in_row() => self.edit(act),
            _ => self.go(act),
        }
    }

    /// Within the row.
    fn edit(&mut self, act: Act) {
        let row = &mut self.row;
        row.fit();
        let column = row.cursor();
        match act {
            Act::Left(columns) => row.go_to(column.saturating_sub(usize::from(columns))),
            Act::Right(columns) => row.go_to(column + usize::from(columns)),
            Act::Column(1) => row.lift(),
            Act::Column(to) => row.go_to(usize::from(to) - 1),
            Act::EraseCells(count) => row.erase_cells(usize::from(count)),
            Act::DeleteCells(count) => row.delete_cells(usize::from(count)),
            Act::InsertCells(count) => row.insert_cells(usize::from(count)),
            _ => row.erase_left(),
        }
    }

    /// Whoever clears the screen goes home first, and may only scroll from then on: so the row goes
    /// on being counted, and only what stood in it is gone.
    fn go(&mut self, act: Act) {
        let column = self.row.cursor();
        if is_home(act) || act == Act::Restore && self.saved.is_none() {
            self.row.erase();
            return self.row.lift();
        }
        let target = self.target(act);
        if target.row() != self.at.row() {
            self.keep();
            self.fetch(target.row());
        } else if let Act::Down(_) = act {
            // Below the lowest row that was begun is another one, or the same at the end of a window.
            self.row.erase();
        }
        self.at = target;
        match act {
            Act::To(_, column) => self.row.go_to(usize::from(column) - 1),
            Act::Restore => self.row.go_to(self.saved.map_or(0, |(_, column)| column)),
            Act::Up(_) | Act::Down(_) | Act::Row(_) if column > 0 => self.row.go_to(column),
            _ => self.row.lift(),
        }
    }

    /// The row in which the cursor is afterwards.
    fn target(&self, act: Act) -> Position {
        match act {
            Act::Feed => self.at.feed(),
            Act::Up(rows) | Act::UpHome(rows) => self.at.up(rows),
            Act::Down(rows) | Act::DownHome(rows) => self.at.down(rows),
            Act::Row(row) | Act::To(row, _) => Position::address(row),
            Act::Restore => self.saved.map_or(self.at, |(at, _)| at),
            _ => self.at,
        }
    }

    fn keep(&mut self) {
        let row = self.at.row();
        let kept = &mut self.kept[row as usize % ROWS];
        kept.row = row;
        kept.text.clear();
        let text = self.row.under();
        if text.len() <= MAX_ROW {
            kept.text.extend_from_slice(text);
        }
    }

    fn fetch(&mut self, row: u32) {
        let kept = &self.kept[row as usize % ROWS];
        let is_there = kept.row == row;
        self.row.put(if is_there { &kept.text } else { &[] });
    }

    fn erase(&mut self, part: Part) {
        let at = self.at.row();
        let is_erased = |row| match part {
            Part::Behind => row > at,
            Part::Before => row < at,
            Part::All => true,
        };
        let kept = self.kept.iter_mut().filter(|kept| is_erased(kept.row));
        kept.for_each(|kept| kept.text.clear());
        match part {
            Part::Behind => self.row.erase_right(),
            Part::Before => self.row.erase_left(),
            Part::All => self.row.erase(),
        }
    }
}

fn is_home(act: Act) -> bool {
    matches!(act, Act::To(1, 1))
}
