use crate::last;

#[test]
fn the_spellings_of_the_time_left() {
    let lines = [
        ("2.1% ETA 0:00:48", "0:00:48"),
        ("10.4% eta 44s", "44s"),
        ("18.8% ETA 00:40", "00:40"),
        ("a.img   18% [===    ]  4.5 GB  00:45 ETA", "00:45"),
        ("27.1% 36s left", "36s"),
        ("35.4% 32 seconds remaining", "32 seconds"),
        (
            "15.0% (4.3 MiB / 28.6 MiB) 5.0 MiB/s remaining 0:00:04",
            "0:00:04",
        ),
        ("68.8% TIME LEFT 0d 00:00:16", "0d 00:00:16"),
        ("77.1% ETA: 0 minutes 12 seconds", "0 minutes 12 seconds"),
        ("85.4% PT8S", "PT8S"),
        ("93.8% finish in 4 s", "4 s"),
        (
            "[=>...]  recovery =  8.5% finish=123.4min speed=131072K/sec",
            "123.4min",
        ),
        ("8%|█▋  | 16/200 [00:01<00:12, 12.2it/s]", "00:12"),
        ("[#0c6067 5.6MiB/29MiB(19%) CN:1 DL:4.7MiB ETA:4s]", "4s"),
        (
            "45.67 % (35.11 fps, avg 37.02 fps, ETA 00h01m08s)",
            "00h01m08s",
        ),
        ("  13,074,432  43%    5.87MB/s    0:00:02", "0:00:02"),
        ("|###   | 45/100 [45%] in 2s (~5s, 17.7/s)", "5s"),
        ("Processing |#   | 3.0% - 4s", "4s"),
        ("items ━━━━ 45% 0:00:03", "0:00:03"),
        ("[ 97%] [......0 ] [   8.0MB/s] [00:04]", "00:04"),
        ("Countdown |███      | 12/40 - 2s", "2s"),
        ("Creating file 1 ... 3.12% -- 19.51 MB/s -- 52s", "52s"),
        ("18/60 ━━━━━━━━━━━━ 2s 40ms/step", "2s"),
        ("[W(1)][60.0%][w=1985KiB/s][eta 01h:00m:02s]", "01h:00m:02s"),
        (
            "pct rescued: 20.09%, read errors: 0, remaining time:  4s",
            "4s",
        ),
    ];
    for (line, eta) in lines {
        assert_eq!(
            last(&format!("\r{line}\r")).eta.as_deref(),
            Some(eta),
            "{line}"
        );
    }
}

#[test]
fn a_time_of_several_units_is_left_as_a_whole() {
    let lines = [
        ("45% about 3 hours 12 minutes left", "3 hours 12 minutes"),
        (
            "45% (2 hours, 5 minutes and 3 seconds left)",
            "2 hours, 5 minutes and 3 seconds",
        ),
        (
            "45% 1 week, 2 days, 3 hours, 5 minutes, and 3 seconds left",
            "1 week, 2 days, 3 hours, 5 minutes, and 3 seconds",
        ),
        ("45% 2h 3m 38s left", "2h 3m 38s"),
        ("45% (1h, 5m left)", "1h, 5m"),
        ("45% (1 min 38 sec remaining)", "1 min 38 sec"),
        ("45% 2 days 3 hours remaining", "2 days 3 hours"),
        ("45% ETA: 1 hour, 38 minutes", "1 hour, 38 minutes"),
        ("45% ETA: 1 day, 2:03:04", "1 day, 2:03:04"),
        (
            "45%|###  | 9/20 [1d 2h:03m<1d 4h:05m, 0.01 it/s]",
            "1d 4h:05m",
        ),
        (
            "1.2T scanned, 45.00% done, 1 days 02:03:04 to go",
            "1 days 02:03:04",
        ),
        ("45% ETA 1h 12m 05s", "1h 12m 05s"),
        ("45% ETA 1d 2h", "1d 2h"),
        ("45% ETA 1:02:03:04", "1:02:03:04"),
        ("45% ETA 30:12:05", "30:12:05"),
        ("45% 5 min 12 s left", "5 min 12 s"),
    ];
    for (line, eta) in lines {
        let reading = last(&format!("\r{line}\r"));
        assert_eq!(reading.eta.as_deref(), Some(eta), "{line}");
    }
}

#[test]
fn what_says_that_a_time_is_left_names_nothing() {
    for line in [
        "45% done, 12 s to go",
        "45% 12 s left",
        "45% 12 s remaining",
    ] {
        let reading = last(&format!("\r{line}\r"));
        assert_eq!(reading.eta.as_deref(), Some("12 s"), "{line}");
        assert_eq!(reading.message, None, "{line}");
    }
}

#[test]
fn two_times_side_by_side_stay_two() {
    let lines = [
        ("45% 1m 30s, 38s left", "38s"),
        ("45% elapsed 1m, 30s left", "30s"),
        ("45% 00:05 00:55 left", "00:55"),
        ("45% ETA 12s 5m", "12s"),
        ("45% 3 minutes 4 minutes left", "4 minutes"),
    ];
    for (line, eta) in lines {
        let reading = last(&format!("\r{line}\r"));
        assert_eq!(reading.eta.as_deref(), Some(eta), "{line}");
    }
}

#[test]
fn time_that_has_passed_or_is_unknown_is_not_left() {
    let lines = [
        "45% ETA -",
        "45% eta -:--:--",
        "In:45.0% 00:00:27.00 [00:00:33.00] Out:1.19M [  ====|====  ]",
        "45% ETA Unknown",
        "[-] 45% 00:01:23.45 12.3x realtime",
        "items ━━━━ 45% 0:00:01 0:00:03",
        "60/60 ━━━━━━━━━━━━ 2s 40ms/step",
        "12/40 files 2s",
        "45%|█  | 9/20 [00:01<?, ?it/s]",
        "100%[====>] 28.61M  4.88MB/s    in 5.8s",
        "30,000,000 100%  5.96MB/s  0:00:04 (xfr#1, to-chk=0/1)",
        " 35.5 %  2.2 MiB / 3.4 MiB = 0.657   1.1 MiB/s       0:03",
    ];
    for line in lines {
        assert_eq!(last(&format!("\r{line}\r")).eta, None, "{line}");
    }
}

#[test]
fn the_spellings_of_a_speed() {
    let lines = [
        ("3%[>  ] 968.00K  5.27MB/s", "5.27MB/s"),
        ("45% at  5.39MiB/s", "5.39MiB/s"),
        ("45% 5.2 MB/s", "5.2 MB/s"),
        ("8% 8,4 Mo/s", "8,4 Mo/s"),
        ("45%|█  | 9/20 [00:01<00:02, 48.17it/s]", "48.17it/s"),
        ("45%|█  | 9/20 [00:01<00:02, 1.50s/it]", "1.50s/it"),
        ("45.67 % (35.11 fps, avg 37.02 fps)", "35.11 fps"),
        ("18/60 ━━━━━━━━━━━━ 2s 40ms/step", "40ms/step"),
        (
            "4.77 MiB / 57.22 MiB [--->___] 8.33% 23.86 MiB p/s ETA 0s",
            "23.86 MiB p/s",
        ),
        ("|##  | 45/100 [45%] in 2s (17.76/s)", "17.76/s"),
        ("[#0c6067 5.6MiB/29MiB(19%) CN:1 DL:4.7MiB]", "4.7MiB/s"),
        ("    50K .......... ..........  1% 1.56M 6s", "1.56M/s"),
        ("  7800K .......... ..     100% 9.48M=5.1s", "9.48M/s"),
        ("45% bitrate= 617.3kbits/s speed=6.9x", "6.9x"),
        ("Jobs: 1, 0B/s-2048KiB/s: [60.0%][w=1985KiB/s]", "1985KiB/s"),
    ];
    for (line, speed) in lines {
        assert_eq!(
            last(&format!("\r{line}\r")).speed.as_deref(),
            Some(speed),
            "{line}"
        );
    }
}

#[test]
fn a_time_in_hundredths_is_one_that_has_passed() {
    let reading = crate::last("\rWriting | ####       | 10% 0.30s");
    assert_eq!((reading.percent, reading.eta), (Some(10.0), None));
}

#[test]
fn what_no_clock_shows_is_no_time() {
    for line in [
        "45% ETA 99:99:99",
        "45% ETA 0:0",
        "45% ETA 0:",
        "45% 5.0MB/s 0:75",
    ] {
        assert_eq!(last(&format!("\r{line}\r")).eta, None, "{line}");
    }
    assert_eq!(last("\r45% ETA 90:05\r").eta.as_deref(), Some("90:05"));
    for elapsed in ["0:00:04.0", "0:00:09.6"] {
        assert_eq!(last(&format!("\r{elapsed} / 99:99:99.\r")).percent, None);
    }
}
