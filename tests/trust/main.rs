//! Who may do what: tokens, tickets, and the conversations in which they count.

mod amplification;
mod keys;
mod sessions;
