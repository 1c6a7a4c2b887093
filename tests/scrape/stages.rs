//! Falls, stages, and several bars at once.

use doneyet::scrape::{Parser, Reader, Stream};

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
fn a_step_that_is_left_where_the_bar_of_the_last_was_names_the_next() {
    let step = |number: u32, name: &str| {
        let bars = [0, 60, 120].map(|done| format!("\r\x1b[2K\x1b[1G[####----] {done}/120"));
        let bars = bars.concat();
        format!("[{number}/4] {name} packages...\n{bars}\r\x1b[2K\x1b[1G")
    };
    let stream = step(2, "Fetching") + &step(3, "Linking");
    let shown = stages_in_time(&stream);
    let percents: Vec<f64> = shown.iter().map(|stage| stage.2).collect();
    assert_eq!(percents.last(), Some(&100.0));
    assert!(!percents.contains(&75.0), "{shown:?}");
    let label = shown.last().and_then(|stage| stage.1.as_deref());
    assert_eq!(label, Some("[3/4] Linking packages"));
    let same = "\r[1/9] main.c\r[8/9] link\r[9/9] test\n";
    assert_eq!(crate::percents_in_time(same).last(), Some(&100.0));
}

#[test]
fn a_bar_is_no_part_of_a_name() {
    let stream = "2026-11-26T09:00:00 [##......................]  db.coll  1000/10000  (10.0%)\n";
    assert_eq!(stages(stream), [stage(1, "db.coll", 10.0)]);
}

/// The stages of lines that come one after another.
fn stages_in_time(lines: &str) -> Vec<(u32, Option<String>, f64)> {
    let mut reader = doneyet::scrape::Reader::default();
    let mut readings = Vec::new();
    for (turn, line) in lines.split_inclusive(['\n', '\r']).enumerate() {
        let now_ms = 200 * turn as u64;
        readings.extend(reader.push(doneyet::scrape::Stream::Out, line.as_bytes(), now_ms));
    }
    readings.extend(reader.flush(u64::MAX));
    let staged = readings.into_iter().filter_map(|reading| {
        let stage = reading.stage?;
        Some((stage.number, stage.label, reading.percent?))
    });
    staged.collect()
}

#[test]
fn of_counters_in_one_line_the_inner_is_the_percentage_and_the_outer_the_stage() {
    let expected = [
        stage(1, "Epoch [1/2]", 40.0),
        stage(1, "Epoch [1/2]", 80.0),
        stage(2, "Epoch [2/2]", 20.0),
        stage(2, "Epoch [2/2]", 60.0),
    ];
    let log = [(1, 20), (1, 40), (1, 80), (2, 20), (2, 60)]
        .map(|(epoch, step)| format!("Epoch [{epoch}/2], Step [{step}/100], Loss: 0.{step}1\n"));
    assert_eq!(stages_in_time(&log.concat()), expected);
    let lines = [(1, 20), (1, 40), (1, 80), (2, 20), (2, 60)]
        .map(|(epoch, step)| format!("\rEpoch [{epoch}/2] - {step}/100 - 3s"));
    assert_eq!(stages_in_time(&lines.concat()), expected);
    let together = "3/9 files, 30/90 a\n4/9 files, 40/90 a\n5/9 files, 50/90 a\n";
    assert_eq!(stages_in_time(together), []);
}

#[test]
fn a_counter_with_a_display_inside_each_step_names_the_stage() {
    let bars = "\r  20% [##]\r  60% [##]\r  100% [##]\n";
    for [first, second] in [
        ["Step 1/3: fetch", "Step 2/3: pack"],
        ["[1/3] Downloading a", "[2/3] Downloading b"],
    ] {
        let seen = stages_in_time(&format!("{first}\n{bars}{second}\n{bars}"));
        let expected = [20.0, 60.0, 100.0].map(|percent| stage(3, second, percent));
        assert_eq!(seen[seen.len() - 3..], expected, "{second}");
        assert_eq!(seen[seen.len() - 4], stage(2, first, 100.0), "{first}");
    }
}

#[test]
fn a_counter_above_a_bar_names_it_better_than_the_words_beside_it() {
    let seen =
        stages_in_time("Epoch 1/2\n\r10/90 [=>....] - loss: 0.80\r80/90 [==>.] - loss: 0.70\n");
    assert_eq!(
        seen,
        [stage(1, "Epoch 1/2", 11.11), stage(1, "Epoch 1/2", 88.89)]
    );
}

#[test]
fn a_step_without_a_display_is_counted_again() {
    let bars = "\r  20% [##]\r  100% [##]\n";
    let seen = stages_in_time(&format!("Step 1/4\n{bars}Step 2/4\nStep 3/4\n"));
    let percents: Vec<f64> = seen.iter().map(|stage| stage.2).collect();
    assert_eq!(percents, [25.0, 20.0, 100.0, 75.0]);
}

#[test]
fn the_label_is_that_of_the_bar_that_is_followed() {
    let row = |total, a, b| format!("Total {total}%\na.zip {a}%\nb.zip {b}%\n");
    let stream = [row(6, 10, 3), row(7, 12, 4), row(8, 13, 5)].join("\x1b[3A");
    let readings = read(stream.as_bytes());
    let last = readings.last().and_then(|reading| reading.stage.clone());
    assert_eq!(last.and_then(|stage| stage.label).as_deref(), Some("Total"));
    assert_eq!(percents(&stream).last(), Some(&8.0));
}

#[test]
fn a_label_ends_before_an_open_bracket_and_begins_behind_the_date() {
    let labels = [
        ("\rcopied (CPU 91, 45% done)", "copied"),
        ("\rEXECUTING [0s, 45%]", "EXECUTING"),
        ("\r2026-11-26 12:00:00 worker 45%", "worker"),
        ("\ra (b) c 45%", "a (b) c"),
    ];
    for (row, label) in labels {
        let found = stages(row).into_iter().map(|stage| stage.1);
        assert_eq!(found.collect::<Vec<_>>(), [Some(label.to_owned())], "{row}");
    }
}

/// Rows drawn one below the other, each time by going up over those before.
fn picture(frames: &[[u32; 3]], row: impl Fn(&str, u32) -> String, up: &str) -> Vec<String> {
    let draw = |(turn, percents): (usize, &[u32; 3])| {
        let up = if turn == 0 { "" } else { up };
        let rows = ["a.iso", "b.iso", "Total"].iter().zip(percents);
        let rows: Vec<String> = rows.map(|(name, percent)| row(name, *percent)).collect();
        format!("{up}{}", rows.join("\n"))
    };
    frames.iter().enumerate().map(draw).collect()
}

/// The percentages of pictures that come 100 ms after each other.
fn percents_of_pictures(pictures: &[String]) -> Vec<f64> {
    let mut reader = Reader::new(Parser::default());
    let mut readings = Vec::new();
    for (turn, picture) in pictures.iter().enumerate() {
        readings.extend(reader.push(Stream::Out, picture.as_bytes(), 100 * turn as u64));
        readings.extend(reader.flush(100 * turn as u64 + 90));
    }
    readings.extend(reader.flush(u64::MAX));
    let mut percents: Vec<f64> = readings.iter().filter_map(|r| r.percent).collect();
    percents.dedup();
    percents
}

#[test]
fn the_bar_that_names_itself_the_whole_is_followed_wherever_it_stands() {
    let frames = [
        [80, 0, 40],
        [90, 10, 50],
        [100, 20, 60],
        [100, 80, 90],
        [100, 100, 100],
    ];
    let bar = |percent: u32| format!("{:<10}", "━".repeat(percent as usize / 10));
    type Draw<'a> = Box<dyn Fn(&str, u32) -> String + 'a>;
    let rows: [Draw; 5] = [
        Box::new(|name, percent| format!("{name} {} {percent:>3}% 0:00:05", bar(percent))),
        Box::new(|name, percent| format!("\r\x1b[2K{name:<8}{} {percent:>3}%", bar(percent))),
        Box::new(|name, percent| {
            format!("{name}: {percent}% |{}| 1.5 MiB/s\x1b[K", "#".repeat(10))
        }),
        Box::new(|name, percent| {
            let name = name.replace("Total", "Overall progress");
            format!(
                "\r{name}: [{:<10}] {percent}%",
                "#".repeat(percent as usize / 10)
            )
        }),
        Box::new(|name, percent| {
            let name = name.replace("Total", "All files");
            format!(
                "\r{name} [{:<10}] {percent}/100 MiB 3.0 MiB/s",
                "#".repeat(percent as usize / 10)
            )
        }),
    ];
    let ups = ["\r\x1b[2A", "\r\x1b[2K\x1b[1A\x1b[2K\x1b[1A\x1b[2K"];
    for (at, row) in rows.iter().enumerate() {
        for up in ups {
            let pictures = picture(&frames, row, up);
            let read = percents_of_pictures(&pictures);
            assert_eq!(read, [40.0, 50.0, 60.0, 90.0, 100.0], "{at} {up:?}");
        }
    }
}

#[test]
fn what_is_redrawn_of_a_picture_does_not_take_the_word_from_its_whole() {
    let first = "a.iso 10% |#   |\nb.iso 20% |##  |\nTotal 15% |#   |\n";
    let file = |percent: u32| format!("\x1b[3A\ra.iso {percent}% |#   |\x1b[3B");
    let whole = "\x1b[1A\rTotal 30% |##  |\x1b[1B";
    let files: Vec<String> = (11..50).map(file).collect();
    let pictures = [vec![first.to_owned()], files, vec![whole.to_owned()]].concat();
    assert_eq!(percents_of_pictures(&pictures), [15.0, 30.0]);
}

#[test]
fn what_comes_after_the_whole_is_read() {
    let all = "\x1b[1A\ra.iso 100% |####|\nTotal 100% |####|\nmore\n";
    let pictures = [
        "a.iso 10% |#   |\nTotal 15% |#   |",
        all,
        "\runpack 5% |    |",
        "\runpack 9% |    |",
    ];
    let pictures = pictures.map(str::to_owned);
    assert_eq!(percents_of_pictures(&pictures), [15.0, 100.0, 5.0, 9.0]);
}

#[test]
fn of_two_percentages_the_one_named_overall_is_that_of_the_work() {
    let draw = |(file, all): (u32, u32)| format!("\rfile {file}% ... overall {all}%");
    let stream: String = [(45, 3), (100, 50), (3, 60), (90, 97)].map(draw).concat();
    assert_eq!(percents(&stream), [3.0, 50.0, 60.0, 97.0]);
    assert_eq!(stages(&stream), [stage(1, "overall", 3.0)]);
    assert_eq!(percents("\rpart [####  ] 70%, total: 12%\r"), [12.0]);
}

#[test]
fn a_level_above_a_display_does_not_name_its_stage() {
    let stream = "pool of 10/10 lanes\nfilm [ 10% ] of 10 lanes\n\
                  pool of 10/10 lanes\nfilm [ 20% ] of 10 lanes\n";
    assert_eq!(stages_in_time(stream), [stage(1, "film", 20.0)]);
}

#[test]
fn bars_that_come_one_below_the_other_are_no_stages() {
    let bar = |name: &str, percent: u32| format!("\x1b[1G{name} |##--------| {percent}%\x1b[0K");
    let draw = |[a, b]: [u32; 2]| format!("{}\r\n{}", bar("alpha", a), bar("beta", b));
    let stream = [[4, 3], [12, 9], [16, 12]].map(draw).join("\x1b[1A");
    assert_eq!(percents(&stream), [4.0, 12.0, 16.0]);
    assert_eq!(stages(&stream), [stage(1, "alpha", 4.0)]);
}

#[test]
fn a_bar_that_is_followed_again_gives_the_stage_its_name_again() {
    let row = |name: &str, percent: u32| format!("{name} |##--------| {percent}%\x1b[0K\r\n");
    let draw = |[a, b]: [u32; 2]| row("alpha", a) + &row("beta", b);
    let stream = [[4, 3], [12, 9], [16, 12]].map(draw).join("\x1b[2A");
    let label = read(stream.as_bytes()).pop().and_then(|last| last.stage);
    assert_eq!(
        label.and_then(|stage| stage.label).as_deref(),
        Some("alpha")
    );
}

#[test]
fn a_stage_is_called_as_what_rises_in_it_is_called() {
    let name = |rows: &str| {
        let stage = read(rows.as_bytes()).pop().and_then(|last| last.stage);
        stage.and_then(|stage| stage.label)
    };
    let video = "\rvideo: 20%\rvideo: 50%\raudio: 60%";
    assert_eq!(name(video).as_deref(), Some("video"));
    assert_eq!(
        name(&format!("{video}\raudio: 70%\r")).as_deref(),
        Some("audio")
    );
    assert_eq!(
        name("\ra.c: 1%\rb.c: 2%\rc.c: 3%\r").as_deref(),
        Some("a.c")
    );
    assert_eq!(
        stages(&format!("{video}\raudio: 70%\r")),
        [stage(1, "video", 20.0)],
        "nothing fell"
    );
}

#[test]
fn a_bar_right_below_one_that_was_left_before_its_end_is_the_next() {
    let mut reader = doneyet::scrape::Reader::default();
    let mut percents = Vec::new();
    for (at_ms, text) in [
        (0, "\rfetch 40%"),
        (500, "\rfetch 80%"),
        (1000, "\n\rbuild 5% \r"),
    ] {
        percents.extend(reader.push(doneyet::scrape::Stream::Out, text.as_bytes(), at_ms));
    }
    percents.extend(reader.flush(u64::MAX));
    let percents: Vec<_> = percents
        .into_iter()
        .filter_map(|read| read.percent)
        .collect();
    assert_eq!(percents, [40.0, 80.0, 5.0]);
}

#[test]
fn a_whole_that_scrolls_below_its_part_is_not_silenced_by_it() {
    let mut reader = Reader::default();
    let mut readings = Vec::new();
    for turn in 0..=10 {
        let (part, whole) = (turn * 20 % 101, turn * 10);
        let picture = format!("\x1b[HFile: {part}%\x1b[K\r\nTotal: {whole}%\x1b[K\r\n");
        readings.extend(reader.push(Stream::Out, picture.as_bytes(), turn * 500));
    }
    readings.extend(reader.flush(u64::MAX));
    let wholes: Vec<_> = readings
        .iter()
        .filter(|read| read.message.as_deref() == Some("Total"))
        .filter_map(|read| read.percent)
        .collect();
    assert!(
        wholes.ends_with(&[60.0, 70.0, 80.0, 90.0, 100.0]),
        "{wholes:?}"
    );
    let last = readings.last().expect("a reading");
    assert_eq!(last.message.as_deref(), Some("Total"));
}
