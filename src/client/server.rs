//! Where the daemon is.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::PathBuf;
use std::str::FromStr;

use super::ClientError;
use super::stream::Stream;

/// The port of `http:` addresses that name none (RFC 9110 §4.2.1).
const HTTP_PORT: u16 = 80;

/// A daemon's address, and what it takes to be let in.
///
/// ```
/// use doneyet::client::Server;
///
/// let server: Server = "http://127.0.0.1:8765/progress".parse().unwrap();
/// assert_eq!(server.target("/healthz"), "/progress/healthz");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Server {
    address: Address,
    /// What stands before every route: empty, or a slash and something without one at its end.
    base: String,
    token: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Address {
    Tcp { host: String, port: u16 },
    Unix(PathBuf),
}

/// The text is no daemon's address, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadServer(&'static str);

impl Default for Server {
    fn default() -> Self {
        Server {
            address: Address::Tcp {
                host: "127.0.0.1".to_owned(),
                port: 8765,
            },
            base: String::new(),
            token: None,
        }
    }
}

impl Server {
    /// The server at a socket's address.
    pub fn at(address: SocketAddr) -> Server {
        let (host, port) = (address.ip().to_string(), address.port());
        Server {
            address: Address::Tcp { host, port },
            base: String::new(),
            token: None,
        }
    }

    /// The same server, entered with a token.
    ///
    /// # Errors
    ///
    /// If the token could not travel in a header field: it must be visible ASCII.
    pub fn with_token(self, token: &str) -> Result<Server, BadServer> {
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(BadServer("a token is made of visible ASCII characters"));
        }
        Ok(Server {
            token: Some(token.to_owned()),
            ..self
        })
    }

    /// The request target of a route, which begins with a slash.
    pub fn target(&self, route: &str) -> String {
        format!("{}{route}", self.base)
    }

    /// Where its dashboard is; a browser does not reach a Unix socket.
    pub fn page(&self) -> Option<String> {
        matches!(self.address, Address::Tcp { .. }).then(|| format!("{self}/"))
    }

    /// The address of its socket, for those who connect often: a name is looked up once.
    ///
    /// # Errors
    ///
    /// If the name has no address, or the server is behind a Unix socket.
    pub fn socket_address(&self) -> Result<SocketAddr, ClientError> {
        let looked_up = match &self.address {
            Address::Tcp { host, port } => (host.as_str(), *port).to_socket_addrs(),
            Address::Unix(_) => Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "this needs a TCP address",
            )),
        };
        let first = looked_up.and_then(|mut addresses| {
            let none = || io::Error::new(io::ErrorKind::NotFound, "the name has no address");
            addresses.next().ok_or_else(none)
        });
        first.map_err(|source| ClientError::Unreachable {
            server: self.to_string(),
            source,
        })
    }

    /// What goes into the `Host` field.
    pub(super) fn host(&self) -> String {
        match &self.address {
            Address::Tcp {
                host,
                port: HTTP_PORT,
            } => bracketed(host),
            Address::Tcp { host, port } => format!("{}:{port}", bracketed(host)),
            Address::Unix(_) => "localhost".to_owned(),
        }
    }

    /// The `Authorization` field's value, if there is a token (RFC 6750 §2.1).
    pub(super) fn authorization(&self) -> Option<String> {
        self.token.as_ref().map(|token| format!("Bearer {token}"))
    }

    pub(super) fn connect(&self) -> Result<Stream, ClientError> {
        let stream = match &self.address {
            Address::Tcp { host, port } => Stream::tcp(host, *port),
            Address::Unix(path) => Stream::unix(path),
        };
        stream.map_err(|source| ClientError::Unreachable {
            server: self.to_string(),
            source,
        })
    }

    pub(super) fn broken(&self, source: io::Error) -> ClientError {
        ClientError::Broken {
            server: self.to_string(),
            source,
        }
    }
}

impl FromStr for Server {
    type Err = BadServer;

    /// Reads `http://HOST[:PORT][/BASE]`, `ws://…` for the same, the bare `HOST:PORT`, or
    /// `unix:PATH`.
    fn from_str(text: &str) -> Result<Server, BadServer> {
        if let Some(path) = text.strip_prefix("unix:") {
            return unix(path);
        }
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        match scheme.to_ascii_lowercase().as_str() {
            "http" | "ws" => {}
            "https" | "wss" => {
                return Err(BadServer(
                    "TLS is not spoken here; reach the daemon over http, or through a tunnel",
                ));
            }
            _ => return Err(BadServer("a server's address begins with http://")),
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = split_authority(authority)?;
        Ok(Server {
            address: Address::Tcp { host, port },
            base: base(path)?,
            token: None,
        })
    }
}

fn unix(path: &str) -> Result<Server, BadServer> {
    if path.is_empty() {
        return Err(BadServer("after unix: comes the path of a socket"));
    }
    Ok(Server {
        address: Address::Unix(path.into()),
        base: String::new(),
        token: None,
    })
}

fn split_authority(authority: &str) -> Result<(String, u16), BadServer> {
    let (host, port) = match authority
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    {
        Some((host, port)) if host.parse::<std::net::Ipv6Addr>().is_ok() => (host, port),
        Some(_) => return Err(BadServer("between the brackets stands no IPv6 address")),
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte);
    if host.is_empty() || !host.bytes().all(is_name) {
        return Err(BadServer("the address names no host"));
    }
    let port = match port.strip_prefix(':') {
        None if port.is_empty() => HTTP_PORT,
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits
            .parse()
            .map_err(|_| BadServer("a port is a number up to 65535"))?,
        _ => {
            return Err(BadServer(
                "after the host comes a colon and a port, or nothing",
            ));
        }
    };
    Ok((host.to_owned(), port))
}

fn base(path: &str) -> Result<String, BadServer> {
    if !path
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !b"?#".contains(&byte))
    {
        return Err(BadServer("the address ends with a plain path, or none"));
    }
    Ok(path.trim_end_matches('/').to_owned())
}

fn bracketed(host: &str) -> String {
    if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            Address::Tcp { .. } => write!(f, "http://{}{}", self.host(), self.base),
            Address::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// As it is displayed: a token must not get into a log by way of `{:?}`.
impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({self})")
    }
}

impl fmt::Display for BadServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for BadServer {}
