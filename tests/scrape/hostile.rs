//! Output made to hurt. Quadratic work on these megabytes would take hours, so that they end is
//! the test.

use doneyet::scrape::lines::MAX_LINE;
use doneyet::scrape::{Parser, Reader, Stream};

const MEGABYTE: usize = 1 << 20;

fn survive(pattern: &[u8]) {
    survive_length(pattern, MEGABYTE);
}

fn survive_length(pattern: &[u8], length: usize) {
    let stream: Vec<u8> = pattern.iter().copied().cycle().take(length).collect();
    let mut reader = Reader::new(Parser::default());
    for (turn, bytes) in stream.chunks(MAX_LINE).enumerate() {
        reader.push(Stream::Out, bytes, 20 * turn as u64);
    }
    reader.push(Stream::Out, b"\n", 20_000);
    reader.push(Stream::Out, b"\rget 45%\r\n", 40_000);
    let readings = reader.flush(u64::MAX);
    assert_eq!(
        readings.last().and_then(|reading| reading.percent),
        Some(45.0)
    );
}

#[test]
fn megabytes_of_one_character_end() {
    for byte in [
        b"1", b"%", b"[", b"{", b"\"", b".", b" ", b"/", b"<", b":", b"\x1b", b"\r", b"\x08",
    ] {
        survive(byte);
    }
}

#[test]
fn megabytes_of_almost_progress_end() {
    let patterns: [&[u8]; 14] = [
        b"[1/2]",
        b"cpu 1% 1% 1% 1% 1% 1% 1% 1% 1% 1% 1% 1%",
        b"1%",
        b"1% ",
        b"1 ",
        b"1/",
        b"1/2 ",
        b"1:",
        b"1.1,",
        b"eta ",
        b"5 s ",
        b"left ",
        b"{\"a\":",
        b"\x1b[1\x1b]9;4;1;",
    ];
    patterns.into_iter().for_each(survive);
}

#[test]
fn a_flood_of_short_lines_ends() {
    let brackets = "[".repeat(4000) + "\r";
    let patterns: [&[u8]; 6] = [
        brackets.as_bytes(),
        b"1%\r",
        b"a 1%\n",
        b"{}\n",
        b"1\n",
        b"\x1b[9999999999A1%",
    ];
    patterns
        .into_iter()
        .for_each(|pattern| survive_length(pattern, MEGABYTE / 8));
}

#[test]
fn bytes_that_are_no_text_end() {
    survive(b"\xff\xfe%1");
    survive(&(0..=255).collect::<Vec<u8>>());
}

#[test]
fn a_long_line_that_comes_byte_by_byte_ends() {
    let mut reader = Reader::new(Parser::default());
    for turn in 0..2 * MAX_LINE {
        reader.push(Stream::Out, b"5", turn as u64);
    }
    assert!(reader.deadline_ms().is_some());
}

#[test]
fn no_text_of_a_reading_is_longer_than_a_row() {
    let long = "x".repeat(20_000);
    let mut reader = Reader::new(Parser::default());
    let object = format!("{{\"percent\": 4, \"message\": \"{long}\", \"speed\": \"{long}\"}}\n");
    reader.push(Stream::Out, object.as_bytes(), 0);
    let reading = reader
        .flush(u64::MAX)
        .pop()
        .expect("the object is a reading");
    let lengths = [reading.speed, reading.message].map(|text| text.map(|text| text.len()));
    assert_eq!(lengths, [Some(120), Some(120)]);
}

#[test]
fn a_control_beyond_ascii_is_in_no_message() {
    let reading = super::last("\rget \u{9b}31mfile\u{85} 45%\r\n");
    let message = reading.message.expect("it has words");
    assert!(message.contains("file"), "{message:?}");
    assert!(!message.contains(char::is_control), "{message:?}");
}

#[test]
fn of_bytes_that_are_no_text_none_is_a_number() {
    let mut reader = Reader::new(Parser::default());
    let garbage: &[u8] =
        b"\r\x9a9%\xc1\xf8G\xb9\r\xff\xfe 45%\xe9\xe9\n3\n\r9\xb2\xb3[## ]\x90 9%\r7%\r5\n";
    reader.push(Stream::Out, garbage, 0);
    assert_eq!(reader.flush(u64::MAX), []);
    reader.push(Stream::Out, b"\rget: 45% done\r\n", 500);
    assert_eq!(reader.flush(u64::MAX).len(), 1, "a line of text");
    let old = b"\rT\xe9l\xe9chargement en cours du fichier 46% 00:03 left\r";
    reader.push(Stream::Out, old, 1000);
    assert_eq!(reader.flush(u64::MAX).len(), 1, "a name in an old encoding");
}
