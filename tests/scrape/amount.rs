use doneyet::scrape::amount::{BYTES, alone, amount_at, number};
use doneyet::scrape::ratio::ratios;
use doneyet::scrape::token::Text;

use crate::last;

#[test]
fn the_spellings_of_a_number() {
    let numbers = [
        ("7", 7.0),
        ("6,717,440", 6717440.0),
        ("6.717.440", 6717440.0),
        ("6,717", 6717.0),
        ("9.765,6", 9765.6),
        ("9,765.6", 9765.6),
        ("4,75", 4.75),
        ("1.000", 1.0),
        ("1'234'567", 1234567.0),
        ("1’234’567.5", 1234567.5),
        ("1\u{a0}234\u{a0}567", 1234567.0),
        ("1\u{202f}234,5", 1234.5),
        ("1\u{2009}234\u{2009}567", 1234567.0),
    ];
    for (text, value) in numbers {
        assert_eq!(number(text), Some(value), "{text}");
    }
    assert_eq!(number("99999999999999999999999999"), None);
}

#[test]
fn sizes_become_bytes() {
    let sizes = [
        ("5.5MiB", 5767168.0),
        ("5.5 MB", 5500000.0),
        ("512kB", 512000.0),
        ("968.00K", 991232.0),
        ("1,25 Go", 1250000000.0),
        ("6356992 bytes", 6356992.0),
    ];
    for (line, bytes) in sizes {
        let amount = amount_at(&Text::new(line), 0).map(|amount| (amount.value, amount.unit));
        assert_eq!(amount, Some((bytes, Some(BYTES))), "{line}");
    }
}

#[test]
fn the_forms_of_a_ratio() {
    let lines = [
        ("[12/40] Building", 12.0, 40.0, None),
        ("Step 3/10 : RUN x", 3.0, 10.0, None),
        ("3/37 files", 3.0, 37.0, Some("files")),
        ("   18.1/20.0 MB", 18100000.0, 20000000.0, Some(BYTES)),
        ("5.6MiB/29MiB(19%)", 5872026.0, 30408704.0, Some(BYTES)),
        ("1,4 MiB / 2,1 MiB", 1468006.0, 2202010.0, Some(BYTES)),
        (
            "Uploaded 1310720 of 52428800 bytes",
            1310720.0,
            52428800.0,
            Some(BYTES),
        ),
        ("Progress 180 of 2000", 180.0, 2000.0, None),
        ("[=>   ] 12/24: top", 12.0, 24.0, None),
        ("(1/302)", 1.0, 302.0, None),
        ("1'234'567 / 9'876'543", 1234567.0, 9876543.0, None),
        (
            "1\u{202f}234\u{202f}567 / 9\u{202f}876\u{202f}543 octets",
            1234567.0,
            9876543.0,
            Some(BYTES),
        ),
        ("9 001 / 9 876 octets", 9001.0, 9876.0, Some(BYTES)),
    ];
    for (line, loaded, total, unit) in lines {
        let found: Vec<_> = ratios(&Text::new(line))
            .iter()
            .map(|r| (r.loaded, r.total, r.unit))
            .collect();
        assert_eq!(found, [(loaded, total, unit)], "{line}");
    }
}

#[test]
fn what_only_looks_like_a_ratio() {
    let lines = [
        "2026/11/22 08:51:32 INFO",
        "local:2/0/100%/0.0s",
        "(96.47/100%)",
        "to-chk=0/1",
        "9/3",
        "1/1",
        "0/0",
        "1.2/3.4.5",
        "usr/lib/3",
        "6583.8 KiB / 9765.6 KiB = 0.674",
        "3 items of 3",
        "5MB/3 files",
        "08:49:1/2",
        "\"1/2\"",
        "3/4k",
    ];
    for line in &lines[..lines.len() - 1] {
        assert_eq!(ratios(&Text::new(line)), [], "{line}");
    }
}

#[test]
fn a_alone_is_neither_total_nor_speed() {
    let size = |line| alone(&Text::new(line)).map(|size| size.value);
    assert_eq!(size("45% of 29.52MiB at 5.4MiB/s"), None);
    assert_eq!(size("6.00MiB 0:00:01 [5.50MiB/s]"), Some(6291456.0));
}

#[test]
fn an_amount_that_stands_while_the_percentage_moves_is_not_what_is_done() {
    let rows = [0, 20, 45].map(|percent| format!("\rpkg | 30.6 MB | ###       | {percent}%"));
    let reading = crate::last(&rows.concat());
    assert_eq!(
        (reading.percent, reading.loaded, reading.unit),
        (Some(45.0), None, None)
    );
}

#[test]
fn no_amount_is_done_where_nothing_is() {
    let pull = |percent: u32| format!("\r linux  130.0 MiB  5.20 MiB/s 00:09 [###---] {percent}%");
    let loaded = |stream: &str| crate::last(stream).loaded;
    assert_eq!(loaded(&pull(0)), None);
    assert_eq!(loaded(&(pull(0) + &pull(20))), None);
    let bar = |name: &str, percent: u32| format!("\r{name}  24.1 MB | ###    | {percent}%");
    let between = bar("numpy", 0) + &bar("python", 0) + &bar("numpy", 16);
    assert_eq!(loaded(&between), None, "another bar came between");
    let copied = "\rcopy  13.0 MiB  [###---] 10%\rcopy  26.0 MiB  [###---] 20%";
    assert_eq!(loaded(copied), Some(26.0 * 1024.0 * 1024.0));
}

#[test]
fn the_prefix_of_another_unit_is_no_size() {
    let reading =
        crate::last("\rJobs: 1 (f=1): [R(1)][45.0%][r=120MiB/s][r=30k IOPS][eta 00m:03s]");
    assert_eq!((reading.percent, reading.loaded), (Some(45.0), None));
}

#[test]
fn what_is_counted_is_what_the_speed_counts() {
    let rows = [
        (
            "45%|####     | 4.50M/10.0M [00:01<00:01, 4.51Mit/s]",
            4.5e6,
            1e7,
            None,
        ),
        (
            "45%|####     | 450k/1.00M [00:01<00:01, 4.51Mit/s]",
            4.5e5,
            1e6,
            None,
        ),
        (
            "45%|####     | 450k/1.00M [00:01<00:01, 4.51MB/s]",
            460800.0,
            1048576.0,
            Some("B"),
        ),
        (
            "45%|####     | 4500000/10000000 [00:01<00:01, 4500000.0B/s]",
            4.5e6,
            1e7,
            Some("B"),
        ),
        ("0%|        | 0.00/3.00M [00:00<?, ?it/s]", 0.0, 3e6, None),
        (
            "0%|        | 0.00/3.00M [00:00<?, ?B/s]",
            0.0,
            3145728.0,
            Some("B"),
        ),
        ("[18/40] 5.3 MB/s", 18.0, 40.0, None),
        ("18/40 files 5.3 MB/s", 18.0, 40.0, Some("files")),
    ];
    for (row, loaded, total, unit) in rows {
        let read = crate::last(&format!("\r{row}\r"));
        assert_eq!(
            (read.loaded, read.total),
            (Some(loaded), Some(total)),
            "{row}"
        );
        assert_eq!(read.unit, unit, "{row}");
    }
}

#[test]
fn a_number_with_a_prefix_and_a_name_is_no_size() {
    let read = crate::last("\rIn:12.3% 00:00:01.23 [00:00:08.77] Out:54.3k [ -====|====- ] Clip:0");
    assert_eq!(
        (read.percent, read.loaded, read.unit),
        (Some(12.3), None, None)
    );
}

#[test]
fn a_number_with_a_prefix_in_the_brackets_of_its_name_is_no_size() {
    assert_eq!(
        crate::last("\rNode(4500k 12.4k/s) Way(0k 0.00k/s)\r").loaded,
        None
    );
}

#[test]
fn the_number_of_the_thing_a_work_is_at_counts_once_it_has_changed() {
    let log = |line: &str| -> Vec<Option<(f64, Option<&str>)>> {
        let lines = [1, 2, 3].map(|turn| line.replace('@', &turn.to_string()) + "\n");
        let mut reader = crate::Reader::new(crate::Parser::default());
        let mut readings = Vec::new();
        for (turn, line) in lines.iter().enumerate() {
            readings.extend(reader.push(crate::Stream::Out, line.as_bytes(), 100 * turn as u64));
        }
        readings.extend(reader.flush(u64::MAX));
        let amounts = readings.iter();
        amounts
            .map(|read| Some((read.loaded?, read.unit)))
            .collect()
    };
    let of = |unit| [Some((200.0, Some(unit))), Some((300.0, Some(unit)))];
    assert_eq!(log("tar: Write checkpoint @00"), of("checkpoints"));
    assert_eq!(log("imported row @00"), of("rows"));
    for line in [
        "port @00",
        "checkpoint @00 is late",
        "record 7: @00",
        "checkpoint 300",
    ] {
        assert_eq!(log(line), [], "{line}");
    }
}

#[test]
fn what_is_done_and_what_is_left_are_told_by_the_percentage_before_them() {
    let reading = crate::last("\r25% 3:9=5s item3\r");
    assert_eq!((reading.loaded, reading.total), (Some(3.0), Some(12.0)));
    assert_eq!(reading.eta.as_deref(), Some("5s"));
    for row in ["\r25% 3:09\r", "\r25% 3:3=5s\r", "\r25% 3:09 = 0.5\r"] {
        assert_eq!(crate::last(row).total, None, "{row}");
    }
}

#[test]
fn none_of_it_is_not_what_is_done_of_a_part() {
    let reading = crate::last("\r0B repaired, 39.06% done, 01:10:12 to go\r");
    assert_eq!((reading.percent, reading.loaded), (Some(39.06), None));
    assert_eq!(crate::last("\r10% of test remaining\r").message, None);
}

#[test]
fn what_is_still_to_be_done_is_no_amount_that_is_done() {
    for line in [
        "41.33 MB to scan in 3000 files",
        "12 files to check",
        "5 GiB to go",
    ] {
        let stream = format!("\rMatching ({line})\rMatching ({line}.)\r");
        assert_eq!(last(&stream).loaded, None, "{line}");
    }
    assert_eq!(last("\r512 MB to disk, 5.0 MB/s\r").loaded, Some(512e6));
}

#[test]
fn two_sizes_that_mean_the_same_as_the_percentage_are_done_and_whole() {
    let lines = [
        (
            "[0:01] 7.82%  0 files 30.857 MiB, total 3 files 394.583 MiB, 0 errors",
            32_355_910.0,
        ),
        ("45% (4.5 MB so far, 10 MB in all)", 4_500_000.0),
    ];
    for (line, loaded) in lines {
        let reading = last(&format!("\r{line}\r"));
        assert_eq!(reading.loaded, Some(loaded), "{line}");
        assert!(reading.total > Some(loaded), "{line}: {:?}", reading.total);
    }
    for line in ["45% 4.5 MB, 80 MB free", "45% 4.5 MB, 10 MB/s"] {
        assert_eq!(last(&format!("\r{line}\r")).total, None, "{line}");
    }
}
