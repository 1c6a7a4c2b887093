//! A worker's message about its task: a change of its state.

use serde_json::Value;

use crate::task::TaskId;
use crate::task::fields::{self, Fields, Member, NULL};
use crate::task::parse::parse;
use crate::task::refusal::Refusal;

/// The highest counter: what every reader of JSON holds exactly (RFC 8259 §6). Beyond it, products
/// of counters would leave the numbers.
const MAX_COUNT: f64 = 9_007_199_254_740_991.0;

/// A worker's message: the fields to set, change or (`null`) delete.
#[derive(Debug, Clone, PartialEq)]
pub struct Patch(Fields);

impl Patch {
    /// Reads one JSON object.
    ///
    /// # Errors
    /// [`Refusal::BadJson`] for what is no JSON (bad UTF-8, lone surrogates, `1e999`, nesting
    /// beyond 128 levels), [`Refusal::BadState`] for JSON that is no object.
    pub fn parse(json: &[u8]) -> Result<Patch, Refusal> {
        match str::from_utf8(json) {
            Ok(text) => Patch::parse_text(text),
            Err(_) => Err(no_object(json)),
        }
    }

    /// As [`Patch::parse`], for what is known to be UTF-8, as the text of a WebSocket message is.
    ///
    /// # Errors
    /// As [`Patch::parse`].
    pub fn parse_text(json: &str) -> Result<Patch, Refusal> {
        parse(json)
            .map(Patch)
            .map_err(|error| match error.is_data() {
                true => no_object(json.as_bytes()),
                false => Refusal::BadJson(error.to_string()),
            })
    }

    /// A patch that sets these fields to these texts.
    pub fn of_texts(texts: &[(&str, &str)]) -> Patch {
        let mut fields = Fields::default();
        for (name, text) in texts {
            fields.begin(name);
            fields.finish(*text);
        }
        fields.sort();
        Patch(fields)
    }

    /// The `task_id` that a patch on a shared socket or in a batch names.
    ///
    /// # Errors
    /// [`Refusal::BadState`] if it is missing or no string, [`Refusal::BadTaskId`] if no id.
    pub fn task_id(&self) -> Result<TaskId, Refusal> {
        match self.0.text("task_id") {
            Some(id) => Ok(TaskId::new(&id)?),
            None => Err(Refusal::BadState {
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
        match self.0.value("task_id") {
            Some(id) if fields::as_text(id).as_deref() != Some(task.as_str()) => {
                Err(Refusal::BadState {
                    field: "task_id",
                    allowed: "the id in the path, or absent",
                })
            }
            _ => Ok(self),
        }
    }

    pub(super) fn fields(&self) -> &Fields {
        &self.0
    }

    pub(super) fn carries(&self, field: &str) -> bool {
        self.0.find(field).is_some()
    }

    pub(super) fn carries_counters(&self) -> bool {
        self.carries("loaded") || self.carries("total")
    }

    /// Checks the fields that the daemon knows, but for `status` and `cancel`.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        self.0.members().try_for_each(check)
    }
}

/// What is wrong with `json`: no JSON, or else no object.
fn no_object(json: &[u8]) -> Refusal {
    match serde_json::from_slice::<Value>(json) {
        Err(error) => Refusal::BadJson(error.to_string()),
        Ok(_) => Refusal::BadState {
            field: "body",
            allowed: "a JSON object",
        },
    }
}

fn check(member: Member<'_>) -> Result<(), Refusal> {
    let is_up_to = |most: f64| {
        let number = fields::as_number(member.value());
        number.is_some_and(|number| (0.0..=most).contains(&number))
    };
    let is_text = || member.value().starts_with(b"\"");
    let count = "a number from 0 to 9007199254740991";
    let (field, allowed, is_allowed) = match member.name() {
        _ if member.value() == NULL => return Ok(()),
        b"progress" => ("progress", "a number from 0 to 100", is_up_to(100.0)),
        b"loaded" => ("loaded", count, is_up_to(MAX_COUNT)),
        b"total" => ("total", count, is_up_to(MAX_COUNT)),
        b"speed" => ("speed", "a string", is_text()),
        b"eta" => ("eta", "a string", is_text()),
        b"unit" => ("unit", "a string", is_text()),
        _ => return Ok(()),
    };
    match is_allowed {
        true => Ok(()),
        false => Err(Refusal::BadState { field, allowed }),
    }
}
