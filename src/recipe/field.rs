//! What stands in a recipe file, taken out field by field, with complaints that name the place.

use std::fmt;

use serde_json::{Map, Value};

/// What is wrong with a recipe file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRecipe {
    /// The recipe's name, or its place in the file where it has none; empty for the file itself.
    pub recipe: String,
    /// The field.
    pub field: String,
    /// What it must be, as the end of a sentence.
    pub allowed: String,
}

impl fmt::Display for BadRecipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.recipe.is_empty() {
            write!(f, "recipe {}: ", self.recipe)?;
        }
        write!(f, "`{}` must be {}", self.field, self.allowed)
    }
}

impl std::error::Error for BadRecipe {}

/// An object of a recipe file, and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Object<'j> {
    pub(super) recipe: &'j str,
    /// What stands before a field's name: empty, or like `inputs[0].`.
    pub(super) within: &'j str,
    pub(super) fields: &'j Map<String, Value>,
}

impl<'j> Object<'j> {
    pub(super) fn bad(&self, field: &str, allowed: impl Into<String>) -> BadRecipe {
        BadRecipe {
            recipe: self.recipe.to_owned(),
            field: format!("{}{field}", self.within),
            allowed: allowed.into(),
        }
    }

    /// No other fields than these: a limit with a slip of the pen in its name would be no limit.
    pub(super) fn has_only(&self, known: &[&str]) -> Result<(), BadRecipe> {
        match self
            .fields
            .keys()
            .find(|name| !known.contains(&name.as_str()))
        {
            None => Ok(()),
            Some(name) => Err(self.bad(
                name,
                format!("left out; there are the fields {}", known.join(", ")),
            )),
        }
    }

    pub(super) fn text(&self, field: &str) -> Result<Option<&'j str>, BadRecipe> {
        match self.fields.get(field) {
            None => Ok(None),
            Some(Value::String(text)) if !text.is_empty() && !text.contains('\0') => Ok(Some(text)),
            Some(_) => Err(self.bad(field, "a string that is not empty")),
        }
    }

    pub(super) fn needed_text(&self, field: &str) -> Result<&'j str, BadRecipe> {
        self.text(field)?
            .ok_or_else(|| self.bad(field, "given, as a string"))
    }

    /// A list of strings, none of them empty, at least one of them; none if it is absent.
    pub(super) fn texts(&self, field: &str) -> Result<Option<Vec<&'j str>>, BadRecipe> {
        let Some(value) = self.fields.get(field) else {
            return Ok(None);
        };
        let texts = value.as_array().and_then(|values| {
            let text = |value: &'j Value| value.as_str().filter(|text| !text.contains('\0'));
            values.iter().map(text).collect::<Option<Vec<_>>>()
        });
        match texts.filter(|texts| !texts.is_empty()) {
            Some(texts) => Ok(Some(texts)),
            None => Err(self.bad(field, "a list of one or more strings")),
        }
    }

    pub(super) fn count(
        &self,
        field: &str,
        default: u64,
        range: std::ops::RangeInclusive<u64>,
    ) -> Result<u64, BadRecipe> {
        let value = self.fields.get(field);
        let count = value.map_or(Some(default), Value::as_u64);
        count.filter(|count| range.contains(count)).ok_or_else(|| {
            let (least, most) = range.into_inner();
            self.bad(field, format!("a whole number from {least} to {most}"))
        })
    }

    pub(super) fn switch(&self, field: &str) -> Result<bool, BadRecipe> {
        match self.fields.get(field) {
            None => Ok(false),
            Some(Value::Bool(on)) => Ok(*on),
            Some(_) => Err(self.bad(field, "true or false")),
        }
    }
}
