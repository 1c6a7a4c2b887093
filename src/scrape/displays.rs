//! A line for people: what stands in it, and what its past says of that.
//!
//! Some lines say themselves that they are progress, and some need a proof: that they are drawn over,
//! or that their like came before with other numbers. How much of it a line needs is for [`Evidence`]
//! to say; the proof is collected here.

use super::amount::BYTES;
use super::beside::Amounts;
use super::countdown::Countdown;
use super::counts::{Count, Counts, Course};
use super::lines::{Edge, Place};
use super::parser::{Parser, Rule};
use super::ratio::Ratio;
use super::reading::{MAX_TEXT, Reading};
use super::shape::{Past, Shapes, shape};
use super::sight::{self, Evidence, Sight};
use super::source::{Said, Source};
use super::token::Text;
use super::whole;

/// The least whole that somebody counts up to without brackets: `pass 1/3` is not the way through.
const MIN_COUNTED: f64 = 4.0;

/// Bytes of a line that does not come about by chance.
const MIN_TEXT: usize = 12;

/// How long what came before tells something of what comes.
const LATELY_MS: u64 = 10_000;

/// What a line is to those around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A counter that scrolls by.
    Step,
    /// Anything else.
    Other,
}

/// What was seen of lines for people.
#[derive(Debug, Default)]
pub struct Displays {
    parser: Parser,
    shapes: Shapes,
    counts: Counts,
    countdown: Countdown,
    /// The last amount alone on a row that is drawn over.
    size: Option<f64>,
    amounts: Amounts,
    /// The last amount that was read.
    amount: Option<f64>,
    /// What stood last in a row that is drawn over, from its first word on.
    row: String,
    /// When a display was drawn last, and in which row, if that was one for certain.
    display: Option<(u64, u32)>,
    /// The whole of the counter that was drawn last, if it was one.
    counted: Option<f64>,
    /// When something came that was no text.
    garbage_ms: Option<u64>,
}

/// What speaks for a line besides what it says itself.
#[derive(Debug, Clone, Copy)]
struct Proof {
    /// It stands in a row that is drawn over, or waits unfinished, or somebody vouches for it.
    drawn: bool,
    /// It is what a display has left behind.
    left: bool,
    /// Lines of its shape came in earlier moments, with other numbers.
    changed: bool,
    /// Lines of its shape came before, with other numbers.
    moved: bool,
    /// Its counter has not come to where it is as a work does.
    strays: bool,
}

impl Displays {
    /// Nothing seen yet.
    pub fn new(parser: Parser) -> Self {
        Self {
            parser,
            ..Self::default()
        }
    }

    /// Something came that is no text.
    pub fn note_garbage(&mut self, now_ms: u64) {
        self.garbage_ms = Some(now_ms);
    }

    /// An amount was read.
    pub fn note_amount(&mut self, amount: Option<f64>) {
        self.amount = amount;
    }

    /// What a line for people says, and what it is to those around it.
    pub fn read(&mut self, place: Place, shown: &str, now_ms: u64) -> (Said, Role) {
        let text = Text::new(whole::from_head(shown));
        let Some((sight, value)) = self.see(&text) else {
            return (self.count_down(&text), Role::Other);
        };
        let takes_place = self.takes_place(place, now_ms);
        let scrolls = !place.is_redrawn() || takes_place && self.counts_another(&sight);
        let role = if scrolls && sight.counts_steps() {
            Role::Step
        } else {
            Role::Other
        };
        let past = self.shapes.note(&text, value, now_ms);
        let counts = self.counts(&text, &sight, past, now_ms);
        if past != Past::Changed && self.may_be_garbage(shown, &sight.reading, now_ms) {
            return (None, Role::Other);
        }
        // A log does not stop in the middle of a line; a display waits there for its next number.
        let stands = place.is_redrawn() || place.ended == Edge::Open;
        let is_left = place.is_redrawn() && self.is_rest(shown) || takes_place;
        let proof = Proof {
            drawn: !is_left && (stands || self.is_vouched_for(&sight)),
            left: is_left,
            changed: past == Past::Changed || counts,
            moved: past != Past::Unknown,
            strays: self.strays(&text, &sight),
        };
        if stands && !is_left && sight.evidence >= Evidence::Number {
            let is_certain = sight.evidence >= Evidence::Display;
            self.display = is_certain.then_some((now_ms, place.row));
            self.counted = sight.reading.total.filter(|_| sight.counter.is_some());
        }
        // More than all is progress only where it was less before.
        let beyond = sight.reading.percent.is_some_and(|percent| percent > 100.0);
        if beyond && !(matches!(past, Past::Changed | Past::AtOnce) && stands) {
            return (None, role);
        }
        let source = self.weigh(&sight, value, proof);
        // What is no way through names nothing, either.
        let role = if proof.strays { Role::Other } else { role };
        let said = source.map(|source| (source, self.without_size(sight)));
        (said, role)
    }

    /// The reading without the size of the whole, which is no part of what is done.
    fn without_size(&mut self, sight: Sight) -> Reading {
        let reading = sight.reading;
        let alone = reading.loaded.filter(|_| reading.total.is_none());
        let Some((amount, percent)) = alone.zip(reading.percent) else {
            return reading;
        };
        let bar = reading.message.as_deref();
        let is_size = self.amounts.is_size_of_all(bar, amount, percent);
        let none_is_done = percent == 0.0 && amount > 0.0 && !sight.amount_heads;
        let is_none = amount == 0.0 && percent >= 1.0;
        if is_size || none_is_done || is_none {
            Reading {
                loaded: None,
                unit: None,
                ..reading
            }
        } else {
            reading
        }
    }

    fn count_down(&mut self, text: &Text<'_>) -> Said {
        self.parser.follows(Rule::Ratio).then_some(())?;
        Some((Source::Hint, self.countdown.read(text)?))
    }

    /// What stands in the line, with the number that has to move.
    fn see(&mut self, text: &Text<'_>) -> Option<(Sight, f64)> {
        let (parser, shapes) = (self.parser, &mut self.shapes);
        let nested = |ratios: &[Ratio]| {
            let counted = ratios.iter().map(|ratio| (ratio.loaded, ratio.total));
            shapes.note_counters(text, counted.collect())
        };
        let sight = sight::see(text, |rule| parser.follows(rule), nested)?;
        let value = sight.before + sight.reading.percent.or(sight.reading.loaded)?;
        Some((sight, value))
    }

    /// Who says it; `None` if what the line says for itself and its past do not make it progress.
    fn weigh(&mut self, sight: &Sight, value: f64, proof: Proof) -> Option<Source> {
        let grows = sight.reading.unit == Some(BYTES) && proof.changed;
        match sight.evidence {
            _ if proof.strays => None,
            Evidence::Whole => Some(Source::Whole),
            Evidence::Display => Some(Source::Line),
            // Of two sizes one that grows is no chance.
            Evidence::Number if proof.drawn || grows => Some(Source::Line),
            Evidence::Number => {
                let counts = proof.changed || sight.begins;
                (counts && !proof.left).then_some(Source::Hint)
            }
            Evidence::Amount => {
                let moves = proof.drawn || proof.moved || self.goes_on(value);
                moves.then_some(Source::Amount)
            }
            Evidence::Numbered => proof.changed.then_some(Source::Amount),
            Evidence::Size => (proof.drawn && self.moves(value)).then_some(Source::Amount),
            Evidence::Cell => None,
        }
    }

    /// Whether the line has nothing but a counter, which does not go as a work goes. One that stands in
    /// a frame may begin in the middle.
    fn strays(&mut self, text: &Text<'_>, sight: &Sight) -> bool {
        let Reading { loaded, total, .. } = sight.reading;
        let Some(((from, end), (loaded, total))) = sight.counter.zip(loaded.zip(total)) else {
            return false;
        };
        let sides = [shape(text, 0..from), shape(text, end..text.tokens().len())];
        let course = self.counts.note(sides, Count { loaded, total });
        let strays = match course {
            Course::Counts => false,
            // Sizes are often taken up where they were left.
            Course::Unknown => {
                sight.evidence < Evidence::Display && sight.reading.unit != Some(BYTES)
            }
            Course::Full | Course::Jumps => true,
        };
        sight.bare && strays && !self.parser.is_forced()
    }

    /// Whether it may have come about by chance among bytes that are no text: then a number needs
    /// more than to stand alone.
    fn may_be_garbage(&self, shown: &str, reading: &Reading, now_ms: u64) -> bool {
        let moves = reading.speed.is_some() || reading.eta.is_some();
        let is_short = shown.trim().len() < MIN_TEXT;
        is_short && !moves && is_lately(self.garbage_ms, now_ms)
    }

    /// Whether it took the place of a display and was left there, to scroll: the display comes again
    /// below it.
    fn takes_place(&self, place: Place, now_ms: u64) -> bool {
        let left = place.began == Edge::Redraw && place.ended == Edge::Feed;
        let drawn = self.display.filter(|(_, row)| *row == place.row);
        let drawn_ms = drawn.map(|(drawn_ms, _)| drawn_ms);
        left && place.row < place.picture && is_lately(drawn_ms, now_ms)
    }

    /// Whether it is a counter, and what was drawn last is one of another whole.
    fn counts_another(&self, sight: &Sight) -> bool {
        let both = self.counted.zip(sight.reading.total);
        both.is_some_and(|(before, total)| before != total)
    }

    /// Whether the row is the beginning of what stood there before: its bar was wiped away, and
    /// what is left says nothing new.
    fn is_rest(&mut self, shown: &str) -> bool {
        let shown = shown.trim();
        let end = shown
            .char_indices()
            .nth(MAX_TEXT)
            .map_or(shown.len(), |(at, _)| at);
        let shown = &shown[..end];
        let rest = self.row.strip_prefix(shown);
        let is_rest = rest.is_some_and(|rest| rest.starts_with(char::is_whitespace));
        self.row.clear();
        self.row.push_str(shown);
        is_rest
    }

    /// Whoever names a tool that prints percentages says nothing of the other numbers in its log:
    /// `11/26 12:40:01 [NOTICE]`.
    fn is_vouched_for(&self, sight: &Sight) -> bool {
        let counts = sight.counter.is_none() || !self.parser.follows(Rule::Percent);
        self.parser.is_forced() && counts
    }

    /// Whether it is a counter that goes on, or a percentage at the head of its line, whatever else the
    /// line says.
    fn counts(&mut self, text: &Text<'_>, sight: &Sight, past: Past, now_ms: u64) -> bool {
        if sight.evidence != Evidence::Number || past == Past::Jumps {
            return false;
        }
        let Reading { percent, total, .. } = sight.reading;
        let is_bracketed = |(from, end)| text.before(from) == "(" && text.str(end) == ")";
        let counter = sight.counter.zip(total);
        let counter = counter.filter(|(at, total)| *total >= MIN_COUNTED || is_bracketed(*at));
        let counter = counter.or(sight.head.map(|at| (at, 100.0)));
        if let Some((at, percent)) = sight.bracketed.zip(percent) {
            return self.shapes.note_bracketed(text, at, percent, now_ms);
        }
        let Some(((at, total), percent)) = counter.zip(percent) else {
            return false;
        };
        self.shapes.note_counter(text, at, total, percent, now_ms)
    }

    /// Whether an amount that was read before may have come to `value`.
    fn goes_on(&self, value: f64) -> bool {
        self.amount.is_some_and(|before| before < value)
    }

    /// Whether another amount stood before `value` in a row that is drawn over.
    fn moves(&mut self, value: f64) -> bool {
        let before = self.size.replace(value);
        before.is_some_and(|before| before != value)
    }
}

fn is_lately(then_ms: Option<u64>, now_ms: u64) -> bool {
    then_ms.is_some_and(|then_ms| now_ms.saturating_sub(then_ms) < LATELY_MS)
}
