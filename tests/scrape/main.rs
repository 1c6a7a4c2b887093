//! The reading of terminal output: unit tables of each rule, the cutting of streams, what must not
//! be read, and recordings of real tools.

mod amount;
mod lines;
mod percent;
