//! What follows from a call: a demand on the daemon, an answer that needs none, or a refusal.

use crate::page::{self, Asset};
use crate::recipe::Order;
use crate::session::call::Call;
use crate::session::demand::Demand;
use crate::session::tags::EntityTags;
use crate::session::toll::Charge;
use crate::session::{publish, vocabulary};
use crate::task::{Patch, Refusal};
use crate::wire::http::{Response, Status};

/// What follows from a call whose content is there.
#[derive(Debug)]
pub(super) enum Consequence {
    /// The daemon is asked.
    Demand(Demand),
    /// The answer needs nothing that the daemon keeps.
    Respond(Response<'static>),
    /// The content is not what it should be.
    Refuse(Refusal),
}

impl Consequence {
    /// What follows from `call`, now that its `content` is there and can be paid for. What the
    /// client has already is `known`.
    pub(super) fn of(
        call: Call,
        content: &[u8],
        known: Option<&EntityTags>,
        pay: &mut dyn FnMut(Charge) -> Result<(), Refusal>,
    ) -> Consequence {
        if let Some(charge) = call.charge()
            && let Err(refusal) = pay(charge)
        {
            return Consequence::Refuse(refusal);
        }
        let demand = match call {
            Call::Page(asset) => return Consequence::Respond(page(asset)),
            Call::Health => return Consequence::Respond(health()),
            Call::Options { allow } => return Consequence::Respond(options(allow)),
            Call::Metrics => Ok(Demand::Metrics),
            Call::List(status) => Ok(Demand::List { status }),
            Call::AwaitList { status, wait_ms } => Ok(Demand::AwaitList {
                status,
                known: known.cloned().unwrap_or_default(),
                wait_ms,
            }),
            Call::Show(task) => Ok(Demand::Show(task)),
            Call::AwaitState {
                task,
                since,
                wait_ms,
            } => Ok(Demand::AwaitState {
                task,
                since,
                wait_ms,
            }),
            Call::AwaitCancel { task, wait_ms } => Ok(Demand::AwaitCancel { task, wait_ms }),
            Call::Stream(feed) => Ok(Demand::Stream(feed)),
            Call::Forget(task) => Ok(Demand::Forget(task)),
            Call::PublishMany { lease_ms } => {
                let mut pay = || pay(Charge::Publish);
                publish::many(content, lease_ms, &mut pay).map(Demand::PublishMany)
            }
            Call::Publish {
                task,
                mode,
                lease_ms,
            } => Patch::parse(content)
                .and_then(|patch| publish::one(task, patch, mode, lease_ms))
                .map(Demand::Publish),
            Call::Recipes => Ok(Demand::Recipes),
            Call::Order => Order::parse(content).map(Demand::Start),
            Call::Fetch(task, name) => Ok(Demand::Fetch { task, name }),
            Call::Cancel(task) => {
                vocabulary::cancel_reason(content).map(|reason| Demand::Cancel { task, reason })
            }
        };
        demand.map_or_else(Consequence::Refuse, Consequence::Demand)
    }
}

fn page(asset: &'static Asset) -> Response<'static> {
    Response::new(Status::OK)
        .body(asset.content_type, asset.bytes)
        .field("Cache-Control", "no-cache")
        .field("Content-Security-Policy", page::CONTENT_SECURITY_POLICY)
        .field("Referrer-Policy", "no-referrer")
        .field("X-Content-Type-Options", "nosniff")
}

fn health() -> Response<'static> {
    Response::new(Status::OK)
        .json(&b"{\"status\":\"ok\"}"[..])
        .field("Cache-Control", "no-store")
}

fn options(allow: &'static str) -> Response<'static> {
    let fields = "Authorization, Content-Type, If-None-Match, Last-Event-ID";
    Response::new(Status::NO_CONTENT)
        .field("Allow", allow)
        .field("Access-Control-Allow-Methods", allow)
        .field("Access-Control-Allow-Headers", fields)
        .field("Access-Control-Max-Age", "600")
}
