//! The keyring by itself.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use doneyet::session::keys::{
    Claim, Credentials, Denial, Header, Keyring, Keys, Need, Permit, Secret, Token, sign,
};
use doneyet::task::TaskId;

const NOW_MS: u64 = 1_700_000_000_000;
const LATER_SECS: u64 = NOW_MS / 1000 + 60;

fn task(id: &str) -> TaskId {
    TaskId::new(id).unwrap()
}

fn token(text: &str) -> Credentials {
    Credentials {
        tokens: vec![text.to_owned()],
        tickets: vec![],
    }
}

fn ticket(text: &str) -> Credentials {
    Credentials {
        tokens: vec![],
        tickets: vec![text.to_owned()],
    }
}

fn guarded() -> Keyring {
    Keyring::new(Keys {
        publish: vec![Token::new("p1"), Token::new("p2")],
        watch: vec![Token::new("w1")],
        ticket_secrets: vec![Secret::new(b"new secret"), Secret::new(b"old secret")],
    })
}

#[test]
fn without_keys_everything_is_open() {
    let (open, nobody, id) = (Keyring::default(), Credentials::default(), task("a"));
    for need in [
        Need::Nothing,
        Need::Publish,
        Need::WatchAll,
        Need::Watch(&id),
        Need::Cancel(&id),
    ] {
        assert_eq!(
            open.permit(need, &nobody, NOW_MS),
            Ok(Permit::Full),
            "{need:?}"
        );
    }
}

#[test]
fn each_token_opens_its_own_side_only() {
    let (keyring, id) = (guarded(), task("a"));
    let watching = [Need::WatchAll, Need::Watch(&id), Need::Cancel(&id)];
    for publisher in ["p1", "p2"] {
        assert_eq!(
            keyring.permit(Need::Publish, &token(publisher), NOW_MS),
            Ok(Permit::Full)
        );
        for need in watching {
            assert_eq!(
                keyring.permit(need, &token(publisher), NOW_MS),
                Err(Denial::Unknown)
            );
        }
    }
    for need in watching {
        assert_eq!(keyring.permit(need, &token("w1"), NOW_MS), Ok(Permit::Full));
    }
    assert_eq!(
        keyring.permit(Need::Publish, &token("w1"), NOW_MS),
        Err(Denial::Unknown)
    );
}

#[test]
fn a_guess_is_refused_however_near() {
    let keyring = guarded();
    for guess in ["", "p", "p1 ", "p11", "P1", "Token(..)", "p1\0"] {
        assert_eq!(
            keyring.permit(Need::Publish, &token(guess), NOW_MS),
            Err(Denial::Unknown),
            "{guess:?}"
        );
    }
}

#[test]
fn a_ticket_opens_one_task_as_far_as_it_says() {
    let keyring = guarded();
    let (mine, other) = (task("a.b.c"), task("other"));
    for secret in ["new secret", "old secret"] {
        let secret = Secret::new(secret.as_bytes());
        let watch = ticket(&sign(&secret, LATER_SECS, Permit::WatchOnly, &mine));
        let cancel = ticket(&sign(&secret, LATER_SECS, Permit::Full, &mine));
        assert_eq!(
            keyring.permit(Need::Watch(&mine), &watch, NOW_MS),
            Ok(Permit::WatchOnly)
        );
        assert_eq!(
            keyring.permit(Need::Watch(&mine), &cancel, NOW_MS),
            Ok(Permit::Full)
        );
        assert_eq!(
            keyring.permit(Need::Cancel(&mine), &cancel, NOW_MS),
            Ok(Permit::Full)
        );
        for (need, credentials) in [
            (Need::Cancel(&mine), &watch),
            (Need::Watch(&other), &cancel),
            (Need::Cancel(&other), &cancel),
            (Need::WatchAll, &cancel),
        ] {
            assert_eq!(
                keyring.permit(need, credentials, NOW_MS),
                Err(Denial::OutOfScope),
                "{need:?}"
            );
        }
    }
}

#[test]
fn a_ticket_never_opens_publishing() {
    let cancel = ticket(&sign(
        &Secret::new(b"new secret"),
        LATER_SECS,
        Permit::Full,
        &task("a"),
    ));
    assert_eq!(
        guarded().permit(Need::Publish, &cancel, NOW_MS),
        Err(Denial::OutOfScope)
    );
}

#[test]
fn a_ticket_ends_with_its_second() {
    let (keyring, id) = (guarded(), task("a"));
    let text = ticket(&sign(
        &Secret::new(b"new secret"),
        LATER_SECS,
        Permit::Full,
        &id,
    ));
    assert_eq!(
        keyring.permit(Need::Watch(&id), &text, LATER_SECS * 1000 - 1),
        Ok(Permit::Full)
    );
    assert_eq!(
        keyring.permit(Need::Watch(&id), &text, LATER_SECS * 1000),
        Err(Denial::Expired)
    );
}

/// A ticket for `a` with these further claims.
fn claiming(further: &str) -> Credentials {
    let exp = LATER_SECS;
    stating(&format!(
        r#"{{"task_id":"a","rights":["watch"],"exp":{exp}{further}}}"#
    ))
}

/// A ticket with these claims.
fn stating(claims: &str) -> Credentials {
    headed(r#"{"alg":"HS256"}"#, claims)
}

/// A ticket with this header and these claims, signed with HMAC-SHA-256 whatever they say.
fn headed(header: &str, claims: &str) -> Credentials {
    let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let signed = format!("{}.{}", encode(header), encode(claims));
    let mac = Hmac::<Sha256>::new_from_slice(b"new secret").unwrap();
    let mac = mac.chain_update(&signed).finalize().into_bytes();
    ticket(&format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac)))
}

/// RFC 7519 §4.1.5. The clock of whoever signs may be a little ahead of ours.
#[test]
fn a_ticket_begins_with_its_second_or_a_little_before() {
    let (keyring, id, secs) = (guarded(), task("a"), NOW_MS / 1000);
    for (begins, answer) in [
        (format!("{}", secs - 60), Ok(Permit::WatchOnly)),
        (format!("{secs}"), Ok(Permit::WatchOnly)),
        (format!("{}", secs + 10), Ok(Permit::WatchOnly)),
        (format!("{}.5", secs + 10), Err(Denial::Early)),
        (format!("{}", secs + 11), Err(Denial::Early)),
        ("1e300".into(), Err(Denial::Early)),
        (r#""soon""#.into(), Err(Denial::BadClaim(Claim::Nbf))),
        ("null".into(), Err(Denial::BadClaim(Claim::Nbf))),
    ] {
        let ticket = claiming(&format!(r#","nbf":{begins}"#));
        let said = keyring.permit(Need::Watch(&id), &ticket, NOW_MS);
        assert_eq!(said, answer, "{begins}");
    }
}

#[test]
fn a_genuine_ticket_is_told_which_claim_will_not_do() {
    let (keyring, id) = (guarded(), task("a"));
    let (task, rights, exp) = (r#""task_id":"a""#, r#""rights":["watch"]"#, r#""exp":2e9"#);
    for (claims, claim) in [
        (format!("{{{rights},{exp}}}"), Claim::TaskId),
        (format!(r#"{{"task_id":7,{rights},{exp}}}"#), Claim::TaskId),
        (format!("{{{task},{exp}}}"), Claim::Rights),
        (
            format!(r#"{{{task},"rights":"watch",{exp}}}"#),
            Claim::Rights,
        ),
        (format!("{{{task},{rights}}}"), Claim::Exp),
        (
            format!(r#"{{{task},{rights},"exp":"2000000000"}}"#),
            Claim::Exp,
        ),
        (
            format!(r#"{{{task},{rights},{exp},"nbf":"1"}}"#),
            Claim::Nbf,
        ),
        (r#"["a"]"#.to_owned(), Claim::All),
        ("{".to_owned(), Claim::All),
    ] {
        let answer = keyring.permit(Need::Watch(&id), &stating(&claims), NOW_MS);
        assert_eq!(answer, Err(Denial::BadClaim(claim)), "{claims}");
    }
}

#[test]
fn claims_that_nobody_here_asks_about_change_nothing() {
    let further = claiming(r#","iat":1,"iss":"shop","aud":["x"],"sub":{},"jti":null"#);
    let answer = guarded().permit(Need::Watch(&task("a")), &further, NOW_MS);
    assert_eq!(answer, Ok(Permit::WatchOnly));
}

#[test]
fn no_changed_byte_of_a_ticket_is_accepted() {
    let (keyring, id) = (guarded(), task("a"));
    let good = sign(
        &Secret::new(b"new secret"),
        LATER_SECS,
        Permit::WatchOnly,
        &id,
    );
    for at in 0..good.len() {
        for byte in [b'.', b'0', b'9', b'A', b'z', b'+'] {
            let mut bad = good.clone().into_bytes();
            if bad[at] == byte {
                continue;
            }
            bad[at] = byte;
            let bad = String::from_utf8(bad).unwrap();
            let said = keyring.permit(Need::Watch(&id), &ticket(&bad), NOW_MS);
            // Of a header that can still be read, no more is said than what stands there.
            let is_refused = matches!(said, Err(Denial::Unknown | Denial::BadHeader(Header::Alg)));
            assert!(is_refused, "{bad}: {said:?}");
        }
    }
    for bad in [
        "",
        ".",
        "....",
        "a.b.c",
        &good[..good.len() - 1],
        &good[1..],
    ] {
        assert_eq!(
            keyring.permit(Need::Watch(&id), &ticket(bad), NOW_MS),
            Err(Denial::Unknown),
            "{bad}"
        );
    }
}

#[test]
fn tickets_alone_close_watching_and_leave_publishing_open() {
    let secrets = vec![Secret::new(b"s")];
    let keyring = Keyring::new(Keys {
        ticket_secrets: secrets,
        ..Keys::default()
    });
    let nobody = Credentials::default();
    assert_eq!(
        keyring.permit(Need::Publish, &nobody, NOW_MS),
        Ok(Permit::Full)
    );
    assert_eq!(
        keyring.permit(Need::WatchAll, &nobody, NOW_MS),
        Err(Denial::Unknown)
    );
}

/// Made with Python's `hmac`, `json` and `base64`: the format is the same for everybody.
#[test]
fn takes_what_other_languages_sign() {
    let foreign = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0YXNrX2lkIjogImRsLTQyIiwgInJpZ2h0cyI6IFsid2F0Y2giLCAiY2FuY2VsIl0sICJleHAiOiAxODAwMDAwMDAwLjV9._-HlgfIz97qm9qiVv-rns8bb_m90-bT_CFhS3Mvn9O0";
    let id = task("dl-42");
    assert_eq!(
        guarded().permit(Need::Cancel(&id), &ticket(foreign), NOW_MS),
        Ok(Permit::Full)
    );
}

/// Genuine signatures (but for the last two) over a header that will not do.
#[test]
fn refuses_tickets_that_choose_their_algorithm() {
    let id = task("dl-42");
    let (alg, crit) = (Header::Alg, Header::Crit);
    for (bad, why) in [
        (
            "eyJhbGciOiJub25lIn0.eyJ0YXNrX2lkIjoiZGwtNDIiLCJyaWdodHMiOlsid2F0Y2giXSwiZXhwIjoxODAwMDAwMDAwfQ.LIFo-ROtCQuD-xNvNBR1aZsnd2cdXY3emUurr51RxEI",
            Denial::BadHeader(alg),
        ),
        (
            "eyJhbGciOiJIUzUxMiJ9.eyJ0YXNrX2lkIjoiZGwtNDIiLCJyaWdodHMiOlsid2F0Y2giXSwiZXhwIjoxODAwMDAwMDAwfQ.c2sWx2nLFGnD1ilbM2dKJ81rakHI7LBO_wHdJFIHBwA",
            Denial::BadHeader(alg),
        ),
        (
            "eyJ0eXAiOiJKV1QifQ.eyJ0YXNrX2lkIjoiZGwtNDIiLCJyaWdodHMiOlsid2F0Y2giXSwiZXhwIjoxODAwMDAwMDAwfQ.xUILsVabto1A_eatbCu_VohFM-C2gR3zn4FWP9-gOBU",
            Denial::BadHeader(alg),
        ),
        (
            "eyJhbGciOiJIUzI1NiIsImNyaXQiOlsiYjY0Il0sImI2NCI6ZmFsc2V9.eyJ0YXNrX2lkIjoiZGwtNDIiLCJyaWdodHMiOlsid2F0Y2giXSwiZXhwIjoxODAwMDAwMDAwfQ.4l2Jv9hYAwxI5XFONskevnw8HPqWa6nnc0BNd03WI9Y",
            Denial::BadHeader(crit),
        ),
        (
            "eyJhbGciOiJIUzI1NiJ9.eyJ0YXNrX2lkIjoiZGwtNDIiLCJyaWdodHMiOlsid2F0Y2giXSwiZXhwIjoxODAwMDAwMDAwfQ.SMkXe6RPqdtRgwIpLQXB1Ut6po85CWt33NV9fpeMwnc",
            Denial::Unknown,
        ),
        (
            "eyJhbGciOiJIUzI1NiJ9.eyJ0YXNrX2lkIjoiZGwtNDIiLCJyaWdodHMiOlsid2F0Y2giXSwiZXhwIjoxODAwMDAwMDAwfQ.",
            Denial::Unknown,
        ),
    ] {
        let answer = guarded().permit(Need::Watch(&id), &ticket(bad), NOW_MS);
        assert_eq!(answer, Err(why), "{bad}");
    }
}

#[test]
fn of_a_header_nothing_is_said_that_needs_a_secret() {
    let id = task("a");
    let claims = r#"{"task_id":"a","rights":["watch"],"exp":2e9}"#;
    for (header, why) in [
        (r#"{"alg":"none"}"#, Denial::BadHeader(Header::Alg)),
        (r#"{"alg":7}"#, Denial::BadHeader(Header::Alg)),
        ("{}", Denial::BadHeader(Header::Alg)),
        (
            r#"{"alg":"HS256","crit":[]}"#,
            Denial::BadHeader(Header::Crit),
        ),
        (r#"["HS256"]"#, Denial::Unknown),
    ] {
        let mut brought = headed(header, claims);
        let said = guarded().permit(Need::Watch(&id), &brought, NOW_MS);
        assert_eq!(said, Err(why), "{header}");
        // `crit` is looked at behind the signature, `alg` says whether there can be a good one.
        brought.tickets[0].push('A');
        let said = guarded().permit(Need::Watch(&id), &brought, NOW_MS);
        let forged = match why {
            Denial::BadHeader(Header::Alg) => why,
            _ => Denial::Unknown,
        };
        assert_eq!(said, Err(forged), "{header}");
        // Where no ticket is taken, what is wrong with one does not matter.
        let keys = Keys {
            watch: vec![Token::new("w")],
            ..Keys::default()
        };
        let said = Keyring::new(keys).permit(Need::Watch(&id), &brought, NOW_MS);
        assert_eq!(said, Err(Denial::Unknown), "{header}");
    }
}

#[test]
fn a_replaced_key_counts_at_once() {
    let keyring = guarded();
    keyring.replace(Keys {
        publish: vec![Token::new("p3")],
        ..Keys::default()
    });
    assert_eq!(
        keyring.permit(Need::Publish, &token("p1"), NOW_MS),
        Err(Denial::Unknown)
    );
    assert_eq!(
        keyring.permit(Need::Publish, &token("p3"), NOW_MS),
        Ok(Permit::Full)
    );
}

#[test]
fn no_key_shows_in_debug_output() {
    let shown = format!("{:?}", guarded());
    for secret in ["p1", "w1", "new secret", "110"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
