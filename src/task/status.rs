//! How a task stands, in its worker's words.

use std::rc::Rc;

use crate::task::fields::{self, NULL, as_text};
use crate::task::refusal::Refusal;

/// The worker's word on how its task stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Status {
    /// What every task is until it says otherwise; saying it changes nothing.
    #[default]
    Running,
    /// It has ended well.
    Completed,
    /// It has ended badly.
    Failed,
    /// It was ended early.
    Cancelled,
    /// A word of its own.
    Other(Rc<str>),
}

impl Status {
    /// What a word means.
    fn of(word: &str) -> Status {
        match word {
            "running" => Status::Running,
            "completed" => Status::Completed,
            "failed" => Status::Failed,
            "cancelled" | "canceled" => Status::Cancelled,
            other => Status::Other(other.into()),
        }
    }

    /// The word for it.
    pub(super) fn as_str(&self) -> &str {
        match self {
            Status::Running => "running",
            Status::Completed => "completed",
            Status::Failed => "failed",
            Status::Cancelled => "cancelled",
            Status::Other(word) => word,
        }
    }

    /// Whether nothing follows it.
    pub(super) fn is_terminal(&self) -> bool {
        matches!(self, Status::Completed | Status::Failed | Status::Cancelled)
    }

    /// What a worker's word makes of it. `lost` is the daemon's, read and sent back: it leaves what
    /// stands.
    ///
    /// # Errors
    /// [`Refusal::BadState`].
    pub(super) fn told(&self, value: &[u8]) -> Result<Status, Refusal> {
        match as_text(value) {
            None if value == NULL => Ok(Status::Running),
            Some(word) if word == "lost" || word == self.as_str() => Ok(self.clone()),
            Some(word) if is_word(&word) => Ok(Status::of(&word)),
            _ => Err(Refusal::BadState {
                field: "status",
                allowed: "a string of 1 to 64 characters, no control character among them",
            }),
        }
    }

    /// What it takes among the fields, in bytes: what every task is takes nothing.
    pub(super) fn json_len(&self) -> usize {
        match self {
            Status::Running => 0,
            other => {
                let mut json = b",\"status\":".to_vec();
                fields::write(&mut json, other.as_str());
                json.len()
            }
        }
    }
}

fn is_word(text: &str) -> bool {
    (1..=64).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}
