//! Recordings of real tools: one read a line, `[milliseconds, text]`, on a terminal of 80 columns
//! where the tool draws only there. Long ones have lost reads in their middle.

use doneyet::scrape::{Parser, Reader, Reading, Stream};

/// Plays a recording with its timing, as a runner would.
fn play(recording: &str) -> Vec<Reading> {
    let mut reader = Reader::new(Parser::default());
    let mut readings = Vec::new();
    for line in recording.lines() {
        let (now_ms, text): (u64, String) = serde_json::from_str(line).expect("[ms, text]");
        while let Some(deadline) = reader.deadline_ms().filter(|deadline| *deadline <= now_ms) {
            readings.extend(reader.flush(deadline));
        }
        readings.extend(reader.push(Stream::Out, text.as_bytes(), now_ms));
    }
    readings.extend(reader.flush(u64::MAX));
    readings
}

/// Each recording, and what its tool displays: the first and last percentage, how many different
/// ones in a row, and whether a speed, a time left and a count are read beside them.
macro_rules! recordings {
    ($($test:ident: $file:literal, $first:expr, $last:expr, $count:expr, $beside:expr;)*) => {$(
        #[test]
        fn $test() {
            let readings = play(include_str!(concat!("samples/", $file, ".jsonl")));
            let mut percents: Vec<f64> = readings.iter().filter_map(|r| r.percent).collect();
            percents.dedup();
            let seen = (percents.first().copied(), percents.last().copied(), percents.len());
            assert_eq!(seen, ($first, $last, $count), "{percents:?}");
            assert_eq!(beside(&readings), $beside);
        }
    )*};
}

/// Which of speed, time left and counters were ever read.
fn beside(readings: &[Reading]) -> [bool; 3] {
    let any = |has: fn(&Reading) -> bool| readings.iter().any(has);
    [
        any(|r| r.speed.is_some()),
        any(|r| r.eta.is_some()),
        any(|r| r.loaded.or(r.total).is_some()),
    ]
}

recordings! {
    aria2c: "aria2c", Some(16.0), Some(96.0), 6, [true, true, true];
    curl: "curl", Some(10.0), Some(100.0), 6, [true, true, true];
    ffmpeg: "ffmpeg", Some(0.15), Some(100.0), 13, [true, false, true];
    git_clone: "git-clone", Some(0.0), Some(100.0), 195, [true, false, true];
    pip: "pip", Some(0.0), Some(100.0), 22, [true, true, true];
    pytest_whose_failures_hold_percentages: "pytest", Some(100.0), Some(100.0), 1, [false, false, false];
    rclone_whose_blocks_are_glued_together: "rclone", Some(7.0), Some(100.0), 12, [true, true, true];
    rsync: "rsync", Some(0.0), Some(100.0), 6, [true, true, false];
    tqdm: "tqdm", Some(0.0), Some(100.0), 46, [true, true, true];
    traps_among_progress: "traps", Some(2.0), Some(100.0), 40, [false, false, false];
    wget_with_a_bar: "wget-bar", Some(0.0), Some(100.0), 30, [true, true, true];
    wget_with_dots: "wget-dots", Some(0.0), Some(100.0), 47, [true, true, true];
    yt_dlp: "yt-dlp", Some(0.0), Some(100.0), 16, [true, true, true];
    zstd_whose_percentage_is_a_ratio: "zstd-ratio", None, None, 0, [false, false, false];
}
