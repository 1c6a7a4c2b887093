//! Bytes to values and back, pure: no connection, no clock, no socket.

pub mod close;
pub mod frame;
pub mod handshake;
pub mod http;
pub mod mask;
pub mod message;
pub mod utf8;
