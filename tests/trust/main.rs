//! Who may do what: tokens, tickets, and the conversations in which they count.

mod eviction;
mod keys;
mod sessions;
