//! Who asks, when a proxy asks for somebody else: `Forwarded` (RFC 7239) and its elder,
//! `X-Forwarded-For`.
//!
//! Anybody can write these fields, so they are read only if a proxy that the operator named has
//! sent them. Such a proxy *appends* the address that it was asked from: only the right end of the
//! list is its own word, and all to the left of it hearsay. So the list is read from the right, and
//! the first address that is not itself a named proxy's is who asks. Further left nothing is even
//! looked at, however it is written.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::wire::http::Head;

/// Who asks where a proxy says something that cannot be read: all such askers are one. Were they
/// nobody, or the proxy itself, there would be a way to be counted as somebody with more rights.
pub const SOMEBODY: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// Where a proxy's connections come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proxy {
    /// Addresses that begin with these bits, of the 128 that [`number`] gives.
    Network {
        /// The address, the bits behind the first `bits` of it not looked at.
        number: u128,
        /// 1–128.
        bits: u32,
    },
    /// The daemon's own Unix sockets.
    UnixSocket,
}

impl Proxy {
    /// The addresses that have their first `bits` in common with `address`; none for a number of
    /// bits that it does not have, nor for 0: whoever trusts everybody believes anything.
    pub fn network(address: IpAddr, bits: u32) -> Option<Proxy> {
        let (own, mapped) = match address {
            IpAddr::V4(_) => (32, 96),
            IpAddr::V6(_) => (128, 0),
        };
        (1..=own).contains(&bits).then(|| Proxy::Network {
            number: number(address),
            bits: mapped + bits,
        })
    }

    /// Whether a peer of this address is one; a peer without an address came by a Unix socket.
    fn is(self, peer: Option<IpAddr>) -> bool {
        match (self, peer) {
            (Proxy::UnixSocket, None) => true,
            (Proxy::Network { number: own, bits }, Some(address)) => {
                (own ^ number(address)).leading_zeros() >= bits
            }
            _ => false,
        }
    }
}

/// The proxies whose word on who asks is taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies(pub Vec<Proxy>);

impl Proxies {
    /// Whether a peer of this address is one of them; a peer without an address came by a Unix
    /// socket.
    pub fn trusts(&self, peer: Option<IpAddr>) -> bool {
        self.0.iter().any(|proxy| proxy.is(peer))
    }

    /// Who asks, according to the proxy that sent `head`; none if it says nothing.
    ///
    /// A proxy writes one of the two fields and passes the other on as it came. If they name two
    /// askers, one of them is made up, and nobody can say which.
    pub fn asker(&self, head: &Head<'_>) -> Option<IpAddr> {
        let new = self.rightmost(head, "forwarded", element_node);
        let old = self.rightmost(head, "x-forwarded-for", node);
        match (new, old) {
            (Some(new), Some(old)) if new != old => Some(SOMEBODY),
            (new, old) => new.or(old),
        }
    }

    /// The rightmost address that is not a proxy's. If all are, the leftmost: then a proxy itself
    /// asks.
    fn rightmost(
        &self,
        head: &Head<'_>,
        field: &str,
        read: fn(&str) -> Option<IpAddr>,
    ) -> Option<IpAddr> {
        let lines: Vec<_> = head.fields(field).collect();
        let elements = lines.into_iter().rev().flat_map(elements_from_right);
        let mut asker = None;
        for element in elements {
            let text = std::str::from_utf8(element).unwrap_or_default();
            let address = read(text).unwrap_or(SOMEBODY);
            asker = Some(address);
            if !self.trusts(asker) {
                break;
            }
        }
        asker
    }
}

/// An address as a number, the same for an IPv4 address and its form within IPv6 (RFC 4291
/// §2.5.5.2), in which it arrives at a socket that listens for both.
pub fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// The elements of a list, the last one first. Quotes are counted from the right as well: one that
/// a client left open cannot swallow what a proxy has appended.
fn elements_from_right(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut quoted = false;
    let parts = line.rsplit(move |&byte| {
        quoted ^= byte == b'"';
        byte == b',' && !quoted
    });
    parts
        .map(<[u8]>::trim_ascii)
        .filter(|element| !element.is_empty())
}

/// The `for` parameter of a forwarded-element (RFC 7239 §4).
fn element_node(element: &str) -> Option<IpAddr> {
    let value = element.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then_some(value)
    })?;
    let value = value.trim();
    let unquoted = value.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
    node(unquoted.unwrap_or(value))
}

/// A node (RFC 7239 §6) that is an address, with or without a port; `X-Forwarded-For` also has IPv6
/// addresses without their brackets.
fn node(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
    let address = bare.unwrap_or(text).parse::<IpAddr>().ok();
    let address = address.or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()))?;
    Some(address.to_canonical())
}
