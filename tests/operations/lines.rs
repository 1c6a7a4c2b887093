//! What lines look like, whatever is in them.

use doneyet::server::journal::event::{Event, Kind};
use doneyet::server::journal::line::{Format, write};
use doneyet::server::journal::{Entry, News};
use doneyet::server::metrics::label::TaskEvent;
use doneyet::task::TaskId;
use serde_json::{Value, json};

/// Noon of 22 November 2026.
const NOON_MS: u64 = 1_795_348_800_000;

fn line(format: Format, unix_ms: u64, news: News) -> String {
    let mut out = String::new();
    write(format, &Entry { unix_ms, news }, &mut out);
    out
}

fn json_of(event: Event) -> Value {
    let line = line(Format::Json, NOON_MS, News::Happened(event));
    serde_json::from_str(&line).expect("JSON")
}

fn task(id: &str) -> TaskId {
    TaskId::new(id).expect("a task id")
}

#[test]
fn a_line_for_people_has_time_level_and_sentence() {
    let event = Event::Task(TaskEvent::Completed, task("dl-42"));
    assert_eq!(
        line(Format::Text, NOON_MS + 7, News::Happened(event)),
        "2026-11-22T12:00:00.007Z info  task dl-42 completed\n"
    );
}

#[test]
fn a_line_for_programs_is_one_object_with_the_values_apart() {
    let event = Event::Task(TaskEvent::Lost, task("dl-42"));
    assert_eq!(
        json_of(event),
        json!({
            "time": "2026-11-22T12:00:00.000Z", "level": "info", "event": "task_lost",
            "message": "task dl-42 lost", "task_id": "dl-42", "status": "lost",
        })
    );
    let event = Event::Started {
        version: "1.2.3",
        max_tasks: 10,
        max_descriptors: Some(1024),
    };
    let object = json_of(event);
    assert_eq!(object["max_tasks"], 10);
    assert_eq!(object["max_descriptors"], 1024);
    assert_eq!(object["version"], "1.2.3");
}

#[test]
fn what_was_left_out_is_a_line_like_the_others() {
    let left_out = || News::LeftOut {
        kind: Kind::Denied,
        count: 990,
    };
    let text = line(Format::Text, NOON_MS, left_out());
    assert!(
        text.ends_with(" 990 more of denied, after the first 10\n"),
        "{text}"
    );
    let line = line(Format::Json, NOON_MS, left_out());
    let object: Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(object["event"], "denied");
    assert_eq!(object["left_out"], 990);
}

#[test]
fn nothing_in_a_line_is_more_than_printable_ascii() {
    let every_char = || ('\0'..='\u{2fff}').chain('\u{1f300}'..='\u{1f600}');
    let hostile: String = every_char().collect();
    let event = || Event::Doubt {
        message: format!("\u{202e}\u{1b}]0;owned\u{7}\r\n{{\"level\":\"error\"}}{hostile}"),
    };
    for format in [Format::Text, Format::Json] {
        let line = line(format, NOON_MS, News::Happened(event()));
        let (end, rest) = line.as_bytes().split_last().expect("a line");
        assert_eq!(*end, b'\n');
        assert!(rest.iter().all(|byte| (b' '..=b'~').contains(byte)));
    }
}

#[test]
fn json_is_read_as_what_was_written() {
    for text in [
        "plain",
        "a\"b\\c/d",
        "\0\u{1}\t\r\n\u{7f}",
        "\u{85}\u{2028}\u{202e}",
        "größer 漢字 🦀",
        "",
    ] {
        let error = text.to_owned();
        assert_eq!(json_of(Event::NotReloaded { error })["error"], text);
    }
}

#[test]
fn text_cannot_be_taken_for_an_escape() {
    let event = Event::Doubt {
        message: "a\\n b\n c \"d\"".to_owned(),
    };
    let line = line(Format::Text, NOON_MS, News::Happened(event));
    assert!(line.ends_with(" a\\\\n b\\n c \"d\"\n"), "{line}");
}

#[test]
fn dates_are_those_of_the_calendar() {
    for (unix_secs, date) in [
        (0, "1970-01-01T00:00:00.000Z"),
        (68_169_600, "1972-02-29T00:00:00.000Z"),
        (68_256_000, "1972-03-01T00:00:00.000Z"),
        (951_782_400, "2000-02-29T00:00:00.000Z"),
        (951_868_799, "2000-02-29T23:59:59.000Z"),
        (978_307_199, "2000-12-31T23:59:59.000Z"),
        (1_709_164_800, "2024-02-29T00:00:00.000Z"),
        (4_107_542_399, "2100-02-28T23:59:59.000Z"),
        (4_107_542_400, "2100-03-01T00:00:00.000Z"),
        (253_402_300_799, "9999-12-31T23:59:59.000Z"),
    ] {
        let line = line(
            Format::Text,
            unix_secs * 1000,
            News::Happened(Event::Reloaded),
        );
        assert!(line.starts_with(date), "{line}");
    }
}
