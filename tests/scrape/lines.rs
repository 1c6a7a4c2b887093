use doneyet::scrape::lines::{Edge, Lines, MAX_LINE, Piece};

/// Every line with what came before and after it, and whatever is left open.
fn lines(stream: &[u8]) -> Vec<(String, Edge, Edge)> {
    let whole = split(stream, stream.len().max(1));
    assert_eq!(whole, split(stream, 1));
    assert_eq!(whole, split(stream, 3));
    whole
}

fn split(stream: &[u8], read: usize) -> Vec<(String, Edge, Edge)> {
    let mut lines = Lines::default();
    let mut found = Vec::new();
    for mut bytes in stream.chunks(read) {
        while let Some(piece) = lines.next(&mut bytes) {
            if let Piece::Line(line) = piece {
                found.push((line.text, line.began, line.ended));
            }
        }
    }
    found.extend(lines.open().map(|line| (line.text, line.began, line.ended)));
    found
}

pub(super) fn texts(stream: &[u8]) -> Vec<String> {
    lines(stream).into_iter().map(|line| line.0).collect()
}

#[test]
fn a_line_feed_ends_a_line_and_blank_lines_are_none() {
    let line = |text: &str| (text.to_owned(), Edge::Feed, Edge::Feed);
    assert_eq!(lines(b"one\n\n  \t\ntwo\n"), [line("one"), line("two")]);
}

#[test]
fn a_return_before_a_feed_is_half_of_a_line_end_even_twice() {
    let line = |text: &str| (text.to_owned(), Edge::Feed, Edge::Feed);
    assert_eq!(lines(b"one\r\ntwo\r\r\n"), [line("one"), line("two")]);
}

#[test]
fn a_return_before_text_redraws_the_row() {
    let expected = [
        ("1%".to_owned(), Edge::Feed, Edge::Redraw),
        ("2%".to_owned(), Edge::Redraw, Edge::Feed),
        ("end".to_owned(), Edge::Feed, Edge::Open),
    ];
    assert_eq!(lines(b"1%\r2%\nend"), expected);
}

#[test]
fn a_return_at_the_end_of_the_stream_leaves_the_line_open_but_redrawn() {
    assert_eq!(
        lines(b"1%\r"),
        [("1%".to_owned(), Edge::Feed, Edge::Redraw)]
    );
}

#[test]
fn a_run_of_backspaces_takes_the_text_back() {
    let ended = lines(b" 1%\x08\x08\x08\x08")[0].2;
    assert_eq!(ended, Edge::Back);
    assert_eq!(texts(b" 1%\x08\x08\x08\x08 2%"), [" 1%", " 2%"]);
}

#[test]
fn cursor_movements_end_a_line() {
    for movement in ["E", "F", "1G", "2;1H", "2;1f", "9;1H\x1b[4d"] {
        let stream = format!("one\x1b[{movement}two");
        assert_eq!(texts(stream.as_bytes()), ["one", "two"], "{movement}");
    }
}

#[test]
fn colours_clearing_and_character_sets_leave_no_trace() {
    let stream = b"\x1b[?25l\x1b[1;32m45\x1b[0m%\x1b(B\x1b[K \x1b[38;5;237mdone\x1b7\x1b=";
    assert_eq!(texts(stream), ["45% done"]);
}

#[test]
fn skipped_columns_are_blank() {
    assert_eq!(texts(b"45%\x1b[2Cdone"), ["45%  done"]);
}

#[test]
fn commands_leave_no_trace_however_they_end() {
    assert_eq!(
        texts(b"a\x1b]0;title 99%\x07b\x1b]8;;http://x/\x1b\\c\x1bPq#0\x1b\\d"),
        ["abcd"]
    );
}

#[test]
fn a_command_that_never_ends_does_not_swallow_the_lines_after_it() {
    assert_eq!(texts(b"\x1b]0;title\n45%\n"), ["45%"]);
}

#[test]
fn rows_below_a_cursor_sent_up_are_redrawn_too() {
    let redrawn: Vec<bool> = lines(b"a\nb\n\x1b[2Aa\nb\nc\n")
        .into_iter()
        .map(|(_, began, ended)| began == Edge::Redraw || ended == Edge::Redraw)
        .collect();
    assert_eq!(redrawn, [false, false, true, true, false]);
}

#[test]
fn bytes_that_are_no_text_are_replaced_after_the_cut_not_before() {
    assert_eq!(texts("━ 45 ％".as_bytes()), ["━ 45 ％"]);
    assert_eq!(texts(b"\xff45%\n"), ["\u{fffd}45%"]);
}

#[test]
fn a_line_without_end_keeps_its_last_part() {
    let mut stream = vec![b'x'; 3 * MAX_LINE];
    stream.extend(b" 45%");
    let lines = split(&stream, 4096);
    assert_eq!(lines.len(), 1);
    assert!(lines[0].0.ends_with("x 45%"));
    assert!(lines[0].0.len() <= MAX_LINE);
}

#[test]
fn the_terminal_is_told_a_percentage() {
    let mut lines = Lines::default();
    let mut bytes: &[u8] = b"\x1b]9;4;3;0\x07\x1b]9;4;1;42\x1b\\\x1b]9;4;1;420\x07\x1b]9;4;0;0\x07";
    let found = lines.next(&mut bytes);
    assert_eq!(found, Some(Piece::Taskbar(42.0)));
    assert_eq!(
        lines.next(&mut bytes),
        None,
        "neither other states nor impossible values"
    );
}
