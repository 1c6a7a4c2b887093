//! What an operator decides.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::recipe::Recipes;
use crate::server::journal::Level;
use crate::server::journal::line::Format;
use crate::server::limits::Limits;
use crate::session::Access;
use crate::session::forwarded::Proxies;
use crate::session::keys::Keys;
use crate::task::record::Patience;

/// Where to listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A TCP port; port 0 lets the system choose one.
    Tcp(SocketAddr),
    /// A Unix domain socket at this path, for a proxy on the same machine.
    Unix(PathBuf),
}

impl Address {
    /// Whether only this machine's programs, and so this machine's browsers, reach the address. A
    /// Unix socket is reached by no browser: its requests come through a proxy and carry the
    /// proxy's names.
    pub fn is_loopback(&self) -> bool {
        matches!(self, Address::Tcp(address) if address.ip().is_loopback())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Tcp(address) => write!(f, "{address}"),
            Address::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where to listen; at least one.
    pub listen: Vec<Address>,
    /// Who may speak to it. `loopback` is set for each address by itself.
    pub access: Access,
    /// Tokens and ticket secrets.
    pub keys: Keys,
    /// How long to wait for whom.
    pub patience: Patience,
    /// How many published tasks are kept at once.
    pub max_tasks: usize,
    /// What is written to standard error. Nothing by default: whoever embeds the daemon in another
    /// program decides about that program's standard error.
    pub log_level: Level,
    /// In which form; none is text for a terminal and JSON for anything else.
    pub log_format: Option<Format>,
    /// How much of it one address may have, and how many there may be.
    pub limits: Limits,
    /// Whose word is taken on who asks.
    pub proxies: Proxies,
    /// The commands that may be started.
    pub recipes: Recipes,
    /// A Unix socket that only these commands reach; needed if there are any.
    pub private: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            listen: vec![Address::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, 8765)))],
            access: Access::default(),
            keys: Keys::default(),
            patience: Patience::default(),
            max_tasks: 10_000,
            log_level: Level::Off,
            log_format: None,
            limits: Limits::default(),
            proxies: Proxies::default(),
            recipes: Recipes::default(),
            private: None,
        }
    }
}
