use crate::NONE;
use crate::{percents, percents_in_time};

fn drawn(rows: &[&str]) -> String {
    rows.iter().map(|row| format!("\r{row}")).collect()
}

#[test]
fn a_ratio_that_jumps_about_is_how_things_are() {
    let counts = [4, 7, 3, 6, 2, 9, 5].map(|open| format!("\rpool {open}/10 taken"));
    assert_eq!(percents(&counts.concat()), NONE);
    assert_eq!(percents_in_time(&counts.concat().replace('\r', "\n")), NONE);
    let framed = [3, 7, 4, 6, 5, 8].map(|open| format!("[{open}/10] pool\n"));
    assert_eq!(percents_in_time(&framed.concat()), [30.0, 70.0]);
}

#[test]
fn a_ratio_that_begins_in_the_middle_must_rise_twice() {
    let rows = ["at 20/40", "at 21/40", "at 23/40", "at 24/40"];
    assert_eq!(percents_in_time(&drawn(&rows)), [57.5, 60.0]);
    let from_start = ["at 2/40", "at 3/40"];
    assert_eq!(percents_in_time(&drawn(&from_start)), [5.0, 7.5]);
}

#[test]
fn a_whole_that_grows_is_no_jump() {
    let rows = ["[5/20] a", "[12/20] b", "[13/60] c", "[14/60] d"];
    assert_eq!(percents_in_time(&drawn(&rows)), [25.0, 60.0, 21.67, 23.33]);
}

#[test]
fn all_of_all_has_proven_nothing_until_it_was_less() {
    for row in [
        "4/4 mirrors found",
        "[8/8] lanes",
        "Step 3/3",
        "12/12 files",
    ] {
        let rows = [row, &format!("{row}."), &format!("{row}..")].map(str::to_owned);
        let rows: String = rows.map(|row| format!("\r{row}")).concat();
        assert_eq!(percents(&rows), NONE, "{row}");
        assert_eq!(percents_in_time(&rows.replace('\r', "\n")), NONE, "{row}");
    }
    assert_eq!(percents("\r3/4 mirrors found\r"), NONE);
    assert_eq!(percents("[3/4] a\n[4/4] b\n"), [75.0, 100.0]);
    assert_eq!(percents("\r[#####] 4/4\r"), [100.0]);
    assert_eq!(percents("\r1.0/1.0 MB 5.0 MB/s eta 0:00:00\r"), [100.0]);
}

#[test]
fn what_works_and_what_is_tried_again_is_no_part_of_a_whole() {
    let lines = [
        "running (0m0@.0s), @/10 VUs, @8 complete and 0 interrupted iterations",
        "\r@/10 connections open",
        "\r@/8 drives online",
        "\rconnected to @/9 peers",
        "[@/8 threads] hashing",
        "attempt @/9",
        "Retrying (@/9) in 5 s",
    ];
    for line in lines {
        let stream: String = (1..8)
            .map(|turn| line.replace('@', &turn.to_string()) + "\n")
            .collect();
        assert_eq!(percents_in_time(&stream), NONE, "{line}");
    }
    let bar = "\rstarting |##        | 2/10 threads\r";
    assert_eq!(percents(bar), [20.0], "a bar outweighs the word");
}

#[test]
fn two_sizes_of_which_one_grows_count_beside_steps() {
    let layer =
        |megabytes: u32| format!("#9 sha256:3f2a {megabytes}.50MB / 100.00MB 0.{megabytes}s\n");
    let stream = format!(
        "#8 [3/4] RUN make\n#8 [4/4] COPY . .\n{}{}{}",
        layer(10),
        layer(25),
        layer(60)
    );
    assert_eq!(percents_in_time(&stream), [75.0, 100.0, 25.5, 60.5]);
}

#[test]
fn sizes_that_are_drawn_may_begin_anywhere() {
    assert_eq!(percents("\rgetting a: 45.0MB/100MB\r"), [45.0]);
    assert_eq!(
        percents("\rTrack 01:  45 of 100 MB written (fifo 100%) [buf  99%]  8.1x.\r"),
        [45.0]
    );
}

#[test]
fn a_small_whole_in_brackets_counts_from_the_second_on() {
    let runs = "Running: a.js  (1 of 3)\nRunning: b.js  (2 of 3)\nRunning: c.js  (3 of 3)\n";
    assert_eq!(percents_in_time(runs), [66.67, 100.0]);
    let passes = "a: pass 1/3 (random)\na: pass 2/3 (zeros)\na: pass 3/3 (ones)\n";
    assert_eq!(percents_in_time(passes), NONE);
}

#[test]
fn a_counter_that_a_leader_follows_heads_a_row_of_results() {
    assert_eq!(
        percents("1/6 Test #1: t1 .....................   Passed    0.20 sec\n"),
        [16.67]
    );
    assert_eq!(percents("1/6 of the time was lost ...\n"), NONE);
}

#[test]
fn so_many_of_what_goes_on_count_at_once() {
    let stream =
        [0, 1, 3].map(|ready| format!("rollout: {ready} of 3 replicas are available...\n"));
    assert_eq!(percents_in_time(&stream.concat()), [0.0, 33.33, 100.0]);
    assert_eq!(percents("a: pass 1/3 (random)...\n"), NONE);
    assert_eq!(percents("0 of 3 tests failed\n"), NONE);
}

#[test]
fn a_display_that_has_come_to_its_end_gives_the_word_away() {
    let stream = "(2/3) a.rpm  1.2 MB/s | 450 kB  00:01\n(3/3) b.rpm  1.2 MB/s | 450 kB  00:01\n\
                  Installing : a   1/6\nInstalling : b   2/6\nVerifying : b  3/6\n";
    assert_eq!(percents_in_time(stream), [66.67, 100.0, 33.33, 50.0]);
}

#[test]
fn a_clock_of_a_clock_is_a_ratio_of_seconds() {
    let read = crate::last("\rA: 00:00:04 / 00:03:20\rA: 00:01:40 / 00:03:20\r");
    assert_eq!(
        (read.percent, read.loaded, read.total),
        (Some(50.0), Some(100.0), Some(200.0))
    );
    assert_eq!(read.unit, Some("s"));
    let read = crate::last("\rAV: 0:45 / 3:00 (25%) A-V:  0.000\r");
    assert_eq!(
        (read.percent, read.loaded, read.unit),
        (Some(25.0), Some(45.0), Some("s"))
    );
    let beside = crate::last("\r  4500/10000  (45%)|    0:03/    0:07|   24.1x|    0:04 \r");
    assert_eq!((beside.loaded, beside.unit), (Some(4500.0), None));
    assert_eq!(percents("open 10:00/11:00\n"), NONE);
}

#[test]
fn a_fold_of_a_cross_validation_comes_round_again() {
    let folds = [1, 2, 3, 1, 2, 3]
        .map(|fold| format!("[CV {fold}/3] END ....C=1;, score=0.9 total time=   0.1s\n"));
    assert_eq!(percents_in_time(&folds.concat()), NONE);
}

#[test]
fn a_counter_before_columns_that_end_in_a_time_heads_a_row_of_results() {
    assert_eq!(percents(" 1/10 unit a          OK       0.10s\n"), [10.0]);
    assert_eq!(percents(" 1/10 unit a          OK\n"), NONE);
}

#[test]
fn what_is_said_to_be_done_behind_its_brackets_needs_no_other_proof() {
    assert_eq!(percents("1 of 13 steps (8%) done\n"), [8.0]);
    assert_eq!(percents("3 of 4 tests (75%) need review\n"), NONE);
}
