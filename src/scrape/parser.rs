//! Which of the rules a reader follows, and the names by which they are chosen.
//!
//! Left alone, a reader follows all of them and asks for proof. Somebody who names a parser vouches
//! for the command: only that parser's rules are followed, and what they find counts at once, except
//! for a counter where there are percentages. The names of tools are there because people think in
//! them. Each stands for the rules that tool's output needs, and nothing else is known about the tool.

use std::fmt;
use std::str::FromStr;

/// Which of a command's streams bytes come from. What a terminal gets is one stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output, or a terminal.
    Out,
    /// Standard error.
    Err,
}

/// One way to say how far a work has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// `OSC 9;4`: said to the terminal.
    Taskbar,
    /// A line that is a JSON object.
    Json,
    /// A status line or block for machines: `dlstatus:…`, `PROGRESS=42`.
    Status,
    /// Columns of numbers under a head.
    Table,
    /// The length of a film, and the time within it.
    Clock,
    /// A number from 0 to 100, alone on its line.
    Number,
    /// A printed percentage.
    Percent,
    /// `12/40`, `3 of 10`.
    Ratio,
    /// A bar, with nothing to say how long it is.
    Bar,
    /// How much, of nobody knows how much.
    Amount,
}

use Rule::{Amount, Bar, Clock, Json, Number, Percent, Ratio, Status, Table, Taskbar};

/// All of them.
const ALL: &[Rule] = &[
    Taskbar, Json, Status, Table, Clock, Number, Percent, Ratio, Bar, Amount,
];

/// A line for people: whatever stands on it.
const LINE: &[Rule] = &[Percent, Ratio, Amount];

/// The names, and what each of them follows.
const NAMES: &[(&str, &[Rule])] = &[
    ("auto", ALL),
    ("none", &[]),
    ("json", &[Json]),
    ("osc", &[Taskbar]),
    ("number", &[Number, Status]),
    ("percent", &[Percent]),
    ("ratio", &[Ratio]),
    ("bar", &[Bar]),
    ("amount", &[Amount]),
    ("7z", &[Percent]),
    ("apt", &[Status, Percent]),
    ("aria2", LINE),
    ("cargo", &[Ratio]),
    ("cmake", &[Percent]),
    ("curl", &[Table, Percent]),
    ("dd", &[Amount]),
    ("ffmpeg", &[Clock]),
    ("git", LINE),
    ("ninja", &[Ratio]),
    ("pip", &[Ratio]),
    ("pv", &[Percent, Ratio, Amount, Number]),
    ("rich", LINE),
    ("rsync", LINE),
    ("tqdm", LINE),
    ("wget", LINE),
    ("yt-dlp", &[Json, Percent, Ratio, Amount]),
    ("zstd", &[Ratio]),
];

/// The rules a reader follows. [`Parser::default`] is `auto`: all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parser {
    name: &'static str,
    rules: &'static [Rule],
}

impl Parser {
    /// Every name that [`Parser::from_str`] takes.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, _)| *name)
    }

    /// Whether `rule` is one of its rules.
    pub fn follows(&self, rule: Rule) -> bool {
        self.rules.contains(&rule)
    }

    /// Whether somebody chose it, so that no proof is asked for.
    pub fn is_forced(&self) -> bool {
        self.name != "auto"
    }
}

impl Default for Parser {
    fn default() -> Self {
        Self {
            name: "auto",
            rules: ALL,
        }
    }
}

/// There is no parser of that name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownParser(String);

impl fmt::Display for UnknownParser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = Parser::names().collect();
        write!(f, "no parser {:?}, but: {}", self.0, names.join(", "))
    }
}

impl std::error::Error for UnknownParser {}

impl FromStr for Parser {
    type Err = UnknownParser;

    fn from_str(name: &str) -> Result<Self, UnknownParser> {
        let known = NAMES.iter().find(|(known, _)| *known == name);
        known
            .map(|&(name, rules)| Self { name, rules })
            .ok_or_else(|| UnknownParser(name.to_owned()))
    }
}
