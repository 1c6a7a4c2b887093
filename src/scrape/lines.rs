//! Bytes to lines, as a terminal would show them.
//!
//! A progress display hardly ever ends its lines. It goes back in the row and draws over what stood
//! there, by a carriage return, a run of backspaces or a cursor movement, so each of these ends a
//! line here, too: whatever is then seen in the row is reported, with how it ended. Text that is
//! drawn over is almost always a display, text that scrolls away is almost always a log. What a
//! movement leaves standing is for [`screen`](super::screen) to know.
//!
//! Escape sequences (ECMA-48) come wherever a read happens to cut them; colours, which no number
//! needs, are dropped. Two bytes are awkward. A carriage return may be half of a line end, so it
//! waits for the next byte. And a line may never be ended at all, so [`Lines::open`] shows the
//! unfinished one without taking it.
//!
//! Every byte of a flood comes by here, so text is taken a run at a time: whatever lies between two
//! control bytes is found eight bytes at once and copied once.

use std::borrow::Cow;

use super::act::Act;
use super::escape::{self, Escape, Order};
use super::graphics::Sets;
use super::screen::Screen;

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

/// The splitter. It holds the screen, and where in an escape sequence the last read ended.
#[derive(Debug)]
pub struct Lines {
    screen: Screen,
    escape: Escape,
    charsets: Sets,
    began: Edge,
    /// A carriage return came, and what follows decides which [`Edge`] it was.
    returned: bool,
    /// Something was written since the row was last reported, besides what its pen holds.
    is_new: bool,
    /// The row was reported, and stays as it is until it has been looked at.
    taken: bool,
    /// What ended the row, and is to happen then.
    due: Option<Act>,
}

impl Default for Lines {
    fn default() -> Self {
        Self {
            screen: Screen::default(),
            escape: Escape::default(),
            charsets: Sets::default(),
            began: Edge::Feed,
            returned: false,
            is_new: false,
            taken: false,
            due: None,
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
            self.taken = false;
            self.go_on();
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
        self.screen.row_mut().write(&self.charsets.show(run));
        Some(None)
    }

    /// The bytes of the line that [`Lines::advance`] has just reported.
    pub fn ended(&self) -> &[u8] {
        if self.taken {
            self.screen.row().under()
        } else {
            &[]
        }
    }

    /// The last byte that was written in an unfinished line.
    pub fn last_written(&self) -> Option<u8> {
        let row = self.screen.row();
        let last = row.pen().last().or(row.under().last());
        last.copied().filter(|_| self.is_open())
    }

    /// The unfinished line as it stands now, which may end in the middle of a word.
    pub fn open(&self) -> Option<Line> {
        let (bytes, place) = self.open_bytes()?;
        Some(line(&bytes, place))
    }

    /// As [`Lines::open`], without decoding it.
    pub fn open_bytes(&self) -> Option<(Cow<'_, [u8]>, Place)> {
        let ended = if self.returned {
            Edge::Redraw
        } else {
            Edge::Open
        };
        self.is_open()
            .then(|| (self.screen.row().seen(), self.place(ended)))
    }

    /// Whether anything in the row has not been reported yet.
    fn is_open(&self) -> bool {
        !self.taken && (self.is_new || !is_blank(self.screen.row().pen()))
    }

    /// One of the bytes that move the cursor, or begin to.
    fn control(&mut self, byte: u8) -> Option<Mark> {
        match byte {
            b'\n' => self.act(Act::Feed),
            b'\r' => {
                self.returned = true;
                None
            }
            0x08 => self.act(Act::Left(1)),
            0x1b => {
                self.escape.begin();
                None
            }
            _ => None,
        }
    }

    /// A control byte inside of a sequence counts as if it stood outside.
    fn obey(&mut self, order: Order) -> Option<Mark> {
        match order {
            Order::None => None,
            Order::Byte(byte) => self.control(byte),
            Order::Act(act) => self.act(act),
            Order::Taskbar(percent) => Some(Mark::Taskbar(percent)),
            Order::Designate(at, charset) => {
                self.charsets.designate(at, charset);
                None
            }
        }
    }

    /// What is seen now is reported before it happens, if it is new and the cursor leaves it.
    fn act(&mut self, act: Act) -> Option<Mark> {
        self.due = Some(act);
        self.screen.foresee(act);
        let mark = match act.edge() {
            Some(edge) if act == Act::Feed || !self.returned => self.end_line(edge),
            _ if self.returned => self.end_line(Edge::Redraw),
            _ => None,
        };
        if mark.is_none() {
            self.go_on();
        }
        mark
    }

    /// Reports the row, if there is something new in it.
    fn end_line(&mut self, edge: Edge) -> Option<Mark> {
        let is_open = self.is_open();
        let place = self.place(edge);
        self.is_new = false;
        self.began = edge;
        let row = self.screen.row_mut();
        if edge == Edge::Feed || std::mem::take(&mut self.returned) {
            self.returned = false;
            row.lift();
        } else {
            row.rest();
        }
        self.taken = is_open;
        is_open.then_some(Mark::Line(place))
    }

    /// What ended the row happens, now that it has been looked at.
    fn go_on(&mut self) {
        let Some(act) = self.due.take() else {
            return;
        };
        if act.edge().is_none() {
            self.is_new |= !is_blank(self.screen.row().pen());
        }
        self.screen.act(act);
        if self.screen.at().is_above() && act.edge().is_some() {
            self.began = Edge::Redraw;
        }
    }

    fn place(&self, ended: Edge) -> Place {
        Place {
            began: self.began,
            ended,
            row: self.screen.at().row(),
            picture: self.screen.picture(),
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
