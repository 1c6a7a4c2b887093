//! Text with gaps: `{url}` is one, `{dir}` the job's folder, `{{` and `}}` plain braces.

/// The gap that is the job's folder.
pub(super) const FOLDER: &str = "dir";

/// One word of a command line, or a title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// The value of the input at this place.
    Input(usize),
    Folder,
}

impl Piece {
    fn is_input(&self) -> bool {
        matches!(self, Piece::Input(_))
    }
}

impl Template {
    /// Reads a template whose gaps are `names`, by their place, and `FOLDER`.
    ///
    /// # Errors
    /// A clause that says what is wrong with it.
    pub fn parse(text: &str, names: &[&str]) -> Result<Template, String> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, brace) = rest.split_at(at);
            plain.push_str(before);
            if let Some(after) = brace.strip_prefix("{{").or(brace.strip_prefix("}}")) {
                plain.push_str(&brace[..1]);
                rest = after;
                continue;
            }
            let (name, after) = brace
                .strip_prefix('{')
                .and_then(|gap| gap.split_once('}'))
                .ok_or("free of single braces, {{ and }} are plain ones".to_owned())?;
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            pieces.push(Template::gap(name, names)?);
            rest = after;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Ok(Template(pieces))
    }

    fn gap(name: &str, names: &[&str]) -> Result<Piece, String> {
        let input = names.iter().position(|known| *known == name);
        match input {
            _ if name == FOLDER => Ok(Piece::Folder),
            Some(place) => Ok(Piece::Input(place)),
            None => {
                let known: Vec<String> = names
                    .iter()
                    .chain([&FOLDER])
                    .map(|name| format!("{{{name}}}"))
                    .collect();
                let known = known.join(", ");
                Err(format!(
                    "without the gap {{{name}}}, there are only {known}"
                ))
            }
        }
    }

    /// The text with its gaps filled.
    pub fn fill(&self, values: &[String], folder: &str) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Input(place) => values.get(*place).cloned().unwrap_or_default(),
            Piece::Folder => folder.to_owned(),
        };
        self.0.iter().map(piece).collect()
    }

    /// The text, if it has no gap.
    pub fn plain(&self) -> Option<&str> {
        match &self.0[..] {
            [] => Some(""),
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Whether somebody else's value gets into it.
    pub fn has_input(&self) -> bool {
        self.0.iter().any(Piece::is_input)
    }

    /// Whether the value of the input at this place gets into it.
    pub fn uses(&self, place: usize) -> bool {
        self.0.contains(&Piece::Input(place))
    }

    /// Whether it is an option if the values it begins with are empty, and none if they are not.
    pub fn may_become_option(&self) -> bool {
        let mut behind = self.0.iter().skip_while(|piece| piece.is_input());
        let is_dash = |piece: &Piece| matches!(piece, Piece::Text(text) if text.starts_with('-'));
        self.0.first().is_some_and(Piece::is_input) && behind.next().is_some_and(is_dash)
    }
}
