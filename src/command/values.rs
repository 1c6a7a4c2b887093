//! What people write as the value of an option, and what it means.

use std::time::Duration;

/// Reads a duration: whole seconds (`30`), or a number with its unit (`30s`, `5m`, `1h`, `2d`).
///
/// # Errors
///
/// A sentence with the forms that are understood.
pub fn duration(text: &str) -> Result<Duration, &'static str> {
    const FORMS: &str = "a duration is written like 30, 30s, 5m, 1h or 2d";
    let (digits, unit) = text.split_at(
        text.find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len()),
    );
    let secs: u64 = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(FORMS),
    };
    let number: u64 = digits.parse().map_err(|_| FORMS)?;
    // A century is as good as for ever, and no sum with the present overflows.
    let longest = 100 * 365 * 86_400;
    number
        .checked_mul(secs)
        .filter(|secs| *secs <= longest)
        .map(Duration::from_secs)
        .ok_or(FORMS)
}

/// Reads a whole number, 1 or more.
///
/// # Errors
///
/// A sentence that says so.
pub fn count(text: &str) -> Result<u64, &'static str> {
    let number = text
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok());
    number
        .flatten()
        .filter(|number| *number > 0)
        .ok_or("this must be a whole number, 1 or more")
}

/// Reads a whole number, 1 or more, of things in memory.
///
/// # Errors
///
/// As [`count`].
pub fn size(text: &str) -> Result<usize, &'static str> {
    count(text).map(|number| usize::try_from(number).unwrap_or(usize::MAX))
}

/// Takes any text.
///
/// # Errors
///
/// None.
pub fn text(text: &str) -> Result<String, std::convert::Infallible> {
    Ok(text.to_owned())
}
