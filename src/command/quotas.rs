//! Limits, and the proxies that say whom they are for: the options of it.

use std::net::IpAddr;

use super::options::{Arguments, Opt, Takes};
use super::{Failure, values};
use crate::server::{Allowance, Limits};
use crate::session::forwarded::{Proxies, Proxy};

/// All together.
const MAX_CONNECTIONS: Opt = Opt {
    name: "max-connections",
    takes: Takes::One("COUNT"),
    help: "How many connections there may be. Default, and at most: the files that the system \
           lets a process have, less 64.",
};
/// For each address.
const MAX_CONNECTIONS_PER_ADDRESS: Opt = Opt {
    name: "max-connections-per-address",
    takes: Takes::One("COUNT"),
    help: "How many of them one address may have (of IPv6, one /64). Default: 256. 0 is no limit, \
           here and below; and this machine's own addresses have none of these limits unless \
           you give it.",
};
/// For each address.
const MAX_HANDSHAKES: Opt = Opt {
    name: "max-handshakes",
    takes: Takes::One("COUNT"),
    help: "How many WebSockets one address may open a second; like the next two, 5 seconds' worth \
           at once. Default: 50.",
};
/// For each address.
const MAX_PUBLISHES: Opt = Opt {
    name: "max-publishes",
    takes: Takes::One("COUNT"),
    help: "How many publishes one address may send a second. Default: 200.",
};
/// For each address.
const MAX_MESSAGES: Opt = Opt {
    name: "max-messages",
    takes: Takes::One("COUNT"),
    help: "How many messages the watchers at one address may send a second. Default: 50.",
};
/// Whose word counts.
const TRUST_PROXY: Opt = Opt {
    name: "trust-proxy",
    takes: Takes::Many("ADDR[/BITS]"),
    help: "A proxy connects from here, or with `unix` by a Unix socket. The limits then hold for \
           the address that its Forwarded or X-Forwarded-For names. Default: nobody's word counts.",
};

/// All of them.
pub const OPTIONS: [Opt; 6] = [
    MAX_CONNECTIONS,
    MAX_CONNECTIONS_PER_ADDRESS,
    MAX_HANDSHAKES,
    MAX_PUBLISHES,
    MAX_MESSAGES,
    TRUST_PROXY,
];

/// What the arguments allow.
///
/// # Errors
///
/// [`Failure::Usage`] for a value that makes no sense.
pub fn limits(arguments: &Arguments) -> Result<Limits, Failure> {
    let mut limits = Limits::default();
    if let Some(count) = arguments.value(&MAX_CONNECTIONS, values::count)? {
        limits.max_connections = usize::try_from(count).unwrap_or(usize::MAX);
    }
    type Field = fn(&mut Allowance) -> &mut u32;
    let options: [(_, Field); 4] = [
        (MAX_CONNECTIONS_PER_ADDRESS, |a| &mut a.connections),
        (MAX_HANDSHAKES, |a| &mut a.handshakes_per_sec),
        (MAX_PUBLISHES, |a| &mut a.publishes_per_sec),
        (MAX_MESSAGES, |a| &mut a.messages_per_sec),
    ];
    for (option, field) in options {
        if let Some(limit) = arguments.value(&option, limit)? {
            *field(&mut limits.loopback) = limit;
            *field(&mut limits.stranger) = limit;
        }
    }
    Ok(limits)
}

/// Whom the arguments trust.
///
/// # Errors
///
/// [`Failure::Usage`] for what is no address.
pub fn proxies(arguments: &Arguments) -> Result<Proxies, Failure> {
    arguments.values(&TRUST_PROXY, proxy).map(Proxies)
}

fn limit(text: &str) -> Result<u32, &'static str> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| digits);
    number.ok_or("this must be a whole number; 0 is no limit")
}

fn proxy(text: &str) -> Result<Proxy, &'static str> {
    const FORMS: &str = "a proxy is written like 10.0.0.7, 10.0.0.0/24, 2001:db8::7, or unix";
    if text == "unix" {
        return Ok(Proxy::UnixSocket);
    }
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits.parse().map_err(|_| FORMS)?)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().map_err(|_| FORMS)?;
    let all = if address.is_ipv4() { 32 } else { 128 };
    Proxy::network(address, bits.unwrap_or(all)).ok_or(FORMS)
}
