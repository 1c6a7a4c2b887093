//! Output floods: what it costs to read along, against moving the bytes and against finding their
//! line ends, which nobody who reads lines can do without.
//!
//! `cargo bench --bench scrape`; 5 ns per byte are 200 MB/s.
//!
//! What the reader understands is so much per moment and not so much per byte: a flood that comes
//! faster is read more coarsely, as on a screen. Its clock is the processor time it has had, so it
//! gets the flood as fast as it reads it.

mod harness;

use doneyet::scrape::{Parser, Reader, Reading, Stream};
use harness::Effort;
use harness::contest::{Contest, processor_time};

/// Bytes of each flood.
const FLOOD: usize = 8 << 20;

/// What a pipe holds at most, and so what is read at once.
const READ: usize = 64 << 10;

/// A piece of a flood, from its number.
type Piece = fn(u64) -> Vec<u8>;

fn main() {
    let effort = Effort::from_args();
    let floods: [(&str, Piece); 8] = [
        ("a compiler's log", compiler),
        ("one bar, drawn over", bar),
        ("coloured bars in several rows", coloured_rows),
        ("text in two-byte and three-byte letters", letters),
        ("JSON lines, each a progress", json_lines),
        ("lines of numbers and percent signs", numbers),
        ("random bytes", random_bytes),
        ("one line without end", endless),
    ];
    for (name, piece) in floods {
        let flood = flood(piece);
        check(name, &flood);
        measure(name, &flood, effort);
    }
}

/// Piece after piece, each with its number.
fn flood(piece: Piece) -> Vec<u8> {
    let mut flood = Vec::with_capacity(FLOOD + READ);
    let mut number = 0;
    while flood.len() < FLOOD {
        flood.extend(piece(number));
        number += 1;
    }
    flood.truncate(FLOOD);
    flood
}

/// Whatever came before, the next display is read.
fn check(name: &str, flood: &[u8]) {
    let mut reader = Reader::new(Parser::default());
    for (read, bytes) in flood.chunks(READ).enumerate() {
        reader.push(Stream::Out, bytes, read as u64);
    }
    let later_ms = 3_600_000;
    reader.push(Stream::Out, b"\x1b\\\r\n\rget: 45% done\r\n", later_ms);
    let readings = reader.flush(u64::MAX);
    let last = readings.last().and_then(|reading| reading.percent);
    assert_eq!(last, Some(45.0), "after {name}");
}

fn measure(name: &str, flood: &[u8], effort: Effort) {
    let mut copy = vec![0; READ];
    let mut reader = Reader::new(Parser::default());
    Contest::new(name, flood.len(), "byte", effort)
        .enter("copied (memcpy)", || {
            for bytes in flood.chunks(READ) {
                copy[..bytes.len()].copy_from_slice(bytes);
                std::hint::black_box(&mut copy);
            }
        })
        .enter("cut at line feeds (memchr)", || {
            let chunks = flood.chunks(READ);
            chunks
                .map(|bytes| memchr::memchr_iter(b'\n', bytes).count())
                .sum::<usize>()
        })
        .enter("read along", || {
            let mut last: Option<Reading> = None;
            for bytes in flood.chunks(READ) {
                let now_ms = processor_time().as_millis() as u64;
                last = reader.push(Stream::Out, bytes, now_ms).pop().or(last);
            }
            last
        })
        .hold();
}

fn compiler(number: u64) -> Vec<u8> {
    let (line, column) = (number % 900 + 10, number % 70);
    let file = number % 4000;
    format!(
        "In file included from src/module_{file}/widget.h:{line},\n                 \
         from src/module_{file}/main.cpp:3:\nsrc/module_{file}/main.cpp:{line}:{column}: warning: \
         comparison of integer expressions of different signedness: 'int' and 'size_t' \
         [-Wsign-compare]\n  {line} |     for (int i = 0; i < v.size(); ++i) {{\n      \
         |                     ~~^~~~~~~~~~\n"
    )
    .into_bytes()
}

fn bar(number: u64) -> Vec<u8> {
    let percent = number / 1000 % 101;
    let full = "█".repeat(percent as usize / 4);
    let empty = " ".repeat(25 - percent as usize / 4);
    let done = number % 1_000_000;
    format!("\r{percent:3}%|{full}{empty}| {done}/1000000 [00:12<01:23, 48170.11it/s]").into_bytes()
}

fn coloured_rows(number: u64) -> Vec<u8> {
    let row = |index: u64| {
        let percent = number / 100 % (101 - index);
        let full = "\x1b[38;5;197m━\x1b[0m".repeat(percent as usize / 5);
        format!(
            "\x1b[2K\x1b[3{index}mlayer {index}\x1b[0m {full} \x1b[35m{percent:3}%\x1b[0m \
             \x1b[36m0:00:12\x1b[0m\r\n"
        )
    };
    let rows: String = (1..=4).map(row).collect();
    format!("\x1b[4A{rows}").into_bytes()
}

fn letters(number: u64) -> Vec<u8> {
    format!(
        "Übersetze die Größe von Ångström {number}: naïve façade, déjà vu, Привет мир, \
         こんにちは世界 — „weiter“\n"
    )
    .into_bytes()
}

fn json_lines(number: u64) -> Vec<u8> {
    let percent = number as f64 / 100.0 % 100.0;
    format!("{{\"level\":\"info\",\"progress\":{percent:.2},\"message\":\"chunk {number}\"}}\n")
        .into_bytes()
}

fn numbers(number: u64) -> Vec<u8> {
    let (a, b) = (number % 97, number % 89);
    format!("{number:08} {a}% {b}/100 12.5 MB/s 3.{a} eta {b}s 1,234.{b} {a}/{number} 00:{b:02}:{a:02}\n")
        .into_bytes()
}

fn random_bytes(number: u64) -> Vec<u8> {
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(4096);
    for _ in 0..512 {
        // Marsaglia's xorshift64.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes
}

fn endless(number: u64) -> Vec<u8> {
    format!("{number} ").into_bytes()
}
