//! A state as bytes, once for everybody.

use doneyet::task::Update;
use doneyet::task::update::MAX_FIELDS;

#[test]
fn the_frame_is_one_final_unmasked_text_frame_around_the_json() {
    // RFC 6455 §5.2: the three forms of the payload length, on both sides of each border.
    for (len, header) in [
        (2, vec![0x81, 2]),
        (125, vec![0x81, 125]),
        (126, vec![0x81, 126, 0, 126]),
        (MAX_FIELDS, vec![0x81, 126, 0x40, 0]),
        (65_536, vec![0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
    ] {
        let json = vec![b'x'; len];
        let update = Update::new(9, false, &json);
        assert_eq!(update.frame(), [header, json.clone()].concat(), "{len}");
        assert_eq!(update.json(), json, "{len}");
    }
}

#[test]
fn frame_and_json_are_one_allocation() {
    let update = Update::new(9, true, b"{}");
    assert!(
        update
            .frame()
            .as_ptr_range()
            .contains(&update.json().as_ptr())
    );
    assert_eq!((update.rev(), update.is_terminal()), (9, true));
}

#[test]
fn an_event_is_the_json_on_one_line_between_its_revision_and_a_blank_line() {
    let update = Update::new(u64::MAX, false, b"{\"a\":\"\\n\"}");
    let expected = "id: 18446744073709551615\ndata: {\"a\":\"\\n\"}\n\n";
    assert_eq!(update.event(), expected.as_bytes());
}

#[test]
fn an_event_is_made_once() {
    let update = Update::new(9, false, b"{}");
    assert_eq!(update.event().as_ptr(), update.event().as_ptr());
    assert_eq!(update.event(), b"id: 9\ndata: {}\n\n");
}
