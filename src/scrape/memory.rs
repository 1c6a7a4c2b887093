//! What earlier lines said that later ones need.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::bars::{Bars, Extent, Shown};
use super::displays::{Displays, Role};
use super::drawn::{Drawings, Vouched};
use super::frame::MAX_SIGHT;
use super::gauge::names_resource;
use super::heading::{Heading, title};
use super::held::{Fate, Held};
use super::json::{self, Scale, Standing};
use super::label;
use super::lines::{Edge, Place};
use super::measure::heads_measure;
use super::media::{Clock, Media};
use super::pairs;
use super::parser::{Parser, Rule, Stream};
use super::ratio::percent_of;
use super::reading::Reading;
use super::sight;
use super::source::{Said, Source, Statement};
use super::stage::Stages;
use super::status::{self, Columns};
use super::steps::Steps;
use super::token::{Text, is_garbage};
use super::whole;

/// How long a better source silences the lesser ones.
const WORD_MS: u64 = 10_000;

/// The memory of one command.
#[derive(Debug, Default)]
pub struct Memory {
    parser: Parser,
    displays: Displays,
    media: Media,
    scale: Scale,
    standing: Standing,
    /// The last number alone on its line.
    bare: Option<f64>,
    /// Something was said on standard error.
    err_spoke: bool,
    /// The last share that stood among pairs.
    share: Option<f64>,
    /// What stood last in columns.
    columns: Option<Columns>,
    bars: Bars,
    stages: Stages,
    steps: Steps,
    /// The first counter that scrolled by, as long as it waits.
    held: Option<Held>,
    drawings: Drawings,
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
            displays: Displays::new(parser),
            ..Self::default()
        }
    }

    /// A moment begins, with these rows in it: where one of them names itself the whole, those before
    /// it are its parts.
    pub fn begin_moment<'a>(&mut self, mut rows: impl Iterator<Item = (Place, &'a [u8])>) {
        let shows_whole = rows.any(|(place, text)| sight::shows_whole(place, text));
        self.bars.await_whole(shows_whole.then_some(Extent::Whole));
    }

    /// The reading of what the terminal was told.
    pub fn taskbar(&mut self, percent: f64, now_ms: u64) -> Option<Reading> {
        self.follows(Rule::Taskbar).then_some(())?;
        let reading = Reading::of_percent(percent);
        self.publish(Source::Terminal, reading, Role::Other, now_ms)
    }

    /// The readings of a line, if it is progress and nobody better has the word, and of what it makes
    /// certain.
    pub fn line(&mut self, stream: Stream, place: Place, text: &str, now_ms: u64) -> Vec<Reading> {
        let mut readings = self.release(now_ms);
        let is_first = self.is_first_on_err(stream, place);
        let (said, role) = self.read(place, text, now_ms);
        let alone = || status::bare(text).filter(|_| is_first && self.follows(Rule::Number));
        let said = said.or_else(|| Some((Source::Hint, Reading::of_percent(alone()?))));
        readings.extend(self.settle(role, said.as_ref().map(|said| &said.1), now_ms));
        readings.extend(self.show(place, text, (said, role), now_ms));
        readings
    }

    fn show(
        &mut self,
        place: Place,
        text: &str,
        (said, role): (Said, Role),
        now_ms: u64,
    ) -> Option<Reading> {
        let waits = role == Role::Step && (!self.steps.has_begun() || self.held.is_some());
        if role == Role::Step && self.names_display(place, text) {
            return None;
        }
        let Some((source, reading)) = said else {
            self.pass(place, text, role);
            return None;
        };
        if waits {
            self.hold((source, reading), place, now_ms);
            return None;
        }
        if role == Role::Other
            && matches!(source, Source::Line | Source::Hint)
            && let Some(percent) = reading.percent
        {
            self.steps.show(percent);
        }
        self.follow_and_publish(place, (source, reading), role, now_ms)
    }

    fn follow_and_publish(
        &mut self,
        place: Place,
        (mut source, reading): Statement,
        role: Role,
        now_ms: u64,
    ) -> Option<Reading> {
        if matches!(source, Source::Line | Source::Hint)
            && let Some(percent) = reading.percent
            && self.follow(place, &reading, percent, now_ms)? != Shown::Alone
        {
            // What stands in one display has one voice.
            source = Source::Line;
        }
        self.publish(source, reading, role, now_ms)
    }

    /// Until when a counter is held back: see [`Memory::release`].
    pub fn due_ms(&self) -> Option<u64> {
        self.held.as_ref().map(|held| held.until_ms)
    }

    fn hold(&mut self, said: Statement, place: Place, now_ms: u64) {
        match &mut self.held {
            Some(held) => held.go_on(said, place),
            None => self.held = Some(Held::new(said, place, now_ms)),
        }
    }

    /// The counters that were held back, if nothing has come below them by now.
    pub fn release(&mut self, now_ms: u64) -> Vec<Reading> {
        match self.due_ms().filter(|due_ms| *due_ms <= now_ms) {
            Some(due_ms) => self.let_go(due_ms),
            None => Vec::new(),
        }
    }

    /// Lets the counters that are held back go, if the line that came tells what they are.
    fn settle(&mut self, role: Role, said: Option<&Reading>, now_ms: u64) -> Vec<Reading> {
        match self.held.as_ref().map(|held| held.fate(role, said)) {
            Some(Fate::Counts) => return self.let_go(now_ms),
            Some(Fate::Names) => self.held = None,
            Some(Fate::Waits) | None => {}
        }
        Vec::new()
    }

    fn let_go(&mut self, now_ms: u64) -> Vec<Reading> {
        let counted = self.held.take().map(Held::counted).unwrap_or_default();
        let publish = |(said, place)| self.follow_and_publish(place, said, Role::Step, now_ms);
        counted.into_iter().filter_map(publish).collect()
    }

    /// Whether nothing was said on standard error before. A command's results go to standard output; there
    /// it speaks to whoever reads along, and so a number alone needs no other before it.
    fn is_first_on_err(&mut self, stream: Stream, place: Place) -> bool {
        let ended = stream == Stream::Err && place.ended != Edge::Open;
        let is_first = ended && !std::mem::replace(&mut self.err_spoke, true);
        is_first && place.ended == Edge::Feed
    }

    /// A counter scrolls by. Whether it is only the name of the display that comes below it, as it
    /// was in the step before.
    fn names_display(&mut self, place: Place, text: &str) -> bool {
        self.heading = Heading::of_step(text).or(self.heading.take());
        let had_display = self.steps.had_display();
        // An open line comes once more when it ends.
        if place.ended != Edge::Open {
            self.steps.begin();
        }
        had_display
    }

    /// A line that is no progress: the end of the bar in whose row it stands, or a title.
    fn pass(&mut self, place: Place, text: &str, role: Role) {
        if place.is_redrawn() {
            self.bars.leave(place.row);
        } else if role == Role::Other {
            let above = self.heading.take().and_then(|above| above.below(text));
            self.heading = Heading::of_words(text).or(above);
        }
    }

    /// Tells the bars of this one; `None` if another is followed.
    fn follow(
        &mut self,
        place: Place,
        reading: &Reading,
        percent: f64,
        now_ms: u64,
    ) -> Option<Shown> {
        let name = name(place, reading);
        if place.is_redrawn() {
            self.bars.take_row(place.row, name);
        }
        let words = reading.message.as_deref();
        let extent = if words.is_some_and(whole::is_label) {
            Extent::Whole
        } else {
            Extent::Unknown
        };
        let shown = self.bars.shows((name, extent), place, percent, now_ms);
        if shown == Shown::InPlace {
            self.stages.rename();
        }
        (shown != Shown::Hidden).then_some(shown)
    }

    fn publish(
        &mut self,
        source: Source,
        reading: Reading,
        role: Role,
        now_ms: u64,
    ) -> Option<Reading> {
        if self
            .word
            .is_some_and(|(word, until_ms)| word > source && now_ms < until_ms)
        {
            return None;
        }
        // What has come to its end has nothing more to say.
        let is_over =
            source < Source::Machine && reading.percent.is_some_and(|percent| percent >= 100.0);
        let until_ms = now_ms.saturating_add(if is_over { 0 } else { WORD_MS });
        self.word = Some((source, until_ms));
        if source == Source::Amount {
            self.displays.note_amount(reading.loaded);
        }
        let mut reading = reading.cut();
        reading.stage = reading.percent.map(|percent| {
            let heading = self.heading.as_ref().filter(|_| role == Role::Other);
            self.stages.of(percent, title(reading.words(), heading))
        });
        Some(reading)
    }

    fn read(&mut self, place: Place, text: &str, now_ms: u64) -> (Said, Role) {
        if text.trim_start().starts_with('{')
            && let Some(report) = json::read(text)
        {
            let said = self.follows(Rule::Json).then(|| self.report(report));
            return (said.flatten(), Role::Other);
        }
        let shown = tail(text);
        if let Some(said) = self.film(shown) {
            return (Some(said), Role::Other);
        }
        // All but a bar says it in digits, and most lines of a flood have none.
        if !shown.bytes().any(|byte| byte.is_ascii_digit()) {
            return (self.drawing(place, shown), Role::Other);
        }
        if is_garbage(shown) {
            self.bare = None;
            self.displays.note_garbage(now_ms);
            return (None, Role::Other);
        }
        let said = self
            .status(place, shown)
            .or_else(|| self.bare(place, shown));
        if said.is_some() {
            return (said, Role::Other);
        }
        let (said, role) = self.displays.read(place, shown, now_ms);
        (said.or_else(|| self.drawing(place, shown)), role)
    }

    fn follows(&self, rule: Rule) -> bool {
        self.parser.follows(rule)
    }

    fn report(&mut self, report: json::Report) -> Said {
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

    fn drawing(&mut self, place: Place, shown: &str) -> Said {
        let vouched = if self.parser.is_forced() {
            Vouched::Yes
        } else {
            Vouched::No
        };
        let counts = place.is_redrawn() || vouched == Vouched::Yes;
        (self.follows(Rule::Bar) && counts).then_some(())?;
        let reading = self.drawings.read(shown, vouched)?;
        let names_gauge = reading.message.as_deref().is_some_and(names_resource);
        let is_gauge = names_gauge || heads_measure(&Text::new(shown));
        (!is_gauge).then_some((Source::Line, reading))
    }

    fn status(&self, place: Place, shown: &str) -> Said {
        let apt = || Some((Source::Machine, status::apt(shown)?));
        let curl = || Some((Source::Line, status::curl(shown)?));
        // The last mark of an open line may still get another digit.
        let open = place.ended == Edge::Open;
        let marks = shown.trim_end_matches(|char: char| open && char.is_ascii_digit());
        let growing = || status::growing_scale(marks).filter(|_| open);
        let mark = || status::scale(marks).or_else(growing);
        let scale = || Some((Source::Line, Reading::of_percent(mark()?)));
        let table = self.follows(Rule::Table);
        let found = self.follows(Rule::Status).then(apt).flatten();
        found
            .or_else(|| table.then(curl).flatten())
            .or_else(|| self.follows(Rule::Number).then(scale).flatten())
    }

    fn film(&mut self, shown: &str) -> Said {
        self.follows(Rule::Clock).then_some(())?;
        match self.media.read(shown)? {
            Clock::Block(reading) => Some((Source::Machine, reading)),
            Clock::Film(reading) => Some((Source::Line, reading)),
            Clock::Endless(reading) => Some((Source::Amount, reading)),
        }
    }

    /// A share among the pairs of a log, from the second value on.
    fn pairs(&mut self, shown: &str) -> Said {
        let text = Text::new(shown);
        let share = pairs::share(&text)?;
        let percent = self.scale.percent(share);
        let before = self.share.replace(share.value());
        let moved = before.is_some_and(|before| before != share.value());
        let reading = Reading {
            message: pairs::message(&text).and_then(label::words),
            ..Reading::of_percent(percent?)
        };
        moved.then_some((Source::Hint, reading))
    }

    /// A number with no sign of what it is counts from the second on, while it rises. An open line
    /// may still get another digit.
    fn bare(&mut self, place: Place, shown: &str) -> Said {
        // On a screen whose rows are addressed it may be a digit that takes the place of another.
        if place.ended == Edge::Open || place.row >= place.picture {
            return None;
        }
        if let Some(value) = status::named(shown).filter(|_| self.follows(Rule::Status)) {
            return Some((Source::Hint, Reading::of_percent(value)));
        }
        if shown.contains('=')
            && self.follows(Rule::Status)
            && let Some(said) = self.pairs(shown)
        {
            return Some(said);
        }
        if let Some(columns) = status::columns(shown).filter(|_| self.follows(Rule::Status)) {
            let same = self
                .columns
                .as_ref()
                .is_some_and(|last| columns.continues(last));
            self.columns = Some(columns.clone());
            return same.then(|| (Source::Hint, columns.reading()));
        }
        let value = status::bare(shown).filter(|_| self.follows(Rule::Number))?;
        let before = self.bare.replace(value);
        let proven = before.is_some_and(|before| value >= before) || self.parser.is_forced();
        proven.then(|| (Source::Hint, Reading::of_percent(value)))
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
