//! What a task is, who watches it, and who is behind.
//!
//! Progress is *state, not a log*: a task is one flat JSON object, the newest thing known of it.
//! From that sentence follow all the modules here:
//!
//! - [`state`]: the object, how a [`patch`] merges into it, and what it may not become;
//! - [`fields`]: its names and values, as text; [`derived`]: what its counters tell;
//! - [`rate`]: speed and time left, worked out from raw counters;
//! - [`update`]: a state at one revision, encoded once, shared by everybody who receives it;
//! - [`hub`]: who watches which task, and who has not seen the latest (no bytes, no clock);
//! - [`board`]: all the tasks, and what time does to them: leases, stalls, retention;
//! - [`deadlines`]: the one timer structure, for tasks here and for peers in the server.

pub mod board;
mod changes;
pub mod clock;
pub mod deadlines;
pub mod derived;
pub mod fields;
pub mod hub;
pub mod id;
mod parse;
pub mod patch;
pub mod rate;
pub mod record;
pub mod refusal;
pub mod state;
mod status;
pub mod update;

pub use board::Board;
pub use clock::Now;
pub use hub::Hub;
pub use id::TaskId;
pub use patch::Patch;
pub use refusal::Refusal;
pub use state::Mode;
pub use update::Update;
