//! All processes that jobs have brought forth, also those that have got away from their group.
//!
//! The daemon declares itself the one that orphans below it are handed to ("subreaper", prctl(2)),
//! so whatever a job leaves behind becomes its child, and proc(5) shows the whole tree.

use std::fs;

use rustix::process::{
    Pid, Signal, WaitOptions, getpid, kill_process, set_child_subreaper, waitpid,
};

/// A process.
#[derive(Debug, Clone, Copy)]
struct Kin {
    pid: Pid,
    parent: i32,
    is_dead: bool,
}

/// From now on orphans among our descendants become our children.
pub(super) fn adopt_orphans() {
    // Without it, those that detach themselves will be missed.
    let _ = set_child_subreaper(Some(getpid()));
}

/// Kills all living descendants but those that are `spared`. Their children are not.
pub(super) fn kill_descendants(spared: &[Pid]) {
    let all = everybody();
    let mut parents = vec![getpid()];
    while let Some(parent) = parents.pop() {
        let number = parent.as_raw_nonzero().get();
        for child in all
            .iter()
            .filter(|kin| kin.parent == number && !kin.is_dead)
        {
            parents.push(child.pid);
            if !spared.contains(&child.pid) {
                // It fails only if it has just ended.
                let _ = kill_process(child.pid, Signal::KILL);
            }
        }
    }
}

/// Kills and buries the orphans that were handed to us: our children that are none of `ours`.
pub(super) fn bury_orphans(ours: &[Pid]) {
    let us = getpid().as_raw_nonzero().get();
    let is_orphan = |kin: &&Kin| kin.parent == us && !ours.contains(&kin.pid);
    for orphan in everybody().iter().filter(is_orphan) {
        if !orphan.is_dead {
            let _ = kill_process(orphan.pid, Signal::KILL);
        }
        // One that was only just killed is buried when we hear of its end.
        let _ = waitpid(Some(orphan.pid), WaitOptions::NOHANG);
    }
}

fn everybody() -> Vec<Kin> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let numbers = names.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()));
    numbers.filter_map(|number| read(&number)).collect()
}

/// Reads `/proc/PID/stat`.
fn read(pid: &str) -> Option<Kin> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // A name may contain anything, parentheses and spaces too; nothing behind it does.
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split_ascii_whitespace();
    Some(Kin {
        is_dead: matches!(fields.next()?, "Z" | "X"),
        parent: fields.next()?.parse().ok()?,
        pid: Pid::from_raw(pid.parse().ok()?)?,
    })
}
