//! A worker as one would write it: it downloads, and says how far it is.

use std::io::Read as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::files::{PATH, RESTART};
use crate::client::{ClientError, Download, Link, News, Server, start_over};

/// The task of this worker, always the same: started again, it begins anew.
const TASK: &str = "holiday";

/// How long the daemon may take to hear of the end.
const LAST_WORD: Duration = Duration::from_secs(5);

/// From hanging up to the last state. Nothing is kept here that would take time to put away; a
/// worker with an unfinished file has one to delete, and this demo is there to show each step.
const TIDYING: Duration = Duration::from_secs(1);

/// Bytes taken at once.
const PIECE: usize = 64 * 1024;

/// Whoever downloads, and for whom.
#[derive(Clone)]
pub(super) struct Fetcher {
    daemon: Server,
    files: SocketAddr,
    is_busy: Arc<AtomicBool>,
}

/// What a start did.
pub(super) enum Started {
    /// A download has begun.
    Now,
    /// One is under way already.
    Before,
}

/// How a download ended.
enum End {
    Complete,
    Cancelled,
    Failed(String),
}

impl Fetcher {
    pub(super) fn new(daemon: Server, files: SocketAddr) -> Fetcher {
        Fetcher {
            daemon,
            files,
            is_busy: Arc::default(),
        }
    }

    /// Begins a download on a thread of its own, unless there is one.
    pub(super) fn start(&self) -> Started {
        if self.is_busy.swap(true, Ordering::SeqCst) {
            return Started::Before;
        }
        let fetcher = self.clone();
        thread::spawn(move || {
            if let Err(error) = fetcher.work() {
                eprintln!("worker: {error}");
            }
            fetcher.is_busy.store(false, Ordering::SeqCst);
        });
        Started::Now
    }

    /// One run, from the first state to the last.
    fn work(&self) -> Result<(), ClientError> {
        let state = fields(json!({
            "status": "downloading",
            "title": "Holiday.mp4",
            "filename": "Holiday.mp4",
            "restart": format!("http://{}{RESTART}", self.files),
        }));
        start_over(&self.daemon, TASK, &state)?;
        let (order, orders) = mpsc::channel();
        let link = Link::open(self.daemon.clone(), TASK, state, move |news| {
            if let News::Cancel { .. } = news {
                let _ = order.send(());
            }
        });
        let last = match self.download(&link, &orders) {
            End::Complete => json!({"status": "completed"}),
            End::Cancelled => {
                thread::sleep(TIDYING);
                json!({"status": "cancelled", "message": null})
            }
            End::Failed(error) => json!({"status": "failed", "error": error}),
        };
        // Lost only with the daemon, and that one ends with us.
        let _ = link.finish(fields(last), LAST_WORD);
        Ok(())
    }

    fn download(&self, link: &Link, orders: &Receiver<()>) -> End {
        let mut download = match Download::open(&Server::at(self.files), PATH) {
            Ok(download) => download,
            Err(error) => return End::Failed(error.to_string()),
        };
        let total = download.len();
        let mut loaded = 0;
        let mut piece = vec![0; PIECE];
        loop {
            if orders.try_recv().is_ok() {
                let message = "Closing the unfinished download";
                link.publish(fields(
                    json!({"cancel": "acknowledged", "message": message}),
                ));
                // Leaving drops the connection, which is how the other end gets to know.
                return End::Cancelled;
            }
            match download.read(&mut piece) {
                Ok(0) if loaded == total => return End::Complete,
                Ok(0) => return End::Failed(format!("{loaded} of {total} bytes came")),
                Ok(count) => loaded += count as u64,
                Err(error) => return End::Failed(error.to_string()),
            }
            // Ten a second leave the machine, however many are said here.
            link.publish(fields(json!({"loaded": loaded, "total": total})));
        }
    }
}

/// The fields of a JSON object literal.
fn fields(object: Value) -> Map<String, Value> {
    match object {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
