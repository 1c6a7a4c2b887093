//! What one peer asks for at once is done in portions, with the others in between.

use serde_json::Value;

use crate::frames::{Said, post, request, text};
use crate::world::{Client, World};

/// How many answers have come since this was last asked.
fn answered(world: &mut World, client: Client) -> usize {
    world.answers(client).len()
}

/// A list that is sent holds up the next request anyway, until it has been; one that the client has
/// already is made all the same, and answered with a line.
#[test]
fn a_thousand_lists_are_made_a_few_a_turn() {
    let mut world = World::new();
    world.publish("a", "{}");
    let (greedy, modest) = (world.connect(), world.connect());
    let list = "GET /api/progress HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: *\r\n\r\n";
    world.send(greedy, list.repeat(1_000));
    let mut count = 0;
    for turn in 0..10 {
        world.send(modest, request("GET", "/api/progress/a"));
        world.turn();
        assert_eq!(answered(&mut world, modest), 1, "turn {turn}");
        let portion = answered(&mut world, greedy);
        assert!((1..=4).contains(&portion), "{portion} in turn {turn}");
        count += portion;
    }
    world.settle();
    assert_eq!(count + answered(&mut world, greedy), 1_000);
}

#[test]
fn answers_come_in_order_however_many_turns_they_take() {
    let mut world = World::new();
    world.publish("a", "{}");
    let client = world.connect();
    let paths = [
        ("/api/progress", 200),
        ("/nowhere", 404),
        ("/healthz", 200),
        ("/api/progress/b", 404),
    ];
    let requests = paths.map(|(path, _)| request("GET", path)).concat();
    world.say(client, requests.repeat(60));
    let statuses = world.answers(client).into_iter().map(|answer| answer.0);
    let expected = paths.map(|(_, status)| status).repeat(60);
    assert_eq!(statuses.collect::<Vec<_>>(), expected);
}

#[test]
fn the_end_behind_a_portion_waits_for_the_last_answer() {
    let mut world = World::new();
    let client = world.connect();
    world.send(client, request("HEAD", "/api/progress").repeat(100));
    world.end(client);
    world.settle();
    assert!(!world.is_open(client));
    let heard = String::from_utf8(std::mem::take(&mut world.wire(client).heard)).unwrap();
    assert_eq!(heard.matches("HTTP/1.1 200").count(), 100);
}

#[test]
fn a_flood_of_messages_is_read_in_portions_and_not_lost() {
    let mut world = World::new();
    let client = world.open("/ws/echo");
    let flood: Vec<u8> = (0..2_000).flat_map(|n| text(&n.to_string())).collect();
    world.send(client, flood);
    world.turn();
    let mut messages = world.messages(client);
    assert!(messages.len() < 300, "{} in one turn", messages.len());
    world.settle();
    messages.extend(world.messages(client));
    let numbers = messages.iter().map(|said| match said {
        Said::Json(Value::Number(number)) => number.as_u64(),
        said => panic!("{said:?}"),
    });
    assert!(numbers.eq((0..2_000).map(Some)));
}

#[test]
fn a_long_batch_goes_on_from_turn_to_turn_and_is_answered_once() {
    let mut world = World::new();
    let (greedy, modest) = (world.connect(), world.connect());
    let lines: String = (0..1_000)
        .map(|n| format!("{{\"task_id\":\"a\",\"n\":{n}}}\n"))
        .collect();
    let behind = request("GET", "/api/progress/a");
    world.send(
        greedy,
        [post("POST", "/api/progress", &lines), behind].concat(),
    );
    for turn in 0..2 {
        world.send(modest, request("GET", "/healthz"));
        world.turn();
        assert_eq!(answered(&mut world, modest), 1, "turn {turn}");
        assert_eq!(answered(&mut world, greedy), 0, "turn {turn}");
    }
    world.settle();
    let answers = world.answers(greedy);
    let results: Value = serde_json::from_slice(&answers[0].1).unwrap();
    assert_eq!(results["results"].as_array().unwrap().len(), 1_000);
    let state: Value = serde_json::from_slice(&answers[1].1).unwrap();
    assert_eq!(
        (answers.len(), &state["n"]),
        (2, &999.into()),
        "what is behind it waits"
    );
}

/// Ten thousand lines of thirty bytes, each of which changes a state of sixteen kilobytes.
#[test]
fn what_a_line_costs_is_the_length_of_what_it_changes() {
    let mut world = World::new();
    let members: Vec<String> = (0..1_900).map(|n| format!("\"{n}\":0")).collect();
    world.publish("a", &format!("{{\"x\":{{{}}}}}", members.join(",")));
    let client = world.connect();
    let line = "{\"task_id\":\"a\",\"x\":{\"0\":1}}\n{\"task_id\":\"a\",\"x\":{\"0\":2}}\n";
    world.send(client, post("POST", "/api/progress", &line.repeat(20)));
    for turn in 0..6 {
        world.turn();
        assert_eq!(answered(&mut world, client), 0, "turn {turn}");
    }
    world.settle();
    assert_eq!(answered(&mut world, client), 1);
}

#[test]
fn a_batch_whose_sender_has_gone_is_done_all_the_same() {
    let mut world = World::new();
    let client = world.connect();
    let lines: String = (0..1_000)
        .map(|n| format!("{{\"task_id\":\"a\",\"n\":{n}}}\n"))
        .collect();
    world.send(client, post("POST", "/api/progress", &lines));
    world.turn();
    world.reset(client);
    world.settle();
    let next = world.connect();
    assert_eq!(world.state("a")["n"], 999);
    assert_eq!(
        answered(&mut world, next),
        0,
        "a slot's next owner gets nobody else's answer"
    );
}

#[test]
fn a_sender_that_ends_its_side_behind_a_batch_is_answered() {
    let mut world = World::new();
    let client = world.connect();
    world.send(
        client,
        post(
            "POST",
            "/api/progress",
            &"{\"task_id\":\"a\"}\n".repeat(1_000),
        ),
    );
    world.end(client);
    world.settle();
    assert!(!world.is_open(client));
    let heard = String::from_utf8(std::mem::take(&mut world.wire(client).heard)).unwrap();
    assert!(heard.starts_with("HTTP/1.1 200"), "{heard}");
}

#[test]
fn what_is_behind_a_batch_is_answered_though_its_sender_has_ended_its_side() {
    let mut world = World::new();
    let client = world.connect();
    let lines = "{\"task_id\":\"a\"}\n".repeat(1_000);
    let behind = request("GET", "/healthz");
    world.send(
        client,
        [post("POST", "/api/progress", &lines), behind].concat(),
    );
    world.end(client);
    world.settle();
    assert_eq!(answered(&mut world, client), 2);
    assert!(!world.is_open(client));
}
