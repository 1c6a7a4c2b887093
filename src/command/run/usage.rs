//! How `doneyet run` is called.

use crate::command::options::{Operands, Opt, Takes, Usage};
use crate::command::reach;

pub(super) const TASK: Opt = Opt {
    name: "task",
    takes: Takes::One("ID"),
    help: "The task's id. Default: the command's name and a few random letters.",
};
pub(super) const TITLE: Opt = Opt {
    name: "title",
    takes: Takes::One("TEXT"),
    help: "What watchers read above the bar. Default: the command line.",
};
pub(super) const GRACE: Opt = Opt {
    name: "grace",
    takes: Takes::One("TIME"),
    help: "How long a cancelled command may take to end after SIGINT, before it gets SIGTERM, \
           and 5 seconds later SIGKILL. Default: 10s.",
};
pub(super) const NO_PTY: Opt = Opt {
    name: "no-pty",
    takes: Takes::Nothing,
    help: "Connect the command's output to pipes. Needed where a script takes what the command \
           makes, with no screen beside it (`… | doneyet run --no-pty -- gzip | …` in a cron job): \
           gzip and tar refuse a terminal, others colour their lines for it. Many tools show less \
           progress then, or none.",
};

pub(super) const JOIN: Opt = Opt {
    name: "join",
    takes: Takes::Nothing,
    help: "The task has been published already: go on from its state instead of starting it over. \
           A cancel that stands in it counts.",
};
pub(super) const RESULT: Opt = Opt {
    name: "result",
    takes: Takes::One("PATTERN"),
    help: "If the command succeeds, list the files of the current folder whose names match, like \
           *.mp4, as the task's result.",
};
pub(super) const PARENT: Opt = Opt {
    name: "parent",
    takes: Takes::One("PID"),
    help: "Cancel the command when this process, which has to be the one that starts `run`, is \
           gone, also if it was killed.",
};

pub(super) const PARSER: Opt = Opt {
    name: "parser",
    takes: Takes::One("NAME"),
    help: "How the output is read for progress. Default: auto, which knows all of: none, json, \
           osc, number, percent, ratio, bar, amount, or a tool's: 7z, apt, aria2, cargo, cmake, \
           curl, dd, ffmpeg, git, ninja, pip, pv, rich, rsync, tqdm, wget, yt-dlp, zstd.",
};

/// How it is called.
pub const USAGE: Usage = Usage {
    name: "run",
    synopsis: "[options] -- COMMAND…",
    summary: "Run a command as a task.",
    about: "Runs the command and publishes the progress it prints, whatever its form. Watchers can\n\
            cancel it. Output, input, signals and exit code are the command's own. It writes to a\n\
            terminal, since many tools fall silent without one; only output that you lead away\n\
            from the screen (`> file`, `| tool`) goes through a pipe.\n\
            Without a daemon at --server, the task is served from here as long as it runs.",
    options: &[
        &[TASK, TITLE, GRACE, PARSER, NO_PTY, JOIN, RESULT, PARENT],
        &reach::OPTIONS,
    ],
    operands: Operands::Command,
    examples: "doneyet run -- wget https://example.org/big.iso\n\
               doneyet run --task backup --title 'Nightly backup' -- rsync -a --info=progress2 a b\n\
               doneyet run --grace 1m -- make test",
};
