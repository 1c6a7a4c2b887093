//! The same design on fastwebsockets and hyper: a broadcast channel for each task, a task of the
//! runtime for each watcher.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use fastwebsockets::{FragmentCollectorRead, Frame, OpCode, Payload, WebSocket, upgrade};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::Upgraded;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{self, Sender};

const KEPT: usize = 16;

type Socket = WebSocket<TokioIo<Upgraded>>;

#[derive(Clone, Default)]
struct Topics(Arc<Mutex<HashMap<String, Sender<Bytes>>>>);

impl Topics {
    fn topic(&self, path: &str) -> Sender<Bytes> {
        let task = path.rsplit('/').next().unwrap_or_default();
        let mut topics = self.0.lock().unwrap();
        let new = || broadcast::channel(KEPT).0;
        topics.entry(task.to_owned()).or_insert_with(new).clone()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    let topics = Topics::default();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let topics = topics.clone();
        let service = service_fn(move |request| serve(request, topics.clone()));
        tokio::spawn(
            http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .with_upgrades(),
        );
    }
}

async fn serve(
    mut request: Request<Incoming>,
    topics: Topics,
) -> Result<Response<Empty<Bytes>>, Infallible> {
    let path = request.uri().path().to_owned();
    let topic = topics.topic(&path);
    if request.method() == Method::POST {
        if let Ok(content) = request.into_body().collect().await {
            let _ = topic.send(content.to_bytes());
        }
        return Ok(Response::new(Empty::new()));
    }
    let Ok((response, socket)) = upgrade::upgrade(&mut request) else {
        let mut response = Response::new(Empty::new());
        *response.status_mut() = StatusCode::BAD_REQUEST;
        return Ok(response);
    };
    let updates = topic.subscribe();
    tokio::spawn(async move {
        let Ok(mut socket) = socket.await else { return };
        socket.set_auto_close(true);
        if path.starts_with("/ws/progress/") {
            watch(socket, updates).await;
        } else if path.starts_with("/ws/worker/") {
            work(socket, topic).await;
        } else {
            echo(socket).await;
        }
    });
    Ok(response)
}

async fn watch(socket: Socket, mut updates: broadcast::Receiver<Bytes>) {
    let (read, mut write) = socket.split(tokio::io::split);
    let mut read = FragmentCollectorRead::new(read);
    // Whoever closes ends both directions.
    let reading = tokio::spawn(async move {
        let mut obliged = |_| async { Ok::<_, std::io::Error>(()) };
        while let Ok(frame) = read.read_frame(&mut obliged).await {
            if frame.opcode == OpCode::Close {
                return;
            }
        }
    });
    loop {
        match updates.recv().await {
            Ok(state) => {
                let frame = Frame::text(Payload::Borrowed(&state));
                if write.write_frame(frame).await.is_err() {
                    break;
                }
            }
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => break,
        }
    }
    reading.abort();
}

async fn work(mut socket: Socket, topic: Sender<Bytes>) {
    while let Ok(frame) = socket.read_frame().await {
        match frame.opcode {
            OpCode::Text => drop(topic.send(Bytes::copy_from_slice(&frame.payload))),
            OpCode::Close => return,
            _ => {}
        }
    }
}

async fn echo(mut socket: Socket) {
    while let Ok(frame) = socket.read_frame().await {
        match frame.opcode {
            OpCode::Text => {
                // A frame of its own: the client's has a mask.
                if socket.write_frame(Frame::text(frame.payload)).await.is_err() {
                    return;
                }
            }
            OpCode::Close => return,
            _ => {}
        }
    }
}
