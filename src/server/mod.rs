//! The daemon: one thread, one loop, one poll.
//!
//! The [`Reactor`] makes the system calls and nothing else; the [`Broker`] joins peers and tasks
//! and never sees a socket. The reactor hands bytes and the time of day in, asks whose turn it is
//! to be written to, and is told when a connection is over. So the whole daemon but for three
//! small files runs in a test as a plain value.

pub mod admission;
mod batch;
pub mod books;
pub mod broker;
pub mod config;
mod files;
pub mod fulfil;
mod inbox;
pub mod jobs;
pub mod journal;
pub mod limits;
pub mod listener;
pub mod metrics;
pub mod peer;
pub mod quota;
pub mod reactor;
pub mod reading;
pub mod report;
pub mod reserve;
pub mod sending;
pub mod stderr;
pub mod stream;
pub mod vitals;
pub mod workshop;

pub use broker::Broker;
pub use config::{Address, Config};
pub use jobs::Launch;
pub use limits::{Allowance, Limits};
pub use reactor::Reactor;
pub use workshop::Workshop;
