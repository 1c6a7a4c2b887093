//! RFC 7396 §2, the pseudocode word for word: with it a merge is compared, here and by the fuzzer
//! `state`.

use serde_json::{Map, Value};

pub(super) fn merge_patch(target: Value, patch: Value) -> Value {
    let Value::Object(patch) = patch else {
        return patch;
    };
    let mut target = match target {
        Value::Object(target) => target,
        _ => Map::new(),
    };
    for (name, value) in patch {
        if value.is_null() {
            target.remove(&name);
        } else {
            let old = target.remove(&name).unwrap_or_default();
            target.insert(name, merge_patch(old, value));
        }
    }
    Value::Object(target)
}
