//! Why a request about a task was not granted.

use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;

use crate::task::id::BadTaskId;
use crate::task::update::MAX_FIELDS;

/// The most publishes in one batch. A line of two bytes is refused with a hundred: without a bound,
/// a megabyte that is sent would come back as fifty.
pub const MAX_LINES: usize = 10_000;

/// The most tasks that a peer follows on one connection.
pub const MAX_SUBSCRIPTIONS: usize = 64;

/// A request that was understood and refused; nothing of it was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The name is no task id.
    BadTaskId,
    /// The bytes are not JSON, or nested too deep, or hold a number no `f64` can.
    BadJson(String),
    /// JSON, but no state: which field is wrong and what it may be.
    BadState {
        /// The field, or `body` where the whole is wrong.
        field: &'static str,
        /// What is allowed there.
        allowed: &'static str,
    },
    /// An order says something that its recipe does not take.
    BadInput {
        /// The input, `recipe`, or `body` where the whole is wrong.
        field: Rc<str>,
        /// What may stand there.
        allowed: Rc<str>,
    },
    /// As many jobs of the recipe wait as may.
    TooManyQueued,
    /// The daemon is about to end.
    Stopping,
    /// The task has no such file.
    UnknownFile,
    /// The worker's fields would be longer than [`MAX_FIELDS`] as JSON.
    TooLarge,
    /// A batch has more publishes than [`MAX_LINES`].
    TooManyLines,
    /// Nobody ever published this task, or it has been forgotten.
    UnknownTask,
    /// The task has reached a terminal status.
    Finished,
    /// Every place is taken by a task that has not ended.
    TooManyTasks,
    /// The peer follows [`MAX_SUBSCRIPTIONS`] tasks on one connection.
    TooManySubscriptions,
    /// The peer's address asks more often than it may.
    TooManyRequests,
    /// The peer's address, or all together, have as many connections as they may.
    TooManyConnections,
}

impl Refusal {
    /// The code of the answer's `error` field.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::BadTaskId => "bad_task_id",
            Refusal::BadJson(_) => "bad_json",
            Refusal::BadState { .. } => "bad_state",
            Refusal::BadInput { .. } => "bad_input",
            Refusal::TooManyQueued => "too_many_queued",
            Refusal::Stopping => "stopping",
            Refusal::UnknownFile => "unknown_file",
            Refusal::TooLarge => "too_large",
            Refusal::TooManyLines => "too_many_lines",
            Refusal::UnknownTask => "unknown_task",
            Refusal::Finished => "finished",
            Refusal::TooManyTasks => "too_many_tasks",
            Refusal::TooManySubscriptions => "too_many_subscriptions",
            Refusal::TooManyRequests => "too_many_requests",
            Refusal::TooManyConnections => "too_many_connections",
        }
    }

    /// The sentence of the answer's `message` field.
    pub fn message(&self) -> Cow<'static, str> {
        match self {
            Refusal::BadTaskId => BadTaskId.to_string().into(),
            Refusal::BadJson(why) => format!("the body is not JSON: {why}").into(),
            Refusal::BadState { field, allowed } => format!("`{field}` must be {allowed}").into(),
            Refusal::BadInput { field, allowed } => format!("`{field}` must be {allowed}").into(),
            Refusal::TooManyQueued => "the recipe's queue is full: come again later".into(),
            Refusal::Stopping => {
                "the daemon is stopping and starts nothing more: ask again in a moment".into()
            }
            Refusal::UnknownFile => "the task has no result of that name".into(),
            Refusal::TooLarge => format!("a state has at most {MAX_FIELDS} bytes as JSON").into(),
            Refusal::TooManyLines => {
                format!("a batch has at most {MAX_LINES} lines: send it in several").into()
            }
            Refusal::UnknownTask => "no such task has been published".into(),
            Refusal::Finished => "the task has ended; PUT starts it over".into(),
            Refusal::TooManyTasks => {
                "there is no room for another task: come again when one has ended, or raise \
                 --max-tasks"
                    .into()
            }
            Refusal::TooManySubscriptions => format!(
                "a connection follows at most {MAX_SUBSCRIPTIONS} tasks: unsubscribe from one, or \
                 open a further connection"
            )
            .into(),
            Refusal::TooManyRequests => "too fast for one address: come again in a second".into(),
            Refusal::TooManyConnections => {
                "there are too many connections: close some, or come again later".into()
            }
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl std::error::Error for Refusal {}

impl From<BadTaskId> for Refusal {
    fn from(_: BadTaskId) -> Refusal {
        Refusal::BadTaskId
    }
}
