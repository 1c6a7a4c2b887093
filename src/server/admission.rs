//! Who gets in.
//!
//! A connection that is turned away leaves nothing behind: it has no slot, no alarm and no session,
//! and the reactor closes it in the moment in which it was accepted.

use std::net::IpAddr;
use std::rc::Rc;

use crate::server::broker::Broker;
use crate::server::journal::event::Event;
use crate::server::limits::Limit;
use crate::server::peer::{Peer, limit_ms};
use crate::server::quota::Accounts;
use crate::session::http::Http;
use crate::session::{Access, Session, Wait};
use crate::task::hub::PeerKey;
use crate::task::{Now, Refusal};

impl Broker {
    /// A connection was accepted on an address with these rules of access. A peer without an
    /// address of its own came by a Unix socket.
    ///
    /// # Errors
    /// [`Refusal::TooManyConnections`], which is to be said, and the connection closed.
    pub fn connect(
        &mut self,
        access: Rc<Access>,
        address: Option<IpAddr>,
        now: Now,
    ) -> Result<PeerKey, Refusal> {
        let mut http = Http::new(access, Rc::clone(&self.keyring));
        // A proxy's connections are nobody's yet: whom it asks for, each request says.
        let is_proxy = self.proxies.trusts(address);
        if is_proxy {
            http = http.behind(Rc::clone(&self.proxies), address);
        }
        let owner = address.filter(|_| !is_proxy);
        let account = self
            .accounts
            .connect(owner, self.peers.len())
            .inspect_err(|refusal| self.count_refusal(refusal.code(), now))?;
        self.metrics.accepted += 1;
        let session = Session::Http(Box::new(http));
        let key = self.peers.insert(Peer::new(session, account));
        self.hub.reset(key);
        self.set_alarm(key, limit_ms(Wait::Head), now);
        Ok(key)
    }

    /// Somebody found no descriptor left.
    pub fn count_turned_away(&mut self, now: Now) {
        self.accounts.count(Limit::Descriptors);
        let code = Refusal::TooManyConnections.code();
        self.metrics.count_refusal(code);
        self.journal.note(Event::NoDescriptor, now);
    }

    /// The accounts of those who are connected, or were a moment ago.
    pub fn accounts(&self) -> &Accounts {
        &self.accounts
    }
}
