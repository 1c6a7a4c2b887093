//! Which thing a path names, and what may be done with it.

use crate::page::{self, Asset};
use crate::session::access::Access;
use crate::task::TaskId;
use crate::task::id::BadTaskId;
use crate::wire::http::percent_decode;

/// A thing with a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// A file of the dashboard.
    Page(&'static Asset),
    /// Whether the daemon is well.
    Health,
    /// The daemon's own numbers.
    Metrics,
    /// All tasks.
    Tasks,
    /// One task.
    Task(TaskId),
    /// The wish to cancel one.
    TaskCancel(TaskId),
    /// The news of one, as events.
    TaskEvents(TaskId),
    /// The news of all, as events.
    AllEvents,
    /// What may be ordered.
    Recipes,
    /// Where orders are given.
    Orders,
    /// A file that a job has made.
    File(TaskId, String),
    /// A WebSocket.
    Socket(Endpoint),
}

/// What a WebSocket is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// Watching one task.
    Watch(TaskId),
    /// Watching the tasks that the watcher names.
    WatchMany,
    /// Watching all.
    WatchAll,
    /// Publishing one task.
    Work(TaskId),
    /// Publishing the tasks that the patches name.
    WorkMany,
    /// The first lesson: `{"hello":"world"}`.
    Hello,
    /// Everything comes back.
    Echo,
}

/// Why a path leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRoute {
    /// There is nothing there.
    NotFound,
    /// There would be, but for the task's name.
    BadTaskId,
    /// The base path without the slash, with which the page's relative links would go wrong.
    NeedsSlash,
}

impl From<BadTaskId> for NoRoute {
    fn from(_: BadTaskId) -> NoRoute {
        NoRoute::BadTaskId
    }
}

impl Resource {
    /// Finds what `path` (not yet percent-decoded) names.
    ///
    /// # Errors
    /// [`NoRoute`] says why it names nothing.
    pub fn find(path: &str, access: &Access) -> Result<Resource, NoRoute> {
        let Some(path) = access.below_base(path) else {
            let needs_slash = !path.is_empty() && path == access.base_path;
            return Err(if needs_slash {
                NoRoute::NeedsSlash
            } else {
                NoRoute::NotFound
            });
        };
        if let Some(asset) = page::asset(path) {
            return Ok(Resource::Page(asset));
        }
        let (route, rest) = split_route(path);
        match (route, rest) {
            ("/healthz", None) => Ok(Resource::Health),
            ("/metrics", None) => Ok(Resource::Metrics),
            ("/api/progress", None) => Ok(Resource::Tasks),
            ("/api/progress", Some(rest)) => match rest.split_once('/') {
                None => Ok(Resource::Task(task_id(rest)?)),
                Some((id, "cancel")) => Ok(Resource::TaskCancel(task_id(id)?)),
                Some(_) => Err(NoRoute::NotFound),
            },
            ("/sse/all", None) => Ok(Resource::AllEvents),
            ("/sse/progress", Some(id)) if !id.contains('/') => {
                Ok(Resource::TaskEvents(task_id(id)?))
            }
            ("/api/recipes", None) if access.recipes => Ok(Resource::Recipes),
            ("/api/tasks", None) if access.recipes => Ok(Resource::Orders),
            ("/api/tasks", Some(rest)) if access.recipes => Resource::file(rest),
            _ => Ok(Resource::Socket(Endpoint::find(route, rest, access)?)),
        }
    }

    /// `{id}/files/{name}`. That the name is one, and no path, is seen to where files are.
    fn file(rest: &str) -> Result<Resource, NoRoute> {
        let mut segments = rest.split('/');
        let parts = (
            segments.next(),
            segments.next(),
            segments.next(),
            segments.next(),
        );
        let (Some(id), Some("files"), Some(name), None) = parts else {
            return Err(NoRoute::NotFound);
        };
        let name = percent_decode(name).ok_or(NoRoute::NotFound)?;
        Ok(Resource::File(task_id(id)?, name.into_owned()))
    }

    /// The methods that the thing understands, as its `Allow` field.
    pub fn allow(&self) -> &'static str {
        match self {
            Resource::Tasks => "GET, HEAD, POST, OPTIONS",
            Resource::Task(_) => "GET, HEAD, POST, PUT, DELETE, OPTIONS",
            Resource::TaskCancel(_) => "GET, HEAD, POST, OPTIONS",
            Resource::Orders => "POST, OPTIONS",
            Resource::Page(_)
            | Resource::Health
            | Resource::Metrics
            | Resource::TaskEvents(_)
            | Resource::AllEvents
            | Resource::Recipes
            | Resource::File(..)
            | Resource::Socket(_) => "GET, HEAD, OPTIONS",
        }
    }
}

impl Endpoint {
    fn find(route: &str, rest: Option<&str>, access: &Access) -> Result<Endpoint, NoRoute> {
        match (route, rest) {
            ("/ws", None) => Ok(Endpoint::Hello),
            ("/ws/all", None) => Ok(Endpoint::WatchAll),
            ("/ws/echo", None) if access.echo => Ok(Endpoint::Echo),
            ("/ws/progress", None) => Ok(Endpoint::WatchMany),
            ("/ws/progress", Some(id)) if !id.contains('/') => Ok(Endpoint::Watch(task_id(id)?)),
            ("/ws/worker", None) => Ok(Endpoint::WorkMany),
            ("/ws/worker", Some(id)) if !id.contains('/') => Ok(Endpoint::Work(task_id(id)?)),
            _ => Err(NoRoute::NotFound),
        }
    }
}

/// Splits after the second segment: `/ws/progress/dl-42` is the route `/ws/progress` of `dl-42`.
fn split_route(path: &str) -> (&str, Option<&str>) {
    let mut slashes = path.bytes().enumerate().filter(|(_, byte)| *byte == b'/');
    match slashes.nth(2) {
        Some((at, _)) => (&path[..at], Some(&path[at + 1..])),
        None => (path, None),
    }
}

fn task_id(segment: &str) -> Result<TaskId, NoRoute> {
    let text = percent_decode(segment).ok_or(NoRoute::BadTaskId)?;
    Ok(TaskId::new(&text)?)
}
