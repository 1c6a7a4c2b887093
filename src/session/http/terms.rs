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
    /// The part that it wants.
    pub(super) range: Option<String>,
    /// Of what it has the rest: a tag or a date.
    pub(super) if_range: Option<String>,
}

impl Terms {
    pub(super) fn read(head: &Head<'_>, access: &Access) -> Terms {
        let origin = head
            .text("origin")
            .filter(|o| access.allows_origin(o, head.host()));
        // RFC 9110 §5.3: the lines of a list are one list.
        let tags = head.fields("if-none-match").map(std::str::from_utf8);
        let tags: Vec<&str> = tags.filter_map(Result::ok).collect();
        // Two of them agree with nothing.
        let rest = head.fields("if-range").map(std::str::from_utf8);
        let rest: Vec<&str> = rest.map(Result::unwrap_or_default).collect();
        Terms {
            method: Method::of(head.method),
            exchange: Exchange::answering(head),
            origin: origin.map(str::to_owned),
            if_none_match: tags.join(","),
            range: head.only("range").and_then(text_of),
            if_range: (!rest.is_empty()).then(|| rest.join(",")),
        }
    }

    /// The plainest, for a request whose head could not be read.
    pub(super) fn unread() -> Terms {
        Terms {
            method: Method::Other,
            exchange: Exchange::unread(),
            origin: None,
            if_none_match: String::new(),
            range: None,
            if_range: None,
        }
    }

    /// Whether the client has what `tag` names already, by weak comparison (RFC 9110 §13.1.2).
    pub(super) fn has(&self, tag: &str) -> bool {
        let mut tags = self.if_none_match.split(',').map(str::trim);
        tags.any(|one| one == "*" || one.trim_start_matches("W/") == tag)
    }
}

fn text_of(value: &[u8]) -> Option<String> {
    std::str::from_utf8(value).ok().map(str::to_owned)
}
