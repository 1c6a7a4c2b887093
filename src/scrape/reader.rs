//! The reader of one stream: which of the things seen in it is progress.
//!
//! A display says itself that it is one: it is drawn over, or has a bar, a speed, a time left. What
//! has none of these must prove itself by changing. And where several speak at once the one that
//! means to be read has the word: what is said to the terminal before a machine's line, that before
//! the line of the whole, that before the rest. The word is not kept for ever, since a script may
//! run one tool after another.

use super::amount::percent_of;
use super::json::{self, Scale};
use super::lines::{Edge, Line, Lines, Piece};
use super::media::Media;
use super::reading::Reading;
use super::shape::Shapes;
use super::sight::{self, Evidence};
use super::status;
use super::token::Text;

/// How long a line may stay unfinished before it is looked at. Many tools leave the newest one
/// open; others write a number digit by digit.
const QUIET_MS: u64 = 80;

/// How long a better source silences the lesser ones.
const WORD_MS: u64 = 10_000;

/// Bytes of a line that are looked at, from its end; only JSON is read whole.
const MAX_SIGHT: usize = 4096;

/// Who says it. The later ones have the word over the earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    /// An amount without a total.
    Amount,
    /// A number that is progress only because it changes.
    Hint,
    Line,
    Whole,
    Machine,
    Terminal,
}

/// One stream's (stdout, stderr, or a terminal's) reader.
#[derive(Debug, Default)]
pub struct Reader {
    lines: Lines,
    memory: Memory,
    /// When the unfinished line is to be looked at.
    deadline_ms: Option<u64>,
    last: Option<Reading>,
}

impl Reader {
    /// A reader that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes bytes as they were read, and returns the readings they complete, oldest first, none
    /// twice in a row. `now_ms` is any clock that does not go back.
    pub fn push(&mut self, mut bytes: &[u8], now_ms: u64) -> Vec<Reading> {
        let mut readings = Vec::new();
        while let Some(piece) = self.lines.next(&mut bytes) {
            let found = self.memory.read(&piece, now_ms);
            readings.extend(found.and_then(|reading| self.news(reading)));
        }
        self.deadline_ms = self
            .lines
            .is_open()
            .then(|| now_ms.saturating_add(QUIET_MS));
        readings
    }

    /// Looks at the unfinished line; call it once [`Reader::deadline_ms`] has passed, and at the
    /// end of the stream.
    pub fn flush(&mut self, now_ms: u64) -> Vec<Reading> {
        self.deadline_ms = None;
        let line = self.lines.open();
        let found = line.and_then(|line| self.memory.read(&Piece::Line(line), now_ms));
        found
            .and_then(|reading| self.news(reading))
            .into_iter()
            .collect()
    }

    /// When to call [`Reader::flush`], unless more bytes come before.
    pub fn deadline_ms(&self) -> Option<u64> {
        self.deadline_ms
    }

    fn news(&mut self, reading: Reading) -> Option<Reading> {
        if self.last.as_ref() == Some(&reading) {
            return None;
        }
        self.last = Some(reading.clone());
        Some(reading)
    }
}

/// What earlier lines said that later ones need.
#[derive(Debug, Default)]
struct Memory {
    shapes: Shapes,
    media: Media,
    scale: Scale,
    bare: Option<f64>,
    /// Who has the word, and until when.
    word: Option<(Source, u64)>,
}

impl Memory {
    fn read(&mut self, piece: &Piece, now_ms: u64) -> Option<Reading> {
        let (source, reading) = match piece {
            Piece::Taskbar(percent) => (Source::Terminal, Reading::of_percent(*percent)),
            Piece::Line(line) => self.line(line)?,
        };
        self.has_word(source, now_ms).then(|| reading.cut())
    }

    fn has_word(&mut self, source: Source, now_ms: u64) -> bool {
        if self
            .word
            .is_some_and(|(word, until_ms)| word > source && now_ms < until_ms)
        {
            return false;
        }
        self.word = Some((source, now_ms.saturating_add(WORD_MS)));
        true
    }

    fn line(&mut self, line: &Line) -> Option<(Source, Reading)> {
        if let Some(report) = json::read(&line.text) {
            return self
                .report(report)
                .map(|reading| (Source::Machine, reading));
        }
        let shown = tail(&line.text);
        if self.media.notice(shown) {
            return None;
        }
        if let Some(status) = status::apt(shown) {
            return Some((Source::Machine, status));
        }
        if let Some(status) = status::curl(shown) {
            return Some((Source::Line, status));
        }
        if let Some((done, total)) = self.media.read(shown) {
            return Some((Source::Line, of_film(shown, done, total)));
        }
        self.bare(line, shown).or_else(|| self.display(line, shown))
    }

    fn report(&mut self, report: json::Report) -> Option<Reading> {
        let counted = report
            .loaded
            .zip(report.total)
            .map(|(loaded, total)| percent_of(loaded, total));
        let percent = report
            .share
            .and_then(|share| self.scale.percent(share))
            .or(counted)?;
        Some(Reading {
            percent: Some(percent),
            loaded: report.loaded,
            total: report.total,
            unit: report.unit,
            speed: report.speed,
            eta: report.eta,
            message: report.message,
        })
    }

    /// A number with no sign of what it is counts from the second on, while it rises. An open line
    /// may still get another digit.
    fn bare(&mut self, line: &Line, shown: &str) -> Option<(Source, Reading)> {
        if line.ended == Edge::Open {
            return None;
        }
        let value = status::named(shown).or_else(|| status::bare(shown))?;
        let before = self.bare.replace(value)?;
        (value >= before).then(|| (Source::Hint, Reading::of_percent(value)))
    }

    fn display(&mut self, line: &Line, shown: &str) -> Option<(Source, Reading)> {
        let text = Text::new(sight::from_whole(shown));
        let sight = sight::see(&text)?;
        let value = sight.reading.percent.or(sight.reading.loaded)?;
        let source = match sight.evidence {
            Evidence::Whole => Source::Whole,
            Evidence::Display => Source::Line,
            Evidence::Number if line.is_redrawn() => Source::Line,
            Evidence::Amount if line.is_redrawn() => Source::Amount,
            _ if !self.shapes.has_changed(&text, value) => return None,
            Evidence::Number => Source::Hint,
            Evidence::Amount => Source::Amount,
        };
        Some((source, sight.reading))
    }
}

fn of_film(line: &str, done: f64, total: f64) -> Reading {
    let text = Text::new(line);
    Reading {
        percent: Some(percent_of(done, total)),
        loaded: Some(done),
        total: Some(total),
        unit: Some("s"),
        speed: super::speed::find(&text).map(|speed| speed.spelled()),
        ..Reading::default()
    }
}

/// The end of a long line, where the number is, from a blank on: half a word is no word.
fn tail(line: &str) -> &str {
    let from = line.len().saturating_sub(MAX_SIGHT);
    let is_cut = |(at, char): (usize, char)| (at >= from && char.is_whitespace()).then_some(at);
    let from = if from == 0 {
        Some(0)
    } else {
        line.char_indices().find_map(is_cut)
    };
    from.and_then(|from| line.get(from..)).unwrap_or("")
}
