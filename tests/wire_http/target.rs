//! Paths, queries and percent-encoding.

use doneyet::wire::http::{Target, percent_decode, query_pairs};

#[test]
fn splits_path_and_query_at_the_first_question_mark() {
    let cases = [
        ("/", "/", None),
        ("/a/b?", "/a/b", Some("")),
        ("/a?b?c=/d", "/a", Some("b?c=/d")),
        ("/a%3Fb", "/a%3Fb", None),
        ("?x", "/", Some("x")),
        ("*", "*", None),
        ("//", "//", None),
    ];
    for (text, path, query) in cases {
        assert_eq!(Target::parse(text), Ok(Target { path, query }), "{text}");
    }
    for text in ["", "a", "*?", "*a", "a/b", "http://a/"] {
        assert_eq!(
            Target::parse(text).unwrap_err().status.code(),
            400,
            "{text:?}"
        );
    }
}

#[test]
fn decodes_percent_encoding_once() {
    let good = [
        ("", ""),
        ("plain+~", "plain+~"),
        ("%41%6a%6A", "Ajj"),
        ("%2541", "%41"),
        ("a%2Fb", "a/b"),
        ("%C3%A4", "ä"),
        ("ä%20", "ä "),
        ("%00", "\0"),
    ];
    for (text, decoded) in good {
        assert_eq!(percent_decode(text).as_deref(), Some(decoded), "{text}");
    }
    for text in [
        "%", "%4", "a%", "%%41", "%4g", "%+1", "% 1", "%ff", "%C3", "%u0041",
    ] {
        assert_eq!(percent_decode(text), None, "{text}");
    }
}

#[test]
fn reads_queries_as_browsers_write_them() {
    let pairs = |query| -> Vec<(String, String)> {
        query_pairs(query)
            .map(|(k, v)| (k.into_owned(), v.into_owned()))
            .collect()
    };
    let owned = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect()
    };
    let cases: [(&str, &[(&str, &str)]); 8] = [
        ("", &[]),
        ("&&", &[]),
        ("a=b&c", &[("a", "b"), ("c", "")]),
        ("a=b=c&=d", &[("a", "b=c"), ("", "d")]),
        ("a+b=c+d%2B", &[("a b", "c d+")]),
        ("a=1&a=2", &[("a", "1"), ("a", "2")]),
        ("a%26b=%3D", &[("a&b", "=")]),
        (
            "a=%zz&b=%ff&c=1+%",
            &[("a", "%zz"), ("b", "%ff"), ("c", "1+%")],
        ),
    ];
    for (query, expected) in cases {
        assert_eq!(pairs(query), owned(expected), "{query}");
    }
}

#[test]
fn finds_the_first_value_of_a_name() {
    let target = Target::parse("/api?since=1&wait=30&since=2&to%6ben=x+y").unwrap();
    assert_eq!(target.query_value("since").as_deref(), Some("1"));
    assert_eq!(target.query_value("token").as_deref(), Some("x y"));
    assert_eq!(target.query_value("Since"), None);
    assert_eq!(Target::parse("/").unwrap().query_value(""), None);
}
