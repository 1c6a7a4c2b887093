//! The answers that say no.
//!
//! Each has a status for libraries, a code for programs and a sentence for people; those with a
//! remedy that a program can apply by itself name it in a field.

use std::time::{Duration, UNIX_EPOCH};

use crate::session::call::Rejection;
use crate::session::vocabulary;
use crate::task::{Now, Refusal};
use crate::wire::handshake;
use crate::wire::http::{Exchange, HttpError, Response, Status};

/// What is said to a demand that was not granted.
pub(super) fn refused(refusal: &Refusal) -> Response<'static> {
    let status = match refusal {
        Refusal::BadTaskId | Refusal::BadJson(_) => Status::BAD_REQUEST,
        Refusal::BadState { .. } | Refusal::BadInput { .. } => Status::UNPROCESSABLE_CONTENT,
        Refusal::TooLarge | Refusal::TooManyLines => Status::CONTENT_TOO_LARGE,
        Refusal::UnknownTask | Refusal::UnknownFile => Status::NOT_FOUND,
        Refusal::Finished => Status::CONFLICT,
        Refusal::TooManyTasks
        | Refusal::TooManyConnections
        | Refusal::TooManyQueued
        | Refusal::Stopping => Status::SERVICE_UNAVAILABLE,
        Refusal::TooManySubscriptions | Refusal::TooManyRequests => Status::TOO_MANY_REQUESTS,
    };
    let response = Response::new(status).json(vocabulary::refusal(refusal));
    match refusal {
        // RFC 6585 §4, RFC 9110 §10.2.3: in seconds.
        Refusal::TooManyRequests
        | Refusal::TooManyConnections
        | Refusal::TooManyQueued
        | Refusal::TooManyTasks
        | Refusal::Stopping => response.field("Retry-After", "1"),
        _ => response,
    }
}

/// The answer to a connection that is not taken: it is not waited for what it would ask.
pub fn turn_away(now: Now) -> Vec<u8> {
    let mut answer = Vec::new();
    refused(&Refusal::TooManyConnections)
        .field("Date", date(now))
        .encode(Exchange::unread(), &mut answer);
    answer
}

/// What is said to a request whose head was enough to refuse it.
pub(super) fn rejected(rejection: &Rejection) -> Response<'_> {
    let mut response = error_response(&rejection.error);
    if let Some(allow) = rejection.allow {
        response = response.field("Allow", allow);
    }
    if let Some(location) = &rejection.location {
        response = response.field("Location", location.as_str());
    }
    response
}

/// What is said to a request that could not be read, or is not for here.
pub(super) fn error_response(error: &HttpError) -> Response<'static> {
    let response = Response::new(error.status).json(vocabulary::error(error.code, &error.message));
    match error.status {
        Status::UPGRADE_REQUIRED => handshake::invite(response),
        // RFC 9110 §15.5.2: a 401 says which credentials it wants.
        Status::UNAUTHORIZED => response.field("WWW-Authenticate", "Bearer realm=\"doneyet\""),
        _ => response,
    }
}

/// What is said to a poll that is held when the daemon stops: the next one there, or a proxy's next
/// choice, may know.
pub(super) fn stopping() -> Response<'static> {
    let json = vocabulary::error("stopping", "the daemon is stopping: ask again in a moment");
    Response::new(Status::SERVICE_UNAVAILABLE)
        .json(json)
        .field("Retry-After", "1")
}

/// The value of a `Date` field (RFC 9110 §6.6.1).
pub(super) fn date(now: Now) -> String {
    http_date(now.unix_ms)
}

/// A moment as HTTP writes it, in whole seconds (RFC 9110 §5.6.7).
pub(super) fn http_date(unix_ms: u64) -> String {
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_millis(unix_ms))
}
