//! Falls, stages, and several bars at once.

use crate::{percents, read};

/// Each stage once: its number, its label, and the percentage it began with.
fn stages(stream: &str) -> Vec<(u32, Option<String>, f64)> {
    let readings = read(stream.as_bytes());
    let staged = readings
        .iter()
        .filter_map(|reading| reading.stage.clone().zip(reading.percent));
    let mut stages: Vec<_> = staged
        .map(|(stage, percent)| (stage.number, stage.label, percent))
        .collect();
    stages.dedup_by_key(|stage| stage.0);
    stages
}

fn stage(number: u32, label: &str, percent: f64) -> (u32, Option<String>, f64) {
    let label = (!label.is_empty()).then(|| label.to_owned());
    (number, label, percent)
}

#[test]
fn a_fall_begins_a_stage_and_a_hundred_ends_none() {
    let stream = "\rget 50%\rget 100%\rput 10%\rput 100%\rput 100%\n";
    assert_eq!(
        stages(stream),
        [stage(1, "get", 50.0), stage(2, "put", 10.0)]
    );
}

#[test]
fn a_stage_without_words_of_its_own_is_named_by_the_line_above() {
    let stream = "Destination: film.mp4\n\r10%\r90%\r\nDestination: film.m4a\n\r5%\r80%\r\n";
    let expected = [
        stage(1, "Destination: film.mp4", 10.0),
        stage(2, "Destination: film.m4a", 5.0),
    ];
    assert_eq!(stages(stream), expected);
}

#[test]
fn a_stage_whose_bar_only_says_who_speaks_is_named_by_what_that_one_said_before() {
    let stream = "[download] Destination: film.mp4\n\r[download]  10% of 4MiB\r[download]  90% of 4MiB\r\n\
                  [download] Destination: film.m4a\n\r[download]  5% of 1MiB\r\n";
    let expected = [
        stage(1, "Destination: film.mp4", 10.0),
        stage(2, "Destination: film.m4a", 5.0),
    ];
    assert_eq!(stages(stream), expected);
    assert_eq!(
        stages("[info] a\n\r[get]  5% of 1MiB\r\n"),
        [stage(1, "get", 5.0)]
    );
    assert_eq!(stages("film\n-----\n\r 5%\r\n"), [stage(1, "film", 5.0)]);
}

#[test]
fn words_that_change_begin_no_stage() {
    let stream = "[1/9] main.c\n[2/9] frame.c\n[3/9] main.c\n[9/9] link\n";
    assert_eq!(stages(stream), [stage(1, "main.c", 11.11)]);
}

/// Three rows, drawn again and again.
fn rows(frames: &[[u32; 3]]) -> String {
    let drawn = frames.iter().map(|[a, b, c]| {
        format!("\x1b[3A\x1b[2Kone {a}%\r\n\x1b[2Ktwo {b}%\r\n\x1b[2Kthree {c}%\r\n")
    });
    format!("\n\n\n{}", drawn.collect::<String>())
}

#[test]
fn of_bars_at_once_the_first_is_followed_and_then_the_next_that_is_not_done() {
    let stream = rows(&[[0, 0, 0], [40, 10, 50], [100, 30, 100], [100, 60, 100]]);
    assert_eq!(percents(&stream), [0.0, 40.0, 100.0, 30.0, 60.0]);
    assert_eq!(
        stages(&stream),
        [stage(1, "one", 0.0), stage(2, "two", 30.0)]
    );
}

#[test]
fn lines_that_take_turns_are_bars_at_once() {
    let stream = "a.iso: 10% done\nb.iso: 3% done\na.iso: 12% done\nb.iso: 5% done\n\
                  a.iso: 20% done\nb.iso: 9% done\na.iso: 100% done\nb.iso: 11% done\n";
    assert_eq!(
        percents(stream),
        [10.0, 3.0, 12.0, 20.0, 100.0, 11.0],
        "one zigzag shows that there are two"
    );
}

#[test]
fn a_bar_that_starts_over_is_a_part_of_the_one_that_goes_on() {
    let inner = |epoch: u32| -> String {
        let draw = |percent| format!("batches {percent}%\r");
        let batches: String = [0, 50, 100].into_iter().map(draw).collect();
        format!("\n{batches}\x1b[A\repochs {}%\r", 25 * epoch)
    };
    let stream: String = (0..=4).map(inner).collect();
    let last = &percents(&stream)[3..];
    assert_eq!(last, [0.0, 25.0, 50.0, 75.0, 100.0]);
}

#[test]
fn a_row_that_scrolled_up_is_a_row_of_the_picture_once_the_cursor_goes_back() {
    let first = "\router 0%\r\n\rinner 0%\x1b[A\r\n";
    let inner: String = [15, 60, 90]
        .map(|percent| format!("\rinner {percent}%\x1b[A\r\n"))
        .concat();
    let outer = "\r         \x1b[A\router 33%\r\n";
    assert_eq!(
        percents(&format!("{first}{inner}{outer}{inner}")),
        [0.0, 33.0]
    );
    let two = "alpha 4%\n beta 3%\n\x1b[2A alpha 8%\n beta 9%\n\x1b[2A alpha 12%\n beta 15%\n";
    assert_eq!(percents(two), [8.0, 12.0]);
}

#[test]
fn a_bar_without_words_is_the_same_where_it_scrolled_to() {
    let block = |percent| format!("some file\n\t{percent}% (1 MiB / 4 MiB) 1 MiB/s\n\x1b[2A");
    assert_eq!(
        percents(&[25, 26, 24].map(block).concat()),
        [25.0, 26.0, 24.0]
    );
}

#[test]
fn rows_that_are_addressed_are_a_picture() {
    let draw = |(first, second)| {
        format!("\x1b[23;1H\r\x1b[Kone {first}%\x1b[22;1H\x1b[24;1H\rtwo {second}%\x1b[22;1H")
    };
    let drawn = [(0, 0), (7, 10), (20, 20), (27, 30)].map(draw).concat();
    assert_eq!(percents(&drawn), [0.0, 7.0, 20.0, 27.0]);
}

#[test]
fn what_replaces_a_bar_in_its_row_ends_it() {
    let stream = "\n\n\x1b[2A\rone 20%\r\n\rtwo 10%\r\n\x1b[2A\rone: verifying\r\n\rtwo 30%\r\n";
    assert_eq!(percents(stream), [20.0, 30.0]);
}

#[test]
fn the_head_of_a_table_names_no_stage() {
    let head = "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n    \
                \x20                            Dload  Upload   Total   Spent    Left  Speed\n";
    let row = "\r 45  100k   45 45000    0     0  30000      0  0:00:03  0:00:01  0:00:02 30000";
    assert_eq!(stages(&format!("{head}{row}\n")), [stage(1, "", 45.0)]);
    assert_eq!(
        stages(&format!("Fetching a\n{head}{row}\n")),
        [stage(1, "Fetching a", 45.0)]
    );
}

#[test]
fn a_bar_is_no_part_of_a_name() {
    let stream = "2026-11-26T09:00:00 [##......................]  db.coll  1000/10000  (10.0%)\n";
    assert_eq!(stages(stream), [stage(1, "db.coll", 10.0)]);
}
