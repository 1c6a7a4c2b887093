//! A request's head: method, target, version and fields, borrowed from the bytes it came in.
//!
//! `httparse` reads the lines: its tables know which bytes may stand in a method, a name or a
//! value, and it takes no blank before a colon and no empty name. On top stand the rules that need
//! more than one line to judge: one host, one length, a version we speak. The bytes must have
//! passed a [`Scan`](super::Scan) before, which is stricter than `httparse` about line ends.

use super::fields::{Fields, Framing, Section};
use super::{HttpError, host, target};

/// The two versions spoken here. The first without chunks, persistence by default, or upgrades.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// HTTP/1.0 (RFC 1945).
    Http10,
    /// HTTP/1.1 (RFC 9112).
    Http11,
}

/// A request without its content. That a value exists means every check below has passed.
#[derive(Clone, Copy, Debug)]
pub struct Head<'b> {
    /// A token such as `GET`; methods are case-sensitive (RFC 9110 §9.1).
    pub method: &'b str,
    /// The path and query asked for, never with an authority: [`Target::parse`] takes it apart.
    ///
    /// [`Target::parse`]: super::Target::parse
    pub target: &'b str,
    /// What the client speaks.
    pub version: Version,
    /// How long the content is.
    pub framing: Framing,
    host: Option<&'b str>,
    section: Section<'b>,
}

impl<'b> Head<'b> {
    /// Reads exactly one head, the bytes that a [`Scan`](super::Scan) has measured.
    ///
    /// # Errors
    ///
    /// 505 for another version of HTTP, 400 for anything that is not in the grammar (RFC 9112 §3,
    /// §5), for a missing, repeated or malformed `Host`, and for a length that is malformed, repeated
    /// or contradicted by a transfer coding; 501 for a coding other than `chunked`.
    pub fn parse(bytes: &'b [u8], fields: &'b mut Fields<'b>) -> Result<Head<'b>, HttpError> {
        let mut request = httparse::Request::new(&mut []);
        let read = request
            .parse_with_uninit_headers(bytes, &mut fields.0)
            .map_err(|error| explain(error, bytes))?;
        let httparse::Request {
            method,
            path,
            version,
            headers,
        } = request;
        let (httparse::Status::Complete(size), Some(method), Some(path)) = (read, method, path)
        else {
            return Err(HttpError::bad_request("The head is not complete."));
        };
        if size != bytes.len() {
            return Err(HttpError::bad_request("The head ends early."));
        }
        let section = Section(headers);
        let version = Version::from_minor(version);
        let (authority, target) = target::resolve(path, method)?;
        let host = host::resolve(authority, section, version)?;
        Ok(Head {
            method,
            target,
            version,
            framing: section.framing(version)?,
            host,
            section,
        })
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

    /// The host the request is for, with its port if one was given; none only on HTTP/1.0.
    pub fn host(&self) -> Option<&'b str> {
        self.host
    }

    /// Whether the client wants to go on after the answer (RFC 9112 §9.3).
    pub fn keep_alive(&self) -> bool {
        let asked = |option| self.list_contains("connection", option);
        !asked("close") && (self.version == Version::Http11 || asked("keep-alive"))
    }

    /// Whether the client holds its content back until it reads a 100 (RFC 9110 §10.1.1).
    pub fn expects_continue(&self) -> bool {
        self.version == Version::Http11 && self.list_contains("expect", "100-continue")
    }
}

impl Version {
    /// From what `httparse` says, which knows only these two.
    pub(super) fn from_minor(minor: Option<u8>) -> Version {
        if minor == Some(0) {
            Version::Http10
        } else {
            Version::Http11
        }
    }
}

/// Which of our answers fits what `httparse` found.
fn explain(error: httparse::Error, head: &[u8]) -> HttpError {
    use httparse::Error;
    match error {
        Error::Version if names_a_version(head) => {
            HttpError::version_not_supported("This server speaks HTTP/1.1 and HTTP/1.0.")
        }
        Error::Version => HttpError::bad_request("The request line does not end with a version."),
        Error::HeaderName => HttpError::bad_request("A field's name is not a token and a colon."),
        Error::HeaderValue => HttpError::bad_request("A field's value has a control character."),
        Error::TooManyHeaders => HttpError::head_too_large("The head has more than 100 fields."),
        Error::NewLine | Error::Status | Error::Token => {
            HttpError::bad_request("The request line is not a method, a target and a version.")
        }
    }
}

/// `HTTP-version = "HTTP" "/" DIGIT "." DIGIT` (RFC 9112 §2.3) as the third and last word of the
/// first line: well said, only not for us. Anything else there is no HTTP at all.
fn names_a_version(head: &[u8]) -> bool {
    let line = head
        .trim_ascii_start()
        .split(|byte| *byte == b'\r')
        .next()
        .unwrap_or_default();
    let mut words = line.split(|byte| *byte == b' ').skip(2);
    let digits = words.next().and_then(|word| word.strip_prefix(b"HTTP/"));
    matches!(digits, Some([b'0'..=b'9', b'.', b'0'..=b'9'])) && words.next().is_none()
}
