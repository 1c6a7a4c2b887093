//! The parts of `run` that are values.

use std::time::{Duration, Instant};

use doneyet::command::kin::{Kin, descendants};
use doneyet::command::publish::patch;
use doneyet::command::run::{Line, Place, Portion, Queries, Report, Share, Stop, Tail, Wiring};
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
    assert_eq!((stop.advance(killed), stop.is_spent()), (None, false));
}

#[test]
fn whoever_is_born_among_the_killed_is_killed_until_it_is_hopeless() {
    let mut now = Instant::now();
    let mut stop = Stop::new(Duration::ZERO);
    stop.begin(now);
    let mut sent = Vec::new();
    while let Some(due) = stop.due() {
        assert!(due > now || sent.is_empty(), "time stands still");
        now = due;
        sent.extend(stop.advance(now));
    }
    assert_eq!(sent.first(), Some(&Signal::TERM));
    assert!(sent[1..].iter().all(|signal| *signal == Signal::KILL));
    assert!((50..=101).contains(&sent.len()), "{}", sent.len());
    assert!(stop.is_spent() && stop.has_begun());
    assert_eq!(stop.advance(now), None);
}

#[test]
fn whoever_outlives_the_command_is_told_at_once_and_has_the_last_grace() {
    let now = Instant::now();
    let mut stop = Stop::new(Duration::from_secs(10));
    assert_eq!(stop.hurry(now), None);
    stop.begin(now);
    assert_eq!(stop.hurry(now), Some(Signal::TERM));
    assert_eq!(stop.hurry(now), None);
    assert_eq!(stop.due(), Some(now + Duration::from_secs(5)));
}

#[test]
fn what_a_person_has_led_away_is_no_display() {
    use Place::{File, Other, Terminal};
    let seen = |out, err, shared| {
        let wiring = Wiring::terminals(out, err, shared);
        (wiring.out, wiring.err, wiring.is_seated)
    };
    let (pipe, pty) = (Line::Pipe, Line::Terminal);
    // At a terminal, and `2> log` there.
    assert_eq!(seen(Terminal, Terminal, true), (pty, None, true));
    assert_eq!(seen(Terminal, File, false), (pty, Some(pty), true));
    // `> file` and `| tool` there: the work itself, and the progress beside it.
    assert_eq!(seen(File, Terminal, false), (pipe, Some(pty), false));
    assert_eq!(seen(Other, Terminal, false), (pipe, Some(pty), false));
    // A log file, a journal, /dev/null, `2>&1 | tee log`: one place.
    assert_eq!(seen(File, File, true), (pty, None, false));
    assert_eq!(seen(Other, Other, true), (pty, None, false));
    // Another program reads both.
    assert_eq!(seen(Other, Other, false), (pty, Some(pty), false));
    assert_eq!(seen(File, Other, false), (pipe, Some(pty), false));
}

#[test]
fn a_question_to_the_terminal_is_found_however_it_is_cut() {
    let output = b"10%\x1b[2K\x1b\x1b[6n\x1b[31m\x1b[c 20% \x1b[5n \x1b[66n\x1b[6";
    let answers = b"\x1b[24;1R\x1b[?1;0c\x1b[0n";
    assert_eq!(Queries::default().read(output), answers);
    let mut queries = Queries::default();
    let typed = output.iter().flat_map(|byte| queries.read(&[*byte]));
    assert_eq!(typed.collect::<Vec<u8>>(), answers);
    assert_eq!(queries.read(b"n"), b"\x1b[24;1R");
    assert_eq!(queries.read(b"[6n"), b"", "the last one was answered");
}

fn kin(pid: i32, parent: i32, state: char) -> Kin {
    let zeros = "0 ".repeat(15);
    Kin::parse(&format!(
        "{pid} (a) b (c) {state} {parent} 3 2 {zeros}77 0\n"
    ))
    .unwrap()
}

#[test]
fn a_process_is_read_whatever_its_name() {
    let odd = kin(5, 4, 'S');
    assert_eq!(odd.name, "a) b (c");
    assert_eq!((odd.parent, odd.began, odd.is_dead), (4, 77, false));
    assert_eq!((odd.group, odd.session), (3, 2));
    assert!(kin(5, 4, 'Z').is_dead);
    for broken in ["", "5", "5 (a", "5 (a) S", "x (a) S 1 2", "0 (a) S 1"] {
        assert_eq!(Kin::parse(broken), None, "{broken}");
    }
}

#[test]
fn descendants_are_found_over_generations_and_nobody_else() {
    let all = [
        kin(30, 20, 'S'),
        kin(10, 1, 'S'),
        kin(20, 10, 'T'),
        kin(21, 10, 'Z'),
        kin(40, 1, 'R'),
        kin(50, 40, 'R'),
    ];
    let found = descendants(&all, all[1].pid);
    let mut pids: Vec<i32> = found
        .iter()
        .map(|kin| kin.pid.as_raw_nonzero().get())
        .collect();
    pids.sort_unstable();
    assert_eq!(pids, [20, 30]);
}

#[test]
fn what_is_no_longer_on_the_screen_is_deleted_once() {
    let mut report = Report::default();
    let full = Reading {
        percent: Some(12.5),
        eta: Some("00:03".to_owned()),
        loaded: Some(4096.0),
        unit: Some("B"),
        stage: Some(Stage {
            number: 2,
            label: Some("audio".to_owned()),
        }),
        ..Reading::default()
    };
    let expected = json!({
        "progress": 12.5, "eta": "00:03", "loaded": 4096, "unit": "B", "stage": 2,
        "stage_label": "audio",
    });
    assert_eq!(report.patch(&full), fields(expected));
    let bare = Reading {
        percent: Some(130.0),
        ..Reading::default()
    };
    let expected = json!({
        "progress": 100, "eta": null, "loaded": null, "unit": null, "stage": null,
        "stage_label": null,
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
fn what_the_screen_does_not_name_are_items_and_no_bytes() {
    let reading = Reading {
        percent: Some(50.0),
        loaded: Some(5.0),
        total: Some(10.0),
        ..Reading::default()
    };
    let expected = json!({"progress": 50, "loaded": 5, "total": 10, "unit": "items"});
    assert_eq!(Report::default().patch(&reading), fields(expected));
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

#[test]
fn the_last_lines_of_a_flood_are_read_when_it_is_over() {
    let now = Instant::now();
    let mut portion = Portion::new(now);
    let flood = [b'x'; 1024 * 1024 + 1];
    assert_eq!(portion.catch_up(), None);
    assert_eq!(portion.take(&flood, now), Share::None);
    assert!(portion.is_behind());
    assert_eq!(portion.catch_up(), None, "no line begins in it");
    let mut portion = Portion::new(now);
    let mut flood = flood.to_vec();
    flood.extend_from_slice(b"\r 90%\r 91%");
    assert_eq!(portion.take(&flood, now), Share::None);
    assert_eq!(portion.catch_up().as_deref(), Some(&b"\r 90%\r 91%"[..]));
    assert!(!portion.is_behind());
    assert_eq!(portion.take(b" 92%", now), Share::Next(b" 92%"));
}
