//! All processes that a command, or a job, has brought forth, also those that have got away.
//!
//! A process group ends where a program calls `setsid`, and a parent's number is gone with the
//! parent. But on Linux a process can declare itself the one that orphans below it are handed to
//! ("subreaper", prctl(2)). Then whatever the command starts, and however it detaches itself,
//! remains our descendant until it ends, and proc(5) shows the whole tree.

use std::fs;

use rustix::io::Errno;
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitOptions, getpid, kill_process, pidfd_open, pidfd_send_signal,
    set_child_subreaper, waitpid,
};

/// A process, as proc(5) shows it in `stat`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kin {
    /// Its number.
    pub pid: Pid,
    /// Its parent's. Like the next two 0 if that is outside our PID namespace (pid_namespaces(7)).
    pub parent: i32,
    /// Its process group's.
    pub group: i32,
    /// Its session's.
    pub session: i32,
    /// When it began, in the kernel's ticks. With the number it names one process for ever.
    pub began: u64,
    /// Whether it has ended, and only waits to be buried.
    pub is_dead: bool,
    /// What it is called, 15 bytes at most.
    pub name: String,
}

impl Kin {
    /// Reads `/proc/PID/stat`.
    pub fn parse(stat: &str) -> Option<Kin> {
        // A name may contain anything, parentheses and spaces too; nothing behind it does.
        let (number, rest) = stat.split_once(" (")?;
        let (name, rest) = rest.rsplit_once(") ")?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        let began = fields.get(19)?.parse().ok()?;
        Some(Kin {
            pid: Pid::from_raw(number.parse().ok()?)?,
            parent: fields.get(1)?.parse().ok()?,
            group: fields.get(2)?.parse().ok()?,
            session: fields.get(3)?.parse().ok()?,
            began,
            is_dead: matches!(*fields.first()?, "Z" | "X"),
            name: name.to_owned(),
        })
    }

    fn read(pid: &str) -> Option<Kin> {
        Kin::parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    /// Ourselves.
    pub fn us() -> Option<Kin> {
        Kin::read("self")
    }

    /// The one that started it, or that it was handed to.
    pub fn parent(&self) -> Option<Kin> {
        let parent = Pid::from_raw(self.parent)?;
        Kin::read(&parent.as_raw_nonzero().to_string())
    }

    /// Signals this very process, or nobody: by the time, its number could name another.
    fn signal(&self, signal: Signal) {
        let number = self.pid.as_raw_nonzero().to_string();
        let handle = pidfd_open(self.pid, PidfdFlags::empty());
        let is_same = Kin::read(&number).is_some_and(|now| now.began == self.began);
        if !is_same {
            return;
        }
        // Whether we may is seen by whether it goes.
        let _ = match handle {
            Ok(handle) => pidfd_send_signal(handle, signal),
            // Before Linux 5.3.
            Err(Errno::NOSYS) => kill_process(self.pid, signal),
            Err(error) => Err(error),
        };
    }
}

/// From now on orphans among our descendants become our children.
pub fn adopt_orphans() {
    // Without it, those that detach themselves will be missed.
    let _ = set_child_subreaper(Some(getpid()));
}

/// Those among `all` that descend from `ancestor` and live.
pub fn descendants(all: &[Kin], ancestor: Pid) -> Vec<Kin> {
    let mut found: Vec<Kin> = Vec::new();
    let mut parents = vec![ancestor.as_raw_nonzero().get()];
    while let Some(parent) = parents.pop() {
        // The dead have no children: those have been handed on.
        let children = all
            .iter()
            .filter(|kin| kin.parent == parent && !kin.is_dead);
        for child in children {
            parents.push(child.pid.as_raw_nonzero().get());
            found.push(child.clone());
        }
    }
    found
}

/// Our living descendants, without the `spared`. Their children are not spared.
pub fn ours(spared: &[Pid]) -> Vec<Kin> {
    let mut found = descendants(&everybody(), getpid());
    found.retain(|kin| !spared.contains(&kin.pid));
    found
}

/// Our process group, unless it is outside our PID namespace and has no number here. getpgrp(2) then
/// says 0, which is no [`Pid`].
pub fn our_group() -> Option<Pid> {
    Kin::us().and_then(|us| Pid::from_raw(us.group))
}

/// Signals each of them, and wakes those that are stopped and would not hear.
pub fn signal_all(kin: &[Kin], signal: Signal) {
    for kin in kin {
        kin.signal(signal);
        kin.signal(Signal::CONT);
    }
}

/// Buries the orphans that were handed to us and have ended. `children` are those for whom somebody
/// waits.
pub fn bury_orphans(children: &[Pid]) {
    for orphan in orphans(children).iter().filter(|orphan| orphan.is_dead) {
        let _ = waitpid(Some(orphan.pid), WaitOptions::NOHANG);
    }
}

/// Kills the orphans that were handed to us, and buries those that have ended; one that was only
/// just killed is buried the next time. `children` are no orphans.
pub fn end_orphans(children: &[Pid]) {
    for orphan in orphans(children) {
        if !orphan.is_dead {
            orphan.signal(Signal::KILL);
        }
        let _ = waitpid(Some(orphan.pid), WaitOptions::NOHANG);
    }
}

fn orphans(children: &[Pid]) -> Vec<Kin> {
    let us = getpid().as_raw_nonzero().get();
    let mut all = everybody();
    all.retain(|kin| kin.parent == us && !children.contains(&kin.pid));
    all
}

fn everybody() -> Vec<Kin> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let numbers = names.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()));
    numbers.filter_map(|number| Kin::read(&number)).collect()
}
