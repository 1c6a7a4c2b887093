//! The recipe file: `{"recipes":[{"name":…,"argv":[…],…}]}`.
//!
//! It says what strangers may start, so it is read without leniency: an unknown field, a gap
//! without an input, an input without a gap are mistakes, and the daemon does not start with one.

use std::path::PathBuf;

use serde_json::{Map, Value};

use super::field::{BadRecipe, Object};
use super::input::{Dash, Pattern};
use super::order::RECIPE;
use super::template::FOLDER;
use super::{Addresses, Input, Kind, NamePattern, Recipe, Recipes, Template, code};

const FIELDS: [&str; 11] = [
    "name",
    "label",
    "title",
    "argv",
    "inputs",
    "folder",
    "environment",
    "time_limit_secs",
    "max_running",
    "max_queued",
    "result",
];

/// A day, and thirty of them.
const TIME_LIMIT_SECS: (u64, u64) = (86_400, 30 * 86_400);
/// How many jobs run at once, and at most.
const MAX_RUNNING: (u64, u64) = (1, 1_000);
/// How many wait, and at most.
const MAX_QUEUED: (u64, u64) = (16, 10_000);
/// Characters of an address, and at most.
const MAX_URL: (u64, u64) = (2_048, 32_768);
/// Characters of a text, and at most.
const MAX_TEXT: (u64, u64) = (200, 4_096);

impl Recipes {
    /// Reads a recipe file.
    ///
    /// # Errors
    /// The first mistake in it.
    pub fn parse(json: &str) -> Result<Recipes, BadRecipe> {
        let whole = |allowed: String| BadRecipe {
            recipe: String::new(),
            field: "recipes".to_owned(),
            allowed,
        };
        let file: Value = serde_json::from_str(json)
            .map_err(|error| whole(format!("in a JSON object, and this is none: {error}")))?;
        let list = match &file {
            Value::Object(fields) if fields.len() == 1 => fields.get("recipes"),
            _ => None,
        };
        let list = list
            .and_then(Value::as_array)
            .filter(|list| !list.is_empty())
            .ok_or_else(|| whole("a list of recipes, and all that the file has".to_owned()))?;
        let mut recipes: Vec<Recipe> = Vec::new();
        for (index, value) in list.iter().enumerate() {
            let recipe = recipe(index, value)?;
            if recipes.iter().any(|other| other.name == recipe.name) {
                let place = format!("{} of the list", index + 1);
                return Err(bad(
                    &place,
                    "name",
                    "another than that of an earlier recipe",
                ));
            }
            recipes.push(recipe);
        }
        Ok(Recipes(recipes))
    }
}

fn bad(recipe: &str, field: &str, allowed: &str) -> BadRecipe {
    BadRecipe {
        recipe: recipe.to_owned(),
        field: field.to_owned(),
        allowed: allowed.to_owned(),
    }
}

fn recipe(index: usize, value: &Value) -> Result<Recipe, BadRecipe> {
    let place = format!("{} of the list", index + 1);
    let Value::Object(fields) = value else {
        return Err(bad(&place, "recipes", "a list of objects"));
    };
    let at_place = Object {
        recipe: &place,
        within: "",
        fields,
    };
    let name = at_place.needed_text("name")?;
    if !is_name(name) {
        let allowed = "1 to 32 of a-z 0-9 _ -, the first of them a letter";
        return Err(at_place.bad("name", allowed));
    }
    let object = Object {
        recipe: name,
        ..at_place
    };
    object.has_only(&FIELDS)?;
    let inputs = inputs(&object)?;
    let names: Vec<&str> = inputs.iter().map(|input| input.name.as_str()).collect();
    let label = object.text("label")?.unwrap_or(name);
    let title = object.text("title")?.unwrap_or(label);
    let limit = |field, (default, most), least| object.count(field, default, least..=most);
    Ok(Recipe {
        name: name.to_owned(),
        label: label.to_owned(),
        title: Template::parse(title, &names).map_err(|why| object.bad("title", why))?,
        argv: argv(&object, &names)?,
        folder: folder(&object)?,
        environment: environment(&object)?,
        time_limit_secs: limit("time_limit_secs", TIME_LIMIT_SECS, 1)?,
        max_running: limit("max_running", MAX_RUNNING, 1)? as usize,
        max_queued: limit("max_queued", MAX_QUEUED, 0)? as usize,
        result: result(&object)?,
        inputs,
    })
}

/// A name that stands in JSON, in task ids and in braces, and means nothing special anywhere.
fn is_name(text: &str) -> bool {
    let is_plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
    text.len() <= 32
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(is_plain)
}

fn argv(object: &Object<'_>, names: &[&str]) -> Result<Vec<Template>, BadRecipe> {
    let words = object.texts("argv")?;
    let words = words.ok_or_else(|| object.bad("argv", "given: a program and its arguments"))?;
    let mut argv = Vec::new();
    for word in words {
        let word = Template::parse(word, names)
            .map_err(|why| object.bad("argv", format!("made of words {why}")))?;
        argv.push(word);
    }
    if argv[0].plain().is_none_or(str::is_empty) {
        return Err(object.bad("argv", "a list whose first word, the program, has no gaps"));
    }
    if argv.iter().any(Template::may_become_option) {
        let allowed = "a list of words in which no dash comes right behind a gap at the beginning";
        return Err(object.bad("argv", allowed));
    }
    if code::takes_value(&argv) {
        let allowed = "without gaps in the code for a shell or another interpreter, where a value \
                       would be code; write \"$1\" there, and the gap as a word of its own behind it";
        return Err(object.bad("argv", allowed));
    }
    for (place, name) in names.iter().enumerate() {
        if !argv.iter().any(|word| word.uses(place)) {
            return Err(object.bad(
                "argv",
                format!("a list with the gap {{{name}}}, for the input of that name"),
            ));
        }
    }
    Ok(argv)
}

fn folder(object: &Object<'_>) -> Result<PathBuf, BadRecipe> {
    let folder = object.needed_text("folder")?;
    // From where the daemon is started depends on who starts it.
    match folder.starts_with('/') {
        true => Ok(PathBuf::from(folder)),
        false => Err(object.bad("folder", "an absolute path")),
    }
}

fn environment(object: &Object<'_>) -> Result<Vec<(String, String)>, BadRecipe> {
    let empty = Map::new();
    let variables = match object.fields.get("environment") {
        None => &empty,
        Some(Value::Object(variables)) => variables,
        Some(_) => return Err(object.bad("environment", "an object of strings")),
    };
    let variable = |(name, value): (&String, &Value)| {
        let value = value.as_str().filter(|value| !value.contains('\0'));
        let is_name = !name.is_empty() && !name.contains(['=', '\0']);
        match value {
            // These are read by the process that reports on the job.
            _ if name.starts_with("DONEYET_") => Err("free of names that begin with DONEYET_"),
            Some(value) if is_name => Ok((name.clone(), value.to_owned())),
            _ => Err("an object of strings, the names without an equals sign"),
        }
    };
    let variables = variables.iter().map(variable).collect::<Result<_, _>>();
    variables.map_err(|why| object.bad("environment", why))
}

fn result(object: &Object<'_>) -> Result<Option<NamePattern>, BadRecipe> {
    let pattern = object.text("result")?.map(NamePattern::new).transpose();
    pattern.map_err(|why| object.bad("result", why))
}

fn inputs(object: &Object<'_>) -> Result<Vec<Input>, BadRecipe> {
    let list = match object.fields.get("inputs") {
        None => return Ok(Vec::new()),
        Some(Value::Array(list)) => list,
        Some(_) => return Err(object.bad("inputs", "a list of objects")),
    };
    let mut inputs: Vec<Input> = Vec::new();
    for (index, value) in list.iter().enumerate() {
        let Value::Object(fields) = value else {
            return Err(object.bad("inputs", "a list of objects"));
        };
        let within = format!("inputs[{index}].");
        let at = Object {
            within: &within,
            fields,
            ..*object
        };
        let input = input(&at)?;
        if inputs.iter().any(|other| other.name == input.name) {
            return Err(at.bad("name", "another than that of an earlier input"));
        }
        inputs.push(input);
    }
    Ok(inputs)
}

fn input(object: &Object<'_>) -> Result<Input, BadRecipe> {
    let name = object.needed_text("name")?;
    if !is_name(name) || [RECIPE, FOLDER].contains(&name) {
        let allowed =
            "1 to 32 of a-z 0-9 _ -, the first of them a letter, and neither recipe nor dir";
        return Err(object.bad("name", allowed));
    }
    let (kind, (default_max, most)) = match object.needed_text("type")? {
        "url" => (url(object)?, MAX_URL),
        "choice" => (choice(object)?, (MAX_TEXT.1, MAX_TEXT.1)),
        "text" => (text(object)?, MAX_TEXT),
        _ => return Err(object.bad("type", "url, choice or text")),
    };
    let input = Input {
        name: name.to_owned(),
        label: object.text("label")?.unwrap_or(name).to_owned(),
        kind,
        max_chars: object.count("max_chars", default_max, 1..=most)? as usize,
        default: default(object)?,
    };
    if let Some(default) = &input.default {
        let checked = input.check(default);
        checked.map_err(|allowed| object.bad("default", allowed))?;
    }
    Ok(input)
}

/// Unlike other strings, this one may be empty: that is what an optional text defaults to.
fn default(object: &Object<'_>) -> Result<Option<String>, BadRecipe> {
    match object.fields.get("default") {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(object.bad("default", "a string")),
    }
}

fn url(object: &Object<'_>) -> Result<Kind, BadRecipe> {
    object.has_only(&[
        "name",
        "label",
        "type",
        "default",
        "max_chars",
        "schemes",
        "hosts",
    ])?;
    let lower = |texts: Vec<&str>| texts.into_iter().map(str::to_ascii_lowercase).collect();
    let schemes = object.texts("schemes")?.unwrap_or(vec!["http", "https"]);
    let schemes: Vec<String> = lower(schemes);
    // RFC 3986 §3.1.
    let is_scheme = |text: &String| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
        text.starts_with(|c: char| c.is_ascii_lowercase()) && text.bytes().all(is_plain)
    };
    if !schemes.iter().all(is_scheme) {
        return Err(object.bad("schemes", "a list of schemes like https, without the colon"));
    }
    let hosts: Vec<String> = lower(object.texts("hosts")?.unwrap_or_default());
    let is_host = |text: &String| {
        let name = text.strip_prefix("*.").unwrap_or(text);
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._[]:".contains(&byte);
        !name.is_empty() && name.bytes().all(is_plain)
    };
    if !hosts.iter().all(is_host) {
        return Err(object.bad("hosts", "a list of hosts like example.org or *.example.org"));
    }
    Ok(Kind::Url(Addresses { schemes, hosts }))
}

fn choice(object: &Object<'_>) -> Result<Kind, BadRecipe> {
    object.has_only(&["name", "label", "type", "default", "choices"])?;
    let choices = object.texts("choices")?;
    let choices = choices.ok_or_else(|| object.bad("choices", "given: a list of strings"))?;
    let is_plain = |text: &&str| !text.starts_with('-') && !text.chars().any(char::is_control);
    if !choices.iter().all(is_plain) {
        let allowed = "a list of strings that do not begin with a dash and have no line ends";
        return Err(object.bad("choices", allowed));
    }
    Ok(Kind::Choice(
        choices.into_iter().map(str::to_owned).collect(),
    ))
}

fn text(object: &Object<'_>) -> Result<Kind, BadRecipe> {
    let known = [
        "name",
        "label",
        "type",
        "default",
        "max_chars",
        "pattern",
        "leading_dash",
    ];
    object.has_only(&known)?;
    let pattern = Pattern::new(object.needed_text("pattern")?);
    Ok(Kind::Text {
        pattern: pattern
            .map_err(|why| object.bad("pattern", format!("a regular expression: {why}")))?,
        leading_dash: match object.switch("leading_dash")? {
            true => Dash::Allowed,
            false => Dash::Refused,
        },
    })
}
