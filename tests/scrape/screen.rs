//! What stands in a row when only some of its cells are redrawn.

use super::lines::texts;
use super::{NONE, last, percents};
use doneyet::scrape::lines::MAX_LINE;
use doneyet::scrape::row::MAX_ROW;
use doneyet::scrape::screen::ROWS;
use doneyet::scrape::{Parser, Reader, Stream};

/// What is seen in the last row that was reported, whatever comes after it.
fn seen(stream: &str) -> String {
    let rows = texts(stream.as_bytes());
    let later = texts(format!("{stream}\x1b[9;1Hlater\n").as_bytes());
    assert_eq!(later[..later.len() - 1], rows, "{stream:?}");
    rows.last().cloned().unwrap_or_default()
}

#[test]
fn backspaces_leave_what_is_not_written_over() {
    assert_eq!(seen("copy 50%\x08\x08\x0851%"), "copy 51%");
    assert_eq!(seen("copy 12/64\x08\x08\x08\x08\x0813"), "copy 13/64");
    assert_eq!(
        seen("copy 12/64\x08\x08\x08\x08\x0813/64\x08\x08"),
        "copy 13/64"
    );
    assert_eq!(seen("ab\x08\x08\x08\x08\x08cd"), "cd");
}

#[test]
fn a_column_leaves_what_is_not_written_over() {
    assert_eq!(seen("copy 50% of a\x1b[6G51"), "copy 51% of a");
    assert_eq!(seen("copy 50% of a\x1b[6`51"), "copy 51% of a");
    assert_eq!(seen("copy 50% of a\x1b[13Gb"), "copy 50% of b");
    assert_eq!(seen("copy\x1b[8G51%"), "copy   51%");
}

#[test]
fn left_and_right_pass_over_what_stands_there() {
    assert_eq!(seen("copy 50% of a\x1b[8D51"), "copy 51% of a");
    assert_eq!(seen("copy 50% of a\r\x1b[5C51"), "copy 51% of a");
    assert_eq!(seen("copy 50% of a\rmove\x1b[C51"), "move 51% of a");
    assert_eq!(seen("copy\x1b[3C51%"), "copy   51%");
}

#[test]
fn what_a_return_leaves_belongs_to_the_same_line() {
    assert_eq!(seen("Copied  29 of 100\rCopied  30"), "Copied  30 of 100");
    assert_eq!(seen("Copied  9/100\rCopied 10"), "Copied 10/100");
    assert_eq!(seen("[..........]  0%\r[##"), "[##........]  0%");
    assert_eq!(seen("█░░░ 1 of 4\r██"), "██░░ 1 of 4");
}

#[test]
fn what_a_return_leaves_of_another_line_is_nothing() {
    assert_eq!(seen("loading 99% of it\r100%"), "100%");
    assert_eq!(seen("100%\r5%"), "5%");
    assert_eq!(seen("12\r5"), "5");
    assert_eq!(seen("45% of it\rdone"), "done");
    assert_eq!(seen("at 99% ETA 5s\rat 100%"), "at 100%");
    assert_eq!(
        percents("\rget 99% now\rget 100%\rget 3%\r\n"),
        [99.0, 100.0, 3.0]
    );
}

#[test]
fn a_row_above_keeps_what_is_not_written_over() {
    let rows = "a  10% of 5\nb  20% of 6\n";
    assert_eq!(seen(&format!("{rows}\x1b[2A\x1b[3C11")), "a  11% of 5");
    assert_eq!(seen(&format!("{rows}\x1b[A\x1b[3C21")), "b  21% of 6");
    assert_eq!(seen(&format!("{rows}\x1b[F\x1b[4G21")), "b  21% of 6");
    assert_eq!(seen(&format!("{rows}\x1b[2A\n\x1b[3C21")), "b  21% of 6");
    assert_eq!(
        seen(&format!("{rows}\x1b[2F\x1b[E\x1b[4G21")),
        "b  21% of 6"
    );
    assert_eq!(seen(&format!("{rows}\x1bM\x1b[4G21")), "b  21% of 6");
    assert_eq!(seen(&format!("{rows}c  1\x1b[2A1")), "a  11% of 5");
}

#[test]
fn a_row_of_the_screen_keeps_what_is_not_written_over() {
    let gauge = "\x1b[5;3H| copy\x1b[5;20H|\x1b[6;3H|      48%       |";
    assert_eq!(seen(&format!("{gauge}\x1b[6;11H9")), "  |      49%       |");
    assert_eq!(seen(&format!("{gauge}\x1b[5;10Hb")), "  | copy b         |");
    assert_eq!(
        seen(&format!("{gauge}\x1b[5d\x1b[10Gb")),
        "  | copy b         |"
    );
    assert_eq!(
        seen(&format!("{gauge}\x1b[5;11H\x1b[B9")),
        "  |      49%       |"
    );
}

#[test]
fn the_cursor_comes_back_to_where_it_was_saved() {
    for (save, restore) in [("\x1b7", "\x1b8"), ("\x1b[s", "\x1b[u")] {
        let stream = format!("log {save}\x1b[24;1H[##..] 50%{restore}line");
        assert_eq!(texts(stream.as_bytes()), ["log ", "[##..] 50%", "log line"]);
    }
    assert_eq!(texts(b"one\x1b8two"), ["one", "two"], "never saved");
}

#[test]
fn what_is_erased_is_gone() {
    assert_eq!(seen("copy 100 of it\x1b[6G99\x1b[K"), "copy 99");
    assert_eq!(seen("copy 100 of it\rcopy 99\x1b[K"), "copy 99");
    assert_eq!(seen("copy 100 of it\r\x1b[Kcopy"), "copy");
    assert_eq!(seen("copy 100 of it\x1b[4G\x1b[1K99"), "   99100 of it");
    assert_eq!(seen("copy 100\x1b[2K99"), "        99");
    assert_eq!(seen("copy 100 of it\x1b[6G\x1b[3X7"), "copy 7   of it");
    assert_eq!(seen("copy 100 of it\x1b[6G\x1b[P99"), "copy 99 of it");
    assert_eq!(seen("copy 9 of it\x1b[6G\x1b[@10"), "copy 10 of it");
    let rows = "\x1b[5;1Ha 1\x1b[6;1Hb 2";
    assert_eq!(seen(&format!("{rows}\x1b[5;2H\x1b[J\x1b[6;3H3")), "  3");
    assert_eq!(seen(&format!("{rows}\x1b[2J\x1b[6;3H3")), "  3");
    assert_eq!(seen(&format!("{rows}\x1b[1J\x1b[5;3H3")), "  3");
}

#[test]
fn a_character_is_repeated() {
    assert_eq!(seen("[#\x1b[3b.\x1b[2b]"), "[####...]");
    assert_eq!(seen("[█\x1b[3b]"), "[████]");
    assert_eq!(seen("\x1b[3b["), "[");
}

#[test]
fn letters_of_the_graphics_set_are_strokes() {
    assert_eq!(seen("\x1b(0lqk\x1b(B 5%"), "┌─┐ 5%");
    assert_eq!(seen("\x1b(0x\x1b(B x"), "│ x");
    assert_eq!(seen("\x1b(B\x1b)0\x0elqk\x0f l"), "┌─┐ l", "shifted to");
    assert_eq!(seen("\x0el"), "l", "nothing to shift to");
}

#[test]
fn columns_are_cells_and_not_bytes() {
    assert_eq!(seen("━━━━ 45%\x1b[6G46"), "━━━━ 46%");
    assert_eq!(seen("界界 45%\x1b[6G46"), "界界 46%", "two cells each");
    assert_eq!(
        seen("e\u{301}a 45%\x1b[4G46"),
        "e\u{301}a 46%",
        "an accent has none"
    );
    assert_eq!(seen("界界\x1b[2Gx"), " x界", "half of a character is blank");
    assert_eq!(seen("ab界c\x1b[3Gx"), "abx c", "so is the other half");
    assert_eq!(seen("a\t45%\x1b[9G46"), "a 46%", "a tabulator stop");
    assert_eq!(seen("██  50%\x08\x08\x08\x08\x08█"), "███ 50%");
}

#[test]
fn a_gauge_of_which_single_cells_are_redrawn_is_read() {
    let mut stream = "\x1b[2J\x1b[5;3H| Copying |\x1b[6;3H|     0%  |".to_owned();
    for percent in [7, 42, 99, 100] {
        let digits = format!("{percent:3}");
        stream += &format!("\x1b[6;4H\x1b[7m  \x1b[6;7H{digits}\x1b[6;5H\x1b[m");
    }
    assert_eq!(percents(&stream), [0.0, 7.0, 42.0, 99.0, 100.0]);
}

#[test]
fn a_ratio_of_which_only_digits_are_taken_back_is_read() {
    let reading = last("Writing tables: 12/64\x08\x08\x08\x08\x0813\x08\x0814/64");
    assert_eq!((reading.loaded, reading.total), (Some(14.0), Some(64.0)));
    assert_eq!(reading.message.as_deref(), Some("Writing tables"));
}

#[test]
fn of_a_long_row_the_end_can_be_written_over() {
    let long = "x".repeat(2 * MAX_ROW);
    let row = seen(&format!("{long} 45%\x08\x08\x0846%"));
    assert!(row.ends_with("x 46%") && row.len() <= MAX_ROW);
    assert_eq!(seen(&format!("{long} 45%\rget 46%")), "get 46%");
    assert_eq!(seen(&format!("{long}\n\x1b[Aget 46%")).trim(), "get 46%");
}

#[test]
fn a_row_far_above_stands_no_longer() {
    let rows = "row 1 of old\n".repeat(ROWS);
    let up = |rows: usize| format!("\x1b[{rows}Arow 2");
    assert_eq!(seen(&format!("{rows}{}", up(ROWS - 1))), "row 2 of old");
    assert_eq!(seen(&format!("{rows}{}", up(ROWS))), "row 2");
}

#[test]
fn columns_and_repetitions_beyond_every_window_are_cut() {
    assert!(seen("a\x1b[65535Cb\x1b[99999Gc").len() <= MAX_ROW + 1);
    assert!(seen("a\x1b[65535b").len() <= MAX_ROW + 1);
    let far = "a\x1b[65535b".repeat(4 * MAX_LINE / MAX_ROW);
    assert!(seen(&far).len() <= MAX_LINE);
}

#[test]
fn a_bar_without_a_frame_was_seen_empty() {
    let empty = format!("Relocating blocks {}{}", "-".repeat(20), "\x08".repeat(20));
    let mut reader = Reader::new(Parser::default());
    let mut readings = reader.push(Stream::Out, empty.as_bytes(), 0);
    for second in 1..=20 {
        readings.extend(reader.push(Stream::Out, b"X", 1000 * second));
    }
    readings.extend(reader.push(Stream::Out, b"\r\n", 21_000));
    let read: Vec<f64> = readings.iter().filter_map(|read| read.percent).collect();
    assert_eq!(
        read,
        (1..=20)
            .map(|cells| 5.0 * f64::from(cells))
            .collect::<Vec<_>>()
    );
    let words = readings[0].message.as_deref();
    assert_eq!(words, Some("Relocating blocks"));
    assert_eq!(super::percents("\rkey XXXXXXXXXX----------\r\n"), NONE);
}
