//! Parts of a representation (RFC 9110 §14).

use std::ops::Range;

/// What of some content a `Range` field asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Portion {
    /// All of it.
    Whole,
    /// These bytes, at least one.
    Part(Range<u64>),
    /// Nothing that there is: 416.
    Unsatisfiable,
}

impl Portion {
    /// Reads the value of a `Range` field, for content of `len` bytes.
    ///
    /// A server may ignore the field (RFC 9110 §14.2), and here that means [`Whole`](Self::Whole):
    /// for another unit, for what is malformed, and for several ranges at once, with which a small
    /// request could ask for a large answer many times over.
    pub fn asked(field: &str, len: u64) -> Portion {
        let Some((unit, set)) = field.split_once('=') else {
            return Portion::Whole;
        };
        let Some((first, last)) = set.trim().split_once('-') else {
            return Portion::Whole;
        };
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return Portion::Whole;
        }
        match (position(first), position(last)) {
            (Some(first), Some(last)) if last < first => Portion::Whole,
            (Some(first), Some(last)) => Portion::of(first, last.saturating_add(1), len),
            (Some(first), None) if last.is_empty() => Portion::of(first, len, len),
            // The last bytes, as many as there are.
            (None, Some(0)) if first.is_empty() => Portion::Unsatisfiable,
            (None, Some(count)) if first.is_empty() => {
                Portion::of(len.saturating_sub(count), len, len)
            }
            _ => Portion::Whole,
        }
    }

    fn of(start: u64, end: u64, len: u64) -> Portion {
        match start < len {
            true => Portion::Part(start..end.min(len)),
            false => Portion::Unsatisfiable,
        }
    }
}

/// Digits, and no sign; numbers beyond all files are as good as the largest.
fn position(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}
