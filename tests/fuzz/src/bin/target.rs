//! A request target: split, routed and decoded once; a task's name is never outside its alphabet.

#![no_main]

use std::fmt::Write as _;

use doneyet::session::Access;
use doneyet::session::route::{Endpoint, Resource};
use doneyet::task::TaskId;
use doneyet::wire::http::{Target, percent_decode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    assert_eq!(
        percent_decode(&text).map(|text| text.into_owned()),
        naive_decode(&text)
    );
    name(&text);
    for base_path in ["", "/p"] {
        let access = Access {
            base_path: base_path.into(),
            echo: true,
            ..Access::default()
        };
        for path in [text.as_ref(), &format!("{base_path}/api/progress/{text}")] {
            route(path, &access);
        }
    }
});

fn route(text: &str, access: &Access) {
    let Ok(target) = Target::parse(text) else {
        return;
    };
    for (name, value) in target.query_pairs() {
        assert!(
            name.len() + value.len() <= text.len(),
            "decoding made it longer"
        );
        assert!(target.query_value(&name).is_some());
    }
    let Ok(resource) = Resource::find(target.path, access) else {
        return;
    };
    assert!(resource.allow().contains("OPTIONS"));
    assert!(target.path.starts_with(&access.base_path));
    if let Some(id) = task(&resource) {
        check_alphabet(id.as_str());
        let again = format!("{}/api/progress/{}", access.base_path, encode(id.as_str()));
        assert_eq!(
            Resource::find(&again, access),
            Ok(Resource::Task(id.clone()))
        );
    }
}

fn task(resource: &Resource) -> Option<&TaskId> {
    match resource {
        Resource::Task(id) | Resource::TaskCancel(id) => Some(id),
        Resource::Socket(Endpoint::Watch(id) | Endpoint::Work(id)) => Some(id),
        _ => None,
    }
}

/// A name is one exactly if the contract says so.
fn name(text: &str) {
    let is_name = (1..=128).contains(&text.len())
        && text.bytes().all(is_allowed)
        && text.bytes().any(|byte| byte != b'.' || text.len() > 2);
    assert_eq!(TaskId::new(text).is_ok(), is_name, "{text:?}");
}

fn check_alphabet(id: &str) {
    assert!(
        (1..=128).contains(&id.len()) && id.bytes().all(is_allowed),
        "{id:?}"
    );
    assert!(id != "." && id != "..");
}

fn is_allowed(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._~:@-".contains(&byte)
}

/// Every byte in percent signs, in either case.
fn encode(id: &str) -> String {
    id.bytes()
        .enumerate()
        .fold(String::new(), |mut out, (index, byte)| {
            let _ = match index % 2 {
                0 => write!(out, "%{byte:02X}"),
                _ => write!(out, "%{byte:02x}"),
            };
            out
        })
}

fn naive_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some(&byte) = rest.first() {
        let digits = rest.get(1..3).filter(|_| byte == b'%');
        bytes.push(match (byte, digits) {
            (b'%', None) => return None,
            (_, None) => byte,
            (_, Some(digits)) if digits.iter().all(u8::is_ascii_hexdigit) => {
                u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?
            }
            _ => return None,
        });
        rest = &rest[if byte == b'%' { 3 } else { 1 }..];
    }
    String::from_utf8(bytes).ok()
}
