//! A JSON object, read straight into [`Fields`]: no tree is made of it on the way.
//!
//! A text comes *borrowed* where it stands in the input as it is, and owned where escapes had to be
//! resolved. So one that is borrowed had none, and needs none when it is written again.

use std::fmt;

use serde_core::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde_core::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::task::fields::Fields;

/// Names that most objects do not have more of.
const FEW: usize = 8;

/// Reads the whole of `json`.
///
/// # Errors
/// As of serde_json; [`is_data`](serde_json::Error::is_data) for what is no object.
pub(super) fn parse(json: &str) -> serde_json::Result<Fields> {
    let mut reader = serde_json::Deserializer::from_str(json);
    let fields = Fields::with_capacity(json.len(), FEW);
    let mut fields = reader.deserialize_any(Members(fields))?;
    reader.end()?;
    fields.sort();
    Ok(fields)
}

struct Members(Fields);

impl<'de> Visitor<'de> for Members {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Fields, A::Error> {
        let Members(mut fields) = self;
        while let Some(()) = members.next_key_seed(Name(&mut fields))? {
            members.next_value_seed(Content(&mut fields))?;
        }
        Ok(fields)
    }
}

/// Reads a member's name.
struct Name<'f>(&'f mut Fields);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<(), E> {
        self.0.begin_plain(name);
        Ok(())
    }

    fn visit_str<E>(self, name: &str) -> Result<(), E> {
        self.0.begin(name);
        Ok(())
    }
}

/// Reads the value behind it, whatever it is.
struct Content<'f>(&'f mut Fields);

impl<'de> DeserializeSeed<'de> for Content<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Content<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.0.finish(&());
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.0.finish(&value);
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.0.finish(&value);
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.0.finish(&value);
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.0.finish(&value);
        Ok(())
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<(), E> {
        self.0.finish_plain(value);
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        self.0.finish(value);
        Ok(())
    }

    // What has parts becomes a tree for a moment, so that of a name given twice within it the last
    // counts, too.

    fn visit_seq<A: SeqAccess<'de>>(self, parts: A) -> Result<(), A::Error> {
        self.0
            .finish(&Value::deserialize(SeqAccessDeserializer::new(parts))?);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, parts: A) -> Result<(), A::Error> {
        self.0
            .finish(&Value::deserialize(MapAccessDeserializer::new(parts))?);
        Ok(())
    }
}
