//! The beginning of something that a peer has not finished.
//!
//! An idle peer has none, and there may be a million idle peers: so an empty inbox is a pointer to
//! nothing, half as long as a slice. A full one is one allocation more, and is full for moments.

/// Bytes kept from one read to the next.
#[derive(Debug, Default)]
pub(super) struct Inbox(Option<Box<Box<[u8]>>>);

impl Inbox {
    /// Takes out what there is.
    pub(super) fn take(&mut self) -> Vec<u8> {
        self.0
            .take()
            .map_or_else(Vec::new, |bytes| bytes.into_vec())
    }

    /// Keeps `rest`, and no spare room behind it: it grows with reads, not with bytes.
    pub(super) fn keep(&mut self, rest: Vec<u8>) {
        self.0 = (!rest.is_empty()).then(|| Box::new(rest.into()));
    }

    /// How many bytes there are.
    pub(super) fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |bytes| bytes.len())
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}
