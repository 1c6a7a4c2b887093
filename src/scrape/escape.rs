//! Escape sequences (ECMA-48), and what they want of the screen.

use super::act::{Act, Part};

/// Bytes kept of an operating system command; ConEmu's progress needs a dozen.
const MAX_COMMAND: usize = 64;

/// What a finished sequence means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Order {
    /// Nothing: a colour, a mode.
    None,
    /// It was no sequence after all, or a control byte stood inside of it.
    Byte(u8),
    /// Something happens to the cursor, or to what stands on the screen.
    Act(Act),
    /// The set of characters to write with, 0, or the one to shift to, 1.
    Designate(usize, Charset),
    /// The terminal is to show this percentage.
    Taskbar(f64),
}

/// What ASCII is shown as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Charset {
    /// Itself.
    #[default]
    Text,
    /// The letters are strokes and corners: the special graphics of DEC's VT100, which curses draws
    /// its frames with.
    Graphics,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    #[default]
    Outside,
    Escape,
    /// ECMA-48 §5.4: parameters, then one final byte that says what it does.
    Control,
    /// ECMA-48 §5.6: everything up to BEL or `ESC \`.
    Command,
    CommandEscape,
    /// One more byte names a character set.
    Charset,
    /// The same, of the one to shift to.
    ShiftCharset,
    /// The same, of what this reader does not follow.
    OtherCharset,
}

/// Where in a sequence the stream stands.
#[derive(Debug, Default)]
pub struct Escape {
    state: State,
    command: Vec<u8>,
    parameters: Parameters,
}

/// The parameters of a control sequence (ECMA-48 §5.4.2), as far as one of [`Act`] has any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Parameters {
    /// The first two numbers; 0 for one that is not there.
    numbers: [u16; 2],
    /// Which one is being read.
    at: usize,
    /// Other bytes are among them: the sequence is somebody's own.
    private: bool,
}

impl Parameters {
    fn read_on(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match byte {
                b'0'..=b'9' => {
                    if let Some(number) = self.numbers.get_mut(self.at) {
                        let digit = u16::from(byte - b'0');
                        *number = number.saturating_mul(10).saturating_add(digit);
                    }
                }
                b';' => self.at = self.at.saturating_add(1),
                _ => self.private = true,
            }
        }
    }

    /// A number that counts, or a place: 1 if it is not there.
    fn count(&self, at: usize) -> u16 {
        self.numbers[at].max(1)
    }

    fn part(&self) -> Option<Part> {
        match self.numbers[0] {
            0 => Some(Part::Behind),
            1 => Some(Part::Before),
            2 | 3 => Some(Part::All),
            _ => None,
        }
    }

    /// What a final byte does with them; `None` if it shows nothing, or is not known.
    fn act(&self, last: u8) -> Option<Act> {
        let [one, two] = [self.count(0), self.count(1)];
        Some(match last {
            _ if self.private => return None,
            b'A' => Act::Up(one),
            b'B' | b'e' => Act::Down(one),
            b'C' | b'a' => Act::Right(one),
            b'D' => Act::Left(one),
            b'E' => Act::DownHome(one),
            b'F' => Act::UpHome(one),
            b'G' | b'`' => Act::Column(one),
            b'H' | b'f' => Act::To(one, two),
            b'd' => Act::Row(one),
            b'J' => Act::EraseScreen(self.part()?),
            b'K' => Act::EraseRow(self.part()?),
            b'X' => Act::EraseCells(one),
            b'P' => Act::DeleteCells(one),
            b'@' => Act::InsertCells(one),
            b'b' => Act::Repeat(one),
            b'L' | b'M' | b'S' | b'T' => Act::Scroll,
            b's' => Act::Save,
            b'u' => Act::Restore,
            _ => return None,
        })
    }
}

impl Escape {
    /// Whether the next byte belongs to a sequence.
    pub fn is_within(&self) -> bool {
        self.state != State::Outside
    }

    /// The byte ESC came.
    pub fn begin(&mut self) {
        self.state = State::Escape;
    }

    /// Takes bytes up to the end of the sequence, and returns what it means and the bytes after it.
    /// `None`: its end is not among them.
    pub fn advance<'a>(&mut self, bytes: &'a [u8]) -> (Option<Order>, &'a [u8]) {
        let mut rest = bytes;
        while let Some((&byte, after)) = rest.split_first() {
            let (order, after) = match self.state {
                State::Control => return self.control(rest),
                State::Command => self.command(rest),
                State::CommandEscape if byte == b'\\' => (Some(self.end_command()), after),
                State::Escape | State::CommandEscape => (self.escape(byte), after),
                State::Charset => (Some(self.end(Order::Designate(0, charset(byte)))), after),
                State::ShiftCharset => (Some(self.end(Order::Designate(1, charset(byte)))), after),
                State::Outside | State::OtherCharset => (Some(self.end(Order::None)), after),
            };
            if order.is_some() {
                return (order, after);
            }
            rest = after;
        }
        (None, rest)
    }

    fn end(&mut self, order: Order) -> Order {
        self.state = State::Outside;
        order
    }

    fn escape(&mut self, byte: u8) -> Option<Order> {
        self.state = match byte {
            b'[' => {
                self.parameters = Parameters::default();
                State::Control
            }
            b']' | b'P' | b'X' | b'^' | b'_' => {
                self.command.clear();
                State::Command
            }
            b'(' => State::Charset,
            b')' => State::ShiftCharset,
            b' ' | b'#' | b'%' | b'*'..=b'/' => State::OtherCharset,
            _ => State::Outside,
        };
        (self.state == State::Outside).then_some(match byte {
            b'7' => Order::Act(Act::Save),
            b'8' => Order::Act(Act::Restore),
            // Index, next line, reverse index (ECMA-48 §8.3.86, fourth edition).
            b'D' => Order::Act(Act::Down(1)),
            b'E' => Order::Act(Act::DownHome(1)),
            b'M' => Order::Act(Act::Up(1)),
            0..=0x1f => Order::Byte(byte),
            _ => Order::None,
        })
    }

    /// Most sequences are colours, whose parameters nobody wants: so the end is looked for first.
    fn control<'a>(&mut self, bytes: &'a [u8]) -> (Option<Order>, &'a [u8]) {
        let end = bytes
            .iter()
            .position(|byte| matches!(byte, 0..=0x1f | 0x40..=0x7e));
        let (parameters, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
        let Some((&last, rest)) = rest.split_first() else {
            self.parameters.read_on(parameters);
            return (None, rest);
        };
        let order = if last <= 0x1f {
            Order::Byte(last)
        } else {
            self.parameters.read_on(parameters);
            self.parameters.act(last).map_or(Order::None, Order::Act)
        };
        (Some(self.end(order)), rest)
    }

    /// A line end inside a command means that it was none: a terminal would swallow the rest of
    /// the output, and a reader must not.
    fn command<'a>(&mut self, bytes: &'a [u8]) -> (Option<Order>, &'a [u8]) {
        let end = bytes
            .iter()
            .position(|byte| matches!(byte, 0x07 | 0x1b | b'\n' | b'\r'));
        let (text, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
        let room = MAX_COMMAND - self.command.len();
        self.command.extend(text.iter().take(room));
        let Some((&last, rest)) = rest.split_first() else {
            return (None, rest);
        };
        let order = match last {
            0x07 => Some(self.end_command()),
            0x1b => {
                self.state = State::CommandEscape;
                None
            }
            byte => Some(self.end(Order::Byte(byte))),
        };
        (order, rest)
    }

    fn end_command(&mut self) -> Order {
        let order = taskbar(&self.command).map_or(Order::None, Order::Taskbar);
        self.end(order)
    }
}

/// What follows a colour, if the bytes begin with a whole one: that is most of all sequences, and
/// needs no state. Its parameters are digits, `:` and `;` (ECMA-48 §5.4.2).
pub fn after_colour(bytes: &[u8]) -> Option<&[u8]> {
    let parameters = bytes.strip_prefix(b"\x1b[")?;
    let end = parameters
        .iter()
        .position(|byte| !matches!(byte, b'0'..=b';'))?;
    parameters.get(end..)?.strip_prefix(b"m")
}

fn charset(name: u8) -> Charset {
    if name == b'0' {
        Charset::Graphics
    } else {
        Charset::Text
    }
}

/// State 1 is a value; the others say that there is none (off, failed, indeterminate, paused).
fn taskbar(command: &[u8]) -> Option<f64> {
    let value = std::str::from_utf8(command.strip_prefix(b"9;4;1;")?).ok()?;
    let percent: f64 = value.split(';').next()?.trim().parse().ok()?;
    (0.0..=100.0).contains(&percent).then_some(percent)
}
