//! Broken messages by the thousand: the same verdict for every cut, no panic, and for chunks the
//! verdict of a second decoder, written from the grammar with no thought of speed or pieces.

use doneyet::wire::handshake::Offer;
use doneyet::wire::http::{Body, Fields, Framing, Head, Scan, Target};

use crate::feed::{self, Dice};

/// Bytes that mean something somewhere, and some that never do.
const SPICE: &[u8] = b"\r\n\r\n\0 \t:;,+-0123456789afxg\"=/%?#[]\x7f\xff\x0b";

/// `seed` with a few bytes replaced, inserted, removed or doubled.
fn mutate(seed: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=dice.below(3) {
        let (at, spice) = (dice.below(bytes.len()), SPICE[dice.below(SPICE.len())]);
        match dice.below(4) {
            0 => bytes[at] = spice,
            1 => bytes.insert(at, spice),
            2 if bytes.len() > 1 => drop(bytes.remove(at)),
            _ => bytes.insert(at, bytes[at]),
        }
    }
    bytes
}

/// Decodes a whole chunked body by the grammar of RFC 9112 §7.1: content and size, or nothing.
fn decode_naively(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut content = Vec::new();
    let mut rest = bytes;
    loop {
        let (line, tail) = split_line(rest)?;
        let digits = line
            .iter()
            .take_while(|byte| byte.is_ascii_hexdigit())
            .count();
        let (size, extension) = line.split_at(digits);
        let blanks = extension
            .iter()
            .take_while(|byte| b" \t".contains(byte))
            .count();
        if !(1..=16).contains(&digits)
            || (!extension.is_empty() && extension.get(blanks) != Some(&b';'))
        {
            return None;
        }
        let size = usize::from_str_radix(std::str::from_utf8(size).ok()?, 16).ok()?;
        rest = tail;
        if size == 0 {
            break;
        }
        content.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size..)?.strip_prefix(b"\r\n")?;
    }
    loop {
        let (line, tail) = split_line(rest)?;
        rest = tail;
        if line.is_empty() {
            return Some((content, bytes.len() - rest.len()));
        }
        let colon = line.iter().position(|byte| *byte == b':')?;
        let token = |b: &u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(b);
        if colon == 0 || !line[..colon].iter().all(token) {
            return None;
        }
    }
}

/// One line without its CR LF, if it is one, and what follows.
fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.windows(2).position(|pair| pair == b"\r\n")?;
    let (line, rest) = bytes.split_at(end);
    let clean = line
        .iter()
        .all(|byte| matches!(byte, b'\t' | b' '..=b'~' | 0x80..));
    clean.then_some((line, &rest[2..]))
}

#[test]
fn chunks_agree_with_the_naive_decoder() {
    let seeds: [&[u8]; 4] = [
        b"4\r\nWiki\r\n5\r\npedia\r\n0\r\n\r\n",
        b"a;x=\"y\"\r\n0123456789\r\n0\r\nA: b\r\nC: d\r\n\r\n",
        b"1 ;a\r\nx\r\n00\r\n\r\nGET / HTTP/1.1\r\n\r\n",
        b"2\r\n\r\n\r\n1\r\n0\r\n0\r\n\r\n",
    ];
    let mut dice = Dice::new(1);
    let mut accepted = 0;
    for round in 0..4000 {
        let bytes = mutate(seeds[round % seeds.len()], &mut dice);
        let ours = feed::body(|| Body::new(Framing::Chunked, 1 << 20), &bytes);
        let ours = ours.ok().filter(|(_, _, complete)| *complete);
        let ours = ours.map(|(content, taken, _)| (content, taken));
        assert_eq!(ours, decode_naively(&bytes), "{}", bytes.escape_ascii());
        accepted += usize::from(ours.is_some());
    }
    assert!(
        (400..3600).contains(&accepted),
        "mutations too weak or too strong: {accepted}"
    );
}

#[test]
fn heads_give_one_verdict_and_never_panic() {
    let seeds: [&[u8]; 3] = [
        b"GET /ws/progress/dl-42?a=%41&b HTTP/1.1\r\nHost: [::1]:80\r\nUpgrade: websocket\r\n\
          Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
          Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: a, b\r\n\r\n",
        b"\r\nPOST http://a:1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\n",
        b"PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n",
    ];
    let mut dice = Dice::new(2);
    let mut parsed = 0;
    for round in 0..3000 {
        let bytes = mutate(seeds[round % seeds.len()], &mut dice);
        let Ok(Some(size)) = feed::scan(&bytes) else {
            continue;
        };
        assert_eq!(Scan::default().advance(&bytes[..size]), Ok(Some(size)));
        let mut fields = Fields::default();
        let Ok(head) = Head::parse(&bytes[..size], &mut fields) else {
            continue;
        };
        parsed += 1;
        let target = Target::parse(head.target).expect("what a head lets through can be split");
        let ampersands = head.target.bytes().filter(|byte| *byte == b'&').count();
        assert!(target.query_pairs().count() <= ampersands + 1);
        if Offer::read(&head).is_ok() {
            assert!(matches!(head.framing, Framing::None | Framing::Length(0)));
        }
    }
    assert!(
        (300..2900).contains(&parsed),
        "mutations too weak or too strong: {parsed}"
    );
}
