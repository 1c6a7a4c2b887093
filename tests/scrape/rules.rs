use crate::NONE;
use crate::{last, percents, percents_in_time};

#[test]
fn a_redrawn_row_needs_no_other_sign() {
    assert_eq!(percents("\rreading 2%\rreading 4%\n"), [2.0, 4.0]);
    assert_eq!(percents("Checking:   2%\x08\x08\x08\x08"), [2.0]);
}

#[test]
fn a_log_line_needs_a_bar_a_speed_a_time_or_a_word() {
    let lines = [
        "45%",
        "2% complete",
        "[progress] 2%",
        "fs: progress =   2%",
        "Progress.........: 0.00%",
        "#GUI#progress 2%",
        "100.00% 0:00:01 + tree/f4 200000",
        "UPDATE :  86.90% done, estimate finish Sun",
        "[ 2%] Building C object f1.c.o",
        "5.297 MiB / 28.610 MiB, 19%, 0 B/s, ETA -",
        "[download]  45.0% of 3.54MiB at 5.26MiB/s ETA 00:00",
    ];
    for line in lines {
        assert_eq!(percents(&format!("{line}\n")).len(), 1, "{line}");
    }
}

#[test]
fn without_any_of_these_it_must_change() {
    assert_eq!(percents_in_time("so far 2%\nso far 2%\n"), NONE);
    assert_eq!(percents_in_time("so far 2%\nso far 3%\n"), [3.0]);
    let other = "2/9 apples\nother\n3/9 apples\n";
    assert_eq!(percents_in_time(other), [33.33]);
    let worded = "Done  2 out of  9 | 3s\nDone  3 out of  9 | 4s\n";
    assert_eq!(percents_in_time(worded), [33.33]);
}

#[test]
fn a_counter_that_goes_on_may_have_other_words_on_one_side() {
    let streams = [
        " 1/20 unit: parse   OK  0.1s\n 2/20 unit: frame   FAIL  0.2s\n",
        "(1/20) Installing a (1.2-r0)\n(2/20) Installing b-libs (1.2-r0)\n",
        "  Installing : a-1.0.x86_64      1/20 \n  Verifying : b.noarch      2/20 \n",
    ];
    for stream in streams {
        assert_eq!(percents_in_time(stream).last(), Some(&10.0), "{stream}");
        assert_eq!(percents(stream), NONE, "all at once: {stream}");
    }
    assert_eq!(percents_in_time(streams[1]), [5.0, 10.0]);
    let others = [
        "pass 1/3 (random)\npass 2/3 (zeros)\n",
        "part a 5/20 x\npart b 6/20 y\n",
        "3/20 apples\n4/21 pears\n",
    ];
    for stream in others {
        assert_eq!(percents_in_time(stream), NONE, "{stream}");
    }
}

#[test]
fn what_stands_there_all_at_once_did_not_change() {
    let table = "  50%      1\n  66%      1\n  90%      3\n 100%      9 (longest)\n";
    assert_eq!(percents(table), NONE);
}

#[test]
fn a_ratio_in_brackets_needs_no_other_sign_at_either_end_of_the_line() {
    let lines = [
        ("#5 [2/4] RUN make", 50.0),
        ("11:12:44 [12/40] Linking", 30.0),
        (
            "tests/a.py ........                          [  8/16]",
            50.0,
        ),
        (
            "tests/b.py ................................. [ 16/16]",
            100.0,
        ),
    ];
    for (line, percent) in lines {
        assert_eq!(percents(&format!("{line}\n")), [percent], "{line}");
    }
    assert_eq!(percents("error: in part [3/4]\n"), NONE);
}

#[test]
fn a_scale_that_grows_is_as_far_as_its_last_mark() {
    assert_eq!(percents("0...10...20"), [10.0], "another digit may follow");
    assert_eq!(percents("0...10...20..."), [20.0]);
    assert_eq!(percents("0%...10%...20%...30%..."), [30.0]);
    assert_eq!(percents("0...50...100 - done.\n"), [100.0]);
    assert_eq!(
        percents("loading 0...9\n0...\n80...90...\n5...1...\n"),
        NONE
    );
}

#[test]
fn the_table_of_several_transfers() {
    let head = "DL% UL%  Dled  Uled  Xfers  Live Total     Current  Left    Speed\n";
    let row = "\r 56 --  10.6M     0     2     1   0:00:08  0:00:04  0:00:03 2369k      ";
    let reading = last(&format!("{head}{row}\r"));
    assert_eq!(
        (reading.percent, reading.loaded),
        (Some(56.0), Some(11114906.0))
    );
    assert_eq!(reading.speed.as_deref(), Some("2369k/s"));
    assert_eq!(reading.eta.as_deref(), Some("0:00:03"));
    let unknown = "\r--  --  1269k     0     2     2  --:--:-- --:--:-- --:--:-- 2518k      \r";
    assert_eq!(
        (last(unknown).percent, last(unknown).loaded),
        (None, Some(1299456.0))
    );
}

#[test]
fn a_percentage_may_fall() {
    assert_eq!(
        percents("\rget 90%\rget 100%\rput 10%\rput 5%\r"),
        [90.0, 100.0, 10.0, 5.0]
    );
}

#[test]
fn printed_and_counted_must_mean_the_same() {
    let both = last("\rItems: 45% (9/20)\r");
    assert_eq!(
        (both.percent, both.loaded, both.total),
        (Some(45.0), Some(9.0), Some(20.0))
    );
    let other = last("\rtask 1/2: 20%\r");
    assert_eq!(
        (other.percent, other.loaded, other.total),
        (Some(20.0), None, None)
    );
}

#[test]
fn a_ratio_alone_is_computed() {
    let reading = last("[1/3] Linking app\n");
    assert_eq!(reading.percent, Some(33.33));
    assert_eq!(reading.message.as_deref(), Some("Linking app"));
}

#[test]
fn bare_numbers_count_from_the_second_on_while_they_rise() {
    assert_eq!(percents("20\n41\n60\n100\n"), [41.0, 60.0, 100.0]);
    assert_eq!(percents("80\n25\n"), NONE);
    assert_eq!(percents("42"), NONE, "another digit may follow");
}

#[test]
fn a_digit_that_is_put_into_a_picture_is_no_number() {
    let drawn =
        "\x1b[13;38H0%\x1b[13;40H5\x1b[13;21H \x1b[13;38H10\x1b[13;21H \x1b[13;39H5\x1b[13;21H ";
    assert_eq!(percents(drawn), [0.0]);
}

#[test]
fn a_number_with_the_right_name_needs_no_other_sign() {
    assert_eq!(percents("PROGRESS=2\nprogress: 5\n"), [2.0, 5.0]);
    assert_eq!(percents("PROGRESS=bar\nport=80\n"), NONE);
}

#[test]
fn the_table_without_signs() {
    let header =
        "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\r\n";
    let row = "\r 28 28.6M   28 8320k    0     0  5017k      0  0:00:05  0:00:01  0:00:04 5015k";
    let reading = last(&format!("{header}{row}\r"));
    assert_eq!(reading.percent, Some(28.0));
    assert_eq!((reading.loaded, reading.unit), (Some(8519680.0), Some("B")));
    assert_eq!(reading.speed.as_deref(), Some("5015k/s"));
    assert_eq!(reading.eta.as_deref(), Some("0:00:04"));
    let unknown =
        "\r  0     0    0 4325k    0     0  4576k      0 --:--:-- --:--:-- --:--:-- 4576k\r";
    assert_eq!((last(unknown).percent, last(unknown).total), (None, None));
}

#[test]
fn the_clock_of_a_film() {
    let film = "  Duration: 00:00:40.00, start: 0.000000, bitrate: 1612 kb/s\n";
    let status =
        "frame=  120 fps= 60 size=  256kB time=00:00:10.00 bitrate= 209.7kbits/s speed=5x\r";
    let reading = last(&format!("{film}{status}"));
    assert_eq!(
        (reading.percent, reading.loaded, reading.total),
        (Some(25.0), Some(10.0), Some(40.0))
    );
    assert_eq!(
        (reading.unit, reading.speed.as_deref()),
        (Some("s"), Some("5x"))
    );
    assert_eq!(
        percents(&format!("{film}{film}{status}")),
        NONE,
        "of which film?"
    );
    assert_eq!(
        percents(&format!("{film}out_time=00:00:20.00\nprogress=continue\n")),
        [50.0]
    );
}

#[test]
fn what_is_said_to_the_terminal_has_the_word() {
    assert_eq!(
        percents("\x1b]9;4;1;42\x07\rpart 99%\r\x1b]9;4;1;43\x07"),
        [42.0, 43.0]
    );
}

#[test]
fn the_line_of_the_whole_has_the_word_over_those_of_its_parts() {
    let block =
        "Transferred:  2.5 MiB / 10 MiB, 25%, 1 MiB/s, ETA 7s\n * a.dat: 99% /1Mi, 1Mi/s, 0s";
    assert_eq!(percents(&format!("{block}{block}\n")), [25.0]);
}

#[test]
fn an_amount_without_a_total_is_read_where_no_percentage_is() {
    let reading = last("\r12648448 bytes (13 MB, 12 MiB) copied, 2 s, 6.3 MB/s\r");
    assert_eq!((reading.percent, reading.loaded), (None, Some(12648448.0)));
    assert_eq!(reading.speed.as_deref(), Some("6.3 MB/s"));
}

#[test]
fn an_amount_that_goes_on_may_look_another_way() {
    let stream = "   50K .......... .......... 1.41M\n  100K .......... .......... 1.43M\n  \
                  150K .....                 1.51M=5.1s\n";
    assert_eq!(last(stream).loaded, Some(153600.0));
}

#[test]
fn the_words_before_or_behind_are_the_message() {
    let lines = [
        (
            "remote: Counting objects:  45% (9/20)",
            Some("remote: Counting objects"),
        ),
        (
            "[download]  45.0% of 3.54MiB at 5.26MiB/s ETA 00:00",
            Some("download"),
        ),
        (" 61% + mid.bin", Some("mid.bin")),
        ("errors 0% | copied 45%", Some("copied")),
        ("20 users, 2% failures, 5/100 spawned", Some("spawned")),
        (
            "rate:  0.10-kpps,  5.00% done,   0:00:10 remaining, found=3",
            None,
        ),
        (
            "2 out of about 10 chunks balanced (5 considered),  80% left",
            None,
        ),
        ("6.00MiB 0:00:01 [5.50MiB/s] [==>   ] 20% ETA 0:00:03", None),
        (
            "Elapsed: 00:00:05, Remaining: 00:00:15, Completed:  25.00%",
            None,
        ),
        ("45% |####      | Elapsed Time: 0:00:05", None),
    ];
    for (line, message) in lines {
        assert_eq!(
            last(&format!("\r{line}\r")).message.as_deref(),
            message,
            "{line}"
        );
    }
}

#[test]
fn a_bracket_keeps_its_partner_and_a_path_its_root() {
    let lines = [
        ("(1/3) installing foo1  45%", "(1/3) installing foo1"),
        ("(3/40): foo.rpm  45% [==  ] 1.0 MB/s", "(3/40): foo.rpm"),
        ("[12/80] [chromium] › a1", "[chromium] › a1"),
        ("(a.img) to (b.img) 45%", "(a.img) to (b.img)"),
        ("\"a.img\" to b.img 45%", "\"a.img\" to b.img"),
        ("\"a\" to \"b.img\" 45%", "\"a\" to \"b.img\""),
        ("`/a.bin' got 45%", "`/a.bin' got"),
        ("(copying) 45%", "copying"),
        ("<s> [pack] 45%", "<s> [pack]"),
        ("\"a.img\" 45%", "a.img"),
        ("/home/u/a.bin 45%", "/home/u/a.bin"),
        ("/mnt/foo0: 45%", "/mnt/foo0"),
        ("45% ~/a.bin", "~/a.bin"),
        ("45% + ../b/a.bin", "../b/a.bin"),
        ("-- copying 45%", "copying"),
    ];
    for (line, message) in lines {
        let reading = last(&format!("\r{line}\r"));
        assert_eq!(reading.message.as_deref(), Some(message), "{line}");
    }
}

#[test]
fn where_the_work_is_and_how_long_it_runs_are_no_part_of_its_name() {
    let lines = [
        ("Writing at 0x00003000... (10 %)", Some("Writing")),
        ("Erasing 0x00003000 10%", Some("Erasing")),
        ("`/a.bin' at 2000000 (20%)", Some("/a.bin")),
        ("running (0m03.0s), 45%", Some("running")),
        ("running (0:03:07) 45%", Some("running")),
        ("[12/80] flashing at 0x3000", Some("flashing")),
        ("Epoch 3 (lr) 45%", Some("Epoch 3 (lr)")),
        ("Progress (1): 45%", Some("Progress (1)")),
        ("arriving at 45%", Some("arriving at")),
        ("at 0x3000 45%", None),
        ("mode 0x 45%", Some("mode 0x")),
    ];
    for (line, message) in lines {
        let reading = last(&format!("\r{line}\r"));
        assert_eq!(reading.message.as_deref(), message, "{line}");
    }
    let moving = "\rWriting at 0x00003000... (10 %)\rWriting at 0x00005000... (20 %)\r";
    let label = last(moving).stage.and_then(|stage| stage.label);
    assert_eq!(label.as_deref(), Some("Writing"));
}

#[test]
fn a_bar_right_before_a_counter_outweighs_the_columns_behind_it() {
    let row = "\rCrunching ━━━━━━━━━━━━╺━━━━━━━━━━━ 18/60 0:00:01 0:00:03\r";
    assert_eq!(percents(row), [30.0]);
    let row = "\rpos  ████████             | 12/50 0:00:01 0:00:03\r";
    assert_eq!(percents(row), [24.0]);
}

#[test]
fn of_two_counters_that_agree_the_one_behind_the_percentage_is_its_own() {
    let reading = last("\rEpoch 3/10:  30%|███    | 18/60 [00:00<00:02, 19.4it/s]\r");
    assert_eq!((reading.loaded, reading.total), (Some(18.0), Some(60.0)));
    assert_eq!(reading.message.as_deref(), Some("Epoch 3/10"));
}

#[test]
fn of_two_counters_that_agree_the_one_right_before_the_percentage_is_its_own() {
    let reading = last("\rCopy: 0/100000 0.0%; Applied: 0; Backlog: 0/1000; Time: 0s(total)\r");
    assert_eq!(
        (reading.loaded, reading.total),
        (Some(0.0), Some(100_000.0))
    );
    assert_eq!(reading.message.as_deref(), Some("Copy"));
}

#[test]
fn a_whole_that_is_only_about_right_is_one() {
    let reading = last("\r2 out of about 10 chunks balanced (5 considered),  80% left\r");
    assert_eq!((reading.loaded, reading.total), (Some(2.0), Some(10.0)));
}

#[test]
fn an_open_line_of_percentages_is_as_far_as_its_last() {
    assert_eq!(percents("Copying 0% 10% 20%"), [20.0]);
    assert_eq!(percents("Copying 50% 60%"), [50.0], "which of them?");
    assert_eq!(percents("  0% 25% 50% 75% 100%\n"), NONE, "a ruler");
}

#[test]
fn what_runs_is_not_done_yet() {
    let reading = last("\r[Stage 0:====>            (20 + 4) / 200]\r");
    assert_eq!((reading.percent, reading.loaded), (Some(10.0), Some(20.0)));
    assert_eq!(reading.message.as_deref(), Some("Stage 0"));
}

#[test]
fn what_is_measured_behind_the_numbers_is_no_name() {
    let lines = [
        "10/90 [=>....] - ETA: 9s - loss: 0.80 - accuracy: 0.35",
        "45% |####    | it=12 loss=0.5",
        "|########| 100% in 2.2s (0.46%/s)",
    ];
    for line in lines {
        assert_eq!(last(&format!("\r{line}\r")).message, None, "{line}");
    }
}

#[test]
fn a_counter_that_a_bar_has_left_behind_is_no_display() {
    let bar = |turn: u32| format!("\rEpoch 1/3 : |##------| {}% [{turn}/20]", 5 * turn);
    let stream: String = [2, 10, 20].map(bar).concat();
    assert_eq!(
        percents(&format!("{stream}\rEpoch 1/3 :         \rLoop done\r\n")),
        [10.0, 50.0, 100.0]
    );
}

#[test]
fn a_mark_that_only_runs_to_and_fro_shows_no_percentage() {
    let draw = |at: usize| format!("\rUnknown  [{}#{}]", "-".repeat(at), "-".repeat(29 - at));
    let run: String = (0..30).chain((0..30).rev()).map(draw).collect();
    let stream = format!(
        "\rUnknown  [{}]{run}\rUnknown  [{}]\r\n",
        "-".repeat(30),
        "#".repeat(30)
    );
    assert_eq!(percents(&stream), NONE);
}

#[test]
fn what_is_measured_before_the_numbers_is_no_name() {
    let lines = [
        ("Pos:   4.3s    108f (42%)  25.00fps", None),
        ("A:   1.0 (00.9) of 400.0 (06:40.0)  0.1% 4.35x", None),
        (
            "Jobs: 1 (f=1): [R(1)][75.0%][r=589MiB/s][eta 00m:01s]",
            None,
        ),
        ("Pass: 1/3 45%", Some("Pass: 1/3")),
        (
            "Fra:1 Mem:12.3M (Peak 20M) | Time:00:01.01 | Sample 1/50",
            None,
        ),
        ("200.00 kB O 200.00 kB C 200.00 kB D 0 N tree/f1", None),
        ("<====-----> 45% EXECUTING [12s]", Some("EXECUTING")),
        ("Progress (1): 100/550 kB", Some("Progress (1)")),
        ("a \"b\" 45%", Some("a \"b\"")),
        ("17% complete, ratio=0.435", None),
        ("17.12 percent completed", None),
        (
            "2000/40000 (5.2%) @4.0x, remaining 0:01 RBU 100.0% UBU  99.1%",
            None,
        ),
        (
            "  downloading [=-----------] 27/bps 4% 1.8s",
            Some("downloading"),
        ),
        (
            "downloading [==            ] 27/bps 4%",
            Some("downloading"),
        ),
        (
            "downloading |=             | 27/bps 4%",
            Some("downloading"),
        ),
        (
            "[1/7] checking roots       (0:00:00 elapsed, 13 items checked)",
            Some("checking roots"),
        ),
    ];
    for (line, message) in lines {
        assert_eq!(
            last(&format!("\r{line}\r")).message.as_deref(),
            message,
            "{line}"
        );
    }
}

#[test]
fn a_round_frame_holds_a_bar_too() {
    let draw = |full: usize| {
        format!(
            "\r({}{}) ⠙ fetching a",
            "#".repeat(full),
            "⠂".repeat(10 - full)
        )
    };
    let stream: String = [0, 2, 5, 10].map(draw).concat();
    assert_eq!(percents(&stream), [0.0, 20.0, 50.0, 100.0]);
    assert_eq!(last(&stream).message.as_deref(), Some("fetching a"));
}

#[test]
fn a_percentage_at_the_head_of_each_line_goes_on_whatever_follows_it() {
    let log = "( 7%) [REGFILE ] tree/a\n(12%) [DIR     ] b\n(45%) [REGFILE ] c\n";
    assert_eq!(percents_in_time(log), [12.0, 45.0]);
    let measures = "(60%) [x] a\n(45%) [x] b\n(52%) [x] c\n";
    assert_eq!(percents_in_time(measures), NONE);
}

#[test]
fn a_step_a_count_its_whole_and_a_name_count_from_the_second_on() {
    let stream = "1 3 40 a.img\n1 10 40 a.img\n2 1 20 a.img\n2 20 20 a.img\n";
    assert_eq!(percents(stream), [25.0, 100.0]);
    let next = "1 3 4 a\n1 4 4 a\n2 0 5 a\n2 4 5 a\n";
    assert_eq!(percents(next), [100.0, 0.0, 80.0]);
    assert_eq!(percents("  1  3  40 a.txt\n  1  10  40 b.txt\n"), NONE);
}

#[test]
fn what_a_bar_makes_room_for_scrolls_by() {
    let bar = |turn: u32| {
        format!(
            "\r {}%|##   | {turn}/40 [00:01<00:02, 19.7it/s]",
            turn * 5 / 2
        )
    };
    let said = |turn: u32| format!("\r                \rDone task {turn} of 40, 17% saved\r\n");
    let stream = [bar(6), said(7), bar(6), bar(12), said(14), bar(12), bar(40)].concat();
    assert_eq!(percents(&stream), [15.0, 30.0, 100.0]);
}
