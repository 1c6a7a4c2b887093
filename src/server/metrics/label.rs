//! Labels and their values, all of them in one table.
//!
//! A value that is not in the table cannot be counted, so every series is there from the start,
//! with 0: a rate over the first occurrence of something is then a rate, and not a gap.

use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

use crate::server::limits::Limit;
use crate::session::report::{Method, Transport};
use crate::task::record::Effect;
use crate::task::state::State;
use crate::wire::http::Status;

/// The values of a label: few, and all known.
pub trait Label: Copy + 'static {
    /// All of them, in the order in which they are shown.
    const ALL: &'static [Self];

    /// How it is written.
    fn name(self) -> &'static str;

    /// Its place among all.
    fn index(self) -> usize;
}

macro_rules! labels {
    ($($label:ty { $($value:ident = $name:literal,)* })*) => {$(
        impl Label for $label {
            const ALL: &'static [Self] = &[$(Self::$value),*];

            fn name(self) -> &'static str {
                match self {
                    $(Self::$value => $name,)*
                }
            }

            fn index(self) -> usize {
                self as usize
            }
        }
    )*};
}

labels! {
    Transport {
        Http = "http",
        Events = "sse",
        WebSocket = "websocket",
    }
    Method {
        Get = "GET",
        Head = "HEAD",
        Post = "POST",
        Put = "PUT",
        Delete = "DELETE",
        Options = "OPTIONS",
        Other = "other",
    }
    StatusClass {
        Interim = "1xx",
        Success = "2xx",
        Redirection = "3xx",
        ClientError = "4xx",
        ServerError = "5xx",
    }
    Effect {
        Created = "created",
        Changed = "changed",
        Unchanged = "unchanged",
    }
    CancelOutcome {
        Requested = "requested",
        Acknowledged = "acknowledged",
        Refused = "refused",
        Cancelled = "cancelled",
    }
    TaskEvent {
        Created = "created",
        Completed = "completed",
        Failed = "failed",
        Cancelled = "cancelled",
        Lost = "lost",
        Forgotten = "forgotten",
    }
    Class {
        Active = "active",
        Stalled = "stalled",
        Lost = "lost",
        Completed = "completed",
        Failed = "failed",
        Cancelled = "cancelled",
    }
}

/// Its words are the limits' own.
impl Label for Limit {
    const ALL: &'static [Limit] = &Limit::ALL;

    fn name(self) -> &'static str {
        Limit::name(self)
    }

    fn index(self) -> usize {
        self as usize
    }
}

/// The first digit of a status (RFC 9110 §15).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusClass {
    /// 100–199: the handshakes.
    Interim,
    /// 200–299.
    Success,
    /// 300–399: what the client has already.
    Redirection,
    /// 400–499.
    ClientError,
    /// 500–599.
    ServerError,
}

impl StatusClass {
    /// The class of a status.
    pub fn of(status: Status) -> StatusClass {
        match status.code() {
            ..200 => StatusClass::Interim,
            200..300 => StatusClass::Success,
            300..400 => StatusClass::Redirection,
            400..500 => StatusClass::ClientError,
            500.. => StatusClass::ServerError,
        }
    }
}

/// What became of the wish to cancel a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelOutcome {
    /// A watcher asked, and nobody had before.
    Requested,
    /// The worker will stop.
    Acknowledged,
    /// The worker will not.
    Refused,
    /// The task has ended as cancelled, asked or not.
    Cancelled,
}

/// A turn in the life of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskEvent {
    /// Its first publish.
    Created,
    /// It ended well.
    Completed,
    /// It ended badly.
    Failed,
    /// It ended early.
    Cancelled,
    /// Its worker is gone.
    Lost,
    /// It is no more.
    Forgotten,
}

/// Where a task stands. Workers choose their own words for a task that has not ended: these count
/// as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Its worker says that it goes on.
    Active,
    /// As active, but nothing has changed for too long.
    Stalled,
    /// Its worker is gone.
    Lost,
    /// It ended well.
    Completed,
    /// It ended badly.
    Failed,
    /// It ended early.
    Cancelled,
}

impl Class {
    /// The class of a state.
    pub fn of(state: &State) -> Class {
        match state.status() {
            "completed" => Class::Completed,
            "failed" => Class::Failed,
            "cancelled" => Class::Cancelled,
            _ if state.is_lost() => Class::Lost,
            _ if state.is_stalled() => Class::Stalled,
            _ => Class::Active,
        }
    }
}

/// One `V` for each of the `N` values of a label.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct By<L, const N: usize, V = u64> {
    values: [V; N],
    label: PhantomData<L>,
}

impl<L: Label, const N: usize, V> By<L, N, V> {
    /// All of them, each with its label.
    pub fn iter(&self) -> impl Iterator<Item = (L, &V)> {
        L::ALL.iter().copied().zip(&self.values)
    }
}

impl<L: Label, const N: usize, V: Default + Copy> Default for By<L, N, V> {
    fn default() -> By<L, N, V> {
        // A wrong count does not compile: then no index is out of range.
        const { assert!(N == L::ALL.len()) }
        By {
            values: [V::default(); N],
            label: PhantomData,
        }
    }
}

impl<L: Label, const N: usize, V> Index<L> for By<L, N, V> {
    type Output = V;

    fn index(&self, label: L) -> &V {
        &self.values[label.index()]
    }
}

impl<L: Label, const N: usize, V> IndexMut<L> for By<L, N, V> {
    fn index_mut(&mut self, label: L) -> &mut V {
        &mut self.values[label.index()]
    }
}
