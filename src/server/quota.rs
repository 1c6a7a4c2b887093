//! How much of the daemon one address may have.
//!
//! Who is counted together? One IPv4 address, and one /64 of IPv6: a household has that many, and
//! may use each address in it once. Behind one IPv4 address there may be an office, so the limits
//! are for offices.
//!
//! An account counts an address's open connections and has a token bucket for each [`Charge`].
//! It exists only while there is something in it that a new one would not have: a connection, or a
//! bucket that is not full. So a million addresses that came once cost nothing, and who leaves and
//! comes back at once does not find its buckets filled.
//!
//! A peer keeps its account's slot: what is charged to it needs no look-up by address.

use std::array;
use std::collections::HashMap;
use std::net::IpAddr;

use slab::Slab;

use crate::server::limits::{Allowance, Limit, Limits};
use crate::session::forwarded::number;
use crate::session::toll::{Charge, Toll};
use crate::task::deadlines::{Alarm, Deadlines};
use crate::task::{Now, Refusal};

/// How many seconds' worth of tokens a bucket holds: who was quiet this long may make up for it at
/// once. A page opens all its sockets in one moment, and a worker sends its first batch whole.
pub const BURST_SECS: u64 = 5;

const NS_PER_MS: u64 = 1_000_000;
const NS_PER_SEC: u64 = 1_000_000_000;

/// An account's slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountKey(u32);

impl AccountKey {
    /// The account of all who have no limits: Unix sockets, proxies, and addresses that are allowed
    /// everything.
    pub const EXEMPT: AccountKey = AccountKey(0);
}

/// A token bucket, kept as the moment at which it will be full again. That one number is its level
/// too, and need not be touched to rise.
#[derive(Debug, Clone, Copy, Default)]
struct Bucket {
    full_ns: u64,
}

impl Bucket {
    /// Takes a token out, if one is in it.
    fn take(&mut self, per_sec: u32, now_ns: u64) -> bool {
        let Some(token_ns) = NS_PER_SEC.checked_div(u64::from(per_sec)) else {
            return true;
        };
        let full_ns = self.full_ns.max(now_ns) + token_ns;
        let holds_ns = token_ns * u64::from(per_sec) * BURST_SECS;
        let is_there = full_ns - now_ns <= holds_ns;
        if is_there {
            self.full_ns = full_ns;
        }
        is_there
    }
}

#[derive(Debug)]
struct Account {
    /// The address, as far as it counts; the exempt are no address.
    block: Option<Block>,
    allowance: Allowance,
    connections: u32,
    buckets: [Bucket; 3],
    /// When a new account would be no different, unless a connection stands by then.
    alarm: Alarm,
}

impl Account {
    fn full_ms(&self) -> u64 {
        let full_ns = self.buckets.iter().map(|bucket| bucket.full_ns).max();
        full_ns.unwrap_or_default().div_ceil(NS_PER_MS)
    }
}

/// Addresses that are counted as one: the /64 of an IPv6 address, all of an IPv4 address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Block(u128);

impl Block {
    fn of(address: IpAddr) -> Block {
        let number = number(address);
        match address {
            IpAddr::V4(_) => Block(number),
            IpAddr::V6(_) => Block(number & !u128::from(u64::MAX)),
        }
    }
}

/// All accounts.
#[derive(Debug)]
pub struct Accounts {
    limits: Limits,
    accounts: Slab<Account>,
    by_block: HashMap<Block, AccountKey>,
    deadlines: Deadlines,
    refused: [u64; Limit::ALL.len()],
}

impl Accounts {
    /// Nobody has anything yet.
    pub fn new(limits: Limits) -> Accounts {
        let exempt = Account {
            block: None,
            allowance: Allowance::UNLIMITED,
            // It is held by the daemon itself, so that it stays.
            connections: 1,
            buckets: array::from_fn(|_| Bucket::default()),
            alarm: Alarm::default(),
        };
        Accounts {
            limits,
            accounts: Slab::from_iter([(AccountKey::EXEMPT.0 as usize, exempt)]),
            by_block: HashMap::new(),
            deadlines: Deadlines::default(),
            refused: [0; Limit::ALL.len()],
        }
    }

    /// How many addresses have an account.
    pub fn len(&self) -> usize {
        self.by_block.len()
    }

    /// Whether no address has one.
    pub fn is_empty(&self) -> bool {
        self.by_block.is_empty()
    }

    /// How often somebody was refused for running into `limit`.
    pub fn refused(&self, limit: Limit) -> u64 {
        self.refused[limit as usize]
    }

    /// Counts somebody who ran into `limit`.
    pub(super) fn count(&mut self, limit: Limit) {
        self.refused[limit as usize] += 1;
    }

    /// Opens a connection for `address`, where there are `open` by now; none is exempt.
    ///
    /// # Errors
    /// [`Refusal::TooManyConnections`].
    pub fn connect(&mut self, address: Option<IpAddr>, open: usize) -> Result<AccountKey, Refusal> {
        if open >= self.limits.max_connections {
            self.count(Limit::Connections);
            return Err(Refusal::TooManyConnections);
        }
        let key = address.map_or(AccountKey::EXEMPT, |address| self.find(address));
        self.join(key).map(|()| key)
    }

    /// A connection of this account has ended.
    pub fn leave(&mut self, key: AccountKey, now: Now) {
        self.account(key).connections -= 1;
        self.settle(key, now);
    }

    /// Charges a connection's own account.
    ///
    /// # Errors
    /// [`Refusal::TooManyRequests`].
    pub fn charge(&mut self, key: AccountKey, charge: Charge, now: Now) -> Result<(), Refusal> {
        let account = self.account(key);
        let per_sec = account.allowance.per_sec(charge);
        if account.buckets[charge as usize].take(per_sec, now.ticks_ms * NS_PER_MS) {
            return Ok(());
        }
        self.count(charge.into());
        Err(Refusal::TooManyRequests)
    }

    /// Charges an address for which a proxy asks. A handshake makes it the owner of the connection,
    /// which was on account `key`.
    fn charge_asker(
        &mut self,
        key: &mut AccountKey,
        charge: Charge,
        asker: IpAddr,
        now: Now,
    ) -> Result<(), Refusal> {
        let own = self.find(asker);
        let mut result = self.charge(own, charge, now);
        if result.is_ok() && charge == Charge::Handshake {
            result = self.hand_over(key, own, now);
        }
        self.settle(own, now);
        result
    }

    /// Makes the connection on account `key` an address's.
    fn lend(&mut self, key: &mut AccountKey, asker: IpAddr, now: Now) -> Result<(), Refusal> {
        let own = self.find(asker);
        let result = self.hand_over(key, own, now);
        self.settle(own, now);
        result
    }

    /// A proxy's connection that was lent is the proxy's again.
    pub(super) fn return_to_proxy(&mut self, key: &mut AccountKey, now: Now) {
        if *key != AccountKey::EXEMPT {
            self.account(AccountKey::EXEMPT).connections += 1;
            self.leave(std::mem::replace(key, AccountKey::EXEMPT), now);
        }
    }

    fn hand_over(
        &mut self,
        key: &mut AccountKey,
        own: AccountKey,
        now: Now,
    ) -> Result<(), Refusal> {
        self.join(own)?;
        self.leave(std::mem::replace(key, own), now);
        Ok(())
    }

    /// Gives up accounts in which there is nothing.
    pub fn tick(&mut self, now: Now) {
        while let Some(due) = self.deadlines.due(now.ticks_ms) {
            let Some(account) = self.accounts.get_mut(due.key as usize) else {
                continue;
            };
            if self.deadlines.rings(due, &mut account.alarm, now.ticks_ms) {
                self.settle(AccountKey(due.key), now);
            }
        }
    }

    /// When [`tick`](Self::tick) is wanted, in ticks.
    pub fn next_tick_ms(&self) -> Option<u64> {
        self.deadlines.next_ms()
    }

    fn account(&mut self, key: AccountKey) -> &mut Account {
        &mut self.accounts[key.0 as usize]
    }

    /// The account of an address, be it a new one.
    fn find(&mut self, address: IpAddr) -> AccountKey {
        let address = address.to_canonical();
        let allowance = match address.is_loopback() {
            true => self.limits.loopback,
            false => self.limits.stranger,
        };
        if allowance == Allowance::UNLIMITED {
            return AccountKey::EXEMPT;
        }
        let accounts = &mut self.accounts;
        let block = Block::of(address);
        *self.by_block.entry(block).or_insert_with(|| {
            let account = Account {
                block: Some(block),
                allowance,
                connections: 0,
                buckets: array::from_fn(|_| Bucket::default()),
                alarm: Alarm::default(),
            };
            AccountKey(accounts.insert(account) as u32)
        })
    }

    fn join(&mut self, key: AccountKey) -> Result<(), Refusal> {
        let account = self.account(key);
        let limit = account.allowance.connections;
        if limit > 0 && account.connections >= limit {
            self.count(Limit::ConnectionsPerAddress);
            return Err(Refusal::TooManyConnections);
        }
        account.connections += 1;
        Ok(())
    }

    /// An account without connections ends when its buckets are full.
    fn settle(&mut self, key: AccountKey, now: Now) {
        let account = &mut self.accounts[key.0 as usize];
        if account.connections > 0 {
            return;
        }
        let full_ms = account.full_ms();
        if full_ms > now.ticks_ms {
            return self.deadlines.set(&mut account.alarm, key.0, full_ms);
        }
        self.deadlines.clear(&mut account.alarm, key.0);
        if let Some(block) = account.block {
            self.by_block.remove(&block);
            self.accounts.remove(key.0 as usize);
        }
    }
}

/// One peer's account, open before its session.
#[derive(Debug)]
pub(super) struct Purse<'b> {
    pub(super) accounts: &'b mut Accounts,
    pub(super) key: &'b mut AccountKey,
    pub(super) now: Now,
}

impl Toll for Purse<'_> {
    fn charge(&mut self, charge: Charge, asker: Option<IpAddr>) -> Result<(), Refusal> {
        match asker {
            None => self.accounts.charge(*self.key, charge, self.now),
            Some(asker) => self
                .accounts
                .charge_asker(self.key, charge, asker, self.now),
        }
    }

    fn lend(&mut self, asker: IpAddr) -> Result<(), Refusal> {
        self.accounts.lend(self.key, asker, self.now)
    }
}
