//! What the operator allows, to one address and to all together.
//!
//! A limit is for whoever means no harm and has a mistake in a loop, and for one attacker with one
//! machine. Against a thousand machines only the limit for all helps: the daemon stays well, and
//! whoever is connected stays served.

use crate::session::toll::Charge;

/// What one address may have; 0 is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Allowance {
    /// Connections open at a time.
    pub connections: u32,
    /// WebSocket handshakes a second.
    pub handshakes_per_sec: u32,
    /// Publishes a second.
    pub publishes_per_sec: u32,
    /// Messages of watchers a second.
    pub messages_per_sec: u32,
}

impl Allowance {
    /// Everything.
    pub const UNLIMITED: Allowance = Allowance {
        connections: 0,
        handshakes_per_sec: 0,
        publishes_per_sec: 0,
        messages_per_sec: 0,
    };

    /// Enough for an office, or a server with a hundred workers.
    pub const STRANGER: Allowance = Allowance {
        connections: 256,
        handshakes_per_sec: 50,
        publishes_per_sec: 200,
        messages_per_sec: 50,
    };

    /// How many of these are allowed a second.
    pub(super) fn per_sec(&self, charge: Charge) -> u32 {
        match charge {
            Charge::Handshake => self.handshakes_per_sec,
            Charge::Publish => self.publishes_per_sec,
            Charge::Message => self.messages_per_sec,
        }
    }
}

/// What there is to have, for one and for all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// For each address of this machine itself: its own programs, which could harm it otherwise.
    pub loopback: Allowance,
    /// For each other address.
    pub stranger: Allowance,
    /// Connections open at a time, of all together.
    pub max_connections: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            loopback: Allowance::UNLIMITED,
            stranger: Allowance::STRANGER,
            max_connections: usize::MAX,
        }
    }
}

/// A limit that somebody ran into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// [`Limits::max_connections`].
    Connections,
    /// The kernel had no descriptor left.
    Descriptors,
    /// [`Allowance::connections`].
    ConnectionsPerAddress,
    /// [`Allowance::handshakes_per_sec`].
    Handshakes,
    /// [`Allowance::publishes_per_sec`].
    Publishes,
    /// [`Allowance::messages_per_sec`].
    Messages,
}

impl Limit {
    /// All of them.
    pub const ALL: [Limit; 6] = [
        Limit::Connections,
        Limit::Descriptors,
        Limit::ConnectionsPerAddress,
        Limit::Handshakes,
        Limit::Publishes,
        Limit::Messages,
    ];

    /// The word for those who count.
    pub fn name(self) -> &'static str {
        match self {
            Limit::Connections => "connections",
            Limit::Descriptors => "descriptors",
            Limit::ConnectionsPerAddress => "connections_per_address",
            Limit::Handshakes => "handshakes",
            Limit::Publishes => "publishes",
            Limit::Messages => "messages",
        }
    }
}

impl From<Charge> for Limit {
    fn from(charge: Charge) -> Limit {
        match charge {
            Charge::Handshake => Limit::Handshakes,
            Charge::Publish => Limit::Publishes,
            Charge::Message => Limit::Messages,
        }
    }
}
