//! The words that sessions and the daemon exchange.

use std::rc::Rc;

use crate::recipe::Order;
use crate::session::list::List;
use crate::session::tags::EntityTags;
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
    /// The state, as soon as it is there and not the revision that is known already.
    AwaitState {
        /// Whose.
        task: TaskId,
        /// The revision known.
        since: Option<u64>,
        /// How long to wait for it.
        wait_ms: u32,
    },
    /// A watcher's wish to cancel, as soon as one stands.
    AwaitCancel {
        /// Of which task.
        task: TaskId,
        /// How long to wait for it.
        wait_ms: u32,
    },
    /// News for as long as the peer listens, as events.
    Stream(Feed),
    /// All states, please; only those of one status, if one is named.
    List {
        /// The status wanted.
        status: Option<String>,
    },
    /// The same, as soon as a task has changed since the list that is known.
    AwaitList {
        /// The status wanted.
        status: Option<String>,
        /// What is known.
        known: EntityTags,
        /// How long to wait for another.
        wait_ms: u32,
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
    /// What may be ordered?
    Recipes,
    /// Somebody orders what a recipe makes.
    Start(Order),
    /// A file that the job of a task has made, please.
    Fetch {
        /// The task.
        task: TaskId,
        /// The file's name, as somebody wrote it.
        name: String,
    },
}

impl Demand {
    /// How long its answer may take to come, where the peer has said so.
    pub(super) fn wait_ms(&self) -> Option<u32> {
        match self {
            Demand::AwaitState { wait_ms, .. }
            | Demand::AwaitCancel { wait_ms, .. }
            | Demand::AwaitList { wait_ms, .. } => Some(*wait_ms),
            _ => None,
        }
    }
}

/// What a stream of events tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Feed {
    /// One task.
    Task {
        /// Which.
        task: TaskId,
        /// When there is nothing more to tell.
        until: Until,
        /// The revision that the peer has, if it has been here before.
        seen: Option<u64>,
    },
    /// Every task.
    All,
}

/// When a stream ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// With its task.
    Forgotten,
    /// With the first terminal state.
    End,
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
    /// What was awaited.
    News(Notice),
    /// What was awaited has not come in time.
    NoNews,
    /// News will come, as events.
    Stream(Until),
    /// All states asked for, the newest task first, and the entity tag of this list.
    List(Rc<List>),
    /// The daemon's own numbers, in Prometheus' text format.
    Metrics(Rc<str>),
    /// A cancel stands in this state.
    CancelRequested(Rc<Update>),
    /// The recipes, as JSON.
    Recipes(Rc<str>),
    /// The order is a task now, in this state.
    Started(TaskId, Rc<Update>),
    /// There is such a file; what of it is to be sent, the session says.
    File(File),
    /// Done, and nothing to say.
    Done,
    /// No.
    Refused(Refusal),
}

/// What there is to know of a file before its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name, without a path.
    pub name: String,
    /// Its length in bytes.
    pub len: u64,
    /// When it was last changed, in Unix milliseconds.
    pub modified_unix_ms: u64,
    /// An entity tag without its quotes: another one whenever the bytes are others.
    pub tag: String,
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
#[derive(Debug, Clone)]
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
