//! The words that sessions and the daemon exchange.

use std::rc::Rc;

use crate::task::state::Cancel;
use crate::task::{Mode, Patch, Refusal, TaskId, Update};
use crate::wire::close::CloseCode;
use crate::wire::frame::Violation;
use crate::wire::http::HttpError;

/// What a peer wants of the daemon.
#[derive(Debug)]
pub enum Demand {
    /// A worker publishes.
    Publish(Publish),
    /// A worker publishes several at once; a line that could not be read is refused in its place.
    PublishMany(Vec<Result<Publish, Refusal>>),
    /// Forget the task.
    Forget(TaskId),
    /// The newest state, please.
    Show(TaskId),
    /// All states, please; only those of one status, if one is named.
    List {
        /// The status wanted.
        status: Option<String>,
    },
    /// The daemon's own numbers, please.
    Metrics,
    /// A watcher wants the task to stop.
    Cancel {
        /// Which one.
        task: TaskId,
        /// What the worker is to be told.
        reason: Option<String>,
    },
    /// A watcher of several tasks wants one more.
    Subscribe(TaskId),
    /// Or one less.
    Unsubscribe(TaskId),
}

/// One publish.
#[derive(Debug)]
pub struct Publish {
    /// Whose state it is.
    pub task: TaskId,
    /// The change.
    pub patch: Patch,
    /// What becomes of the old state.
    pub mode: Mode,
    /// A worker without a socket may ask to be given up after this silence.
    pub lease_ms: Option<u64>,
}

/// What the daemon says to a [`Demand`].
#[derive(Debug)]
pub enum Answer {
    /// The publish was applied.
    Published(Published),
    /// Of several, each its own.
    PublishedMany(Vec<Result<Published, Refusal>>),
    /// The newest state.
    State(Rc<Update>),
    /// All states asked for, the newest task first.
    List(Vec<Rc<Update>>),
    /// The daemon's own numbers, in Prometheus' text format.
    Metrics(Rc<str>),
    /// A cancel stands in this state.
    CancelRequested(Rc<Update>),
    /// Done, and nothing to say.
    Done,
    /// No.
    Refused(Refusal),
}

/// What a worker is told of its publish.
#[derive(Debug, PartialEq, Eq)]
pub struct Published {
    /// The task.
    pub task: TaskId,
    /// Its revision now.
    pub rev: u64,
    /// How many peers watch this very task.
    pub watchers: usize,
    /// Whether a watcher's cancel waits for the worker's answer.
    pub cancel: Option<Cancel>,
    /// Whether the publish was the task's first.
    pub created: bool,
}

/// What the daemon says unasked.
#[derive(Debug)]
pub enum Notice {
    /// To a watcher: the newest state of a task it is behind on.
    State(Rc<Update>),
    /// To a worker: a watcher wants this task to stop.
    Cancel {
        /// Which task.
        task: TaskId,
        /// Why, if the watcher said so.
        reason: Option<Rc<str>>,
    },
    /// To a watcher: the task has been forgotten.
    Forgotten(TaskId),
}

/// Why a conversation ends before the peer ends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// A request that cannot be read, or that took too long.
    Request(HttpError),
    /// A frame that RFC 6455 forbids, or a limit passed.
    Frame(Violation),
    /// The daemon ends it, for a reason that is not the peer's.
    Ended(CloseCode, &'static str),
    /// There is nobody there to say anything to.
    Gone,
}

impl From<HttpError> for Fault {
    fn from(error: HttpError) -> Fault {
        Fault::Request(error)
    }
}

impl From<Violation> for Fault {
    fn from(violation: Violation) -> Fault {
        Fault::Frame(violation)
    }
}
