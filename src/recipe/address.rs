//! Addresses that strangers give.
//!
//! What is let through here is read once more, by a program with a parser of its own, and two
//! parsers that disagree are how a filter is got around. So nothing is repaired and nothing is
//! guessed: an address is the plainest form of RFC 3986, in its characters only, or it is refused.

/// What addresses an input takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    /// Schemes, in lower case.
    pub schemes: Vec<String>,
    /// Hosts, each as it is or with all below it (`*.example.org`); none is any.
    pub hosts: Vec<String>,
}

/// Schemes whose addresses name a host (RFC 3986 §3.2): without one, each program guesses.
const WITH_HOST: [&str; 7] = ["http", "https", "ftp", "ftps", "sftp", "ws", "wss"];

impl Addresses {
    /// Whether `text` is an address that may be passed on.
    ///
    /// # Errors
    /// A clause that says what it must be.
    pub fn check(&self, text: &str) -> Result<(), String> {
        let schemes: Vec<String> = self.schemes.iter().map(|s| format!("{s}:")).collect();
        let begins = format!("an address that begins with {}", schemes.join(" or "));
        let (scheme, rest) = text.split_once(':').ok_or(begins.clone())?;
        let scheme = scheme.to_ascii_lowercase();
        if !self.schemes.contains(&scheme) {
            return Err(begins);
        }
        if !text.bytes().all(is_allowed) || !is_decodable(text) {
            return Err(
                "made of the characters that an address has; others are percent-encoded".to_owned(),
            );
        }
        let path = match rest.strip_prefix("//") {
            Some(rest) => rest
                .split_once(['/', '?', '#'])
                .map_or("", |(_, path)| path),
            None => rest,
        };
        // RFC 3986 has brackets around an IPv6 address and nowhere else. curl reads more into them:
        // `[1-999].bin` as that many addresses.
        if path.contains(['[', ']']) {
            return Err(
                "without brackets, except around an IPv6 address; others are %5B and %5D"
                    .to_owned(),
            );
        }
        match rest.strip_prefix("//") {
            Some(rest) => self.check_authority(rest),
            None if WITH_HOST.contains(&scheme.as_str()) => {
                Err(format!("an address with a host: {scheme}://…"))
            }
            None if !self.hosts.is_empty() => Err(self.only_hosts()),
            None => Ok(()),
        }
    }

    fn check_authority(&self, rest: &str) -> Result<(), String> {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        // `https://good.example@evil.example/` leads to the second. And a password would stand in
        // the list of processes.
        if authority.contains('@') {
            return Err("an address without a user's name or password".to_owned());
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (authority, None),
        };
        if !is_host(host) || !port.is_none_or(is_port) {
            return Err("an address with a host, and a port only if it is a number".to_owned());
        }
        let allows = |pattern: &String| is_at(host, pattern);
        match self.hosts.is_empty() || self.hosts.iter().any(allows) {
            true => Ok(()),
            false => Err(self.only_hosts()),
        }
    }

    fn only_hosts(&self) -> String {
        format!("an address at {}", self.hosts.join(" or "))
    }
}

/// RFC 3986 §2: unreserved, reserved, and the percent sign.
fn is_allowed(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte)
}

/// RFC 3986 §2.1: two hexadecimal digits behind each percent sign.
fn is_decodable(text: &str) -> bool {
    let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    let mut encoded = text.as_bytes().split(|byte| *byte == b'%').skip(1);
    encoded.all(|rest| is_digit(rest.first()) && is_digit(rest.get(1)))
}

/// Programs differ in what they make of one that is empty or too high.
fn is_port(port: &str) -> bool {
    port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok()
}

/// A name, an IPv4 address, or an IPv6 address in brackets. Percent-encoded names are legal and
/// used by nobody who means well.
fn is_host(host: &str) -> bool {
    let bracketed = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    match bracketed {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
            let has_gap = host.starts_with('.') || host.contains("..");
            !host.is_empty() && !has_gap && !host.starts_with('-') && host.bytes().all(is_name)
        }
    }
}

fn is_at(host: &str, pattern: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    match pattern.strip_prefix("*.") {
        Some(domain) => host
            .strip_suffix(domain)
            .is_some_and(|below| below.ends_with('.')),
        None => host == pattern,
    }
}
