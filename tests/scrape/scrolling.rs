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

#[test]
fn the_first_counter_waits_a_moment_for_what_may_come_below_it() {
    use doneyet::scrape::{Parser, Reader, Stream};
    let read = |lines: &[(u64, &str)]| {
        let mut reader = Reader::new(Parser::default());
        let mut readings = Vec::new();
        for (at_ms, text) in lines {
            while let Some(due_ms) = reader.deadline_ms().filter(|due_ms| due_ms <= at_ms) {
                readings.extend(reader.flush(due_ms));
            }
            readings.extend(reader.push(Stream::Out, text.as_bytes(), *at_ms));
        }
        readings.extend(reader.flush(u64::MAX));
        let shown = readings.into_iter().map(|reading| {
            let stage = reading.stage.expect("a stage");
            (stage.number, reading.percent.expect("a percentage"))
        });
        shown.collect::<Vec<_>>()
    };
    let heading = "==> Step 1/3: fetch\n";
    let bar = "\r[###   ] 30%";
    assert_eq!(read(&[(0, heading), (50, bar)]), [(1, 30.0)]);
    assert_eq!(
        read(&[(0, heading), (500, bar)]),
        [(1, 33.33), (2, 30.0)],
        "by then it had to be shown"
    );
    assert_eq!(read(&[(0, heading)]), [(1, 33.33)]);
    let both = "==> Step 1/3: fetch\n==> Step 2/3: build\n";
    assert_eq!(read(&[(0, both)]), [(1, 33.33), (1, 66.67)]);
    assert_eq!(read(&[(0, "(1/3) Installing a\n")]), [(1, 33.33)]);
    let list = "(1/3) Be kind\n(2/3) Be true\n(3/3) Be brief\n";
    assert_eq!(read(&[(0, list)]), []);
}

#[test]
fn a_percentage_in_brackets_needs_the_same_words_before_it_only() {
    let line = |turn: u32| {
        let file = "backup file /pg/base/1";
        format!("P01 INFO: {file}/{turn}24{turn} (64{turn}KB, {turn}0.3%) checksum ab{turn}c\n")
    };
    let stream: String = (1..4).map(line).collect();
    assert_eq!(percents_in_time(&stream), [20.3, 30.3]);
    let files = "src/a.py is old (10%)\nsrc/b.py is new (20%)\nsrc/c.py is odd (95%)\n";
    assert_eq!(percents_in_time(files), crate::NONE);
}

#[test]
fn what_goes_on_is_not_forgotten_for_the_many_names_that_come_once() {
    let named = |line: &dyn Fn(u32, &str) -> String| {
        let name = |at: u32| {
            let letter = |digit: u32| char::from(b'a' + (digit % 26) as u8);
            String::from_iter(['x', letter(at / 26), letter(at)])
        };
        let lines: String = (1..=200).map(|at| line(at, &name(at))).collect();
        percents_in_time(&lines).len()
    };
    let shares = |at: u32, name: &str| format!("reading [{:5.1}%] {name}\n", f64::from(at) / 2.0);
    let counters = |at: u32, name: &str| format!("read {at}/200 {name}\n");
    assert_eq!(named(&shares), 199);
    assert_eq!(named(&counters), 199);
}
