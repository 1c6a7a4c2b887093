//! Conversations with the built daemon, in its own process, by a WebSocket client that shares no
//! code with it.
//!
//! Everything else under `tests/` calls the library, so a mistake that both ends of it share would
//! go unseen. Here one end is `tungstenite`, or bytes written down by hand, and what is checked is
//! what the outside sees: routes, JSON, close codes, the process's memory and its exit status.

mod cancelling;
mod crowding;
mod daemon;
mod frames;
mod http;
mod leaving;
mod publishing;
mod slow_watcher;
mod socket;
mod violations;
mod watching;
mod worker_death;
