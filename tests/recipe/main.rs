//! What an operator may allow, and what a stranger may ask of it.

mod file;
mod name;
mod queue;
mod values;

use doneyet::recipe::{Order, Recipes};
use doneyet::task::Refusal;
use serde_json::{Value, json};

/// A recipe file with one recipe, changed by `patch`: fields that are `null` are left out.
fn file(patch: Value) -> String {
    let mut recipe = json!({
        "name": "download",
        "argv": ["curl", "-o", "{dir}/file", "{url}"],
        "inputs": [{"name": "url", "type": "url"}],
        "folder": "/srv/downloads",
    });
    for (name, value) in patch.as_object().expect("an object") {
        match value {
            Value::Null => drop(recipe.as_object_mut().expect("an object").remove(name)),
            value => recipe[name] = value.clone(),
        }
    }
    json!({"recipes": [recipe]}).to_string()
}

/// A good one.
fn recipes(patch: Value) -> Recipes {
    Recipes::parse(&file(patch)).expect("a good file")
}

/// The command line that the order becomes, or the field that is wrong.
fn command(recipes: &Recipes, order: Value) -> Result<Vec<String>, String> {
    let order = Order::parse(order.to_string().as_bytes()).expect("an object");
    match recipes.accept(&order) {
        Ok(accepted) => {
            let recipe = &recipes.all()[accepted.recipe];
            Ok(recipe.command(&accepted.values, "/srv/downloads/x"))
        }
        Err(Refusal::BadInput { field, .. }) => Err(field.to_string()),
        Err(other) => panic!("{other:?}"),
    }
}
