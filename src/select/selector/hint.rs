//! What an error says of a key that is wrong: the key that was meant, or all that there are.

use super::KEYS;
use crate::text::{escape, nearest};

/// `unknown key 'usr', perhaps user`, or `unknown key 'frob'; keys are name exe …`
pub(crate) fn unknown_key(key: &str) -> String {
    let shown = escape::text(key.as_bytes());
    let bare = key.trim().trim_start_matches("not-");
    if key != key.trim() && nearest(bare) == Some(bare) {
        let right = key.trim();
        return format!("unknown key '{shown}': leave out the blank beside '{right}'");
    }
    let negated = ["not-", "not_", "not"].iter().find_map(|not| {
        let nearest = nearest(key.trim().strip_prefix(not)?)?;
        Some(format!("not-{nearest}"))
    });
    let perhaps = negated.or_else(|| nearest(key).map(str::to_owned));
    let rest =
        perhaps.map_or_else(|| format!("; {}", known_keys()), |key| format!(", perhaps {key}"));
    format!("unknown key '{shown}'{rest}")
}

/// The keys, for an error.
pub(super) fn known_keys() -> String {
    let known: Vec<_> = KEYS.iter().map(|row| row.name).collect();
    format!("keys are {}, in a spec also {}", known.join(" "), OF_SPECS.join(" "))
}

/// Words that are keys in a spec alone.
pub(super) const OF_SPECS: [&str; 6] = ["label", "sum", "max", "min", "each", "lasting"];

/// Every word that may stand before a sign.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    KEYS.iter().map(|row| row.name).chain(OF_SPECS)
}

/// The key that a wrong one is likely to mean.
fn nearest(key: &str) -> Option<&'static str> {
    nearest::nearest(key, names())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_key_is_named() {
        for (wrong, part) in [
            ("usr", "'usr', perhaps user"),
            ("State", "'State', perhaps state"),
            ("parnet", "'parnet', perhaps parent"),
            ("not_user", "'not_user', perhaps not-user"),
            ("not-usr", "'not-usr', perhaps not-user"),
            (" user", "leave out the blank beside 'user'"),
            ("not-user ", "leave out the blank beside 'not-user'"),
            ("frob", "unknown key 'frob'; keys are name exe "),
            ("\u{2028}x", "unknown key '\\u{2028}x'; "),
        ] {
            let said = unknown_key(wrong);
            assert!(said.contains(part), "{wrong}: {said}");
        }
    }
}
