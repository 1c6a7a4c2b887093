//! Escape sequences (ECMA-48), and what they want of the line.

/// Bytes kept of an operating system command; ConEmu's progress needs a dozen.
const MAX_COMMAND: usize = 64;

/// What a finished sequence means for the text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Order {
    /// Nothing: a colour, a clearing, a mode.
    None,
    /// It was no sequence after all, or a control byte stood inside of it.
    Byte(u8),
    /// The cursor leaves the row, or its place in it.
    Leave,
    /// The cursor goes to this row of the screen, 1 for the first.
    To(u16),
    /// The cursor goes up so many rows.
    Up(u16),
    /// The cursor goes down so many rows.
    Down(u16),
    /// The cursor goes right, over what stands there.
    Skip,
    /// The terminal is to show this percentage.
    Taskbar(f64),
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
}

/// Where in a sequence the stream stands.
#[derive(Debug, Default)]
pub struct Escape {
    state: State,
    command: Vec<u8>,
    /// The first number in the control sequence being read: how far the cursor moves, or where to.
    count: u16,
    /// Other numbers follow.
    counted: bool,
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
                State::Outside | State::Charset => (Some(self.end(Order::None)), after),
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
                (self.count, self.counted) = (0, false);
                State::Control
            }
            b']' | b'P' | b'X' | b'^' | b'_' => {
                self.command.clear();
                State::Command
            }
            b' ' | b'#' | b'%' | b'('..=b'/' => State::Charset,
            _ => State::Outside,
        };
        (self.state == State::Outside).then_some(match byte {
            // Restore cursor, index, next line, reverse index: the cursor leaves the row.
            b'8' | b'D' | b'E' | b'M' => Order::Leave,
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
            self.count_on(parameters);
            return (None, rest);
        };
        let order = match last {
            0..=0x1f => Order::Byte(last),
            b'G' => Order::Leave,
            b'H' | b'f' | b'd' => Order::To(self.count_on(parameters).max(1)),
            b'C' => Order::Skip,
            b'A' | b'F' => Order::Up(self.count_on(parameters).max(1)),
            b'B' | b'E' => Order::Down(self.count_on(parameters).max(1)),
            _ => Order::None,
        };
        (Some(self.end(order)), rest)
    }

    fn count_on(&mut self, parameters: &[u8]) -> u16 {
        for byte in parameters {
            self.counted |= *byte == b';';
            if byte.is_ascii_digit() && !self.counted {
                let digit = u16::from(byte - b'0');
                self.count = self.count.saturating_mul(10).saturating_add(digit);
            }
        }
        self.count
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

/// State 1 is a value; the others say that there is none (off, failed, indeterminate, paused).
fn taskbar(command: &[u8]) -> Option<f64> {
    let value = std::str::from_utf8(command.strip_prefix(b"9;4;1;")?).ok()?;
    let percent: f64 = value.split(';').next()?.trim().parse().ok()?;
    (0.0..=100.0).contains(&percent).then_some(percent)
}
