//! Decides which names may stand in a file of specs.
//!
//! The file belongs to root, but a process chooses its own name. So a spec contains only names whose
//! characters have no meaning in the grammar, in shells or in schedulers. Other names appear only in
//! comments, escaped.

use crate::host::names;
use crate::nagios::range::Thresholds;
use crate::select::selector::Subject;
use crate::select::spec::Spec;
use crate::text::escape;

/// Longest name in a spec, in bytes.
const LONGEST: usize = 64;

/// User ids that systemd allocates while a service runs (`DynamicUser=` in systemd.exec(5)). The next
/// run may get another one, and the name exists only while the service runs.
const DYNAMIC: std::ops::RangeInclusive<u32> = 61184..=65519;

/// The name, if it may stand in a spec.
pub fn plain(name: &[u8]) -> Option<&str> {
    let name = std::str::from_utf8(name).ok()?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._@+-".contains(&byte);
    let begins_well = name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let fits = begins_well && name.len() <= LONGEST && !name.starts_with("not-");
    (fits && name.bytes().all(is_plain)).then_some(name)
}

/// Whether a unit's name may stand in a spec. It may contain every character that systemd.unit(5)
/// allows.
pub(crate) fn is_plain_unit(unit: &str) -> bool {
    unit.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":-_.\\@".contains(&byte))
}

/// A regular expression for an absolute path, if that may stand in a spec.
pub(crate) fn plain_path(path: &[u8]) -> Option<String> {
    let path = std::str::from_utf8(path).ok()?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._@+/-".contains(&byte);
    let fits = path.starts_with('/') && path.len() <= LONGEST && path.bytes().all(is_plain);
    fits.then(|| path.replace('+', "."))
}

/// A name for output, quoted if it may not stand in a spec.
pub(crate) fn shown(name: &[u8]) -> String {
    plain(name).map_or_else(|| format!("'{}'", escape::bounded(name, LONGEST)), str::to_owned)
}

/// `user=root`, or a term for a user without a permanent name.
pub(crate) fn user_term(uid: u32) -> String {
    if DYNAMIC.contains(&uid) {
        return format!("uid={}-{}", DYNAMIC.start(), DYNAMIC.end());
    }
    format!("user={}", user(uid))
}

/// A user's name if it may stand in a spec, else the id.
pub(crate) fn user(uid: u32) -> String {
    let name = names::user(uid);
    // Names from a directory service may contain spaces, backslashes and more.
    if plain(name.as_bytes()).is_some() && names::uid(&name) == Ok(Some(uid)) {
        name
    } else {
        uid.to_string()
    }
}

/// Whether `check_proccount` reads this spec.
pub(crate) fn is_readable(spec: &str) -> bool {
    Spec::parse(spec.as_bytes(), Subject::Program, Thresholds::default()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_names_are_plain() {
        for name in ["sshd", "php-fpm8.2", "x@y", "c++", "_x", "8base"] {
            assert_eq!(plain(name.as_bytes()), Some(name));
            assert!(is_readable(&format!("{name},not-parent={name},label={name}:1-1")), "{name}");
        }
        let long = "a".repeat(65);
        for name in [
            "", "-x", "not-x", "a b", "a,b", "a=b", "a~b", "a:b", "a#b", "a\nb", "a|b", "a'b",
            "/x", "(sd-pam)", "\u{e9}", &long,
        ] {
            assert_eq!(plain(name.as_bytes()), None, "{name:?}");
        }
        assert_eq!(plain(b"\xff"), None);
        assert_eq!(shown(b"a\nb"), "'a\\nb'");
        assert!(is_plain_unit("system-getty@tty\\x2d1.service"));
        assert!(!is_plain_unit("a # b.service") && !is_plain_unit("a,b.service"));
    }

    #[test]
    fn a_path_becomes_an_expression() {
        assert_eq!(plain_path(b"/usr/bin/g++").as_deref(), Some("/usr/bin/g.."));
        assert_eq!(plain_path(b"sshd:"), None);
        assert_eq!(plain_path(b"/a,b"), None);
    }

    #[test]
    fn a_user_that_systemd_made_up_has_no_name() {
        assert_eq!(user_term(0), "user=root");
        assert_eq!(user_term(61184), "uid=61184-65519");
        assert_eq!(user_term(4_000_000), "user=4000000");
    }
}
