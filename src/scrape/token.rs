//! A line cut into numbers, words, blanks and marks.
//!
//! What makes `42%` a percentage and `a%20b` none is what stands beside it. After this cut every
//! such question is one about neighbours, asked by index, so that all the readers are linear
//! without having to think about it.

/// A line with more than one broken byte in so many is no text. A name in an old encoding has fewer.
const MAX_BROKEN: usize = 16;

/// Apostrophes and blanks that part the thousands of a number and end no word: a no-break space, a
/// narrow one and a thin one.
const THOUSANDS: [&str; 5] = ["'", "’", "\u{a0}", "\u{202f}", "\u{2009}"];

/// The four kinds of token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Digits, and what stands between digits: `7`, `6,717,440`, `9.765,6`, `1'234'567`.
    Number,
    /// Letters, with the digits that follow them: `MiB`, `h00m04s`.
    Word,
    /// A run of blanks of any kind.
    Space,
    /// A run of one other character: `%`, `====`, `█`.
    Mark,
}

/// One piece of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: Kind,
    /// The text itself.
    pub text: &'a str,
    /// Where it starts in the line, in bytes.
    pub start: usize,
    /// Whether it stands between quotation marks: a name, which may hold anything.
    pub quoted: bool,
}

/// A line with its tokens. Looking outside of it is no error: there is nothing there.
#[derive(Debug)]
pub struct Text<'a> {
    line: &'a str,
    tokens: Vec<Token<'a>>,
}

impl<'a> Text<'a> {
    /// Cuts a line. Linear in its length.
    pub fn new(line: &'a str) -> Self {
        let mut tokens = Vec::new();
        let mut start = 0;
        while let Some(token) = token(line, start) {
            start += token.text.len();
            tokens.push(token);
        }
        quote(&mut tokens);
        Self { line, tokens }
    }

    /// All tokens, in order.
    pub fn tokens(&self) -> &[Token<'a>] {
        &self.tokens
    }

    /// The text of the token at `at`, empty outside of the line.
    pub fn str(&self, at: usize) -> &'a str {
        self.tokens.get(at).map_or("", |token| token.text)
    }

    /// The kind of the token at `at`.
    pub fn kind(&self, at: usize) -> Option<Kind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    /// The text of the token before `at`.
    pub fn before(&self, at: usize) -> &'a str {
        at.checked_sub(1).map_or("", |at| self.str(at))
    }

    /// The kind of the token before `at`.
    pub fn kind_before(&self, at: usize) -> Option<Kind> {
        self.kind(at.checked_sub(1)?)
    }

    /// `at`, or the next one if there is a blank at `at`.
    pub fn past_space(&self, at: usize) -> usize {
        at + usize::from(self.kind(at) == Some(Kind::Space))
    }

    /// `at`, or the one before if there is a blank before `at`.
    pub fn back_over_space(&self, at: usize) -> usize {
        at - usize::from(self.kind_before(at) == Some(Kind::Space))
    }

    /// The text of the tokens from `from` up to, without, `to`.
    pub fn span(&self, from: usize, to: usize) -> &'a str {
        let start = self
            .tokens
            .get(from)
            .map_or(self.line.len(), |token| token.start);
        let end = self
            .tokens
            .get(to)
            .map_or(self.line.len(), |token| token.start);
        self.line.get(start..end).unwrap_or("")
    }

    /// Whether the token at `at` is the word `word`, in any case.
    pub fn is_word(&self, at: usize, word: &str) -> bool {
        self.kind(at) == Some(Kind::Word) && self.str(at).eq_ignore_ascii_case(word)
    }
}

/// Whether so many of its bytes are no text that the rest is none, either.
pub fn is_garbage(line: &str) -> bool {
    let broken = line.matches(char::REPLACEMENT_CHARACTER).count();
    broken > 1 && broken * MAX_BROKEN > line.len()
}

fn token(line: &str, start: usize) -> Option<Token<'_>> {
    let rest = line.get(start..)?;
    let first = rest.chars().next()?;
    let (kind, length) = if first.is_ascii_digit() {
        (Kind::Number, number_length(rest.as_bytes()))
    } else if first.is_alphabetic() || first == '_' {
        (
            Kind::Word,
            run(rest, |char| char.is_alphanumeric() || char == '_'),
        )
    } else if first.is_whitespace() {
        (Kind::Space, run(rest, char::is_whitespace))
    } else {
        (Kind::Mark, run(rest, |char| char == first))
    };
    Some(Token {
        kind,
        text: rest.get(..length)?,
        start,
        quoted: false,
    })
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|char| !belongs(char)).unwrap_or(text.len())
}

fn number_length(text: &[u8]) -> usize {
    let digit = |at: usize| text.get(at).is_some_and(u8::is_ascii_digit);
    let separator = |at: usize| matches!(text.get(at), Some(b'.' | b','));
    let mut at = 0;
    let mut group = 0;
    loop {
        if digit(at) {
            at += 1;
        } else if separator(at) && digit(at + 1) {
            at += 1;
            group = at;
        } else if let Some(length) = thousands_mark(text, group, at) {
            at += length;
            group = at;
        } else {
            return at;
        }
    }
}

/// The length of the mark at `at`, if one stands there that parts only thousands and the digits since
/// `group` are parted so.
fn thousands_mark(text: &[u8], group: usize, at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    let mark = THOUSANDS
        .iter()
        .find(|mark| rest.starts_with(mark.as_bytes()))?;
    let digits = rest[mark.len()..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit());
    ((1..=3).contains(&(at - group)) && digits.take(4).count() == 3).then_some(mark.len())
}

/// Marks what is between a pair of quotation marks. One without its partner quotes nothing.
fn quote(tokens: &mut [Token<'_>]) {
    let mut open: Option<(usize, &str)> = None;
    for at in 0..tokens.len() {
        let mark = tokens[at].text;
        match open {
            None => open = closing(tokens, at).map(|closing| (at, closing)),
            Some((from, closing)) if mark == closing && !(mark == "'" && glued(tokens, at + 1)) => {
                tokens[from..at]
                    .iter_mut()
                    .for_each(|token| token.quoted = true);
                open = None;
            }
            Some(_) => {}
        }
    }
}

/// The partner of the quotation mark at `at`, unless that is an apostrophe: `don't`, `users'`.
fn closing(tokens: &[Token<'_>], at: usize) -> Option<&'static str> {
    match tokens[at].text {
        "\"" => Some("\""),
        "“" => Some("”"),
        "‘" => Some("’"),
        "«" => Some("»"),
        "'" if !at
            .checked_sub(1)
            .is_some_and(|before| glued(tokens, before)) =>
        {
            Some("'")
        }
        _ => None,
    }
}

fn glued(tokens: &[Token<'_>], at: usize) -> bool {
    let token = tokens.get(at);
    token.is_some_and(|token| matches!(token.kind, Kind::Word | Kind::Number))
}
