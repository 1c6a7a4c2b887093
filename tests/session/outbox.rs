//! What waits for one peer, against sockets of every mood.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Write};
use std::rc::Rc;

use doneyet::session::Outbox;
use doneyet::session::outbox::CONGESTED;
use doneyet::task::Update;

/// A socket that takes what it is told to take.
#[derive(Default)]
struct Moody {
    moods: VecDeque<Mood>,
    taken: Vec<u8>,
    writes: usize,
}

#[derive(Clone, Copy)]
enum Mood {
    /// It takes so many bytes.
    Takes(usize),
    Fails(ErrorKind),
}

impl Moody {
    fn new(moods: impl IntoIterator<Item = Mood>) -> Moody {
        Moody {
            moods: moods.into_iter().collect(),
            ..Moody::default()
        }
    }
}

impl Write for Moody {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.writes += 1;
        let offered: Vec<u8> = slices.iter().flat_map(|slice| slice.to_vec()).collect();
        match self.moods.pop_front().unwrap_or(Mood::Takes(usize::MAX)) {
            Mood::Takes(most) => {
                let count = most.min(offered.len());
                self.taken.extend_from_slice(&offered[..count]);
                Ok(count)
            }
            Mood::Fails(kind) => Err(kind.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Replies and shared updates in turn, and all their bytes.
fn mixed(chunks: usize) -> (Outbox, Vec<u8>) {
    let (mut outbox, mut all) = (Outbox::default(), Vec::new());
    for index in 0..chunks {
        let bytes = vec![index as u8; 1 + index * 7 % 50];
        let update = Rc::new(Update::new(1, false, &bytes));
        match index % 5 {
            0 => outbox.push_frame(Rc::clone(&update)),
            1 => outbox.push_event(Rc::clone(&update)),
            2 => outbox.push_static(b"static"),
            _ => outbox.reply().extend_from_slice(&bytes),
        }
        all.extend_from_slice(match index % 5 {
            0 => update.frame(),
            1 => update.event(),
            2 => b"static",
            _ => &bytes,
        });
    }
    (outbox, all)
}

#[test]
fn an_idle_outbox_owes_nothing_and_asks_for_nothing() {
    let (mut outbox, mut socket) = (Outbox::default(), Moody::default());
    assert!(outbox.is_empty() && !outbox.is_blocked() && !outbox.is_congested());
    assert_eq!(outbox.len(), 0);
    outbox.write_to(&mut socket).expect("nothing to fail at");
    assert_eq!((socket.writes, outbox.is_blocked()), (0, false));
}

#[test]
fn everything_goes_out_once_and_in_order_however_little_is_taken() {
    for step in [1, 2, 7, 49, 50, 1000] {
        let (mut outbox, all) = mixed(40);
        let mut socket = Moody::new(vec![Mood::Takes(step); all.len()]);
        while !outbox.is_empty() {
            outbox.unblock();
            outbox.write_to(&mut socket).expect("a willing socket");
            assert_eq!(outbox.len(), all.len() - socket.taken.len(), "{step}");
            assert_eq!(outbox.is_empty(), socket.taken == all, "{step}");
        }
        assert_eq!(socket.taken, all, "in steps of {step}");
    }
}

#[test]
fn replies_in_a_row_are_one_write() {
    let (mut outbox, mut socket) = (Outbox::default(), Moody::default());
    for _ in 0..1000 {
        outbox.reply().extend_from_slice(b"pong");
    }
    outbox.write_to(&mut socket).expect("a willing socket");
    assert_eq!((socket.writes, socket.taken.len()), (1, 4000));
    assert!(outbox.is_empty());
}

#[test]
fn many_chunks_are_few_writes_and_none_of_them_short() {
    let (mut outbox, all) = mixed(60);
    let mut socket = Moody::default();
    while !outbox.is_empty() {
        outbox.write_to(&mut socket).expect("a willing socket");
        assert!(!outbox.is_blocked(), "all that was offered was taken");
    }
    assert_eq!(socket.taken, all);
    assert!(socket.writes <= 4, "{} writes", socket.writes);
}

#[test]
fn a_short_write_blocks_until_the_kernel_has_room() {
    let mut outbox = Outbox::default();
    outbox.reply().extend_from_slice(b"hello");
    let mut socket = Moody::new([Mood::Takes(2), Mood::Fails(ErrorKind::WouldBlock)]);
    outbox.write_to(&mut socket).expect("short is no error");
    assert!(outbox.is_blocked());
    assert_eq!(outbox.len(), 3);
    outbox.unblock();
    outbox.write_to(&mut socket).expect("nor is it to block");
    assert!(outbox.is_blocked());
    assert_eq!(outbox.len(), 3);
    outbox.unblock();
    outbox.write_to(&mut socket).expect("there is room");
    assert!(outbox.is_empty() && !outbox.is_blocked());
    assert_eq!(socket.taken, b"hello");
}

#[test]
fn an_interrupted_write_is_neither_blocked_nor_lost() {
    let mut outbox = Outbox::default();
    outbox.reply().extend_from_slice(b"hello");
    let mut socket = Moody::new([Mood::Fails(ErrorKind::Interrupted)]);
    outbox.write_to(&mut socket).expect("to be tried again");
    assert!(!outbox.is_blocked() && !outbox.is_empty());
    outbox.write_to(&mut socket).expect("a willing socket");
    assert_eq!(socket.taken, b"hello");
}

#[test]
fn a_broken_socket_is_an_error_and_so_is_one_that_takes_nothing() {
    for (mood, kind) in [
        (Mood::Fails(ErrorKind::BrokenPipe), ErrorKind::BrokenPipe),
        (
            Mood::Fails(ErrorKind::ConnectionReset),
            ErrorKind::ConnectionReset,
        ),
        (Mood::Takes(0), ErrorKind::WriteZero),
    ] {
        let (mut outbox, _) = mixed(2);
        let error = outbox.write_to(&mut Moody::new([mood])).unwrap_err();
        assert_eq!(error.kind(), kind);
    }
}

#[test]
fn congestion_begins_above_its_limit_and_counts_what_is_not_written() {
    let mut outbox = Outbox::default();
    outbox.reply().extend_from_slice(&[b'x'; CONGESTED]);
    assert!(!outbox.is_congested());
    outbox.push_static(b"y");
    assert!(outbox.is_congested());
    let mut socket = Moody::new([Mood::Takes(1)]);
    outbox.write_to(&mut socket).expect("a willing socket");
    assert_eq!(outbox.len(), CONGESTED);
    assert!(!outbox.is_congested());
}

#[test]
fn an_empty_chunk_holds_nothing_up() {
    let (mut outbox, mut socket) = (Outbox::default(), Moody::default());
    outbox.push_static(b"");
    outbox.push_static(b"a");
    outbox.push_static(b"");
    outbox.reply();
    while !outbox.is_empty() {
        outbox.write_to(&mut socket).expect("a willing socket");
    }
    assert_eq!(socket.taken, b"a");
}

/// A peer that always leaves a little unread, and always asks for more, must not make us keep
/// what it has read long ago.
#[test]
fn an_outbox_that_is_never_quite_empty_keeps_nothing_that_was_written() {
    let mut outbox = Outbox::default();
    outbox.reply().extend_from_slice(&[b'x'; 1000]);
    for _ in 0..10_000 {
        outbox.reply().extend_from_slice(&[b'x'; 1000]);
        let mut socket = Moody::new([Mood::Takes(1000)]);
        outbox.write_to(&mut socket).expect("a willing socket");
        outbox.unblock();
        assert_eq!(outbox.len(), 1000);
    }
    let kept = outbox.reply().len();
    assert!(kept < CONGESTED, "{kept} bytes kept for 1000 unwritten");
}
