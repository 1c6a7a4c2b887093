//! Two sizes in one line that no slash joins: `8.24%  3 files 32.5 MiB, total 9 files 394.5 MiB`.
//!
//! What tells that one is what is done and the other the whole is the percentage: it is the same only
//! by a rare chance where they are something else.

use super::amount::{Amount, BYTES, amount_at, starts_free};
use super::percent::Percent;
use super::ratio::{Ratio, percent_of};
use super::token::Text;

/// Sizes of a line that are compared with each other.
const MAX_SIZES: usize = 4;

/// The two sizes of which the percentage says that one is so much of the other.
pub fn ratio(text: &Text<'_>, percent: &Percent) -> Option<Ratio> {
    let sizes = (percent.at.1..text.tokens().len()).filter_map(|at| size_at(text, at));
    let sizes: Vec<Amount> = sizes.take(MAX_SIZES).collect();
    let pairs = sizes.iter().flat_map(|loaded| {
        let greater = sizes.iter().filter(|total| total.value > loaded.value);
        greater.map(move |total| (loaded, total))
    });
    let (loaded, total) = pairs.into_iter().find(|(loaded, total)| {
        let share = percent_of(loaded.value, total.value);
        loaded.value > 0.0 && (share - percent.value).abs() <= step(text, percent)
    })?;
    Some(Ratio {
        loaded: loaded.value,
        total: total.value,
        unit: Some(BYTES),
        rounding: 0.0,
        framed: false,
        apart: false,
        at: (loaded.at.0.min(total.at.0), loaded.at.1.max(total.at.1)),
    })
}

/// A size that is no speed.
fn size_at(text: &Text<'_>, at: usize) -> Option<Amount> {
    let size = amount_at(text, at)?;
    let is_speed = matches!(text.str(size.at.1), "/" | "ps");
    (size.unit == Some(BYTES) && starts_free(text, at) && !is_speed).then_some(size)
}

/// The last place that the percentage shows, in per cent.
fn step(text: &Text<'_>, percent: &Percent) -> f64 {
    let printed = text.span(percent.at.0, percent.at.1);
    let decimals = printed.split(['.', ',']).nth(1).unwrap_or_default();
    let places = decimals.bytes().take_while(u8::is_ascii_digit).count();
    0.1_f64.powi(i32::try_from(places).unwrap_or(0))
}
