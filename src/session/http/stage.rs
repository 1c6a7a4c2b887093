//! Where a conversation in requests and responses can be.

use std::ops::Range;

use crate::session::Flow;
use crate::session::demand::Demand;
use crate::session::http::request::Request;
use crate::session::http::terms::Terms;
use crate::wire::http::Scan;

/// Where the conversation is.
#[derive(Debug)]
pub(super) enum Stage {
    /// Between an answer and the first byte of the next request.
    Between,
    /// In a head.
    Head(Scan),
    /// In the content of a request whose head was good. Boxed, because it is large and soon over.
    Content(Box<Request>),
    /// A demand is out; bytes behind the request wait for its answer.
    Answering(Terms),
    /// The same, and its answer may take as long as the peer has said: a long poll.
    Held(Terms, Awaited),
    /// The head of an answer is out, and the bytes of a file or a list follow it: which, until the
    /// broker has asked.
    Sending(Flow, Option<Box<Range<u64>>>),
    /// The last answer is given.
    Over,
}

/// What the answer to a long poll will be.
#[derive(Debug)]
pub(super) enum Awaited {
    /// The news.
    News,
    /// The list that the news has changed; of one status, if one was named. Boxed, because most
    /// polls are for one task.
    List(Box<Option<String>>),
}

impl Awaited {
    /// What `demand` waits for.
    pub(super) fn by(demand: &Demand) -> Awaited {
        match demand {
            Demand::AwaitList { status, .. } => Awaited::List(Box::new(status.clone())),
            _ => Awaited::News,
        }
    }
}
