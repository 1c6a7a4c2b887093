//! What one peer asks for at once is done in portions, with the others in between.

use serde_json::Value;

use crate::frames::{Said, post, request, text};
use crate::world::{Client, World};

/// How many answers have come since this was last asked.
fn answered(world: &mut World, client: Client) -> usize {
    world.answers(client).len()
}

#[test]
fn a_thousand_lists_are_made_a_few_a_turn() {
    let mut world = World::new();
    world.publish("a", "{}");
    let (greedy, modest) = (world.connect(), world.connect());
    world.send(
        greedy,
        request("GET", "/api/progress?status=x").repeat(1_000),
    );
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

/// A batch is one request and cannot be cut; but nothing of its sender's is done after it.
#[test]
fn a_long_batch_is_a_turn_by_itself() {
    let mut world = World::new();
    let client = world.connect();
    let batch = post(
        "POST",
        "/api/progress",
        &"{\"task_id\":\"a\"}\n".repeat(300),
    );
    world.send(client, batch.repeat(3));
    for turn in 0..3 {
        world.turn();
        assert_eq!(answered(&mut world, client), 1, "turn {turn}");
    }
}
