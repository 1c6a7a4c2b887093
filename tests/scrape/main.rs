//! The reading of terminal output: unit tables of each rule, the cutting of streams, what must not
//! be read, and recordings of real tools.

mod amount;
mod countdown;
mod drawn;
mod headings;
mod hostile;
mod json;
mod lines;
mod moments;
mod pairs;
mod parsers;
mod peer;
mod percent;
mod ratios;
mod recordings;
mod rules;
mod screen;
mod scrolling;
mod stages;
mod time;
mod traps;

use doneyet::scrape::{Parser, Reader, Reading, Stream};

/// No percentages.
const NONE: [f64; 0] = [];

/// Where a stream is cut into reads.
enum Cut {
    Whole,
    Bytes,
    /// Pieces of 1 to 16 bytes, from a seed.
    Random(u64),
}

/// All readings of a stream that ends. However it is cut, they are the same.
fn read(stream: &[u8]) -> Vec<Reading> {
    let whole = read_cut(stream, Cut::Whole);
    assert_eq!(
        whole,
        read_cut(stream, Cut::Bytes),
        "cut into bytes: {}",
        stream.escape_ascii()
    );
    for seed in 1..4 {
        let cut = read_cut(stream, Cut::Random(seed));
        assert_eq!(whole, cut, "cut by {seed}: {}", stream.escape_ascii());
    }
    whole
}

fn read_cut(mut stream: &[u8], cut: Cut) -> Vec<Reading> {
    let mut reader = Reader::new(Parser::default());
    let mut readings = Vec::new();
    let mut random = match cut {
        Cut::Random(seed) => seed,
        Cut::Whole | Cut::Bytes => 0,
    };
    while !stream.is_empty() {
        // Knuth's constants; the high bits are the random ones.
        random = random
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        let length = match cut {
            Cut::Whole => stream.len(),
            Cut::Bytes => 1,
            Cut::Random(_) => (random >> 60) as usize + 1,
        };
        let (bytes, rest) = stream.split_at(length.min(stream.len()));
        readings.extend(reader.push(Stream::Out, bytes, 0));
        stream = rest;
    }
    readings.extend(reader.flush(u64::MAX));
    readings
}

/// The percentages of all readings that have one, without repetitions.
fn percents(stream: &str) -> Vec<f64> {
    let mut percents: Vec<f64> = read(stream.as_bytes())
        .iter()
        .filter_map(|r| r.percent)
        .collect();
    percents.dedup();
    percents
}

/// The same of lines that come one after another, and not all at once.
fn percents_in_time(stream: &str) -> Vec<f64> {
    let mut reader = Reader::new(Parser::default());
    let mut readings = Vec::new();
    for (turn, line) in stream.split_inclusive('\n').enumerate() {
        readings.extend(reader.push(Stream::Out, line.as_bytes(), 100 * turn as u64));
    }
    readings.extend(reader.flush(u64::MAX));
    let mut percents: Vec<f64> = readings.iter().filter_map(|r| r.percent).collect();
    percents.dedup();
    percents
}

/// The last reading of a stream.
fn last(stream: &str) -> Reading {
    read(stream.as_bytes()).pop().unwrap_or_default()
}
