//! Which part of a content a `Range` field asks for.

use doneyet::wire::http::Portion;

#[test]
fn a_range_is_part_of_what_there_is() {
    for (field, part) in [
        ("bytes=0-0", 0..1),
        ("bytes=0-9", 0..10),
        ("bytes=0-99", 0..10),
        ("bytes=3-5", 3..6),
        ("bytes=9-", 9..10),
        ("bytes=0-", 0..10),
        ("bytes=-3", 7..10),
        ("bytes=-99", 0..10),
        ("Bytes = 3-5", 3..6),
        ("bytes=0-18446744073709551615", 0..10),
        ("bytes=0-99999999999999999999999", 0..10),
    ] {
        assert_eq!(Portion::asked(field, 10), Portion::Part(part), "{field}");
    }
}

#[test]
fn a_range_of_nothing_is_not_satisfiable() {
    for (field, len) in [
        ("bytes=10-", 10),
        ("bytes=10-20", 10),
        ("bytes=-0", 10),
        ("bytes=99999999999999999999999-", 10),
        ("bytes=0-", 0),
        ("bytes=-5", 0),
    ] {
        assert_eq!(
            Portion::asked(field, len),
            Portion::Unsatisfiable,
            "{field}"
        );
    }
}

#[test]
fn what_is_no_single_range_asks_for_everything() {
    for field in [
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=5",
        "bytes=5-3",
        "bytes=+1-3",
        "bytes=a-b",
        "bytes=1-2,4-5",
        "bytes=0-0,-1",
        "bytes=1--2",
        "bytes=--1",
        "bytes=1-2-3",
        "lines=1-2",
        "bytes 1-2",
    ] {
        assert_eq!(Portion::asked(field, 10), Portion::Whole, "{field}");
    }
}
