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
    /// What the last one was called, if not as the stage is.
    other: Option<String>,
}

impl Stages {
    /// Another bar is followed from here on: the stage is called as that one is.
    pub fn rename(&mut self) {
        self.renames = true;
    }

    /// The stage to which a display belongs that shows `percent` and is called `label`. What rises under
    /// a name is called so, even if the stage had another one: `video 50%`, `audio 60%`, `audio 70%`.
    /// Words that change with each number name no stage.
    pub fn of(&mut self, percent: f64, label: Option<&str>) -> Stage {
        let before = self.percent.replace(percent);
        let begins = before.is_none_or(|before| percent < before);
        let rises = before.is_some_and(|before| percent > before);
        let is_other = label.is_some() && label != self.stage.label.as_deref();
        let stays = is_other && rises && label == self.other.as_deref();
        if std::mem::take(&mut self.renames) || begins || stays {
            self.stage.label = label.map(str::to_owned);
            self.other = None;
        } else {
            self.other = label.filter(|_| is_other).map(str::to_owned);
        }
        if begins {
            self.stage.number = self.stage.number.saturating_add(1);
        }
        self.stage.clone()
    }
}
