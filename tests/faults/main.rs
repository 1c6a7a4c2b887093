//! Faults for real: the built daemon in its own process, real sockets by the thousand, and what
//! the kernel says of the process (proc(5)) before, meanwhile and after.
//!
//! The simulation under `tests/server` finds rarer orders of events than these tests ever will. What
//! it cannot show is the part that is the kernel's: descriptors, resident memory, resets, a signal.
//! Here a test waits for events, each with a deadline that a loaded machine keeps easily, and what it
//! measures it prints (`--nocapture`). The slowest takes two ping intervals; it is first by name, so
//! that the others run beside it.

mod absence;
mod churn;
#[path = "../peers/daemon.rs"]
#[allow(dead_code, reason = "the other suite needs more of it")]
mod daemon;
mod drip;
mod flood;
#[path = "../peers/frames.rs"]
mod frames;
mod hoard;
mod house;
#[path = "../peers/http.rs"]
#[allow(dead_code, reason = "the other suite needs more of it")]
mod http;
mod soak;
mod stopping;
