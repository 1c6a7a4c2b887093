//! The embedded page, read as a browser with a strict policy would read it.
//!
//! What it does on a screen cannot be seen from here. What can be: that each of its parts is found
//! where another part asks for it, under a type browsers accept, and that nothing in it needs
//! another host, an inline script, or markup made of a stranger's text.

use doneyet::page::{Asset, CONTENT_SECURITY_POLICY, asset};

const PATHS: [&str; 9] = [
    "/",
    "/style.css",
    "/doneyet.js",
    "/doneyet.d.ts",
    "/dashboard.js",
    "/orders.js",
    "/row.js",
    "/view.js",
    "/favicon.svg",
];

/// The only address in the assets; it is a name, and nobody fetches it.
const SVG_NAMESPACE: &str = "http://www.w3.org/2000/svg";

fn assets() -> impl Iterator<Item = &'static Asset> {
    PATHS
        .iter()
        .map(|path| asset(path).unwrap_or_else(|| panic!("{path} is not served")))
}

fn text(path: &str) -> &'static str {
    std::str::from_utf8(asset(path).expect(path).bytes).expect("the assets are UTF-8")
}

fn scripts() -> impl Iterator<Item = &'static str> {
    PATHS
        .iter()
        .filter(|path| path.ends_with(".js"))
        .map(|path| text(path))
}

/// The quoted relative references in a source: `"./style.css"` gives `style.css`.
fn references(source: &str) -> impl Iterator<Item = &str> {
    source
        .split("\"./")
        .skip(1)
        .filter_map(|rest| rest.split_once('"'))
        .map(|(reference, _)| reference)
}

#[test]
fn every_asset_is_found_under_its_path_and_has_a_body() {
    for (path, asset) in PATHS.iter().zip(assets()) {
        assert_eq!(asset.path, *path);
        assert!(!asset.bytes.is_empty(), "{path} is empty");
    }
}

#[test]
fn nothing_else_is_found() {
    for path in [
        "",
        "doneyet.js",
        "/index.html",
        "/mod.rs",
        "/Doneyet.js",
        "//",
        "/../mod.rs",
    ] {
        assert!(asset(path).is_none(), "{path} is served");
    }
}

#[test]
fn types_are_those_browsers_insist_on() {
    let of = |path| asset(path).expect(path).content_type;
    assert_eq!(of("/"), "text/html; charset=utf-8");
    assert_eq!(of("/style.css"), "text/css; charset=utf-8");
    assert_eq!(of("/favicon.svg"), "image/svg+xml");
    for path in PATHS.iter().filter(|path| path.ends_with(".js")) {
        assert_eq!(of(path), "text/javascript; charset=utf-8", "{path}");
    }
}

#[test]
fn what_one_part_asks_for_another_part_is() {
    let mut found = 0;
    for source in PATHS.iter().map(|path| text(path)) {
        for reference in references(source).filter(|reference| !reference.starts_with("api/")) {
            assert!(
                asset(&format!("/{reference}")).is_some(),
                "./{reference} is not served"
            );
            found += 1;
        }
    }
    assert!(
        found >= 5,
        "the page refers to its style and scripts, but only {found} were seen"
    );
}

#[test]
fn nothing_comes_from_another_host_or_from_outside_the_base_path() {
    for path in PATHS {
        let source = text(path).replace(SVG_NAMESPACE, "");
        for foreign in [
            "http://", "https://", "ws://", "wss://", "url(", "@import", "\"//",
        ] {
            assert!(!source.contains(foreign), "{path} contains {foreign}");
        }
    }
    for absolute in ["href=\"/", "src=\"/", "action=\"/"] {
        assert!(
            !text("/").contains(absolute),
            "the page contains {absolute}"
        );
    }
}

#[test]
fn the_page_has_no_inline_script_and_no_inline_style() {
    let page = text("/");
    assert!(!page.contains("<style") && !page.contains(" style="));
    assert!(!page.contains("javascript:"));
    for tag in page.split("<script").skip(1) {
        assert!(
            tag.trim_start().starts_with("type=\"module\" src="),
            "<script{tag}"
        );
        assert!(tag.contains("></script>"), "<script{tag}");
    }
    for attribute in page.split_whitespace().filter(|word| word.contains('=')) {
        assert!(
            !attribute.starts_with("on"),
            "{attribute} is an inline script"
        );
    }
}

#[test]
fn text_of_strangers_is_never_made_into_markup_or_code() {
    for source in scripts() {
        for sink in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
        ] {
            assert!(!source.contains(sink), "{sink}");
        }
        for sink in [
            "new Function",
            "setAttribute(\"style\"",
            "setAttribute(\"on",
        ] {
            assert!(!source.contains(sink), "{sink}");
        }
    }
}

#[test]
fn the_policy_is_one_header_line_and_lets_no_unsafe_thing_pass() {
    assert!(
        CONTENT_SECURITY_POLICY
            .bytes()
            .all(|byte| (b' '..=b'~').contains(&byte))
    );
    assert!(CONTENT_SECURITY_POLICY.starts_with("default-src 'none';"));
    assert!(!CONTENT_SECURITY_POLICY.contains("unsafe"));
    assert!(!CONTENT_SECURITY_POLICY.contains("  "));
}

/// Other people's pages carry this one: with its lessons it stays below 5 KB on the wire
/// (gzip halves it and more), and a bound on the source keeps it so.
#[test]
fn the_browser_module_stays_small() {
    assert!(text("/doneyet.js").len() < 14_000);
}
