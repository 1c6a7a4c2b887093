//! What a request asks for, decided from its head alone.
//!
//! The head is HTTP by now, and says where the request ends. What else can refuse it without
//! reading its content does so here, in one order: who asks (`Host`, `Origin`), a method that
//! nobody knows, what for (path), how (a method that the path has, the query, the handshake), with
//! what right (tokens, tickets), and in which form (coding, length).

use std::borrow::Cow;

use crate::page::Asset;
use crate::session::access::Access;
use crate::session::credentials::{credentials, denied};
use crate::session::demand::{Feed, Until};
use crate::session::keys::{Keyring, Need, Permit};
use crate::session::query::{self, DEFAULT_WAIT_MS};
use crate::session::route::{Endpoint, NoRoute, Resource};
use crate::session::toll::Charge;
use crate::session::websocket::Purpose;
use crate::task::update::MAX_FIELDS;
use crate::task::{Mode, Now, TaskId};
use crate::wire::handshake::{self, Offer};
use crate::wire::http::{Framing, Head, HttpError, Status, Target};

/// The longest batch of publishes, in bytes.
pub const MAX_BATCH: usize = 1024 * 1024;
/// The longest order, in bytes. A value that is far too long is to be refused by its field's name,
/// so a megabyte of it, and some more, is read.
pub const MAX_ORDER: usize = 1024 * 1024 + 64 * 1024;

/// What a head asks for, and may.
#[derive(Debug)]
pub enum Asked {
    /// To become a WebSocket, its handshake checked.
    Upgrade(Offer, Purpose, Permit),
    /// An answer.
    Call(Call),
}

/// A request that may be granted, once its content is there.
#[derive(Debug)]
pub enum Call {
    /// A file of the dashboard.
    Page(&'static Asset),
    /// Is the daemon well?
    Health,
    /// How is it doing, in numbers?
    Metrics,
    /// Which methods are there, and may a page of another origin use them?
    Options {
        /// The `Allow` field.
        allow: &'static str,
    },
    /// The states of all tasks, of this status if one is named.
    List(Option<String>),
    /// All states, as soon as a task has changed since the list that the client has.
    AwaitList {
        /// `?status=`.
        status: Option<String>,
        /// `?wait=`.
        wait_ms: u32,
    },
    /// A task's state, unless the client has it already.
    Show(TaskId),
    /// A task's state, as soon as it is news to the client.
    AwaitState {
        /// Whose.
        task: TaskId,
        /// `?since=`: what is no news.
        since: Option<u64>,
        /// `?wait=`.
        wait_ms: u32,
    },
    /// A watcher's wish to cancel a task, as soon as there is one.
    AwaitCancel {
        /// Which.
        task: TaskId,
        /// `?wait=`.
        wait_ms: u32,
    },
    /// News as events.
    Stream(Feed),
    /// A publish.
    Publish {
        /// Whose.
        task: TaskId,
        /// Merged or from scratch.
        mode: Mode,
        /// `?lease=`.
        lease_ms: Option<u64>,
    },
    /// Several.
    PublishMany {
        /// `?lease=`, for each of them.
        lease_ms: Option<u64>,
    },
    /// Forget a task.
    Forget(TaskId),
    /// Ask a task's worker to stop.
    Cancel(TaskId),
    /// What may be ordered?
    Recipes,
    /// An order.
    Order,
    /// A file that the job of a task has made.
    Fetch(TaskId, String),
}

/// A request that is refused, and what the refusal says besides.
#[derive(Debug)]
pub struct Rejection {
    /// Why.
    pub error: HttpError,
    /// The `Allow` field that a 405 must have.
    pub allow: Option<&'static str>,
    /// The `Location` field of a redirection.
    pub location: Option<String>,
}

impl From<HttpError> for Rejection {
    fn from(error: HttpError) -> Rejection {
        Rejection {
            error,
            allow: None,
            location: None,
        }
    }
}

impl Asked {
    /// Decides what `head` asks for, on an address with these rules of `access`, and whether its
    /// credentials open that (and how far).
    ///
    /// # Errors
    /// The [`Rejection`] to answer with.
    pub fn read(
        head: &Head<'_>,
        access: &Access,
        keyring: &Keyring,
        now: Now,
    ) -> Result<Asked, Rejection> {
        check_asker(head, access)?;
        let target = Target::parse(head.target)?;
        check_method_is_known(head.method)?;
        if target.path == "*" {
            let allow = "GET, HEAD, POST, PUT, DELETE, OPTIONS";
            return Ok(Asked::Call(Call::Options { allow }));
        }
        let resource =
            Resource::find(target.path, access).map_err(|none| no_route(none, &target, access))?;
        let brought = credentials(head, &target);
        let permit = |need| match access.private {
            true => Ok(Permit::Full),
            false => keyring
                .permit(need, &brought, now.unix_ms)
                .map_err(|why| denied(why, need)),
        };
        if let ("GET", Resource::Socket(endpoint)) = (head.method, &resource) {
            let (offer, purpose) = (Offer::read(head)?, purpose(endpoint, &target)?);
            let permit = permit(purpose.need())?;
            return Ok(Asked::Upgrade(offer, purpose, permit));
        }
        let call = Call::find(head, &target, &resource)?;
        permit(call.need())?;
        call.check_content(head)?;
        Ok(Asked::Call(call))
    }
}

impl Call {
    /// What the caller must be allowed.
    fn need(&self) -> Need<'_> {
        match self {
            // The numbers are of the daemon: no task is named in them.
            Call::Page(_) | Call::Health | Call::Metrics | Call::Options { .. } => Need::Nothing,
            Call::Publish { .. }
            | Call::PublishMany { .. }
            | Call::Forget(_)
            | Call::Recipes
            | Call::Order
            | Call::AwaitCancel { .. } => Need::Publish,
            Call::List(_) | Call::AwaitList { .. } | Call::Stream(Feed::All) => Need::WatchAll,
            Call::Show(task)
            | Call::Fetch(task, _)
            | Call::AwaitState { task, .. }
            | Call::Stream(Feed::Task { task, .. }) => Need::Watch(task),
            Call::Cancel(task) => Need::Cancel(task),
        }
    }

    /// What the caller is charged for it, apart from the lines of a batch.
    pub(super) fn charge(&self) -> Option<Charge> {
        match self {
            Call::Publish { .. } | Call::Forget(_) | Call::Order => Some(Charge::Publish),
            Call::Cancel(_) => Some(Charge::Message),
            // It takes what a WebSocket takes, and keeps it for as long.
            Call::Stream(_) => Some(Charge::Handshake),
            _ => None,
        }
    }

    /// The most content this call takes, in bytes.
    pub fn max_content(&self) -> usize {
        match self {
            Call::PublishMany { .. } => MAX_BATCH,
            Call::Order => MAX_ORDER,
            _ => MAX_FIELDS,
        }
    }

    fn find(head: &Head<'_>, target: &Target<'_>, resource: &Resource) -> Result<Call, Rejection> {
        let call = match (head.method, resource) {
            ("OPTIONS", resource) => Call::Options {
                allow: resource.allow(),
            },
            ("GET" | "HEAD", Resource::Page(asset)) => Call::Page(asset),
            ("GET" | "HEAD", Resource::Health) => Call::Health,
            ("GET" | "HEAD", Resource::Metrics) => Call::Metrics,
            ("GET" | "HEAD", Resource::Tasks) => {
                let status = target.query_value("status").map(Cow::into_owned);
                match query::wait_ms(target)? {
                    None => Call::List(status),
                    Some(wait_ms) => Call::AwaitList { status, wait_ms },
                }
            }
            ("GET" | "HEAD", Resource::Task(task)) => {
                match (query::since(target)?, query::wait_ms(target)?) {
                    (None, None) => Call::Show(task.clone()),
                    (since, wait_ms) => Call::AwaitState {
                        task: task.clone(),
                        since,
                        wait_ms: wait_ms.unwrap_or(DEFAULT_WAIT_MS),
                    },
                }
            }
            ("GET" | "HEAD", Resource::TaskCancel(task)) => Call::AwaitCancel {
                task: task.clone(),
                wait_ms: query::wait_ms(target)?.unwrap_or(DEFAULT_WAIT_MS),
            },
            ("GET" | "HEAD", Resource::TaskEvents(task)) => Call::Stream(Feed::Task {
                task: task.clone(),
                until: query::until(target)?,
                seen: head.text("last-event-id").and_then(query::revision),
            }),
            ("GET" | "HEAD", Resource::AllEvents) => {
                query::until(target)?;
                Call::Stream(Feed::All)
            }
            ("HEAD", Resource::Socket(_)) => {
                return Err(handshake::speaks_websocket().into());
            }
            ("POST", Resource::Tasks) => Call::PublishMany {
                lease_ms: query::lease_ms(target)?,
            },
            ("POST" | "PUT", Resource::Task(task)) => Call::Publish {
                task: task.clone(),
                mode: if head.method == "PUT" {
                    Mode::Replace
                } else {
                    Mode::Merge
                },
                lease_ms: query::lease_ms(target)?,
            },
            ("DELETE", Resource::Task(task)) => Call::Forget(task.clone()),
            ("POST", Resource::TaskCancel(task)) => Call::Cancel(task.clone()),
            ("GET" | "HEAD", Resource::Recipes) => Call::Recipes,
            ("POST", Resource::Orders) => Call::Order,
            ("GET" | "HEAD", Resource::File(task, name)) => Call::Fetch(task.clone(), name.clone()),
            _ => {
                let error = HttpError::method_not_allowed("this route has no such method");
                return Err(Rejection {
                    allow: Some(resource.allow()),
                    ..error.into()
                });
            }
        };
        Ok(call)
    }

    fn check_content(&self, head: &Head<'_>) -> Result<(), HttpError> {
        let mut codings = head.fields("content-encoding");
        if !codings.all(|coding| coding.eq_ignore_ascii_case(b"identity")) {
            return Err(HttpError::new(
                Status::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_coding",
                "content must be sent without a coding",
            ));
        }
        let needs_content = matches!(
            self,
            Call::Publish { .. } | Call::PublishMany { .. } | Call::Order
        );
        if needs_content && head.framing == Framing::None {
            return Err(HttpError::new(
                Status::LENGTH_REQUIRED,
                "length_required",
                "a publish or an order needs content with a Content-Length, or chunked",
            ));
        }
        Ok(())
    }
}

fn check_asker(head: &Head<'_>, access: &Access) -> Result<(), HttpError> {
    if !access.allows_host(head.host()) {
        return Err(HttpError::new(
            Status::FORBIDDEN,
            "forbidden_host",
            "this daemon does not answer to that Host; --allow-host adds names",
        ));
    }
    let Some(origin) = head.field("origin") else {
        return Ok(());
    };
    let origin = std::str::from_utf8(origin).unwrap_or_default();
    let is_guarded = head.method != "GET" || handshake::is_upgrade(head);
    // Two origins in one request come from no browser.
    let is_one = head.only("origin").is_some();
    if is_guarded && !(is_one && access.allows_origin(origin, head.host())) {
        return Err(HttpError::new(
            Status::FORBIDDEN,
            "forbidden_origin",
            "pages of that Origin may not do this; --allow-origin adds origins",
        ));
    }
    Ok(())
}

/// RFC 9110 §9.1: 501 for a method nobody here knows, 405 for one that this route does not have.
fn check_method_is_known(method: &str) -> Result<(), HttpError> {
    match method {
        "GET" | "HEAD" | "POST" | "PUT" | "DELETE" | "OPTIONS" | "PATCH" | "TRACE" | "CONNECT" => {
            Ok(())
        }
        _ => Err(HttpError::not_implemented("there is no such method")),
    }
}

fn no_route(why: NoRoute, target: &Target<'_>, access: &Access) -> Rejection {
    match why {
        NoRoute::NotFound => HttpError::new(
            Status::NOT_FOUND,
            "not_found",
            "there is nothing at this path",
        )
        .into(),
        NoRoute::BadTaskId => HttpError::new(
            Status::BAD_REQUEST,
            "bad_task_id",
            "a task id is 1 to 128 of A-Z a-z 0-9 . _ ~ : @ - and neither . nor ..",
        )
        .into(),
        NoRoute::NeedsSlash => Rejection {
            location: Some(match target.query {
                Some(query) => format!("{}/?{query}", access.base_path),
                None => format!("{}/", access.base_path),
            }),
            ..HttpError::new(
                Status::PERMANENT_REDIRECT,
                "moved",
                "the page is at the path with /",
            )
            .into()
        },
    }
}

fn purpose(endpoint: &Endpoint, target: &Target<'_>) -> Result<Purpose, HttpError> {
    let until = query::until(target)?;
    Ok(match endpoint.clone() {
        Endpoint::Watch(task) if until == Until::End => Purpose::WatchUntilEnd(task),
        Endpoint::Watch(task) => Purpose::Watch(task),
        Endpoint::WatchMany => Purpose::WatchMany,
        Endpoint::WatchAll => Purpose::WatchAll,
        Endpoint::Work(task) => Purpose::Work(task),
        Endpoint::WorkMany => Purpose::WorkMany,
        Endpoint::Hello => Purpose::Hello,
        Endpoint::Echo => Purpose::Echo,
    })
}
