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
