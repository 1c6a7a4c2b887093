//! A list of states, written from the states' own bytes.

use std::rc::Rc;

use crate::session::outbox::Outbox;
use crate::task::Update;

const LIST_BEGIN: &[u8] = b"{\"tasks\":[";
const LIST_END: &[u8] = b"]}";

/// A list may be long, and a client slow: it is written from the updates' own bytes, copying none.
pub(super) fn push_list(updates: &[Rc<Update>], out: &mut Outbox) {
    out.push_static(LIST_BEGIN);
    for (index, update) in updates.iter().enumerate() {
        if index > 0 {
            out.push_static(b",");
        }
        out.push_json(Rc::clone(update));
    }
    out.push_static(LIST_END);
}

/// How long it is, in bytes.
pub(super) fn list_len(updates: &[Rc<Update>]) -> usize {
    let states: usize = updates.iter().map(|update| update.json().len()).sum();
    LIST_BEGIN.len() + states + updates.len().saturating_sub(1) + LIST_END.len()
}
