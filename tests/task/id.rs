//! Which texts are task ids.

use doneyet::task::TaskId;
use doneyet::task::id::{BadTaskId, MAX_LEN};

#[test]
fn exactly_these_characters_make_an_id() {
    let allowed: String = (0..=0x2ff_u32)
        .filter_map(char::from_u32)
        .filter(|c| TaskId::new(&c.to_string().repeat(3)).is_ok())
        .collect();
    assert_eq!(
        allowed,
        "-.0123456789:@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~"
    );
}

#[test]
fn one_to_128_characters_make_an_id() {
    for (len, ok) in [(0, false), (1, true), (MAX_LEN, true), (MAX_LEN + 1, false)] {
        assert_eq!(TaskId::new(&"x".repeat(len)).is_ok(), ok, "{len}");
    }
    assert_eq!(MAX_LEN, 128);
}

#[test]
fn dot_segments_are_no_ids_but_more_dots_are() {
    for (text, ok) in [(".", false), ("..", false), ("...", true), (".a", true)] {
        assert_eq!(TaskId::new(text).is_ok(), ok, "{text}");
    }
}

#[test]
fn one_character_out_of_place_spoils_the_id_wherever_it_stands() {
    for bad in [
        "/", "%", " ", "\0", "\n", "\"", "\\", "?", "#", "é", "\u{7f}",
    ] {
        for text in [format!("{bad}ab"), format!("a{bad}b"), format!("ab{bad}")] {
            assert_eq!(TaskId::new(&text), Err(BadTaskId), "{text:?}");
        }
    }
}

#[test]
fn an_id_reads_back_as_it_was_given() {
    let id = TaskId::new("dl-42:a@b").unwrap();
    assert_eq!(id.as_str(), "dl-42:a@b");
    assert_eq!(id.to_string(), "dl-42:a@b");
    assert!(std::ptr::eq(id.as_str(), id.clone().as_str()));
}
