//! Values of strangers.

use doneyet::recipe::Order;
use doneyet::task::Refusal;
use serde_json::{Value, json};

use crate::{command, recipes};

fn ordered(url: Value) -> Result<String, String> {
    let recipes = recipes(json!({}));
    let words = command(&recipes, json!({"recipe": "download", "url": url}))?;
    Ok(words[3].clone())
}

#[test]
fn an_address_is_passed_on_as_it_is() {
    for url in [
        "http://example.org",
        "HTTPS://EXAMPLE.ORG/",
        "https://www.example.org/watch?v=a_b-C&t=1s#x",
        "http://192.0.2.7:8080/a%20b",
        "http://[2001:db8::7]:80/",
        "http://[2001:db8::7]/",
        "https://example.org/;rm=1,2'(3)*!$@%5Bx%5D",
        "https://example.org./",
    ] {
        assert_eq!(ordered(json!(url)).as_deref(), Ok(url), "{url}");
    }
}

#[test]
fn what_is_no_address_names_its_field() {
    let long = format!("http://example.org/{}", "a".repeat(1 << 20));
    for url in [
        json!("--exec=touch /tmp/x"),
        json!("-o"),
        json!("-"),
        json!(""),
        json!(" http://example.org/"),
        json!("file:///etc/passwd"),
        json!("FILE:///etc/passwd"),
        json!("javascript:alert(1)"),
        json!("data:text/plain,x"),
        json!("ext::sh -c id"),
        json!("; rm -rf /"),
        json!("$(id)"),
        json!("http://example.org/\n--exec=id"),
        json!("http://example.org/\r"),
        json!("http://example.org/\u{0}"),
        json!("http://example.org/\u{7f}"),
        json!("http://example.org/\u{85}"),
        json!("http://example.org/a b"),
        json!("http://example.org/\u{2028}"),
        json!("http://exämple.org/"),
        json!("http://example.org\\@evil.example/"),
        json!("http://example.org/`id`"),
        json!("http://example.org/\"x\""),
        json!("http://example.org/|x"),
        json!("http://"),
        json!("http:///etc/passwd"),
        json!("http:example.org"),
        json!("http:/example.org"),
        json!("http://?x"),
        json!("http://-oProxyCommand=id/"),
        json!("http://user@example.org/"),
        json!("http://user:word@example.org/"),
        json!("http://example.org:port/"),
        json!("http://example.org:+80/"),
        json!("http://[::1"),
        json!("http://[not]/"),
        json!("http://[::1]/[1-3].bin"),
        json!("http://example.org/?a[]=1"),
        json!("http://example.org#[1]"),
        json!("http://example.org/{a,b}"),
        json!("http://exa%6dple.org/"),
        json!("http://example.org/%zz"),
        json!("http://example.org/%2"),
        json!("http://example.org/?%"),
        json!("http://example..org/"),
        json!("http://example.org:/"),
        json!("http://example.org:65536/"),
        json!(long),
        json!(5),
        json!(null),
        json!(true),
        json!(["http://example.org/"]),
        json!({"http": "//example.org/"}),
    ] {
        let text = url.to_string();
        let what = &text[..text.len().min(60)];
        assert_eq!(ordered(url), Err("url".to_owned()), "{what}");
    }
}

#[test]
fn an_address_may_be_held_to_some_hosts() {
    let recipes = recipes(json!({"inputs": [
        {"name": "url", "type": "url", "schemes": ["https", "magnet"],
         "hosts": ["example.org", "*.Example.NET", "[::1]"]},
    ]}));
    for (url, is_good) in [
        ("https://example.org/", true),
        ("https://EXAMPLE.org.:443/", true),
        ("https://a.b.example.net/", true),
        ("https://[::1]/", true),
        ("https://example.net/", false),
        ("https://notexample.net/", false),
        ("https://a.example.org/", false),
        ("https://example.org.evil.example/", false),
        ("https://evil.example/example.org", false),
        ("https://evil.example#example.org", false),
        ("magnet:?xt=urn:btih:x", false),
        ("http://example.org/", false),
    ] {
        let taken = command(&recipes, json!({"recipe": "download", "url": url}));
        assert_eq!(taken.is_ok(), is_good, "{url}: {taken:?}");
    }
}

#[test]
fn a_scheme_without_hosts_is_taken_if_the_operator_names_it() {
    let recipes =
        recipes(json!({"inputs": [{"name": "url", "type": "url", "schemes": ["magnet"]}]}));
    let magnet = json!({"recipe": "download", "url": "magnet:?xt=urn:btih:0123"});
    assert!(command(&recipes, magnet).is_ok());
}

#[test]
fn a_choice_is_one_of_those_there_are() {
    let recipes = recipes(json!({
        "argv": ["tool", "{quality}"],
        "inputs": [{"name": "quality", "type": "choice", "choices": ["best", "worst"], "default": "best"}],
    }));
    let chosen = |value: Value| command(&recipes, json!({"recipe": "download", "quality": value}));
    assert_eq!(
        chosen(json!("worst")).as_deref(),
        Ok(&["tool".to_owned(), "worst".to_owned()][..])
    );
    assert_eq!(
        chosen(Value::Null).as_deref(),
        Ok(&["tool".to_owned(), "best".to_owned()][..])
    );
    for value in ["", "bes", "best ", "BEST", "-x"] {
        assert_eq!(chosen(json!(value)), Err("quality".to_owned()), "{value:?}");
    }
}

#[test]
fn a_text_matches_its_pattern_as_a_whole_and_is_no_option() {
    let text = |patch: Value| {
        let mut input = json!({"name": "name", "type": "text", "pattern": "-?[a-z]+|[0-9]+"});
        for (field, value) in patch.as_object().expect("an object") {
            input[field] = value.clone();
        }
        recipes(json!({"argv": ["tool", "{name}"], "inputs": [input]}))
    };
    let good = |recipes: &_, value: &str| {
        command(recipes, json!({"recipe": "download", "name": value})).is_ok()
    };
    let plain = text(json!({}));
    assert!(good(&plain, "abc") && good(&plain, "123"));
    for value in [
        "", "abc1", "1a", "ABC", "abc\n", "a\nb", "a\0", "-abc", "--abc",
    ] {
        assert!(!good(&plain, value), "{value:?}");
    }
    let dashed = text(json!({"leading_dash": true}));
    assert!(good(&dashed, "-abc") && !good(&dashed, "--abc"));
    let short = text(json!({"max_chars": 3}));
    assert!(good(&short, "abc") && !good(&short, "abcd"));
    let wide = text(json!({"pattern": ".*", "max_chars": 3}));
    assert!(good(&wide, "äöü") && !good(&wide, "äöüß"));
}

#[test]
fn an_order_says_what_its_recipe_asks_for_and_nothing_else() {
    let recipes = recipes(json!({}));
    for (order, field) in [
        (json!({}), "recipe"),
        (json!({"recipe": "upload"}), "recipe"),
        (json!({"recipe": ["download"]}), "recipe"),
        (json!({"recipe": "download"}), "url"),
        (
            json!({"recipe": "download", "url": "http://a/", "argv": ["sh"]}),
            "body",
        ),
        (
            json!({"recipe": "download", "url": "http://a/", "dir": "/etc"}),
            "body",
        ),
    ] {
        assert_eq!(
            command(&recipes, order.clone()),
            Err(field.to_owned()),
            "{order}"
        );
    }
    for text in ["[]", "5", "null"] {
        let refusal = Order::parse(text.as_bytes());
        assert!(matches!(refusal, Err(Refusal::BadInput { .. })), "{text}");
    }
    let broken: [&[u8]; 4] = [b"", b"{", b"\xff", br#"{"url":"\ud800"}"#];
    for bytes in broken {
        assert!(matches!(Order::parse(bytes), Err(Refusal::BadJson(_))));
    }
}

#[test]
fn an_order_is_not_repeated_in_messages_about_bugs() {
    let order = Order::parse(br#"{"recipe":"download","url":"http://private.example/"}"#);
    assert!(!format!("{order:?}").contains("private"));
}
