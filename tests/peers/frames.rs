//! A client made of bytes, for what no library lets one send.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::daemon::Daemon;

/// The key and its answer in RFC 6455 §1.3.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// Mask key of the frames made here.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// An upgraded connection, its 101 read to the last byte.
pub(crate) struct Line(pub(crate) TcpStream);

impl Line {
    /// Upgrades at `path`.
    pub(crate) fn open(daemon: &Daemon, path: &str) -> Line {
        let mut line = Line(daemon.connect());
        line.send(request(path).as_bytes());
        let head = line.head();
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        assert!(head.contains(ACCEPT), "{head}");
        line
    }

    /// Sends bytes as they are.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).expect("the daemon reads");
    }

    /// Reads a response head.
    pub(crate) fn head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.0.read_exact(&mut byte).expect("a head");
            head.push(byte[0]);
        }
        String::from_utf8(head).expect("heads are ASCII")
    }

    /// Reads one frame, which no server may mask: the first byte and the payload.
    pub(crate) fn frame(&mut self) -> (u8, Vec<u8>) {
        let [first, length] = self.bytes();
        let length = match length {
            126 => u64::from(u16::from_be_bytes(self.bytes())),
            127 => u64::from_be_bytes(self.bytes()),
            short => u64::from(short),
        };
        let mut payload = vec![0; usize::try_from(length).expect("a sane length")];
        self.0.read_exact(&mut payload).expect("a payload");
        (first, payload)
    }

    /// Reads up to the daemon's Close, then to the end of the stream; returns the code.
    pub(crate) fn close_code(mut self) -> u16 {
        let payload = loop {
            if let (0x88, payload) = self.frame() {
                break payload;
            }
        };
        let code = u16::from_be_bytes([payload[0], payload[1]]);
        let mut rest = Vec::new();
        self.0
            .read_to_end(&mut rest)
            .expect("the daemon ends its side");
        assert!(rest.is_empty(), "bytes behind the Close: {rest:?}");
        code
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.read_exact(&mut bytes).expect("a frame");
        bytes
    }
}

/// A handshake for `path`.
pub(crate) fn request(path: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n"
    )
}

/// A masked frame with this first byte.
pub(crate) fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        short @ 0..=125 => frame.push(0x80 | short as u8),
        medium @ 126..=0xffff => {
            frame.push(0x80 | 126);
            frame.extend((medium as u16).to_be_bytes());
        }
        long => {
            frame.push(0x80 | 127);
            frame.extend((long as u64).to_be_bytes());
        }
    }
    frame.extend(MASK);
    frame.extend(
        payload
            .iter()
            .zip(MASK.iter().cycle())
            .map(|(byte, key)| byte ^ key),
    );
    frame
}
