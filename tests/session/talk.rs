//! A peer on one side, a hub with fixed opinions on the other, a session in between.

use std::io::Read;
use std::rc::Rc;

use doneyet::session::demand::{Answer, Demand, Feed, File, Notice, Published, Until};
use doneyet::session::http::Http;
use doneyet::session::keys::Permit;
use doneyet::session::list::{List, ListReader};
use doneyet::session::websocket::{Purpose, WebSocket};
use doneyet::session::{Access, Flow, Outbox, Outcome, Session};
use doneyet::task::{Now, Refusal, TaskId, Update};
use doneyet::wire::frame::{self, Header, OpCode, Role};
use doneyet::wire::mask;
use doneyet::wire::message::{Assembler, Limits, Message};

/// Noon of 22 November 2026, at which all these conversations take place.
pub(crate) const NOON: Now = Now {
    ticks_ms: 1_000,
    unix_ms: 1_795_348_800_000,
};

/// The state of the task `known`, which is the only one there is.
pub(crate) const STATE: &str = r#"{"task_id":"known","rev":7,"status":"running"}"#;

/// The file that every name means but `nothing`.
pub(crate) const CONTENT: &str = "0123456789";

/// A conversation in progress.
pub(crate) struct Talk {
    pub(crate) session: Session,
    pub(crate) out: Outbox,
    inbox: Vec<u8>,
    /// What the session demanded, as debug text.
    pub(crate) demands: Vec<String>,
    pub(crate) is_over: bool,
}

/// All that a conversation came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Transcript {
    pub(crate) said: Vec<u8>,
    pub(crate) demands: Vec<String>,
    pub(crate) is_over: bool,
}

impl Talk {
    pub(crate) fn http(access: Access) -> Talk {
        Talk::new(Session::Http(Box::new(Http::new(
            Rc::new(access),
            Rc::default(),
        ))))
    }

    /// A WebSocket, its handshake behind it.
    pub(crate) fn socket(purpose: Purpose) -> Talk {
        let mut out = Outbox::default();
        let socket = WebSocket::open(purpose, Permit::Full, &mut out);
        Talk {
            out,
            ..Talk::new(Session::WebSocket(socket))
        }
    }

    fn new(session: Session) -> Talk {
        Talk {
            session,
            out: Outbox::default(),
            inbox: Vec::new(),
            demands: Vec::new(),
            is_over: false,
        }
    }

    /// Hands `bytes` to the session and lets it read as far as it can.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.inbox.extend_from_slice(bytes);
        while !self.is_over {
            let step = match self
                .session
                .next(&mut self.inbox, &mut self.out, &mut (), NOON)
            {
                Ok(step) => step,
                Err(fault) => {
                    self.session.farewell(&fault, &mut self.out, NOON);
                    self.is_over = true;
                    return;
                }
            };
            self.inbox.drain(..step.consumed);
            match step.outcome {
                Outcome::Starved => return,
                Outcome::Handled | Outcome::Refused(_, Flow::On) => {}
                Outcome::Over | Outcome::Refused(_, Flow::Over) => self.is_over = true,
                Outcome::Upgrade(purpose, permit) => {
                    let socket = WebSocket::open(purpose, permit, &mut self.out);
                    self.session = Session::WebSocket(socket);
                }
                Outcome::Demand(demand) => {
                    self.demands.push(format!("{demand:?}"));
                    let Some(answer) = answer(demand) else {
                        continue;
                    };
                    let flow = self.session.answer(&answer, &mut self.out, NOON);
                    self.is_over = flow == Flow::Over || self.send_content(&answer) == Flow::Over;
                }
            }
        }
    }

    /// Queues the bytes that follow an answer, as a daemon does.
    fn send_content(&mut self, answer: &Answer) -> Flow {
        let Session::Http(http) = &mut self.session else {
            return Flow::On;
        };
        let Some(range) = http.new_content() else {
            return Flow::On;
        };
        let mut content = Vec::new();
        match answer {
            Answer::List(list) => ListReader::new(Rc::clone(list))
                .read_to_end(&mut content)
                .expect("memory can be read"),
            _ => CONTENT
                .as_bytes()
                .read_to_end(&mut content)
                .expect("so can this"),
        };
        let range = range.start as usize..range.end as usize;
        self.out.push_owned(content[range].to_vec());
        http.content_sent()
    }

    /// Everything said since the last call.
    pub(crate) fn said(&mut self) -> Vec<u8> {
        let mut said = Vec::new();
        while !self.out.is_empty() {
            self.out.write_to(&mut said).expect("memory takes all");
        }
        said
    }

    fn transcript(mut self) -> Transcript {
        Transcript {
            said: self.said(),
            demands: self.demands,
            is_over: self.is_over,
        }
    }
}

/// Says `bytes` to `begin()` whole, byte by byte and in random pieces; the transcripts must agree.
pub(crate) fn told(begin: impl Fn() -> Talk, bytes: &[u8]) -> Transcript {
    let tell = |piece: fn(u64, usize) -> usize, seed: u64| {
        let (mut talk, mut rest, mut turn) = (begin(), bytes, seed);
        while !rest.is_empty() {
            turn = turn.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(11);
            let (now, later) = rest.split_at(piece(turn >> 33, rest.len()).clamp(1, rest.len()));
            talk.send(now);
            rest = later;
        }
        talk.transcript()
    };
    let whole = tell(|_, len| len, 0);
    assert_eq!(whole, tell(|_, _| 1, 0), "byte by byte");
    for seed in 1..8 {
        let random = tell(|dice, _| dice as usize % 97, seed);
        assert_eq!(whole, random, "in pieces of seed {seed}");
    }
    whole
}

/// A request and its answer, on a daemon bound to loopback; the beginning of a next request behind
/// it must change nothing.
pub(crate) fn asked(request: &str) -> Transcript {
    asked_of(&loopback(), request)
}

pub(crate) fn asked_of(access: &Access, request: &str) -> Transcript {
    let whole = told(|| Talk::http(access.clone()), request.as_bytes());
    let trailed = told(
        || Talk::http(access.clone()),
        format!("{request}GET /next HTTP/1.1\r\nHo").as_bytes(),
    );
    assert_eq!(whole, trailed, "the next request changed the answer");
    whole
}

impl Transcript {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.said).into_owned()
    }

    /// The first answer's status.
    pub(crate) fn status(&self) -> u16 {
        let text = self.text();
        let code = text.split(' ').nth(1).and_then(|code| code.parse().ok());
        code.unwrap_or_else(|| panic!("no answer: {text:?}"))
    }

    /// The value of the first answer's field `name`.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        let text = self.text();
        let (head, _) = text.split_once("\r\n\r\n")?;
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        lines
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.to_owned())
    }

    /// What follows the first answer's head.
    pub(crate) fn body(&self) -> String {
        let text = self.text();
        let (_, body) = text.split_once("\r\n\r\n").expect("a head");
        body.to_owned()
    }

    /// The `error` member of the first answer's body.
    pub(crate) fn code(&self) -> String {
        let body: serde_json::Value = serde_json::from_str(&self.body()).expect("a JSON body");
        body["error"].as_str().expect("an error").to_owned()
    }
}

/// A daemon as it is by default.
pub(crate) fn loopback() -> Access {
    Access {
        loopback: true,
        ..Access::default()
    }
}

pub(crate) fn task(id: &str) -> TaskId {
    TaskId::new(id).expect("a task id")
}

/// The hub's opinions: `known` is there at revision 7 and is to be cancelled, `ended` has ended, all
/// others are new. What is awaited and not there has no answer yet.
fn answer(demand: Demand) -> Option<Answer> {
    let news = match &demand {
        Demand::AwaitState { task, since, .. } => {
            let update = Rc::new(Update::new(7, false, STATE.as_bytes()));
            (task.as_str() == "known" && *since != Some(7)).then_some(Notice::State(update))
        }
        Demand::AwaitCancel { task, .. } => {
            let (task, reason) = (task.clone(), Some(Rc::from("enough")));
            (task.as_str() == "known").then_some(Notice::Cancel { task, reason })
        }
        _ => return Some(answer_at_once(demand)),
    };
    news.map(Answer::News)
}

fn answer_at_once(demand: Demand) -> Answer {
    let update = || Rc::new(Update::new(7, false, STATE.as_bytes()));
    let published = |task: TaskId| Published {
        rev: 8,
        watchers: 2,
        cancel: None,
        created: task.as_str() != "known",
        task,
    };
    match demand {
        Demand::Publish(publish) if publish.task.as_str() == "ended" => {
            Answer::Refused(Refusal::Finished)
        }
        Demand::Publish(publish) => Answer::Published(published(publish.task)),
        Demand::PublishMany(lines) => Answer::PublishedMany(
            lines
                .into_iter()
                .map(|line| line.map(|publish| published(publish.task)))
                .collect(),
        ),
        Demand::Show(task) | Demand::Cancel { task, .. } | Demand::Forget(task)
            if task.as_str() != "known" =>
        {
            Answer::Refused(Refusal::UnknownTask)
        }
        Demand::Show(_) => Answer::State(update()),
        Demand::Stream(Feed::Task { until, .. }) => Answer::Stream(until),
        Demand::Stream(Feed::All) => Answer::Stream(Until::Forgotten),
        Demand::AwaitState { .. } | Demand::AwaitCancel { .. } => Answer::NoNews,
        Demand::Cancel { .. } => Answer::CancelRequested(update()),
        Demand::Metrics => Answer::Metrics(Rc::from("doneyet_up 1\n")),
        Demand::Recipes => Answer::Recipes(Rc::from("{\"recipes\":[]}")),
        Demand::Start(_) => Answer::Started(task("known"), update()),
        Demand::Fetch { name, .. } if name == "nothing" => Answer::Refused(Refusal::UnknownFile),
        Demand::Fetch { name, .. } => Answer::File(File {
            name,
            len: CONTENT.len() as u64,
            modified_unix_ms: NOON.unix_ms - 500,
            tag: "v1".to_owned(),
        }),
        Demand::List { .. } | Demand::AwaitList { .. } => Answer::List(Rc::new(List::new(
            vec![update(), update()],
            "\"1-2\"".into(),
        ))),
        Demand::Forget(_) | Demand::Subscribe(_) | Demand::Unsubscribe(_) => Answer::Done,
    }
}

/// A whole message as a client sends it.
pub(crate) fn masked(opcode: OpCode, payload: &[u8]) -> Vec<u8> {
    fragment(opcode, true, payload)
}

/// A text message as a client sends it.
pub(crate) fn text(payload: &str) -> Vec<u8> {
    masked(OpCode::Text, payload.as_bytes())
}

/// A frame as a client sends it.
pub(crate) fn fragment(opcode: OpCode, is_final: bool, payload: &[u8]) -> Vec<u8> {
    let key = [0x37, 0xfa, 0x21, 0x3d];
    let header = Header {
        is_final,
        opcode,
        mask: Some(key),
        len: payload.len() as u64,
    };
    let mut bytes = Vec::new();
    header.encode(&mut bytes);
    let start = bytes.len();
    bytes.extend_from_slice(payload);
    mask::apply(&mut bytes[start..], key, 0);
    bytes
}

/// The messages of a server, each as a word and its content; a Close ends them.
pub(crate) fn messages(bytes: &[u8]) -> Vec<String> {
    let limits = Limits {
        message: usize::MAX,
        fragments: 1,
    };
    let (mut bytes, mut assembler, mut all) = (bytes.to_vec(), Assembler::default(), Vec::new());
    loop {
        let step = assembler
            .next(&mut bytes, Role::Client, &limits)
            .expect("a server keeps the rules");
        let Some(message) = step.message else { break };
        all.push(match message {
            Message::Text(text) => format!("text {text}"),
            Message::Binary(bytes) => format!("binary {}", bytes.escape_ascii()),
            Message::Ping(bytes) => format!("ping {}", bytes.escape_ascii()),
            Message::Pong(bytes) => format!("pong {}", bytes.escape_ascii()),
            Message::Close(close) => match close.code {
                Some(code) => format!("close {code}"),
                None => "close".to_owned(),
            },
        });
        let consumed = step.consumed;
        bytes.drain(..consumed);
    }
    assert!(bytes.is_empty(), "an unfinished frame at the end");
    all
}

/// A frame as a server sends it.
pub(crate) fn unmasked(opcode: OpCode, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame::encode(opcode, payload, &mut bytes);
    bytes
}
