//! Options: one table per command, from which everything else follows.
//!
//! An option is declared once, as a constant. Parsing, the help text and the environment variable
//! come from that declaration, and a command asks for the value with the same constant: there is no
//! second spelling that could differ from the first.
//!
//! What is given on the command line wins over the environment: the nearer word counts.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fmt;

use super::Failure;

/// One option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opt {
    /// What stands after the two dashes.
    pub name: &'static str,
    /// Whether a value follows.
    pub takes: Takes,
    /// One or two sentences; the default belongs to them.
    pub help: &'static str,
}

/// What follows an option's name. The text names it in the help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Nothing: the option is a switch.
    Nothing,
    /// One value; if the option is repeated, the last.
    One(&'static str),
    /// A value each time the option is given; in the environment, separated by commas.
    Many(&'static str),
    /// A value each time the option is given; in the environment one, whatever it is made of. No
    /// complaint ever repeats it.
    Secret(&'static str),
}

impl Opt {
    /// The environment variable that stands for the option: `DONEYET_BASE_PATH` for `base-path`.
    pub fn variable(&self) -> String {
        format!(
            "DONEYET_{}",
            self.name.to_ascii_uppercase().replace('-', "_")
        )
    }
}

/// What stands after the options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operands {
    /// Nothing may.
    None,
    /// Names and values, before, between and behind the options.
    Anywhere,
    /// Somebody else's command line: from its first word on nothing is an option of ours.
    Command,
}

/// A command as its reader sees it.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    /// The word after `doneyet`.
    pub name: &'static str,
    /// What comes behind that word.
    pub synopsis: &'static str,
    /// One line for the list of commands.
    pub summary: &'static str,
    /// A paragraph or two for the command's own help.
    pub about: &'static str,
    /// All that it understands, in groups that may be shared with other commands. See
    /// [`options`](Usage::options).
    pub options: &'static [&'static [Opt]],
    /// What else it takes.
    pub operands: Operands,
    /// A few lines to copy.
    pub examples: &'static str,
}

impl Usage {
    /// All that it understands.
    pub fn options(&self) -> impl Iterator<Item = &'static Opt> + use<> {
        self.options.iter().copied().flatten()
    }
}

/// Where a value was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    CommandLine,
    Environment,
}

/// A command line that fits its [`Usage`].
#[derive(Debug, Default)]
pub struct Arguments {
    values: HashMap<&'static str, (Source, Vec<OsString>)>,
    operands: Vec<OsString>,
}

/// What a command line asks for.
#[derive(Debug)]
pub enum Request {
    /// To do what the command does.
    Work(Arguments),
    /// `--help`.
    Help,
    /// `--version`.
    Version,
}

/// Reads the words behind the command's name, and the environment for what they leave open.
///
/// # Errors
///
/// [`Failure::Usage`] for an option that the command does not have, or without its value.
pub fn parse(
    usage: &Usage,
    words: impl IntoIterator<Item = OsString>,
    environment: impl Fn(&str) -> Option<OsString>,
) -> Result<Request, Failure> {
    use lexopt::Arg::{Long, Short, Value};

    let mut arguments = Arguments::default();
    let mut parser = lexopt::Parser::from_args(words);
    while let Some(word) = parser.next()? {
        match word {
            Long("help") | Short('h') => return Ok(Request::Help),
            Long("version") | Short('V') => return Ok(Request::Version),
            Long(name) => {
                let Some(option) = usage.options().find(|option| option.name == name) else {
                    return Err(word.unexpected().into());
                };
                let value = match option.takes {
                    Takes::Nothing => OsString::from("yes"),
                    Takes::One(_) | Takes::Many(_) | Takes::Secret(_) => parser.value()?,
                };
                arguments.add(option, value);
            }
            Value(first) => match usage.operands {
                Operands::None => return Err(Value(first).unexpected().into()),
                Operands::Anywhere => arguments.operands.push(first),
                Operands::Command => {
                    arguments.operands.push(first);
                    arguments.operands.extend(parser.raw_args()?);
                }
            },
            Short(_) => return Err(word.unexpected().into()),
        }
    }
    arguments.complete(usage, environment);
    Ok(Request::Work(arguments))
}

impl Arguments {
    /// Whether a switch is on. In the environment, `0`, `false`, `no`, `off` and nothing are off.
    pub fn has(&self, option: &Opt) -> bool {
        let off = ["", "0", "false", "no", "off"];
        self.one(option)
            .is_some_and(|value| off.iter().all(|off| value != *off))
    }

    /// The value of an option, read by `read`, if it was given.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] naming the option (or variable), with what `read` says against its value.
    pub fn value<T, E: fmt::Display>(
        &self,
        option: &Opt,
        read: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Option<T>, Failure> {
        let value = self.one(option);
        value
            .map(|value| self.read(option, value, &read))
            .transpose()
    }

    /// All values of a repeatable option, in order, read by `read`.
    ///
    /// # Errors
    ///
    /// As [`Arguments::value`].
    pub fn values<T, E: fmt::Display>(
        &self,
        option: &Opt,
        read: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Vec<T>, Failure> {
        self.all(option)
            .iter()
            .map(|value| self.read(option, value, &read))
            .collect()
    }

    /// Whether the option stands on the command line itself, where other users can read it.
    pub fn was_typed(&self, option: &Opt) -> bool {
        matches!(self.values.get(option.name), Some((Source::CommandLine, _)))
    }

    /// What stands outside the options.
    pub fn operands(&self) -> &[OsString] {
        &self.operands
    }

    fn read<T, E: fmt::Display>(
        &self,
        option: &Opt,
        value: &OsStr,
        read: impl Fn(&str) -> Result<T, E>,
    ) -> Result<T, Failure> {
        let name = match self.values.get(option.name) {
            Some((Source::Environment, _)) => option.variable(),
            _ => format!("--{}", option.name),
        };
        let Some(text) = value.to_str() else {
            return Err(Failure::Usage(format!(
                "{name}: the value is no Unicode text"
            )));
        };
        read(text).map_err(|why| {
            Failure::Usage(match option.takes {
                Takes::Secret(_) => format!("{name}: {why}"),
                _ => format!("{name} {text:?}: {why}"),
            })
        })
    }

    fn one(&self, option: &Opt) -> Option<&OsStr> {
        self.all(option).last().map(OsString::as_os_str)
    }

    fn all(&self, option: &Opt) -> &[OsString] {
        self.values
            .get(option.name)
            .map(|(_, values)| values.as_slice())
            .unwrap_or_default()
    }

    fn add(&mut self, option: &Opt, value: OsString) {
        let (_, values) = self
            .values
            .entry(option.name)
            .or_insert((Source::CommandLine, Vec::new()));
        values.push(value);
    }

    /// Takes from the environment what the command line has left open.
    fn complete(&mut self, usage: &Usage, environment: impl Fn(&str) -> Option<OsString>) {
        for option in usage.options() {
            if self.values.contains_key(option.name) {
                continue;
            }
            if let Some(value) = environment(&option.variable()) {
                let values = match option.takes {
                    Takes::Many(_) => split_list(value),
                    Takes::Nothing | Takes::One(_) | Takes::Secret(_) => vec![value],
                };
                self.values
                    .insert(option.name, (Source::Environment, values));
            }
        }
    }
}

/// The elements of a comma-separated list. What is no Unicode stays whole, to be complained about.
fn split_list(list: OsString) -> Vec<OsString> {
    match list.into_string() {
        Ok(text) => {
            let items = text
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty());
            items.map(OsString::from).collect()
        }
        Err(list) => vec![list],
    }
}
