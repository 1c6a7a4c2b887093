//! The recipe file, from its option to what the daemon goes by.

use std::fs;
use std::path::Path;

use rustix::fs::{Access, access};

use super::options::{Arguments, Opt, Takes};
use super::{Failure, values};
use crate::recipe::{Recipe, Recipes};

/// Which commands may be started.
pub const RECIPES: Opt = Opt {
    name: "recipes",
    takes: Takes::One("FILE"),
    help: "Commands that may be started from the dashboard and by POST /api/tasks, as JSON \
           (docs/protocol.md). Whoever may publish may start them. Default: none.",
};

/// Reads the file that the arguments name; no recipes if they name none.
///
/// # Errors
///
/// [`Failure::Usage`] with the recipe, the field, and what is allowed there.
pub fn read(arguments: &Arguments) -> Result<Recipes, Failure> {
    let Some(path) = arguments.value(&RECIPES, values::text)? else {
        return Ok(Recipes::default());
    };
    let refused = |why: String| Failure::Usage(format!("{path}: {why}"));
    let text = fs::read_to_string(&path).map_err(|error| refused(error.to_string()))?;
    let recipes = Recipes::parse(&text).map_err(|bad| refused(bad.to_string()))?;
    for recipe in recipes.all() {
        check_folder(recipe).map_err(refused)?;
    }
    Ok(recipes)
}

/// Now, and not when the first job wants to begin.
fn check_folder(recipe: &Recipe) -> Result<(), String> {
    let is_ours = |folder: &Path| {
        folder.is_dir() && access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok()
    };
    match is_ours(&recipe.folder) {
        true => Ok(()),
        false => Err(format!(
            "recipe {}: `folder` must be a folder that exists and that the daemon may write to",
            recipe.name
        )),
    }
}
