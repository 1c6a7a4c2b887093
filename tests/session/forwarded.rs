//! Whom a proxy asks for, out of what it and everybody before it wrote.

use std::net::IpAddr;

use doneyet::session::forwarded::{Proxies, Proxy, SOMEBODY};
use doneyet::wire::http::{Fields, Head};

fn network(address: &str, bits: u32) -> Option<Proxy> {
    Proxy::network(address.parse().expect("an address"), bits)
}

/// 10.0.0.0/8 and 2001:db8:cafe::/48.
fn proxies() -> Proxies {
    let networks = [network("10.1.2.3", 8), network("2001:db8:cafe::1", 48)];
    Proxies(networks.into_iter().flatten().collect())
}

fn asker(fields: &str) -> Option<IpAddr> {
    let head = format!("GET / HTTP/1.1\r\nHost: h\r\n{fields}\r\n");
    let mut room = Fields::default();
    let head = Head::parse(head.as_bytes(), &mut room).expect("a good head");
    proxies().asker(&head)
}

fn some(address: &str) -> Option<IpAddr> {
    Some(address.parse().expect("an address"))
}

fn expect(cases: &[(&str, &str)]) {
    for (fields, address) in cases {
        assert_eq!(asker(fields), some(address), "{fields}");
    }
}

#[test]
fn a_silent_proxy_asks_for_nobody() {
    assert_eq!(asker(""), None);
    assert_eq!(asker("X-Forwarded-For:\r\n"), None);
    assert_eq!(asker("Forwarded: , ,\r\n"), None);
    assert_eq!(asker("X-Real-IP: 192.0.2.1\r\n"), None);
}

#[test]
fn the_rightmost_address_that_is_no_proxys_asks() {
    expect(&[
        ("X-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1"),
        ("X-Forwarded-For: 1.1.1.1, 192.0.2.1\r\n", "192.0.2.1"),
        (
            "X-Forwarded-For: 1.1.1.1,192.0.2.1 , 10.9.9.9\r\n",
            "192.0.2.1",
        ),
        (
            "X-Forwarded-For: 192.0.2.1, 2001:db8:cafe:1::5, 10.0.0.1\r\n",
            "192.0.2.1",
        ),
        (
            "X-Forwarded-For: 192.0.2.1, 2001:db8:caff::5\r\n",
            "2001:db8:caff::5",
        ),
        (
            "X-Forwarded-For: 192.0.2.1, ::ffff:10.0.0.1\r\n",
            "192.0.2.1",
        ),
        ("X-Forwarded-For: 192.0.2.1, 11.0.0.1\r\n", "11.0.0.1"),
        (
            "Forwarded: for=1.1.1.1, for=192.0.2.1;proto=https\r\n",
            "192.0.2.1",
        ),
        ("Forwarded: for=192.0.2.1, for=10.0.0.1\r\n", "192.0.2.1"),
    ]);
}

#[test]
fn several_lines_are_one_list() {
    expect(&[
        (
            "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 192.0.2.1\r\n",
            "192.0.2.1",
        ),
        (
            "x-forwarded-for: 192.0.2.1\r\nX-FORWARDED-FOR: 10.0.0.1\r\n",
            "192.0.2.1",
        ),
        (
            "Forwarded: for=1.1.1.1\r\nForwarded: for=192.0.2.1\r\n",
            "192.0.2.1",
        ),
    ]);
}

#[test]
fn where_all_are_proxies_the_first_of_them_asks() {
    expect(&[
        ("X-Forwarded-For: 10.0.0.3, 10.0.0.2\r\n", "10.0.0.3"),
        ("Forwarded: for=10.0.0.3\r\n", "10.0.0.3"),
    ]);
}

#[test]
fn addresses_come_in_many_forms() {
    expect(&[
        ("X-Forwarded-For: 192.0.2.1:4711\r\n", "192.0.2.1"),
        ("X-Forwarded-For: 2001:db8::7\r\n", "2001:db8::7"),
        ("X-Forwarded-For: [2001:db8::7]\r\n", "2001:db8::7"),
        ("X-Forwarded-For: [2001:db8::7]:4711\r\n", "2001:db8::7"),
        ("X-Forwarded-For: ::ffff:192.0.2.1\r\n", "192.0.2.1"),
        ("Forwarded: For=\"[2001:db8::7]:4711\"\r\n", "2001:db8::7"),
        ("Forwarded: for=\"192.0.2.1:4711\"\r\n", "192.0.2.1"),
        (
            "Forwarded: by=10.0.0.1 ; FOR=192.0.2.1 ;host=h\r\n",
            "192.0.2.1",
        ),
        (
            "Forwarded: by=\"a,b\";for=192.0.2.1;host=\"c,d\"\r\n",
            "192.0.2.1",
        ),
    ]);
}

#[test]
fn what_a_client_wrote_cannot_spoil_what_a_proxy_appends() {
    expect(&[
        ("X-Forwarded-For: garbage, \"é, 192.0.2.1\r\n", "192.0.2.1"),
        ("X-Forwarded-For: , ,, 192.0.2.1\r\n", "192.0.2.1"),
        ("Forwarded: for=\"1.1.1.1, for=192.0.2.1\r\n", "192.0.2.1"),
        (
            "Forwarded: for=\"1.1.1.1\\\", for=192.0.2.1\r\n",
            "192.0.2.1",
        ),
        ("Forwarded: \";;;==, for=192.0.2.1\r\n", "192.0.2.1"),
        (
            "Forwarded: for=\"\r\nForwarded: for=192.0.2.1\r\n",
            "192.0.2.1",
        ),
    ]);
}

#[test]
fn who_is_not_named_by_an_address_is_somebody() {
    for fields in [
        "X-Forwarded-For: unknown\r\n",
        "X-Forwarded-For: 192.0.2.1, unknown\r\n",
        "X-Forwarded-For: 192.0.2.1, 10.0.0.300\r\n",
        "X-Forwarded-For: 192.0.2.1;10.0.0.1\r\n",
        "X-Forwarded-For: 192.0.2.1, [10.0.0.1\r\n",
        "Forwarded: for=unknown\r\n",
        "Forwarded: for=_hidden\r\n",
        "Forwarded: for=192.0.2.1, proto=https\r\n",
        "Forwarded: for = \"\r\n",
        "Forwarded: 192.0.2.1\r\n",
    ] {
        assert_eq!(asker(fields), Some(SOMEBODY), "{fields}");
    }
}

#[test]
fn two_fields_that_disagree_name_nobody_in_particular() {
    let both = |new: &str, old: &str| {
        asker(&format!(
            "Forwarded: for={new}\r\nX-Forwarded-For: {old}\r\n"
        ))
    };
    assert_eq!(both("192.0.2.1", "192.0.2.1"), some("192.0.2.1"));
    assert_eq!(both("192.0.2.1", "1.1.1.1, 192.0.2.1"), some("192.0.2.1"));
    assert_eq!(both("192.0.2.1", "192.0.2.2"), Some(SOMEBODY));
    assert_eq!(both("unknown", "192.0.2.2"), Some(SOMEBODY));
}

#[test]
fn a_network_has_its_first_bits_in_common() {
    let trusts = |proxy: Option<Proxy>, address: &str| {
        Proxies(vec![proxy.expect("a network")]).trusts(some(address))
    };
    assert!(trusts(network("10.0.0.7", 32), "10.0.0.7"));
    assert!(!trusts(network("10.0.0.7", 32), "10.0.0.6"));
    assert!(trusts(network("10.0.0.7", 31), "10.0.0.6"));
    assert!(trusts(network("10.0.0.0", 1), "127.0.0.1"));
    assert!(!trusts(network("10.0.0.0", 1), "128.0.0.1"));
    assert!(!trusts(network("10.0.0.0", 1), "::1"), "nor any IPv6");
    assert!(trusts(network("2001:db8::", 32), "2001:db8:ffff::1"));
    assert!(!trusts(network("2001:db8::", 128), "2001:db8::1"));
    assert!(trusts(network("10.0.0.7", 32), "::ffff:10.0.0.7"));
    assert!(!Proxies::default().trusts(some("10.0.0.7")));
}

#[test]
fn nobody_trusts_everybody() {
    for (address, bits) in [("0.0.0.0", 0), ("::", 0), ("10.0.0.0", 33), ("::", 129)] {
        assert_eq!(network(address, bits), None, "{address}/{bits}");
    }
}

#[test]
fn a_unix_socket_is_no_address() {
    assert!(Proxies(vec![Proxy::UnixSocket]).trusts(None));
    assert!(!Proxies(vec![Proxy::UnixSocket]).trusts(some("10.0.0.7")));
    assert!(!proxies().trusts(None));
}
