//! HTTP/1.1 heads, bodies and responses (RFC 9110, RFC 9112), as pure values.
//!
//! A request goes through three gates, each of which has seen every byte the next one sees:
//!
//! 1. [`Scan`] finds the end of the head, however the bytes were cut on their way, and holds the
//!    limits. It knows only line ends.
//! 2. [`Head`] reads the finished head: method, target, fields. It knows the grammar.
//! 3. [`Body`] takes what follows, as far as [`Framing`] says it reaches. It knows lengths.
//!
//! What the three leave unread belongs to the next request, or, after an upgrade, to the WebSocket.
//!
//! There is one rule behind all the strictness in here: whoever stands in front of this daemon (a
//! proxy, a cache) and this daemon must agree on where each message ends. Where they do not, a
//! stranger can hide one request in the body of another (RFC 9112 §11.2). RFC 9112 allows a
//! recipient to be lenient in many places; each of those has been somebody's advisory. So nothing
//! is repaired: what is not exactly in the grammar is answered with an [`HttpError`], and the
//! connection closes, because after an error nobody knows where the next message begins.
//!
//! The other direction is [`Response`] for the server and [`ReplyHead`] for the client.

mod body;
mod chunked;
mod error;
mod fields;
mod grammar;
mod host;
mod range;
mod reply;
mod request;
mod response;
mod scan;
mod status;
mod target;

pub use body::Body;
pub use error::HttpError;
pub use fields::{Fields, Framing, MAX_FIELDS, Section};
pub use range::Portion;
pub use reply::{Extent, ReplyHead};
pub use request::{Head, Version};
pub use response::{Content, Exchange, Persistence, Response};
pub use scan::{MAX_HEAD, MAX_REQUEST_LINE, Scan};
pub use status::Status;
pub use target::{Target, percent_decode, query_pairs};

pub(super) use grammar::{is_token, list_items};
pub(super) use response::push_field;
