//! What is read, whoever read it.

use super::json::Fields;
use super::stage::Stage;

/// Characters of a text that are kept: what fits a row of a terminal, not what fits a line.
pub const MAX_TEXT: usize = 120;

/// What a person reading the terminal now sees. Every part may be missing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reading {
    /// From 0 on, printed or computed. It may fall: a next file, a next phase. It may pass 100, where a
    /// display that did not stop there says so.
    pub percent: Option<f64>,
    /// How much is done, in `unit`.
    pub loaded: Option<f64>,
    /// How much there is to do, in `unit`.
    pub total: Option<f64>,
    /// What is counted: `B` for bytes, `s` for seconds, or a word like `files`.
    pub unit: Option<&'static str>,
    /// As printed: `5.27MB/s`.
    pub speed: Option<String>,
    /// As printed: `00:03`.
    pub eta: Option<String>,
    /// What is being done, if the line has words for it.
    pub message: Option<String>,
    /// To which stage the percentage belongs; there where the percentage is.
    pub stage: Option<Stage>,
    /// Fields of the task's state that the command itself names.
    pub fields: Fields,
}

impl Reading {
    /// A percentage and nothing else.
    pub fn of_percent(percent: f64) -> Self {
        Self {
            percent: Some(percent),
            ..Self::default()
        }
    }

    /// What it calls the part of the work that it shows.
    pub fn words(&self) -> Option<&str> {
        let field = |name: &str| self.fields.get(name)?.as_str();
        let message = || self.message.as_deref().or_else(|| field("message"));
        field("stage")
            .or_else(message)
            .or_else(|| field("filename"))
    }

    /// The same, with no text longer than a person would read.
    pub fn cut(mut self) -> Self {
        for text in [&mut self.speed, &mut self.eta, &mut self.message] {
            *text = text
                .take()
                .map(|text| text.chars().take(MAX_TEXT).collect());
        }
        self
    }
}
