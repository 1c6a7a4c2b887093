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

/// Bytes kept of one line. A line without end (a file sent to the terminal) loses its beginning.
pub const MAX_LINE: usize = 64 * 1024;

/// Bytes kept of an operating system command; ConEmu's progress needs a dozen.
const MAX_COMMAND: usize = 64;

/// What separates two lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// A line feed: the row is left as it stands.
    Feed,
    /// The cursor went back: the row is drawn again.
    Redraw,
    /// Nothing yet: more of the line may come.
    Open,
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

impl Line {
    /// Whether the row was drawn over: the mark of a display.
    pub fn is_redrawn(&self) -> bool {
        self.began == Edge::Redraw || self.ended == Edge::Redraw
    }
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Ground,
    Escape,
    /// ECMA-48 §5.4: parameters, then one final byte that says what it does.
    Control,
    /// ECMA-48 §5.6: everything up to BEL or `ESC \`.
    Command,
    CommandEscape,
    /// One more byte names a character set.
    Charset,
}

/// The splitter. It holds the unfinished line, and where in an escape sequence the last read ended.
#[derive(Debug)]
pub struct Lines {
    text: Vec<u8>,
    command: Vec<u8>,
    state: State,
    began: Edge,
    /// A carriage return came, and what follows decides which [`Edge`] it was.
    returned: bool,
    /// The number in the control sequence being read: how far the cursor moves.
    count: u16,
    /// Rows the cursor stands above the lowest: each of them is drawn again.
    rows_above: u16,
}

impl Default for Lines {
    fn default() -> Self {
        Self {
            text: Vec::new(),
            command: Vec::new(),
            state: State::Ground,
            began: Edge::Feed,
            returned: false,
            count: 0,
            rows_above: 0,
        }
    }
}

impl Lines {
    /// Takes bytes off the front of `bytes` up to the next complete piece. `None` when all of them
    /// are taken.
    pub fn next(&mut self, bytes: &mut &[u8]) -> Option<Piece> {
        while let Some((&byte, rest)) = bytes.split_first() {
            *bytes = rest;
            if let Some(piece) = self.step(byte) {
                return Some(piece);
            }
        }
        None
    }

    /// Whether there is an unfinished line, blank as it may be.
    pub fn is_open(&self) -> bool {
        !self.text.is_empty()
    }

    /// The unfinished line as it stands now, which may end in the middle of a word.
    pub fn open(&self) -> Option<Line> {
        let ended = if self.returned {
            Edge::Redraw
        } else {
            Edge::Open
        };
        line(&self.text, self.began, ended)
    }

    fn step(&mut self, byte: u8) -> Option<Piece> {
        match self.state {
            State::Ground => return self.ground(byte),
            State::Escape => return self.escape(byte),
            State::Control => return self.control(byte),
            State::Command => return self.command(byte),
            State::CommandEscape if byte == b'\\' => return self.end_command(),
            State::CommandEscape => return self.escape(byte),
            State::Charset => self.state = State::Ground,
        }
        None
    }

    fn ground(&mut self, byte: u8) -> Option<Piece> {
        match byte {
            b'\n' => self.end_line(Edge::Feed),
            b'\r' => {
                self.returned = true;
                None
            }
            0x08 => self.end_line(Edge::Redraw),
            0x1b => {
                self.state = State::Escape;
                None
            }
            b'\t' => self.write(b' '),
            0..=0x1f | 0x7f => None,
            _ => self.write(byte),
        }
    }

    fn escape(&mut self, byte: u8) -> Option<Piece> {
        self.state = match byte {
            b'[' => {
                self.count = 0;
                State::Control
            }
            b']' | b'P' | b'X' | b'^' | b'_' => {
                self.command.clear();
                State::Command
            }
            b' ' | b'#' | b'%' | b'('..=b'/' => State::Charset,
            _ => State::Ground,
        };
        // Restore cursor, index, next line, reverse index: the cursor leaves the row.
        if matches!(byte, b'8' | b'D' | b'E' | b'M') {
            self.end_line(Edge::Redraw)
        } else {
            None
        }
    }

    fn control(&mut self, byte: u8) -> Option<Piece> {
        match byte {
            0..=0x1f => {
                self.state = State::Ground;
                self.ground(byte)
            }
            0x40..=0x7e => {
                self.state = State::Ground;
                self.move_cursor(byte)
            }
            b'0'..=b'9' => {
                self.count = self
                    .count
                    .saturating_mul(10)
                    .saturating_add(u16::from(byte - b'0'));
                None
            }
            _ => None,
        }
    }

    /// ECMA-48 §8.3: CUU, CUD, CNL, CPL, CHA, CUP, HVP and VPA leave the place in the text; CUF
    /// stands for the blanks it skips. All other functions move nothing.
    fn move_cursor(&mut self, last: u8) -> Option<Piece> {
        let rows = self.count.max(1);
        match last {
            b'A' | b'F' => self.rows_above = self.rows_above.saturating_add(rows),
            b'B' | b'E' => self.rows_above = self.rows_above.saturating_sub(rows),
            _ => {}
        }
        match last {
            b'A' | b'B' | b'E' | b'F' | b'G' | b'H' | b'f' | b'd' => self.end_line(Edge::Redraw),
            b'C' => self.write(b' '),
            _ => None,
        }
    }

    /// A line end inside a command means that it was none: a terminal would swallow the rest of
    /// the output, and a reader must not.
    fn command(&mut self, byte: u8) -> Option<Piece> {
        match byte {
            0x07 => return self.end_command(),
            0x1b => self.state = State::CommandEscape,
            b'\n' | b'\r' => {
                self.state = State::Ground;
                return self.ground(byte);
            }
            _ if self.command.len() < MAX_COMMAND => self.command.push(byte),
            _ => {}
        }
        None
    }

    fn end_command(&mut self) -> Option<Piece> {
        self.state = State::Ground;
        taskbar(&self.command).map(Piece::Taskbar)
    }

    /// Text after a carriage return begins a new line, and only now is it known that the return
    /// was no half of a line end.
    fn write(&mut self, byte: u8) -> Option<Piece> {
        let before = if self.returned {
            self.end_line(Edge::Redraw)
        } else {
            None
        };
        if self.text.len() == MAX_LINE {
            self.text.drain(..MAX_LINE / 2);
        }
        self.text.push(byte);
        before
    }

    fn end_line(&mut self, edge: Edge) -> Option<Piece> {
        let line = line(&self.text, self.began, edge);
        self.text.clear();
        if edge == Edge::Feed {
            self.rows_above = self.rows_above.saturating_sub(1);
        }
        self.began = if self.rows_above > 0 {
            Edge::Redraw
        } else {
            edge
        };
        self.returned = false;
        line.map(Piece::Line)
    }
}

fn line(text: &[u8], began: Edge, ended: Edge) -> Option<Line> {
    if text.iter().all(u8::is_ascii_whitespace) {
        return None;
    }
    let mut text = String::from_utf8_lossy(text).into_owned();
    // The controls beyond ASCII (ECMA-48 §5.3) come in two bytes. Terminals obey them, U+009B as
    // `ESC [`, so none may get into a message that somebody's terminal shows.
    text.retain(|char| !char.is_control());
    Some(Line { text, began, ended })
}

/// State 1 is a value; the others say that there is none (off, failed, indeterminate, paused).
fn taskbar(command: &[u8]) -> Option<f64> {
    let value = std::str::from_utf8(command.strip_prefix(b"9;4;1;")?).ok()?;
    let percent: f64 = value.split(';').next()?.trim().parse().ok()?;
    (0.0..=100.0).contains(&percent).then_some(percent)
}
