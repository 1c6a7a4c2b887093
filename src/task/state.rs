//! A task's state: how a publish changes it, and what it may not become.
//!
//! A [`State`] is a value. Applying a [`Patch`] makes a new one and leaves the old as it was, so
//! that a refused publish has, by construction, changed nothing, and "did this publish change
//! anything?" is the question whether two values differ.

use crate::task::TaskId;
use crate::task::derived::Derived;
use crate::task::fields::{self, Fields, NULL, as_text};
use crate::task::patch::Patch;
use crate::task::refusal::Refusal;
use crate::task::status::Status;
use crate::task::update::{MAX_ADDED, MAX_FIELDS};

/// Fields that are not kept among the others: two have a place of their own, and four are the
/// daemon's. A worker may send those (a state read can be published back); they change nothing.
const APART: [&[u8]; 6] = [
    b"status",
    b"cancel",
    b"task_id",
    b"rev",
    b"updated_at",
    b"stalled",
];

/// The worker's fields that are written first, in this order; the others follow in alphabetical
/// order.
const LEADING_FIELDS: [&str; 3] = ["progress", "speed", "eta"];

/// The most fields of a state. Each costs a hundred bytes beside its own.
const MAX_NAMES: usize = 512;

/// What a publish does with what was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Merge into the state (RFC 7396: `null` deletes); refused once the task has ended.
    Merge,
    /// Start over from nothing, ended or not.
    Replace,
}

/// The worker's and the watchers' agreement about ending early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancel {
    /// A watcher asked.
    Requested,
    /// The worker will stop.
    Acknowledged,
    /// The worker goes on.
    Refused,
}

impl Cancel {
    /// The word in the state's `cancel` field.
    pub fn as_str(self) -> &'static str {
        match self {
            Cancel::Requested => "requested",
            Cancel::Acknowledged => "acknowledged",
            Cancel::Refused => "refused",
        }
    }
}

/// The newest thing known of a task, without its id, revision and time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct State {
    status: Status,
    /// What else the worker said, checked.
    fields: Fields,
    cancel: Option<Cancel>,
    /// The worker's lease has run out. An overlay, so that a revived task has its own status again.
    lost: bool,
    stalled: bool,
}

impl State {
    /// The state after a publish. `derived` knows this task's earlier counters and learns from this
    /// one; what the worker's counters tell and the worker itself does not is filled in.
    ///
    /// # Errors
    /// [`Refusal::BadState`] naming the field that is wrong; [`Refusal::TooLarge`].
    pub fn apply(
        &self,
        patch: Patch,
        mode: Mode,
        derived: &mut Derived,
        now_ms: u64,
    ) -> Result<State, Refusal> {
        let mut next = match mode {
            Mode::Merge => self.merge(&patch)?,
            Mode::Replace => State::default().merge(&patch)?,
        };
        // An ended task's speed is history: its last counters, sent again, change nothing.
        if mode == Mode::Replace || !self.is_terminal() {
            next.derive(&patch, derived, now_ms);
        }
        next.check_size()?;
        if next.is_terminal() && next.cancel != Some(Cancel::Refused) {
            next.cancel = None;
        }
        // A heartbeat shows that the worker lives, not that its work moves.
        next.stalled = self.stalled && next == *self;
        Ok(next)
    }

    /// The effective status: `lost` while the worker is, otherwise the worker's word.
    pub fn status(&self) -> &str {
        if self.lost {
            "lost"
        } else {
            self.status.as_str()
        }
    }

    /// Whether the task has ended.
    pub fn is_terminal(&self) -> bool {
        self.status.is_terminal()
    }

    /// Where the wish to cancel stands.
    pub fn cancel(&self) -> Option<Cancel> {
        self.cancel
    }

    /// Whether the daemon has declared the task stalled.
    pub fn is_stalled(&self) -> bool {
        self.stalled
    }

    /// Whether the daemon has declared the worker lost.
    pub fn is_lost(&self) -> bool {
        self.lost
    }

    /// The same state with a cancel requested (again, if it was refused).
    #[must_use]
    pub fn with_cancel_requested(&self) -> State {
        let cancel = match self.cancel {
            None | Some(Cancel::Refused) => Cancel::Requested,
            Some(standing) => standing,
        };
        State {
            cancel: Some(cancel),
            ..self.clone()
        }
    }

    /// The same state of a task whose worker has gone.
    #[must_use]
    pub fn with_worker_lost(&self) -> State {
        State {
            lost: true,
            stalled: false,
            ..self.clone()
        }
    }

    /// The same state with `stalled` set or cleared.
    #[must_use]
    pub fn with_stalled(&self, stalled: bool) -> State {
        State {
            stalled,
            ..self.clone()
        }
    }

    /// The state as one JSON object.
    pub fn encode(&self, id: &TaskId, rev: u64, updated_at_ms: u64) -> Vec<u8> {
        let mut out = Vec::with_capacity(MAX_ADDED + self.fields.json_len());
        out.extend_from_slice(b"{\"task_id\":\"");
        out.extend_from_slice(id.as_str().as_bytes());
        out.extend_from_slice(b"\",\"rev\":");
        fields::write(&mut out, &rev);
        out.extend_from_slice(b",\"status\":");
        fields::write(&mut out, self.status());
        for member in LEADING_FIELDS
            .iter()
            .filter_map(|name| self.fields.find(name))
        {
            out.extend_from_slice(member.json);
        }
        out.extend_from_slice(b",\"updated_at\":");
        fields::write(&mut out, &updated_at_ms);
        if let Some(cancel) = self.cancel {
            out.extend_from_slice(b",\"cancel\":");
            fields::write(&mut out, cancel.as_str());
        }
        if self.stalled {
            out.extend_from_slice(b",\"stalled\":true");
        }
        let is_leading = |name| {
            LEADING_FIELDS
                .iter()
                .any(|leading| leading.as_bytes() == name)
        };
        for member in self
            .fields
            .members()
            .filter(|member| !is_leading(member.name()))
        {
            out.extend_from_slice(member.json);
        }
        out.push(b'}');
        out
    }

    /// The state with what the worker said, and nothing worked out from it yet.
    fn merge(&self, patch: &Patch) -> Result<State, Refusal> {
        let cancel = match patch.fields().value("cancel") {
            Some(value) => parse_cancel(value, self.cancel)?,
            None => self.cancel,
        };
        let status = match patch.fields().value("status") {
            Some(value) => self.status.told(value)?,
            None => self.status.clone(),
        };
        patch.check()?;
        Ok(State {
            status,
            fields: self.fields.merge(patch.fields(), |name| !is_apart(name)),
            cancel,
            lost: false,
            stalled: self.stalled,
        })
    }

    /// Fills in what the worker's counters tell and the worker itself does not.
    fn derive(&mut self, patch: &Patch, derived: &mut Derived, now_ms: u64) {
        let told = |field: &str| patch.carries(field);
        derived.give_up(told);
        let patch = match (patch.carries_counters(), self.is_terminal()) {
            (true, _) => derived.fill(&self.fields, told, now_ms),
            (false, true) => derived.take_back_pace(),
            (false, false) => return,
        };
        self.fields = self.fields.merge(&patch, |_| true);
    }

    fn check_size(&self) -> Result<(), Refusal> {
        // The first member's comma is a brace in an object, which has one more.
        if self.fields.json_len() + self.status.json_len() + 1 > MAX_FIELDS {
            return Err(Refusal::TooLarge);
        }
        if self.fields.len() + usize::from(self.status != Status::Running) > MAX_NAMES {
            return Err(Refusal::BadState {
                field: "body",
                allowed: "an object that makes a state of at most 512 fields",
            });
        }
        Ok(())
    }
}

/// Whether a field is kept apart from the others, or is the daemon's.
fn is_apart(name: &[u8]) -> bool {
    APART.contains(&name)
}

/// The worker's word on a cancel. To ask is the watchers': the word `requested`, in a state that
/// was read and is sent back, leaves what `stands`.
fn parse_cancel(value: &[u8], stands: Option<Cancel>) -> Result<Option<Cancel>, Refusal> {
    match as_text(value).as_deref() {
        None if value == NULL => Ok(None),
        Some("requested") => Ok(stands),
        Some("acknowledged") => Ok(Some(Cancel::Acknowledged)),
        Some("refused") => Ok(Some(Cancel::Refused)),
        _ => Err(Refusal::BadState {
            field: "cancel",
            allowed: "\"acknowledged\", \"refused\" or null",
        }),
    }
}
