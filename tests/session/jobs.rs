//! Orders, and the files that jobs make, in HTTP.

use doneyet::session::Access;

use crate::talk::{CONTENT, STATE, Transcript, asked_of, loopback};

fn with_recipes() -> Access {
    Access {
        recipes: true,
        ..loopback()
    }
}

fn asked(request: &str) -> Transcript {
    asked_of(&with_recipes(), request)
}

/// A request for a file, with these fields.
fn fetched(method: &str, name: &str, fields: &str) -> Transcript {
    asked(&format!(
        "{method} /api/tasks/known/files/{name} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n"
    ))
}

#[test]
fn an_order_is_answered_with_its_task_and_where_that_is() {
    let order = r#"{"recipe":"download","url":"http://a/"}"#;
    let request = format!(
        "POST /p/api/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{order}",
        order.len()
    );
    let access = Access {
        base_path: "/p".to_owned(),
        ..with_recipes()
    };
    let answer = asked_of(&access, &request);
    assert_eq!(answer.status(), 201);
    assert_eq!(
        answer.field("location").as_deref(),
        Some("/p/api/progress/known")
    );
    assert_eq!(answer.body(), STATE);
    assert_eq!(answer.demands, ["Start(Order(2 fields))"]);
}

#[test]
fn without_recipes_there_is_nothing_there() {
    for request in [
        "GET /api/recipes HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "OPTIONS /api/recipes HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "POST /api/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n",
        "GET /api/tasks/known/files/a HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ] {
        assert_eq!(asked_of(&loopback(), request).status(), 404, "{request}");
    }
}

#[test]
fn each_route_has_its_methods() {
    for (path, allow) in [
        ("/api/recipes", "GET, HEAD, OPTIONS"),
        ("/api/tasks", "POST, OPTIONS"),
        ("/api/tasks/known/files/a", "GET, HEAD, OPTIONS"),
    ] {
        let answer = asked(&format!(
            "DELETE {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"
        ));
        assert_eq!(answer.status(), 405, "{path}");
        assert_eq!(answer.field("allow").as_deref(), Some(allow), "{path}");
    }
}

#[test]
fn a_megabyte_of_a_value_is_read_and_more_is_not() {
    let ordered = |len: usize| {
        let mut talk = crate::talk::Talk::http(with_recipes());
        let content = format!(r#"{{"url":"{}"}}"#, "a".repeat(len));
        let head = format!(
            "POST /api/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n",
            content.len()
        );
        talk.send(head.as_bytes());
        talk.send(content.as_bytes());
        (talk.demands.len(), talk.said())
    };
    assert_eq!(ordered(1024 * 1024).0, 1);
    let (demands, said) = ordered(2 * 1024 * 1024);
    assert_eq!(demands, 0);
    assert!(said.starts_with(b"HTTP/1.1 413 "));
}

#[test]
fn an_order_without_content_is_told_so() {
    let answer = asked("POST /api/tasks HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(
        (answer.status(), answer.code().as_str()),
        (411, "length_required")
    );
    for (content, status, code) in [
        ("", 400, "bad_json"),
        ("{", 400, "bad_json"),
        ("[]", 422, "bad_input"),
    ] {
        let answer = asked(&format!(
            "POST /api/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{content}",
            content.len()
        ));
        assert_eq!(
            (answer.status(), answer.code().as_str()),
            (status, code),
            "{content}"
        );
    }
}

#[test]
fn a_file_is_one_to_be_saved_and_runs_nothing() {
    let answer = fetched("GET", "a%22b%C3%A4.html", "");
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.body(), CONTENT);
    for (name, value) in [
        ("content-type", "application/octet-stream"),
        ("content-length", "10"),
        (
            "content-disposition",
            "attachment; filename=\"a_b_.html\"; filename*=UTF-8''a%22b%C3%A4.html",
        ),
        ("content-security-policy", "sandbox; default-src 'none'"),
        ("x-content-type-options", "nosniff"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cache-control", "private, no-cache"),
        ("accept-ranges", "bytes"),
        ("etag", "\"v1\""),
        ("last-modified", "Sun, 22 Nov 2026 11:59:59 GMT"),
    ] {
        assert_eq!(answer.field(name).as_deref(), Some(value), "{name}");
    }
}

#[test]
fn a_name_cannot_begin_a_field() {
    let answer = fetched("GET", "a%0D%0AX-Evil%3A%201%0D%0A%0D%0A", "");
    let text = answer.text();
    assert_eq!(answer.field("x-evil"), None);
    assert!(
        text.contains("filename*=UTF-8''a%0D%0AX-Evil%3A%201%0D%0A%0D%0A\r\n"),
        "{text}"
    );
}

#[test]
fn a_part_of_a_file_can_be_asked_for() {
    for (range, status, place, body) in [
        ("bytes=3-5", 206, Some("bytes 3-5/10"), "345"),
        ("bytes=-2", 206, Some("bytes 8-9/10"), "89"),
        ("bytes=7-", 206, Some("bytes 7-9/10"), "789"),
        ("bytes=10-", 416, Some("bytes */10"), ""),
        ("bytes=1-2,4-5", 200, None, CONTENT),
        ("lines=1-2", 200, None, CONTENT),
    ] {
        let answer = fetched("GET", "a", &format!("Range: {range}\r\n"));
        assert_eq!(answer.status(), status, "{range}");
        assert_eq!(answer.field("content-range").as_deref(), place, "{range}");
        assert_eq!(answer.body(), body, "{range}");
        assert_eq!(
            answer.field("content-length"),
            Some(body.len().to_string()),
            "{range}"
        );
    }
    // RFC 9110 §14.2: only for GET, and not if there are two.
    let answer = fetched("HEAD", "a", "Range: bytes=3-5\r\n");
    assert_eq!(
        (answer.status(), answer.field("content-length").as_deref()),
        (200, Some("10"))
    );
    assert_eq!(answer.body(), "");
    let twice = fetched("GET", "a", "Range: bytes=3-5\r\nRange: bytes=1-2\r\n");
    assert_eq!(twice.status(), 200);
}

#[test]
fn a_part_is_only_given_to_who_has_the_rest_of_the_same() {
    for (validator, status) in [
        ("\"v1\"", 206),
        ("Sun, 22 Nov 2026 11:59:59 GMT", 206),
        ("W/\"v1\"", 200),
        ("\"v2\"", 200),
        ("v1", 200),
        ("Sun, 22 Nov 2026 12:00:00 GMT", 200),
        ("", 200),
        ("\"v1\"\r\nIf-Range: \"v1\"", 200),
    ] {
        let fields = format!("Range: bytes=3-5\r\nIf-Range: {validator}\r\n");
        assert_eq!(fetched("GET", "a", &fields).status(), status, "{validator}");
    }
}

#[test]
fn who_has_a_file_already_is_not_sent_it() {
    for method in ["GET", "HEAD"] {
        let answer = fetched(method, "a", "If-None-Match: \"v1\"\r\nRange: bytes=3-5\r\n");
        assert_eq!(answer.status(), 304);
        assert_eq!(answer.field("etag").as_deref(), Some("\"v1\""));
        assert_eq!(answer.body(), "");
    }
}

#[test]
fn a_connection_goes_on_behind_a_file_unless_it_was_to_close() {
    let get = |path: &str, fields: &str| {
        format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n")
    };
    let file = "/api/tasks/known/files/a";
    let two = format!(
        "{}{}",
        get(file, ""),
        get(file, "Range: bytes=0-0\r\nConnection: close\r\n")
    );
    let talk = crate::talk::told(|| crate::talk::Talk::http(with_recipes()), two.as_bytes());
    let text = talk.text();
    assert!(text.contains("\r\n\r\n0123456789HTTP/1.1 206 "), "{text}");
    assert!(text.ends_with("\r\n\r\n0"), "{text}");
    assert!(talk.is_over);
    assert_eq!(fetched("GET", "nothing", "").status(), 404);
}
