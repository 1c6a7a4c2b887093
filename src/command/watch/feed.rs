//! The socket of a watcher, kept open.

use std::sync::mpsc::Sender as Events;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::Event;
use crate::client::{Backoff, ClientError, Incoming, Sender, Server, WebSocketClient};

/// The daemon pings every 20 s; a connection this quiet is none.
const SILENCE: Duration = Duration::from_secs(60);

/// States of some tasks, for as long as somebody listens.
pub(super) struct Feed {
    desk: Arc<Mutex<Desk>>,
}

#[derive(Default)]
struct Desk {
    /// There while connected.
    sender: Option<Sender>,
    /// Cancels asked for while not connected.
    cancels: Vec<String>,
}

impl Feed {
    /// Connects, subscribes to `tasks` and gives what comes to `events`, from then on through any
    /// number of connections.
    ///
    /// # Errors
    ///
    /// If the first connection does not come about: an address may be wrong.
    pub(super) fn open(
        server: Server,
        tasks: Vec<String>,
        events: Events<Event>,
    ) -> Result<Feed, ClientError> {
        let desk = Arc::new(Mutex::new(Desk::default()));
        let first = connect(&server)?;
        let ours = Arc::clone(&desk);
        thread::spawn(move || {
            let mut socket = Some(first);
            let mut backoff = Backoff::default();
            loop {
                let next = socket.take().map_or_else(|| connect(&server), Ok);
                let end = next.and_then(|socket| {
                    backoff.reset();
                    let _ = events.send(Event::Remark(None));
                    serve(socket, &tasks, &ours, &events)
                });
                lock(&ours).sender = None;
                let remark = match end {
                    Ok(()) => format!("{server} said goodbye; calling again"),
                    Err(error) => format!("{error}; trying again"),
                };
                // Nobody listens any more: the program is about to end.
                if events.send(Event::Remark(Some(remark))).is_err() {
                    return;
                }
                thread::sleep(backoff.pause());
            }
        });
        Ok(Feed { desk })
    }

    /// Asks for `task` to be cancelled, now or once connected.
    pub(super) fn cancel(&self, task: &str) {
        let mut desk = lock(&self.desk);
        let sent = desk
            .sender
            .as_ref()
            .is_some_and(|sender| send_cancel(sender, task).is_ok());
        if !sent && !desk.cancels.iter().any(|other| other == task) {
            desk.cancels.push(task.to_owned());
        }
    }
}

fn connect(server: &Server) -> Result<WebSocketClient, ClientError> {
    WebSocketClient::connect(server, "/ws/progress")
}

/// One connection, to its end.
fn serve(
    mut socket: WebSocketClient,
    tasks: &[String],
    desk: &Mutex<Desk>,
    events: &Events<Event>,
) -> Result<(), ClientError> {
    let sender = socket.sender().clone();
    for task in tasks {
        sender.send(&json!({"action": "subscribe", "task_id": task}).to_string())?;
    }
    {
        let mut desk = lock(desk);
        for task in std::mem::take(&mut desk.cancels) {
            send_cancel(&sender, &task)?;
        }
        desk.sender = Some(sender);
    }
    loop {
        match socket.receive(SILENCE)? {
            Incoming::Text(text) => {
                if let Some(event) = understand(text) {
                    let _ = events.send(event);
                }
            }
            Incoming::Closed(_) | Incoming::Quiet => return Ok(()),
            Incoming::Binary(_) | Incoming::Pong(_) => {}
        }
    }
}

fn understand(text: String) -> Option<Event> {
    let value: Value = serde_json::from_str(&text).ok()?;
    let string = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    if value.get("event").is_some_and(|event| event == "forgotten") {
        return string("task_id").map(Event::Forgotten);
    }
    // A state has a revision, and may well have a field called error.
    if value.get("rev").is_some() {
        return Some(Event::State(text, value));
    }
    string("message").map(|message| Event::Remark(Some(message)))
}

fn send_cancel(sender: &Sender, task: &str) -> Result<(), ClientError> {
    sender.send(&json!({"action": "cancel", "task_id": task}).to_string())
}

fn lock(desk: &Mutex<Desk>) -> MutexGuard<'_, Desk> {
    desk.lock().unwrap_or_else(PoisonError::into_inner)
}
