//! What a worker has said of its task: names and JSON values.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Map, Value};

/// A flat JSON object, sorted by name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Fields(BTreeMap<String, Field>);

/// A field's value. What has parts is kept as text: as a tree, sixteen kilobytes of tiny objects
/// take more than a megabyte, and the daemon never looks inside.
#[derive(Debug, Clone, PartialEq)]
enum Field {
    Scalar(Value),
    Compound(Box<str>),
}

impl Fields {
    /// Merges a patch (RFC 7396): `null` deletes, an object merges into an object, anything else
    /// replaces.
    pub fn merge(&mut self, patch: Map<String, Value>) {
        for (name, value) in patch {
            match value {
                Value::Null => drop(self.0.remove(&name)),
                Value::Object(inner) => {
                    let mut object = self.object(&name);
                    merge_objects(&mut object, inner);
                    self.insert(&name, Value::Object(object));
                }
                other => self.insert(&name, other),
            }
        }
    }

    /// Sets one field.
    pub fn insert(&mut self, name: &str, value: Value) {
        let field = match value {
            Value::Array(_) | Value::Object(_) => Field::Compound(value.to_string().into()),
            scalar => Field::Scalar(scalar),
        };
        self.0.insert(name.to_owned(), field);
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Deletes one field.
    pub fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// Whether the field is absent, or `is_allowed` says yes to its value. An array or object is
    /// asked about as `null`: no field that the daemon knows may be one.
    pub fn allows(&self, name: &str, is_allowed: impl Fn(&Value) -> bool) -> bool {
        match self.0.get(name) {
            None => true,
            Some(Field::Scalar(value)) => is_allowed(value),
            Some(Field::Compound(_)) => is_allowed(&Value::Null),
        }
    }

    /// A field that is a string.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.scalar(name)?.as_str()
    }

    /// A field that is a number.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.scalar(name)?.as_f64()
    }

    /// The fields as JSON members, `"name":value`, those of `first` in their order and then the
    /// others.
    pub fn members<'f>(&'f self, first: &'f [&str]) -> impl Iterator<Item = Member<'f>> {
        let member = |(name, field): (&'f String, &'f Field)| Member { name, field };
        let leading = first.iter().filter_map(|name| self.0.get_key_value(*name));
        let others = self
            .0
            .iter()
            .filter(|(name, _)| !first.contains(&name.as_str()));
        leading.chain(others).map(member)
    }

    /// Whether all fields as one JSON object take more than `most` bytes.
    pub fn exceed(&self, most: usize) -> bool {
        // To count is to encode, so a guess that is never too low goes first.
        let guess: usize = self.0.iter().map(|(name, field)| guess(name, field)).sum();
        guess + 2 > most && self.json_len() > most
    }

    /// The length of all fields as one JSON object, in bytes.
    fn json_len(&self) -> usize {
        let mut count = Count(1);
        for member in self.members(&[]) {
            count.0 += 1;
            member.encode(&mut count);
        }
        count.0.max(2)
    }

    fn scalar(&self, name: &str) -> Option<&Value> {
        match self.0.get(name)? {
            Field::Scalar(value) => Some(value),
            Field::Compound(_) => None,
        }
    }

    /// The field as an object to merge into; empty where it is anything else.
    fn object(&self, name: &str) -> Map<String, Value> {
        match self.0.get(name) {
            Some(Field::Compound(json)) => serde_json::from_str(json).unwrap_or_default(),
            _ => Map::new(),
        }
    }
}

/// A field on its way into JSON.
#[derive(Debug, Clone, Copy)]
pub struct Member<'f> {
    /// Its name.
    pub name: &'f str,
    field: &'f Field,
}

impl Member<'_> {
    /// Writes `"name":value` to `out`, which is memory and takes everything.
    pub fn encode(&self, out: &mut impl Write) {
        // Names and values are text, and numbers that JSON has: nothing here can fail.
        let _ = serde_json::to_writer(&mut *out, self.name);
        let _ = out.write_all(b":");
        let _ = match self.field {
            Field::Scalar(value) => serde_json::to_writer(out, value).map_err(io::Error::from),
            Field::Compound(json) => out.write_all(json.as_bytes()),
        };
    }
}

/// The most bytes that a member can take, its comma and colon among them. A byte of text becomes
/// six at the longest (`\u001f`), a number has up to 24.
fn guess(name: &str, field: &Field) -> usize {
    let value = match field {
        Field::Scalar(Value::String(text)) => 6 * text.len() + 2,
        Field::Scalar(_) => 24,
        Field::Compound(json) => json.len(),
    };
    6 * name.len() + 4 + value
}

/// A writer that keeps only the length.
struct Count(usize);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
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
