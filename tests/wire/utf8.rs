//! The incremental check says what the standard library says of the whole, and says it in time.

use doneyet::wire::utf8::{InvalidUtf8, Utf8};

use crate::{Cuts, Random};

fn check(text: &[u8], cuts: Cuts) -> Result<(), InvalidUtf8> {
    let mut utf8 = Utf8::default();
    for piece in cuts.pieces(text) {
        utf8.push(piece)?;
    }
    utf8.finish()
}

/// Texts at the borders of what a character can be, and sequences just beyond them.
const SAMPLES: [&[u8]; 26] = [
    b"",
    b"plain",
    "Fortschritt: 50 \u{20ac}, \u{4e2d}\u{6587}, \u{1f389}".as_bytes(),
    "\u{0}\u{7f}\u{80}\u{7ff}\u{800}\u{d7ff}\u{e000}\u{fffd}\u{ffff}\u{10000}\u{10ffff}".as_bytes(),
    b"\xc2\x80",
    b"\xdf\xbf",
    b"\xe0\xa0\x80",
    b"\xed\x9f\xbf",
    b"\xf0\x90\x80\x80",
    b"\xf4\x8f\xbf\xbf",
    b"\x80",
    b"\xbf",
    b"\xc0\xaf",
    b"\xc1\xbf",
    b"\xc2",
    b"\xc2A",
    b"\xe0\x9f\xbf",
    b"\xe2\x82",
    b"\xe2\x82A",
    b"\xed\xa0\x80",
    b"\xf0\x8f\xbf\xbf",
    b"\xf0\x9f\x8e",
    b"\xf4\x90\x80\x80",
    b"\xf5\x80\x80\x80",
    b"\xfe",
    b"\xff",
];

#[test]
fn no_cut_changes_the_verdict_of_the_standard_library() {
    for sample in SAMPLES {
        for (before, behind) in [("", ""), ("a", "b"), ("many letters before ", "\u{e9}")] {
            let text = [before.as_bytes(), sample, behind.as_bytes()].concat();
            let expected = std::str::from_utf8(&text).is_ok();
            for cuts in Cuts::all() {
                assert_eq!(check(&text, cuts).is_ok(), expected, "{text:x?} {cuts:?}");
            }
        }
    }
}

#[test]
fn random_texts_get_the_verdict_of_the_standard_library() {
    // An alphabet of characters and of halves of them: random bytes would hardly ever be text.
    let alphabet: [&[u8]; 12] = [
        b"a",
        b"long ascii run, long enough for a word-wise loop",
        "\u{e9}".as_bytes(),
        "\u{20ac}".as_bytes(),
        "\u{1f389}".as_bytes(),
        "\u{10ffff}".as_bytes(),
        "\u{d7ff}".as_bytes(),
        "\u{800}".as_bytes(),
        "\u{7f}".as_bytes(),
        "\u{4e2d}".as_bytes(),
        b"\xe2\x82",
        b"\xac",
    ];
    let mut random = Random::new(3);
    let mut valid = 0;
    for seed in 0..2000 {
        let letters = if random.below(2) == 0 {
            10
        } else {
            alphabet.len()
        };
        let text: Vec<u8> = (0..random.below(12))
            .flat_map(|_| alphabet[random.below(letters)])
            .copied()
            .collect();
        let expected = std::str::from_utf8(&text).is_ok();
        valid += usize::from(expected);
        for cuts in [Cuts::EveryByte, Cuts::Random { seed, most: 7 }] {
            assert_eq!(check(&text, cuts).is_ok(), expected, "{text:x?} {cuts:?}");
        }
    }
    assert!(
        (500..1950).contains(&valid),
        "both verdicts occur, {valid} were valid"
    );
}

/// Which bytes can come next is a fact about the prefix alone, so it can be asked of the standard
/// library: a prefix is hopeless if no continuation makes it text.
fn is_hopeless(prefix: &[u8]) -> bool {
    std::str::from_utf8(prefix).is_err_and(|e| e.error_len().is_some())
}

#[test]
fn every_two_bytes_are_refused_exactly_when_hopeless() {
    for pair in 0..=u16::MAX {
        let [first, second] = pair.to_be_bytes();
        let mut utf8 = Utf8::default();
        let at_first = utf8.push(&[first]);
        assert_eq!(at_first.is_err(), is_hopeless(&[first]), "{first:x}");
        if at_first.is_ok() {
            let at_second = utf8.push(&[second]);
            assert_eq!(
                at_second.is_err(),
                is_hopeless(&[first, second]),
                "{first:x} {second:x}"
            );
        }
    }
}

#[test]
fn a_bad_byte_is_refused_as_it_arrives() {
    // What is fine so far, and the byte that ends it.
    let cases: [(&[u8], u8); 11] = [
        (b"", 0x80),
        (b"ok ", 0xc0),
        (b"", 0xc1),
        (b"", 0xf5),
        (b"", 0xff),
        (b"\xe0", 0x9f),
        (b"\xed", 0xa0),
        (b"\xf0", 0x8f),
        (b"\xf4", 0x90),
        (b"\xf0\x9f\x8e", 0x20),
        (
            "\u{3ba}\u{1f79}\u{3c3}\u{3bc}\u{3b5}\u{ed}".as_bytes(),
            0xff,
        ),
    ];
    for (good, bad) in cases {
        for cuts in Cuts::all() {
            let mut utf8 = Utf8::default();
            for piece in cuts.pieces(good) {
                assert_eq!(utf8.push(piece), Ok(()), "{good:x?}");
            }
            assert_eq!(
                utf8.push(&[bad]),
                Err(InvalidUtf8),
                "{good:x?} then {bad:x}"
            );
        }
    }
}

#[test]
fn an_empty_piece_changes_nothing() {
    let mut utf8 = Utf8::default();
    for piece in [&b""[..], b"\xe2", b"", b"\x82", b"", b"\xac", b""] {
        assert_eq!(utf8.push(piece), Ok(()));
    }
    assert_eq!(utf8.finish(), Ok(()));
}

#[test]
fn what_follows_an_error_does_not_panic() {
    let mut utf8 = Utf8::default();
    for &byte in b"\xf0\x9f\x8e\xff\xff\xf0\x9f\x8e\xff\x80" {
        let _ = utf8.push(&[byte]);
    }
    let _ = utf8.finish();
}

#[test]
fn the_state_is_a_few_bytes() {
    assert!(size_of::<Utf8>() <= 8);
}
