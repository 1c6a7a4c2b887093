//! HTTP on the wire: heads, bodies, responses and the WebSocket handshake, each fed whole, byte by
//! byte, in random pieces, and with the next message behind it.

mod body;
mod feed;
mod framing;
mod handshake;
mod head;
mod mutation;
mod range;
mod reply;
mod response;
mod scan;
mod target;
