//! The parts of `run` that are values.

use std::time::{Duration, Instant};

use doneyet::command::publish::patch;
use doneyet::command::run::{Portion, Report, Share, Stop, Tail};
use doneyet::scrape::{Reading, Stage};
use rustix::process::Signal;
use serde_json::{Value, json};

use super::fields;

#[test]
fn pairs_are_json_where_they_read_as_json() {
    let words = [
        "progress=50",
        "title=a b",
        "done=true",
        "eta=null",
        "x=1=2",
        "empty=",
    ];
    let words = words.map(Into::into);
    let expected = json!({
        "progress": 50, "title": "a b", "done": true, "eta": null, "x": "1=2", "empty": "",
    });
    assert_eq!(patch(&words).unwrap(), fields(expected));
}

#[test]
fn one_object_is_taken_whole() {
    let words = [" {\"progress\": 5} ".into()];
    assert_eq!(patch(&words).unwrap(), fields(json!({"progress": 5})));
}

#[test]
fn what_is_neither_is_refused() {
    for words in [
        &[][..],
        &["progress"],
        &["=5"],
        &["{\"a\":"],
        &["a=1", "{}"],
    ] {
        let words: Vec<_> = words.iter().map(Into::into).collect();
        assert!(patch(&words).is_err(), "{words:?}");
    }
}

#[test]
fn a_command_is_asked_then_told_then_killed() {
    let now = Instant::now();
    let mut stop = Stop::new(Duration::from_secs(10));
    assert_eq!((stop.has_begun(), stop.due()), (false, None));
    assert_eq!(stop.begin(now), Some(Signal::INT));
    assert_eq!(stop.begin(now), None);
    let told = now + Duration::from_secs(10);
    assert_eq!(stop.advance(told - Duration::from_millis(1)), None);
    assert_eq!(stop.due(), Some(told));
    assert_eq!(stop.advance(told), Some(Signal::TERM));
    let killed = told + Duration::from_secs(5);
    assert_eq!(stop.advance(told), None);
    assert_eq!(stop.advance(killed), Some(Signal::KILL));
    assert_eq!(
        (stop.advance(killed), stop.due(), stop.has_begun()),
        (None, None, true)
    );
}

#[test]
fn what_is_no_longer_on_the_screen_is_deleted_once() {
    let mut report = Report::default();
    let full = Reading {
        percent: Some(12.5),
        eta: Some("00:03".to_owned()),
        loaded: Some(4096.0),
        stage: Some(Stage {
            number: 2,
            label: Some("audio".to_owned()),
        }),
        ..Reading::default()
    };
    let expected = json!({
        "progress": 12.5, "eta": "00:03", "loaded": 4096, "stage": 2, "stage_label": "audio",
    });
    assert_eq!(report.patch(&full), fields(expected));
    let bare = Reading {
        percent: Some(130.0),
        ..Reading::default()
    };
    let expected = json!({
        "progress": 100, "eta": null, "loaded": null, "stage": null, "stage_label": null,
    });
    assert_eq!(report.patch(&bare), fields(expected));
    assert_eq!(report.patch(&bare), fields(json!({"progress": 100})));
}

#[test]
fn bytes_are_whole_and_other_things_need_not_be() {
    let shown = |unit| Reading {
        loaded: Some(10_276_044.8),
        total: Some(20_971_520.0),
        unit: Some(unit),
        ..Reading::default()
    };
    let expected = json!({"loaded": 10_276_045, "total": 20_971_520, "unit": "B"});
    assert_eq!(Report::default().patch(&shown("B")), fields(expected));
    let expected = json!({"loaded": 10_276_044.8, "total": 20_971_520, "unit": "s"});
    assert_eq!(Report::default().patch(&shown("s")), fields(expected));
}

#[test]
fn a_number_that_is_none_is_left_out() {
    let reading = Reading {
        loaded: Some(f64::NAN),
        total: Some(f64::INFINITY),
        ..Reading::default()
    };
    assert_eq!(
        Report::default().patch(&reading),
        serde_json::Map::<String, Value>::new()
    );
}

#[test]
fn the_last_lines_are_kept_as_a_terminal_shows_them() {
    let mut tail = Tail::default();
    assert_eq!(tail.text(), None);
    for line in 1..=20 {
        tail.push(format!("line {line}\n").as_bytes());
    }
    tail.push(b"10%\r20%\r\x1b[31merror: \x1b[0mdisk full");
    let text = tail.text().unwrap();
    assert!(text.ends_with("line 20\nerror: disk full"), "{text}");
    assert!(!text.contains("10%") && text.lines().count() == 8, "{text}");
}

#[test]
fn a_flood_is_left_out_and_reading_begins_again_at_a_line() {
    let now = Instant::now();
    let mut portion = Portion::new(now);
    let piece = [b'x'; 64 * 1024];
    let read = (0..1000)
        .filter(|_| portion.take(&piece, now) == Share::Next(&piece))
        .count();
    assert_eq!(read, 16);
    let later = now + Duration::from_secs(1);
    assert_eq!(portion.take(b"the middle of a line", later), Share::None);
    assert_eq!(
        portion.take(b"its end\n50%", later),
        Share::AfterGap(b"\n50%")
    );
    assert_eq!(portion.take(b" 51%", later), Share::Next(b" 51%"));
}
