//! A file that a job has made, as an answer (RFC 9110 §13, §14).
//!
//! Its bytes come from anywhere, and its name from whoever made it. A browser that *showed* it
//! would run its scripts with the rights of our page. So it is always one to be saved, of no type;
//! and should a browser look inside all the same, it is in a sandbox there, which has no origin.

use std::fmt::Write as _;
use std::ops::Range;

use crate::session::demand::File;
use crate::session::http::terms::Terms;
use crate::session::refuse::http_date;
use crate::session::report::Method;
use crate::wire::http::{Content, Portion, Response, Status};

/// The answer's head.
pub(super) fn response(file: &File, terms: &Terms) -> Response<'static> {
    let response = match portion(file, terms) {
        None => Response::new(Status::NOT_MODIFIED),
        Some(Portion::Whole) => with_content(Response::new(Status::OK), file, file.len),
        Some(Portion::Part(range)) => {
            let place = format!("bytes {}-{}/{}", range.start, range.end - 1, file.len);
            let response = Response::new(Status::PARTIAL_CONTENT).field("Content-Range", place);
            with_content(response, file, range.end - range.start)
        }
        Some(Portion::Unsatisfiable) => Response::new(Status::RANGE_NOT_SATISFIABLE)
            .field("Content-Range", format!("bytes */{}", file.len)),
    };
    response
        .field("ETag", tag(file))
        .field("Cache-Control", "private, no-cache")
}

/// The bytes of the file that follow the head, if any do.
pub(super) fn content(file: &File, terms: &Terms) -> Option<Range<u64>> {
    let range = match portion(file, terms)? {
        Portion::Whole => 0..file.len,
        Portion::Part(range) => range,
        Portion::Unsatisfiable => return None,
    };
    let is_sent = terms.exchange.content == Content::Sent && !range.is_empty();
    is_sent.then_some(range)
}

/// What of the file the client is to have; none if it has that already.
fn portion(file: &File, terms: &Terms) -> Option<Portion> {
    if terms.has(&tag(file)) {
        return None;
    }
    Some(match terms.range() {
        // RFC 9110 §14.2: for other methods than GET it means nothing.
        Some(range) if terms.method == Method::Get && has_rest(file, terms) => {
            Portion::asked(range, file.len)
        }
        _ => Portion::Whole,
    })
}

fn with_content(response: Response<'static>, file: &File, len: u64) -> Response<'static> {
    response
        .announce("application/octet-stream", len)
        .field("Last-Modified", http_date(file.modified_unix_ms))
        .field("Accept-Ranges", "bytes")
        .field("Content-Disposition", disposition(&file.name))
        .field("Content-Security-Policy", "sandbox; default-src 'none'")
        .field("Cross-Origin-Resource-Policy", "same-origin")
        .field("X-Content-Type-Options", "nosniff")
}

fn tag(file: &File) -> String {
    format!("\"{}\"", file.tag)
}

/// Whether the client that wants a part has the rest of this very file (RFC 9110 §13.1.5): by
/// strong comparison, so never by a weak tag, and by a date only if it is exactly ours.
fn has_rest(file: &File, terms: &Terms) -> bool {
    let is_ours = |text: &str| text == tag(file) || text == http_date(file.modified_unix_ms);
    terms.if_range().is_none_or(is_ours)
}

/// RFC 6266 §4: the name for everybody, in ASCII, and the real one for those who read RFC 8187.
fn disposition(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| match c {
            ' '..='~' if !"\"\\%/".contains(c) => c,
            _ => '_',
        })
        .collect();
    let mut field = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''");
    for byte in name.bytes() {
        // RFC 8187 §3.2.1: attr-char.
        match byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            true => field.push(char::from(byte)),
            // Writing to memory cannot fail.
            false => drop(write!(field, "%{byte:02X}")),
        }
    }
    field
}
