//! No peer fills the disk: how much of one kind is kept.

use doneyet::server::journal::event::{Event, Kind};
use doneyet::server::journal::{Journal, LINES_PER_SECOND, Level, News};
use doneyet::server::metrics::label::TaskEvent;
use doneyet::task::{Now, TaskId};

const START: Now = Now {
    ticks_ms: 0,
    unix_ms: 1_000_000,
};

fn denied() -> Event {
    Event::Denied {
        code: "forbidden_origin",
    }
}

fn news(journal: &mut Journal, now: Now) -> Vec<News> {
    let entries = journal.take(now).into_iter();
    entries.map(|entry| entry.news).collect()
}

#[test]
fn what_comes_too_often_is_told_as_a_number_when_the_second_is_over() {
    let mut journal = Journal::new(Level::Info);
    let now = START.plus_ms(300);
    for _ in 0..1_000 {
        journal.note(denied(), now);
    }
    let kept = news(&mut journal, now);
    assert_eq!(
        kept,
        vec![News::Happened(denied()); LINES_PER_SECOND as usize]
    );
    assert_eq!(journal.next_tick_ms(), Some(1_300));
    assert_eq!(news(&mut journal, START.plus_ms(1_299)), []);
    let left_out = News::LeftOut {
        kind: Kind::Denied,
        count: 990,
    };
    assert_eq!(news(&mut journal, START.plus_ms(1_300)), [left_out]);
    assert_eq!(journal.next_tick_ms(), None);
    assert_eq!(news(&mut journal, START.plus_ms(9_999)), []);
}

#[test]
fn the_number_stands_before_what_comes_next() {
    let mut journal = Journal::new(Level::Info);
    for _ in 0..=LINES_PER_SECOND {
        journal.note(denied(), START);
    }
    journal.take(START);
    let later = START.plus_ms(5_000);
    journal.note(denied(), later);
    let left_out = News::LeftOut {
        kind: Kind::Denied,
        count: 1,
    };
    assert_eq!(
        news(&mut journal, later),
        [left_out, News::Happened(denied())]
    );
}

#[test]
fn exactly_as_many_as_allowed_leave_nothing_out() {
    let mut journal = Journal::new(Level::Info);
    for _ in 0..LINES_PER_SECOND {
        journal.note(denied(), START);
    }
    assert_eq!(journal.next_tick_ms(), None);
    assert_eq!(news(&mut journal, START).len(), LINES_PER_SECOND as usize);
    assert_eq!(news(&mut journal, START.plus_ms(1_000)), []);
    journal.note(denied(), START.plus_ms(1_000));
    assert_eq!(news(&mut journal, START.plus_ms(1_000)).len(), 1);
}

#[test]
fn one_kind_takes_no_room_from_another() {
    let mut journal = Journal::new(Level::Info);
    for _ in 0..100 {
        journal.note(denied(), START);
    }
    let task = TaskId::new("a").expect("a task id");
    journal.note(Event::Task(TaskEvent::Created, task.clone()), START);
    let created = News::Happened(Event::Task(TaskEvent::Created, task));
    assert!(news(&mut journal, START).contains(&created));
}

#[test]
fn a_flood_for_an_hour_keeps_a_bounded_number_of_entries() {
    let mut journal = Journal::new(Level::Debug);
    let mut kept = 0;
    for ms in 0..60_000 {
        for _ in 0..5 {
            journal.note(denied(), START.plus_ms(ms));
        }
        kept += journal.take(START.plus_ms(ms)).len();
    }
    // Ten lines and a number, a second.
    assert_eq!(kept, 60 * 11 - 1);
}

#[test]
fn a_level_keeps_what_is_as_grave_or_graver() {
    let violation = || Event::Violation {
        code: "close_1002",
        why: "reserved bit".to_owned(),
    };
    let doubt = || Event::Doubt {
        message: "hm".to_owned(),
    };
    for (level, kept) in [
        (Level::Off, 0),
        (Level::Error, 0),
        (Level::Warn, 1),
        (Level::Info, 2),
        (Level::Debug, 3),
    ] {
        let mut journal = Journal::new(level);
        for event in [violation(), denied(), doubt()] {
            journal.note(event, START);
        }
        assert_eq!(journal.take(START).len(), kept, "{level:?}");
    }
}

#[test]
fn every_kind_has_its_own_name_and_counter() {
    let mut names: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    for (index, kind) in Kind::ALL.into_iter().enumerate() {
        assert_eq!(kind as usize, index, "{kind:?}");
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Kind::ALL.len());
}
