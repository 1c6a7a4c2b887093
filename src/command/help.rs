//! The help texts, put together from the tables that parse the command line.

use std::fmt::Write as _;

use super::options::{Opt, Takes, Usage};

/// Columns before an option's description.
const INDENT: usize = 26;

/// Columns of the whole text: the narrowest terminal in use.
const WIDTH: usize = 80;

const HELP: Opt = Opt {
    name: "help",
    takes: Takes::Nothing,
    help: "Print this text.",
};
const VERSION: Opt = Opt {
    name: "version",
    takes: Takes::Nothing,
    help: "Print the version.",
};

/// `doneyet --help`: all commands.
pub fn overview(commands: &[&Usage]) -> String {
    let mut text = String::from(
        "doneyet: a small daemon that knows what progress is.\n\
         Workers publish it, anyone can watch it live, and cancel.\n\
         \n\
         Usage: doneyet [COMMAND] [options]\n\
         \n\
         Commands:\n",
    );
    for usage in commands {
        push_entry(&mut text, usage.name, usage.summary, 12);
    }
    text += "\n`doneyet` alone is `doneyet serve`. `doneyet COMMAND --help` says more.\n";
    text
}

/// `doneyet COMMAND --help`.
pub fn command(usage: &Usage) -> String {
    let mut text = format!("Usage: doneyet {} {}\n\n", usage.name, usage.synopsis);
    text += usage.about.trim();
    text += "\n\nOptions:\n";
    for option in usage.options().chain([&HELP, &VERSION]) {
        push_entry(&mut text, &spelling(option), option.help, INDENT);
    }
    if let Some(option) = usage.options().next() {
        let (name, variable) = (option.name, option.variable());
        let rule = format!("Every option is also an environment variable: --{name} is {variable}.");
        text += &format!("\n{rule}\n");
    }
    text += "\nExamples:\n";
    for line in usage.examples.trim().lines() {
        let _ = writeln!(text, "  {}", line.trim());
    }
    text
}

fn spelling(option: &Opt) -> String {
    match option.takes {
        Takes::Nothing => format!("--{}", option.name),
        Takes::One(value) => format!("--{} {value}", option.name),
        Takes::Many(value) | Takes::Secret(value) => format!("--{} {value}…", option.name),
    }
}

/// A term and its description, which begins in column `indent` and is wrapped there.
fn push_entry(text: &mut String, term: &str, description: &str, indent: usize) {
    let mut line = format!("  {term}");
    let mut at = line.chars().count();
    if at + 2 > indent {
        line.push('\n');
        at = 0;
    }
    line.push_str(&" ".repeat(indent - at));
    at = indent;
    for word in description.split_whitespace() {
        let width = word.chars().count();
        if at > indent && at + 1 + width > WIDTH {
            line.push('\n');
            line.push_str(&" ".repeat(indent));
            at = indent;
        } else if at > indent {
            line.push(' ');
            at += 1;
        }
        line.push_str(word);
        at += width;
    }
    text.push_str(&line);
    text.push('\n');
}
