//! What earlier lines said that later ones need.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::amount::{Ratio, percent_of};
use super::bars::{Bars, Shown};
use super::drawn;
use super::frame::MAX_SIGHT;
use super::json::{self, Scale, Standing};
use super::lines::{Edge, Place};
use super::media::{Clock, Media};
use super::parser::{Parser, Rule};
use super::reading::{MAX_TEXT, Reading};
use super::shape::{Past, Shapes};
use super::sight::{self, Evidence, Sight};
use super::stage::Stages;
use super::status;
use super::steps::Steps;
use super::token::Text;

/// The least whole that somebody counts up to: `pass 1/3` is not the way through.
const MIN_COUNTED: f64 = 4.0;

/// By how many points a percentage has moved, whatever its rounding and that of the amount.
const MOVED: f64 = 5.0;

/// How long a better source silences the lesser ones.
const WORD_MS: u64 = 10_000;

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

/// The last line that was no progress, or a counter, and stayed: the title of what comes below.
#[derive(Debug, Clone, PartialEq)]
struct Heading {
    text: String,
    /// It counts the steps, so it names them better than the words beside a bar do.
    counts: bool,
}

/// What a line is to the display.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Role {
    /// A counter that scrolls by.
    Step,
    #[default]
    Other,
}

/// The memory of one command.
#[derive(Debug, Default)]
pub struct Memory {
    parser: Parser,
    shapes: Shapes,
    media: Media,
    scale: Scale,
    standing: Standing,
    /// The last number alone on its line.
    bare: Option<f64>,
    /// The last amount alone on a row that is drawn over.
    size: Option<f64>,
    /// The last amount beside a percentage, and the first percentage beside it.
    beside: Option<(f64, f64)>,
    /// The last amount that was read.
    amount: Option<f64>,
    bars: Bars,
    stages: Stages,
    steps: Steps,
    /// That of the line that is being read.
    role: Role,
    /// What stands above a bar.
    heading: Option<Heading>,
    /// Who has the word, and until when.
    word: Option<(Source, u64)>,
}

impl Memory {
    /// A memory of nothing.
    pub fn new(parser: Parser) -> Self {
        Self {
            parser,
            ..Self::default()
        }
    }

    /// The reading of what the terminal was told.
    pub fn taskbar(&mut self, percent: f64, now_ms: u64) -> Option<Reading> {
        self.follows(Rule::Taskbar).then_some(())?;
        self.role = Role::Other;
        self.publish(Source::Terminal, Reading::of_percent(percent), now_ms)
    }

    /// The reading of a line, if it is progress and nobody better has the word.
    pub fn line(&mut self, place: Place, text: &str, now_ms: u64) -> Option<Reading> {
        self.role = Role::Other;
        let found = self.read(place, text, now_ms);
        if self.role == Role::Step {
            self.heading = heading(text, Role::Step).or(self.heading.take());
            let had_display = self.steps.had_display();
            // An open line comes once more when it ends.
            if place.ended != Edge::Open {
                self.steps.begin();
            }
            if had_display {
                return None;
            }
        }
        let Some((source, mut reading)) = found else {
            if place.is_redrawn() {
                self.bars.leave(place.row);
            } else if self.role == Role::Other && !heads_table(text) {
                self.heading = heading(text, Role::Other).or(self.heading.take());
            }
            return None;
        };
        if matches!(source, Source::Line | Source::Hint)
            && let Some(percent) = reading.percent
        {
            if self.role == Role::Other {
                self.steps.show(percent);
            }
            let name = name(place, &reading);
            if place.is_redrawn() {
                self.bars.take_row(place.row, name);
            }
            match self.bars.shows(name, place, percent, now_ms) {
                Shown::Hidden => return None,
                Shown::Another => self.stages.rename(),
                Shown::Same => {}
            }
            if self.is_size_of_all(&reading, percent) {
                (reading.loaded, reading.unit) = (None, None);
            }
        }
        self.publish(source, reading, now_ms)
    }

    /// An amount that stands while the percentage beside it moves is no part of the work done.
    fn is_size_of_all(&mut self, reading: &Reading, percent: f64) -> bool {
        let Some(loaded) = reading.loaded.filter(|_| reading.total.is_none()) else {
            return false;
        };
        match self.beside {
            Some((before, first)) if before == loaded => (percent - first).abs() >= MOVED,
            _ => {
                self.beside = Some((loaded, percent));
                false
            }
        }
    }

    fn publish(&mut self, source: Source, reading: Reading, now_ms: u64) -> Option<Reading> {
        if self
            .word
            .is_some_and(|(word, until_ms)| word > source && now_ms < until_ms)
        {
            return None;
        }
        self.word = Some((source, now_ms.saturating_add(WORD_MS)));
        if source == Source::Amount {
            self.amount = reading.loaded;
        }
        let mut reading = reading.cut();
        reading.stage = reading.percent.map(|percent| {
            let heading = self.heading.as_ref().filter(|_| self.role == Role::Other);
            let label = || title(reading.words(), heading);
            self.stages.of(percent, label)
        });
        Some(reading)
    }

    fn read(&mut self, place: Place, text: &str, now_ms: u64) -> Option<(Source, Reading)> {
        if text.trim_start().starts_with('{')
            && let Some(report) = json::read(text)
        {
            self.follows(Rule::Json).then_some(())?;
            return self.report(report);
        }
        let shown = tail(text);
        if let Some(found) = self.film(shown) {
            return Some(found);
        }
        // All but a bar says it in digits, and most lines of a flood have none.
        if !shown.bytes().any(|byte| byte.is_ascii_digit()) {
            return self.drawing(place, shown);
        }
        self.status(place, shown)
            .or_else(|| self.bare(place, shown))
            .or_else(|| self.display(place, shown, now_ms))
            .or_else(|| self.drawing(place, shown))
    }

    fn follows(&self, rule: Rule) -> bool {
        self.parser.follows(rule)
    }

    fn report(&mut self, report: json::Report) -> Option<(Source, Reading)> {
        let counted = report
            .loaded
            .zip(report.total)
            .map(|(loaded, total)| percent_of(loaded, total));
        let share = report.share;
        let percent = share
            .and_then(|share| self.scale.percent(share))
            .or(counted);
        // What is not understood yet is no amount, but its other fields are known.
        let is_open = percent.is_none() && (share.is_some() || report.loaded.is_none());
        let fields = self.standing.complete(&report);
        if is_open && fields.is_empty() {
            return None;
        }
        let source = if percent.is_some() || is_open || report.is_state {
            Source::Machine
        } else {
            Source::Amount
        };
        let reading = Reading {
            percent,
            loaded: report.loaded,
            total: report.total,
            unit: report.unit,
            speed: report.speed,
            eta: report.eta,
            message: report.message,
            fields,
            ..Reading::default()
        };
        Some((source, reading))
    }

    fn drawing(&self, place: Place, shown: &str) -> Option<(Source, Reading)> {
        let counts = place.is_redrawn() || self.parser.is_forced();
        (self.follows(Rule::Bar) && counts).then_some(())?;
        Some((Source::Line, drawn::read(shown)?))
    }

    fn status(&self, place: Place, shown: &str) -> Option<(Source, Reading)> {
        let apt = || Some((Source::Machine, status::apt(shown)?));
        let curl = || Some((Source::Line, status::curl(shown)?));
        // The last mark of an open line may still get another digit.
        let open = place.ended == Edge::Open;
        let marks = shown.trim_end_matches(|char: char| open && char.is_ascii_digit());
        let scale = || Some((Source::Line, Reading::of_percent(status::scale(marks)?)));
        let table = self.follows(Rule::Table);
        let found = self.follows(Rule::Status).then(apt).flatten();
        found
            .or_else(|| table.then(curl).flatten())
            .or_else(|| self.follows(Rule::Number).then(scale).flatten())
    }

    fn film(&mut self, shown: &str) -> Option<(Source, Reading)> {
        self.follows(Rule::Clock).then_some(())?;
        match self.media.read(shown)? {
            Clock::Block(reading) => Some((Source::Machine, reading)),
            Clock::Film(reading) => Some((Source::Line, reading)),
            Clock::Endless(reading) => Some((Source::Amount, reading)),
        }
    }

    /// A number with no sign of what it is counts from the second on, while it rises. An open line
    /// may still get another digit.
    fn bare(&mut self, place: Place, shown: &str) -> Option<(Source, Reading)> {
        if place.ended == Edge::Open {
            return None;
        }
        if let Some(value) = status::named(shown).filter(|_| self.follows(Rule::Status)) {
            return Some((Source::Hint, Reading::of_percent(value)));
        }
        let value = status::bare(shown).filter(|_| self.follows(Rule::Number))?;
        let before = self.bare.replace(value);
        let proven = before.is_some_and(|before| value >= before) || self.parser.is_forced();
        proven.then(|| (Source::Hint, Reading::of_percent(value)))
    }

    fn display(&mut self, place: Place, shown: &str, now_ms: u64) -> Option<(Source, Reading)> {
        let text = Text::new(sight::from_whole(shown));
        let (parser, shapes) = (self.parser, &mut self.shapes);
        let nested = |ratios: &[Ratio]| {
            let counted = ratios.iter().map(|ratio| (ratio.loaded, ratio.total));
            shapes.note_counters(&text, counted.collect())
        };
        let sight = sight::see(&text, |rule| parser.follows(rule), nested)?;
        let value = sight.reading.percent.or(sight.reading.loaded)?;
        if !place.is_redrawn() && sight.counts_steps() {
            self.role = Role::Step;
        }
        let past = self.shapes.note(&text, value, now_ms);
        let counts = self.counts(&text, &sight, past, now_ms);
        // A log does not stop in the middle of a line; a display waits there for its next number.
        let drawn = place.is_redrawn() || place.ended == Edge::Open || self.is_vouched_for(&sight);
        let source = match sight.evidence {
            Evidence::Whole => Source::Whole,
            Evidence::Display => Source::Line,
            Evidence::Number if drawn => Source::Line,
            Evidence::Amount if drawn => Source::Amount,
            Evidence::Size => return self.size(drawn, value, sight.reading),
            Evidence::Number if past == Past::Changed || counts => Source::Hint,
            Evidence::Amount if past != Past::Unknown || self.goes_on(value) => Source::Amount,
            Evidence::Number | Evidence::Amount | Evidence::Cell => return None,
        };
        Some((source, sight.reading))
    }

    /// Whoever names a tool that prints percentages says nothing of the other numbers in its log:
    /// `11/26 12:40:01 [NOTICE]`.
    fn is_vouched_for(&self, sight: &Sight) -> bool {
        let counts = sight.counter.is_none() || !self.follows(Rule::Percent);
        self.parser.is_forced() && counts
    }

    /// Whether it is a counter that goes on, whatever else its line says.
    fn counts(&mut self, text: &Text<'_>, sight: &Sight, past: Past, now_ms: u64) -> bool {
        let Reading { percent, total, .. } = sight.reading;
        let counter = sight
            .counter
            .filter(|_| sight.evidence == Evidence::Number && past != Past::Jumps);
        let whole = total.filter(|total| *total >= MIN_COUNTED);
        let Some((at, (percent, total))) = counter.zip(percent.zip(whole)) else {
            return false;
        };
        self.shapes.note_counter(text, at, total, percent, now_ms)
    }

    /// Whether an amount that was read before may have come to `value`.
    fn goes_on(&self, value: f64) -> bool {
        self.amount.is_some_and(|before| before < value)
    }

    /// An amount with nothing to say that it moves must be drawn over by another.
    fn size(&mut self, drawn: bool, value: f64, reading: Reading) -> Option<(Source, Reading)> {
        let before = if drawn {
            self.size.replace(value)
        } else {
            None
        };
        let moves = before.is_some_and(|before| before != value);
        moves.then_some((Source::Amount, reading))
    }
}

/// What tells one bar from another: its words, or without words its row of the picture.
fn name(place: Place, reading: &Reading) -> u64 {
    let mut hasher = DefaultHasher::new();
    match &reading.message {
        Some(words) => words.hash(&mut hasher),
        None if place.is_redrawn() && place.row >= place.picture => place.row.hash(&mut hasher),
        None => {}
    }
    hasher.finish()
}

/// What the words beside the bar and those above it call the stage. Under `[download] Destination: a`
/// the `[download]` of the bar only says who speaks.
fn title(words: Option<&str>, heading: Option<&Heading>) -> Option<String> {
    let words = words.filter(|_| heading.is_none_or(|heading| !heading.counts));
    let heading = heading.map(|heading| heading.text.as_str());
    let said = |(words, heading): (&str, &str)| {
        let rest = heading.strip_prefix('[')?.strip_prefix(words)?;
        sight::words(rest.strip_prefix(']')?)
    };
    let above = words.zip(heading).and_then(said);
    above.or_else(|| Some(words.or(heading)?.chars().take(MAX_TEXT).collect()))
}

/// Words over columns: gaps wider than a blank part them. They name numbers, not the work.
fn heads_table(text: &str) -> bool {
    let gaps = text.trim().split("  ").filter(|part| !part.is_empty());
    gaps.count() > 2
}

/// What is written for machines is no title.
fn heading(text: &str, role: Role) -> Option<Heading> {
    if text.trim_start().starts_with('{') {
        return None;
    }
    let text: String = text.trim().chars().take(MAX_TEXT).collect();
    let counts = role == Role::Step;
    sight::is_wordy(&text).then_some(Heading { text, counts })
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
