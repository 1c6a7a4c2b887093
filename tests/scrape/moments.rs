use doneyet::scrape::frame::{MOMENT_MS, ROWS};
use doneyet::scrape::{Parser, Reader, Reading, Stream};

fn reader() -> Reader {
    Reader::new(Parser::default())
}

fn percents(readings: &[Reading]) -> Vec<Option<f64>> {
    readings.iter().map(|reading| reading.percent).collect()
}

#[test]
fn a_line_is_read_when_its_moment_is_over() {
    let mut reader = reader();
    assert_eq!(reader.deadline_ms(), None);
    assert_eq!(reader.push(Stream::Out, b"\r45%\r\n", 1000), []);
    assert_eq!(reader.deadline_ms(), Some(1000 + MOMENT_MS));
    assert_eq!(reader.flush(1000 + MOMENT_MS - 1), []);
    assert_eq!(percents(&reader.flush(1000 + MOMENT_MS)), [Some(45.0)]);
    assert_eq!(reader.deadline_ms(), None);
}

#[test]
fn bytes_that_come_later_bring_what_was_due_before() {
    let mut reader = reader();
    reader.push(Stream::Out, b"\r45%\r", 1000);
    let readings = reader.push(Stream::Out, b"46%\r", 2000);
    assert_eq!(percents(&readings), [Some(45.0)]);
}

#[test]
fn an_open_line_is_looked_at_after_some_quiet() {
    let mut reader = reader();
    assert_eq!(reader.push(Stream::Out, b"\rget 4", 1000), []);
    let deadline = reader.deadline_ms().expect("a line is open");
    assert!(
        (1050..=1100).contains(&deadline),
        "a digit may have a neighbour to come"
    );
    assert_eq!(reader.push(Stream::Out, b"5%", 1010), []);
    let deadline = reader.deadline_ms().expect("it is still open");
    assert!((1020..=1060).contains(&deadline));
    assert_eq!(percents(&reader.flush(deadline)), [Some(45.0)]);
    assert_eq!(reader.deadline_ms(), None, "nothing new to look at");
    reader.push(Stream::Out, b"\r", 2000);
    assert_eq!(
        reader.flush(3000),
        [],
        "the same line, ended, says the same"
    );
}

#[test]
fn what_backspaces_take_back_and_other_text_replaces_was_not_seen() {
    let mut reader = reader();
    reader.push(Stream::Out, b"\x08\x08100%\x08\x08\x08\x08done\n", 0);
    assert_eq!(reader.flush(u64::MAX), []);
    reader.push(Stream::Out, b"copy 50%\x08\x08\x08\x08", 1000);
    let readings = reader.flush(2000);
    assert_eq!(percents(&readings), [Some(50.0)], "it still stands there");
}

#[test]
fn of_a_row_that_is_always_taken_back_the_last_of_each_moment_is_seen() {
    let mut reader = reader();
    let mut readings = reader.push(Stream::Out, b"Zeroing:   0%", 1000);
    for percent in 1..=20_u64 {
        let text = format!("\x08\x08\x08\x08{percent:3}%");
        readings.extend(reader.push(Stream::Out, text.as_bytes(), 1000 + 5 * percent));
    }
    let read = percents(&readings);
    assert!(read.len() >= 4 && read.is_sorted(), "{read:?}");
}

#[test]
fn of_a_flood_the_last_rows_of_each_moment_are_read() {
    let mut reader = reader();
    let flood: String = (0..10 * ROWS)
        .map(|line| format!("\r{:.2}%", line as f64 / 100.0))
        .collect();
    reader.push(Stream::Out, flood.as_bytes(), 0);
    let readings = reader.flush(MOMENT_MS);
    assert_eq!(readings.len(), ROWS);
    let last = (10 * ROWS - 2) as f64 / 100.0;
    assert_eq!(
        readings.last().and_then(|reading| reading.percent),
        Some(last)
    );
}

#[test]
fn both_streams_are_one_command() {
    let mut reader = reader();
    reader.push(Stream::Err, b"  Duration: 00:00:40.00, start: 0.0\n", 0);
    let block = b"out_time=00:00:10.000000\nspeed=6.9x\nprogress=continue\n";
    reader.push(Stream::Out, block, 10);
    let readings = reader.flush(u64::MAX);
    assert_eq!(percents(&readings), [Some(25.0)]);
    assert_eq!(readings[0].speed.as_deref(), Some("6.9x"));
}

#[test]
fn a_number_alone_counts_at_once_where_nothing_but_progress_is_told() {
    let first = |stream, text: &[u8]| {
        let mut reader = reader();
        reader.push(stream, text, 0);
        percents(&reader.flush(u64::MAX))
    };
    assert_eq!(first(Stream::Err, b"20\n"), [Some(20.0)]);
    assert_eq!(first(Stream::Err, b"20\n41\n"), [Some(20.0), Some(41.0)]);
    assert_eq!(first(Stream::Out, b"20\n"), [], "a result");
    assert_eq!(first(Stream::Err, b"+ nproc\n8\n"), [], "part of a log");
    assert_eq!(first(Stream::Err, b"20"), [], "it may be 200");
}

#[test]
fn bytes_left_out_join_no_two_halves() {
    let mut reader = reader();
    reader.push(Stream::Out, b"\r12", 0);
    reader.skip(Stream::Out);
    reader.push(Stream::Out, b"\n3%\n", 10);
    assert_eq!(percents(&reader.flush(u64::MAX)), [Some(3.0)]);
}

#[test]
fn the_word_passes_on_when_its_owner_falls_silent() {
    let mut reader = reader();
    let mut say = |text: &[u8], at_ms| {
        reader.push(Stream::Out, text, at_ms);
        percents(&reader.flush(at_ms + 100))
    };
    assert_eq!(say(b"{\"percent\": 45}\n", 0), [Some(45.0)]);
    assert_eq!(say(b"\rnext 1%\r\n", 5_000), []);
    assert_eq!(say(b"\rnext 2%\r\n", 20_000), [Some(2.0)]);
}

#[test]
fn a_sum_that_stands_does_not_hide_the_one_that_moves() {
    let others = [
        "Recovered........: 0/3 (0.00%) Digests (total), 0/3 (0.00%) Digests (new)",
        "Errors...........: 0/3 (0.00%)",
    ];
    let progress = |turn: u32| {
        let done = turn * 1_793_048;
        format!(
            "Progress.........: {done}/14344384 ({}%)\n",
            12.5 * f64::from(turn)
        )
    };
    let all: Vec<f64> = (0..=8).map(|turn| 12.5 * f64::from(turn)).collect();
    for other in others {
        let above: String = (0..=8)
            .map(|turn| format!("\nStatus...: Running\n{other}\n{}", progress(turn)))
            .collect();
        assert_eq!(crate::percents_in_time(&above), all, "{above}");
        let below: String = (0..=8)
            .map(|turn| format!("\nStatus...: Running\n{}{other}\n", progress(turn)))
            .collect();
        assert_eq!(crate::percents_in_time(&below), all, "{below}");
    }
}
