//! The words on a command line, and the variables that stand for them.

use std::ffi::OsString;

use doneyet::command::options::{Arguments, Request, parse};
use doneyet::command::serve::{self, config};
use doneyet::command::{Failure, reach, run, values, watch};
use doneyet::server::journal::Level;
use doneyet::server::journal::line::Format;
use doneyet::server::limits::Limits;
use doneyet::server::{Address, Config};
use doneyet::session::keys::{Secret, Token};

fn read_with(words: &[&str], variables: &[(&str, &str)]) -> Result<Config, Failure> {
    let find = |name: &str| {
        let found = variables.iter().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| OsString::from(value))
    };
    match parse(&serve::USAGE, words.iter().map(OsString::from), find)? {
        Request::Work(arguments) => config(&arguments),
        other => panic!("{other:?}"),
    }
}

fn read(words: &[&str]) -> Result<Config, Failure> {
    read_with(words, &[])
}

fn complaint(words: &[&str]) -> String {
    match read(words) {
        Err(Failure::Usage(why)) => why,
        other => panic!("{words:?}: {other:?}"),
    }
}

fn work(usage: &doneyet::command::options::Usage, words: &[&str]) -> Arguments {
    match parse(usage, words.iter().map(OsString::from), |_| None) {
        Ok(Request::Work(arguments)) => arguments,
        other => panic!("{other:?}"),
    }
}

#[test]
fn no_words_are_the_defaults_and_a_log() {
    let told = read(&[]).unwrap();
    let defaults = Config {
        log_level: Level::Info,
        limits: Limits {
            // As many as the test's own descriptors allow.
            max_connections: told.limits.max_connections,
            ..Limits::default()
        },
        ..Config::default()
    };
    assert_eq!(told, defaults);
}

#[test]
fn the_log_is_as_much_and_in_the_form_that_is_asked_for() {
    for level in Level::ALL {
        let config = read(&["--log-level", level.name()]).unwrap();
        assert_eq!(config.log_level, level);
    }
    let format = |word| read(&["--log-format", word]).unwrap().log_format;
    assert_eq!(format("text"), Some(Format::Text));
    assert_eq!(format("json"), Some(Format::Json));
    for words in [["--log-level", "loud"], ["--log-format", "xml"]] {
        assert!(matches!(read(&words), Err(Failure::Usage(_))), "{words:?}");
    }
}

#[test]
fn a_limit_given_holds_for_every_address() {
    let limits = read(&["--max-messages", "7", "--max-connections", "9"])
        .unwrap()
        .limits;
    assert_eq!(
        (
            limits.loopback.messages_per_sec,
            limits.stranger.messages_per_sec
        ),
        (7, 7)
    );
    assert_eq!(limits.max_connections, 9);
    let defaults = Config::default().limits;
    assert_eq!(
        limits.loopback.publishes_per_sec,
        defaults.loopback.publishes_per_sec
    );
    assert_eq!(
        limits.stranger.publishes_per_sec,
        defaults.stranger.publishes_per_sec
    );
    let none = read(&["--max-publishes", "0"]).unwrap().limits;
    assert_eq!(none.stranger.publishes_per_sec, 0);
    for word in ["-1", "+1", "1.5", "many", "", "4294967296"] {
        assert!(complaint(&["--max-publishes", word]).contains("0 is no limit"));
    }
}

#[test]
fn a_proxy_is_an_address_a_network_or_the_unix_sockets() {
    let words = [
        "10.0.0.7",
        "10.0.0.0/24",
        "2001:db8::7",
        "2001:db8::/32",
        "unix",
    ];
    let options = words.map(|word| ["--trust-proxy", word]).concat();
    let proxies = read(&options).unwrap().proxies;
    assert_eq!(proxies.0.len(), words.len());
    for (address, trusted) in [
        ("10.0.0.9", true),
        ("10.0.1.9", false),
        ("2001:db8:7::", true),
    ] {
        assert_eq!(proxies.trusts(address.parse().ok()), trusted, "{address}");
    }
    assert!(proxies.trusts(None));
    for word in [
        "0.0.0.0/0",
        "10.0.0.0/33",
        "::/129",
        "proxy.example",
        "10.0.0.7:80",
        "/8",
        "",
    ] {
        assert!(
            complaint(&["--trust-proxy", word]).contains("is written like"),
            "{word}"
        );
    }
}

#[test]
fn a_value_follows_its_option_or_an_equals_sign() {
    for words in [&["--base-path", "/p"][..], &["--base-path=/p"]] {
        assert_eq!(read(words).unwrap().access.base_path, "/p");
    }
}

#[test]
fn a_repeatable_option_keeps_all_its_values_in_order() {
    let config = read(&["--listen", "127.0.0.1:1", "--listen", "unix:/run/x"]).unwrap();
    let tcp = Address::Tcp("127.0.0.1:1".parse().unwrap());
    assert_eq!(config.listen, [tcp, Address::Unix("/run/x".into())]);
}

#[test]
fn a_variable_stands_for_each_option_and_a_list_in_it_for_several() {
    let variables = [
        ("DONEYET_LISTEN", "127.0.0.1:1, [::1]:2"),
        ("DONEYET_BASE_PATH", "/progress"),
        ("DONEYET_LEASE", "2m"),
        ("DONEYET_ECHO", "1"),
    ];
    let config = read_with(&[], &variables).unwrap();
    assert_eq!(config.listen.len(), 2);
    assert_eq!(config.access.base_path, "/progress");
    assert_eq!(config.patience.lease_ms, 120_000);
    assert!(config.access.echo);
}

#[test]
fn a_key_in_the_environment_is_one_whatever_it_is_made_of() {
    let config = read_with(&[], &[("DONEYET_PUBLISH_TOKEN", "one,key")]).unwrap();
    assert_eq!(config.keys.publish, [Token::new("one,key")]);
    let config = read_with(&[], &[("DONEYET_TICKET_SECRET", "one,key")]).unwrap();
    assert_eq!(config.keys.ticket_secrets, [Secret::new(b"one,key")]);
}

#[test]
fn a_key_that_is_empty_leaves_no_door_open() {
    for variable in [
        "DONEYET_PUBLISH_TOKEN",
        "DONEYET_WATCH_TOKEN",
        "DONEYET_TICKET_SECRET",
        "DONEYET_PUBLISH_TOKEN_FILE",
    ] {
        assert!(
            matches!(read_with(&[], &[(variable, "")]), Err(Failure::Usage(why)) if why.starts_with(variable)),
            "{variable}"
        );
    }
}

#[test]
fn an_origin_is_kept_as_browsers_write_it() {
    for (text, kept) in [
        ("https://example.org:443", "https://example.org"),
        ("http://[::1]:80", "http://[::1]"),
        ("https://example.org:80", "https://example.org:80"),
        ("http://example.org:8080", "http://example.org:8080"),
    ] {
        let config = read(&["--allow-origin", text]).unwrap();
        assert_eq!(config.access.allow_origins, [kept]);
    }
}

#[test]
fn the_command_line_wins_over_the_environment() {
    let variables = [
        ("DONEYET_LEASE", "2m"),
        ("DONEYET_LISTEN", "127.0.0.1:1,127.0.0.1:2"),
    ];
    let config = read_with(&["--lease", "5", "--listen", "127.0.0.1:3"], &variables).unwrap();
    assert_eq!(config.patience.lease_ms, 5_000);
    assert_eq!(
        config.listen,
        [Address::Tcp("127.0.0.1:3".parse().unwrap())]
    );
}

#[test]
fn a_switch_in_the_environment_can_be_off() {
    for off in ["0", "no", "off", "false", ""] {
        assert!(
            !read_with(&[], &[("DONEYET_ECHO", off)])
                .unwrap()
                .access
                .echo,
            "{off:?}"
        );
    }
}

#[test]
fn a_complaint_names_what_was_given_where_it_was_given() {
    assert!(complaint(&["--lease", "soon"]).starts_with("--lease \"soon\": a duration"));
    let Err(Failure::Usage(why)) = read_with(&[], &[("DONEYET_LEASE", "soon")]) else {
        panic!("accepted");
    };
    assert!(
        why.starts_with("DONEYET_LEASE \"soon\": a duration"),
        "{why}"
    );
}

#[test]
fn what_makes_no_sense_is_refused() {
    for words in [
        &["--no-such-option"][..],
        &["-x"],
        &["operand"],
        &["--listen"],
        &["--listen", "8765"],
        &["--listen", "example.org:80"],
        &["--listen", "unix:"],
        &["--base-path", "progress"],
        &["--base-path", "/a//b"],
        &["--base-path", "/a?b"],
        &["--allow-origin", "example.org"],
        &["--allow-origin", "https://example.org/path"],
        &["--allow-origin", "*"],
        &["--allow-host", "example.org:80"],
        &["--max-tasks", "0"],
        &["--max-tasks", "+5"],
        &["--keep", "1 h"],
        &["--echo=yes"],
    ] {
        complaint(words);
    }
}

#[test]
fn a_slash_at_the_end_of_the_base_path_means_nothing() {
    for (text, path) in [("/", ""), ("/p/", "/p"), ("/a/b", "/a/b")] {
        assert_eq!(read(&["--base-path", text]).unwrap().access.base_path, path);
    }
}

#[test]
fn durations_have_units() {
    let secs = |text| values::duration(text).map(|duration| duration.as_secs());
    for (text, expected) in [
        ("30", 30),
        ("30s", 30),
        ("5m", 300),
        ("1h", 3600),
        ("2d", 172_800),
    ] {
        assert_eq!(secs(text), Ok(expected));
    }
    for text in [
        "",
        "s",
        "-1",
        "+1",
        "1.5h",
        "1w",
        "99999999999999999999",
        "999999999d",
    ] {
        assert!(secs(text).is_err(), "{text}");
    }
}

#[test]
fn operands_may_stand_between_options() {
    let arguments = work(&watch::USAGE, &["a", "--json", "b", "--", "--c"]);
    assert_eq!(arguments.operands(), ["a", "b", "--c"]);
}

#[test]
fn nothing_behind_a_command_s_first_word_is_an_option_of_ours() {
    for words in [
        &["--title", "T", "--", "ls", "--json", "--help"][..],
        &["--title", "T", "ls", "--json", "--help"],
    ] {
        assert_eq!(
            work(&run::USAGE, words).operands(),
            ["ls", "--json", "--help"]
        );
    }
    let dashed = work(&run::USAGE, &["--", "ls", "--", "x"]);
    assert_eq!(dashed.operands(), ["ls", "--", "x"]);
}

#[test]
fn a_token_that_cannot_travel_is_refused_without_being_repeated() {
    let arguments = work(&watch::USAGE, &["--token", "se cret"]);
    let Err(Failure::Usage(why)) = reach::server(&arguments) else {
        panic!("accepted");
    };
    assert!(!why.contains("cret"), "{why}");
}
