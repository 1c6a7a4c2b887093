//! What an operator sees: the numbers at `/metrics`, and the log.

mod conversation;
mod exposition;
mod house;
mod journal;
mod lines;
mod notes;
mod standard_error;
