//! Which versions of a resource a client has already (RFC 9110 §13.1.2).

use crate::wire::http::Head;

/// The entity tags of an `If-None-Match`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntityTags(String);

impl EntityTags {
    /// Those in `head`; none, if it names none.
    pub fn read(head: &Head<'_>) -> EntityTags {
        // RFC 9110 §5.3: the lines of a list are one list.
        let lines = head.fields("if-none-match").map(std::str::from_utf8);
        let lines: Vec<&str> = lines.filter_map(Result::ok).collect();
        EntityTags(lines.join(","))
    }

    /// Whether `tag` is among them, by weak comparison.
    pub fn has(&self, tag: &str) -> bool {
        let mut tags = self.0.split(',').map(str::trim);
        tags.any(|one| one == "*" || one.trim_start_matches("W/") == tag)
    }
}
