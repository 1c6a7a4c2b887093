//! A running command and everything that may happen to it, in one loop.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Map, json};
use signal_hook::consts::{SIGCHLD, SIGCONT, SIGINT, SIGQUIT, SIGTSTP, SIGWINCH};

use super::child::Child;
use super::end::{End, LINGER, remark};
use super::ending::{Ending, Verdict};
use super::overheard::Overheard;
use super::parent::Parent;
use super::portion::Heard;
use super::report::last_words;
use super::result::result;
use super::{Event, LAST_WORD, Report, Stop, Tail, fields, kin, suspend, wants_terminal};
use crate::client::{Link, News};
use crate::command::Failure;
use crate::recipe::NamePattern;
use crate::scrape::{Parser, Reader, Reading, Stream};

/// Between two looks whether all are gone that a cancelled command has left behind.
const LOOK: Duration = Duration::from_millis(20);

/// Between two burials of orphans, which cost a look at every process.
const BURIALS: Duration = Duration::from_secs(1);

/// The command, the daemon, and what is known.
pub(super) struct Job {
    child: Child,
    link: Link,
    overheard: Arc<Overheard>,
    /// When to look there again, by its clock.
    look_ms: Option<u64>,
    reader: Reader,
    report: Report,
    /// The end of what explains a failure: the error output, or all if they are one.
    tail: Tail,
    explains: Stream,
    stop: Stop,
    grace: Duration,
    /// Somebody's stop will come back to us as a signal that is not meant for the command.
    expects_stop: bool,
    /// Signals that were sent to us went to the command.
    has_passed_signals: bool,
    burial: Option<Instant>,
    end: Option<End>,
    /// Which files the command makes.
    result: Option<NamePattern>,
    parent: Option<Parent>,
}

impl Job {
    pub(super) fn new(
        child: Child,
        link: Link,
        parser: Parser,
        grace: Duration,
        result: Option<NamePattern>,
        parent: Option<Parent>,
    ) -> Job {
        Job {
            explains: if child.relays.len() == 1 {
                Stream::Out
            } else {
                Stream::Err
            },
            overheard: Arc::clone(&child.overheard),
            look_ms: None,
            tail: Tail::with_echoes(child.seat.echoes()),
            child,
            link,
            reader: Reader::new(parser),
            report: Report::default(),
            stop: Stop::new(grace),
            grace,
            expects_stop: false,
            has_passed_signals: false,
            burial: None,
            end: None,
            result,
            parent,
        }
    }

    /// Sees the command to its end, and tells the daemon of it. Returns how we have to end.
    pub(super) fn attend(mut self, inbox: &Receiver<Event>) -> Result<Ending, Failure> {
        let verdict = loop {
            if let Some(verdict) = self.verdict() {
                break verdict;
            }
            let patience = self
                .next_deadline()
                .saturating_duration_since(Instant::now());
            match inbox.recv_timeout(patience) {
                Ok(event) => self.happen(event),
                Err(RecvTimeoutError::Timeout) => {}
                // Every thread has gone, the waiting one included: it never leaves without a word.
                Err(RecvTimeoutError::Disconnected) => break Verdict::Ended(Ending::Exited(1)),
            }
            // Not only in quiet moments: a talkative command has none.
            self.tick();
        };
        // Not to leave that to init, which in a container may be nobody.
        kin::bury_orphans(&[]);
        for (stream, heard) in self.overheard.take_rest() {
            self.listen(stream, &heard);
        }
        self.understand(u64::MAX);
        let mut last = last_words(&verdict, &self.tail);
        if let (Verdict::Ended(Ending::Exited(0)), Some(pattern)) = (&verdict, &self.result) {
            last.extend(result(Path::new("."), pattern));
        }
        if self.link.finish(last, LAST_WORD).is_err() {
            remark("the daemon is away and has not heard of the end");
        }
        let Some(end) = self.end else {
            return Ok(Ending::Exited(1));
        };
        let ending = end.ending;
        end.see_off(&self.child.relays, inbox);
        let was_typed = self.child.seat.has_keyboard() && !self.has_passed_signals;
        Ok(match (verdict, ending) {
            // A shell ends its loop for a Ctrl-C only if it sees what it was waiting for die of it.
            (Verdict::Ended(_), Ending::Killed(SIGINT | SIGQUIT)) if was_typed => ending,
            _ => Ending::Exited(ending.code()),
        })
    }

    /// What there is to be said of it, once nothing that may still come can change that.
    ///
    /// How a command ended by itself is explained by its output, so the last of that is waited for,
    /// however slowly it is read. One that was cancelled is gone when its processes are, whether
    /// anybody reads or not.
    fn verdict(&self) -> Option<Verdict> {
        let (end, relays) = (self.end.as_ref()?, &self.child.relays);
        if !self.stop.has_begun() {
            return end
                .is_passed_on(relays)
                .then_some(Verdict::Ended(end.ending));
        }
        if !end.is_heard(relays) {
            return None;
        }
        let left = kin::ours(&[]);
        match left.is_empty() {
            true => Some(Verdict::Cancelled),
            false => self.stop.is_spent().then_some(Verdict::Survived(left)),
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            // Looked at in every turn.
            Event::Overheard | Event::Silent => {}
            Event::Unread => self.break_pipe(),
            Event::Ended(ending) => self.end(ending),
            Event::Stopped(signal) => self.stopped(signal),
            Event::Signal(signal) => self.signalled(signal),
            Event::News(News::Cancel { .. }) => self.cancel(),
            Event::News(News::Refused { .. } | News::Connected | News::Away(_)) => {}
        }
    }

    /// Reads what has come.
    fn read(&mut self) {
        let look = self.overheard.take();
        self.look_ms = look.next_ms;
        for (stream, heard) in look.heard {
            self.listen(stream, &heard);
        }
        self.understand(look.now_ms);
    }

    fn listen(&mut self, stream: Stream, heard: &Heard) {
        if stream == self.explains {
            self.tail.push(&heard.bytes);
        }
        if heard.is_after_gap {
            self.reader.skip(stream);
        }
        let readings = self.reader.push(stream, &heard.bytes, heard.at_ms);
        self.publish(readings);
    }

    /// Of several readings at once, the last is the state; a field that only an earlier one named
    /// stays.
    fn publish(&mut self, readings: Vec<Reading>) {
        let mut patch = Map::new();
        for reading in &readings {
            patch.extend(self.report.patch(reading));
        }
        if !readings.is_empty() {
            self.link.publish(patch);
        }
    }

    fn cancel(&mut self) {
        if self.end.is_some() {
            return;
        }
        if let Some(signal) = self.stop.begin(Instant::now()) {
            let answer = if self.child.signal(signal).is_ok() {
                "acknowledged"
            } else {
                // It has become somebody else, like sudo.
                self.stop = Stop::new(self.grace);
                "refused"
            };
            // One that is stopped would never get it.
            let _ = self.child.signal(Signal::CONT);
            self.link.publish(fields(json!({ "cancel": answer })));
        }
    }

    /// Tells the command what it would have been told by a pipe. A terminal has no signal for it but
    /// to hang up, and only on its foreground; who writes on is told by an error, and says so.
    fn break_pipe(&self) {
        if self.end.is_none() {
            // It fails only if nobody is left.
            let _ = self.child.signal(Signal::PIPE);
        }
    }

    fn end(&mut self, ending: Ending) {
        if let Some(signal) = self.stop.hurry(Instant::now()) {
            self.press(signal);
        }
        self.child.bury();
        self.end = Some(End::of(ending, &self.child.relays));
    }

    fn press(&self, signal: Signal) {
        kin::signal_all(&kin::ours(self.child.leader().as_slice()), signal);
    }

    /// The command was stopped: by Ctrl-Z, or because it wanted the terminal and has not got it.
    fn stopped(&mut self, signal: i32) {
        if self.child.seat.satisfies(signal) {
            let _ = self.child.signal(Signal::CONT);
        } else if !self.child.seat.may_have_typed(signal) {
            // Somebody has stopped it on purpose, and will continue it.
        } else if suspend::has_shell() {
            self.child.seat.leave();
            self.expects_stop = true;
            suspend::stop_with_the_others();
        } else if !wants_terminal(signal) {
            // The kernel would have spared it, had it not been in a group of its own.
            let _ = self.child.signal(Signal::CONT);
        }
    }

    fn signalled(&mut self, signal: i32) {
        match signal {
            SIGWINCH => return self.child.seat.resize(),
            SIGCHLD => {
                self.burial.get_or_insert(Instant::now() + BURIALS);
                return;
            }
            SIGTSTP if std::mem::take(&mut self.expects_stop) => return,
            _ => {}
        }
        if let Some(end) = &mut self.end {
            return end.hear(signal);
        }
        if self.parent.as_ref().is_some_and(Parent::is_gone) {
            // So it was the kernel's.
            return self.cancel();
        }
        if signal == SIGCONT {
            self.child.seat.take();
        }
        if let Some(signal) = Signal::from_named_raw(signal) {
            self.has_passed_signals |= matches!(signal, Signal::INT | Signal::QUIT);
            // It fails only if nobody is left.
            let _ = self.child.signal(signal);
        }
    }

    fn next_deadline(&self) -> Instant {
        let now = Instant::now();
        let ours_ms = [self.reader.deadline_ms(), self.look_ms];
        let look = ours_ms.into_iter().flatten().min();
        let look = look.map(|ms| self.overheard.at(ms));
        let pause = if self.stop.has_begun() {
            LOOK
        } else {
            LINGER / 10
        };
        let linger = self.end.as_ref().map(|_| now + pause);
        let all = [look, linger, self.stop.due(), self.burial];
        let never = now + Duration::from_secs(3600);
        all.into_iter().flatten().min().unwrap_or(never)
    }

    fn tick(&mut self) {
        self.read();
        let now = Instant::now();
        if let Some(signal) = self.stop.advance(now) {
            self.press(signal);
        }
        if self.stop.is_spent() && self.end.is_none() {
            self.stop = Stop::new(self.grace);
            self.link.publish(fields(json!({"cancel": "refused"})));
        }
        if self.burial.is_some_and(|due| due <= now) {
            self.burial = None;
            kin::bury_orphans(&[self.child.pid()]);
        }
    }

    /// What has been on the screen for long enough; at the end of time, all of it.
    fn understand(&mut self, now_ms: u64) {
        let readings = self.reader.flush(now_ms);
        self.publish(readings);
    }
}
