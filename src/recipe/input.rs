//! One gap's value: what may stand there, and whether something does.

use regex_lite::Regex;
use serde_json::{Value, json};

use super::Addresses;

/// Something that an order has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// The field of the order.
    pub name: String,
    /// What a person is asked.
    pub label: String,
    /// What may stand there.
    pub kind: Kind,
    /// The most characters.
    pub max_chars: usize,
    /// What is taken if nothing is said; without it, something must be.
    pub default: Option<String>,
}

/// Sorts of values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// An address. It begins with its scheme, so never with a dash.
    Url(Addresses),
    /// One of these; none begins with a dash.
    Choice(Vec<String>),
    /// Free text, without control characters.
    Text {
        /// What the whole text must match.
        pattern: Pattern,
        /// Whether it may begin with a dash.
        leading_dash: Dash,
    },
}

/// Whether a text may begin with `-`, and so look like an option to the program that gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dash {
    /// It may not, whatever its pattern says.
    Refused,
    /// The operator has said in so many words that it may.
    Allowed,
}

/// A regular expression that is about whole texts.
#[derive(Debug, Clone)]
pub struct Pattern {
    written: String,
    whole: Regex,
}

/// What is written alike matches alike.
impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.written == other.written
    }
}

impl Eq for Pattern {}

impl Pattern {
    /// Reads a regular expression.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(text: &str) -> Result<Pattern, String> {
        // By itself first: `a)(b` would become a good one inside the parentheses.
        Regex::new(text).map_err(|error| error.to_string())?;
        let whole = Regex::new(&format!(r"\A(?:{text})\z")).map_err(|error| error.to_string())?;
        let written = text.to_owned();
        Ok(Pattern { written, whole })
    }
}

impl Input {
    /// Takes what an order says here: the value, checked, or the default.
    ///
    /// # Errors
    /// What it must be, as the end of a sentence.
    pub fn take(&self, said: Option<&Value>) -> Result<String, String> {
        let said = match (said, &self.default) {
            (None | Some(Value::Null), Some(default)) => return Ok(default.clone()),
            (None | Some(Value::Null), None) => return Err("given".to_owned()),
            (Some(Value::String(text)), _) => text,
            (Some(_), _) => return Err("a string".to_owned()),
        };
        self.check(said)?;
        Ok(said.clone())
    }

    /// Whether `text` may stand here. Its length is looked at first: what is too long is not read.
    ///
    /// # Errors
    /// What it must be, as the end of a sentence.
    pub fn check(&self, text: &str) -> Result<(), String> {
        let max_chars = self.max_chars;
        if text.len() > max_chars && text.chars().nth(max_chars).is_some() {
            return Err(format!("at most {max_chars} characters long"));
        }
        if text.chars().any(char::is_control) {
            return Err("free of line ends and other control characters".to_owned());
        }
        match &self.kind {
            Kind::Url(addresses) => addresses.check(text),
            Kind::Choice(choices) if choices.iter().any(|choice| choice == text) => Ok(()),
            Kind::Choice(choices) => Err(format!("one of {}", choices.join(", "))),
            Kind::Text { leading_dash, .. }
                if text.starts_with('-') && *leading_dash == Dash::Refused =>
            {
                Err("a text that does not begin with a dash".to_owned())
            }
            Kind::Text { pattern, .. } if pattern.whole.is_match(text) => Ok(()),
            Kind::Text { pattern, .. } => Err(format!(
                "a text that matches {} as a whole",
                pattern.written
            )),
        }
    }

    /// What a form needs to know.
    pub(super) fn describe(&self) -> Value {
        let mut form = json!({
            "name": self.name,
            "label": self.label,
            "type": self.kind.name(),
            "max_chars": self.max_chars,
        });
        match &self.kind {
            Kind::Url(addresses) => form["schemes"] = json!(addresses.schemes),
            Kind::Choice(choices) => form["choices"] = json!(choices),
            Kind::Text { pattern, .. } => form["pattern"] = json!(pattern.written),
        }
        if let Some(default) = &self.default {
            form["default"] = json!(default);
        }
        form
    }
}

impl Kind {
    /// Its name in a recipe file.
    pub fn name(&self) -> &'static str {
        match self {
            Kind::Url(_) => "url",
            Kind::Choice(_) => "choice",
            Kind::Text { .. } => "text",
        }
    }
}
