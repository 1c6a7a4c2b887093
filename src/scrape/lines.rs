//! Bytes to lines, as a terminal would show them.
//!
//! A progress display hardly ever ends its lines. It goes back to the start of the row and draws
//! over what stood there, by a carriage return, a run of backspaces or a cursor movement, so each of
//! these ends a line here, too. How it ended is kept with the line: text that is drawn over is
//! almost always a display, text that scrolls away is almost always a log.
//!
//! Escape sequences (ECMA-48) carry colours and clearing, which no number needs; they are dropped
//! wherever a read happens to cut them. Two bytes are awkward. A carriage return may be half of a
//! line end, so it waits for the next byte. And a line may never be ended at all, so
//! [`Lines::open`] shows the unfinished one without taking it.
//!
//! Every byte of a flood comes by here, so text is taken a run at a time: whatever lies between two
//! control bytes is found eight bytes at once and copied once.

use super::escape::{self, Escape, Order};

/// Bytes kept of one line. A line without end (a file sent to the terminal) loses its beginning.
pub const MAX_LINE: usize = 64 * 1024;

/// What separates two lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// A line feed: the row is left as it stands.
    Feed,
    /// The cursor went back: the row is drawn again.
    Redraw,
    /// Backspaces took the text back, one by one.
    Back,
    /// Nothing yet: more of the line may come.
    Open,
}

/// How a line came to stand where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// What came before it.
    pub began: Edge,
    /// What came after it.
    pub ended: Edge,
    /// The row it stands in, counted from the first one on.
    pub row: u32,
    /// The highest row that the cursor was sent back to: from there on down the rows are a picture,
    /// each with a place of its own. [`u32::MAX`] while they only scroll.
    pub picture: u32,
}

impl Place {
    /// Whether the row was drawn over: the mark of a display.
    pub fn is_redrawn(&self) -> bool {
        let redrawn = |edge| matches!(edge, Edge::Redraw | Edge::Back);
        redrawn(self.began) || redrawn(self.ended)
    }
}

/// One line of text, decoded, without control characters, never blank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The text; bytes that are no UTF-8 have become U+FFFD.
    pub text: String,
    /// What came before it.
    pub began: Edge,
    /// What came after it.
    pub ended: Edge,
}

/// A complete thing in the stream.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// A line of text.
    Line(Line),
    /// The progress a terminal is asked to show in its tab or task bar, 0 to 100: ConEmu's
    /// `OSC 9;4;1;PERCENT`, which other terminals have taken over.
    Taskbar(f64),
}

/// The same as [`Piece`], with the line left where it is: [`Lines::ended`] has its bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Mark {
    /// A line, never blank, ended here.
    Line(Place),
    /// See [`Piece::Taskbar`].
    Taskbar(f64),
}

/// The splitter. It holds the unfinished line, and where in an escape sequence the last read ended.
#[derive(Debug)]
pub struct Lines {
    text: Vec<u8>,
    /// `text` was reported, and is cleared before anything else happens.
    taken: bool,
    escape: Escape,
    began: Edge,
    /// A carriage return came, and what follows decides which [`Edge`] it was.
    returned: bool,
    /// The lowest row that was begun.
    lowest: u32,
    /// Rows the cursor stands above the lowest: each of them is drawn again.
    rows_above: u16,
    /// See [`Place::picture`].
    picture: u32,
}

/// Where the rows begin that were addressed by their place on the screen: far from those counted.
const SCREEN: u32 = 1 << 30;

impl Default for Lines {
    fn default() -> Self {
        Self {
            text: Vec::new(),
            taken: false,
            escape: Escape::default(),
            began: Edge::Feed,
            returned: false,
            // Any display may go up from here.
            lowest: u32::from(u16::MAX),
            rows_above: 0,
            picture: u32::MAX,
        }
    }
}

impl Lines {
    /// Takes bytes off the front of `bytes` up to the next complete piece. `None` when all of them
    /// are taken.
    pub fn next(&mut self, bytes: &mut &[u8]) -> Option<Piece> {
        Some(match self.advance(bytes)? {
            Mark::Taskbar(percent) => Piece::Taskbar(percent),
            Mark::Line(place) => Piece::Line(line(self.ended(), place)),
        })
    }

    /// As [`Lines::next`], without decoding or copying the line.
    pub fn advance(&mut self, bytes: &mut &[u8]) -> Option<Mark> {
        if self.taken {
            self.text.clear();
            self.taken = false;
        }
        loop {
            let mark = if self.escape.is_within() {
                let (order, rest) = self.escape.advance(bytes);
                *bytes = rest;
                self.obey(order?)
            } else if let Some(rest) = escape::after_colour(bytes) {
                *bytes = rest;
                None
            } else {
                self.take_outside(bytes)?
            };
            if mark.is_some() {
                return mark;
            }
        }
    }

    /// Takes a run of text, or a byte that moves the cursor; `None` if there is neither.
    fn take_outside(&mut self, bytes: &mut &[u8]) -> Option<Option<Mark>> {
        let (&first, rest) = bytes.split_first()?;
        if moves(first) {
            *bytes = rest;
            return Some(self.control(first));
        }
        if self.returned {
            // Only now is it known that the return was no half of a line end.
            return Some(self.end_line(Edge::Redraw));
        }
        let (run, rest) = bytes.split_at(plain(bytes));
        *bytes = rest;
        self.write(run);
        Some(None)
    }

    /// The bytes of the line that [`Lines::advance`] has just reported.
    pub fn ended(&self) -> &[u8] {
        if self.taken { &self.text } else { &[] }
    }

    /// Whether there is an unfinished line, blank as it may be.
    pub fn is_open(&self) -> bool {
        !self.taken && !self.text.is_empty()
    }

    /// The unfinished line as it stands now, which may end in the middle of a word.
    pub fn open(&self) -> Option<Line> {
        let (bytes, place) = self.open_bytes()?;
        Some(line(bytes, place))
    }

    /// As [`Lines::open`], without decoding it.
    pub fn open_bytes(&self) -> Option<(&[u8], Place)> {
        let ended = if self.returned {
            Edge::Redraw
        } else {
            Edge::Open
        };
        let place = self.place(ended);
        (self.is_open() && !is_blank(&self.text)).then_some((&self.text, place))
    }

    /// One of the bytes that move the cursor, or begin to.
    fn control(&mut self, byte: u8) -> Option<Mark> {
        match byte {
            b'\n' => self.end_line(Edge::Feed),
            b'\r' => {
                self.returned = true;
                None
            }
            0x08 => self.end_line(Edge::Back),
            0x1b => {
                self.escape.begin();
                None
            }
            _ => None,
        }
    }

    /// ECMA-48 §8.3: CUU, CUD, CNL, CPL, CHA, CUP, HVP and VPA leave the place in the text; CUF
    /// stands for the blanks it skips. All other functions move nothing. A control byte inside of a
    /// sequence counts as if it stood outside.
    fn obey(&mut self, order: Order) -> Option<Mark> {
        match order {
            Order::None => None,
            Order::Byte(byte) => self.control(byte),
            Order::Leave => self.end_line(Edge::Redraw),
            Order::Skip => self.blank(),
            Order::Taskbar(percent) => Some(Mark::Taskbar(percent)),
            Order::Up(rows) => self.move_to(self.rows_above.saturating_add(rows)),
            Order::Down(rows) => self.move_to(self.rows_above.saturating_sub(rows)),
            // Whoever clears the screen goes home first, and may only scroll from then on.
            Order::To(1) => self.end_line(Edge::Redraw),
            Order::To(row) => self.address(row),
        }
    }

    fn move_to(&mut self, rows_above: u16) -> Option<Mark> {
        let row = self.row();
        self.rows_above = rows_above;
        self.picture = self.picture.min(self.row());
        self.end_line_at(Edge::Redraw, row)
    }

    fn address(&mut self, screen_row: u16) -> Option<Mark> {
        let row = self.row();
        self.lowest = SCREEN + u32::from(screen_row);
        self.rows_above = 0;
        self.picture = self.picture.min(SCREEN);
        self.end_line_at(Edge::Redraw, row)
    }

    fn row(&self) -> u32 {
        self.lowest.saturating_sub(u32::from(self.rows_above))
    }

    fn blank(&mut self) -> Option<Mark> {
        if self.returned {
            // The new line begins with the blank, which is as good as nothing.
            return self.end_line(Edge::Redraw);
        }
        self.write(b" ");
        None
    }

    fn write(&mut self, mut run: &[u8]) {
        while !run.is_empty() {
            if self.text.len() == MAX_LINE {
                self.text.drain(..MAX_LINE / 2);
            }
            let room = MAX_LINE - self.text.len();
            let (now, later) = run.split_at(room.min(run.len()));
            self.text.extend_from_slice(now);
            run = later;
        }
    }

    fn end_line(&mut self, edge: Edge) -> Option<Mark> {
        let row = self.row();
        if edge == Edge::Feed {
            self.feed();
        }
        self.end_line_at(edge, row)
    }

    fn feed(&mut self) {
        match self.rows_above.checked_sub(1) {
            Some(rows_above) => self.rows_above = rows_above,
            None => self.lowest = self.lowest.saturating_add(1),
        }
    }

    fn end_line_at(&mut self, edge: Edge, row: u32) -> Option<Mark> {
        let place = Place {
            row,
            ..self.place(edge)
        };
        self.began = if self.rows_above > 0 {
            Edge::Redraw
        } else {
            edge
        };
        self.returned = false;
        if is_blank(&self.text) {
            self.text.clear();
            return None;
        }
        self.taken = true;
        Some(Mark::Line(place))
    }

    fn place(&self, ended: Edge) -> Place {
        Place {
            began: self.began,
            ended,
            row: self.row(),
            picture: self.picture,
        }
    }
}

fn line(bytes: &[u8], place: Place) -> Line {
    Line {
        text: decode(bytes),
        began: place.began,
        ended: place.ended,
    }
}

/// The text of a line, a blank for each tabulator, and without control characters. Those beyond
/// ASCII (ECMA-48 §5.3) come in two bytes; terminals obey them, U+009B as `ESC [`, so none may get
/// into a message that somebody's terminal shows.
pub fn decode(bytes: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(bytes).replace('\t', " ");
    text.retain(|char| !char.is_control());
    text
}

fn is_blank(text: &[u8]) -> bool {
    text.iter().all(|byte| *byte <= b' ')
}

/// Whether this byte moves the cursor, or begins to. The other control bytes show nothing; they
/// stay in the text until it is decoded.
fn moves(byte: u8) -> bool {
    matches!(byte, 0x08 | b'\n' | b'\r' | 0x1b)
}

/// How many bytes at the start are text.
fn plain(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        if let Some(at) = first_move(*word) {
            return index * 8 + at;
        }
    }
    let end = rest.iter().position(|byte| moves(*byte));
    words.len() * 8 + end.unwrap_or(rest.len())
}

/// Where among eight bytes the first one is that [`moves`].
///
/// Subtracting one from each byte borrows into the high bit of those that are zero: the bytes that
/// are equal to what was xored into all of them. Bytes above one that is found may be taken for
/// zeros, the lowest never is. There is no branch per byte, for noise has no pattern to predict.
fn first_move(word: [u8; 8]) -> Option<usize> {
    const EACH: u64 = u64::from_ne_bytes([1; 8]);
    let word = u64::from_le_bytes(word);
    let equal = |byte: u8| {
        let differs = word ^ (EACH * u64::from(byte));
        differs.wrapping_sub(EACH) & !differs
    };
    let found = equal(0x08) | equal(b'\n') | equal(b'\r') | equal(0x1b);
    let found = found & (EACH * 0x80);
    (found != 0).then(|| found.trailing_zeros() as usize / 8)
}
