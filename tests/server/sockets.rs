//! Addresses: what can be listened on, and what is left alone.

use std::fs;
use std::os::unix::net::{UnixListener, UnixStream};

use doneyet::server::config::{Address, Config};
use doneyet::server::reactor::Reactor;

use crate::daemon::{Daemon, Place, loopback};
use crate::frames::request;

/// What binding `address` fails with.
fn refused(address: &Address) -> String {
    let (_stop, stopped) = UnixStream::pair().expect("a pair");
    let config = Config {
        listen: vec![address.clone()],
        ..Config::default()
    };
    let error = Reactor::bind(&config, stopped).expect_err("not bound");
    error.to_string()
}

#[test]
fn a_port_that_is_taken_is_named() {
    let daemon = Daemon::start();
    let taken = &daemon.addresses[0];
    assert!(refused(taken).contains(&taken.to_string()));
}

#[test]
fn a_dead_socket_is_replaced_and_a_living_one_or_a_file_is_not() {
    let place = Place::new("paths");
    let address = Address::Unix(place.socket());
    drop(UnixListener::bind(place.socket()).expect("a place"));
    assert!(place.socket().exists(), "it lies there dead");
    let daemon = Daemon::on(std::slice::from_ref(&address));
    assert!(refused(&address).contains("unix:"));
    let mut client = place.connect();
    client.send(request("GET", "/healthz"));
    assert_eq!(client.answer().0, 200, "the living one lives on");
    drop(client);
    drop(daemon);
    fs::write(place.socket(), "precious").expect("a file");
    assert!(!refused(&address).is_empty());
    assert_eq!(fs::read(place.socket()).expect("the file"), b"precious");
}

#[test]
fn only_loopback_ports_ask_for_the_name_of_this_machine() {
    let place = Place::new("names");
    let daemon = Daemon::on(&[loopback(), Address::Unix(place.socket())]);
    let strange = "GET /healthz HTTP/1.1\r\nHost: progress.example\r\n\r\n";
    let mut client = daemon.connect();
    client.send(strange);
    assert_eq!(client.answer().0, 403);
    let mut client = place.connect();
    client.send(strange);
    assert_eq!(client.answer().0, 200, "a proxy's names are its own");
}
