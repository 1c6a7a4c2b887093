//! The first counter that scrolls by, which may be no percentage at all.
//!
//! `Step 1/3: fetch` is a third of the way, unless a bar comes right below it and shows the way itself.
//! `(1/3) Be kind` begins a series, unless all of it comes at once and is a list. So the first one waits
//! a moment; for the others there is something to go by.

use super::displays::Role;
use super::lines::Place;
use super::reading::Reading;
use super::source::Source;

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

/// A counter that is held back.
#[derive(Debug)]
pub struct Held {
    /// Who says it, and what.
    pub said: (Source, Reading),
    /// Where it stands.
    pub place: Place,
    /// Until when it waits.
    pub until_ms: u64,
}

impl Held {
    /// A counter that has just scrolled by.
    pub fn new(said: (Source, Reading), place: Place, now_ms: u64) -> Self {
        Self {
            said,
            place,
            until_ms: now_ms.saturating_add(HOLD_MS),
        }
    }

    /// What becomes of it now that another line came, which said so much.
    pub fn fate(&self, role: Role, said: Option<&Reading>) -> Fate {
        let shows = said.is_some_and(|said| said.percent.is_some());
        match role {
            // An open line comes once more when it ends.
            Role::Step if said == Some(&self.said.1) => Fate::Waits,
            Role::Step if shows => Fate::Counts,
            Role::Other if !shows => Fate::Waits,
            Role::Step | Role::Other => Fate::Names,
        }
    }
}
