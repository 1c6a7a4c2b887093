//! The client's end of HTTP and WebSocket: against a real daemon, and against bad ones.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::Duration;

use doneyet::client::{ClientError, Download, Incoming, Server, WebSocketClient, request};
use doneyet::wire::close::CloseCode;
use serde_json::{Value, json};

use super::{PATIENCE, daemon, publish};

/// A server that answers every connection with these bytes, whatever it was asked, and hangs up.
fn canned(answer: &'static [u8]) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = Server::at(listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // All of the question first: closing over unread bytes would reset the connection.
            let mut question = Vec::new();
            let mut byte = [0];
            while !question.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n > 0) {
                question.push(byte[0]);
            }
            let _ = stream.write_all(answer);
        }
    });
    server
}

fn unreachable() -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    Server::at(listener.local_addr().unwrap())
}

#[test]
fn addresses_are_read_as_people_write_them() {
    for (text, display) in [
        ("http://127.0.0.1:8765", "http://127.0.0.1:8765"),
        ("http://127.0.0.1:8765/", "http://127.0.0.1:8765"),
        ("HTTP://example.org/a/b/", "http://example.org/a/b"),
        ("ws://localhost:1/p", "http://localhost:1/p"),
        ("[::1]:8765", "http://[::1]:8765"),
        ("localhost:8765", "http://localhost:8765"),
        ("unix:/run/x.sock", "unix:/run/x.sock"),
    ] {
        assert_eq!(
            text.parse::<Server>()
                .map(|server| server.to_string())
                .as_deref(),
            Ok(display)
        );
    }
}

#[test]
fn what_is_no_address_is_refused() {
    for text in [
        "",
        "http://",
        "http://:80",
        "ftp://x",
        "http://a:b",
        "http://a:65536",
        "http://a b",
        "http://u@h",
        "http://[::1",
        "http://[x]:1",
        "http://h/p?q",
        "http://h/a b",
        "unix:",
        "http://[::1]x",
    ] {
        assert!(text.parse::<Server>().is_err(), "{text:?}");
    }
    let why = "https://example.org"
        .parse::<Server>()
        .unwrap_err()
        .to_string();
    assert!(why.contains("TLS"), "{why}");
}

#[test]
fn a_token_is_never_printed() {
    let server = Server::default().with_token("hunter2").unwrap();
    assert!(!format!("{server} {server:?}").contains("hunter2"));
}

#[test]
fn nobody_at_the_address_is_said_in_a_sentence() {
    let server = unreachable();
    let error = request(&server, "GET", "/healthz", None).unwrap_err();
    assert!(error.is_unreachable());
    let expected =
        format!("cannot reach {server}: connection refused (is `doneyet serve` running?)");
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_refusal_carries_what_the_daemon_says() {
    let daemon = daemon();
    let server = daemon.server();
    let reply = request(&server, "GET", "/api/progress/nobody", None).unwrap();
    let Err(ClientError::Refused {
        status,
        code,
        message,
    }) = reply.success(&server)
    else {
        panic!("granted");
    };
    assert_eq!((status, code.as_str()), (404, "unknown_task"));
    assert!(!message.is_empty());
}

#[test]
fn answers_are_read_in_every_framing() {
    for answer in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"[..],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n{}",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    ] {
        let reply = request(&canned(answer), "GET", "/", None).unwrap();
        assert_eq!((reply.status, reply.body.as_slice()), (200, &b"{}"[..]));
    }
}

#[test]
fn half_an_answer_is_none() {
    for answer in [
        &b""[..],
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    ] {
        let error = request(&canned(answer), "GET", "/", None).unwrap_err();
        assert!(matches!(error, ClientError::Broken { .. }), "{error:?}");
    }
}

#[test]
fn what_is_no_http_is_called_so() {
    for answer in [
        &b"SSH-2.0-OpenSSH_9.2\r\n\r\n"[..],
        b"HTTP/1.1 200 OK\nX: y\n\n",
    ] {
        let error = request(&canned(answer), "GET", "/", None).unwrap_err();
        assert!(matches!(error, ClientError::NotHttp { .. }), "{error:?}");
    }
}

#[test]
fn a_download_is_read_to_its_announced_end() {
    let mut download = Download::open(
        &canned(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcdeXX"),
        "/",
    )
    .unwrap();
    let mut content = String::new();
    download.read_to_string(&mut content).unwrap();
    assert_eq!((download.len(), content.as_str()), (5, "abcde"));
}

#[test]
fn a_download_cut_short_is_not_taken_for_whole() {
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabcde";
    let mut download = Download::open(&canned(answer), "/").unwrap();
    let error = download.read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
}

#[test]
fn a_socket_carries_states_and_cancels() {
    let daemon = daemon();
    let server = daemon.server();
    publish(&server, "a", json!({"progress": 5}));
    let mut socket = WebSocketClient::connect(&server, "/ws/progress/a").unwrap();
    let mut next = || match socket.receive(PATIENCE).unwrap() {
        Incoming::Text(text) => serde_json::from_str::<Value>(&text).unwrap(),
        other => panic!("{other:?}"),
    };
    assert_eq!(next()["progress"], 5);
    publish(&server, "a", json!({"progress": 6}));
    assert_eq!(next()["progress"], 6);
    socket.sender().send("{\"action\":\"cancel\"}").unwrap();
    let Incoming::Text(text) = socket.receive(PATIENCE).unwrap() else {
        panic!("no state");
    };
    assert!(text.contains("\"cancel\":\"requested\""), "{text}");
}

#[test]
fn a_pong_comes_back_with_the_ping_s_payload() {
    let daemon = daemon();
    let mut socket = WebSocketClient::connect(&daemon.server(), "/ws/progress").unwrap();
    socket.sender().ping(b"are you there").unwrap();
    assert_eq!(
        socket.receive(PATIENCE).unwrap(),
        Incoming::Pong(b"are you there".to_vec())
    );
}

#[test]
fn quiet_is_no_error_and_loses_nothing() {
    let daemon = daemon();
    let server = daemon.server();
    let mut socket = WebSocketClient::connect(&server, "/ws/progress/a").unwrap();
    assert_eq!(
        socket.receive(Duration::from_millis(1)).unwrap(),
        Incoming::Quiet
    );
    publish(&server, "a", json!({"progress": 5}));
    assert!(matches!(
        socket.receive(PATIENCE).unwrap(),
        Incoming::Text(_)
    ));
}

#[test]
fn a_daemon_that_ends_says_goodbye() {
    let daemon = daemon();
    let mut socket = WebSocketClient::connect(&daemon.server(), "/ws/progress").unwrap();
    drop(daemon);
    let Incoming::Closed(close) = socket.receive(PATIENCE).unwrap() else {
        panic!("no goodbye");
    };
    assert_eq!(close.code, Some(CloseCode::GOING_AWAY));
    assert!(socket.sender().send("too late").is_err());
}

#[test]
fn what_opens_no_websocket_says_why() {
    let daemon = daemon();
    let refused = WebSocketClient::connect(&daemon.server(), "/ws/progress/%2f");
    assert!(matches!(
        refused,
        Err(ClientError::Refused { status: 400, .. })
    ));
    let liar = canned(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
          Sec-WebSocket-Accept: bm90IHRoZSBwcm9vZg==\r\n\r\n",
    );
    let refused = WebSocketClient::connect(&liar, "/ws");
    assert!(matches!(refused, Err(ClientError::NotWebSocket { .. })));
}

#[test]
fn a_unix_socket_is_as_good_as_a_port() {
    let name = format!("doneyet-client-{}.sock", std::process::id());
    let path = std::env::temp_dir().join(name);
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut question = [0; 1024];
        let _ = stream.read(&mut question);
        let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n");
    });
    let server: Server = format!("unix:{}", path.display()).parse().unwrap();
    assert_eq!(request(&server, "GET", "/", None).unwrap().status, 204);
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn the_base_path_stands_before_every_route() {
    let address: SocketAddr = "127.0.0.1:1".parse().unwrap();
    assert_eq!(Server::at(address).target("/ws/all"), "/ws/all");
    let server: Server = "http://h/p".parse().unwrap();
    assert_eq!(server.target("/ws/all"), "/p/ws/all");
}
