//! What a stranger's requests may cost others.

use std::rc::Rc;

use doneyet::server::{Broker, Config};
use doneyet::session::Access;
use doneyet::task::Now;

const NOW: Now = Now {
    ticks_ms: 0,
    unix_ms: 1_700_000_000_000,
};

/// The status line's code of each answer to `requests`, all on one connection.
fn statuses(broker: &mut Broker, requests: &[&str]) -> Vec<String> {
    let peer = broker
        .connect(Rc::new(Access::default()), None, NOW)
        .expect("there is room");
    let mut written = Vec::new();
    for request in requests {
        broker.receive(peer, &mut request.as_bytes().to_vec(), NOW);
        while broker.is_working() {
            broker.tick(NOW);
        }
        while let Some(key) = broker.next_to_write() {
            broker.write(key, &mut written, NOW).unwrap();
        }
    }
    let text = String::from_utf8(written).unwrap();
    let codes = text
        .split("HTTP/1.1 ")
        .skip(1)
        .map(|answer| answer[..3].to_owned());
    codes.collect()
}

fn publish(task: &str, json: &str) -> String {
    let len = json.len();
    format!("POST /api/progress/{task} HTTP/1.1\r\nHost: h\r\nContent-Length: {len}\r\n\r\n{json}")
}

fn show(task: &str) -> String {
    format!("GET /api/progress/{task} HTTP/1.1\r\nHost: h\r\n\r\n")
}

#[test]
fn a_refused_publish_drives_no_finished_task_out() {
    let mut broker = Broker::new(&Config {
        max_tasks: 2,
        ..Config::default()
    });
    let ended = r#"{"status":"completed"}"#;
    let requests = [
        publish("a", ended),
        publish("b", ended),
        publish("new", r#"{"progress":101}"#),
        show("a"),
        show("b"),
        publish("new", "{}"),
        show("a"),
        show("b"),
    ];
    let requests: Vec<&str> = requests.iter().map(String::as_str).collect();
    assert_eq!(
        statuses(&mut broker, &requests),
        ["201", "201", "422", "200", "200", "201", "404", "200"]
    );
}

/// Two bytes a line, a hundred in its answer.
#[test]
fn a_batch_of_tiny_bad_lines_is_not_answered_fifty_times_over() {
    let mut broker = Broker::new(&Config::default());
    let batch = |lines: usize| {
        let body = "7\n".repeat(lines);
        format!(
            "POST /api/progress HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let (fits, too_many) = (batch(10_000), batch(10_001));
    assert_eq!(
        statuses(&mut broker, &[&fits, &too_many, &show("a")]),
        ["200", "413", "404"]
    );
}
