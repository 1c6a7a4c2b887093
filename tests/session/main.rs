//! One peer's conversation, as a list of strings: what it sends, what it is answered, and what is
//! demanded of the hub on its behalf. No socket, no hub, no clock.

mod access;
mod call;
mod cors;
mod events;
mod forwarded;
mod http;
mod jobs;
mod outbox;
mod polling;
mod route;
mod talk;
mod vocabulary;
mod websocket;
mod websocket_limits;
