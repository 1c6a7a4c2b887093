//! A peer: `tungstenite` on a blocking stream, with the few sentences that the tests need.

use std::net::TcpStream;

use serde_json::Value;
use tungstenite::handshake::client::generate_key;
use tungstenite::http::{Request, Response};
use tungstenite::{Message, WebSocket};

use crate::daemon::Daemon;

/// One open WebSocket.
pub(crate) struct Peer(pub(crate) WebSocket<TcpStream>);

impl Peer {
    /// Opens `path`.
    pub(crate) fn open(daemon: &Daemon, path: &str) -> Peer {
        Peer::offer(daemon, path, &[]).0
    }

    /// Opens `path` with further fields in the request; gives the 101 too.
    pub(crate) fn offer(
        daemon: &Daemon,
        path: &str,
        fields: &[(&str, &str)],
    ) -> (Peer, Response<Option<Vec<u8>>>) {
        let address = daemon.address;
        let mut request = Request::builder()
            .uri(format!("ws://{address}{path}"))
            .header("Host", address.to_string())
            .header("Connection", "Upgrade")
            .header("Upgrade", "websocket")
            .header("Sec-WebSocket-Version", "13")
            .header("Sec-WebSocket-Key", generate_key());
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let request = request.body(()).expect("a request");
        let (socket, response) =
            tungstenite::client(request, daemon.connect()).expect("the daemon upgrades");
        (Peer(socket), response)
    }

    /// Sends one text message.
    pub(crate) fn say(&mut self, text: &str) {
        self.0.send(Message::text(text)).expect("the daemon reads");
    }

    /// The next message that is no ping or pong.
    pub(crate) fn hear(&mut self) -> Message {
        loop {
            match self.0.read().expect("the daemon says something in time") {
                Message::Ping(_) | Message::Pong(_) => {}
                message => return message,
            }
        }
    }

    /// The next message, which is JSON in text.
    pub(crate) fn json(&mut self) -> Value {
        match self.hear() {
            Message::Text(text) => serde_json::from_str(&text).expect("messages are JSON"),
            other => panic!("expected text, got {other:?}"),
        }
    }

    /// The first of the coming messages of which `wanted` is true. Which ones come before it is a
    /// matter of time: a watcher is owed the newest state, not each.
    pub(crate) fn json_until(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let value = self.json();
            if wanted(&value) {
                return value;
            }
        }
    }

    /// Asserts that nothing lies between what was heard and now: the daemon answers in order, so a
    /// pong overtakes nothing.
    pub(crate) fn expect_silence(&mut self) {
        self.say("ping");
        assert_eq!(self.hear(), Message::text("pong"));
    }

    /// Reads to the daemon's Close and returns its code.
    pub(crate) fn close_code(mut self) -> u16 {
        loop {
            match self.0.read().expect("a Close comes in time") {
                Message::Close(Some(frame)) => return frame.code.into(),
                Message::Close(None) => panic!("a Close without a code"),
                _ => {}
            }
        }
    }
}
