//! Limits, each at its edge, and who is counted as whom.

use std::net::IpAddr;

use doneyet::server::quota::{Accounts, BURST_SECS};
use doneyet::server::{Allowance, Config, Limits};
use doneyet::session::forwarded::{Proxies, Proxy};
use doneyet::task::{Now, Refusal};
use serde_json::Value;

use crate::frames::{Said, handshake, post, request, text};
use crate::world::{Client, World};

const HOME: &str = "192.0.2.1";
const PROXY: &str = "198.51.100.7";

fn address(text: &str) -> Option<IpAddr> {
    Some(text.parse().expect("an address"))
}

fn world(stranger: Allowance) -> World {
    World::with(&Config {
        limits: Limits {
            stranger,
            ..Limits::default()
        },
        ..Config::default()
    })
}

/// The same behind [`PROXY`] and Unix sockets.
fn world_behind_proxies(stranger: Allowance) -> World {
    let network = Proxy::network(PROXY.parse().unwrap(), 32).unwrap();
    World::with(&Config {
        limits: Limits {
            stranger,
            ..Limits::default()
        },
        proxies: Proxies(vec![network, Proxy::UnixSocket]),
        ..Config::default()
    })
}

/// The answer to one request on a connection of its own, from `from`: status and content.
fn ask_from(world: &mut World, from: &str, request: &str) -> (u16, Value) {
    let client = world.connect_from(address(from)).expect("there is room");
    ask(world, client, request)
}

fn ask(world: &mut World, client: Client, request: &str) -> (u16, Value) {
    world.say(client, request);
    let (status, content) = world.answers(client).pop().expect("an answer");
    (
        status,
        serde_json::from_slice(&content).unwrap_or(Value::Null),
    )
}

fn with_field(request: &str, field: &str) -> String {
    request.replacen("\r\n", &format!("\r\n{field}\r\n"), 1)
}

fn code((status, content): &(u16, Value)) -> (u16, &str) {
    (*status, content["error"].as_str().unwrap_or(""))
}

/// How many of these are said, and in which order they are refused: all the refusals at the end.
fn granted(verdicts: impl Iterator<Item = bool>) -> usize {
    let verdicts: Vec<bool> = verdicts.collect();
    let granted = verdicts.iter().take_while(|&&verdict| verdict).count();
    assert!(!verdicts[granted..].contains(&true), "{verdicts:?}");
    granted
}

#[test]
fn an_address_has_so_many_connections_and_no_more() {
    let mut world = world(Allowance {
        connections: 3,
        ..Allowance::UNLIMITED
    });
    let clients: Vec<_> = (0..3)
        .map(|_| world.connect_from(address(HOME)).expect("within the limit"))
        .collect();
    for _ in 0..2 {
        let fourth = world.connect_from(address(HOME));
        assert_eq!(fourth.err(), Some(Refusal::TooManyConnections));
    }
    world
        .connect_from(address("192.0.2.2"))
        .expect("another address has its own");
    world.reset(clients[1]);
    world.settle();
    world
        .connect_from(address(HOME))
        .expect("the place is free again");
    assert!(world.connect_from(address(HOME)).is_err());
}

#[test]
fn all_together_have_so_many_connections_and_no_more() {
    let mut world = World::with(&Config {
        limits: Limits {
            max_connections: 2,
            ..Limits::default()
        },
        ..Config::default()
    });
    let first = world.connect_from(None).unwrap();
    world.connect_from(address(HOME)).unwrap();
    for from in [None, address("127.0.0.1"), address("192.0.2.9")] {
        let refused = world.connect_from(from);
        assert_eq!(refused.err(), Some(Refusal::TooManyConnections));
    }
    world.reset(first);
    world.settle();
    world.connect_from(None).expect("the place is free again");
}

#[test]
fn handshakes_are_so_many_a_second_good_or_bad() {
    let mut world = world(Allowance {
        handshakes_per_sec: 2,
        ..Allowance::UNLIMITED
    });
    let burst = 2 * BURST_SECS as usize;
    for attempt in 0..burst {
        let (request, expected) = match attempt % 3 {
            0 => (handshake("/ws/progress/a"), 101),
            1 => (handshake("/nowhere"), 404),
            _ => (handshake("/ws").replace("websocket", "websocket/13"), 426),
        };
        let (status, _) = ask_from(&mut world, HOME, &request);
        assert_eq!(status, expected);
    }
    let client = world.connect_from(address(HOME)).unwrap();
    world.say(client, handshake("/ws/progress/a"));
    let head = String::from_utf8_lossy(&world.wire(client).heard).into_owned();
    assert!(head.contains("\r\nRetry-After: 1\r\n"), "{head}");
    assert!(head.contains("\r\nConnection: close\r\n"), "{head}");
    let answers = world.answers(client);
    assert_eq!(answers[0].0, 429);
    assert!(
        world.wire(client).is_shut,
        "or a proxy takes it for a tunnel"
    );
    let neighbour = ask_from(&mut world, "192.0.2.2", &handshake("/ws"));
    assert_eq!(neighbour.0, 101);
    let plain = ask_from(&mut world, HOME, &request("GET", "/healthz"));
    assert_eq!(plain.0, 200, "only handshakes are counted");

    let mut again = || ask_from(&mut world, HOME, &handshake("/ws"));
    assert_eq!(code(&again()), (429, "too_many_requests"));
    world.pass_ms(499);
    let mut again = || ask_from(&mut world, HOME, &handshake("/ws"));
    assert_eq!(again().0, 429, "the next token takes half a second");
    world.pass_ms(1);
    let mut again = || ask_from(&mut world, HOME, &handshake("/ws"));
    assert_eq!(again().0, 101);
    assert_eq!(again().0, 429, "and there was one");
}

#[test]
fn publishes_are_so_many_a_second_by_whatever_way() {
    let mut world = world(Allowance {
        publishes_per_sec: 1,
        ..Allowance::UNLIMITED
    });
    let client = world.connect_from(address(HOME)).unwrap();
    let publish = post("POST", "/api/progress/a", r#"{"progress":1}"#);
    for _ in 0..BURST_SECS {
        assert!(ask(&mut world, client, &publish).0 < 300);
    }
    let refused = [
        post("POST", "/api/progress/a", r#"{"progress":2}"#),
        post("PUT", "/api/progress/a", r#"{"progress":2}"#),
        request("DELETE", "/api/progress/a"),
    ];
    for request in refused {
        let answer = ask(&mut world, client, &request);
        assert_eq!(code(&answer), (429, "too_many_requests"), "{request}");
    }
    let state = ask(&mut world, client, &request("GET", "/api/progress/a"));
    assert_eq!(
        (state.0, &state.1["progress"]),
        (200, &Value::from(1)),
        "nothing of a refused publish is applied, and reading is free"
    );
    world.pass_ms(1_000);
    assert_eq!(ask(&mut world, client, &publish).0, 200);
    assert_eq!(ask(&mut world, client, &publish).0, 429);
}

#[test]
fn each_line_of_a_batch_is_a_publish() {
    let mut world = world(Allowance {
        publishes_per_sec: 1,
        ..Allowance::UNLIMITED
    });
    let lines = "{\"task_id\":\"a\"}\nnonsense\n\n".repeat(BURST_SECS as usize);
    let answer = ask_from(&mut world, HOME, &post("POST", "/api/progress", &lines));
    assert_eq!(answer.0, 200);
    let results = answer.1["results"].as_array().expect("results").clone();
    assert_eq!(results.len(), 2 * BURST_SECS as usize, "one for each line");
    let refused = |result: &Value| result["error"] == "too_many_requests";
    let paid = granted(results.iter().map(|result| !refused(result)));
    assert_eq!(paid, BURST_SECS as usize, "bad lines cost as much");
}

#[test]
fn a_worker_that_is_too_fast_is_told_frame_by_frame_and_stays() {
    let mut world = world(Allowance {
        publishes_per_sec: 1,
        ..Allowance::UNLIMITED
    });
    let worker = world.connect_from(address(HOME)).unwrap();
    assert_eq!(ask(&mut world, worker, &handshake("/ws/worker/a")).0, 101);
    for progress in 1..=BURST_SECS {
        world.say(worker, text(&format!("{{\"progress\":{progress}}}")));
    }
    assert_eq!(world.messages(worker), []);
    for count in 1..=40 {
        world.say(worker, text(r#"{"progress":99}"#));
        let [Said::Json(refusal)] = &world.messages(worker)[..] else {
            panic!("one answer to frame {count}");
        };
        assert_eq!(refusal["error"], "too_many_requests");
    }
    assert!(world.is_open(worker));
    assert_eq!(world.state("a")["progress"], BURST_SECS);
    world.pass_ms(1_000);
    world.say(worker, text(r#"{"progress":99}"#));
    assert_eq!(world.messages(worker), []);
    assert_eq!(world.state("a")["progress"], 99);
}

#[test]
fn a_watcher_that_does_not_stop_is_asked_to_leave() {
    let mut world = world(Allowance {
        messages_per_sec: 1,
        ..Allowance::UNLIMITED
    });
    world.publish("a", "{}");
    let watcher = world.connect_from(address(HOME)).unwrap();
    let other = world.connect_from(address(HOME)).unwrap();
    for client in [watcher, other] {
        assert_eq!(ask(&mut world, client, &handshake("/ws/progress/a")).0, 101);
        world.messages(client);
    }
    for _ in 0..BURST_SECS {
        world.say(watcher, text("ping"));
    }
    let pongs = world.messages(watcher);
    assert_eq!(pongs, vec![Said::Text("pong".into()); BURST_SECS as usize]);
    world.say(watcher, text(r#"{"action":"cancel"}"#));
    let [Said::Json(refusal)] = &world.messages(watcher)[..] else {
        panic!("one answer");
    };
    assert_eq!(refusal["error"], "too_many_requests");
    assert_eq!(world.state("a")["cancel"], Value::Null);
    for _ in 2..16 {
        world.say(watcher, text("ping"));
        assert!(matches!(world.messages(watcher)[..], [Said::Json(_)]));
    }
    world.say(watcher, text("ping"));
    let [Said::Json(_), Said::Close(Some(1008))] = world.messages(watcher)[..] else {
        panic!("the sixteenth is the last");
    };

    let cancel = request("POST", "/api/progress/a/cancel");
    assert_eq!(ask_from(&mut world, HOME, &cancel).0, 429, "by HTTP, too");
    world.pass_ms(1_000);
    world.say(other, text(r#"{"action":"cancel"}"#));
    assert_eq!(world.state("a")["cancel"], "requested");
}

#[test]
fn pings_of_the_protocol_are_no_messages() {
    let mut world = world(Allowance {
        messages_per_sec: 1,
        ..Allowance::UNLIMITED
    });
    let watcher = world.connect_from(address(HOME)).unwrap();
    assert_eq!(ask(&mut world, watcher, &handshake("/ws")).0, 101);
    world.messages(watcher);
    for _ in 0..100 {
        let ping = crate::frames::masked(doneyet::wire::frame::OpCode::Ping, b"x");
        world.say(watcher, ping);
        assert_eq!(world.messages(watcher), [Said::Pong(b"x".to_vec())]);
    }
}

#[test]
fn a_household_of_ipv6_is_one() {
    let mut world = world(Allowance {
        connections: 1,
        ..Allowance::UNLIMITED
    });
    let mut connects = |from| world.connect_from(address(from)).is_ok();
    assert!(connects("2001:db8:1:2::1"));
    assert!(
        !connects("2001:db8:1:2:ffff:ffff:ffff:ffff"),
        "the same /64"
    );
    assert!(connects("2001:db8:1:3::1"), "the next /64");
    assert!(connects("192.0.2.1"));
    assert!(
        !connects("::ffff:192.0.2.1"),
        "the same, by a socket for both"
    );
    assert!(connects("192.0.2.2"), "IPv4 addresses are all their own");
}

#[test]
fn this_machines_own_programs_are_free_unless_told_otherwise() {
    let tiny = Allowance {
        connections: 1,
        handshakes_per_sec: 1,
        publishes_per_sec: 1,
        messages_per_sec: 1,
    };
    for from in [
        None,
        address("127.0.0.1"),
        address("::1"),
        address("::ffff:127.0.0.9"),
    ] {
        let mut free = world(tiny);
        for _ in 0..100 {
            let client = free.connect_from(from).expect("no limit");
            assert_eq!(ask(&mut free, client, &handshake("/ws")).0, 101);
        }
        assert_eq!(free.broker.accounts().len(), 0, "nobody is counted");
    }
    let mut strict = World::with(&Config {
        limits: Limits {
            loopback: tiny,
            ..Limits::default()
        },
        ..Config::default()
    });
    strict.connect_from(address("127.0.0.1")).unwrap();
    assert!(strict.connect_from(address("127.0.0.1")).is_err());
    strict.connect_from(address("127.0.0.2")).unwrap();
}

#[test]
fn the_word_of_a_stranger_counts_for_nothing() {
    let mut world = world_behind_proxies(Allowance {
        publishes_per_sec: 1,
        ..Allowance::UNLIMITED
    });
    let publish = post("POST", "/api/progress/a", "{}");
    let verdicts = (0..20).map(|n| {
        let forwarded = format!("Forwarded: for=203.0.113.{n}\r\nX-Forwarded-For: 203.0.113.{n}");
        ask_from(&mut world, HOME, &with_field(&publish, &forwarded)).0 < 300
    });
    assert_eq!(granted(verdicts), BURST_SECS as usize);
}

#[test]
fn behind_a_proxy_each_request_is_its_askers() {
    let mut world = world_behind_proxies(Allowance {
        connections: 1,
        publishes_per_sec: 1,
        ..Allowance::UNLIMITED
    });
    let publish = post("POST", "/api/progress/a", "{}");
    for from in [address(PROXY), None] {
        let one = world.connect_from(from).unwrap();
        let two = world.connect_from(from).expect("a proxy has many");
        world.pass_ms(1_000 * BURST_SECS);
        for n in 1..=3 {
            let mine = with_field(
                &publish,
                &format!("X-Forwarded-For: 6.6.6.6, 203.0.113.{n}"),
            );
            // Whichever of its connections the proxy uses.
            let clients = [one, two].into_iter().cycle().take(20);
            let verdicts = clients.map(|client| ask(&mut world, client, &mine).0 < 300);
            assert_eq!(granted(verdicts), BURST_SECS as usize, "{n}");
        }
    }
}

#[test]
fn a_proxys_upgraded_connection_is_its_askers() {
    let mut world = world_behind_proxies(Allowance {
        connections: 2,
        ..Allowance::UNLIMITED
    });
    let upgrade = |asker: &str| with_field(&handshake("/ws"), &format!("X-Forwarded-For: {asker}"));
    let first = world.connect_from(address(PROXY)).unwrap();
    assert_eq!(ask(&mut world, first, &upgrade("203.0.113.1")).0, 101);
    assert_eq!(ask_from(&mut world, PROXY, &upgrade("203.0.113.1")).0, 101);
    let third = ask_from(&mut world, PROXY, &upgrade("203.0.113.1"));
    assert_eq!(code(&third), (503, "too_many_connections"));
    assert_eq!(ask_from(&mut world, PROXY, &upgrade("203.0.113.2")).0, 101);
    assert!(
        world.connect_from(address("203.0.113.1")).is_err(),
        "it is the same address without the proxy"
    );
    world.reset(first);
    world.settle();
    assert_eq!(ask_from(&mut world, PROXY, &upgrade("203.0.113.1")).0, 101);
}

#[test]
fn what_a_proxy_cannot_say_is_said_of_one_asker() {
    let mut world = world_behind_proxies(Allowance {
        publishes_per_sec: 1,
        ..Allowance::UNLIMITED
    });
    let publish = post("POST", "/api/progress/a", "{}");
    let garbled = ["unknown", "_hidden", "1.2.3", "\"", "for=\"", "1.2.3.4.5"];
    let verdicts = garbled.into_iter().cycle().take(20).map(|word| {
        let field = format!("X-Forwarded-For: {word}");
        ask_from(&mut world, PROXY, &with_field(&publish, &field)).0 < 300
    });
    assert_eq!(granted(verdicts), BURST_SECS as usize);
}

#[test]
fn accounts_vanish_when_there_is_nothing_in_them() {
    let mut world = world(Allowance::STRANGER);
    let client = world.connect_from(address(HOME)).unwrap();
    assert_eq!(world.broker.accounts().len(), 1);
    world.reset(client);
    world.settle();
    assert_eq!(world.broker.accounts().len(), 0, "all buckets are full");

    let client = world.connect_from(address(HOME)).unwrap();
    assert_eq!(ask(&mut world, client, &handshake("/ws")).0, 101);
    world.reset(client);
    world.settle();
    assert_eq!(world.broker.accounts().len(), 1);
    world.pass_ms(19);
    assert_eq!(world.broker.accounts().len(), 1);
    world.pass_ms(1);
    assert_eq!(world.broker.accounts().len(), 0, "50 a second: 20 ms each");
    assert_eq!(world.broker.next_tick_ms(), None, "and the clock rests");
}

#[test]
fn who_comes_back_at_once_finds_the_bucket_as_it_was() {
    let mut world = world(Allowance {
        handshakes_per_sec: 1,
        ..Allowance::UNLIMITED
    });
    let verdicts = (0..20).map(|_| {
        let client = world.connect_from(address(HOME)).unwrap();
        let (status, _) = ask(&mut world, client, &handshake("/ws"));
        world.reset(client);
        world.settle();
        status == 101
    });
    assert_eq!(granted(verdicts), BURST_SECS as usize);
}

#[test]
fn a_hundred_thousand_addresses_leave_nothing() {
    let mut accounts = Accounts::new(Limits::default());
    let mut now = Now {
        ticks_ms: 0,
        unix_ms: 0,
    };
    for round in 0..100_000_u128 {
        let address = IpAddr::V6((0x2001_0db8_u128 << 96 | round << 64).into());
        let key = accounts.connect(Some(address), 0).expect("its first");
        for charge in [
            doneyet::session::toll::Charge::Handshake,
            doneyet::session::toll::Charge::Publish,
        ] {
            accounts.charge(key, charge, now).expect("its first");
        }
        accounts.leave(key, now);
        if round % 100 == 0 {
            now = now.plus_ms(1);
            accounts.tick(now);
        }
        assert!(accounts.len() < 3_000, "20 ms of them");
    }
    accounts.tick(now.plus_ms(20));
    assert!(accounts.is_empty());
    assert_eq!(accounts.next_tick_ms(), None);
}

#[test]
fn a_proxys_connection_is_its_askers_while_a_poll_is_held() {
    let mut world = world_behind_proxies(Allowance {
        connections: 2,
        ..Allowance::UNLIMITED
    });
    let poll = |asker: &str| {
        let poll = request("GET", "/api/progress/a?wait=5");
        with_field(&poll, &format!("X-Forwarded-For: {asker}"))
    };
    let clients = [(); 3].map(|()| {
        world
            .connect_from(address(PROXY))
            .expect("a proxy has many")
    });
    for client in &clients[..2] {
        world.say(*client, poll("203.0.113.1"));
        assert_eq!(world.answers(*client), []);
    }
    let refused = ask(&mut world, clients[2], &poll("203.0.113.1"));
    assert_eq!(code(&refused), (503, "too_many_connections"));
    assert!(world.connect_from(address("203.0.113.1")).is_err());
    world.say(clients[2], poll("203.0.113.2"));
    assert_eq!(world.answers(clients[2]), [], "another asker has its own");
    world.pass_ms(5_000);
    for client in clients {
        assert_eq!(world.answers(client), [(204, Vec::new())]);
        let plain = with_field(&request("GET", "/healthz"), "X-Forwarded-For: 203.0.113.1");
        assert_eq!(
            ask(&mut world, client, &plain).0,
            200,
            "the connection is the proxy's again"
        );
    }
    assert_eq!(world.broker.accounts().len(), 0);
    world
        .connect_from(address("203.0.113.1"))
        .expect("it has none by now");
}

#[test]
fn a_stream_is_begun_like_a_handshake() {
    let mut world = world_behind_proxies(Allowance {
        connections: 7,
        handshakes_per_sec: 1,
        ..Allowance::UNLIMITED
    });
    let listen = |asker: &str| {
        let listen = request("GET", "/sse/progress/a");
        with_field(&listen, &format!("X-Forwarded-For: {asker}"))
    };
    for from in [PROXY, "203.0.113.1"] {
        world.pass_ms(1_000 * BURST_SECS);
        let verdicts = (0..20).map(|_| {
            let client = world.connect_from(address(from)).expect("room");
            let (status, _) = ask(&mut world, client, &listen("203.0.113.1"));
            world.reset(client);
            world.settle();
            status == 200
        });
        assert_eq!(granted(verdicts), BURST_SECS as usize, "{from}");
    }
    world.pass_ms(1_000 * BURST_SECS);
    let listener = world.connect_from(address(PROXY)).expect("room");
    assert_eq!(ask(&mut world, listener, &listen("203.0.113.9")).0, 200);
    let many = (0..10).filter_map(|_| world.connect_from(address("203.0.113.9")).ok());
    assert_eq!(many.count(), 6, "the stream is one of its seven");
}
