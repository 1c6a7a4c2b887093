//! Recipes: the commands that the operator lets others start.
//!
//! A *recipe* is a command line with gaps, and for each gap what may stand there. An *order* is
//! somebody's wish to have one carried out, with values for the gaps; once these are checked it is
//! a *job*, which waits, runs and is gone. Here is all of that which can be decided without starting
//! anything: what a recipe file may say, what a value may be, whose turn it is. No process, no
//! socket and no clock.
//!
//! One rule is above all others: *a value stays a value.* It fills a gap within one word of the
//! command line, so no shell ever splits it; it never is or begins the program's name; and where
//! it begins a word it cannot begin with `-`, so no program takes it for an option.

mod address;
mod code;
mod field;
mod file;
mod input;
mod name;
mod order;
mod queue;
mod template;

pub use address::Addresses;
pub use field::BadRecipe;
pub use input::{Input, Kind};
pub use name::NamePattern;
pub use order::{Accepted, Order};
pub use queue::{Job, Queue};
pub use template::Template;

use std::path::PathBuf;

use serde_json::{Value, json};

/// A command that may be ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// Its name for programs.
    pub name: String,
    /// Its name for people: the heading and the button of its form.
    pub label: String,
    /// What a task of it is called.
    pub title: Template,
    /// The program, which is plain text, and its arguments.
    pub argv: Vec<Template>,
    /// What has to be said to order it, in the order in which a form asks.
    pub inputs: Vec<Input>,
    /// Where each job gets a folder of its own.
    pub folder: PathBuf,
    /// Environment variables, beside the few that every job gets.
    pub environment: Vec<(String, String)>,
    /// How long a job may run, in seconds.
    pub time_limit_secs: u64,
    /// How many jobs run at once, 1 or more.
    pub max_running: usize,
    /// How many more may wait.
    pub max_queued: usize,
    /// Which files of a job's folder are its result; none if it has no files to show.
    pub result: Option<NamePattern>,
}

/// All recipes, in the order of their file. A recipe is named by its place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recipes(Vec<Recipe>);

impl Recipes {
    /// The recipes that there are.
    pub fn all(&self) -> &[Recipe] {
        &self.0
    }

    /// The place of the recipe called `name`.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|recipe| recipe.name == name)
    }

    /// What a page needs to show a form for each, as JSON. How they work is nobody's business: no
    /// command line, no folder, no environment.
    pub fn describe(&self) -> String {
        let forms: Vec<Value> = self.0.iter().map(Recipe::describe).collect();
        json!({ "recipes": forms }).to_string()
    }
}

impl Recipe {
    fn describe(&self) -> Value {
        let inputs: Vec<Value> = self.inputs.iter().map(Input::describe).collect();
        json!({
            "name": self.name,
            "label": self.label,
            "inputs": inputs,
            "max_running": self.max_running,
            "max_queued": self.max_queued,
        })
    }

    /// The command line with all gaps filled: `values` in the order of the inputs, and the job's
    /// own folder.
    pub fn command(&self, values: &[String], folder: &str) -> Vec<String> {
        let words = self.argv.iter();
        words.map(|word| word.fill(values, folder)).collect()
    }
}
