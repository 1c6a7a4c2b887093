//! What a request brings along to be let in, and what it is told if that does not open what it asks
//! for.

use std::borrow::Cow;

use crate::session::keys::{Claim, Credentials, Denial, Header, Need};
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
    let (status, code, message) = match why {
        Denial::Unknown => (Status::UNAUTHORIZED, "unauthorized", key_for(need).into()),
        Denial::BadHeader(header) => {
            (Status::UNAUTHORIZED, "unauthorized", form(header, need).into())
        }
        Denial::BadClaim(claim) => (Status::UNAUTHORIZED, "unauthorized", allowed(claim).into()),
        Denial::Expired => (
            Status::UNAUTHORIZED,
            "expired_ticket",
            "the ticket's time is over: ask whoever gave it for a new one".into(),
        ),
        Denial::Early => (
            Status::UNAUTHORIZED,
            "early_ticket",
            "the ticket's time, its `nbf`, has not begun: come again later, or ask whoever gave it \
             whether their clock is right"
                .into(),
        ),
        Denial::OutOfScope => (Status::FORBIDDEN, "forbidden", ticket_for(need)),
    };
    HttpError {
        status,
        code,
        message,
    }
}

/// What opens `need`, and where it may stand.
fn key_for(need: Need<'_>) -> &'static str {
    match need {
        Need::Nothing | Need::Publish => {
            "this needs a publish token: Authorization: Bearer, a bearer. subprotocol, or ?token="
        }
        Need::WatchAll => {
            "this needs a watch token: Authorization: Bearer, a bearer. subprotocol, or ?token="
        }
        Need::Watch(_) | Need::Cancel(_) => {
            "this needs a watch token, or the task's ticket: Authorization: Bearer, a bearer. or \
             ticket. subprotocol, ?token= or ?ticket="
        }
    }
}

/// What is said of a genuine ticket that does not open `need`.
fn ticket_for(need: Need<'_>) -> Cow<'static, str> {
    let right = match need {
        Need::Watch(_) => "watch",
        Need::Cancel(_) => "cancel",
        Need::Nothing | Need::Publish | Need::WatchAll => {
            return format!("no ticket opens this: {}", key_for(need)).into();
        }
    };
    format!(
        "the ticket is for another task, or does not allow this: ask whoever gave it for one with \
         this `task_id`, and `{right}` among its `rights`"
    )
    .into()
}

/// What a ticket's header must be; where no ticket opens `need`, what does.
fn form(header: Header, need: Need<'_>) -> &'static str {
    match (need, header) {
        (Need::Nothing | Need::Publish | Need::WatchAll, _) => key_for(need),
        (_, Header::Alg) => {
            "the ticket's `alg`, in its header, must be `HS256`: it must be signed with HMAC-SHA-256"
        }
        (_, Header::Crit) => {
            "the ticket's header must be without `crit`: nothing that a reader would have to \
             understand is understood here"
        }
    }
}

/// What a ticket's claim must be.
fn allowed(claim: Claim) -> &'static str {
    match claim {
        Claim::TaskId => "the ticket's `task_id` must be a string: the id of its task",
        Claim::Rights => "the ticket's `rights` must be a list of `watch`, `cancel` or both",
        Claim::Exp => "the ticket's `exp` must be a number: the Unix second at which it ends",
        Claim::Nbf => {
            "the ticket's `nbf` must be a number, the Unix second at which it begins, or absent"
        }
        Claim::All => "the ticket's claims must be a JSON object",
    }
}
