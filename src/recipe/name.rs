//! Which files are a result: a pattern for file names, as shells have it.

/// `*` is any run of characters, `?` any one; every other character is itself. A name that begins
/// with a dot is hidden, and matches no pattern that does not begin with one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamePattern(String);

impl NamePattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// A clause that says what it must be.
    pub fn new(text: &str) -> Result<NamePattern, &'static str> {
        let is_name = !text.is_empty() && !text.contains(['/', '\0']);
        match is_name {
            true => Ok(NamePattern(text.to_owned())),
            false => Err("a pattern for file names like *.mp4, without a slash"),
        }
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `name` is the name of a file (and no path) that matches.
    pub fn matches(&self, name: &str) -> bool {
        let is_name = !name.is_empty() && name != "." && name != "..";
        let is_path = name.contains(['/', '\0']);
        let hides = name.starts_with('.') && !self.0.starts_with('.');
        is_name && !is_path && !hides && matches(&self.0, name)
    }
}

/// With one place to come back to, the last `*`: an earlier one need never take more, for whatever
/// it could leave to the rest, the later one finds as well.
fn matches(pattern: &str, name: &str) -> bool {
    let (mut pattern, mut name) = (pattern.chars(), name.chars());
    let mut last_star = None;
    loop {
        let untaken = name.clone();
        match (pattern.next(), name.next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                // Takes nothing at first.
                name = untaken;
                last_star = Some((pattern.clone(), name.clone()));
            }
            (Some('?'), Some(_)) => {}
            (Some(wanted), Some(found)) if wanted == found => {}
            _ => {
                let Some((after_star, taken)) = &mut last_star else {
                    return false;
                };
                if taken.next().is_none() {
                    return false;
                }
                (pattern, name) = (after_star.clone(), taken.clone());
            }
        }
    }
}
