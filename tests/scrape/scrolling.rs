//! Displays that are left to scroll, a line for each step.

use crate::{last, percents, percents_in_time};

#[test]
fn a_row_that_is_drawn_and_left_below_a_display_is_one_of_its_own() {
    let install = |turn: u32| {
        let row = format!("\r  Installing : foo{turn}-1.0.x86_64");
        format!("{row} [{row}      {turn}/12 \n")
    };
    let bar = "\rfoo.rpm  45% [===    ] 2.3 MB/s\rfoo.rpm 100% [=======] 2.3 MB/s\n";
    let stream = format!("{bar}{}{}", install(1), install(2));
    assert_eq!(percents_in_time(&stream), [45.0, 100.0, 8.33, 16.67]);
}

#[test]
fn the_tag_of_who_speaks_is_no_word_before_a_percentage() {
    let test = |turn: u32| {
        let percent = 5 * turn;
        format!(
            "[gw{}] [ {percent}%] PASSED tests/a.py::t{turn} \n",
            turn % 4
        )
    };
    let stream: String = (1..5).map(test).collect();
    assert_eq!(percents_in_time(&stream), [5.0, 10.0, 15.0, 20.0]);
    assert_eq!(percents("[gw1] [ 2/40] PASSED tests/a.py::t2\n"), [5.0]);
    let lines = [
        ("[gw1] [ 5%] PASSED tests/a.py::t1", "PASSED tests/a.py::t1"),
        (
            "[gw1] [ 2/40] PASSED tests/a.py::t1",
            "PASSED tests/a.py::t1",
        ),
        (
            "[download]  45.0% of 3.54MiB at 5.26MiB/s ETA 00:00",
            "download",
        ),
        ("[gw1] [ 5%]", "gw1"),
    ];
    for (line, message) in lines {
        let reading = last(&format!("{line}\n"));
        assert_eq!(reading.message.as_deref(), Some(message), "{line}");
    }
}

#[test]
fn of_two_phases_in_a_line_the_second_goes_on_where_the_first_is_at_its_end() {
    let log = |(map, reduce): (u32, u32)| {
        format!(
            "26/11/26 10:00:0{} INFO Job:  map {map}% reduce {reduce}%\n",
            reduce / 25
        )
    };
    let phases = [(0, 0), (20, 0), (80, 10), (100, 20), (100, 60), (100, 100)];
    let stream = phases.map(log).concat();
    assert_eq!(percents_in_time(&stream), [20.0, 80.0, 20.0, 60.0, 100.0]);
    let stage = last(&stream.replace('\n', "\r")).stage.expect("a stage");
    assert_eq!((stage.number, stage.label.as_deref()), (2, Some("reduce")));
    let two = "\rcopied 100%, 3% errors\rcopied 100%, 4% errors\r";
    assert_eq!(percents(two), [100.0]);
}

#[test]
fn a_line_that_ends_with_how_much_has_been_done_needs_no_other_sign() {
    for line in [
        "10 percent processed.",
        "  /dev/sda1: Moved: 10%",
        "10% copied",
    ] {
        assert_eq!(percents(&format!("{line}\n")), [10.0], "{line}");
    }
    let others = [
        "10% copied from the cache",
        "10% written-off",
        "Written: 10% of it",
        "cache: 10% full, copied",
        "processed 10%",
    ];
    for line in others {
        assert_eq!(percents(&format!("{line}\n")), crate::NONE, "{line}");
    }
}
