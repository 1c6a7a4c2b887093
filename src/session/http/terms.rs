//! What a request's head says about the form of its answer, whatever the answer will be.

use crate::session::access::Access;
use crate::session::report::Method;
use crate::wire::http::{Exchange, Head};

/// What a request's head says about the form of its answer.
#[derive(Debug)]
pub(super) struct Terms {
    pub(super) method: Method,
    pub(super) exchange: Exchange,
    /// The origin whose page may read the answer.
    pub(super) origin: Option<String>,
    /// Entity tags of what the client has.
    if_none_match: String,
}

impl Terms {
    pub(super) fn read(head: &Head<'_>, access: &Access) -> Terms {
        let origin = head
            .text("origin")
            .filter(|o| access.allows_origin(o, head.host()));
        // RFC 9110 §5.3: the lines of a list are one list.
        let tags = head.fields("if-none-match").map(std::str::from_utf8);
        let tags: Vec<&str> = tags.filter_map(Result::ok).collect();
        Terms {
            method: Method::of(head.method),
            exchange: Exchange::answering(head),
            origin: origin.map(str::to_owned),
            if_none_match: tags.join(","),
        }
    }

    /// The plainest, for a request whose head could not be read.
    pub(super) fn unread() -> Terms {
        Terms {
            method: Method::Other,
            exchange: Exchange::unread(),
            origin: None,
            if_none_match: String::new(),
        }
    }

    /// Whether the client has what `tag` names already, by weak comparison (RFC 9110 §13.1.2).
    pub(super) fn has(&self, tag: &str) -> bool {
        let mut tags = self.if_none_match.split(',').map(str::trim);
        tags.any(|one| one == "*" || one.trim_start_matches("W/") == tag)
    }
}
