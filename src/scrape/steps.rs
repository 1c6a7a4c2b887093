//! Steps that are counted, and a display inside each: `Step 2/3`, and a bar below it.
//!
//! Two numbers then say how far the work is, and what a person reads is the one that moves. A counter
//! whose step had a display of its own is the name of a stage, and no percentage beside it.

/// The counter that scrolled by last, and what came below it.
#[derive(Debug, Default)]
pub struct Steps {
    /// There was one.
    begun: bool,
    /// The last percentage below it.
    shown: Option<f64>,
    /// There were several.
    moved: bool,
}

impl Steps {
    /// Whether a counter has scrolled by.
    pub fn has_begun(&self) -> bool {
        self.begun
    }

    /// Whether the step that the next counter ends had a display of its own.
    pub fn had_display(&self) -> bool {
        self.moved
    }

    /// A counter scrolls by.
    pub fn begin(&mut self) {
        *self = Self {
            begun: true,
            ..Self::default()
        };
    }

    /// A display below the counter shows `percent`.
    pub fn show(&mut self, percent: f64) {
        let before = self.shown.replace(percent);
        self.moved |= before.is_some_and(|before| before != percent);
    }
}
