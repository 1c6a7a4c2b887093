//! Who may publish, watch and cancel: tokens and tickets.
//!
//! A *token* is a password for a whole side: all publishing, or all watching and cancelling. A
//! *ticket* is for one task and a short time: the operator's own back end signs it for the page it
//! delivers, so that the page gets just its own task and the daemon need not know any user.
//!
//! A ticket is a JSON Web Token (RFC 7519), signed with HMAC-SHA-256 (`HS256`), so that any
//! language's library can make one. Its claims are `task_id`, `rights` (a list of `watch` and
//! `cancel`), `exp`, the Unix second at which it ends, and perhaps `nbf`, the one at which it begins.

use std::cell::RefCell;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use crate::task::TaskId;

/// How long before its beginning a ticket is good, in seconds: many libraries write the moment of
/// signing, by a clock that may be ahead of ours (RFC 7519 §4.1.5).
const LEEWAY_SECS: f64 = 10.0;

/// A token as it is kept: its digest. All have the same length, so that comparing takes the same
/// time however much of a guess is right, and a core dump shows no password.
#[derive(Clone, PartialEq, Eq)]
pub struct Token([u8; 32]);

impl Token {
    /// Takes a token in the clear.
    pub fn new(text: &str) -> Token {
        Token(Sha256::digest(text).into())
    }
}

/// A secret that tickets are signed with.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Takes a secret as bytes; 32 random ones are good.
    pub fn new(bytes: &[u8]) -> Secret {
        Secret(bytes.to_vec())
    }

    fn mac(&self, text: &str) -> Hmac<Sha256> {
        // HMAC takes keys of any length (RFC 2104 §3); the error is of other MACs.
        let mac = Hmac::<Sha256>::new_from_slice(&self.0);
        mac.map_or_else(
            |_| unreachable!("HMAC refused a key"),
            |mac| mac.chain_update(text),
        )
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// All that is accepted. A side without a token is open; with tickets, watching is not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys {
    /// Each of these opens publishing.
    pub publish: Vec<Token>,
    /// Each of these opens watching and cancelling, of all tasks.
    pub watch: Vec<Token>,
    /// Tickets signed with any of these open one task.
    pub ticket_secrets: Vec<Secret>,
}

/// The keys in force; the operator may change them while connections are open.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Keyring(RefCell<Keys>);

/// What a call needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need<'t> {
    /// Nothing.
    Nothing,
    /// The publishing side.
    Publish,
    /// The watching side as a whole.
    WatchAll,
    /// The state of one task.
    Watch(&'t TaskId),
    /// To cancel one task.
    Cancel(&'t TaskId),
}

/// What a caller who was let in may do there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permit {
    /// Whatever there is to do.
    Full,
    /// Look, and not cancel.
    WatchOnly,
}

/// Why a caller was not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// No credentials, or none that are known.
    Unknown,
    /// A ticket of whose kind none is taken, whoever signed it.
    BadHeader(Header),
    /// A genuine ticket whose time is over.
    Expired,
    /// A genuine ticket whose time has not begun.
    Early,
    /// A genuine ticket that does not say what one must.
    BadClaim(Claim),
    /// A genuine ticket for something else.
    OutOfScope,
}

/// What a ticket says of its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Header {
    /// `alg`: how it is signed.
    Alg,
    /// `crit`: what a reader must understand.
    Crit,
}

/// What a ticket says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// `task_id`: for which task it is.
    TaskId,
    /// `rights`: what it allows there.
    Rights,
    /// `exp`: when it ends.
    Exp,
    /// `nbf`: when it begins.
    Nbf,
    /// All of them together.
    All,
}

/// What a request brought along.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    /// Bearer tokens, wherever they stood.
    pub tokens: Vec<String>,
    /// Tickets, wherever they stood.
    pub tickets: Vec<String>,
}

impl Keyring {
    /// These keys, from now on.
    pub fn new(keys: Keys) -> Keyring {
        Keyring(RefCell::new(keys))
    }

    /// Replaces the keys. Whoever is connected stays; what is asked for next needs the new ones.
    pub fn replace(&self, keys: Keys) {
        self.0.replace(keys);
    }

    /// Whether `credentials` are good for `need` at this time.
    ///
    /// # Errors
    /// The [`Denial`] to answer with.
    pub fn permit(
        &self,
        need: Need<'_>,
        credentials: &Credentials,
        unix_ms: u64,
    ) -> Result<Permit, Denial> {
        self.0.borrow().permit(need, credentials, unix_ms)
    }
}

impl Keys {
    fn permit(
        &self,
        need: Need<'_>,
        credentials: &Credentials,
        unix_ms: u64,
    ) -> Result<Permit, Denial> {
        let tokens = match need {
            Need::Nothing => return Ok(Permit::Full),
            Need::Publish => &self.publish,
            Need::WatchAll | Need::Watch(_) | Need::Cancel(_) => &self.watch,
        };
        let guarded =
            !tokens.is_empty() || (need != Need::Publish && !self.ticket_secrets.is_empty());
        if !guarded
            || credentials
                .tokens
                .iter()
                .any(|token| is_among(token, tokens))
        {
            return Ok(Permit::Full);
        }
        let mut denial = Denial::Unknown;
        for text in &credentials.tickets {
            match self.permit_ticket(text, need, unix_ms) {
                Ok(permit) => return Ok(permit),
                // Of what is no ticket there is nothing to be said.
                Err(Denial::Unknown) => {}
                Err(why) => denial = why,
            }
        }
        Err(denial)
    }

    fn permit_ticket(&self, text: &str, need: Need<'_>, unix_ms: u64) -> Result<Permit, Denial> {
        let ticket = Ticket::read(self.genuine(text)?).map_err(Denial::BadClaim)?;
        ticket.permit(need, unix_ms)
    }

    /// The ticket's claims as they came, if we signed it. Nothing of them is read before that; the
    /// header is read, and what is said of it is no more than what its bearer has written.
    fn genuine<'t>(&self, text: &'t str) -> Result<&'t str, Denial> {
        if self.ticket_secrets.is_empty() {
            return Err(Denial::Unknown);
        }
        let (signed, mac) = text.rsplit_once('.').ok_or(Denial::Unknown)?;
        let (header, claims) = signed.split_once('.').ok_or(Denial::Unknown)?;
        let header = decode(header).ok_or(Denial::Unknown)?;
        // The header chooses the algorithm: a verifier that follows it can be told `none`.
        if header.get("alg").is_none_or(|alg| alg != "HS256") {
            return Err(Denial::BadHeader(Header::Alg));
        }
        let mac = URL_SAFE_NO_PAD.decode(mac).map_err(|_| Denial::Unknown)?;
        let good = |secret: &Secret| secret.mac(signed).verify_slice(&mac).is_ok();
        if !self.ticket_secrets.iter().any(good) {
            return Err(Denial::Unknown);
        }
        // What it calls critical must be understood (RFC 7515 §4.1.11), and nothing of it is here.
        match header.contains_key("crit") {
            true => Err(Denial::BadHeader(Header::Crit)),
            false => Ok(claims),
        }
    }
}

/// What a genuine ticket says.
#[derive(Debug)]
struct Ticket {
    begins_secs: f64,
    expires_secs: f64,
    rights: Vec<Value>,
    task: String,
}

impl Ticket {
    fn read(claims: &str) -> Result<Ticket, Claim> {
        let claims = decode(claims).ok_or(Claim::All)?;
        let secs = |name: &str, absent| claims.get(name).map_or(absent, Value::as_f64);
        let rights = claims.get("rights").and_then(Value::as_array);
        let task = claims.get("task_id").and_then(Value::as_str);
        Ok(Ticket {
            begins_secs: secs("nbf", Some(0.0)).ok_or(Claim::Nbf)?,
            expires_secs: secs("exp", None).ok_or(Claim::Exp)?,
            rights: rights.ok_or(Claim::Rights)?.clone(),
            task: task.ok_or(Claim::TaskId)?.to_owned(),
        })
    }

    fn permit(&self, need: Need<'_>, unix_ms: u64) -> Result<Permit, Denial> {
        let now_secs = unix_ms as f64 / 1000.0;
        if now_secs >= self.expires_secs {
            return Err(Denial::Expired);
        }
        if now_secs + LEEWAY_SECS < self.begins_secs {
            return Err(Denial::Early);
        }
        let may = |right: &str| self.rights.iter().any(|granted| granted == right);
        match need {
            Need::Watch(task) if self.task == task.as_str() && may("watch") => {
                match may("cancel") {
                    true => Ok(Permit::Full),
                    false => Ok(Permit::WatchOnly),
                }
            }
            Need::Cancel(task) if self.task == task.as_str() && may("cancel") => Ok(Permit::Full),
            _ => Err(Denial::OutOfScope),
        }
    }
}

/// One of the first two parts of a JSON Web Token.
fn decode(part: &str) -> Option<Map<String, Value>> {
    let json = URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice(&json).ok()
}

/// Signs a ticket, as an operator's back end does.
pub fn sign(secret: &Secret, expires_secs: u64, permit: Permit, task: &TaskId) -> String {
    let rights = match permit {
        Permit::Full => json!(["watch", "cancel"]),
        Permit::WatchOnly => json!(["watch"]),
    };
    let claims = json!({"task_id": task.as_str(), "rights": rights, "exp": expires_secs});
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let mac = URL_SAFE_NO_PAD.encode(secret.mac(&signed).finalize().into_bytes());
    format!("{signed}.{mac}")
}

/// Whether `text` is one of `tokens`; all are looked at, so that not even the place shows.
fn is_among(text: &str, tokens: &[Token]) -> bool {
    let guess = Token::new(text);
    let found = |sum: Choice, token: &Token| sum | token.0.ct_eq(&guess.0);
    tokens.iter().fold(Choice::from(0), found).into()
}
