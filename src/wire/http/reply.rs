//! The other direction: a response as its client sees it.
//!
//! The head is found with the same [`Scan`](super::Scan) as a request's, and is held to the same
//! standard. How long the content is depends on more here: on the status, on what was asked, and
//! in the end on nothing but the connection closing.

use super::fields::{Fields, Framing, Section};
use super::status::ends_with_head;
use super::{HttpError, Version};

/// A response without its content.
#[derive(Clone, Copy, Debug)]
pub struct ReplyHead<'b> {
    /// 100–599, if the server is sane; any three digits otherwise.
    pub status: u16,
    /// What the server speaks.
    pub version: Version,
    section: Section<'b>,
}

/// How far the content of a response reaches (RFC 9112 §6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// As far as the framing says; the connection can be used again.
    Framed(Framing),
    /// Until the server closes. A broken connection looks the same as a finished one.
    UntilClose,
}

impl<'b> ReplyHead<'b> {
    /// Reads exactly one head, the bytes that a [`Scan`](super::Scan) has measured.
    ///
    /// # Errors
    ///
    /// An [`HttpError`] whose message says what the server did wrong; its status is of no use.
    pub fn parse(bytes: &'b [u8], fields: &'b mut Fields<'b>) -> Result<ReplyHead<'b>, HttpError> {
        let mut response = httparse::Response::new(&mut []);
        let read = httparse::ParserConfig::default()
            .parse_response_with_uninit_headers(&mut response, bytes, &mut fields.0)
            .map_err(explain)?;
        let httparse::Response {
            code,
            version,
            headers,
            ..
        } = response;
        match (read, code) {
            (httparse::Status::Complete(size), Some(status)) if size == bytes.len() => {
                let version = Version::from_minor(version);
                Ok(ReplyHead {
                    status,
                    version,
                    section: Section(headers),
                })
            }
            _ => Err(HttpError::bad_request(
                "The response's head is not complete.",
            )),
        }
    }

    /// The value of the first field called `name`, compared without case.
    pub fn field(&self, name: &str) -> Option<&'b [u8]> {
        self.section.field(name)
    }

    /// The values of every field called `name`, in order.
    pub fn fields<'n>(&self, name: &'n str) -> impl Iterator<Item = &'b [u8]> + use<'b, 'n> {
        self.section.fields(name)
    }

    /// The value of the only field called `name`; none if it is repeated.
    pub fn only(&self, name: &str) -> Option<&'b [u8]> {
        self.section.only(name)
    }

    /// The value of the first field called `name`, if it is UTF-8.
    pub fn text(&self, name: &str) -> Option<&'b str> {
        self.section.text(name)
    }

    /// Whether `token` is in the list that all fields called `name` form, compared without case.
    pub fn list_contains(&self, name: &str, token: &str) -> bool {
        self.section.list_contains(name, token)
    }

    /// Whether the real answer is still to come (RFC 9110 §15.2). 101 is the last of its
    /// connection and does not count.
    pub fn is_interim(&self) -> bool {
        matches!(self.status, 100 | 102..=199)
    }

    /// How far the content of the answer to a request with `method` reaches.
    ///
    /// # Errors
    ///
    /// As for a request: lengths that are malformed, repeated or contradicted.
    pub fn extent(&self, method: &str) -> Result<Extent, HttpError> {
        if method == "HEAD" || ends_with_head(self.status) {
            return Ok(Extent::Framed(Framing::None));
        }
        self.section
            .framing(self.version)
            .map(|framing| match framing {
                Framing::None => Extent::UntilClose,
                framing => Extent::Framed(framing),
            })
    }
}

fn explain(error: httparse::Error) -> HttpError {
    match error {
        httparse::Error::Version => {
            HttpError::version_not_supported("The server does not answer in HTTP/1.1 or HTTP/1.0.")
        }
        httparse::Error::TooManyHeaders => {
            HttpError::head_too_large("The response has more than 100 fields.")
        }
        _ => HttpError::bad_request("The response's head is malformed."),
    }
}
