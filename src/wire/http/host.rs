//! Which host did the client mean?
//!
//! The answer guards a daemon on loopback against pages that rebind their own name to 127.0.0.1,
//! and it is one side of the same-origin comparison. So it must be unambiguous: one `Host` line,
//! and nothing in it but a name or an address and perhaps a port. No general URI parser is let near
//! it; a dozen lines that can only say yes or no cannot be confused.

use core::net::Ipv6Addr;

use super::{HttpError, Section, Version};

/// The host and port the request is for. RFC 9112 §3.2.2: what an absolute-form target names
/// counts, and the `Host` field beside it must be there all the same.
///
/// # Errors
///
/// 400 for more than one `Host` line, for none on HTTP/1.1, and for what is no host (RFC 9112
/// §3.2).
pub(super) fn resolve<'b>(
    authority: Option<&'b str>,
    section: Section<'b>,
    version: Version,
) -> Result<Option<&'b str>, HttpError> {
    let mut fields = section.fields("host");
    let field = match (fields.next(), fields.next(), version) {
        (Some(host), None, _) => Some(check(host)?),
        (None, _, Version::Http10) => None,
        _ => {
            return Err(HttpError::bad_request(
                "A request names its host exactly once.",
            ));
        }
    };
    match authority {
        Some(authority) => check(authority.as_bytes()).map(Some),
        None => Ok(field),
    }
}

fn check(value: &[u8]) -> Result<&str, HttpError> {
    std::str::from_utf8(value)
        .ok()
        .filter(|text| is_host(text))
        .ok_or(HttpError::bad_request(
            "The host is no name or address with an optional port.",
        ))
}

/// `uri-host [ ":" port ]` (RFC 9110 §7.2), without the corners of RFC 3986 that no client uses:
/// user names, percent-encoding and address zones.
fn is_host(text: &str) -> bool {
    let (is_name, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) => (is_ipv6(address), port),
        None => {
            let (name, port) = text.split_at(text.find(':').unwrap_or(text.len()));
            (is_name(name), port)
        }
    };
    is_name && is_port(port)
}

/// A registered name or an IPv4 address. The underscore is in no host name by the book, and in
/// many a container's.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
}

fn is_ipv6(text: &str) -> bool {
    text.parse::<Ipv6Addr>().is_ok()
}

/// Nothing, or a colon and a port; RFC 3986 §3.2.3 lets its digits be missing.
fn is_port(text: &str) -> bool {
    let Some(digits) = text.strip_prefix(':') else {
        return text.is_empty();
    };
    digits.is_empty() || digits.bytes().all(|b| b.is_ascii_digit()) && digits.parse::<u16>().is_ok()
}
