//! doneyet: a daemon that ends "is it done yet?".
//!
//! The house has six storeys, and imports point down only:
//!
//! | module | what it is | level |
//! |---|---|---|
//! | [`command`] | what a person types: serve, run, watch, publish, cancel, list, demo, bench | 5 |
//! | [`client`] | the other end of the wire: a blocking socket, a request, a swarm for benchmarks | 4 |
//! | [`server`] | the reactor (the only system calls) over the broker (joins peers and hub) | 3–4 |
//! | [`session`] | one peer's conversation: bytes to demands, notices to bytes | 2 |
//! | [`task`] | what a task is, who watches it, who is behind | 1 |
//! | [`recipe`] | the commands that may be started: what an order may say, whose turn it is | 1 |
//! | [`scrape`] | a command's terminal output, read for its progress | 1 |
//! | [`wire`] | bytes to values and back: HTTP heads and bodies, WebSocket frames | 0 |
//! | [`page`] | the dashboard and the browser module, embedded | 0 |

pub mod client;
pub mod command;
pub mod page;
pub mod recipe;
pub mod scrape;
pub mod server;
pub mod session;
pub mod task;
pub mod wire;
