//! Programs that run what stands on their command line, and where it stands there.

use super::template::Template;

/// Interpreters, by their name without a version, and the letters behind which they take code.
const INTERPRETERS: [(&str, &str); 17] = [
    ("sh", "c"),
    ("ash", "c"),
    ("bash", "c"),
    ("csh", "c"),
    ("dash", "c"),
    ("fish", "cC"),
    ("ksh", "c"),
    ("mksh", "c"),
    ("tcsh", "c"),
    ("zsh", "c"),
    ("python", "c"),
    ("pypy", "c"),
    ("perl", "eE"),
    ("ruby", "e"),
    ("lua", "e"),
    ("node", "ep"),
    ("php", "rBRE"),
];

/// The same in words.
const IN_WORDS: [&str; 5] = ["--command", "--init-command", "--eval", "--print", "--run"];

/// Whether somebody else's value would be code, or part of it. An interpreter may stand anywhere,
/// behind `env` or `busybox`. In doubt it is code: a recipe that is refused can be written otherwise.
pub(super) fn takes_value(argv: &[Template]) -> bool {
    argv.iter().enumerate().any(|(place, word)| {
        let letters = word.plain().and_then(code_letters);
        let behind = argv.get(place + 1..).unwrap_or_default();
        letters.is_some_and(|letters| has_value_as_code(behind, letters))
    })
}

/// Behind which letters this program takes code, if it is an interpreter.
fn code_letters(program: &str) -> Option<&'static str> {
    let name = program.rsplit('/').next().unwrap_or(program);
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let known = INTERPRETERS.iter().find(|(known, _)| *known == name);
    known.map(|(_, letters)| *letters)
}

fn has_value_as_code(words: &[Template], letters: &str) -> bool {
    let mut options = words.iter().enumerate().filter(|(_, word)| {
        // What is not a value.
        is_code_option(&word.fill(&[], ""), letters)
    });
    options.any(|(place, option)| {
        let behind = words.get(place + 1..).unwrap_or_default();
        option.has_input() || code_behind(behind).any(Template::has_input)
    })
}

fn is_code_option(word: &str, letters: &str) -> bool {
    match word.strip_prefix("--") {
        Some(_) => IN_WORDS.contains(&word.split('=').next().unwrap_or(word)),
        None => word.starts_with('-') && word.contains(|c| letters.contains(c)),
    }
}

/// The code behind its option, and what may stand between them: further options (POSIX sh has
/// `-c -e SCRIPT`), of which `-o` has a name behind it.
fn code_behind(words: &[Template]) -> impl Iterator<Item = &Template> {
    let mut is_over = false;
    let mut is_name = false;
    words.iter().take_while(move |word| {
        let option = word.plain().filter(|word| word.starts_with(['-', '+']));
        let was_over = is_over;
        is_over |= option.is_none() && !is_name;
        is_name = option.is_some_and(|option| option.ends_with('o'));
        !was_over
    })
}
