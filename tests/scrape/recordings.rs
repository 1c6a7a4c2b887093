//! Recordings of real tools, each with what its reader saw and when: see samples/README.md.
//!
//! What is held against them is the readings as somebody would have got them who read along, with
//! the clock of the recording. Where we know better than the recording, or cannot do what it asks
//! for, [`EXCEPTIONS`] says why; one that is no longer needed is a fault, too.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use doneyet::scrape::{Parser, Reader, Reading, Stream};
use serde_json::Value;

/// How much later than the screen a reading may come, in milliseconds: a quiet open line is looked
/// at after 80, and then there is the moment.
const LATE_MS: u64 = 160;

/// Recordings are rounded to the millisecond, and their `\r` may come with the next text.
const EARLY_MS: u64 = 25;

/// Percentages are shown, and computed, to two decimals.
const CLOSE: f64 = 0.06;

/// Which recordings we fail, at what, and why.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("apt-get-status-fd-pty", "percent", BOTH),
    ("apt-get-status-fd-pty", "only", BOTH),
    ("bar-only-pipe", "amount", "cells of a bar are no amount"),
    ("countdown-pipe", "percent", COUNTDOWN),
    ("countdown-pipe", "only", COUNTDOWN),
    ("mkfs-ext4-pty", "percent", TAKEN_BACK),
    ("mkfs-ext4-pty", "amount", TAKEN_BACK),
    ("mkfs-ext4-pty", "end", TAKEN_BACK),
    (
        "parallel-progress-pty",
        "amount",
        "`2/4/100%` is running, done and a share: only a legend far above says which is which",
    ),
    (
        "rsync-partial-kill-sigint-pty",
        "only",
        "read when it was drawn; listed when, much later, text was glued to it",
    ),
    (
        "restic-pty",
        "amount",
        "its last line has no percentage any more, so its amount belongs to none",
    ),
    (
        "sphinx-pipe",
        "percent",
        "the first behind the words of its second phase, which may be anything until the next",
    ),
    (
        "sox-S-pty",
        "percent",
        "its first line, at 0 %, has the wide gaps of a table",
    ),
];
const BOTH: &str = "of a line for people and one for machines, which differ, the machine's is read";
const COUNTDOWN: &str = "begins with `39 items remaining`, so 39 are all; of 40 it says nowhere";
const TAKEN_BACK: &str =
    "stood for a tenth of a millisecond, like the `0/786432` before it, which is not listed";

/// A number of a reading, or of what was shown.
type Part<T> = fn(&T) -> Option<f64>;

/// Something that was to be seen.
struct Shown {
    at_ms: u64,
    percent: Option<f64>,
    loaded: Option<f64>,
    total: Option<f64>,
    bar: u64,
}

struct Recording {
    head: Value,
    shown: Vec<Shown>,
    reads: Vec<(u64, Vec<u8>)>,
    /// With the time at which they were returned.
    readings: Vec<(u64, Reading)>,
}

impl Recording {
    fn play(text: &str) -> Self {
        let mut lines = text
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("one JSON value a line"));
        let head = lines.next().expect("a head");
        let shown = lines.next().expect("a list of what was shown");
        let shown = shown.as_array().expect("a list").iter().map(shown_one);
        let shown = shown.collect();
        let lines: Vec<Value> = lines.collect();
        let of_read = |read: &Value| (read[0].as_u64().expect("milliseconds"), bytes(&read[2]));
        Self {
            head,
            shown,
            reads: lines.iter().map(of_read).collect(),
            readings: read(lines.into_iter()),
        }
    }

    /// Whether what was shown at `at_ms` has no sign of what it is: a number alone on its line, or
    /// a percentage behind mere words, not drawn over. A disk may be full by so much, or a
    /// directory have so many files; only the next one tells.
    fn is_mere_number(&self, at_ms: u64) -> bool {
        let near = |(read_ms, _): &&(u64, Vec<u8>)| read_ms.abs_diff(at_ms) <= 2;
        let is_mere = |line: &str| {
            let number = line.trim_end_matches('%');
            let words = number.trim_end_matches(|char: char| char.is_ascii_digit());
            let is_word = |char: char| char.is_alphabetic() || char == ' ';
            words.len() < number.len() && words.chars().all(is_word)
        };
        let mut near = self.reads.iter().filter(near);
        near.any(|(_, read)| str::from_utf8(read).is_ok_and(|text| is_mere(text.trim_end())))
    }

    fn is(&self, key: &str) -> bool {
        self.head[key] == true
    }

    fn has_one_bar(&self) -> bool {
        self.head["bars"] == 1
    }

    /// What was shown by the bar that was followed at the time: all of it, if there is only one. While
    /// the stage and its name stay, one bar is followed: the one that shows most of what is read.
    fn followed(&self) -> Vec<&Shown> {
        if self.has_one_bar() {
            return self.shown.iter().collect();
        }
        let staged: Vec<_> = self
            .readings
            .iter()
            .filter(|(_, read)| read.stage.is_some())
            .collect();
        let runs = staged.chunk_by(|(_, one), (_, next)| one.stage == next.stage);
        runs.flat_map(|run| self.shown_in(run)).collect()
    }

    fn shown_in(&self, run: &[&(u64, Reading)]) -> Vec<&Shown> {
        let (first_ms, last_ms) = (run[0].0, run[run.len() - 1].0);
        let of = |bar| {
            let of_bar = move |shown: &&Shown| shown.bar == bar;
            let is_within = move |shown: &&Shown| (first_ms..=last_ms).contains(&shown.at_ms);
            self.shown.iter().filter(of_bar).filter(is_within)
        };
        let shows = |bar, (at_ms, reading): &(u64, Reading)| {
            let mut near = of(bar).filter(|shown| shown.at_ms.abs_diff(*at_ms) <= LATE_MS);
            near.any(|shown| shown.percent == reading.percent)
        };
        let bars: BTreeSet<u64> = self.shown.iter().map(|shown| shown.bar).collect();
        let bar = bars
            .into_iter()
            .max_by_key(|bar| run.iter().filter(|read| shows(*bar, read)).count());
        bar.map_or(Vec::new(), |bar| of(bar).collect())
    }

    /// The percentages, each as long as it stood.
    fn percents(&self) -> Vec<(u64, f64)> {
        self.series(|reading| reading.percent)
    }

    fn series(&self, part: impl Fn(&Reading) -> Option<f64>) -> Vec<(u64, f64)> {
        let readings = self.readings.iter();
        let mut series: Vec<_> = readings
            .filter_map(|(at_ms, reading)| Some((*at_ms, part(reading)?)))
            .collect();
        series.dedup_by_key(|(_, value)| *value);
        series
    }
}

fn shown_one(row: &Value) -> Shown {
    Shown {
        at_ms: row[0].as_u64().expect("milliseconds"),
        percent: row[1].as_f64(),
        loaded: row[2].as_f64(),
        total: row[3].as_f64(),
        bar: row[4].as_u64().unwrap_or(0),
    }
}

/// Plays the reads with their timing, as a runner would.
fn read(reads: impl Iterator<Item = Value>) -> Vec<(u64, Reading)> {
    let mut reader = Reader::new(Parser::default());
    let mut readings = Vec::new();
    for read in reads {
        let now_ms = read[0].as_u64().expect("milliseconds");
        flush(&mut reader, now_ms, &mut readings);
        let stream = match read[1].as_str() {
            Some("err") => Stream::Err,
            _ => Stream::Out,
        };
        let new = reader.push(stream, &bytes(&read[2]), now_ms);
        readings.extend(new.into_iter().map(|reading| (now_ms, reading)));
    }
    flush(&mut reader, u64::MAX, &mut readings);
    readings
}

fn flush(reader: &mut Reader, now_ms: u64, readings: &mut Vec<(u64, Reading)>) {
    while let Some(due_ms) = reader.deadline_ms().filter(|due_ms| *due_ms <= now_ms) {
        let new = reader.flush(due_ms);
        readings.extend(new.into_iter().map(|reading| (due_ms, reading)));
    }
}

/// Text, or a list of bytes where a read cut a character.
fn bytes(data: &Value) -> Vec<u8> {
    if let Some(text) = data.as_str() {
        return text.as_bytes().to_vec();
    }
    let bytes = data.as_array().expect("text or bytes");
    bytes
        .iter()
        .map(|byte| byte.as_u64().expect("a byte") as u8)
        .collect()
}

/// All of them, by name.
fn recordings() -> &'static BTreeMap<String, Recording> {
    static ALL: OnceLock<BTreeMap<String, Recording>> = OnceLock::new();
    ALL.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scrape/samples");
        let entries = fs::read_dir(folder).expect("the folder of recordings");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        let recordings = paths.filter(|path| path.extension().is_some_and(|end| end == "jsonl"));
        let played = recordings.map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy();
            let text = fs::read_to_string(&path).expect("text");
            (name.into_owned(), Recording::play(&text))
        });
        played.collect()
    })
}

/// Holds `fault` against every recording; what it returns is what is wrong.
fn hold(aspect: &str, fault: impl Fn(&Recording) -> Option<String>) {
    let excepted = |name: &str| {
        EXCEPTIONS
            .iter()
            .any(|(recording, of, _)| *recording == name && *of == aspect)
    };
    let faults: Vec<String> = recordings()
        .iter()
        .filter_map(
            |(name, recording)| match (fault(recording), excepted(name)) {
                (Some(_), true) | (None, false) => None,
                (Some(fault), false) => Some(format!("{name}: {fault}")),
                (None, true) => Some(format!("{name}: passes now, so it needs no exception")),
            },
        )
        .collect();
    assert!(faults.is_empty(), "{aspect}:\n{}", faults.join("\n"));
}

/// Whether `value` stood at `at_ms`, or a little later.
fn stood(series: &[(u64, f64)], at_ms: u64, value: f64, close: f64) -> bool {
    let until = series.partition_point(|(ms, _)| *ms <= at_ms + LATE_MS);
    let from = series[..until].partition_point(|(ms, _)| ms + EARLY_MS < at_ms);
    let standing = &series[from.saturating_sub(1)..until];
    standing
        .iter()
        .any(|(_, seen)| (seen - value).abs() <= close)
}

#[test]
fn all_of_them_are_there() {
    assert_eq!(recordings().len(), 337);
    for (name, of, why) in EXCEPTIONS {
        assert!(recordings().contains_key(*name), "{name} {of} {why}");
    }
}

#[test]
fn no_percentage_is_read_where_the_tool_shows_none() {
    hold("none", |recording| {
        let shows = recording.shown.iter().any(|shown| shown.percent.is_some());
        let read = recording.percents();
        (!shows && !read.is_empty()).then(|| format!("{read:?}"))
    });
}

#[test]
fn every_percentage_shown_is_read() {
    hold("percent", |recording| {
        let read = recording.percents();
        // Which of several bars is followed is asked of the readings, so there must be some.
        if read.is_empty() && recording.shown.iter().any(|shown| shown.percent.is_some()) {
            return Some("nothing is read".to_owned());
        }
        let rows = recording.followed();
        let is_mere = |row: &&Shown| recording.is_mere_number(row.at_ms);
        let is_unproven = rows.first().is_some_and(is_mere);
        let rows = rows.into_iter().skip(usize::from(is_unproven));
        let mut missed = rows.filter_map(|shown| {
            let percent = shown.percent?;
            (!stood(&read, shown.at_ms, percent, CLOSE)).then_some((shown.at_ms, percent))
        });
        missed
            .next()
            .map(|first| format!("misses {first:?} and {} more", missed.count()))
    });
}

#[test]
fn no_percentage_is_read_that_was_not_shown() {
    hold("only", |recording| {
        let thinned = recording.is("thinned");
        let mut wrong = recording
            .percents()
            .into_iter()
            .filter(|&(at_ms, percent)| {
                let shown = recording.shown.iter();
                let near = shown.filter(|shown| {
                    at_ms.abs_diff(shown.at_ms) <= if thinned { 3000 } else { 200 }
                });
                let near: Vec<_> = near
                    .filter_map(|shown| Some((shown.bar, shown.percent?)))
                    .collect();
                !near.iter().any(|(bar, shown)| {
                    let is_between = |other: &(u64, f64)| {
                        let (low, high) = (shown.min(other.1), shown.max(other.1));
                        other.0 == *bar && (low - CLOSE..=high + CLOSE).contains(&percent)
                    };
                    (shown - percent).abs() <= CLOSE || thinned && near.iter().any(is_between)
                })
            });
        let shows = !recording.shown.is_empty();
        let first = wrong.next().filter(|_| shows);
        first.map(|first| format!("{first:?} and {} more", wrong.count()))
    });
}

#[test]
fn the_last_percentage_is_the_last_that_was_shown() {
    hold("end", |recording| {
        let shown = recording.head["last"].as_f64()?;
        let read = recording.percents().last().map(|(_, percent)| *percent);
        let several = recording.is("killed") && !recording.has_one_bar();
        let same = read.is_some_and(|read| (read - shown).abs() <= CLOSE);
        (!same && !several).then(|| format!("{read:?}, not {shown}"))
    });
}

#[test]
fn the_amounts_shown_are_read() {
    hold("amount", |recording| {
        let parts: [(Part<Reading>, Part<Shown>); 2] = [
            (|reading| reading.loaded, |shown| shown.loaded),
            (|reading| reading.total, |shown| shown.total),
        ];
        let mut missed = Vec::new();
        for (read, shown) in parts {
            let series = recording.series(read);
            let rows = recording.followed().into_iter();
            // Without a total an amount counts from the second on, and nothing is no amount.
            let mut alone = 0;
            let counts = |row: &&Shown| {
                let is_alone = row.percent.is_none() && row.total.is_none();
                alone += usize::from(is_alone);
                !is_alone || alone > 1
            };
            missed.extend(rows.filter(counts).filter_map(|row| {
                let amount = shown(row).filter(|amount| *amount > 0.0)?;
                let close = (amount * 0.003).max(1.0);
                (!stood(&series, row.at_ms, amount, close)).then_some((row.at_ms, amount))
            }));
        }
        let first = missed.first()?;
        Some(format!("misses {first:?} and {} more", missed.len() - 1))
    });
}

#[test]
fn within_a_stage_no_percentage_falls() {
    hold("stage", |recording| {
        let readings = recording.readings.iter();
        let staged: Vec<_> = readings
            .filter_map(|(_, reading)| Some((reading.stage.as_ref()?.number, reading.percent?)))
            .collect();
        let begins = staged.first().is_none_or(|(number, _)| *number == 1);
        let mut pairs = staged.windows(2);
        let wrong = pairs.find(|pair| {
            let fell = pair[1].1 < pair[0].1;
            pair[1].0 != pair[0].0 + u32::from(fell)
        });
        (!begins || wrong.is_some()).then(|| format!("{wrong:?}"))
    });
}
