//! Bars that are only drawn, without a number.

use crate::{NONE, last, percents};

/// The rows of a bar of ten cells with so many full, each drawn over the one before.
fn rows(row: &str, full: &[usize]) -> String {
    let cells = |full: usize| "█".repeat(full) + &"░".repeat(10 - full);
    let draw = |full: &usize| format!("\r{}", row.replace('@', &cells(*full)));
    full.iter().map(draw).collect()
}

#[test]
fn cells_that_are_made_to_be_empty_need_no_frame() {
    let row = "⠋ Current estimate: 102.3 ms @ ETA 00:00:05";
    let stream = rows(row, &[0, 2, 5, 10]);
    assert_eq!(percents(&stream), [0.0, 20.0, 50.0, 100.0]);
    let reading = last(&stream);
    assert_eq!(reading.eta.as_deref(), Some("00:00:05"));
    assert_eq!(reading.message, None, "what is measured is no name");
    let copied = rows("copying @", &[2, 4]);
    assert_eq!(last(&copied).message.as_deref(), Some("copying"));
}

#[test]
fn what_only_runs_or_stands_among_others_is_no_bar() {
    assert_eq!(percents(&rows("a @ b @", &[2, 4, 6])), NONE);
    assert_eq!(percents(&rows("memory @", &[2, 4, 6])), NONE);
    assert_eq!(percents(&rows("volume: @", &[2, 4, 6])), NONE);
    assert_eq!(percents("\r████████████\r████████████\r"), NONE);
    let runs = "\r░░░░░░██░░\r░░░░██░░░░\r░░██░░░░░░\r██░░░░░░░░\r░░██░░░░░░\r";
    assert_eq!(percents(runs), NONE);
}
