//! The watched tasks, as far as they are known, and what is to be shown of them.

use std::process::ExitCode;

use serde_json::Value;

use super::bar::{self, Look};
use crate::command::text::{cut, printable};

/// All watched tasks, in the order they were asked for.
pub(super) struct Board {
    rows: Vec<Row>,
    selected: usize,
    remark: Option<String>,
}

struct Row {
    task: String,
    state: Value,
    /// The last line of text told of it.
    told: String,
    is_forgotten: bool,
}

/// What a state brought.
pub(super) struct Told {
    /// Whether this revision had not been seen: a reconnect brings known ones again.
    pub(super) is_new: bool,
    /// The state as a line, if it reads differently from the one before.
    pub(super) line: Option<String>,
}

impl Board {
    pub(super) fn new(tasks: Vec<String>) -> Board {
        let row = |task| Row {
            task,
            state: Value::Null,
            told: String::new(),
            is_forgotten: false,
        };
        Board {
            rows: tasks.into_iter().map(row).collect(),
            selected: 0,
            remark: None,
        }
    }

    pub(super) fn see(&mut self, state: Value) -> Told {
        let id = state.get("task_id").and_then(Value::as_str);
        let Some(row) = self
            .rows
            .iter_mut()
            .find(|row| Some(row.task.as_str()) == id)
        else {
            return Told {
                is_new: false,
                line: None,
            };
        };
        let is_new = row.state.get("rev") != state.get("rev");
        let line = bar::line(&state);
        let line = (line != row.told).then(|| line.clone());
        if let Some(line) = &line {
            row.told.clone_from(line);
        }
        row.state = state;
        row.is_forgotten = false;
        self.select_unfinished();
        Told { is_new, line }
    }

    pub(super) fn forget(&mut self, task: &str) {
        for row in self.rows.iter_mut().filter(|row| row.task == task) {
            row.is_forgotten = true;
        }
        self.select_unfinished();
    }

    pub(super) fn remark(&mut self, remark: Option<String>) {
        self.remark = remark;
    }

    /// The task that keys are about.
    pub(super) fn selected(&self) -> &str {
        self.rows.get(self.selected).map_or("", |row| &row.task)
    }

    pub(super) fn select_next(&mut self) {
        self.selected += 1;
        self.select_unfinished();
    }

    /// Moves the selection on until it is on a task that can still be cancelled.
    fn select_unfinished(&mut self) {
        let count = self.rows.len();
        let candidates = (0..count).map(|step| (self.selected + step) % count);
        let unfinished = |at: &usize| self.rows.get(*at).is_some_and(|row| !row.is_over());
        self.selected = candidates.into_iter().find(unfinished).unwrap_or(0);
    }

    /// Whether the picture changes with time alone.
    pub(super) fn is_moving(&self) -> bool {
        self.rows
            .iter()
            .any(|row| !row.is_over() && row.state.get("progress").is_none())
    }

    /// The exit code, once all tasks are over.
    pub(super) fn verdict(&self) -> Option<ExitCode> {
        if !self.rows.iter().all(Row::is_over) {
            return None;
        }
        let all_good = self
            .rows
            .iter()
            .all(|row| bar::status(&row.state) == "completed");
        Some(if all_good {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }

    /// The picture: a line per task, and one for remarks and keys.
    pub(super) fn rows(&self, width: usize, beat: usize) -> Vec<String> {
        let several = self.rows.len() > 1;
        let row = |(at, row): (usize, &Row)| {
            let mark = match several {
                true if at == self.selected && !row.is_over() => "▸ ",
                true => "  ",
                false => "",
            };
            let look = Look {
                width: width.saturating_sub(mark.chars().count()),
                beat,
            };
            format!("{mark}{}", row.draw(&look))
        };
        let mut rows: Vec<String> = self.rows.iter().enumerate().map(row).collect();
        if self.verdict().is_none() {
            let keys = if several {
                "c cancel · Tab next · Ctrl-C leave"
            } else {
                "c cancel · Ctrl-C leave"
            };
            let foot = self.remark.as_deref().map_or(keys.to_owned(), printable);
            rows.push(format!("\x1b[2m{}\x1b[0m", cut(&foot, width)));
        }
        rows
    }
}

impl Row {
    fn is_over(&self) -> bool {
        self.is_forgotten || bar::is_terminal(&self.state)
    }

    fn draw(&self, look: &Look) -> String {
        if self.state.is_null() {
            let why = if self.is_forgotten {
                "forgotten"
            } else {
                "waiting for it to begin"
            };
            return cut(&format!("{}  {why}", self.task), look.width);
        }
        bar::row(&self.state, look)
    }
}
