//! The stages of a work: a percentage that falls begins the next.
//!
//! `yt-dlp` loads the picture, then the sound, each from 0 to 100; `git` counts, compresses and
//! receives. Nobody who reads along would call the second 0 % a mistake, and nobody would call the
//! first 100 % the end. So neither does the reader: it shows what is shown, and counts.

/// A stage.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Stage {
    /// 1 for the first.
    pub number: u32,
    /// What the command calls it: the words beside the bar, or else the last line above it.
    pub label: Option<String>,
}

/// Counts the stages.
#[derive(Debug, Default)]
pub struct Stages {
    stage: Stage,
    percent: Option<f64>,
    /// What is shown next has another name.
    renames: bool,
}

impl Stages {
    /// Another bar is followed from here on: the stage is called as that one is.
    pub fn rename(&mut self) {
        self.renames = true;
    }

    /// The stage to which a display belongs that shows `percent`; `label` is asked for where a
    /// stage begins.
    pub fn of(&mut self, percent: f64, label: impl FnOnce() -> Option<String>) -> Stage {
        let before = self.percent.replace(percent);
        let begins = before.is_none_or(|before| percent < before);
        if std::mem::take(&mut self.renames) || begins {
            self.stage.label = label();
        }
        if begins {
            self.stage.number = self.stage.number.saturating_add(1);
        }
        self.stage.clone()
    }
}
