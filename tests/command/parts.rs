//! The parts of `run` that are values.

use std::time::{Duration, Instant};

use doneyet::command::kin::{Kin, descendants};
use doneyet::command::publish::patch;
use doneyet::command::run::{
    Echoes, Heard, Line, Place, Portion, Queries, Report, Stop, Tail, Wiring,
};
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
        percent: Some(30.0),
        ..Reading::default()
    };
    let expected = json!({
        "progress": 30, "eta": null, "loaded": null, "unit": null, "stage": null,
        "stage_label": null,
    });
    assert_eq!(report.patch(&bare), fields(expected));
    assert_eq!(report.patch(&bare), fields(json!({"progress": 30})));
}

#[test]
fn more_than_all_is_said_and_not_cut_to_fit() {
    let mut report = Report::default();
    assert_eq!(
        report.patch(&Reading::of_percent(99.0)),
        fields(json!({"progress": 99}))
    );
    let beyond = Reading {
        loaded: Some(103.0),
        total: Some(100.0),
        ..Reading::of_percent(103.0)
    };
    let expected = json!({"progress": null, "loaded": 103, "unit": "items", "message": "103 %"});
    assert_eq!(report.patch(&beyond), fields(expected));
}

#[test]
fn fields_that_the_command_names_pass_unless_a_state_could_not_hold_them() {
    let mut report = Report::default();
    let mut said = |object| {
        report.patch(&Reading {
            fields: fields(object),
            ..Reading::of_percent(5.0)
        })
    };
    let own = json!({"progress": 5, "stage": "encode", "title": null});
    assert_eq!(said(json!({"stage": "encode", "title": null})), fields(own));
    let long = "x".repeat(5000);
    assert_eq!(said(json!({"a": long})).len(), 2);
    assert_eq!(said(json!({"b": long})), fields(json!({"progress": 5})));
    assert_eq!(said(json!({"a": "short", "b": long})).len(), 3);
    let many: serde_json::Map<_, _> = (0..300).map(|n| (n.to_string(), n.into())).collect();
    assert_eq!(said(many.into()), fields(json!({"progress": 5})));
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
fn the_echo_of_a_key_is_no_word_of_the_command_s() {
    let mut echoes = Echoes::default();
    let strip = |echoes: &mut Echoes, line: &str| echoes.strip(line.to_owned());
    assert_eq!(strip(&mut echoes, "press ^C to stop"), "press ^C to stop");
    echoes.announce(0x1a);
    echoes.announce(0x03);
    assert_eq!(strip(&mut echoes, "^Z^CTraceback"), "Traceback");
    assert_eq!(strip(&mut echoes, "press ^C to stop"), "press ^C to stop");
    for key in [0x03, 0x1a, 0x7f] {
        echoes.announce(key);
    }
    assert_eq!(strip(&mut echoes, "50% ^Z"), "50% ", "that of ^C is lost");
    assert_eq!(strip(&mut echoes, "^C"), "^C");
    assert_eq!(strip(&mut echoes, "a^?b"), "ab");
}

fn texts(heard: impl IntoIterator<Item = Heard>) -> Vec<(u64, bool, String)> {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let heard = heard.into_iter();
    heard
        .map(|heard| (heard.at_ms, heard.is_after_gap, text(heard.bytes)))
        .collect()
}

fn lens(heard: impl IntoIterator<Item = Heard>) -> usize {
    heard.into_iter().map(|heard| heard.bytes.len()).sum()
}

#[test]
fn what_is_within_the_allowance_is_read_with_the_times_at_which_it_came() {
    let mut portion = Portion::default();
    assert_eq!(portion.due_ms(), None);
    portion.put(b" 1%", 5);
    portion.put(b"\r 2%", 5);
    portion.put(b"\r 3%", 6);
    assert_eq!(portion.due_ms(), Some(0), "at once");
    assert_eq!(
        texts(portion.take(7)),
        [
            (5, false, " 1%\r 2%".to_owned()),
            (6, false, "\r 3%".to_owned())
        ]
    );
    assert_eq!((portion.take(8).len(), portion.due_ms()), (0, None));
}

#[test]
fn a_megabyte_at_once_and_one_every_second_are_read_whole() {
    let mut portion = Portion::default();
    let piece = [b'x'; 64 * 1024];
    let mut read = 0;
    for step in 0..16 {
        portion.put(&piece, step);
    }
    read += lens(portion.take(16));
    for step in 1..=10 {
        portion.put(&piece, 100 * step);
        read += lens(portion.take(100 * step));
    }
    assert_eq!(read, 26 * piece.len());
}

#[test]
fn of_a_flood_the_newest_is_read_from_a_line_on() {
    let mut portion = Portion::default();
    let mut number = 0;
    let mut flood = |portion: &mut Portion, now_ms| {
        for _ in 0..100_000 {
            number += 1;
            portion.put(format!("{number:07}_\n{number:07}").as_bytes(), now_ms);
        }
        number
    };
    flood(&mut portion, 0);
    portion.take(0);
    let last = flood(&mut portion, 100);
    let read = texts(portion.take(100));
    let len: usize = read.iter().map(|(_, _, text)| text.len()).sum();
    assert!((4_096..200_000).contains(&len), "{len} bytes are read");
    let (_, is_after_gap, first) = &read[0];
    assert!(*is_after_gap && first.starts_with('\n'));
    assert!(read[1..].iter().all(|(_, is_after_gap, _)| !is_after_gap));
    let all: String = read.into_iter().map(|(_, _, text)| text).collect();
    assert!(all.ends_with(&format!("_\n{last:07}")));
}

#[test]
fn a_flood_is_looked_at_now_and_then_and_its_last_words_when_they_are_due() {
    let mut portion = Portion::default();
    let flood = vec![b'x'; 2 << 20];
    portion.put(&flood, 10);
    assert_eq!(lens(portion.take(10)), 0, "no line begins in it");
    portion.put(b"\r 90%", 20);
    portion.put(b"\r 91%", 30);
    assert_eq!(portion.take(109).len(), 0);
    assert_eq!(portion.due_ms(), Some(110));
    let read = texts(portion.take(110));
    assert_eq!(read[0], (110, true, "\r 90%".to_owned()));
    assert_eq!(read[1], (110, false, "\r 91%".to_owned()));
    portion.put(b"\r 92%", 111);
    assert_eq!(portion.due_ms(), Some(210));
    assert_eq!(texts(portion.take(u64::MAX))[0].2, "\r 92%", "the end");
}
