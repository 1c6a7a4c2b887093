//! The first counter that scrolls by, which may be no percentage at all.
//!
//! `Step 1/3: fetch` is a third of the way, unless a bar comes right below it and shows the way itself.
//! `[1/3] Be kind` begins a series, unless all of it comes at once and is a list. So the first one waits
//! a moment, and with it those that go on from it; for later ones there is something to go by.

use super::displays::Role;
use super::lines::Place;
use super::reading::Reading;
use super::source::Statement;

/// How long it waits.
const HOLD_MS: u64 = 100;

/// What becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It goes on waiting.
    Waits,
    /// It is progress.
    Counts,
    /// It is the name of a display, or an item of a list.
    Names,
}

/// A counter that is held back, with those that have gone on from it.
#[derive(Debug)]
pub struct Held {
    /// What was said, and where it stands, oldest first. Never empty.
    series: Vec<(Statement, Place)>,
    /// Until when it waits.
    pub until_ms: u64,
}

impl Held {
    /// A counter that has just scrolled by.
    pub fn new(said: Statement, place: Place, now_ms: u64) -> Self {
        Self {
            series: vec![(said, place)],
            until_ms: now_ms.saturating_add(HOLD_MS),
        }
    }

    /// Has another wait with it, if that is the next of its series.
    pub fn go_on(&mut self, said: Statement, place: Place) {
        if self.is_next(&said.1) {
            self.series.push((said, place));
        }
    }

    /// What becomes of it now that another line came, which said so much.
    pub fn fate(&self, role: Role, said: Option<&Reading>) -> Fate {
        let shows = said.is_some_and(|said| said.percent.is_some());
        match role {
            // An open line comes once more when it ends.
            Role::Step if said.is_some_and(|said| said == self.last() || self.is_next(said)) => {
                Fate::Waits
            }
            Role::Step if shows => Fate::Counts,
            Role::Other if !shows => Fate::Waits,
            Role::Step | Role::Other => Fate::Names,
        }
    }

    /// The counters, unless they are a list: all of several, from the first to the last.
    pub fn counted(self) -> Vec<(Statement, Place)> {
        let counts = |at: usize| self.series[at].0.1.loaded;
        let is_list = self.series.len() > 1
            && counts(0) == Some(1.0)
            && counts(self.series.len() - 1) == self.last().total;
        if is_list { Vec::new() } else { self.series }
    }

    fn last(&self) -> &Reading {
        &self.series[self.series.len() - 1].0.1
    }

    fn is_next(&self, said: &Reading) -> bool {
        let last = self.last();
        let next = last.loaded.map(|loaded| loaded + 1.0);
        said.total == last.total && said.loaded == next
    }
}
