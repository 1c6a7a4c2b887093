//! The usual way with axum: a broadcast channel for each task, a task of the runtime for each
//! watcher.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use axum::serve::ListenerExt as _;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{self, Sender};

/// Updates kept for a watcher that is slow; after that it skips.
const KEPT: usize = 16;

#[derive(Clone, Default)]
struct Topics(Arc<Mutex<HashMap<String, Sender<Utf8Bytes>>>>);

impl Topics {
    fn topic(&self, task: String) -> Sender<Utf8Bytes> {
        let mut topics = self.0.lock().unwrap();
        let new = || broadcast::channel(KEPT).0;
        topics.entry(task).or_insert_with(new).clone()
    }
}

// All servers have one processor here.
#[tokio::main(flavor = "current_thread")]
async fn main() {
    let app = Router::new()
        .route("/ws/progress/{task}", get(watch))
        .route("/ws/worker/{task}", get(work))
        .route("/ws/echo", get(echo))
        .route("/api/progress/{task}", post(publish))
        .with_state(Topics::default());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap());
    axum::serve(listener, app).await.unwrap();
}

async fn watch(
    upgrade: WebSocketUpgrade,
    Path(task): Path<String>,
    State(topics): State<Topics>,
) -> Response {
    let mut updates = topics.topic(task).subscribe();
    upgrade.on_upgrade(async move |mut socket| {
        loop {
            tokio::select! {
                update = updates.recv() => match update {
                    Ok(state) => if socket.send(Message::Text(state)).await.is_err() { return },
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                },
                message = socket.recv() => if !matches!(message, Some(Ok(_))) { return },
            }
        }
    })
}

async fn work(
    upgrade: WebSocketUpgrade,
    Path(task): Path<String>,
    State(topics): State<Topics>,
) -> Response {
    let topic = topics.topic(task);
    upgrade.on_upgrade(async move |mut socket| {
        while let Some(Ok(message)) = socket.recv().await {
            if let Message::Text(state) = message {
                // Nobody watches: nobody is told.
                let _ = topic.send(state);
            }
        }
    })
}

async fn publish(Path(task): Path<String>, State(topics): State<Topics>, state: String) {
    let _ = topics.topic(task).send(state.into());
}

async fn echo(upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(async |mut socket: WebSocket| {
        while let Some(Ok(message)) = socket.recv().await {
            if matches!(message, Message::Text(_)) && socket.send(message).await.is_err() {
                return;
            }
        }
    })
}
