//! A request's head: found at the same place however it was cut, and read as `httparse` reads it.

#![no_main]

use doneyet::wire::http::{Fields, Framing, Head, HttpError, MAX_FIELDS, MAX_HEAD, Scan, Version};
use doneyet_fuzz::{Cuts, Script};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut script = Script(data);
    let cuts = Cuts::chosen(&mut script);
    let bytes = script.0;

    let verdict = scan(bytes, &Cuts::bytewise());
    assert_eq!(verdict, scan(bytes, &cuts), "another cut, another verdict");
    let whole = Scan::default().advance(bytes);
    assert_eq!(verdict, whole, "in one piece, another verdict");
    if let Ok(Some(len)) = verdict {
        assert!(len <= bytes.len() && len <= MAX_HEAD);
        read(&bytes[..len]);
    }
});

fn scan(bytes: &[u8], cuts: &Cuts) -> Result<Option<usize>, HttpError> {
    let mut scan = Scan::default();
    let mut end = 0;
    for piece in cuts.pieces(bytes) {
        end += piece.len();
        let verdict = scan.advance(&bytes[..end]);
        if verdict.is_err() {
            assert_eq!(
                scan.advance(&bytes[..end]),
                verdict,
                "an error repeats itself"
            );
        }
        if verdict != Ok(None) {
            return verdict;
        }
    }
    Ok(None)
}

fn read(bytes: &[u8]) {
    let mut fields = Fields::default();
    let Ok(head) = Head::parse(bytes, &mut fields) else {
        return;
    };
    let mut lines = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut twin = httparse::Request::new(&mut lines);
    assert_eq!(
        twin.parse(bytes),
        Ok(httparse::Status::Complete(bytes.len()))
    );
    assert_eq!(twin.method, Some(head.method));
    assert_eq!(twin.version == Some(1), head.version == Version::Http11);
    let asked = twin.path.expect("a complete request has a path");
    assert!(
        asked.ends_with(head.target) || head.target == "/",
        "{asked:?} is not {head:?}"
    );
    for line in &*twin.headers {
        let same = twin
            .headers
            .iter()
            .filter(|other| line.name.eq_ignore_ascii_case(other.name));
        assert!(head.fields(line.name).eq(same.map(|other| other.value)));
    }
    check_framing(&head, twin.headers);
}

/// Whoever accepts a length must be the only one to find: RFC 9112 §6.3, read strictly.
fn check_framing(head: &Head<'_>, lines: &[httparse::Header<'_>]) {
    let values = |name: &str| -> Vec<&[u8]> {
        let named = lines
            .iter()
            .filter(|line| line.name.eq_ignore_ascii_case(name));
        named.map(|line| line.value).collect()
    };
    let (lengths, codings) = (values("content-length"), values("transfer-encoding"));
    match head.framing {
        Framing::None => assert!(lengths.is_empty() && codings.is_empty()),
        Framing::Length(len) => {
            let [text] = lengths[..] else {
                panic!("one length, not {lengths:?}")
            };
            assert!(codings.is_empty() && !text.is_empty() && text.iter().all(u8::is_ascii_digit));
            assert_eq!(
                str::from_utf8(text).ok().and_then(|text| text.parse().ok()),
                Some(len)
            );
        }
        Framing::Chunked => {
            let [coding] = codings[..] else {
                panic!("one coding, not {codings:?}")
            };
            assert!(lengths.is_empty() && coding.eq_ignore_ascii_case(b"chunked"));
            assert_eq!(head.version, Version::Http11);
        }
    }
}
