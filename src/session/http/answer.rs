//! How what the daemon says becomes a response.

use crate::session::demand::{Answer, Notice};
use crate::session::events::EVENT_STREAM;
use crate::session::http::file;
use crate::session::http::terms::Terms;
use crate::session::refuse::refused;
use crate::session::vocabulary;
use crate::task::{Refusal, Update};
use crate::wire::http::{Response, Status};

/// The media type of Prometheus' text format.
const EXPOSITION: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The response that says `answer`.
pub(super) fn response<'a>(answer: &'a Answer, terms: &Terms) -> Response<'a> {
    let response = match answer {
        Answer::Published(published) => {
            let status = if published.created {
                Status::CREATED
            } else {
                Status::OK
            };
            Response::new(status).json(vocabulary::published(published))
        }
        Answer::PublishedMany(results) => {
            Response::new(Status::OK).json(vocabulary::results(results))
        }
        Answer::State(update) => state(update, terms),
        Answer::News(notice) => news(notice, terms),
        // Nginx would collect the events, and hand them on when it has a buffer full.
        Answer::Stream(_) => Response::new(Status::OK)
            .stream(EVENT_STREAM)
            .field("X-Accel-Buffering", "no"),
        Answer::List(list) if terms.has(&list.tag) => {
            Response::new(Status::NOT_MODIFIED).field("ETag", list.tag.as_str())
        }
        Answer::List(list) => Response::new(Status::OK)
            .announce("application/json", list.len)
            .field("ETag", list.tag.as_str()),
        Answer::Metrics(text) => Response::new(Status::OK).body(EXPOSITION, text.as_bytes()),
        Answer::CancelRequested(update) => Response::new(Status::ACCEPTED).json(update.json()),
        Answer::Recipes(json) => Response::new(Status::OK).json(json.as_bytes()),
        Answer::Started(_, update) => Response::new(Status::CREATED).json(update.json()),
        Answer::File(file) => return file::response(file, terms),
        Answer::Done | Answer::NoNews => Response::new(Status::NO_CONTENT),
        Answer::Refused(refusal) => refused(refusal),
    };
    response.field("Cache-Control", "no-cache")
}

/// What a poll was held for.
fn news<'n>(notice: &'n Notice, terms: &Terms) -> Response<'n> {
    match notice {
        Notice::State(update) => state(update, terms),
        Notice::Cancel { task, reason } => {
            let json = vocabulary::cancel_requested(task, reason.as_deref());
            Response::new(Status::OK).json(json)
        }
        Notice::Forgotten(_) => refused(&Refusal::UnknownTask),
    }
}

fn state<'u>(update: &'u Update, terms: &Terms) -> Response<'u> {
    let tag = format!("\"{}\"", update.rev());
    let response = match terms.has(&tag) {
        true => Response::new(Status::NOT_MODIFIED),
        false => Response::new(Status::OK).json(update.json()),
    };
    response.field("ETag", tag)
}
