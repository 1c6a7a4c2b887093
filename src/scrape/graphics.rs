//! The special graphics of DEC's VT100: strokes and corners in the place of letters.

/// What is shown for the bytes from `_` (0x5f) to `~` (0x7e): VT100 User Guide, table 3-9.
const SHOWN: [char; 32] = [
    ' ', '◆', '▒', '␉', '␌', '␍', '␊', '°', '±', '␤', '␋', '┘', '┐', '┌', '└', '┼', '⎺', '⎻', '─',
    '⎼', '⎽', '├', '┤', '┴', '┬', '│', '≤', '≥', 'π', '≠', '£', '·',
];

/// The bytes as they are shown. Those of no graphic stay.
pub fn shown(bytes: &[u8]) -> Vec<u8> {
    let mut shown = Vec::with_capacity(bytes.len() * 3);
    for &byte in bytes {
        let at = usize::from(byte).checked_sub(0x5f);
        match at.and_then(|at| SHOWN.get(at)) {
            Some(char) => shown.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
            None => shown.push(byte),
        }
    }
    shown
}
