//! Who may speak to the daemon: `Host`, `Origin`, and the path it answers below.
//!
//! A daemon on `127.0.0.1` is reachable by every page that the same machine's browser has open.
//! Two rules keep strangers out. A page of another site carries its `Origin` on every WebSocket
//! handshake and every request that changes something: it must be one we know (cross-site
//! WebSocket hijacking, CSRF). A page whose own name was made to resolve to `127.0.0.1` has the
//! right origin by its browser's reckoning, but its name stands in `Host` (DNS rebinding).

use std::net::{Ipv4Addr, Ipv6Addr};

/// What one listening address allows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// Whether it is bound to a loopback address, so that only this machine reaches it.
    pub loopback: bool,
    /// Further origins, as browsers write them: `https://example.org`, `http://10.0.0.7:8080`.
    pub allow_origins: Vec<String>,
    /// Further names for `Host` where it is bound to loopback; a port and a dot at the end are not
    /// compared.
    pub allow_hosts: Vec<String>,
    /// What all paths begin with: empty, or `/p` without a slash at the end.
    pub base_path: String,
    /// Whether `/ws/echo` is there.
    pub echo: bool,
    /// Whether there are recipes, and the routes for them.
    pub recipes: bool,
    /// Whether only the daemon's own jobs reach the address: they need no token.
    pub private: bool,
}

impl Access {
    /// Whether a request to `host` (the `Host` field) was meant for this daemon.
    pub fn allows_host(&self, host: Option<&str>) -> bool {
        let Some(host) = host.filter(|_| self.loopback) else {
            return true;
        };
        let (name, _) = split_port(host);
        let is_same =
            |allowed: &String| without_root(allowed).eq_ignore_ascii_case(without_root(name));
        is_loopback(name) || self.allow_hosts.iter().any(is_same)
    }

    /// Whether a page of `origin` may upgrade and change things, having asked `host`.
    pub fn allows_origin(&self, origin: &str, host: Option<&str>) -> bool {
        if self
            .allow_origins
            .iter()
            .any(|allowed| allowed.eq_ignore_ascii_case(origin))
        {
            return true;
        }
        let schemes = [("http://", 80), ("https://", 443)];
        let parts = schemes
            .iter()
            .find_map(|(scheme, port)| Some((origin.strip_prefix(scheme)?, *port)));
        // "null" (sandboxed frames, files) has no scheme and is nobody's origin.
        let Some((authority, default_port)) = parts else {
            return false;
        };
        // Mostly both were taken from the address bar as they stood there.
        if host.is_some_and(|host| host.eq_ignore_ascii_case(authority)) {
            return true;
        }
        let (name, port) = split_port(authority);
        let same_origin = host.is_some_and(|host| {
            let (host_name, host_port) = split_port(host);
            host_name.eq_ignore_ascii_case(name)
                && host_port.unwrap_or(default_port) == port.unwrap_or(default_port)
        });
        same_origin || (self.loopback && is_loopback(name))
    }

    /// The path below the base path, or none if it is outside.
    pub fn below_base<'p>(&self, path: &'p str) -> Option<&'p str> {
        path.strip_prefix(&self.base_path)
            .filter(|rest| rest.starts_with('/'))
    }
}

/// `host[:port]` in its parts; an IPv6 address keeps its brackets. What is no port stays with the
/// name, which then is no name that anything is equal to.
fn split_port(authority: &str) -> (&str, Option<u16>) {
    let parts = authority.rsplit_once(':');
    let whole = |name: &str| !name.contains(':') || name.ends_with(']');
    let Some((name, port)) = parts.filter(|(name, _)| whole(name)) else {
        return (authority, None);
    };
    // RFC 3986 §3.2.3: the port may be empty, which means the default one. (`+80` and `080` would
    // parse, but nobody writes an origin so.)
    match port.parse::<u16>() {
        _ if port.is_empty() => (name, None),
        Ok(number) if port == "0" || !port.starts_with(['0', '+']) => (name, Some(number)),
        _ => (authority, None),
    }
}

/// The name without the dot of the root, which a browser sends along if the address was typed with it.
fn without_root(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

/// Whether `name` means this machine: `localhost` and below it (RFC 6761 §6.3), 127.0.0.0/8, ::1.
fn is_loopback(name: &str) -> bool {
    let name = without_root(name);
    if let Some(address) = name.strip_prefix('[').and_then(|n| n.strip_suffix(']')) {
        return address
            .parse::<Ipv6Addr>()
            .is_ok_and(|address| address.is_loopback());
    }
    // Nothing but a name can be below localhost: in `evil.example/.localhost` it only looks so.
    let is_name = |text: &str| {
        text.bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
    };
    let (below, last) = name.rsplit_once('.').unwrap_or(("", name));
    last.eq_ignore_ascii_case("localhost") && is_name(below)
        || name
            .parse::<Ipv4Addr>()
            .is_ok_and(|address| address.is_loopback())
}
