//! What is left of a work that does not say how much it is.

use crate::{NONE, last, percents, percents_in_time};

fn counting_down(before: &str, from: u32, behind: &str) -> String {
    let lines = (0..=from).rev();
    lines
        .map(|left| format!("{before}{left}{behind}\n"))
        .collect()
}

#[test]
fn the_most_that_was_left_is_the_whole_from_the_second_number_on() {
    for (before, behind) in [
        ("", " items remaining"),
        ("", " files left"),
        ("", " tasks to go"),
        ("Files left: ", ""),
        ("Remaining files: ", ""),
        ("INFO indexer: ", " records left to index"),
    ] {
        let stream = counting_down(before, 4, behind);
        let expected = [25.0, 50.0, 75.0, 100.0];
        assert_eq!(percents(&stream), expected, "{stream}");
        assert_eq!(percents_in_time(&stream), expected, "{stream}");
        assert_eq!(percents(&stream.replace('\n', "\r")), expected, "{stream}");
    }
}

#[test]
fn what_is_done_is_published_and_not_what_is_left() {
    let reading = last("40 items remaining\n30 items remaining\n");
    assert_eq!((reading.loaded, reading.total), (Some(10.0), Some(40.0)));
    assert_eq!(reading.unit, Some("items"));
    assert_eq!(last("\r40 items left\r39 items left\r").loaded, Some(1.0));
}

#[test]
fn its_first_line_names_nothing() {
    for stream in [
        "40 items remaining\n30 items remaining\n",
        "Files left: 40\nFiles left: 30\n",
        "Remaining files: 40\nRemaining files: 30\n",
    ] {
        let stage = last(stream).stage.expect("a stage");
        assert_eq!(stage.label.as_deref().filter(|l| l.contains("40")), None);
    }
}

#[test]
fn more_that_is_left_begins_a_count_anew() {
    let stream = "4 files left\n2 files left\n8 files left\n6 files left\n";
    assert_eq!(percents_in_time(stream), [50.0, 25.0]);
}

#[test]
fn what_grows_less_and_is_no_work_is_not_read() {
    for (before, behind) in [
        ("", " attempts left"),
        ("retrying, ", " retries remaining"),
        ("", " GB left on /var"),
        ("", " seconds remaining"),
        ("", " items in the queue"),
        ("", " files, 7 objects left"),
    ] {
        let stream = counting_down(before, 4, behind);
        assert_eq!(percents(&stream), NONE, "{stream}");
    }
    assert_eq!(percents("5 items left\n5 items left\n"), NONE);
}
