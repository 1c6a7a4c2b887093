//! Files and lists on their way to peers.
//!
//! A file may be longer than memory and its reader slower than the disk. So it is never read ahead:
//! a piece of it is fetched when the peer's outbox has room, and one that does not read costs one
//! piece. Meanwhile nothing is read from the peer: whatever it asks next is answered behind the
//! file. A list of ten thousand states, which a thousand peers may have asked for, goes the same
//! way.
//!
//! Which file that is the broker decides, by name; the reactor opens it, since only the reactor
//! makes system calls, and hands it over as something that can be read.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::rc::Rc;

use crate::server::broker::Broker;
use crate::server::peer::{Input, Phase};
use crate::session::demand::{Answer, File};
use crate::session::list::{List, ListReader};
use crate::session::{Flow, Session};
use crate::task::hub::PeerKey;
use crate::task::{Now, Refusal, TaskId};

/// Bytes that are fetched at once.
const PIECE: usize = 64 * 1024;

/// A file that a peer waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Who.
    pub peer: PeerKey,
    /// The folder of the job that made it.
    pub folder: PathBuf,
    /// Its name. It matches the recipe's pattern, so it is one and no path.
    pub name: String,
}

/// Where a file's bytes come from, all of them or some.
pub trait Source: Read + Seek {}

impl<S: Read + Seek> Source for S {}

/// Files that are wanted, and what is being sent.
#[derive(Debug, Default)]
pub(super) struct Sendings {
    wanted: Vec<Wanted>,
    begun: HashMap<PeerKey, Sending>,
}

struct Sending {
    source: Box<dyn Read>,
    left: u64,
}

impl fmt::Debug for Sending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sending({} bytes left)", self.left)
    }
}

impl Sending {
    /// The next piece; an error if the file has become shorter than was announced.
    fn piece(&mut self) -> io::Result<Vec<u8>> {
        let len = self.left.min(PIECE as u64) as usize;
        let mut piece = vec![0; len];
        self.source.read_exact(&mut piece)?;
        self.left -= len as u64;
        Ok(piece)
    }
}

impl Sendings {
    /// Whether `peer` is being sent a file or a list.
    pub(super) fn has(&self, peer: PeerKey) -> bool {
        !self.begun.is_empty() && self.begun.contains_key(&peer)
    }

    /// `peer` is gone.
    pub(super) fn drop_peer(&mut self, peer: PeerKey) {
        self.begun.remove(&peer);
        self.wanted.retain(|wanted| wanted.peer != peer);
    }
}

impl Broker {
    /// Notes that `peer` wants a file of a task. The answer comes with
    /// [`show_file`](Self::show_file).
    ///
    /// # Errors
    /// [`Refusal::UnknownTask`], and [`Refusal::UnknownFile`] unless the task is a job that is
    /// completed, with a result that may have this name.
    pub(super) fn fetch(
        &mut self,
        peer: PeerKey,
        task: &TaskId,
        name: String,
    ) -> Result<(), Refusal> {
        let key = self.board.find(task)?;
        let record = self.board.record(key).ok_or(Refusal::UnknownTask)?;
        // While it runs, its files are unfinished; if it failed, they stay so.
        let is_completed = record.state().status() == "completed";
        let folder = self.jobs.folder_of(task, &name).filter(|_| is_completed);
        let folder = folder.ok_or(Refusal::UnknownFile)?;
        self.sendings.wanted.push(Wanted { peer, folder, name });
        Ok(())
    }

    /// The next file that somebody waits for.
    pub fn next_wanted(&mut self) -> Option<Wanted> {
        self.sendings.wanted.pop()
    }

    /// Answers a peer that waited for a file, with its bytes if there is one.
    pub fn show_file(&mut self, key: PeerKey, found: Option<(File, Box<dyn Source>)>, now: Now) {
        if self.peers[key].phase == Phase::Open || self.peers[key].phase == Phase::LastWords {
            match found {
                None => self.answer(key, &Answer::Refused(Refusal::UnknownFile), now),
                Some((file, source)) => self.begin_sending(key, file, source, now),
            }
            self.hub.enlist(key);
            self.resume(key, now);
        }
    }

    fn begin_sending(&mut self, key: PeerKey, file: File, mut source: Box<dyn Source>, now: Now) {
        self.answer(key, &Answer::File(file), now);
        let peer = &mut self.peers[key];
        let Session::Http(http) = &mut peer.session else {
            return;
        };
        let Some(range) = http.new_content() else {
            return;
        };
        if source.seek(SeekFrom::Start(range.start)).is_err() {
            // The head is out: only a broken connection says that the rest will not come.
            return self.lose(key);
        }
        self.send(key, source, range.end - range.start);
    }

    /// A list follows the head that `key` was just answered with, unless that was all.
    pub(super) fn begin_list(&mut self, key: PeerKey, list: &Rc<List>) {
        if let Session::Http(http) = &mut self.peers[key].session
            && let Some(range) = http.new_content()
        {
            let reader = ListReader::new(Rc::clone(list));
            self.send(key, Box::new(reader), range.end - range.start);
        }
    }

    fn send(&mut self, key: PeerKey, source: Box<dyn Read>, left: u64) {
        self.peers[key].input = Input::Held;
        let sending = Sending { source, left };
        self.sendings.begun.insert(key, sending);
    }

    /// Moves the next piece of a file or a list into the outbox of `key`, if there is room.
    pub(super) fn fill_with_content(&mut self, key: PeerKey, now: Now) {
        let peer = &mut self.peers[key];
        let is_heard = matches!(peer.phase, Phase::Open | Phase::LastWords);
        if !is_heard || peer.outbox.is_blocked() || peer.outbox.is_congested() {
            return;
        }
        let Some(sending) = self.sendings.begun.get_mut(&key) else {
            return;
        };
        let piece = sending.piece();
        let is_last = sending.left == 0;
        match piece {
            Ok(piece) => peer.outbox.push_owned(piece),
            Err(_) => {
                self.sendings.begun.remove(&key);
                return self.lose(key);
            }
        }
        if is_last {
            self.sendings.begun.remove(&key);
            self.end_sending(key, now);
        }
    }

    fn end_sending(&mut self, key: PeerKey, now: Now) {
        let peer = &mut self.peers[key];
        if let Session::Http(http) = &mut peer.session
            && peer.phase == Phase::Open
        {
            let flow = http.content_sent();
            if flow == Flow::Over {
                self.drain(key, now);
            }
        }
    }
}
