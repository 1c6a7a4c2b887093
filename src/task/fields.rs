//! What a worker has said of its task: a flat JSON object, kept as it will be written.
//!
//! The daemon looks at a few of its fields and carries the others. So it is no tree but text, each
//! member with its comma in front, and an index of where they lie: to keep a state is to keep its
//! bytes, to merge is to copy runs of them, to compare is to compare them.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_core::Serialize;
use serde_json::{Map, Value};

/// A change mostly changes values, so what follows is about as long as what was there: room for so
/// many bytes more spares an allocation, and is little enough to be left unused.
const SLACK: usize = 16;
/// More room than this is given back: a patch may be long and leave little.
const MOST_SLACK: usize = 64;

/// The value that deletes a field.
pub(super) const NULL: &[u8] = b"null";

/// A flat JSON object, its members in the order of their names as JSON writes them.
#[derive(Debug, Clone, Default)]
pub struct Fields {
    /// `,"name":value`, once for each.
    text: Vec<u8>,
    /// In the order of the names, which need not be that of `text`.
    spans: Vec<Span>,
}

/// Where a member lies in the text.
#[derive(Debug, Clone, Copy)]
struct Span {
    start: u32,
    colon: u32,
    end: u32,
}

impl Span {
    fn name<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        &text[self.start as usize + 2..self.colon as usize - 1]
    }
}

/// A field on its way into JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member<'f> {
    /// `,"name":value`.
    pub json: &'f [u8],
    colon: usize,
}

impl<'f> Member<'f> {
    /// The name as JSON writes it, without its quotation marks.
    pub fn name(&self) -> &'f [u8] {
        &self.json[2..self.colon - 1]
    }

    /// The value as JSON.
    pub fn value(&self) -> &'f [u8] {
        &self.json[self.colon + 1..]
    }
}

impl PartialEq for Fields {
    fn eq(&self, other: &Fields) -> bool {
        self.members().eq(other.members())
    }
}

impl Fields {
    /// No fields, and room for `names` of them that take `bytes` bytes.
    pub(super) fn with_capacity(bytes: usize, names: usize) -> Fields {
        Fields {
            text: Vec::with_capacity(bytes),
            spans: Vec::with_capacity(names),
        }
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The length of all members, each with its comma, in bytes.
    pub fn json_len(&self) -> usize {
        self.text.len()
    }

    /// The fields, by name.
    pub fn members(&self) -> impl Iterator<Item = Member<'_>> {
        self.spans.iter().map(|&span| self.member(span))
    }

    /// One of them.
    pub fn find(&self, name: &str) -> Option<Member<'_>> {
        // Most states have few fields, whose lengths tell most of them apart.
        let is_it = |span: &&Span| span.name(&self.text) == name.as_bytes();
        self.spans.iter().find(is_it).map(|&span| self.member(span))
    }

    /// The value of one of them, as JSON.
    pub fn value(&self, name: &str) -> Option<&[u8]> {
        self.find(name).map(|member| member.value())
    }

    /// A field that is a string.
    pub fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        self.value(name).and_then(as_text)
    }

    /// A field that is a number.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.value(name).and_then(as_number)
    }

    /// These fields after a patch (RFC 7396): `null` deletes, an object merges into an object,
    /// anything else replaces. Of the patch only those count of whose names `counts` says so.
    #[must_use]
    pub fn merge(&self, patch: &Fields, counts: impl Fn(&[u8]) -> bool) -> Fields {
        let mut next = Fields::with_capacity(
            self.text.len().max(patch.text.len()) + SLACK,
            self.spans.len().max(patch.spans.len()),
        );
        let mut old = self.members().peekable();
        for change in patch.members().filter(|member| counts(member.name())) {
            let mut before = None;
            while let Some(&kept) = old.peek()
                && let order = by_name(kept.name(), change.name())
                && order != Ordering::Greater
            {
                old.next();
                match order {
                    Ordering::Equal => before = Some(kept),
                    _ => next.push(kept),
                }
            }
            match change.value() {
                NULL => {}
                [b'{', ..] => next.push_merged(before, change),
                _ => next.push(change),
            }
        }
        old.for_each(|kept| next.push(kept));
        next.text.shrink_to(next.text.len() + MOST_SLACK);
        next.spans.shrink_to(next.spans.len() + SLACK / 4);
        next
    }

    /// Begins a member at the end, wherever it belongs: [`finish`](Self::finish) and, after the
    /// last, [`sort`](Self::sort) are to follow.
    pub(super) fn begin(&mut self, name: &str) {
        self.begin_as(|text| write(text, name));
    }

    /// As [`begin`](Self::begin), with a name that needs no escapes in JSON.
    pub(super) fn begin_plain(&mut self, name: &str) {
        self.begin_as(|text| quote(text, name));
    }

    /// Gives the member that was begun its value.
    pub(super) fn finish(&mut self, value: &(impl Serialize + ?Sized)) {
        write(&mut self.text, value);
        self.close();
    }

    /// As [`finish`](Self::finish), with a text that needs no escapes in JSON.
    pub(super) fn finish_plain(&mut self, value: &str) {
        quote(&mut self.text, value);
        self.close();
    }

    /// Puts the members in order. Of those with the same name the last counts.
    pub(super) fn sort(&mut self) {
        let text = &self.text;
        self.spans
            .sort_by(|one, other| by_name(one.name(text), other.name(text)));
        self.spans.dedup_by(|later, kept| {
            let is_again = later.name(text) == kept.name(text);
            if is_again {
                *kept = *later;
            }
            is_again
        });
    }

    fn begin_as(&mut self, write_name: impl FnOnce(&mut Vec<u8>)) {
        let start = self.text.len();
        self.text.push(b',');
        write_name(&mut self.text);
        let colon = self.text.len();
        self.text.push(b':');
        self.note(start, colon);
    }

    /// The last member's value ends here.
    fn close(&mut self) {
        if let Some(last) = self.spans.last_mut() {
            last.end = self.text.len() as u32;
        }
    }

    fn push(&mut self, member: Member<'_>) {
        let start = self.text.len();
        self.text.extend_from_slice(member.json);
        self.note(start, start + member.colon);
    }

    /// Puts in what an object makes of what was `before`.
    fn push_merged(&mut self, before: Option<Member<'_>>, patch: Member<'_>) {
        let read = |json| serde_json::from_slice::<Map<String, Value>>(json);
        let before = before.and_then(|member| read(member.value()).ok());
        let mut object = before.unwrap_or_default();
        merge_objects(&mut object, read(patch.value()).unwrap_or_default());
        let start = self.text.len();
        self.text.extend_from_slice(&patch.json[..=patch.colon]);
        self.note(start, start + patch.colon);
        self.finish(&object);
    }

    /// What was written from `start` on is a member, as far as it has come.
    fn note(&mut self, start: usize, colon: usize) {
        let [start, colon, end] = [start, colon, self.text.len()].map(|at| at as u32);
        self.spans.push(Span { start, colon, end });
    }

    fn member(&self, span: Span) -> Member<'_> {
        Member {
            json: &self.text[span.start as usize..span.end as usize],
            colon: (span.colon - span.start) as usize,
        }
    }
}

/// A member's value that is a string.
pub fn as_text(json: &[u8]) -> Option<Cow<'_, str>> {
    // Without escapes a text is what stands between the quotation marks.
    let inside = json.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    match inside.contains(&b'\\') {
        false => str::from_utf8(inside).map(Cow::Borrowed).ok(),
        true => serde_json::from_slice(json).map(Cow::Owned).ok(),
    }
}

/// A JSON value that is a number.
pub fn as_number(json: &[u8]) -> Option<f64> {
    serde_json::from_slice(json).ok()
}

/// Appends `value` as JSON.
pub(super) fn write(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    // Memory takes everything, and texts, numbers that JSON has and maps of them can be written.
    let _ = serde_json::to_writer(out, value);
}

/// Appends `text`, in which JSON has nothing to escape.
fn quote(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

/// Names are short and soon differ: a loop is through before a call of `memcmp` has begun, which is
/// what comparing slices makes.
fn by_name(one: &[u8], other: &[u8]) -> Ordering {
    one.iter().cmp(other)
}

/// RFC 7396 §2. The recursion is bounded: the parser refuses more than 128 levels.
fn merge_objects(target: &mut Map<String, Value>, patch: Map<String, Value>) {
    for (name, value) in patch {
        match value {
            Value::Null => drop(target.remove(&name)),
            Value::Object(inner) => {
                let slot = target.entry(name).or_insert(Value::Null);
                if !slot.is_object() {
                    *slot = Value::Object(Map::new());
                }
                if let Value::Object(object) = slot {
                    merge_objects(object, inner);
                }
            }
            other => drop(target.insert(name, other)),
        }
    }
}
