//! Field lines, and the two that decide how long a message is.
//!
//! A field section keeps its lines in the order of arrival, names as they were sent, values as
//! bytes without the blanks around them. Names are compared without case (RFC 9110 §5.1). Looking
//! one up is a walk over at most a hundred lines that are in the cache anyway; a map would have to
//! be filled first, and would need an answer to what a repeated field means. Here the caller gives
//! that answer, by the method it picks.

use std::mem::MaybeUninit;

use super::grammar::list_items;
use super::{HttpError, Version};

/// Field lines in a head.
pub const MAX_FIELDS: usize = 100;

/// Room for the field lines of one head, lent to the parser so that reading a head allocates
/// nothing. Its lifetime is that of the head's bytes. What few heads need is not cleared for all:
/// the parser writes before it shows.
pub struct Fields<'b>(pub(super) [MaybeUninit<httparse::Header<'b>>; MAX_FIELDS]);

impl Default for Fields<'_> {
    fn default() -> Self {
        Fields([const { MaybeUninit::uninit() }; MAX_FIELDS])
    }
}

/// The field lines of one parsed head (RFC 9110 §5): a view, cheap to copy.
#[derive(Clone, Copy, Debug)]
pub struct Section<'b>(pub(super) &'b [httparse::Header<'b>]);

/// How long the content of a request is (RFC 9112 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// No content: the next message begins right after the head.
    None,
    /// Exactly so many bytes.
    Length(u64),
    /// Chunks, each with its size, up to one of size zero.
    Chunked,
}

impl<'b> Section<'b> {
    /// Every line as name and value, in order of arrival.
    pub fn lines(self) -> impl Iterator<Item = (&'b str, &'b [u8])> {
        self.0.iter().map(|line| (line.name, line.value))
    }

    /// The values of every line called `name`.
    pub fn fields<'n>(self, name: &'n str) -> impl Iterator<Item = &'b [u8]> + use<'b, 'n> {
        let named = move |line: &&httparse::Header<'b>| line.name.eq_ignore_ascii_case(name);
        self.0.iter().filter(named).map(|line| line.value)
    }

    /// The value of the first line called `name`.
    pub fn field(self, name: &str) -> Option<&'b [u8]> {
        self.fields(name).next()
    }

    /// The value of the only line called `name`; none if there are more, as then nobody can say
    /// which one counts.
    pub fn only(self, name: &str) -> Option<&'b [u8]> {
        let mut values = self.fields(name);
        values.next().filter(|_| values.next().is_none())
    }

    /// The value of the first line called `name`, if it is UTF-8.
    pub fn text(self, name: &str) -> Option<&'b str> {
        self.field(name)
            .and_then(|value| std::str::from_utf8(value).ok())
    }

    /// Whether `token` is an element of the comma-separated list that all lines called `name` form
    /// together (RFC 9110 §5.3), compared without case.
    pub fn list_contains(self, name: &str, token: &str) -> bool {
        self.fields(name)
            .flat_map(list_items)
            .any(|item| item.eq_ignore_ascii_case(token.as_bytes()))
    }

    /// Reads the length of the content (RFC 9112 §6.3), and refuses wherever two readers could
    /// come to two lengths: that is how requests are smuggled past a proxy (RFC 9112 §11.2).
    pub(super) fn framing(self, version: Version) -> Result<Framing, HttpError> {
        let mut lengths = self.fields("content-length");
        let mut codings = self.fields("transfer-encoding");
        match (lengths.next(), codings.next()) {
            (None, None) => Ok(Framing::None),
            (Some(_), Some(_)) => Err(HttpError::bad_request(
                "Content-Length and Transfer-Encoding exclude each other.",
            )),
            // RFC 9110 §8.6 lets a recipient merge equal values. A proxy that looks at the first
            // and one that looks at the last agree only as long as nobody edits one of them.
            (Some(_), None) if lengths.next().is_some() => Err(HttpError::bad_request(
                "Content-Length is given more than once.",
            )),
            (Some(length), None) => parse_length(length).map(Framing::Length),
            (None, Some(_)) if codings.next().is_some() => Err(HttpError::bad_request(
                "Transfer-Encoding is given more than once.",
            )),
            // RFC 9112 §6.1: such a message was forwarded by something that does not know chunks.
            (None, Some(_)) if version == Version::Http10 => {
                Err(HttpError::bad_request("HTTP/1.0 has no Transfer-Encoding."))
            }
            (None, Some(codings)) => parse_codings(codings),
        }
    }
}

/// `chunked` alone is understood. Where it is not the last of the codings, or not once, nobody knows
/// the length: 400 (RFC 9112 §6.3, rule 4). Others before it are only not for us: 501 (§6.1).
fn parse_codings(value: &[u8]) -> Result<Framing, HttpError> {
    let is_chunked = |coding: &[u8]| coding.eq_ignore_ascii_case(b"chunked");
    if is_chunked(value) {
        return Ok(Framing::Chunked);
    }
    let codings: Vec<&[u8]> = list_items(value).collect();
    let Some((last, others)) = codings
        .split_last()
        .filter(|(_, others)| !others.is_empty())
    else {
        return Err(BAD_CODINGS);
    };
    match is_chunked(last) && !others.iter().any(|coding| is_chunked(coding)) {
        true => Err(HttpError::not_implemented(
            "The only transfer coding understood is chunked.",
        )),
        false => Err(BAD_CODINGS),
    }
}

const BAD_CODINGS: HttpError =
    HttpError::bad_request("Transfer-Encoding is no list that ends with chunked, said once.");

/// `Content-Length = 1*DIGIT` (RFC 9110 §8.6). Not `str::parse`: that would take a sign, and a
/// proxy that does not would see another length.
fn parse_length(value: &[u8]) -> Result<u64, HttpError> {
    let digit = |byte: &u8| byte.is_ascii_digit().then(|| u64::from(byte - b'0'));
    let append = |sum: u64, digit: u64| sum.checked_mul(10)?.checked_add(digit);
    let number = value
        .iter()
        .try_fold(0, |sum, byte| append(sum, digit(byte)?));
    number
        .filter(|_| !value.is_empty())
        .ok_or(HttpError::bad_request(
            "Content-Length is not a decimal number of bytes.",
        ))
}
