//! Who may speak to the daemon.

use doneyet::session::Access;

use crate::talk::loopback;

fn public() -> Access {
    Access::default()
}

#[test]
fn a_daemon_on_loopback_answers_to_names_of_this_machine() {
    let access = loopback();
    for host in [
        "localhost",
        "localhost:8765",
        "localhost:",
        "LocalHost:80",
        "localhost.",
        "localhost.:8765",
        "app.localhost",
        "a.b.localhost:3000",
        "127.0.0.1",
        "127.0.0.1:8765",
        "127.255.3.4",
        "[::1]",
        "[::1]:8765",
        "[0:0:0:0:0:0:0:1]:8765",
    ] {
        assert!(access.allows_host(Some(host)), "{host}");
    }
}

#[test]
fn a_daemon_on_loopback_refuses_names_that_only_look_like_this_machine() {
    let access = loopback();
    for host in [
        "evil.example",
        "localhost.evil.example",
        "evillocalhost",
        "localhost-evil",
        "127.0.0.1.evil.example",
        "127.0.0.1.nip.io:8765",
        "a127.0.0.1",
        "127.0.0",
        "127.0.0.256",
        "2130706433",
        "0.0.0.0",
        "0.0.0.0:8765",
        "10.0.0.1",
        "128.0.0.1",
        "[::2]",
        "[::]:8765",
        "[::1].evil.example",
        "",
        ":8765",
        ".",
    ] {
        assert!(!access.allows_host(Some(host)), "{host}");
    }
}

#[test]
fn allowed_hosts_are_compared_whole_without_port_and_case() {
    let access = Access {
        allow_hosts: ["dev.example", "root.example.", "[fd00::7]"]
            .map(str::to_owned)
            .to_vec(),
        ..loopback()
    };
    for host in [
        "dev.example",
        "DEV.example:444",
        "dev.example.",
        "dev.example.:444",
        "root.example",
        "root.example.",
        "[fd00::7]:80",
        "[fd00::7]",
    ] {
        assert!(access.allows_host(Some(host)), "{host}");
    }
    for host in [
        "xdev.example",
        "dev.example.evil",
        "dev.example..",
        "x.dev.example",
        "[fd00::77]",
    ] {
        assert!(!access.allows_host(Some(host)), "{host}");
    }
}

#[test]
fn a_daemon_on_a_public_address_answers_to_every_name() {
    for host in [Some("evil.example"), Some("10.0.0.1:80"), None] {
        assert!(public().allows_host(host), "{host:?}");
    }
}

#[test]
fn the_same_origin_is_the_host_that_was_asked() {
    for (origin, host) in [
        ("http://box.example:8765", "box.example:8765"),
        ("http://BOX.example:8765", "box.EXAMPLE:8765"),
        ("http://box.example", "box.example"),
        ("http://box.example", "box.example:80"),
        ("http://box.example:80", "box.example"),
        ("https://box.example", "box.example:443"),
        ("https://box.example", "box.example"),
        ("http://[fd00::7]:8765", "[fd00::7]:8765"),
        ("http://[fd00::7]", "[fd00::7]:80"),
    ] {
        assert!(
            public().allows_origin(origin, Some(host)),
            "{origin} {host}"
        );
    }
}

#[test]
fn another_origin_is_refused_however_it_resembles_the_host() {
    for (origin, host) in [
        ("http://evil.example", "box.example"),
        ("http://box.example", "box.example:8765"),
        ("http://box.example:8766", "box.example:8765"),
        ("http://box.example:8765:80", "box.example:8765"),
        ("http://box.example:08765", "box.example:8765"),
        ("http://box.example:080", "box.example"),
        ("http://box.example:443", "box.example"),
        ("https://box.example:80", "box.example"),
        ("https://box.example", "box.example:80"),
        ("http://box.example.evil", "box.example"),
        ("http://evilbox.example", "box.example"),
        ("http://evil.example/box.example", "box.example"),
        ("http://evil.example#box.example", "box.example"),
        ("http://box.example@evil.example", "box.example"),
        ("http://evil@box.example", "box.example"),
        ("ftp://box.example", "box.example"),
        ("file://", ""),
        ("file://box.example", "box.example"),
        ("chrome-extension://box.example", "box.example"),
        ("box.example", "box.example"),
        ("//box.example", "box.example"),
        ("null", "null"),
        ("http://null", "box.example"),
        ("", ""),
    ] {
        assert!(
            !public().allows_origin(origin, Some(host)),
            "{origin} {host}"
        );
        assert!(
            !loopback().allows_origin(origin, Some(host)),
            "{origin} {host}, bound to loopback"
        );
    }
    assert!(!public().allows_origin("http://box.example", None));
}

#[test]
fn a_daemon_on_loopback_trusts_loopback_origins_on_any_port() {
    for origin in [
        "http://localhost:3000",
        "https://localhost",
        "http://127.0.0.1:5173",
        "http://[::1]:8080",
        "http://app.localhost:1",
    ] {
        let host = Some("127.0.0.1:8765");
        assert!(loopback().allows_origin(origin, host), "{origin}");
        assert!(!public().allows_origin(origin, host), "{origin} from afar");
    }
}

#[test]
fn a_loopback_origin_is_a_name_and_a_port_and_nothing_else() {
    for origin in [
        "http://localhost.evil.example",
        "http://evil.example/.localhost",
        "http://evil.example?.localhost",
        "http://evil.example#.localhost",
        "http://evil.example@a.localhost",
        "http://evil.example:80:.localhost",
        "http://localhost@evil.example",
        "http://localhost:80@evil.example",
        "http://127.0.0.1.evil.example",
        "http://evil.example, http://localhost",
        "http://evil.example http://a.localhost",
        "localhost",
        "null",
    ] {
        let host = Some("localhost:8765");
        assert!(!loopback().allows_origin(origin, host), "{origin}");
    }
}

#[test]
fn allowed_origins_are_compared_whole_and_only_without_case() {
    let access = Access {
        allow_origins: vec!["https://app.example:8443".to_owned()],
        ..public()
    };
    let host = Some("box.example");
    assert!(access.allows_origin("https://app.example:8443", host));
    assert!(access.allows_origin("HTTPS://APP.example:8443", None));
    for origin in [
        "https://app.example",
        "http://app.example:8443",
        "https://app.example:84430",
        "https://app.example:8443.evil",
        "https://x.app.example:8443",
        "xhttps://app.example:8443",
        "null",
    ] {
        assert!(!access.allows_origin(origin, host), "{origin}");
    }
}

#[test]
fn only_whole_segments_of_the_base_path_are_taken_off() {
    let access = Access {
        base_path: "/p/q".to_owned(),
        ..public()
    };
    assert_eq!(access.below_base("/p/q/healthz"), Some("/healthz"));
    assert_eq!(access.below_base("/p/q/"), Some("/"));
    for path in [
        "/p/q",
        "/p/qq/healthz",
        "/p",
        "/healthz",
        "/P/q/healthz",
        "",
    ] {
        assert_eq!(access.below_base(path), None, "{path}");
    }
    assert_eq!(public().below_base("/healthz"), Some("/healthz"));
    assert_eq!(public().below_base("*"), None);
}
