//! The JSON that is not a task's state: errors, answers, actions.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use crate::session::demand::Published;
use crate::task::state::Cancel;
use crate::task::{Refusal, TaskId};

/// What a watcher may ask for in a text frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Stop the task.
    Cancel {
        /// Which; may be left out where the socket watches just one.
        task: Option<TaskId>,
        /// For the worker.
        reason: Option<String>,
    },
    /// One more task on this socket.
    Subscribe(TaskId),
    /// One less.
    Unsubscribe(TaskId),
}

/// A text frame that is no [`Action`], and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadAction(pub Cow<'static, str>);

impl Action {
    /// Reads a watcher's text frame.
    ///
    /// # Errors
    /// [`BadAction`] for anything that is not one of the actions.
    pub fn parse(text: &str) -> Result<Action, BadAction> {
        let Ok(Value::Object(fields)) = serde_json::from_str(text) else {
            return Err(BadAction(
                "expected the text ping or a JSON object with an action".into(),
            ));
        };
        match fields.get("action").and_then(Value::as_str) {
            Some("cancel") => Ok(Action::Cancel {
                task: optional_task(&fields)?,
                reason: optional_text(&fields, "reason")?,
            }),
            Some("subscribe") => Ok(Action::Subscribe(task(&fields)?)),
            Some("unsubscribe") => Ok(Action::Unsubscribe(task(&fields)?)),
            _ => Err(BadAction(
                "`action` must be cancel, subscribe or unsubscribe".into(),
            )),
        }
    }
}

/// Reads the optional `reason` of a cancel sent by HTTP; an empty body is a cancel without one.
///
/// # Errors
/// [`Refusal::BadJson`] or [`Refusal::BadState`], as for a publish.
pub fn cancel_reason(body: &[u8]) -> Result<Option<String>, Refusal> {
    if body.trim_ascii().is_empty() {
        return Ok(None);
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => {
            optional_text(&fields, "reason").map_err(|_| Refusal::BadState {
                field: "reason",
                allowed: "a string",
            })
        }
        Ok(_) => Err(Refusal::BadState {
            field: "body",
            allowed: "a JSON object",
        }),
        Err(error) => Err(Refusal::BadJson(error.to_string())),
    }
}

/// `{"error":code,"message":sentence}`.
pub fn error(code: &str, message: &str) -> Vec<u8> {
    let mut json = String::new();
    push_error(code, message, &mut json);
    json.into_bytes()
}

/// The refusal as a JSON object.
pub fn refusal(refusal: &Refusal) -> Vec<u8> {
    let mut json = error(refusal.code(), &refusal.message());
    // For a form, which shows the sentence beside the field.
    if let Refusal::BadInput { field, .. } = refusal {
        let member = format!(r#","field":{}}}"#, Value::from(&**field));
        json.pop();
        json.extend_from_slice(member.as_bytes());
    }
    json
}

/// The answer to one publish.
pub fn published(published: &Published) -> Vec<u8> {
    let mut json = String::new();
    push_published(published, &mut json);
    json.into_bytes()
}

/// The answers to a batch, refusals included, in the order of its lines. Each is text at once:
/// a tree of JSON values would weigh many times as much as the batch.
pub fn results(results: &[Result<Published, Refusal>]) -> Vec<u8> {
    let mut json = String::from(r#"{"results":["#);
    for (index, result) in results.iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        match result {
            Ok(published) => push_published(published, &mut json),
            Err(refusal) => push_error(refusal.code(), &refusal.message(), &mut json),
        }
    }
    json.push_str("]}");
    json.into_bytes()
}

/// What a worker is pushed when a watcher wants its task to stop.
pub fn cancel_order(task: &TaskId, reason: Option<&str>) -> Vec<u8> {
    let order = json!({"action": "cancel", "task_id": task.as_str()});
    with_reason(order, reason)
}

/// The same for a worker that has asked.
pub fn cancel_requested(task: &TaskId, reason: Option<&str>) -> Vec<u8> {
    let wish = json!({"cancel": Cancel::Requested.as_str(), "task_id": task.as_str()});
    with_reason(wish, reason)
}

/// What a watcher of several tasks is told when one of them is forgotten.
pub fn forgotten(task: &TaskId) -> Vec<u8> {
    json!({"event": "forgotten", "task_id": task.as_str()})
        .to_string()
        .into_bytes()
}

fn with_reason(mut object: Value, reason: Option<&str>) -> Vec<u8> {
    if let Some(reason) = reason {
        object["reason"] = reason.into();
    }
    object.to_string().into_bytes()
}

fn push_error(code: &str, message: &str, json: &mut String) {
    let message = Value::from(message);
    json.push_str(&format!(r#"{{"error":"{code}","message":{message}}}"#));
}

/// Codes, ids and the word of a cancel have nothing in them that JSON would escape.
fn push_published(published: &Published, json: &mut String) {
    json.push('{');
    if let Some(cancel) = published.cancel {
        json.push_str(&format!(r#""cancel":"{}","#, cancel.as_str()));
    }
    let (rev, task, watchers) = (published.rev, &published.task, published.watchers);
    json.push_str(&format!(
        r#""rev":{rev},"task_id":"{}","watchers":{watchers}}}"#,
        task.as_str()
    ));
}

fn task(fields: &Map<String, Value>) -> Result<TaskId, BadAction> {
    optional_task(fields)?.ok_or(BadAction("`task_id` is missing".into()))
}

fn optional_task(fields: &Map<String, Value>) -> Result<Option<TaskId>, BadAction> {
    let text = optional_text(fields, "task_id")?;
    text.map(|text| TaskId::new(&text).map_err(|bad| BadAction(bad.to_string().into())))
        .transpose()
}

fn optional_text(fields: &Map<String, Value>, name: &str) -> Result<Option<String>, BadAction> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(BadAction(format!("`{name}` must be a string").into())),
    }
}
