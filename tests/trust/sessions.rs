//! Where in a request the credentials may stand, and what a refusal says.

use std::rc::Rc;

use doneyet::session::http::Http;
use doneyet::session::keys::{Keyring, Keys, Permit, Secret, Token, sign};
use doneyet::session::websocket::{Purpose, WebSocket};
use doneyet::session::{Access, Demand, Outbox, Outcome};
use doneyet::task::{Now, TaskId};
use doneyet::wire::frame::{self, OpCode};

const NOW: Now = Now {
    ticks_ms: 0,
    unix_ms: 1_700_000_000_000,
};

fn keyring() -> Rc<Keyring> {
    Rc::new(Keyring::new(Keys {
        publish: vec![Token::new("pub")],
        watch: vec![Token::new("look")],
        ticket_secrets: vec![Secret::new(b"s")],
    }))
}

fn ticket(permit: Permit) -> String {
    sign(
        &Secret::new(b"s"),
        NOW.unix_ms / 1000 + 60,
        permit,
        &TaskId::new("a").unwrap(),
    )
}

/// What comes of one whole request: the last outcome, and what was written.
fn ask(request: &str) -> (Outcome, String) {
    let mut http = Http::new(Rc::new(Access::default()), keyring());
    let mut out = Outbox::default();
    let mut rest = request.as_bytes();
    loop {
        let step = http.next(rest, &mut out, &mut (), NOW).unwrap();
        rest = &rest[step.consumed..];
        if !matches!(step.outcome, Outcome::Handled) || rest.is_empty() && !out.is_empty() {
            let mut written = Vec::new();
            out.write_to(&mut written).unwrap();
            return (step.outcome, String::from_utf8(written).unwrap());
        }
    }
}

fn get(target: &str, fields: &str) -> (Outcome, String) {
    ask(&format!("GET {target} HTTP/1.1\r\nHost: h\r\n{fields}\r\n"))
}

fn upgrade(target: &str, fields: &str) -> (Outcome, String) {
    get(
        target,
        &format!(
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{fields}"
        ),
    )
}

fn status(answer: &(Outcome, String)) -> &str {
    answer.1.split(' ').nth(1).unwrap_or("")
}

#[test]
fn each_route_asks_for_the_key_of_its_side() {
    let watching = ["/api/progress", "/api/progress/a"];
    for target in watching {
        let refused = get(target, "");
        assert_eq!(status(&refused), "401", "{target}");
        assert!(
            refused.1.contains("WWW-Authenticate: Bearer"),
            "{}",
            refused.1
        );
        assert_eq!(
            status(&get(target, "Authorization: Bearer pub\r\n")),
            "401",
            "{target}"
        );
        let granted = get(target, "Authorization: Bearer look\r\n");
        assert!(
            matches!(granted.0, Outcome::Demand(_)),
            "{target}: {granted:?}"
        );
    }
    for target in ["/ws", "/ws/all", "/ws/progress", "/ws/progress/a"] {
        assert_eq!(status(&upgrade(target, "")), "401", "{target}");
        assert_eq!(
            status(&upgrade(&format!("{target}?token=look"), "")),
            "101",
            "{target}"
        );
    }
    for target in ["/ws/worker", "/ws/worker/a"] {
        assert_eq!(
            status(&upgrade(&format!("{target}?token=look"), "")),
            "401",
            "{target}"
        );
        assert_eq!(
            status(&upgrade(&format!("{target}?token=pub"), "")),
            "101",
            "{target}"
        );
    }
    for method in ["POST", "PUT", "DELETE"] {
        let request = |token: &str| {
            ask(&format!(
                "{method} /api/progress/a?token={token} HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{{}}"
            ))
        };
        assert_eq!(status(&request("look")), "401", "{method}");
        assert!(matches!(request("pub").0, Outcome::Demand(_)), "{method}");
    }
}

#[test]
fn the_page_and_health_need_no_key() {
    for target in ["/", "/doneyet.js", "/healthz"] {
        assert_eq!(status(&get(target, "")), "200", "{target}");
    }
}

#[test]
fn a_browser_gives_its_token_as_a_subprotocol_and_is_answered_with_the_other() {
    let (outcome, answer) = upgrade(
        "/ws/all",
        "Sec-WebSocket-Protocol: doneyet.v1, bearer.look\r\n",
    );
    assert!(matches!(outcome, Outcome::Upgrade(..)));
    assert!(
        answer.contains("Sec-WebSocket-Protocol: doneyet.v1\r\n"),
        "{answer}"
    );
    assert!(!answer.contains("look"), "{answer}");
}

#[test]
fn the_scheme_is_compared_without_case_and_no_other_is_taken() {
    assert!(matches!(
        get("/api/progress", "Authorization: bEARER look\r\n").0,
        Outcome::Demand(_)
    ));
    assert_eq!(
        status(&get("/api/progress", "Authorization: Basic look\r\n")),
        "401"
    );
    assert_eq!(
        status(&get("/api/progress", "Authorization: look\r\n")),
        "401"
    );
}

#[test]
fn a_ticket_opens_its_task_wherever_it_is_shown() {
    let text = ticket(Permit::WatchOnly);
    assert!(matches!(
        get(&format!("/api/progress/a?ticket={text}"), "").0,
        Outcome::Demand(_)
    ));
    assert_eq!(
        status(&get(&format!("/api/progress/b?ticket={text}"), "")),
        "403"
    );
    assert_eq!(
        status(&get(&format!("/api/progress?ticket={text}"), "")),
        "403"
    );
    let bearer = format!("Authorization: Bearer {text}\r\n");
    assert!(matches!(
        get("/api/progress/a", &bearer).0,
        Outcome::Demand(_)
    ));
    assert_eq!(status(&get("/api/progress/b", &bearer)), "403");
    let field = format!("Sec-WebSocket-Protocol: doneyet.v1, ticket.{text}\r\n");
    assert!(matches!(
        upgrade("/ws/progress/a", &field).0,
        Outcome::Upgrade(_, Permit::WatchOnly)
    ));
    assert_eq!(status(&upgrade("/ws/progress/b", &field)), "403");
}

#[test]
fn a_ticket_to_cancel_cancels() {
    let cancel = |text: &str| {
        ask(&format!(
            "POST /api/progress/a/cancel?ticket={text} HTTP/1.1\r\nHost: h\r\n\r\n"
        ))
    };
    assert!(matches!(
        cancel(&ticket(Permit::Full)).0,
        Outcome::Demand(Demand::Cancel { .. })
    ));
    assert_eq!(status(&cancel(&ticket(Permit::WatchOnly))), "403");
}

#[test]
fn a_socket_opened_to_watch_only_cannot_cancel() {
    for (permit, allowed) in [(Permit::Full, true), (Permit::WatchOnly, false)] {
        let mut out = Outbox::default();
        let purpose = Purpose::Watch(TaskId::new("a").unwrap());
        let mut socket = WebSocket::open(purpose, permit, &mut out);
        let mut input = Vec::new();
        frame::encode_masked(
            OpCode::Text,
            br#"{"action":"cancel"}"#,
            [1, 2, 3, 4],
            &mut input,
        );
        let step = socket.next(&mut input, &mut out, &mut ()).unwrap();
        assert_eq!(
            matches!(step.outcome, Outcome::Demand(Demand::Cancel { .. })),
            allowed
        );
        let mut written = Vec::new();
        out.write_to(&mut written).unwrap();
        let told = String::from_utf8_lossy(&written).contains("\"error\":\"forbidden\"");
        assert_eq!(told, !allowed);
    }
}

/// What the refusal says to people.
fn message(answer: &(Outcome, String)) -> String {
    let (_, body) = answer.1.split_once("\r\n\r\n").expect("a head");
    let body: serde_json::Value = serde_json::from_str(body).expect("a JSON body");
    body["message"].as_str().expect("a sentence").to_owned()
}

#[test]
fn who_is_not_let_in_is_told_what_would_open_it() {
    let (mine, id) = (ticket(Permit::WatchOnly), TaskId::new("a").unwrap());
    let expired = sign(&Secret::new(b"s"), 1, Permit::Full, &id);
    for (method, path, ticket, remedy) in [
        ("GET", "/api/progress/a", &expired, "for a new one"),
        (
            "GET",
            "/api/progress/b",
            &mine,
            "`watch` among its `rights`",
        ),
        (
            "POST",
            "/api/progress/a/cancel",
            &mine,
            "`cancel` among its `rights`",
        ),
        ("GET", "/api/progress", &mine, "a watch token"),
        ("GET", "/sse/all", &mine, "a watch token"),
        ("POST", "/api/progress/a", &mine, "a publish token"),
        ("GET", "/api/progress", &String::new(), "a watch token"),
    ] {
        let answer = ask(&format!(
            "{method} {path}?ticket={ticket} HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"
        ));
        let message = message(&answer);
        assert!(message.contains(remedy), "{path}: {message}");
        let is_tickets = path.contains("/a") || path.contains("/b");
        let offers = message.contains("?ticket=");
        assert!(is_tickets || !offers, "no ticket opens {path}: {message}");
    }
}

#[test]
fn a_genuine_ticket_with_a_bad_claim_is_told_which() {
    // `{"task_id":"a","rights":"watch","exp":1800000000}`
    let signed = "eyJhbGciOiJIUzI1NiJ9.eyJ0YXNrX2lkIjoiYSIsInJpZ2h0cyI6IndhdGNoIiwiZXhwIjoxODAwMDAwMDAwfQ.D5biQS8Ta0Hghj7ugCpZY__U3jvYVnoDFAH0JRvEe3Y";
    let answer = get(&format!("/api/progress/a?ticket={signed}"), "");
    assert_eq!(status(&answer), "401");
    assert!(answer.1.contains("\"unauthorized\""), "{}", answer.1);
    let message = message(&answer);
    assert!(message.contains("`rights` must be a list"), "{message}");
}

#[test]
fn a_ticket_of_another_kind_is_told_which_kind_there_is() {
    // `{"alg":"RS256"}`, as an identity provider's token has it.
    let foreign = "eyJhbGciOiJSUzI1NiJ9.e30.AAAA";
    for (path, remedy) in [
        (
            "/api/progress/a",
            "the ticket's `alg`, in its header, must be `HS256`",
        ),
        ("/api/progress", "a watch token"),
    ] {
        let answer = get(&format!("{path}?ticket={foreign}"), "");
        assert_eq!(status(&answer), "401");
        let message = message(&answer);
        assert!(message.contains(remedy), "{message}");
        assert!(!message.contains("RS256"), "{message}");
    }
}
