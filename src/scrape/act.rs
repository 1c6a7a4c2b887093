//! What happens to a cursor, and to what stands on its screen (ECMA-48 §8.3).

use super::lines::Edge;

/// One thing that happens. Rows and columns count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// LF, on terminals that return with it.
    Feed,
    /// CUU: so many rows up, in the same column.
    Up(u16),
    /// CUD: so many rows down, in the same column.
    Down(u16),
    /// CPL: so many rows up, to their start.
    UpHome(u16),
    /// CNL: so many rows down, to their start.
    DownHome(u16),
    /// CUB, BS: so many columns left.
    Left(u16),
    /// CUF: so many columns right, over what stands there.
    Right(u16),
    /// CHA, HPA: to a column.
    Column(u16),
    /// VPA: to a row of the screen, in the same column.
    Row(u16),
    /// CUP, HVP: to a row of the screen, and a column.
    To(u16, u16),
    /// DECSC, SCOSC: the place is remembered.
    Save,
    /// DECRC, SCORC: back to the place that was remembered.
    Restore,
    /// EL.
    EraseRow(Part),
    /// ED.
    EraseScreen(Part),
    /// ECH: so many cells become blank.
    EraseCells(u16),
    /// DCH: so many cells are taken out of the row.
    DeleteCells(u16),
    /// ICH: so many blank cells are put into the row.
    InsertCells(u16),
    /// REP: the last character, so many times more.
    Repeat(u16),
    /// IL, DL, SU, SD: the rows from here on stand elsewhere.
    Scroll,
}

/// What is erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// From the cursor on.
    Behind,
    /// Up to the cursor.
    Before,
    /// All of it.
    All,
}

impl Act {
    /// How the line ends that was being written; `None` if it does not.
    pub fn edge(self) -> Option<Edge> {
        match self {
            Self::Feed => Some(Edge::Feed),
            Self::Left(_) => Some(Edge::Back),
            Self::Right(_)
            | Self::Save
            | Self::EraseRow(Part::Behind)
            | Self::EraseScreen(Part::Behind)
            | Self::EraseCells(_)
            | Self::DeleteCells(_)
            | Self::InsertCells(_)
            | Self::Repeat(_) => None,
            _ => Some(Edge::Redraw),
        }
    }

    /// Whether the cursor stays in its row, and the other rows as they are.
    pub fn stays_in_row(self) -> bool {
        matches!(
            self,
            Self::Left(_)
                | Self::Right(_)
                | Self::Column(_)
                | Self::EraseRow(_)
                | Self::EraseCells(_)
                | Self::DeleteCells(_)
                | Self::InsertCells(_)
                | Self::Repeat(_)
                | Self::Save
        )
    }
}
