//! What a request's head says about the form of its answer, whatever the answer will be.

use crate::session::access::Access;
use crate::session::report::Method;
use crate::session::tags::EntityTags;
use crate::wire::handshake;
use crate::wire::http::{Exchange, Head};

/// What a request's head says about the form of its answer. It is kept for as long as the answer is
/// awaited, which for a long poll is a minute: so what most requests do not say takes no room.
#[derive(Debug)]
pub(super) struct Terms {
    pub(super) method: Method,
    pub(super) exchange: Exchange,
    wishes: Option<Box<Wishes>>,
}

/// What few requests say.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wishes {
    /// The origin whose page may read the answer.
    origin: Option<String>,
    /// What the client has.
    known: EntityTags,
    /// The part that it wants.
    range: Option<String>,
    /// Of what it has the rest: a tag or a date.
    if_range: Option<String>,
}

impl Terms {
    pub(super) fn read(head: &Head<'_>, access: &Access) -> Terms {
        let mut exchange = Exchange::answering(head);
        if handshake::is_upgrade(head) {
            // Whatever is answered but 101: a proxy may take this connection for a tunnel by now.
            exchange = exchange.closing();
        }
        // Two of them are none: no browser sends more than one (RFC 6454 §7.3).
        let origin = head
            .only("origin")
            .and_then(|origin| std::str::from_utf8(origin).ok())
            .filter(|o| access.allows_origin(o, head.host()));
        // Two of them agree with nothing.
        let rest = head.fields("if-range").map(std::str::from_utf8);
        let rest: Vec<&str> = rest.map(Result::unwrap_or_default).collect();
        let wishes = Wishes {
            origin: origin.map(str::to_owned),
            known: EntityTags::read(head),
            range: head.only("range").and_then(text_of),
            if_range: (!rest.is_empty()).then(|| rest.join(",")),
        };
        let says_nothing = wishes == Wishes::default();
        Terms {
            method: Method::of(head.method),
            exchange,
            wishes: (!says_nothing).then(|| Box::new(wishes)),
        }
    }

    /// The plainest, for a request whose head could not be read.
    pub(super) fn unread() -> Terms {
        Terms {
            method: Method::Other,
            exchange: Exchange::unread(),
            wishes: None,
        }
    }

    /// The origin whose page may read the answer.
    pub(super) fn origin(&self) -> Option<&str> {
        self.wishes.as_ref()?.origin.as_deref()
    }

    /// The part that is wanted.
    pub(super) fn range(&self) -> Option<&str> {
        self.wishes.as_ref()?.range.as_deref()
    }

    /// The tag or the date of what the client has the rest of.
    pub(super) fn if_range(&self) -> Option<&str> {
        self.wishes.as_ref()?.if_range.as_deref()
    }

    /// What the client has, if it says so.
    pub(super) fn known(&self) -> Option<&EntityTags> {
        self.wishes.as_ref().map(|wishes| &wishes.known)
    }

    /// Whether the client has what `tag` names already.
    pub(super) fn has(&self, tag: &str) -> bool {
        self.known().is_some_and(|known| known.has(tag))
    }
}

fn text_of(value: &[u8]) -> Option<String> {
    std::str::from_utf8(value).ok().map(str::to_owned)
}
