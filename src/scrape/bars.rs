//! Several bars at once, of which one is followed.
//!
//! A display of three downloads has three percentages that take turns, and whoever published each
//! as it came would publish a zigzag. So of bars that stand beside each other one is followed to
//! its end, the first, and then the next that is not done. One that starts over while another goes
//! on is a part of the other. One that names itself the whole is followed as soon as it is seen.
//!
//! That two bars stand *beside* and not *after* each other shows in their places, once the cursor was
//! sent back up to them: then they are rows of one picture. Or it shows in their order: one falls
//! below the other, under a name of its own, and goes on from where that name had been. A single bar
//! whose words change all the time (`[12/40] main.c`, `[13/40] frame.c`) never does that.

use super::lines::Place;

/// Bars remembered.
const REMEMBERED: usize = 32;

/// After so long without a word a bar is no longer waited for.
const SILENCE_MS: u64 = 3_000;

/// The same while others are drawn, at least [`MANY`] times.
const LEFT_MS: u64 = 500;

/// The same of the whole, which moves slower than its parts.
const WHOLE_SILENCE_MS: u64 = 10_000;

/// Bars that are drawn first within so long, one below the other, come together.
const TOGETHER_MS: u64 = 100;

/// See [`LEFT_MS`].
const MANY: u32 = 10;

/// How much of the work a bar shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of it, as it says itself.
    Whole,
    /// Nobody knows.
    Unknown,
}

#[derive(Debug, Clone, Copy)]
struct Bar {
    name: u64,
    extent: Extent,
    /// The row it was last drawn in.
    row: u32,
    /// That row was drawn over.
    drawn: bool,
    percent: f64,
    /// When it was drawn first.
    since_ms: u64,
    seen_ms: u64,
    /// Another one was seen to be alive at the same time.
    beside: bool,
    /// It started over while another went on.
    part: bool,
}

impl Bar {
    fn is_over(&self, now_ms: u64) -> bool {
        let silent_ms = now_ms.saturating_sub(self.seen_ms);
        match self.extent {
            Extent::Whole => silent_ms > WHOLE_SILENCE_MS,
            Extent::Unknown => self.percent >= 100.0 || silent_ms > SILENCE_MS,
        }
    }
}

/// What a bar is to the display.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Another one is followed.
    Hidden,
    /// It stands alone.
    Alone,
    /// It is followed, of several.
    Beside,
    /// The same, in place of another of them.
    InPlace,
}

/// The bars seen lately, in the order of their first appearance.
#[derive(Debug, Default)]
pub struct Bars {
    seen: Vec<Bar>,
    followed: Option<u64>,
    /// The one that was shown last.
    shown: Option<u64>,
    /// How often others were drawn since the followed one was.
    others: u32,
    /// A bar of the whole comes later in this moment.
    awaits_whole: bool,
}

impl Bars {
    /// A bar of the whole comes in the moment that begins: until then its parts are not shown.
    pub fn await_whole(&mut self, comes: Option<Extent>) {
        self.awaits_whole = comes == Some(Extent::Whole);
    }

    /// Something else is drawn in the row: its bar is gone.
    pub fn leave(&mut self, row: u32) {
        self.keep(|bar| bar.row != row);
    }

    /// The bar `name` is drawn in the row: another one that was there is gone.
    pub fn take_row(&mut self, row: u32, name: u64) {
        self.keep(|bar| bar.row != row || bar.name == name);
    }

    fn keep(&mut self, stays: impl Fn(&Bar) -> bool) {
        self.seen.retain(stays);
        let seen = &self.seen;
        self.followed = self
            .followed
            .filter(|name| seen.iter().any(|bar| bar.name == *name));
    }

    /// Takes note that the bar `name` in `place` shows `percent`, and says whether that is what the
    /// whole display shows.
    pub fn shows(
        &mut self,
        (name, extent): (u64, Extent),
        place: Place,
        percent: f64,
        now_ms: u64,
    ) -> Shown {
        self.awaits_whole &= extent != Extent::Whole;
        self.count_others(name);
        let before = self.note((name, extent), place, percent, now_ms);
        if place.row >= place.picture {
            self.see_picture(name, place, now_ms);
        }
        let next = self.next(name, before, place, now_ms);
        self.follow(next);
        if next != name || self.awaits_whole {
            return Shown::Hidden;
        }
        let stands_beside = self.get(name).is_some_and(|bar| bar.beside);
        let before = self.shown.replace(name);
        match before.is_some_and(|before| before != name) {
            _ if !stands_beside => Shown::Alone,
            true => Shown::InPlace,
            false => Shown::Beside,
        }
    }

    /// The bar that is followed from here on, now that `name` is drawn, which was `before`.
    fn next(&mut self, name: u64, before: Option<Bar>, place: Place, now_ms: u64) -> u64 {
        let followed = self.followed.and_then(|followed| self.get(followed));
        let Some((followed, bar)) = followed.zip(self.get(name)) else {
            return name;
        };
        match before {
            Some(before) if followed.name == name => self.after_itself(&bar, &before, now_ms),
            None => self.after_new(&bar, place, &followed, now_ms),
            Some(before) if before.beside => self.after_turn(&bar, &followed, now_ms),
            Some(before) => self.after_return(&bar, &before, place, &followed),
        }
    }

    /// The followed bar goes on. If it started over while another beside it goes on, that one is the
    /// whole.
    fn after_itself(&mut self, bar: &Bar, before: &Bar, now_ms: u64) -> u64 {
        let alive = |other: &&Bar| {
            other.name != bar.name && other.beside && !other.part && !other.is_over(now_ms)
        };
        let fell = bar.percent < before.percent && bar.extent == Extent::Unknown;
        let Some(whole) = self.seen.iter().find(alive).filter(|_| fell) else {
            return bar.name;
        };
        let whole = whole.name;
        self.mark(bar.name, |bar| bar.part = true);
        whole
    }

    /// A bar that was never there before: the next one, or one of several. What another row shows is
    /// still there to be seen, and so the new one waits for its turn.
    fn after_new(&mut self, bar: &Bar, place: Place, followed: &Bar, now_ms: u64) -> u64 {
        if !(stands_apart(followed, place) || come_together(bar, followed)) {
            return bar.name;
        }
        self.mark(bar.name, |bar| bar.beside = true);
        self.mark(followed.name, |bar| bar.beside = true);
        let is_next = bar.extent == Extent::Whole || followed.percent >= 100.0;
        if is_next || self.is_left(followed, now_ms) {
            bar.name
        } else {
            followed.name
        }
    }

    /// A bar known to stand beside others has its turn once nobody waits for the followed one.
    fn after_turn(&self, bar: &Bar, followed: &Bar, now_ms: u64) -> u64 {
        let goes_on = !bar.part && bar.percent < 100.0;
        if goes_on && self.is_left(followed, now_ms) {
            bar.name
        } else {
            followed.name
        }
    }

    /// A bar that seemed to be over comes again: beside the followed one, if it stands apart or goes
    /// on below it from where it had been.
    fn after_return(&mut self, bar: &Bar, before: &Bar, place: Place, followed: &Bar) -> u64 {
        let below = bar.percent < followed.percent && bar.percent >= before.percent;
        if stands_apart(followed, place) || below {
            self.first_beside(bar.name, followed.name)
        } else {
            bar.name
        }
    }

    /// Another bar that was followed stands in the picture, too.
    fn see_picture(&mut self, name: u64, place: Place, now_ms: u64) {
        let stands = |bar: &&Bar| {
            bar.name != name && are_apart(bar.row, place) && !bar.beside && !bar.is_over(now_ms)
        };
        if let Some(other) = self.seen.iter().find(stands).map(|bar| bar.name)
            && self.followed == Some(name)
        {
            let first = self.first_beside(name, other);
            self.follow(first);
        }
    }

    /// Remembers it, and returns what was known of it.
    fn note(
        &mut self,
        (name, extent): (u64, Extent),
        place: Place,
        percent: f64,
        now_ms: u64,
    ) -> Option<Bar> {
        if let Some(bar) = self.seen.iter_mut().find(|bar| bar.name == name) {
            let before = *bar;
            (bar.row, bar.percent, bar.seen_ms) = (place.row, percent, now_ms);
            bar.drawn = place.is_redrawn();
            return Some(before);
        }
        if self.seen.len() == REMEMBERED {
            let followed = self.followed;
            let oldest = self.seen.iter().position(|bar| Some(bar.name) != followed);
            oldest.map(|oldest| self.seen.remove(oldest));
        }
        self.seen.push(Bar {
            name,
            extent,
            row: place.row,
            drawn: place.is_redrawn(),
            percent,
            since_ms: now_ms,
            seen_ms: now_ms,
            beside: false,
            part: false,
        });
        None
    }

    /// Whether nobody waits for the followed bar any more.
    fn is_left(&self, followed: &Bar, now_ms: u64) -> bool {
        let silent_ms = now_ms.saturating_sub(followed.seen_ms);
        let is_quiet = followed.extent == Extent::Unknown && self.others >= MANY;
        followed.is_over(now_ms) || is_quiet && silent_ms >= LEFT_MS
    }

    fn get(&self, name: u64) -> Option<Bar> {
        self.seen.iter().find(|bar| bar.name == name).copied()
    }

    fn follow(&mut self, name: u64) {
        if self.followed.replace(name) != Some(name) {
            self.others = 0;
        }
    }

    /// Counts how often others were drawn since the followed bar was.
    fn count_others(&mut self, drawn: u64) {
        self.others = if self.followed == Some(drawn) {
            0
        } else {
            self.others.saturating_add(1)
        };
    }

    fn mark(&mut self, name: u64, mark: impl FnMut(&mut Bar)) {
        let bars = self.seen.iter_mut().filter(|bar| bar.name == name);
        bars.for_each(mark);
    }

    /// Of two bars that are both alive the whole, or else the one that was there first.
    fn first_beside(&mut self, name: u64, other: u64) -> u64 {
        self.mark(name, |bar| bar.beside = true);
        self.mark(other, |bar| bar.beside = true);
        let both = || {
            let seen = self.seen.iter();
            seen.filter(|bar| bar.name == name || bar.name == other)
        };
        let whole = both().find(|bar| bar.extent == Extent::Whole);
        whole.or(both().next()).map_or(name, |bar| bar.name)
    }
}

/// Whether the followed bar is known to be one of several, or stands in another row of the picture.
fn stands_apart(followed: &Bar, place: Place) -> bool {
    are_apart(followed.row, place) || followed.beside
}

/// Whether `bar` was drawn first right after the followed one, which is not at its end and further than it.
fn come_together(bar: &Bar, followed: &Bar) -> bool {
    let drawn = bar.drawn && followed.drawn && bar.row != followed.row;
    let soon = bar.since_ms.saturating_sub(followed.since_ms) <= TOGETHER_MS;
    drawn && soon && bar.percent < followed.percent && followed.percent < 100.0
}

/// Whether a bar in `row` stands elsewhere in the picture than `place`.
fn are_apart(row: u32, place: Place) -> bool {
    row != place.row && row.min(place.row) >= place.picture
}
