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
    percent: f64,
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
    /// It is what the display shows.
    Same,
    /// It is, in place of one beside it.
    Another,
}

/// The bars seen lately, in the order of their first appearance.
#[derive(Debug, Default)]
pub struct Bars {
    seen: Vec<Bar>,
    followed: Option<u64>,
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
        let before = self.followed;
        self.awaits_whole &= extent != Extent::Whole;
        if !self.is_followed((name, extent), place, percent, now_ms) || self.awaits_whole {
            return Shown::Hidden;
        }
        let stands_beside = self.get(name).is_some_and(|bar| bar.beside);
        if stands_beside && before.is_some_and(|before| before != name) {
            Shown::Another
        } else {
            Shown::Same
        }
    }

    /// Takes note of the bar, and says whether it is the one that is followed from here on.
    fn is_followed(
        &mut self,
        (name, extent): (u64, Extent),
        place: Place,
        percent: f64,
        now_ms: u64,
    ) -> bool {
        self.others = if self.followed == Some(name) {
            0
        } else {
            self.others.saturating_add(1)
        };
        let before = self.note((name, extent), place.row, percent, now_ms);
        if place.row >= place.picture {
            self.see_picture(name, place, now_ms);
        }
        match (self.followed.and_then(|name| self.get(name)), before) {
            (None, _) => self.follow(name),
            (Some(followed), before) if followed.name == name => {
                let fell = before.is_some_and(|before| percent < before.percent);
                let may_be_part = fell && extent == Extent::Unknown;
                !(may_be_part && self.is_part_of_another(name, now_ms))
            }
            (Some(followed), None) => self.is_new(name, place, &followed, now_ms),
            (Some(followed), Some(before)) if before.beside => {
                let goes_on = !before.part && percent < 100.0;
                goes_on && self.is_left(&followed, now_ms) && self.follow(name)
            }
            (Some(followed), Some(before)) => {
                // It goes on below the other from where it had been.
                let below = percent < followed.percent && percent >= before.percent;
                if stands_apart(&followed, place) || below {
                    self.stand_beside(name, followed.name)
                } else {
                    self.follow(name)
                }
            }
        }
    }

    /// A bar that was never there before, while another is followed: the next one, or one of several.
    fn is_new(&mut self, name: u64, place: Place, followed: &Bar, now_ms: u64) -> bool {
        if !stands_apart(followed, place) {
            return self.follow(name);
        }
        // What another row shows is still there to be seen: a new bar waits for its turn.
        self.mark_beside(name);
        self.mark_beside(followed.name);
        let is_next = self.is_whole(name) || followed.percent >= 100.0;
        (is_next || self.is_left(followed, now_ms)) && self.follow(name)
    }

    /// Another bar that was followed stands in the picture, too.
    fn see_picture(&mut self, name: u64, place: Place, now_ms: u64) {
        let stands = |bar: &&Bar| {
            bar.name != name && are_apart(bar.row, place) && !bar.beside && !bar.is_over(now_ms)
        };
        if let Some(other) = self.seen.iter().find(stands).map(|bar| bar.name)
            && self.followed == Some(name)
        {
            self.stand_beside(name, other);
        }
    }

    /// Remembers it, and returns what was known of it.
    fn note(
        &mut self,
        (name, extent): (u64, Extent),
        row: u32,
        percent: f64,
        now_ms: u64,
    ) -> Option<Bar> {
        if let Some(bar) = self.seen.iter_mut().find(|bar| bar.name == name) {
            let before = *bar;
            (bar.row, bar.percent, bar.seen_ms) = (row, percent, now_ms);
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
            row,
            percent,
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

    fn is_whole(&self, name: u64) -> bool {
        self.get(name)
            .is_some_and(|bar| bar.extent == Extent::Whole)
    }

    fn get(&self, name: u64) -> Option<Bar> {
        self.seen.iter().find(|bar| bar.name == name).copied()
    }

    fn follow(&mut self, name: u64) -> bool {
        self.followed = Some(name);
        self.others = 0;
        true
    }

    fn mark_beside(&mut self, name: u64) {
        let bar = self.seen.iter_mut().find(|bar| bar.name == name);
        bar.into_iter().for_each(|bar| bar.beside = true);
    }

    /// Both are alive: the whole is followed, or else the one that was there first.
    fn stand_beside(&mut self, name: u64, other: u64) -> bool {
        self.mark_beside(name);
        self.mark_beside(other);
        let both = || {
            let seen = self.seen.iter();
            seen.filter(|bar| bar.name == name || bar.name == other)
        };
        let whole = both().find(|bar| bar.extent == Extent::Whole);
        self.followed = whole.or(both().next()).map(|bar| bar.name);
        self.followed == Some(name)
    }

    /// The followed bar started over: if another beside it goes on, that one is the whole.
    fn is_part_of_another(&mut self, name: u64, now_ms: u64) -> bool {
        let alive =
            |bar: &&Bar| bar.name != name && bar.beside && !bar.part && !bar.is_over(now_ms);
        let Some(whole) = self.seen.iter().find(alive).map(|bar| bar.name) else {
            return false;
        };
        let parts = self.seen.iter_mut().filter(|bar| bar.name == name);
        parts.for_each(|bar| bar.part = true);
        self.follow(whole)
    }
}

/// Whether the followed bar is known to be one of several, or stands in another row of the picture.
fn stands_apart(followed: &Bar, place: Place) -> bool {
    are_apart(followed.row, place) || followed.beside
}

/// Whether a bar in `row` stands elsewhere in the picture than `place`.
fn are_apart(row: u32, place: Place) -> bool {
    row != place.row && row.min(place.row) >= place.picture
}
