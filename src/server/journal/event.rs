//! What happens that is worth a line.
//!
//! An event carries no bytes of a peer's but the task's id, whose letters are few, and never a
//! query string, a header field or a state: those may hold secrets.

use crate::server::journal::Level;
use crate::server::metrics::label::{Label, TaskEvent};
use crate::task::TaskId;

/// Something worth a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The daemon serves.
    Started {
        /// Its version.
        version: &'static str,
        /// The most tasks it keeps.
        max_tasks: usize,
        /// The most descriptors it may have, if there is a limit.
        max_descriptors: Option<u64>,
    },
    /// One of the addresses it serves at.
    Listening {
        /// The address, with the port that was really bound.
        address: String,
    },
    /// Something about the way it was started that is rarely what was meant.
    Doubt {
        /// What, and what to do.
        message: String,
    },
    /// Tokens and secrets were read again.
    Reloaded,
    /// They could not be read, and stay as they were.
    NotReloaded {
        /// Why.
        error: String,
    },
    /// It was told to stop.
    Stopping {
        /// Connections to say goodbye to.
        connections: usize,
    },
    /// It has stopped.
    Stopped {
        /// Connections that were cut because they did not end in time.
        connections: usize,
    },
    /// A connection was turned away because the process has all the descriptors it may have.
    NoDescriptor,
    /// There is no room for another connection at this address.
    Paused {
        /// The address.
        address: String,
        /// What the kernel said.
        error: String,
    },
    /// There is again.
    Resumed {
        /// The address.
        address: String,
    },
    /// Somebody was turned away: whom the rules of access do not let in, or a limit.
    Denied {
        /// The error code that was answered.
        code: &'static str,
    },
    /// A peer broke a rule of its protocol.
    Violation {
        /// The error code, or the WebSocket close code.
        code: &'static str,
        /// Which rule.
        why: String,
    },
    /// A turn in the life of a task.
    Task(TaskEvent, TaskId),
}

/// A sort of events, counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// [`Event::Started`].
    Started,
    /// [`Event::Listening`].
    Listening,
    /// [`Event::Doubt`].
    Doubt,
    /// [`Event::Reloaded`].
    Reloaded,
    /// [`Event::NotReloaded`].
    NotReloaded,
    /// [`Event::Stopping`].
    Stopping,
    /// [`Event::Stopped`].
    Stopped,
    /// [`Event::NoDescriptor`].
    NoDescriptor,
    /// [`Event::Paused`].
    Paused,
    /// [`Event::Resumed`].
    Resumed,
    /// [`Event::Denied`].
    Denied,
    /// [`Event::Violation`].
    Violation,
    /// [`TaskEvent::Created`].
    TaskCreated,
    /// A task's end, well, badly or early.
    TaskEnded,
    /// [`TaskEvent::Lost`].
    TaskLost,
    /// [`TaskEvent::Forgotten`].
    TaskForgotten,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 16] = [
        Kind::Started,
        Kind::Listening,
        Kind::Doubt,
        Kind::Reloaded,
        Kind::NotReloaded,
        Kind::Stopping,
        Kind::Stopped,
        Kind::NoDescriptor,
        Kind::Paused,
        Kind::Resumed,
        Kind::Denied,
        Kind::Violation,
        Kind::TaskCreated,
        Kind::TaskEnded,
        Kind::TaskLost,
        Kind::TaskForgotten,
    ];

    /// The word in a line's `event` member.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Started => "started",
            Kind::Listening => "listening",
            Kind::Doubt => "doubt",
            Kind::Reloaded => "reloaded",
            Kind::NotReloaded => "not_reloaded",
            Kind::Stopping => "stopping",
            Kind::Stopped => "stopped",
            Kind::NoDescriptor => "no_descriptor",
            Kind::Paused => "listener_paused",
            Kind::Resumed => "listener_resumed",
            Kind::Denied => "denied",
            Kind::Violation => "violation",
            Kind::TaskCreated => "task_created",
            Kind::TaskEnded => "task_ended",
            Kind::TaskLost => "task_lost",
            Kind::TaskForgotten => "task_forgotten",
        }
    }

    /// From which level on it is written.
    pub fn level(self) -> Level {
        match self {
            Kind::Doubt | Kind::NotReloaded | Kind::NoDescriptor | Kind::Paused | Kind::Resumed => {
                Level::Warn
            }
            Kind::Violation => Level::Debug,
            _ => Level::Info,
        }
    }
}

/// A value in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Text; it is escaped when the line is written.
    Text(String),
    /// A number.
    Number(u64),
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Value {
        Value::Number(number as u64)
    }
}

impl Event {
    /// Its sort.
    pub fn kind(&self) -> Kind {
        match self {
            Event::Started { .. } => Kind::Started,
            Event::Listening { .. } => Kind::Listening,
            Event::Doubt { .. } => Kind::Doubt,
            Event::Reloaded => Kind::Reloaded,
            Event::NotReloaded { .. } => Kind::NotReloaded,
            Event::Stopping { .. } => Kind::Stopping,
            Event::Stopped { .. } => Kind::Stopped,
            Event::NoDescriptor => Kind::NoDescriptor,
            Event::Paused { .. } => Kind::Paused,
            Event::Resumed { .. } => Kind::Resumed,
            Event::Denied { .. } => Kind::Denied,
            Event::Violation { .. } => Kind::Violation,
            Event::Task(event, _) => match event {
                TaskEvent::Created => Kind::TaskCreated,
                TaskEvent::Completed | TaskEvent::Failed | TaskEvent::Cancelled => Kind::TaskEnded,
                TaskEvent::Lost => Kind::TaskLost,
                TaskEvent::Forgotten => Kind::TaskForgotten,
            },
        }
    }

    /// The sentence for people.
    pub fn message(&self) -> String {
        match self {
            Event::Started { version, .. } => format!("doneyet {version} started"),
            Event::Listening { address } => format!("listening on {address}"),
            Event::Doubt { message } => message.clone(),
            Event::Reloaded => "tokens and secrets read again".to_owned(),
            Event::NotReloaded { error } => {
                format!("tokens and secrets stay as they were: {error}")
            }
            Event::Stopping { connections } => {
                format!("stopping, {connections} connections to close")
            }
            Event::Stopped { connections } => format!("stopped, {connections} connections cut"),
            Event::NoDescriptor => {
                "a connection was turned away for want of a descriptor (ulimit -n, LimitNOFILE)"
                    .to_owned()
            }
            Event::Paused { address, error } => format!("not accepting on {address}: {error}"),
            Event::Resumed { address } => format!("accepting on {address} again"),
            Event::Denied { code } => format!("turned away: {code}"),
            Event::Violation { code, why } => format!("protocol violation: {code}, {why}"),
            Event::Task(event, task) => format!("task {task} {}", event.name()),
        }
    }

    /// The values for programs.
    pub fn fields(&self) -> Vec<(&'static str, Value)> {
        match self {
            Event::Started {
                version,
                max_tasks,
                max_descriptors,
            } => {
                let limit = max_descriptors.map(|limit| ("max_descriptors", Value::Number(limit)));
                let known = [
                    ("version", (*version).into()),
                    ("max_tasks", (*max_tasks).into()),
                ];
                known.into_iter().chain(limit).collect()
            }
            Event::Listening { address } | Event::Resumed { address } => {
                vec![("address", address.as_str().into())]
            }
            Event::Doubt { .. } | Event::Reloaded | Event::NoDescriptor => Vec::new(),
            Event::NotReloaded { error } => vec![("error", error.as_str().into())],
            Event::Stopping { connections } | Event::Stopped { connections } => {
                vec![("connections", (*connections).into())]
            }
            Event::Paused { address, error } => vec![
                ("address", address.as_str().into()),
                ("error", error.as_str().into()),
            ],
            Event::Denied { code } => vec![("code", (*code).into())],
            Event::Violation { code, why } => {
                vec![("code", (*code).into()), ("why", why.as_str().into())]
            }
            Event::Task(event, task) => vec![
                ("task_id", task.as_str().into()),
                ("status", event.name().into()),
            ],
        }
    }
}
