//! What the fuzz targets share: a way to cut bytes as a network would, a meter for memory, and a
//! world without system calls for the broker to live in.
//!
//! Each target in `bin/` takes bytes that libFuzzer made up, hands them to one part of the daemon,
//! and asserts more than "it did not crash". Three kinds of assertion come back everywhere:
//!
//! - *cutting changes nothing*: the same bytes in other pieces give the same result;
//! - *a naive twin agrees*: a slow reference, written from the RFC and not from the code;
//! - *there and back*: what one end encodes, the other end decodes to the same value.
//!
//! A finding is a file. `run` replays all the files in `corpus/` first, so a mended finding that
//! is put there stays mended.

pub mod client;
pub mod cut;
pub mod meter;
pub mod world;

pub use cut::{Cuts, Script};
