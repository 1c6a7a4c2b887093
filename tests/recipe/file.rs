//! The recipe file: what it means, and which field is named when it makes no sense.

use doneyet::recipe::Recipes;
use serde_json::{Value, json};

use crate::{command, file, recipes};

#[test]
fn a_recipe_that_says_little_gets_careful_limits() {
    let recipes = recipes(json!({}));
    let recipe = &recipes.all()[0];
    assert_eq!(recipe.label, "download");
    assert_eq!(recipe.max_running, 1);
    assert_eq!(recipe.max_queued, 16);
    assert_eq!(recipe.time_limit_secs, 86_400);
    assert_eq!(recipe.result, None);
    assert!(recipe.environment.is_empty());
}

#[test]
fn the_gaps_of_a_command_line_are_filled_within_their_words() {
    let recipes = recipes(json!({
        "argv": ["tool", "--name={name}", "{{literal}}", "a{dir}b{url}c", ""],
        "inputs": [{"name": "url", "type": "url"}, {"name": "name", "type": "text", "pattern": ".*"}],
    }));
    let order =
        json!({"recipe": "download", "url": "http://a/;b", "name": "two words {url} $(id)"});
    let command = command(&recipes, order).expect("a good order");
    assert_eq!(
        command,
        [
            "tool",
            "--name=two words {url} $(id)",
            "{literal}",
            "a/srv/downloads/xbhttp://a/;bc",
            ""
        ]
    );
}

#[test]
fn a_page_learns_what_to_ask_and_nothing_about_how_it_is_done() {
    let recipes = recipes(json!({
        "label": "Download",
        "argv": ["secret-tool", "{url}", "{quality}", "{note}"],
        "environment": {"KEY": "secret-key"},
        "folder": "/secret/folder",
        "inputs": [
            {"name": "url", "type": "url", "label": "Address", "schemes": ["HTTPS"]},
            {"name": "quality", "type": "choice", "choices": ["best", "worst"], "default": "best"},
            {"name": "note", "type": "text", "pattern": "[a-z]*", "max_chars": 10},
        ],
    }));
    let described: Value = serde_json::from_str(&recipes.describe()).expect("JSON");
    let inputs = json!([
        {"name": "url", "label": "Address", "type": "url", "max_chars": 2048, "schemes": ["https"]},
        {"name": "quality", "label": "quality", "type": "choice", "max_chars": 4096,
         "choices": ["best", "worst"], "default": "best"},
        {"name": "note", "label": "note", "type": "text", "max_chars": 10, "pattern": "[a-z]*"},
    ]);
    assert_eq!(described["recipes"][0]["inputs"], inputs);
    assert!(!recipes.describe().contains("secret"), "{described}");
}

#[test]
fn a_mistake_is_named_by_recipe_and_field() {
    let input = |value: Value| json!({"inputs": [value], "argv": ["curl", "{url}"]});
    for (patch, field) in [
        (json!({"name": "Down load"}), "name"),
        (json!({"name": null}), "name"),
        (json!({"argv": null}), "argv"),
        (json!({"argv": []}), "argv"),
        (json!({"argv": ["curl", 5]}), "argv"),
        (json!({"argv": "curl {url}"}), "argv"),
        (json!({"argv": ["curl", "{url"]}), "argv"),
        (json!({"argv": ["curl", "{url}}"]}), "argv"),
        (json!({"argv": ["curl", "{address}", "{url}"]}), "argv"),
        (json!({"argv": ["curl"]}), "argv"),
        (json!({"argv": ["{url}"]}), "argv"),
        (json!({"argv": ["{dir}/tool", "{url}"]}), "argv"),
        (json!({"argv": ["", "{url}"]}), "argv"),
        (json!({"argv": ["curl", "{url}\u{0}"]}), "argv"),
        (
            json!({"argv": ["curl", "{url}-o"], "inputs": [{"name": "url", "type": "text", "pattern": ".*"}]}),
            "argv",
        ),
        (json!({"argv": ["sh", "-c", "curl {url}"]}), "argv"),
        (
            json!({"argv": ["/bin/bash", "-ec", "curl '{url}'"]}),
            "argv",
        ),
        (json!({"folder": null}), "folder"),
        (json!({"folder": "downloads"}), "folder"),
        (json!({"environment": ["A=b"]}), "environment"),
        (json!({"environment": {"A": 5}}), "environment"),
        (json!({"environment": {"A=B": "c"}}), "environment"),
        (
            json!({"environment": {"DONEYET_TOKEN": "c"}}),
            "environment",
        ),
        (json!({"time_limit_secs": 0}), "time_limit_secs"),
        (json!({"time_limit_secs": "1h"}), "time_limit_secs"),
        (json!({"max_running": 0}), "max_running"),
        (json!({"max_running": 1.5}), "max_running"),
        (json!({"max_queued": -1}), "max_queued"),
        (json!({"max_jobs": 3}), "max_jobs"),
        (json!({"result": "../*"}), "result"),
        (json!({"result": ""}), "result"),
        (json!({"title": "{nothing}"}), "title"),
        (json!({"label": 5}), "label"),
        (json!({"inputs": {"url": "url"}}), "inputs"),
        (json!({"inputs": ["url"]}), "inputs"),
        (input(json!({"name": "url"})), "inputs[0].type"),
        (
            input(json!({"name": "url", "type": "file"})),
            "inputs[0].type",
        ),
        (
            input(json!({"name": "dir", "type": "url"})),
            "inputs[0].name",
        ),
        (
            input(json!({"name": "recipe", "type": "url"})),
            "inputs[0].name",
        ),
        (input(json!({"type": "url"})), "inputs[0].name"),
        (
            input(json!({"name": "url", "type": "url", "schemes": ["https://"]})),
            "inputs[0].schemes",
        ),
        (
            input(json!({"name": "url", "type": "url", "schemes": []})),
            "inputs[0].schemes",
        ),
        (
            input(json!({"name": "url", "type": "url", "scheme": "https"})),
            "inputs[0].scheme",
        ),
        (
            input(json!({"name": "url", "type": "url", "hosts": ["http://a"]})),
            "inputs[0].hosts",
        ),
        (
            input(json!({"name": "url", "type": "url", "default": "ftp://a"})),
            "inputs[0].default",
        ),
        (
            input(json!({"name": "url", "type": "url", "max_chars": 0})),
            "inputs[0].max_chars",
        ),
        (
            input(json!({"name": "url", "type": "choice"})),
            "inputs[0].choices",
        ),
        (
            input(json!({"name": "url", "type": "choice", "choices": ["-a"]})),
            "inputs[0].choices",
        ),
        (
            input(json!({"name": "url", "type": "choice", "choices": ["a"], "default": "b"})),
            "inputs[0].default",
        ),
        (
            input(json!({"name": "url", "type": "text"})),
            "inputs[0].pattern",
        ),
        (
            input(json!({"name": "url", "type": "text", "pattern": "("})),
            "inputs[0].pattern",
        ),
        (
            input(json!({"name": "url", "type": "text", "pattern": "a)|(b"})),
            "inputs[0].pattern",
        ),
        (
            input(json!({"name": "url", "type": "text", "pattern": "a", "leading_dash": "yes"})),
            "inputs[0].leading_dash",
        ),
    ] {
        let bad = Recipes::parse(&file(patch.clone())).expect_err(&patch.to_string());
        assert_eq!(bad.field, field, "{patch}: {bad}");
        let named = if field == "name" {
            "1 of the list"
        } else {
            "download"
        };
        let sentence = bad.to_string();
        assert!(
            sentence.starts_with(&format!("recipe {named}: `{field}` must be ")),
            "{sentence}"
        );
    }
}

#[test]
fn what_is_no_list_of_recipes_is_no_recipe_file() {
    for text in [
        "",
        "null",
        "[]",
        "{}",
        r#"{"recipes":[]}"#,
        r#"{"recipes":{}}"#,
        r#"{"recipes":["download"]}"#,
        r#"{"recipes":[],"more":1}"#,
    ] {
        let bad = Recipes::parse(text).expect_err(text);
        assert_eq!(bad.field, "recipes", "{text}: {bad}");
    }
    let one: Value = serde_json::from_str(&file(json!({}))).expect("JSON");
    let twice = json!({"recipes": [one["recipes"][0], one["recipes"][0]]}).to_string();
    assert_eq!(Recipes::parse(&twice).expect_err("twice").field, "name");
}

#[test]
fn the_example_of_the_documents_is_a_good_file() {
    let example = include_str!("../../docs/recipes.example.json");
    let recipes = Recipes::parse(example).expect("a good file");
    assert!(recipes.all().len() > 1);
}

#[test]
fn a_shell_may_have_a_script_as_long_as_no_value_is_code() {
    recipes(json!({"argv": ["sh", "-c", "curl \"$1\" > \"$2/x\"", "sh", "{url}", "{dir}"]}));
    recipes(json!({"argv": ["sh", "-c", "cd {dir} && curl \"$1\"", "sh", "{url}"]}));
    recipes(json!({"argv": ["wget", "-c", "{url}"]}));
    recipes(json!({"argv": ["env", "python3", "-u", "fetch.py", "{url}"]}));
    for argv in [
        json!(["sh", "-c", "-e", "{url}"]),
        json!(["bash", "-c", "-o", "pipefail", "{url}"]),
        json!(["sh", "-ec", "--", "curl {url}"]),
        json!(["env", "A=b", "/bin/sh", "-c", "curl {url}"]),
        json!(["busybox", "sh", "-c", "{url}"]),
        json!(["python3.12", "-c", "{url}"]),
        json!(["perl", "-e", "1", "-e", "{url}"]),
        json!(["ruby", "-e{url}"]),
        json!(["node", "--eval={url}"]),
        json!(["php", "-r", "{url}"]),
    ] {
        let bad = Recipes::parse(&file(json!({"argv": argv})));
        let why = bad.expect_err("code").to_string();
        assert!(why.contains("where a value would be code"), "{argv}: {why}");
    }
}
