//! What those who count want to know of a session.
//!
//! A session answers by itself whatever needs no task, so nobody else sees all its answers. It says
//! afterwards what it has done, in words of which there are few: a number is kept for each of
//! them, and no peer can invent another.

use crate::wire::http::Status;

/// What a connection speaks at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Requests and responses.
    Http,
    /// Server-Sent Events.
    Events,
    /// Frames.
    WebSocket,
}

/// A request's method, as far as it is known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// `GET`.
    Get,
    /// `HEAD`.
    Head,
    /// `POST`.
    Post,
    /// `PUT`.
    Put,
    /// `DELETE`.
    Delete,
    /// `OPTIONS`.
    Options,
    /// Any other, and that of a request that could not be read.
    Other,
}

impl Method {
    /// The method that a request line names.
    pub fn of(text: &str) -> Method {
        match text {
            "GET" => Method::Get,
            "HEAD" => Method::Head,
            "POST" => Method::Post,
            "PUT" => Method::Put,
            "DELETE" => Method::Delete,
            "OPTIONS" => Method::Options,
            _ => Method::Other,
        }
    }
}

/// A request that has been answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply {
    /// What it asked.
    pub method: Method,
    /// How it was answered.
    pub status: Status,
}

impl Reply {
    /// A handshake that succeeded: what its session was when it was asked is no more.
    pub const HANDSHAKE: Reply = Reply {
        method: Method::Get,
        status: Status::SWITCHING_PROTOCOLS,
    };
}
