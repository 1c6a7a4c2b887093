//! What conversations leave in the log, and what they do not.

use doneyet::server::journal::event::Event;
use doneyet::server::journal::line::{Format, write};
use doneyet::server::journal::{Level, News};
use doneyet::server::metrics::label::TaskEvent;
use doneyet::server::{Broker, Config};
use doneyet::task::record::Patience;

use crate::house::{House, frame, text};
use doneyet::wire::frame::OpCode;

fn events(house: &mut House) -> Vec<Event> {
    let happened = |news| match news {
        News::Happened(event) => Some(event),
        News::LeftOut { .. } => None,
    };
    let entries = house.log().into_iter();
    entries.filter_map(|entry| happened(entry.news)).collect()
}

fn turns(house: &mut House) -> Vec<(TaskEvent, String)> {
    let turn = |event| match event {
        Event::Task(turn, task) => Some((turn, task.as_str().to_owned())),
        _ => None,
    };
    events(house).into_iter().filter_map(turn).collect()
}

#[test]
fn the_turns_of_a_tasks_life_are_noted_once() {
    let mut house = House::new();
    let a = |turn| [(turn, "a".to_owned())];
    house.publish("a", r#"{"progress":1}"#);
    assert_eq!(turns(&mut house), a(TaskEvent::Created));
    for n in 2..50 {
        house.publish("a", &format!("{{\"progress\":{n}}}"));
    }
    assert_eq!(turns(&mut house), [], "no line for a message");
    for _ in 0..3 {
        house.publish("a", r#"{"status":"failed"}"#);
    }
    assert_eq!(turns(&mut house), a(TaskEvent::Failed));
    house.ask("PUT /api/progress/a", "", r#"{"status":"running"}"#);
    house.publish("a", r#"{"status":"canceled"}"#);
    assert_eq!(turns(&mut house), a(TaskEvent::Cancelled));
    house.ask("DELETE /api/progress/a", "", "");
    assert_eq!(turns(&mut house), a(TaskEvent::Forgotten));
    house.publish("b", r#"{"status":"completed"}"#);
    let created_and_completed = [TaskEvent::Created, TaskEvent::Completed];
    assert_eq!(
        turns(&mut house),
        created_and_completed.map(|t| (t, "b".to_owned()))
    );
}

#[test]
fn a_lost_worker_and_a_task_whose_time_is_over_are_noted() {
    let mut house = House::with(Config {
        patience: Patience {
            lease_ms: 1_000,
            silence_ms: 50_000,
            ..Patience::default()
        },
        log_level: Level::Info,
        ..Config::default()
    });
    let worker = house.open("/ws/worker/a");
    house.say(worker, &text("{}"));
    house.hang_up(worker);
    turns(&mut house);
    house.wait(1_000);
    assert_eq!(turns(&mut house), [(TaskEvent::Lost, "a".to_owned())]);
    house.wait(20_000);
    assert_eq!(turns(&mut house), []);
    house.wait(30_000);
    assert_eq!(turns(&mut house), [(TaskEvent::Forgotten, "a".to_owned())]);
}

#[test]
fn who_is_turned_away_is_noted_and_who_is_mistaken_is_not() {
    let mut house = House::new();
    house.ask(
        "PUT /api/progress/a",
        "Origin: http://evil.example\r\n",
        "{}",
    );
    let code = "forbidden_origin";
    assert_eq!(events(&mut house), [Event::Denied { code }]);
    house.ask("GET /api/progress/none", "", "");
    house.ask("GET /nowhere", "", "");
    house.publish("a", "nonsense");
    assert_eq!(events(&mut house), []);
}

#[test]
fn broken_rules_are_noted_for_who_wants_to_know() {
    let mut house = House::new();
    let watcher = house.open("/ws/progress/a");
    house.say(watcher, &frame(OpCode::Text, b"\xff"));
    house.ask("GET / nonsense", "", "");
    let codes: Vec<&str> = events(&mut house)
        .into_iter()
        .filter_map(|event| match event {
            Event::Violation { code, .. } => Some(code),
            _ => None,
        })
        .collect();
    assert_eq!(codes, ["close_1007", "bad_request"]);
}

#[test]
fn nothing_a_peer_says_gets_into_the_log_but_its_tasks_name() {
    let mut house = House::new();
    let secret = "s3cr3t";
    let bearer = format!("Authorization: Bearer {secret}\r\nOrigin: http://{secret}.example\r\n");
    house.ask(
        &format!("PUT /api/progress/a?token={secret}"),
        &bearer,
        "{}",
    );
    house.ask(&format!("GET /{secret}?token={secret} x"), &bearer, "");
    house.ask(
        "GET /",
        &format!("{secret}: {secret}\r\nContent-Length: {secret}\r\n"),
        "",
    );
    house.publish(
        "a",
        &format!("{{\"status\":\"completed\",\"result\":\"{secret}\"}}"),
    );
    let watcher = house.open(&format!("/ws/progress/a?token={secret}"));
    for _ in 0..16 {
        house.say(watcher, &text(secret));
    }
    let mut lines = String::new();
    let entries = house.log();
    assert!(entries.len() >= 5, "{entries:?}");
    for entry in &entries {
        write(Format::Json, entry, &mut lines);
    }
    assert!(!lines.contains(secret), "{lines}");
}

#[test]
fn a_daemon_that_was_not_told_otherwise_says_nothing() {
    assert_eq!(Config::default().log_level, Level::Off);
    let mut house = House::with(Config::default());
    house.publish("a", "{}");
    assert_eq!(house.log(), []);
    drop(Broker::new(&Config::default()));
}
