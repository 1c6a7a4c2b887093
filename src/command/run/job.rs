//! A running command and everything that may happen to it, in one loop.

use std::path::Path;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use rustix::process::{Signal, getpid, kill_current_process_group, kill_process};
use serde_json::json;
use signal_hook::consts::{SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU};

use super::child::{Child, Ending};
use super::foreground::Foreground;
use super::result::result;
use super::{Event, LAST_WORD, Report, Stop, Tail, fields};
use crate::client::{Link, News};
use crate::command::Failure;
use crate::recipe::NamePattern;
use crate::scrape::{Parser, Reader, Reading, Stream};

/// How long to wait for the end of the output after the end of the command. A process that it has
/// left in the background holds the output open, perhaps for ever.
const LINGER: Duration = Duration::from_millis(500);

/// The command, the daemon, and what is known.
pub(super) struct Job {
    child: Child,
    link: Link,
    began: Instant,
    reader: Reader,
    report: Report,
    /// The end of the error output.
    tail: Tail,
    stop: Stop,
    open_streams: usize,
    end: Option<End>,
    /// Which files the command makes.
    result: Option<NamePattern>,
}

/// The command has ended; its output perhaps not.
struct End {
    ending: Ending,
    until: Instant,
    /// How far each relay was at that moment.
    marks: [u64; 2],
}

impl Job {
    pub(super) fn new(
        child: Child,
        link: Link,
        parser: Parser,
        grace: Duration,
        result: Option<NamePattern>,
    ) -> Job {
        Job {
            child,
            link,
            began: Instant::now(),
            reader: Reader::new(parser),
            report: Report::default(),
            tail: Tail::default(),
            stop: Stop::new(grace),
            open_streams: 2,
            end: None,
            result,
        }
    }

    /// Sees the command to its end, and tells the daemon of it.
    pub(super) fn attend(mut self, inbox: &Receiver<Event>) -> Result<ExitCode, Failure> {
        let ending = loop {
            if let Some(end) = &self.end
                && (self.open_streams == 0 || self.has_lingered(end))
            {
                break end.ending;
            }
            let patience = self
                .next_deadline()
                .saturating_duration_since(Instant::now());
            match inbox.recv_timeout(patience) {
                Ok(event) => self.happen(event),
                Err(RecvTimeoutError::Timeout) => {}
                // Every thread has gone, the waiting one included: it never leaves without a word.
                Err(RecvTimeoutError::Disconnected) => break Ending::Exited(1),
            }
            // Not only in quiet moments: a talkative command has none.
            self.tick();
        };
        self.read_due(u64::MAX);
        let mut last = self.report.end(ending, self.stop.has_begun(), &self.tail);
        if let (Ending::Exited(0), false, Some(pattern)) =
            (ending, self.stop.has_begun(), &self.result)
        {
            last.extend(result(Path::new("."), pattern));
        }
        if self.link.finish(last, LAST_WORD).is_err() {
            eprintln!("doneyet run: the daemon is away and has not heard of the end");
        }
        Ok(ExitCode::from(ending.code()))
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Output(stream, bytes) => self.read(stream, &bytes),
            Event::Gap(stream) => self.reader.skip(stream),
            Event::Silent => self.open_streams -= 1,
            Event::Ended(ending) => self.end(ending),
            Event::Stopped(signal) => self.stopped(signal),
            Event::Signal(signal) => self.signalled(signal),
            Event::News(News::Cancel { .. }) => self.cancel(),
            Event::News(News::Refused { .. } | News::Connected | News::Away(_)) => {}
        }
    }

    fn read(&mut self, stream: Stream, bytes: &[u8]) {
        if stream == Stream::Err {
            self.tail.push(bytes);
        }
        let now_ms = self.now_ms();
        let readings = self.reader.push(stream, bytes, now_ms);
        self.publish(readings);
    }

    /// Of several readings at once, the last is the state.
    fn publish(&mut self, readings: Vec<Reading>) {
        if let Some(reading) = readings.last() {
            self.link.publish(self.report.patch(reading));
        }
    }

    fn cancel(&mut self) {
        if self.end.is_none()
            && let Some(signal) = self.stop.begin(Instant::now())
        {
            self.link.publish(fields(json!({"cancel": "acknowledged"})));
            self.child.signal(signal);
            // One that is stopped would never get it.
            self.child.signal(Signal::CONT);
        }
    }

    fn end(&mut self, ending: Ending) {
        if self.stop.has_begun() {
            // A shell's background jobs do not hear SIGINT, and would go on without anybody.
            self.child.signal(Signal::TERM);
        }
        self.child.bury();
        let marks = [self.child.relays[0].mark(), self.child.relays[1].mark()];
        self.end = Some(End {
            ending,
            until: Instant::now() + LINGER,
            marks,
        });
    }

    fn has_lingered(&self, end: &End) -> bool {
        let mut relays = self.child.relays.iter().zip(end.marks);
        Instant::now() >= end.until && !relays.any(|(relay, mark)| relay.owes(mark))
    }

    /// The command was stopped: by Ctrl-Z, or because it wanted the terminal and has not got it.
    fn stopped(&self, signal: i32) {
        let Some(foreground) = &self.child.foreground else {
            return;
        };
        let wants_terminal = signal == SIGTTIN || signal == SIGTTOU;
        if wants_terminal && (foreground.lend() || foreground.is_lent()) {
            self.child.signal(Signal::CONT);
        } else {
            // The shell that started us and the rest of its pipeline: the whole job stops. We
            // catch this one, too, and go on in `signalled`.
            let _ = kill_current_process_group(Signal::TSTP);
        }
    }

    fn signalled(&self, signal: i32) {
        if self.end.is_some() {
            return;
        }
        if signal == SIGCONT {
            self.child.foreground.as_ref().map(Foreground::lend);
        }
        if let Some(signal) = Signal::from_named_raw(signal) {
            self.child.signal(signal);
        }
        if signal == SIGTSTP {
            if let Some(foreground) = &self.child.foreground {
                foreground.take_back();
            }
            let _ = kill_process(getpid(), Signal::STOP);
        }
    }

    fn next_deadline(&self) -> Instant {
        let flush = self.reader.deadline_ms();
        let flush = flush.map(|ms| self.began + Duration::from_millis(ms));
        let linger = self
            .end
            .as_ref()
            .map(|end| end.until.max(Instant::now() + LINGER / 10));
        let stop = self.stop.due().filter(|_| self.end.is_none());
        let never = Instant::now() + Duration::from_secs(3600);
        flush
            .into_iter()
            .chain(linger)
            .chain(stop)
            .min()
            .unwrap_or(never)
    }

    fn tick(&mut self) {
        self.read_due(self.now_ms());
        if self.end.is_none()
            && let Some(signal) = self.stop.advance(Instant::now())
        {
            self.child.signal(signal);
        }
    }

    /// Reads what has been on the screen for long enough; at the end of time, all of it.
    fn read_due(&mut self, now_ms: u64) {
        let readings = self.reader.flush(now_ms);
        self.publish(readings);
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
