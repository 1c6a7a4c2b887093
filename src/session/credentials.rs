//! What a request brings along to be let in, and what it is told if that does not open what it asks
//! for.

use crate::session::keys::{Credentials, Denial, Need};
use crate::wire::http::{Head, HttpError, Status, Target};

/// What `head` brings along. A browser can give a WebSocket no `Authorization`, so tokens and
/// tickets may also stand among the subprotocols or in the query.
pub(super) fn credentials(head: &Head<'_>, target: &Target<'_>) -> Credentials {
    let mut brought = Credentials::default();
    if let Some((scheme, token)) = head
        .text("authorization")
        .and_then(|text| text.split_once(' '))
        && scheme.eq_ignore_ascii_case("bearer")
    {
        // Either may stand here: a ticket's issuer need not know which of them it hands on.
        brought.tokens.push(token.trim().to_owned());
        brought.tickets.push(token.trim().to_owned());
    }
    let offered = head.fields("sec-websocket-protocol");
    for protocol in offered
        .filter_map(|list| std::str::from_utf8(list).ok())
        .flat_map(|l| l.split(','))
    {
        let protocol = protocol.trim();
        brought
            .tokens
            .extend(protocol.strip_prefix("bearer.").map(str::to_owned));
        brought
            .tickets
            .extend(protocol.strip_prefix("ticket.").map(str::to_owned));
    }
    // No token has a blank, so one in a query was written as a plus, and meant as one.
    brought.tokens.extend(
        target
            .query_value("token")
            .map(|token| token.replace(' ', "+")),
    );
    brought.tickets.extend(
        target
            .query_value("ticket")
            .map(|ticket| ticket.into_owned()),
    );
    brought
}

/// What is said to whoever was not let in: what would open it.
pub(super) fn denied(why: Denial, need: Need<'_>) -> HttpError {
    match why {
        Denial::Unknown => HttpError::new(
            Status::UNAUTHORIZED,
            "unauthorized",
            match need {
                Need::Publish => {
                    "this needs a publish token: Authorization: Bearer, a bearer. subprotocol, \
                     or ?token="
                }
                _ => {
                    "this needs a watch token, or the task's ticket: Authorization: Bearer, \
                     a bearer. or ticket. subprotocol, ?token= or ?ticket="
                }
            },
        ),
        Denial::Expired => HttpError::new(
            Status::UNAUTHORIZED,
            "expired_ticket",
            "the ticket's time is over",
        ),
        Denial::Early => HttpError::new(
            Status::UNAUTHORIZED,
            "early_ticket",
            "the ticket's time has not begun",
        ),
        Denial::OutOfScope => HttpError::new(
            Status::FORBIDDEN,
            "forbidden",
            "the ticket is for another task, or does not allow this",
        ),
    }
}
