//! A command's output: the same readings for every cut, each of them fit to be published, and time
//! linear in the bytes (libFuzzer's own clock stops an input that takes a second).

#![no_main]

use doneyet::scrape::{Parser, Reader, Reading, Stream};
use doneyet_fuzz::{Cuts, Script, meter};
use libfuzzer_sys::fuzz_target;

#[global_allocator]
static METER: meter::Meter = meter::Meter;

/// A line is at most 64 KiB, and so is what is kept of a moment; the rest is a constant number.
const MEMORY: usize = 2 << 20;

fuzz_target!(|data: &[u8]| {
    let mut script = Script(data);
    let names: Vec<&str> = Parser::names().collect();
    let parser: Parser = names[script.below(2 * names.len()) % names.len()]
        .parse()
        .expect("its own name");
    let pause_ms = [0, 1, 7, 40, 4000][script.below(5)];
    let cuts = Cuts::chosen(&mut script);
    // Short patterns, repeated: what hurts is long.
    let times = 1 << script.below(6);
    let stream = script.0.repeat(times);

    let whole = read(parser, &stream, &Cuts::whole(), 0);
    assert_eq!(whole, read(parser, &stream, &cuts, 0));
    if stream.len() < 4096 {
        assert_eq!(whole, read(parser, &stream, &Cuts::bytewise(), 0));
    }
    check(&whole);
    check(&read(parser, &stream, &cuts, pause_ms));
});

/// Reads a stream, with a pause after each piece.
fn read(parser: Parser, stream: &[u8], cuts: &Cuts, pause_ms: u64) -> Vec<Reading> {
    let mut reader = Reader::new(parser);
    let mut readings = Vec::new();
    let mut now_ms = 0;
    let before = meter::live();
    for piece in cuts.pieces(stream) {
        readings.extend(reader.push(Stream::Out, piece, now_ms));
        assert!(reader.deadline_ms().is_none_or(|due_ms| due_ms > now_ms));
        now_ms += pause_ms;
    }
    let held = readings.len() * 2048 + readings.capacity() * size_of::<Reading>();
    assert!(meter::live() <= before + MEMORY + held, "the reader hoards");
    readings.extend(reader.flush(u64::MAX));
    assert_eq!(reader.deadline_ms(), None);
    readings
}

/// Nothing is said twice, and within a stage nothing falls.
fn check(readings: &[Reading]) {
    for pair in readings.windows(2) {
        assert_ne!(pair[0], pair[1], "said twice");
    }
    let staged = readings
        .iter()
        .filter_map(|reading| Some((reading.stage.as_ref()?.number, reading.percent?)));
    let staged: Vec<(u32, f64)> = staged.collect();
    for pair in staged.windows(2) {
        let (before, after) = (pair[0], pair[1]);
        let goes_on = before.0 == after.0 && before.1 <= after.1;
        let begins = before.0 + 1 == after.0 && before.1 > after.1;
        assert!(goes_on || begins, "{before:?} and then {after:?}");
    }
    readings.iter().for_each(check_one);
}

fn check_one(reading: &Reading) {
    let numbers = [reading.percent, reading.loaded, reading.total];
    assert!(
        numbers.iter().flatten().all(|n| n.is_finite() && *n >= 0.0),
        "{reading:?}"
    );
    // A display may go beyond all, with three digits at most.
    assert!(reading.percent.is_none_or(|n| n < 1000.0), "{reading:?}");
    assert_eq!(reading.percent.is_some(), reading.stage.is_some());
    let label = reading
        .stage
        .as_ref()
        .and_then(|stage| stage.label.as_ref());
    let texts = [&reading.speed, &reading.eta, &reading.message];
    for text in texts.into_iter().flatten().chain(label) {
        assert!(text.chars().count() <= 120, "{reading:?}");
        assert!(!text.chars().any(char::is_control), "{reading:?}");
    }
}
