//! A request, from its head to what comes of it.
//!
//! Three questions, in this order: may these bytes be followed by others (the head), may this be
//! asked here (the call), and what does it come to (the consequence). A no to any of them is an
//! answer, after which the conversation goes on if it can still be known where the next request
//! begins.

use std::mem;
use std::net::IpAddr;

use crate::session::call::{Asked, Call, Rejection};
use crate::session::consequence::Consequence;
use crate::session::demand::{Demand, Fault};
use crate::session::http::stage::{Awaited, Stage};
use crate::session::http::terms::Terms;
use crate::session::http::{Http, SUBPROTOCOL};
use crate::session::outbox::Outbox;
use crate::session::refuse::{refused, rejected};
use crate::session::toll::{Charge, Toll};
use crate::session::{Outcome, Wait};
use crate::task::{Now, Refusal};
use crate::wire::handshake::{self, Offer};
use crate::wire::http::{Body, Fields, Framing, Head, Response, Status};

/// A request that may be granted when its content is there.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) terms: Terms,
    pub(super) call: Call,
    pub(super) body: Body,
    /// For whom a proxy sent it.
    pub(super) asker: Option<IpAddr>,
}

impl Http {
    /// `bytes` are a whole head.
    pub(super) fn open(
        &mut self,
        bytes: &[u8],
        out: &mut Outbox,
        toll: &mut dyn Toll,
        now: Now,
    ) -> Result<Outcome, Fault> {
        let mut fields = Fields::default();
        let head = Head::parse(bytes, &mut fields)?;
        let asker = self.proxy.as_ref().and_then(|proxy| proxy.asker(&head));
        if handshake::is_upgrade(&head)
            && let Err(refusal) = toll.charge(Charge::Handshake, asker)
        {
            let terms = Terms::read(&head, &self.access);
            return Ok(self.refuse(&terms, &refusal, out, now));
        }
        let call = match Asked::read(&head, &self.access, &self.keyring, now) {
            Ok(Asked::Call(call)) => call,
            Ok(Asked::Upgrade(offer, purpose, permit)) => {
                switch(&offer, out);
                return Ok(Outcome::Upgrade(purpose, permit));
            }
            Err(rejection) => {
                let terms = Terms::read(&head, &self.access);
                return Ok(self.reject(rejection, head.framing, terms, out, now));
            }
        };
        let terms = Terms::read(&head, &self.access);
        let body = match Body::new(head.framing, call.max_content()) {
            Ok(body) => body,
            Err(error) => return Ok(self.reject(error.into(), head.framing, terms, out, now)),
        };
        if head.expects_continue() && !body.is_complete() {
            Response::new(Status::CONTINUE).encode(terms.exchange, out.reply());
        }
        self.enter(Stage::Content(Box::new(Request {
            terms,
            call,
            body,
            asker,
        })));
        Ok(Outcome::Handled)
    }

    /// The content of the request is there.
    pub(super) fn call(&mut self, out: &mut Outbox, toll: &mut dyn Toll, now: Now) -> Outcome {
        let Stage::Content(request) = mem::replace(&mut self.stage, Stage::Over) else {
            return Outcome::Over;
        };
        let Request {
            terms,
            call,
            body,
            asker,
        } = *request;
        let mut pay = |charge| toll.charge(charge, asker);
        let consequence = Consequence::of(call, &body.into_bytes(), terms.known(), &mut pay);
        match consequence {
            Consequence::Demand(demand) => match lend_for(&demand, asker, toll) {
                Ok(()) => self.demand(demand, terms),
                Err(refusal) => self.refuse(&terms, &refusal, out, now),
            },
            Consequence::Respond(response) => self.respond(&terms, response, out, now).into(),
            Consequence::Refuse(refusal) => self.refuse(&terms, &refusal, out, now),
        }
    }

    fn demand(&mut self, demand: Demand, terms: Terms) -> Outcome {
        self.stage = match demand.wait_ms() {
            None => Stage::Answering(terms),
            Some(ms) => {
                self.new_wait = Some(Wait::News { ms });
                Stage::Held(terms, Awaited::by(&demand))
            }
        };
        Outcome::Demand(demand)
    }

    /// A no to who asks, or to how often.
    fn refuse(&mut self, terms: &Terms, refusal: &Refusal, out: &mut Outbox, now: Now) -> Outcome {
        let flow = self.respond(terms, refused(refusal), out, now);
        Outcome::Refused(refusal.code(), flow)
    }

    /// A no to what is asked. The content, if there is any, is not read.
    fn reject(
        &mut self,
        rejection: Rejection,
        framing: Framing,
        mut terms: Terms,
        out: &mut Outbox,
        now: Now,
    ) -> Outcome {
        // Content that nobody reads would be read as the next request, and so would content whose
        // length the client forgot.
        let is_unsure = rejection.error.status == Status::LENGTH_REQUIRED;
        if is_unsure || !matches!(framing, Framing::None | Framing::Length(0)) {
            terms.exchange = terms.exchange.closing();
        }
        let flow = self.respond(&terms, rejected(&rejection), out, now);
        Outcome::Refused(rejection.error.code, flow)
    }
}

/// Agrees to become a WebSocket.
fn switch(offer: &Offer, out: &mut Outbox) {
    let mut protocols = offer.protocols.iter();
    let known = protocols.any(|protocol| protocol == SUBPROTOCOL);
    offer.switching(known.then_some(SUBPROTOCOL), out.reply());
}

/// A demand that may wait long occupies a proxy's connection, for the one who asks.
fn lend_for(demand: &Demand, asker: Option<IpAddr>, toll: &mut dyn Toll) -> Result<(), Refusal> {
    match asker {
        Some(asker) if demand.wait_ms().is_some() => toll.lend(asker),
        _ => Ok(()),
    }
}
