//! Who says how far the work is.

use super::reading::Reading;

/// Who says it. The later ones have the word over the earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// An amount without a total.
    Amount,
    /// A number that is progress only because it changes.
    Hint,
    /// A line for people.
    Line,
    /// The line of the whole, where its parts have lines of their own.
    Whole,
    /// A line for machines.
    Machine,
    /// What the terminal itself is told.
    Terminal,
}

/// Who says it, and what.
pub type Statement = (Source, Reading);

/// What a line says, and who says it, if it is progress.
pub type Said = Option<Statement>;
