//! States as rows on a terminal, and the text of strangers in them.

use doneyet::command::list::table;
use doneyet::command::text::{columns, cut, fit, printable};
use doneyet::command::watch::bar::{Look, bar, line, row};
use serde_json::json;

use super::state_with;

/// A row without its colours.
fn plain(row: &str) -> String {
    let mut text = String::new();
    let mut rest = row;
    while let Some((before, behind)) = rest.split_once('\x1b') {
        text += before;
        rest = behind.split_once('m').map_or("", |(_, behind)| behind);
    }
    text + rest
}

#[test]
fn wide_and_combining_characters_are_measured_as_terminals_draw_them() {
    for (text, width) in [
        ("abc", 3),
        ("影片", 4),
        ("e\u{301}", 1),
        ("🎬", 2),
        ("한글", 4),
        ("", 0),
    ] {
        assert_eq!(columns(text), width, "{text}");
    }
}

#[test]
fn a_cut_text_never_exceeds_its_room() {
    for text in [
        "a long title",
        "影片影片影片",
        "e\u{301}e\u{301}e\u{301}",
        "a影b片",
    ] {
        for width in 0..15 {
            assert!(columns(&cut(text, width)) <= width, "{text} in {width}");
            assert_eq!(columns(&fit(text, width)), width, "{text} in {width}");
        }
        assert_eq!(cut(text, 40), text);
    }
}

#[test]
fn nothing_a_terminal_obeys_passes() {
    let text = printable("a\x1b]0;owned\x07\u{9b}31m\r\n\u{202e}b\x7f");
    assert!(!text.chars().any(char::is_control), "{text:?}");
    assert!(!text.contains('\u{202e}'));
    assert!(text.starts_with('a') && text.contains('b'));
}

#[test]
fn a_bar_is_exact_to_an_eighth_and_full_only_at_the_end() {
    let at = |percent: f64| bar(&json!({ "progress": percent }), 8, 0);
    assert_eq!(at(0.0), "░░░░░░░░");
    assert_eq!(at(50.0), "████░░░░");
    assert_eq!(at(100.0 / 64.0), "▏░░░░░░░");
    assert_eq!(at(99.9), "███████▉");
    assert_eq!(at(100.0), "████████");
}

#[test]
fn without_a_percentage_something_moves_and_keeps_its_width() {
    let pictures: Vec<_> = (0..40).map(|beat| bar(&json!({}), 10, beat)).collect();
    assert!(pictures.iter().all(|picture| columns(picture) == 10));
    assert!(pictures.windows(2).all(|pair| pair[0] != pair[1]));
}

#[test]
fn a_row_fits_every_window() {
    let states = [
        json!({}),
        json!({"progress": 50, "speed": "2.5MB/s", "eta": "00:30", "title": "Holiday 影片.mp4"}),
        json!({"progress": 50, "status": "w".repeat(64), "cancel": "requested", "stalled": true}),
        json!({"status": "failed", "error": "disk full\nand more of it".repeat(20)}),
        json!({"status": "completed", "title": "t".repeat(300)}),
    ];
    for state in states.map(state_with) {
        for width in 20..200 {
            let row = plain(&row(&state, &Look { width, beat: 3 }));
            assert!(columns(&row) <= width, "{width}: {row:?}");
        }
    }
}

#[test]
fn a_narrow_row_gives_up_what_is_least_missed() {
    let state = state_with(json!({
        "progress": 50, "speed": "2.5MB/s", "eta": "00:30", "title": "Holiday.mp4",
        "status": "downloading", "cancel": "requested",
    }));
    let at = |width| plain(&row(&state, &Look { width, beat: 0 }));
    assert!(at(100).contains("downloading, cancel requested") && at(100).contains("00:30"));
    assert!(at(66).contains("cancel requested") && !at(66).contains("downloading"));
    assert!(at(45).contains("50%") && !at(45).contains("2.5MB/s"));
}

#[test]
fn an_end_says_why() {
    let failed = state_with(json!({"status": "failed", "error": "disk full", "progress": 50}));
    assert!(plain(&row(&failed, &Look { width: 80, beat: 0 })).ends_with("failed: disk full"));
    assert_eq!(line(&failed), "dl-42 failed: disk full");
}

#[test]
fn a_line_says_what_changed_without_a_picture() {
    let state = state_with(json!({"progress": 99.6, "speed": "1MB/s", "eta": "00:01"}));
    assert_eq!(line(&state), "dl-42 running 99% 1MB/s eta 00:01");
    assert_eq!(
        line(&state_with(json!({"cancel": "refused"}))),
        "dl-42 running, cancel refused"
    );
}

#[test]
fn a_table_is_aligned_whatever_its_cells() {
    let states = [
        state_with(json!({"progress": 5, "title": "x"})),
        state_with(json!({"task_id": "影片", "progress": 100, "title": "y"})),
    ];
    let table = table(&states);
    let lines: Vec<&str> = table.lines().collect();
    let before_title =
        |line: &str, title: &str| columns(line.rsplit_once(title).expect("a title").0);
    assert_eq!(lines.len(), 3);
    assert_eq!(before_title(lines[0], "TITLE"), before_title(lines[1], "x"));
    assert_eq!(before_title(lines[1], "x"), before_title(lines[2], "y"));
}
