//! What the query of a request may say: one function for each parameter.
//!
//! A parameter that makes no sense is refused, with what is allowed there; one that nobody here
//! asks about is ignored.

use crate::session::demand::Until;
use crate::wire::http::{HttpError, Target};

/// The longest lease a worker may ask for, in seconds.
pub(super) const MAX_LEASE_SECS: f64 = 86_400.0;

/// The longest that a poll is held, in seconds: longer than most proxies wait for an answer.
pub(super) const MAX_WAIT_SECS: f64 = 60.0;

/// How long a poll is held that does not say how long, in milliseconds.
pub(super) const DEFAULT_WAIT_MS: u32 = 30_000;

/// `?lease=SECONDS`, in milliseconds.
pub(super) fn lease_ms(target: &Target<'_>) -> Result<Option<u64>, HttpError> {
    let Some(text) = target.query_value("lease") else {
        return Ok(None);
    };
    match text.parse::<f64>() {
        Ok(secs) if secs > 0.0 && secs <= MAX_LEASE_SECS => Ok(Some((secs * 1000.0) as u64)),
        _ => Err(HttpError::bad_request(
            "`lease` must be seconds, more than 0 and at most 86400",
        )),
    }
}

/// `?wait=SECONDS`, in milliseconds.
pub(super) fn wait_ms(target: &Target<'_>) -> Result<Option<u32>, HttpError> {
    let Some(text) = target.query_value("wait") else {
        return Ok(None);
    };
    match text.parse::<f64>() {
        Ok(secs) if (0.0..=MAX_WAIT_SECS).contains(&secs) => Ok(Some((secs * 1000.0) as u32)),
        _ => Err(HttpError::bad_request(
            "`wait` must be seconds, from 0 to 60",
        )),
    }
}

/// `?since=REV`.
pub(super) fn since(target: &Target<'_>) -> Result<Option<u64>, HttpError> {
    let Some(text) = target.query_value("since") else {
        return Ok(None);
    };
    revision(&text).map(Some).ok_or(HttpError::bad_request(
        "`since` must be a revision: digits, as in `rev`",
    ))
}

/// `?until=end`.
pub(super) fn until(target: &Target<'_>) -> Result<Until, HttpError> {
    match target.query_value("until").as_deref() {
        None => Ok(Until::Forgotten),
        Some("end") => Ok(Until::End),
        Some(_) => Err(HttpError::bad_request("`until` must be end, or absent")),
    }
}

/// A revision as we write it. (`+7` would parse.)
pub(super) fn revision(text: &str) -> Option<u64> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}
