//! A command's output: the same readings for every cut, each of them fit to be published, and time
//! linear in the bytes (libFuzzer's own clock stops an input that takes a second).

#![no_main]

use doneyet::scrape::{Reader, Reading};
use doneyet_fuzz::{Cuts, Script, meter};
use libfuzzer_sys::fuzz_target;

#[global_allocator]
static METER: meter::Meter = meter::Meter;

/// A line is at most 64 KiB, and everything else is a constant number of them.
const MEMORY: usize = 1 << 20;

fuzz_target!(|data: &[u8]| {
    let mut script = Script(data);
    let cuts = Cuts::chosen(&mut script);
    // Short patterns, repeated: what hurts is long.
    let times = 1 << script.below(6);
    let stream = script.0.repeat(times);

    let whole = read(&stream, &Cuts::whole());
    assert_eq!(whole, read(&stream, &cuts));
    if stream.len() < 4096 {
        assert_eq!(whole, read(&stream, &Cuts::bytewise()));
    }
    for pair in whole.windows(2) {
        assert_ne!(pair[0], pair[1], "said twice");
    }
    whole.iter().for_each(check);
});

fn read(stream: &[u8], cuts: &Cuts) -> Vec<Reading> {
    let mut reader = Reader::new();
    let mut readings = Vec::new();
    let before = meter::live();
    for piece in cuts.pieces(stream) {
        readings.extend(reader.push(piece, 0));
    }
    let held = readings.len() * 1024 + readings.capacity() * size_of::<Reading>();
    assert!(meter::live() <= before + MEMORY + held, "the reader hoards");
    readings.extend(reader.flush(100));
    assert_eq!(reader.deadline_ms(), None);
    readings
}

fn check(reading: &Reading) {
    let numbers = [reading.percent, reading.loaded, reading.total];
    assert!(
        numbers.iter().flatten().all(|n| n.is_finite() && *n >= 0.0),
        "{reading:?}"
    );
    assert!(reading.percent.is_none_or(|n| n <= 100.0), "{reading:?}");
    for text in [&reading.speed, &reading.eta, &reading.message]
        .into_iter()
        .flatten()
    {
        assert!(text.chars().count() <= 120, "{reading:?}");
        assert!(!text.chars().any(char::is_control), "{reading:?}");
    }
}
