//! Which file names a pattern means.

use doneyet::recipe::NamePattern;

#[test]
fn a_pattern_matches_names_as_in_a_shell() {
    for (pattern, name, is_match) in [
        ("*.mp4", "a.mp4", true),
        ("*.mp4", ".mp4", false),
        (".*", ".mp4", true),
        ("*.mp4", "a.mp4.part", false),
        ("*", "anything at all", true),
        ("*", ".hidden", false),
        ("?", "ä", true),
        ("?", "ab", false),
        ("a*b*c", "a-b-b-c", true),
        ("a*b*c", "a-c-b", false),
        ("*a", "aaa", true),
        ("**x**", "x", true),
        ("[a]", "a", false),
        ("[a]", "[a]", true),
        ("", "", false),
    ] {
        let matches = NamePattern::new(pattern).is_ok_and(|pattern| pattern.matches(name));
        assert_eq!(matches, is_match, "{pattern:?} {name:?}");
    }
}

#[test]
fn no_pattern_matches_a_path() {
    for pattern in ["*", ".*", "*?*", ".?"] {
        let pattern = NamePattern::new(pattern).expect("a pattern");
        for name in [
            "",
            ".",
            "..",
            "/",
            "a/b",
            "../a",
            "a/",
            "/etc/passwd",
            "a\0b",
        ] {
            assert!(!pattern.matches(name), "{pattern:?} {name:?}");
        }
    }
    for text in ["", "a/b", "../*", "/", "a\0"] {
        assert!(NamePattern::new(text).is_err(), "{text:?}");
    }
}

/// With one place to come back to, no pattern takes more than a look at each pair of places.
#[test]
fn a_pattern_of_many_stars_takes_no_longer_than_one_of_few() {
    let pattern = NamePattern::new(&"*a".repeat(120)).expect("a pattern");
    assert!(!pattern.matches(&format!("{}b", "a".repeat(250))));
}
