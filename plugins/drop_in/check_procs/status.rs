//! Translates `-s`: a part of the column `STAT` of ps, or a set of states.

use procwarden::kernel::ps::FLAGS;
use procwarden::text::ere;
use procwarden::text::error::Error;

/// The letters of states.
pub(super) const STATES: &str = "RSDZTtIX";

/// The terms of a selector for `-s text`; none for an empty text, which fits every process.
///
/// The original searches `text` in `STAT`, which has one letter for the state. So `RSZDT`, the example
/// in its help, fits no process. Here, a text that can't be part of a `STAT` means any of its letters.
///
/// # Errors
/// If the text contains a letter that never appears in `STAT`.
pub(super) fn terms(text: &str) -> Result<Vec<String>, Error> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    if let Some(strange) = text.chars().find(|&c| !STATES.contains(c) && !FLAGS.contains(c)) {
        return Err(Error::new(format!(
            "'{}' is not a state: {} is none of the letters {STATES} and flags {}",
            super::super::shown(text.as_bytes()),
            super::super::shown(strange.to_string().as_bytes()),
            FLAGS
        )));
    }
    if text.chars().all(|c| STATES.contains(c)) {
        return Ok(vec![format!("state={text}")]);
    }
    if is_part_of_a_stat(text) {
        return Ok(vec![format!("pstat~{}", ere::literal(text.as_bytes()))]);
    }
    Ok(vec![format!("pstat~[{text}]")])
}

/// Whether `STAT` can contain the text: a state, then each flag at most once, in order.
fn is_part_of_a_stat(text: &str) -> bool {
    let flags = text.strip_prefix(|c| STATES.contains(c)).unwrap_or(text);
    let mut places = flags.chars().map(|flag| FLAGS.find(flag));
    // No process has both priorities. A part has no gaps, but a flag may be unset.
    let mut last = None;
    places.all(|place| {
        let is_next = place.is_some() && place > last && (last, place) != (Some(0), Some(1));
        last = place;
        is_next
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_looked_for_and_anything_else_means_any_of_its_letters() {
        for (text, wanted) in [
            ("Z", "state=Z"),
            ("RSZDT", "state=RSZDT"),
            ("s", "pstat~s"),
            ("Ss", "pstat~Ss"),
            ("S<", "pstat~S<"),
            ("s+", "pstat~s[+]"),
            ("sS", "pstat~[sS]"),
            ("<N", "pstat~[<N]"),
            ("RSs", "pstat~[RSs]"),
        ] {
            assert_eq!(terms(text).unwrap(), [wanted], "{text}");
        }
        assert!(terms("").unwrap().is_empty());
        assert!(terms("foo").unwrap_err().to_string().contains("'foo' is not a state: f"));
    }
}
