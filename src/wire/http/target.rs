//! What a request is aimed at (RFC 9112 §3.2): a path and, after a question mark, a query.
//!
//! Splitting comes before decoding, always: `%2F` is a slash inside a segment and not a boundary
//! between two, `%26` an ampersand inside a value. So a [`Target`] holds the text as it was sent,
//! and whoever takes a piece out of it decodes that piece, once.

use std::borrow::Cow;

use super::HttpError;

/// A path and a query, not yet percent-decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'b> {
    /// From the first slash up to the question mark; `*` for `OPTIONS *`.
    pub path: &'b str,
    /// What follows the first question mark; `Some("")` if nothing does.
    pub query: Option<&'b str>,
}

impl<'b> Target<'b> {
    /// Splits a target in origin-form, or the asterisk (RFC 9112 §3.2.1, §3.2.4), as
    /// [`Head`](super::Head) hands it out.
    ///
    /// # Errors
    ///
    /// 400 if it is neither.
    pub fn parse(target: &'b str) -> Result<Target<'b>, HttpError> {
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (target, None),
        };
        match path {
            // `http://host?query`, without its host: RFC 9110 §4.2.3 equates it with `/?query`.
            "" if query.is_some() => Ok(Target { path: "/", query }),
            "*" if query.is_none() => Ok(Target { path, query }),
            _ if path.starts_with('/') => Ok(Target { path, query }),
            _ => Err(HttpError::bad_request("The request target is no path.")),
        }
    }

    /// The names and values of the query, decoded; nothing if there is no query.
    pub fn query_pairs(&self) -> impl Iterator<Item = (Cow<'b, str>, Cow<'b, str>)> + use<'b> {
        self.query.into_iter().flat_map(query_pairs)
    }

    /// The value of the first pair called `name`, decoded.
    pub fn query_value(&self, name: &str) -> Option<Cow<'b, str>> {
        self.query_pairs()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }
}

/// Takes a request target apart into the authority it may carry and the rest, which
/// [`Target::parse`] reads. Absolute-form is what clients send to a proxy, and every server must
/// take it (RFC 9112 §3.2.2).
pub(super) fn resolve<'b>(
    target: &'b str,
    method: &str,
) -> Result<(Option<&'b str>, &'b str), HttpError> {
    // A fragment never leaves the client (RFC 9110 §7.1), and a URI is ASCII.
    if !target
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'#')
    {
        return Err(HttpError::bad_request(
            "The request target has a byte that no URI has.",
        ));
    }
    if target.starts_with('/') || (target == "*" && method == "OPTIONS") {
        return Ok((None, target));
    }
    let rest = strip_scheme(target).ok_or(HttpError::bad_request(
        "The request target is neither a path nor an http URI.",
    ))?;
    let (authority, rest) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    Ok((Some(authority), if rest.is_empty() { "/" } else { rest }))
}

fn strip_scheme(target: &str) -> Option<&str> {
    let (scheme, rest) = target.split_once("://")?;
    let known = ["http", "https"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known));
    known.then_some(rest)
}

/// Undoes percent-encoding (RFC 3986 §2.1), exactly once, and borrows when there is nothing to
/// undo. None if a `%` is not followed by two hex digits, or if the result is not UTF-8.
pub fn percent_decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(Cow::Borrowed(text));
    }
    let mut decoded = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let byte;
        (byte, rest) = match (first, tail) {
            (b'%', [high, low, tail @ ..]) => (hex(*high)? << 4 | hex(*low)?, tail),
            (b'%', _) => return None,
            _ => (*first, tail),
        };
        decoded.push(byte);
    }
    String::from_utf8(decoded).ok().map(Cow::Owned)
}

/// The pairs of `a=b&c`, decoded, as forms and `URLSearchParams` write them: `+` is a space, a
/// name without `=` has an empty value. A piece that does not decode stands as it came, which is
/// how browsers read it; so a mistyped value is seen, and refused, by whoever asked for it.
pub fn query_pairs(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode_piece(name), decode_piece(value))
        })
}

fn decode_piece(text: &str) -> Cow<'_, str> {
    if text.contains('+') {
        let spaced = text.replace('+', " ");
        return Cow::Owned(percent_decode(&spaced).map_or(text.to_owned(), Cow::into_owned));
    }
    percent_decode(text).unwrap_or(Cow::Borrowed(text))
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}
