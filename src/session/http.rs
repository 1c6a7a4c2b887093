//! A peer that speaks HTTP/1.1 or 1.0 (RFC 9112): requests in, responses out, in order.

mod answer;
mod file;
mod request;
mod sending;
mod stage;
mod terms;

use std::mem;
use std::net::IpAddr;
use std::rc::Rc;

use crate::session::access::Access;
use crate::session::demand::{Answer, Demand, Fault, Notice};
use crate::session::forwarded::Proxies;
use crate::session::http::answer::response;
use crate::session::http::stage::{Awaited, Stage};
use crate::session::http::terms::Terms;
use crate::session::keys::Keyring;
use crate::session::outbox::Outbox;
use crate::session::refuse::{date, error_response, stopping};
use crate::session::report::Reply;
use crate::session::toll::Toll;
use crate::session::{Flow, Outcome, Step, Wait};
use crate::task::Now;
use crate::wire::http::{Content, Head, HttpError, Persistence, Response, Scan, Status};

/// The subprotocol that is accepted when offered.
const SUBPROTOCOL: &str = "doneyet.v1";

/// A conversation in requests and responses.
#[derive(Debug)]
pub struct Http {
    access: Rc<Access>,
    keyring: Rc<Keyring>,
    /// Boxed, because proxies are few.
    proxy: Option<Box<OwnProxy>>,
    stage: Stage,
    /// The wait that the present stage began, until the broker has asked for it.
    new_wait: Option<Wait>,
    /// The last answer, until the broker has asked for it.
    new_reply: Option<Reply>,
}

// A held poll is one of these, beside what a watcher is: see the size of a peer.
#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Http>() <= 64);

/// The peer is a proxy of the operator's.
#[derive(Debug)]
struct OwnProxy {
    proxies: Rc<Proxies>,
    address: Option<IpAddr>,
}

impl Http {
    /// A conversation that has not begun, on an address with these rules of access.
    pub fn new(access: Rc<Access>, keyring: Rc<Keyring>) -> Http {
        Http {
            access,
            keyring,
            proxy: None,
            stage: Stage::Head(Scan::default()),
            new_wait: Some(Wait::Head),
            new_reply: None,
        }
    }

    /// The same with one of `proxies`, which says for whom it asks; for itself, at `address`, where
    /// it does not.
    pub fn behind(self, proxies: Rc<Proxies>, address: Option<IpAddr>) -> Http {
        Http {
            proxy: Some(Box::new(OwnProxy { proxies, address })),
            ..self
        }
    }

    /// See [`Session::next`](crate::session::Session::next).
    ///
    /// # Errors
    /// [`Fault::Request`] for bytes after which nothing can be read.
    pub fn next(
        &mut self,
        input: &[u8],
        out: &mut Outbox,
        toll: &mut dyn Toll,
        now: Now,
    ) -> Result<Step, Fault> {
        if matches!(self.stage, Stage::Between) && !input.is_empty() {
            self.enter(Stage::Head(Scan::default()));
        }
        let (consumed, outcome) = match &mut self.stage {
            Stage::Head(scan) => match scan.advance(input)? {
                None => (0, Outcome::Starved),
                Some(len) => (len, self.open(&input[..len], out, toll, now)?),
            },
            Stage::Content(request) => {
                let consumed = request.body.read(input)?;
                match request.body.is_complete() {
                    true => (consumed, self.call(out, toll, now)),
                    false => (consumed, Outcome::Starved),
                }
            }
            Stage::Between
            | Stage::Answering(_)
            | Stage::Held(..)
            | Stage::Sending(..)
            | Stage::Over => (0, Outcome::Starved),
        };
        Ok(Step { consumed, outcome })
    }

    /// See [`Session::answer`](crate::session::Session::answer).
    pub fn answer(&mut self, answer: &Answer, out: &mut Outbox, now: Now) -> Flow {
        let stage = mem::replace(&mut self.stage, Stage::Over);
        let (Stage::Answering(mut terms) | Stage::Held(mut terms, _)) = stage else {
            return Flow::Over;
        };
        if let Answer::Stream(_) = answer {
            terms.exchange = terms.exchange.closing();
        }
        let mut response = response(answer, &terms);
        if let Answer::Started(task, _) = answer {
            let base_path = &self.access.base_path;
            response = response.field("Location", format!("{base_path}/api/progress/{task}"));
        }
        let flow = self.respond(&terms, response, out, now);
        match (answer, terms.exchange.content) {
            (Answer::List(list), Content::Sent) if !terms.has(&list.tag) => {
                return self.await_content(flow, Some(0..list.len));
            }
            // The content is to come, and the close behind it.
            (Answer::Stream(_), Content::Sent) => return Flow::On,
            (Answer::File(file), _) => {
                return self.await_content(flow, file::content(file, &terms));
            }
            _ => {}
        }
        flow
    }

    /// See [`Session::notify`](crate::session::Session::notify): the first news is what a poll is
    /// held for, and further news is for nobody.
    pub fn notify(&mut self, notice: Notice, out: &mut Outbox, now: Now) -> Flow {
        match self.stage {
            Stage::Held(..) => self.answer(&Answer::News(notice), out, now),
            _ => Flow::On,
        }
    }

    /// See [`Session::tick`](crate::session::Session::tick).
    ///
    /// # Errors
    /// A request that is late gets 408, an idle connection nothing. Only the daemon's own lateness
    /// is no fault of the peer's, and that there is no news is nobody's.
    pub fn tick(&mut self, out: &mut Outbox, now: Now) -> Result<Flow, Fault> {
        match self.stage {
            Stage::Answering(_) => Ok(Flow::On),
            Stage::Held(..) => Ok(self.answer(&Answer::NoNews, out, now)),
            Stage::Head(_) | Stage::Content(_) => Err(Fault::Request(HttpError::new(
                Status::REQUEST_TIMEOUT,
                "timeout",
                "the request was not complete in time",
            ))),
            _ => Err(Fault::Gone),
        }
    }

    /// See [`Session::farewell`](crate::session::Session::farewell).
    pub fn farewell(&mut self, fault: &Fault, out: &mut Outbox, now: Now) {
        let response = match fault {
            Fault::Request(error) => error_response(error),
            Fault::Ended(..) if self.is_held() => stopping(),
            Fault::Ended(..) | Fault::Frame(_) | Fault::Gone => return,
        };
        // What was being answered has its terms; an unread request gets the plainest.
        let mut terms = match mem::replace(&mut self.stage, Stage::Over) {
            Stage::Content(request) => request.terms,
            Stage::Answering(terms) | Stage::Held(terms, _) => terms,
            _ => Terms::unread(),
        };
        terms.exchange = terms.exchange.closing();
        self.respond(&terms, response, out, now);
    }

    /// See [`Session::new_wait`](crate::session::Session::new_wait).
    pub fn new_wait(&mut self) -> Option<Wait> {
        self.new_wait.take()
    }

    /// See [`Session::new_reply`](crate::session::Session::new_reply).
    pub fn new_reply(&mut self) -> Option<Reply> {
        self.new_reply.take()
    }

    /// Whether the peer is a proxy of the operator's.
    pub fn is_proxied(&self) -> bool {
        self.proxy.is_some()
    }

    /// Whether the peer is in the middle of a request that deserves its answer.
    pub fn is_busy(&self) -> bool {
        matches!(
            self.stage,
            Stage::Content(_) | Stage::Answering(_) | Stage::Sending(..)
        )
    }

    /// The request that it is in the middle of is its last, and the answer says so, unless that has
    /// begun already (RFC 9112 §9.6).
    pub fn conclude(&mut self) {
        match &mut self.stage {
            Stage::Content(request) => request.terms.exchange = request.terms.exchange.closing(),
            Stage::Answering(terms) | Stage::Held(terms, _) => {
                terms.exchange = terms.exchange.closing();
            }
            Stage::Sending(flow, _) => *flow = Flow::Over,
            Stage::Between | Stage::Head(_) | Stage::Over => {}
        }
    }

    /// Whether a demand is out and its answer is being made.
    pub fn is_answering(&self) -> bool {
        matches!(self.stage, Stage::Answering(_) | Stage::Sending(..))
    }

    /// Whether a demand is out and its answer has not come.
    pub fn awaits_answer(&self) -> bool {
        self.is_answering() || self.is_held()
    }

    /// Whether a demand is out that waits for news.
    pub fn is_held(&self) -> bool {
        matches!(self.stage, Stage::Held(..))
    }

    /// What is to be asked again when there is news, if the answer is not the news itself.
    pub fn question(&self) -> Option<Demand> {
        match &self.stage {
            Stage::Held(_, Awaited::List(status)) => Some(Demand::List {
                status: status.as_ref().clone(),
            }),
            _ => None,
        }
    }

    fn enter(&mut self, stage: Stage) {
        self.new_wait = match stage {
            Stage::Head(_) => Some(Wait::Head),
            Stage::Content(_) => Some(Wait::Content),
            Stage::Between => Some(Wait::NextRequest),
            Stage::Answering(_) | Stage::Held(..) | Stage::Sending(..) | Stage::Over => {
                self.new_wait
            }
        };
        self.stage = stage;
    }

    fn respond<'r>(
        &mut self,
        terms: &'r Terms,
        mut response: Response<'r>,
        out: &mut Outbox,
        now: Now,
    ) -> Flow {
        self.new_reply = Some(Reply {
            method: terms.method,
            status: response.status(),
        });
        // Without a friendly origin too: a cache that keeps that answer must not give it to one.
        response = response.field("Date", date(now)).field("Vary", "Origin");
        if let Some(origin) = terms.origin() {
            response = response
                .field("Access-Control-Allow-Origin", origin)
                .field("Access-Control-Expose-Headers", "ETag");
        }
        response.encode(terms.exchange, out.reply());
        match terms.exchange.persistence {
            Persistence::KeepAlive => {
                self.enter(Stage::Between);
                Flow::On
            }
            Persistence::Close => {
                self.stage = Stage::Over;
                Flow::Over
            }
        }
    }
}

impl OwnProxy {
    fn asker(&self, head: &Head<'_>) -> Option<IpAddr> {
        self.proxies.asker(head).or(self.address)
    }
}

impl From<Flow> for Outcome {
    fn from(flow: Flow) -> Outcome {
        match flow {
            Flow::On => Outcome::Handled,
            Flow::Over => Outcome::Over,
        }
    }
}
