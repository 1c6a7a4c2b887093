//! The bytes that follow the head of an answer, and come as the peer takes them: a file's, a list's.
//!
//! A session has no files. It says [which bytes](Http::new_content) are to follow, and is told when
//! [all are](Http::content_sent): until then nothing else is answered.

use std::mem;
use std::ops::Range;

use crate::session::Flow;
use crate::session::http::{Http, Stage};

impl Http {
    /// The head of the answer is written; behind its content the conversation goes on as
    /// `flow` says.
    pub(super) fn await_content(&mut self, flow: Flow, content: Option<Range<u64>>) -> Flow {
        if content.is_none() {
            return flow;
        }
        self.stage = Stage::Sending(flow, content.map(Box::new));
        Flow::On
    }

    /// The bytes that follow the answer just written, if any do. They are to be queued
    /// behind it, and then [`content_sent`](Self::content_sent) called.
    pub fn new_content(&mut self) -> Option<Range<u64>> {
        match &mut self.stage {
            Stage::Sending(_, content) => content.take().map(|range| *range),
            _ => None,
        }
    }

    /// The last byte of the content is queued.
    pub fn content_sent(&mut self) -> Flow {
        match mem::replace(&mut self.stage, Stage::Over) {
            Stage::Sending(Flow::On, _) => {
                self.enter(Stage::Between);
                Flow::On
            }
            _ => Flow::Over,
        }
    }
}
