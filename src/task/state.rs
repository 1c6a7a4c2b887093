//! A task's state: how a publish changes it, and what it may not become.
//!
//! A [`State`] is a value. Applying a [`Patch`] makes a new one and leaves the old as it was, so
//! that a refused publish has, by construction, changed nothing, and "did this publish change
//! anything?" is the question whether two values differ.

use std::io::Write as _;

use serde_json::{Map, Number, Value};

use crate::task::TaskId;
use crate::task::rate::{self, Rate};
use crate::task::refusal::Refusal;
use crate::task::update::MAX_FIELDS;

/// Fields that the daemon owns. A worker may send them (a state read can be published back); they
/// change nothing.
const DAEMON_FIELDS: [&str; 4] = ["task_id", "rev", "updated_at", "stalled"];

/// The fields that are written first, in this order; all others follow in alphabetical order.
const LEADING_FIELDS: [&str; 4] = ["status", "progress", "speed", "eta"];

/// The highest counter: what every reader of JSON holds exactly (RFC 8259 §6). Beyond it, products
/// of counters would leave the numbers.
const MAX_COUNT: f64 = 9_007_199_254_740_991.0;

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
    fields: Map<String, Value>,
    cancel: Option<Cancel>,
    /// The worker's lease has run out. An overlay, so that a revived task has its own status again.
    lost: bool,
    stalled: bool,
}

impl State {
    /// The state after a publish. `rate` has seen this task's earlier counters and learns from
    /// this one; what the worker's counters tell and the worker itself does not is filled in.
    ///
    /// # Errors
    /// [`Refusal::BadState`] naming the field that is wrong; [`Refusal::TooLarge`].
    pub fn apply(
        &self,
        patch: Patch,
        mode: Mode,
        rate: &mut Rate,
        now_ms: u64,
    ) -> Result<State, Refusal> {
        let counters = patch.carries_counters();
        let told = ["progress", "speed", "eta"].map(|field| patch.carries(field));
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
        let ended = mode == Mode::Merge && self.is_terminal();
        if counters && !ended {
            next.derive(told, rate, now_ms);
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
            self.text("status").unwrap_or("running")
        }
    }

    /// Whether the task has ended.
    pub fn is_terminal(&self) -> bool {
        matches!(
            self.text("status"),
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
        out.extend_from_slice(format!("{{\"task_id\":\"{id}\",\"rev\":{rev}").as_bytes());
        let mut pair = |name: &str, value: &Value| {
            // Writing to memory cannot fail, and every key is a string.
            let _ = write!(out, ",{}:{value}", Value::from(name));
        };
        pair("status", &Value::from(self.status()));
        for name in &LEADING_FIELDS[1..] {
            if let Some(value) = self.fields.get(*name) {
                pair(name, value);
            }
        }
        pair("updated_at", &Value::from(updated_at_ms));
        if let Some(cancel) = self.cancel {
            pair("cancel", &Value::from(cancel.as_str()));
        }
        if self.stalled {
            pair("stalled", &Value::from(true));
        }
        for (name, value) in &self.fields {
            if !LEADING_FIELDS.contains(&name.as_str()) {
                pair(name, value);
            }
        }
        out.push(b'}');
        out
    }

    fn merge(&mut self, mut patch: Map<String, Value>) -> Result<(), Refusal> {
        for field in DAEMON_FIELDS {
            patch.remove(field);
        }
        if let Some(cancel) = patch.remove("cancel") {
            self.cancel = parse_cancel(&cancel)?;
        }
        merge_objects(&mut self.fields, patch);
        Ok(())
    }

    fn check(&mut self) -> Result<(), Refusal> {
        match self.text("status") {
            Some("canceled") => {
                drop(self.fields.insert("status".to_owned(), "cancelled".into()));
            }
            // What every task is until it says otherwise is not kept: saying it changes nothing.
            Some("running") => drop(self.fields.remove("status")),
            _ => {}
        }
        self.check_field("status", "a string of 1 to 64 characters", |v| {
            v.as_str().is_some_and(is_word)
        })?;
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
        match self.fields.get(field) {
            Some(value) if !is_allowed(value) => Err(Refusal::BadState { field, allowed }),
            _ => Ok(()),
        }
    }

    fn check_size(&self) -> Result<(), Refusal> {
        let json = serde_json::to_vec(&self.fields);
        if json.is_ok_and(|json| json.len() <= MAX_FIELDS) {
            Ok(())
        } else {
            Err(Refusal::TooLarge)
        }
    }

    /// Fills in what the counters tell, except what the worker has `told`: progress, speed, eta.
    fn derive(&mut self, told: [bool; 3], rate: &mut Rate, now_ms: u64) {
        let Some(loaded) = self.number("loaded") else {
            return;
        };
        let total = self.number("total").filter(|&total| total > 0.0);
        rate.observe(loaded, now_ms);
        let unit = self.text("unit").unwrap_or("B");
        let computed = [
            ("progress", total.map(|total| percent(loaded, total))),
            (
                "speed",
                rate.per_sec()
                    .map(|speed| rate::speed_text(speed, unit).into()),
            ),
            (
                "eta",
                total
                    .and_then(|t| rate.eta_secs(t))
                    .map(|secs| rate::eta_text(secs).into()),
            ),
        ];
        for ((name, value), told) in computed.into_iter().zip(told) {
            match value {
                _ if told => {}
                Some(value) => drop(self.fields.insert(name.to_owned(), value)),
                None => drop(self.fields.remove(name)),
            }
        }
    }

    fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field)?.as_str()
    }

    fn number(&self, field: &str) -> Option<f64> {
        self.fields.get(field)?.as_f64()
    }
}

fn is_word(text: &str) -> bool {
    (1..=64).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

fn parse_cancel(value: &Value) -> Result<Option<Cancel>, Refusal> {
    let all = [Cancel::Requested, Cancel::Acknowledged, Cancel::Refused];
    match all.into_iter().find(|cancel| value == cancel.as_str()) {
        None if !value.is_null() => Err(Refusal::BadState {
            field: "cancel",
            allowed: "\"acknowledged\", \"refused\", \"requested\" or null",
        }),
        cancel => Ok(cancel),
    }
}

/// RFC 7396 §2. The recursion is bounded: the parser refuses more than 128 levels.
fn merge_objects(target: &mut Map<String, Value>, patch: Map<String, Value>) {
    for (name, value) in patch {
        match value {
            Value::Null => drop(target.remove(&name)),
            Value::Object(inner) => {
                let slot = target.entry(name).or_insert(Value::Null);
                if !slot.is_object() {
                    *slot = Value::Object(Map::new());
                }
                if let Value::Object(object) = slot {
                    merge_objects(object, inner);
                }
            }
            other => drop(target.insert(name, other)),
        }
    }
}

/// `loaded` of `total` to two decimals, cut so that only all is 100; a `total` that was estimated
/// too low is 100 too, no more.
fn percent(loaded: f64, total: f64) -> Value {
    if loaded >= total {
        return Value::from(100);
    }
    // So close to the end that the division rounds up, it is still not all.
    let hundredths = (loaded * 10_000.0 / total).floor().min(9_999.0);
    if hundredths % 100.0 == 0.0 {
        return Value::from((hundredths / 100.0) as u64);
    }
    Number::from_f64(hundredths / 100.0).map_or(Value::Null, Value::Number)
}
