//! The few productions of the grammar that more than one module needs (RFC 9110 §5.6).

/// `tchar`: what a field name, a method or a subprotocol is made of (RFC 9110 §5.6.2).
pub(super) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// `token`: at least one [`is_token_byte`].
pub(in crate::wire) fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().copied().all(is_token_byte)
}

/// A byte that may stand in a field's value: visible, blank, or above ASCII (RFC 9110 §5.5).
pub(super) fn is_value_byte(byte: u8) -> bool {
    matches!(byte, b'\t' | b' '..=b'~' | 0x80..)
}

/// `OWS`: the blanks that may surround an element without meaning anything (RFC 9110 §5.6.3).
pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// The elements of a comma-separated list, blanks trimmed; empty ones are skipped, as the
/// recipient of a list must (RFC 9110 §5.6.1.2). One pass and no regular expression: splitting
/// such lists in quadratic time has been an advisory more than once.
pub(in crate::wire) fn list_items(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value
        .split(|byte| *byte == b',')
        .map(trim_blanks)
        .filter(|item| !item.is_empty())
}

fn trim_blanks(mut text: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = text
        && is_blank(*first)
    {
        text = rest;
    }
    while let [rest @ .., last] = text
        && is_blank(*last)
    {
        text = rest;
    }
    text
}
