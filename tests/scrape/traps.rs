use crate::NONE;
use crate::{percents, percents_in_time, read};

#[test]
fn output_with_numbers_that_are_no_progress() {
    let streams = [
        "  Downloading https://example.com/a%20b%2045%25.bin\n",
        "[download] Downloading playlist: Feed 100% fun\n[generic] Playlist Feed 100% fun: 3 items\n",
        "Compared to last year 45% more\n",
        "E   AssertionError: only 42% of rows matched\n",
        "/dev/sda1  100G  45G  55G  45% /\n/dev/sdb1  100G  60G  40G  60% /home\n",
        "3 packets transmitted, 3 received, 0% packet loss, time 2003ms\n",
        "src/a.py     10      2    80%\nsrc/b.py     20      1    95%\n",
        "File      | % Stmts | % Branch\na.js      |   85%   |   50%\nb.js      |   75%   |   20%\n",
        " rename src/{a.rs => b.rs} (95%)\n rename src/{c.rs => d.rs} (70%)\n",
        "CPU at 97%, memory 43% used\nCPU at 98%, memory 44% used\n",
        "Use 45% /dev/sda1\nUse 46% /dev/sda1\n",
        "\r  1[||||||         45.0%]   Tasks: 41\r  1[|||||||        48.0%]   Tasks: 41\r",
        "\r  Mem[|||||  5.1G/15.5G]   Load\r  Mem[||||||  5.2G/15.5G]   Load\r",
        "warn: cache 87% full\nwarn: cache 88% full\n",
        "file \"100% done.mp4\" queued\nfile \"50% done.mp4\" queued\n",
        "error: page 3/4 is missing\n",
        "11/22 08:49:19 [NOTICE] Downloading 1 item(s)\n",
        "text.txt (1/1)\n",
        "version 1.2/3\nlistening on 127.0.0.1:8765\n",
        "\r/ Resolving dependencies...\r- Resolving dependencies...\r\\ Resolving dependencies...",
        "added 31 packages in 2s\n",
        "0.996:1,  8.035 bits/byte, -0.44% saved, 8000000 in, 8034832 out.\n",
        "using 3/4 cores\nusing 2/4 cores\n",
        "11/26 backup\n11/27 backup\n11/28 backup\n",
        "request took 5 ms 12/40\nrequest took 7 ms 12/41\n",
        "hit ratio 3/10\nhit ratio 9/10\nhit ratio 2/10\n",
        "Ran: 12/40 tests passed\n",
        "Mem: 5.1G/15.5G\nMem: 5.2G/15.5G\nmemory 5.3 GiB / 15.5 GiB\n",
        "share 60%\nshare 45%\nshare 52%\nshare 48%\n",
        "{\"cpu\":{\"percent\":45}}\n{\"cpu\":{\"percent\":55}}\n",
        "humidity 45% → 50%\nhumidity 50% → 55%\n",
        "moved from 45% to 50%\nmoved from 50% to 60%\n",
        "Rain 10% chance\nRain 20% chance\nRain 40% chance\n",
        "Battery 0: discharging, 85%, 02:10:12 remaining\n",
        "Rejected.........: 0/1000 (0.00%)\nRejected.........: 5/1000 (0.50%)\n",
        "gc 1 @0.012s 2%: 0.026+0.39+0.10 ms clock, 8 P\ngc 2 @0.024s 3%: 0.026+0.39+0.10 ms clock, 8 P\n",
        "2026\n",
        "7\n",
    ];
    for stream in streams {
        assert_eq!(percents(stream), NONE, "{stream:?}");
        assert_eq!(percents_in_time(stream), NONE, "in time: {stream:?}");
    }
}

#[test]
fn how_much_of_a_resource_is_in_use_is_no_progress_however_it_is_drawn() {
    let gauges = [
        "CPU  [||||||||   @.0%]",
        "CPU0 [||||||||   @.0%]",
        "Memory usage: [####----] @%",
        "Memory usage: [####----]",
        "RAM:   [=         ]   @.1% (used 29932 bytes from 327680 bytes)",
        "Disk usage @% (@G/100G)",
        "Disk usage @G/100G (@%)",
        "Disk usage @ GB of 100 GB (@%)",
        "GPU0 64C fan @% util 3%",
        "queue at @% capacity",
        "swap @% ████░░░░",
        "mem |####  | @%",
        "[####    ] @% used",
        "load ━━━━━━━━━━ @% 0:00:05",
    ];
    for gauge in gauges {
        let draw = |turn: u32| format!("\r{}", gauge.replace('@', &turn.to_string()));
        let rows: String = [41, 42, 45, 44, 96].map(draw).concat();
        assert_eq!(percents(&rows), NONE, "{gauge}");
        assert_eq!(
            percents_in_time(&rows.replace('\r', "\n")),
            NONE,
            "in time: {gauge}"
        );
    }
}

#[test]
fn a_gauge_beside_progress_does_not_hide_it() {
    let rows = [
        "[####    ] 45% | cpu 97%",
        "Uploading 45% - CPU 97%",
        "train 45%|####    | mem=3.1GB",
        "cpu 97%, copied [####    ] 45%",
        "memory test: 45% done",
        "copy [####    ] 45% (cpu 97%)",
    ];
    for row in rows {
        assert_eq!(percents(&format!("\r{row}\r")), [45.0], "{row}");
    }
}

#[test]
fn a_table_that_is_drawn_again_is_none() {
    let rows = [
        "/dev/sda1 102400000 4@800000 57600000  4@% /",
        "1f2e3d4c   web      @.12%     12.5MiB / 1.9GiB   0.64%     1.2kB / 0B    0B / 0B     5",
        "web-2   @/9     Running   0          3s",
        "| 30%   45C    P0   50W / 250W |   1@00MiB /  8192MiB |     4@%      Default |",
        "│ w@     │ ok     │ @4%   │",
        "┃ db     ┃ @4% ┃ 12 ┃",
        "GET      /           24@     2(0.@%) |     12       3      45     10 |   12.00        0.00",
    ];
    for row in rows {
        let draw =
            |turn: u32| format!("\x1b[H\x1b[2J\r{}\r\n", row.replace('@', &turn.to_string()));
        let stream: String = (1..6).map(draw).collect();
        assert_eq!(percents(&stream), NONE, "{row}");
        assert_eq!(percents_in_time(&stream), NONE, "in time: {row}");
    }
}

#[test]
fn columns_beside_a_speed_or_a_bar_are_a_display() {
    let lines = [
        (
            "   100/400    (25%)|    0:00/    0:00|    0:00/    0:00|   24.1x|    0:00 ",
            25.0,
        ),
        (
            "numpy-1.26.4         | 7.1 MB    | ####5      |  45% ",
            45.0,
        ),
        (
            "(1/3): a.rpm            0% [          ] ---  B/s |   0  B     --:-- ETA",
            0.0,
        ),
        (
            "pct rescued:   37.50%, read errors:        0,  remaining time:         n/a",
            37.5,
        ),
        (
            "a.bin                45%  450KB   1.2MB/s   00:05 ETA",
            45.0,
        ),
    ];
    for (line, percent) in lines {
        assert_eq!(percents(&format!("\r{line}\r")), [percent], "{line}");
    }
}

#[test]
fn two_counts_of_things_are_how_many_there_are() {
    let summary = "fs.img: 11/16384 files (0.0% non-contiguous), 9513/65536 blocks\n";
    assert_eq!(percents(summary), NONE);
}

#[test]
fn traps_among_progress_do_not_disturb_it() {
    let stream = "[progress] 2%\ncache hit rate 88.2%\n[progress] 10%\nfile \"100% done.mp4\" queued\n\
                  disk 91% full\n[progress] 30%\nCPU at 97%, memory 43% used\n[progress] 32%\n";
    assert_eq!(percents(stream), [2.0, 10.0, 30.0, 32.0]);
}

#[test]
fn a_reading_is_not_repeated() {
    assert_eq!(read(b"\r45%\r45%\r45%\r\n").len(), 1);
}

#[test]
fn a_number_that_starts_over_is_one_that_goes_on() {
    assert_eq!(
        percents_in_time("so far: 3%\nso far: 40%\nso far: 97%\nso far: 2%\nso far: 60%\n"),
        [40.0, 97.0, 2.0, 60.0]
    );
}

#[test]
fn an_address_in_a_line_that_comes_again_is_a_number_too() {
    let stream = "Writing at 0x0000f000... (10 %)\nWriting at 0x000a1000... (20 %)\n\
                  Writing at 0x000b2000... (35 %)\n";
    assert_eq!(percents_in_time(stream), [20.0, 35.0]);
}

#[test]
fn a_bar_vouches_for_the_counters_behind_it() {
    let stream = "a1b2: Downloading [==>      ]  1.0MB/10.0MB\n";
    assert_eq!(percents(stream), [10.0]);
}

#[test]
fn three_counters_of_errors_are_no_amount() {
    let reading = crate::last("\r10.00% done, 0:01 elapsed. (0/0/0 errors)");
    assert_eq!((reading.percent, reading.loaded), (Some(10.0), None));
}

#[test]
fn one_of_several_named_measures_is_no_progress_but_the_counter_before_them_is() {
    let log = |head: fn(u32) -> String| -> String {
        let line = |turn| format!("{}: loss 2.60, time 12.34ms, mfu 35.{turn}%\n", head(turn));
        (1..5).map(line).collect()
    };
    let bare = log(|turn| format!("iter {}", 100 * turn));
    assert_eq!(crate::percents_in_time(&bare), crate::NONE);
    let counted = log(|turn| format!("iter {}/1000", 100 * turn));
    assert_eq!(crate::percents_in_time(&counted), [20.0, 30.0, 40.0]);
}

#[test]
fn a_dash_parts_progress_from_the_measure_of_something_else() {
    for dash in ["-", "·"] {
        let row = format!("\rUploading 10% {dash} disk 93% full {dash} 1.5 MB/s");
        assert_eq!(crate::percents(&row), [10.0], "{row}");
    }
}

#[test]
fn the_sum_of_a_measure_is_one_too() {
    let tests = [983, 988, 991].map(|good| {
        format!(
            "Test set: loss: 0.05, Accuracy: {good}/1000 ({}%)\n",
            good / 10
        )
    });
    assert_eq!(crate::percents_in_time(&tests.concat()), crate::NONE);
    let train =
        "Train Epoch: 1 [640/60000 (1%)]\tLoss: 2.2\nTrain Epoch: 1 [1280/60000 (2%)]\tLoss: 2.1\n";
    assert_eq!(crate::percents_in_time(train), [1.0, 2.0]);
    let heap = [3, 4, 5].map(|now| format!("heap {now}M/100M\n"));
    assert_eq!(crate::percents_in_time(&heap.concat()), crate::NONE);
    assert_eq!(crate::percents("\rupload queue: 45%\r"), [45.0]);
}

#[test]
fn a_percentage_that_agrees_with_the_counter_beside_it_must_change_all_the_same() {
    let summaries = [
        "84.47% coverage, 87/103 lines covered",
        "Statements   : 85.71% ( 6/7 )\nBranches     : 50% ( 1/2 )\nFunctions    : 100% ( 2/2 )",
        "  lines......: 81.2% (164 of 202 lines)\n  functions..: 90.0% (18 of 20 functions)",
        "lines: 84.5% (87 out of 103)\nbranches: 51.0% (51 out of 100)",
        "3 of 4 tests (75%) need review",
        "pass rate 50% (1/2)",
        "shards active 100.0% (12/12)",
        "worker-0 health 100% (5/5 checks ok)",
        "Found 3/10 matches (30%)",
    ];
    for summary in summaries {
        let stream = format!("{summary}\n");
        assert_eq!(percents(&stream), NONE, "{summary}");
        assert_eq!(percents_in_time(&stream), NONE, "in time: {summary}");
        let again = stream.repeat(3);
        assert_eq!(percents_in_time(&again), NONE, "again: {summary}");
    }
}

#[test]
fn a_level_in_brackets_of_the_plural_is_one_too() {
    let done = "\rProgress: 60.0%, dl from 3 of 5 peers (123 kB/s)\rProgress: 100.0%, dl from 3 of 5 peers (0 kB/s)";
    let seeding = "\rSeeding, uploading to 0 of 5 peer(s), 0 kB/s [0.00]\r";
    assert_eq!(percents(&format!("{done}{seeding}")), [60.0, 100.0]);
}

#[test]
fn how_much_went_wrong_is_no_progress_and_hides_none() {
    let rows = [
        ("errors @0%", NONE.as_slice()),
        ("errors 0% | copied @0%", &[10.0, 20.0, 30.0]),
        ("copied @0% | 3% failures", &[10.0, 20.0, 30.0]),
        ("20 users, 2% failures, @0/100 spawned", &[10.0, 20.0, 30.0]),
        ("@0% 3 errors found", &[10.0, 20.0, 30.0]),
        ("3 errors @0%", &[10.0, 20.0, 30.0]),
    ];
    for (row, expected) in rows {
        let draw = |turn: u32| format!("\r{}  ", row.replace('@', &turn.to_string()));
        let stream: String = (1..4).map(draw).collect();
        assert_eq!(percents(&format!("{stream}\r")), expected, "{row}");
    }
}

#[test]
fn how_things_stand_is_no_progress() {
    let rows = [
        "possession 5@%",
        "APR 4.@%",
        "Yes 4@% No 5@%",
        "@/16 players",
        "queue 2@/100",
        "queued: 2@/100",
    ];
    for row in rows {
        let draw = |turn: usize| {
            let mut row = row.replacen('@', &turn.to_string(), 1);
            row = row.replace('@', &(10 - turn).to_string());
            format!("\r{row} ")
        };
        let stream: String = (1..6).map(draw).collect();
        assert_eq!(percents(&stream), NONE, "{row}");
        let scrolled = stream.replace('\r', "\n");
        assert_eq!(percents_in_time(&scrolled), NONE, "in time: {row}");
    }
    let rows = [
        "\rTotal: 50%  Chunk: 50%",
        "\rcopied 50%, checked 49%",
        "\r3/16 files",
    ];
    for row in rows {
        assert_ne!(percents(row), NONE, "{row}");
    }
}

#[test]
fn a_list_that_is_numbered_and_comes_at_once_is_no_progress() {
    let lists = [
        " FAIL  a > one\n[1/3]⎯\n FAIL  b > two\n[2/3]⎯\n FAIL  c > three\n[3/3]⎯\n",
        "Question 1/4\nQuestion 2/4\nQuestion 3/4\nQuestion 4/4\n",
        "[1/3] Be kind\n[2/3] Be brief\n[3/3] Be done\n",
    ];
    for list in lists {
        assert_eq!(percents(list), NONE, "{list}");
    }
    let begun = "[1/5] Compiling a\n[2/5] Compiling b\n[3/5] Compiling c\n";
    assert_eq!(percents(begun), [20.0, 40.0, 60.0]);
    let steps = "[1/3] Configure\n[2/3] Compile\n[3/3] Link\n";
    assert_eq!(percents_in_time(steps), [33.33, 66.67, 100.0]);
}
