use doneyet::scrape::{Parser, Reader, Reading, Stream};

use crate::NONE;

fn read_as(parser: &str, stream: &str) -> Vec<Reading> {
    let parser: Parser = parser.parse().expect("a name");
    let mut reader = Reader::new(parser);
    let mut readings = reader.push(Stream::Out, stream.as_bytes(), 0);
    readings.extend(reader.flush(u64::MAX));
    readings
}

fn percents_as(parser: &str, stream: &str) -> Vec<f64> {
    let readings = read_as(parser, stream);
    readings.iter().filter_map(|r| r.percent).collect()
}

#[test]
fn every_name_is_a_parser_and_no_other_is() {
    for name in Parser::names() {
        assert!(name.parse::<Parser>().is_ok(), "{name}");
    }
    let error = "ftp".parse::<Parser>().unwrap_err().to_string();
    assert!(
        error.starts_with("no parser \"ftp\", but: auto, none, json"),
        "{error}"
    );
    assert!(error.ends_with("zstd"), "{error}");
}

#[test]
fn a_parser_reads_what_it_is_for_and_nothing_else() {
    let cases: &[(&str, &str, f64)] = &[
        ("json", "{\"percent\": 45}\n", 45.0),
        ("yt-dlp", "{\"percent\": 45}\n", 45.0),
        ("osc", "\x1b]9;4;1;45\x07", 45.0),
        ("apt", "dlstatus:1:45.0:Retrieving file 1 of 7\n", 45.0),
        ("apt", "\r45% [1 hello 2441 kB/15.0 MB 16%]", 45.0),
        ("ratio", "[9/20] Linking\n", 45.0),
        ("ninja", "[9/20] Linking\n", 45.0),
        ("percent", "\rso far 45%\r", 45.0),
        ("7z", " 45% + mid.bin\x08\x08", 45.0),
        ("bar", "\r[####......]\r", 40.0),
        ("number", "45\n", 45.0),
        ("pv", "45\n", 45.0),
        (
            "curl",
            "\r 45 28.6M   45 8320k    0     0  5017k      0  0:00:05  0:00:01  0:00:04 5015k\r",
            45.0,
        ),
        (
            "ffmpeg",
            "  Duration: 00:00:40.00,\nout_time=00:00:18.00\nprogress=continue\n",
            45.0,
        ),
    ];
    for (parser, stream, percent) in cases {
        assert_eq!(percents_as(parser, stream), [*percent], "{parser}");
        assert_eq!(percents_as("none", stream), NONE, "{parser}");
    }
    assert_eq!(percents_as("json", "\r45%\r[9/20] x\n45\n46\n"), NONE);
    assert_eq!(
        percents_as("percent", "{\"percent\": 45}\n[9/20] x\n"),
        NONE
    );
    assert_eq!(percents_as("ratio", "\r45%\r"), NONE);
}

#[test]
fn one_that_was_named_asks_for_no_proof() {
    let prose = "only 42% so far\n";
    assert_eq!(percents_as("auto", prose), NONE);
    assert_eq!(percents_as("percent", prose), [42.0]);
    assert_eq!(percents_as("ninja", "linking 9 of 20\n"), [45.0]);
    for parser in ["aria2", "wget", "yt-dlp"] {
        let log = "11/26 12:40:01 [NOTICE] Downloading item 1 of 3\nRetrying (1/10)\n";
        assert_eq!(
            percents_as(parser, log),
            NONE,
            "{parser} prints percentages"
        );
    }
    assert_eq!(percents_as("auto", "20\n"), NONE);
    assert_eq!(percents_as("number", "20\n"), [20.0]);
}

#[test]
fn an_amount_is_read_as_one() {
    let copied = "12648448 bytes (13 MB, 12 MiB) copied, 2 s, 6.3 MB/s\n";
    let reading = read_as("dd", copied).pop().expect("it moves");
    assert_eq!((reading.percent, reading.loaded), (None, Some(12648448.0)));
}
