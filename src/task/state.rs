//! A task's state: how a publish changes it, and what it may not become.
//!
//! A [`State`] is a value. Applying a [`Patch`] makes a new one and leaves the old as it was, so
//! that a refused publish has, by construction, changed nothing, and "did this publish change
//! anything?" is the question whether two values differ.

use std::io::Write as _;

use serde_json::{Map, Value};

use crate::task::TaskId;
use crate::task::derived::{DERIVED, Derived};
use crate::task::fields::Fields;
use crate::task::refusal::Refusal;
use crate::task::update::MAX_FIELDS;

/// Fields that the daemon owns. A worker may send them (a state read can be published back); they
/// change nothing.
const DAEMON_FIELDS: [&str; 4] = ["task_id", "rev", "updated_at", "stalled"];

/// The worker's fields that are written first, in this order; the others follow in alphabetical
/// order.
const LEADING_FIELDS: [&str; 3] = ["progress", "speed", "eta"];

/// The highest counter: what every reader of JSON holds exactly (RFC 8259 §6). Beyond it, products
/// of counters would leave the numbers.
const MAX_COUNT: f64 = 9_007_199_254_740_991.0;

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

/// A worker's message: the fields to set, change or (`null`) delete.
#[derive(Debug, Clone, PartialEq)]
pub struct Patch(Map<String, Value>);

impl Patch {
    /// Reads one JSON object.
    ///
    /// # Errors
    /// [`Refusal::BadJson`] for what is no JSON (bad UTF-8, lone surrogates, `1e999`, nesting
    /// beyond 128 levels), [`Refusal::BadState`] for JSON that is no object.
    pub fn parse(json: &[u8]) -> Result<Patch, Refusal> {
        match serde_json::from_slice(json) {
            Ok(Value::Object(fields)) => Ok(Patch(fields)),
            Ok(_) => Err(Refusal::BadState {
                field: "body",
                allowed: "a JSON object",
            }),
            Err(error) => Err(Refusal::BadJson(error.to_string())),
        }
    }

    /// A patch that sets these fields to these texts.
    pub fn of_texts(fields: &[(&str, &str)]) -> Patch {
        let fields = fields.iter();
        Patch(
            fields
                .map(|(name, text)| ((*name).to_owned(), Value::from(*text)))
                .collect(),
        )
    }

    /// The `task_id` that a patch on a shared socket or in a batch names.
    ///
    /// # Errors
    /// [`Refusal::BadState`] if it is missing or no string, [`Refusal::BadTaskId`] if no id.
    pub fn task_id(&self) -> Result<TaskId, Refusal> {
        match self.0.get("task_id") {
            Some(Value::String(id)) => Ok(TaskId::new(id)?),
            _ => Err(Refusal::BadState {
                field: "task_id",
                allowed: "a string",
            }),
        }
    }

    /// Checks that a patch sent to `task` does not name another one.
    ///
    /// # Errors
    /// [`Refusal::BadState`] if it does.
    pub fn addressed_to(self, task: &TaskId) -> Result<Patch, Refusal> {
        match self.0.get("task_id") {
            Some(id) if id.as_str() != Some(task.as_str()) => Err(Refusal::BadState {
                field: "task_id",
                allowed: "the id in the path, or absent",
            }),
            _ => Ok(self),
        }
    }

    fn carries(&self, field: &str) -> bool {
        self.0.contains_key(field)
    }

    fn carries_counters(&self) -> bool {
        self.carries("loaded") || self.carries("total")
    }
}

/// The newest thing known of a task, without its id, revision and time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct State {
    /// What the worker said, checked.
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
        let counters = patch.carries_counters();
        let told = DERIVED.map(|field| patch.carries(field));
        let mut next = match mode {
            Mode::Merge => State {
                lost: false,
                ..self.clone()
            },
            Mode::Replace => State::default(),
        };
        next.merge(patch.0)?;
        next.check()?;
        // An ended task's speed is history: its last counters, sent again, change nothing.
        if mode == Mode::Replace || !self.is_terminal() {
            derived.give_up(told);
            match (counters, next.is_terminal()) {
                (true, _) => derived.fill(&mut next.fields, told, now_ms),
                (false, true) => derived.take_back_pace(&mut next.fields),
                (false, false) => {}
            }
        }
        if next.fields.exceed(MAX_FIELDS) {
            return Err(Refusal::TooLarge);
        }
        if next.fields.len() > MAX_NAMES {
            let allowed = "an object that makes a state of at most 512 fields";
            return Err(Refusal::BadState {
                field: "body",
                allowed,
            });
        }
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
            self.fields.text("status").unwrap_or("running")
        }
    }

    /// Whether the task has ended.
    pub fn is_terminal(&self) -> bool {
        matches!(
            self.fields.text("status"),
            Some("completed" | "failed" | "cancelled")
        )
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
        let mut out = Vec::with_capacity(256);
        // Writing to memory cannot fail, here and below.
        let _ = write!(out, "{{\"task_id\":\"{id}\",\"rev\":{rev}");
        out.extend_from_slice(b",\"status\":");
        let _ = serde_json::to_writer(&mut out, self.status());
        let mut members = self
            .fields
            .members(&LEADING_FIELDS)
            .filter(|member| member.name != "status")
            .peekable();
        while let Some(member) = members.next_if(|member| LEADING_FIELDS.contains(&member.name)) {
            out.push(b',');
            member.encode(&mut out);
        }
        let _ = write!(out, ",\"updated_at\":{updated_at_ms}");
        if let Some(cancel) = self.cancel {
            let _ = write!(out, ",\"cancel\":\"{}\"", cancel.as_str());
        }
        if self.stalled {
            out.extend_from_slice(b",\"stalled\":true");
        }
        for member in members {
            out.push(b',');
            member.encode(&mut out);
        }
        out.push(b'}');
        out
    }

    fn merge(&mut self, mut patch: Map<String, Value>) -> Result<(), Refusal> {
        for field in DAEMON_FIELDS {
            patch.remove(field);
        }
        // The daemon's word, read and sent back.
        if patch.get("status").is_some_and(|status| status == "lost") {
            patch.remove("status");
        }
        if let Some(cancel) = patch.remove("cancel") {
            self.cancel = parse_cancel(&cancel, self.cancel)?;
        }
        self.fields.merge(patch);
        Ok(())
    }

    fn check(&mut self) -> Result<(), Refusal> {
        match self.fields.text("status") {
            Some("canceled") => self.fields.insert("status", "cancelled".into()),
            // What every task is until it says otherwise is not kept: saying it changes nothing.
            Some("running") => self.fields.remove("status"),
            _ => {}
        }
        let word = "a string of 1 to 64 characters, no control character among them";
        self.check_field("status", word, |v| v.as_str().is_some_and(is_word))?;
        self.check_field("progress", "a number from 0 to 100", |v| {
            v.as_f64().is_some_and(|n| (0.0..=100.0).contains(&n))
        })?;
        for field in ["loaded", "total"] {
            self.check_field(field, "a number from 0 to 9007199254740991", |v| {
                v.as_f64().is_some_and(|n| (0.0..=MAX_COUNT).contains(&n))
            })?;
        }
        for field in ["speed", "eta", "unit"] {
            self.check_field(field, "a string", Value::is_string)?;
        }
        Ok(())
    }

    fn check_field(
        &self,
        field: &'static str,
        allowed: &'static str,
        is_allowed: impl Fn(&Value) -> bool,
    ) -> Result<(), Refusal> {
        match self.fields.allows(field, is_allowed) {
            true => Ok(()),
            false => Err(Refusal::BadState { field, allowed }),
        }
    }
}

fn is_word(text: &str) -> bool {
    (1..=64).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

/// The worker's word on a cancel. To ask is the watchers': the word `requested`, in a state that
/// was read and is sent back, leaves what `stands`.
fn parse_cancel(value: &Value, stands: Option<Cancel>) -> Result<Option<Cancel>, Refusal> {
    match value.as_str() {
        None if value.is_null() => Ok(None),
        Some("requested") => Ok(stands),
        Some("acknowledged") => Ok(Some(Cancel::Acknowledged)),
        Some("refused") => Ok(Some(Cancel::Refused)),
        _ => Err(Refusal::BadState {
            field: "cancel",
            allowed: "\"acknowledged\", \"refused\" or null",
        }),
    }
}
