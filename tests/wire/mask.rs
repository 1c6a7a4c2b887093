//! The word-wise mask does what the byte-wise definition says.

use doneyet::wire::mask;

use crate::Random;

/// RFC 6455 §5.3, word for word: "j = i MOD 4, transformed-octet-i = original-octet-i XOR
/// masking-key-octet-j".
fn naive(payload: &[u8], key: [u8; 4], phase: usize) -> Vec<u8> {
    payload
        .iter()
        .enumerate()
        .map(|(i, byte)| byte ^ key[(phase + i) % 4])
        .collect()
}

#[test]
fn every_phase_length_and_alignment_agrees_with_the_definition() {
    let mut random = Random::new(1);
    for len in (0..=70).chain([127, 128, 1000, 4095, 4096, 4097]) {
        for phase in 0..4 {
            for offset in 0..8 {
                let key = random.key();
                let mut bytes = random.bytes(offset + len + 3);
                let before = bytes.clone();
                mask::apply(&mut bytes[offset..offset + len], key, phase);

                let expected = naive(&before[offset..offset + len], key, phase);
                assert_eq!(
                    bytes[offset..offset + len],
                    expected,
                    "{len} bytes, phase {phase}"
                );
                assert_eq!(
                    bytes[..offset],
                    before[..offset],
                    "bytes before the payload"
                );
                assert_eq!(
                    bytes[offset + len..],
                    before[offset + len..],
                    "bytes behind it"
                );
            }
        }
    }
}

#[test]
fn only_the_remainder_of_the_phase_matters() {
    let key = [0x37, 0xfa, 0x21, 0x3d];
    for phase in [4, 5, 6, 7, 65_537, usize::MAX - 1, usize::MAX] {
        let mut bytes = *b"is it done yet?";
        mask::apply(&mut bytes, key, phase);
        assert_eq!(
            bytes[..],
            naive(b"is it done yet?", key, phase % 4),
            "phase {phase}"
        );
    }
}

#[test]
fn pieces_masked_with_their_phases_make_the_whole() {
    let mut random = Random::new(2);
    let key = random.key();
    let payload = random.bytes(300);
    for _ in 0..50 {
        let mut masked = payload.clone();
        let (first, second) = (random.below(301), random.below(301));
        let (a, b) = (first.min(second), first.max(second));
        mask::apply(&mut masked[..a], key, 0);
        mask::apply(&mut masked[a..b], key, a);
        mask::apply(&mut masked[b..], key, b);
        assert_eq!(masked, naive(&payload, key, 0), "cut at {a} and {b}");
    }
}

#[test]
fn masking_twice_is_not_masking() {
    let mut bytes = *b"again and again";
    mask::apply(&mut bytes, [1, 2, 3, 4], 3);
    assert_ne!(&bytes, b"again and again");
    mask::apply(&mut bytes, [1, 2, 3, 4], 3);
    assert_eq!(&bytes, b"again and again");
}
