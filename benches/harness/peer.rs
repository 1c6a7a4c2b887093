//! The other end of a connection, blocking and plain: enough to shake hands and to publish.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use doneyet::wire::frame::{self, Header, OpCode, Role};

/// The example of RFC 6455 §1.3: a constant key, and what proves that it was read.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &[u8] = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// Opens a WebSocket at `path`. What the server says behind its 101 stays unread.
pub(crate) fn open_websocket(address: SocketAddr, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_nodelay(true).expect("a TCP socket");
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n"
    );
    stream
        .write_all(request.as_bytes())
        .expect("a request sent");
    let head = read_head(&mut stream);
    assert!(
        head.starts_with(b"HTTP/1.1 101 "),
        "{}",
        head.escape_ascii()
    );
    assert!(head.windows(ACCEPT.len()).any(|bytes| bytes == ACCEPT));
    stream
}

/// The next text. Pings, which come to those who take longer than 20 s, are passed over.
pub(crate) fn read_text(stream: &mut TcpStream) -> Vec<u8> {
    loop {
        let header = read_header(stream);
        let mut payload = vec![0; header.len as usize];
        stream.read_exact(&mut payload).expect("a whole frame");
        if header.opcode == OpCode::Text {
            return payload;
        }
    }
}

fn read_header(stream: &mut TcpStream) -> Header {
    let mut bytes = Vec::new();
    loop {
        bytes.push(read_byte(stream));
        if let Some((header, _)) = Header::parse(&bytes, Role::Client).expect("a valid frame") {
            return header;
        }
    }
}

/// Sends text.
pub(crate) fn send_text(stream: &mut TcpStream, text: &str) {
    let mut bytes = Vec::new();
    encode_text(text, &mut bytes);
    stream.write_all(&bytes).expect("a frame sent");
}

/// Appends text as a client's frame. The key may be known: there is no proxy to be confused.
pub(crate) fn encode_text(text: &str, out: &mut Vec<u8>) {
    frame::encode_masked(OpCode::Text, text.as_bytes(), [1, 2, 3, 4], out);
}

/// Begins to listen to the events of `path`, up to the first of them.
pub(crate) fn open_events(address: SocketAddr, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_nodelay(true).expect("a TCP socket");
    ask(&mut stream, path);
    let head = read_head(&mut stream);
    assert!(
        head.starts_with(b"HTTP/1.1 200 "),
        "{}",
        head.escape_ascii()
    );
    assert_eq!(read_block(&mut stream), b"retry: 2000\n\n");
    stream
}

/// The data of the next event. Comments, which come every 15 s, are passed over.
pub(crate) fn read_event(stream: &mut TcpStream) -> Vec<u8> {
    loop {
        let block = read_block(stream);
        let lines = block.split(|&byte| byte == b'\n');
        if let Some(data) = lines.filter_map(|line| line.strip_prefix(b"data: ")).next() {
            return data.to_vec();
        }
    }
}

/// Sends a request.
pub(crate) fn ask(stream: &mut TcpStream, target: &str) {
    let request = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    stream
        .write_all(request.as_bytes())
        .expect("a request sent");
}

/// The content of the next answer.
pub(crate) fn read_answer(stream: &mut TcpStream) -> Vec<u8> {
    let head = String::from_utf8(read_head(stream)).expect("heads are ASCII");
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let mut lines = head.lines();
    let len = lines.find_map(|line| line.strip_prefix("Content-Length: "));
    let len = len.expect("a length").parse().expect("a number");
    let mut content = vec![0; len];
    stream.read_exact(&mut content).expect("a whole answer");
    content
}

/// One request and its answer, on a connection of its own.
pub(crate) fn get(address: SocketAddr, target: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).expect("a connection");
    ask(&mut stream, target);
    read_answer(&mut stream)
}

/// The revision of a state.
pub(crate) fn rev(state: &[u8]) -> u64 {
    let text = std::str::from_utf8(state).expect("states are UTF-8");
    let (_, rest) = text.split_once("\"rev\":").expect("a revision");
    let digits = rest.split(',').next().expect("a number");
    digits.parse().expect("a number")
}

fn read_block(stream: &mut TcpStream) -> Vec<u8> {
    let mut block = Vec::new();
    while !block.ends_with(b"\n\n") {
        block.push(read_byte(stream));
    }
    block
}

/// Byte by byte, so that no byte of what follows is taken.
fn read_head(stream: &mut TcpStream) -> Vec<u8> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(read_byte(stream));
    }
    head
}

fn read_byte(stream: &mut TcpStream) -> u8 {
    let mut byte = [0];
    stream.read_exact(&mut byte).expect("another byte");
    byte[0]
}
