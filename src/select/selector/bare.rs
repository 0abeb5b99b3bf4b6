//! The shape of a bare first term. A word that holds more than letters, digits and a few signs was
//! rarely meant as a name: `bash user=root`, `^bash$` and `bash*` fit no process, and with `:0-0` they
//! would be OK for ever. Who means such a name writes `name=`.

use crate::text::error::Error;
use std::str;

use super::slip;
use super::value::exact;
use super::{Key, Kind, Subject, hint};
use crate::text::escape;

/// Signs that a bare word may hold beside letters and digits.
const SIGNS: &str = "_-.+@/:()%";

/// Signs that no bare domain holds. Profiles of AppArmor's may hold blanks, braces, `*` and `//&`.
const NOT_OF_DOMAINS: &[u8] = b"=~<>!\"'`\0";

/// Refuses a bare word that is not a plain name, path or domain.
pub(super) fn check(value: &[u8], subject: Subject) -> Result<(), Error> {
    if value.is_empty() {
        return Err(Error::new("no process is named; write a name, a path or KEY=VALUE first"));
    }
    if let Some(name) = value.strip_prefix(b"not-") {
        let name = escape::text(name);
        return Err(Error::new(format!(
            "'not-{name}' negates no key; write not-name={name}, or name=not-{name}"
        )));
    }
    if let Some(why) = misplaced_term(value).or_else(|| wrong_sign(value, subject)) {
        return Err(Error::new(why));
    }
    let (key, fault) = match subject {
        Subject::Domain => ("domain", fault_of_domain(value)),
        Subject::Program if value.starts_with(b"/") => ("exe", fault_of_path(value)),
        Subject::Program => ("name", fault_of_name(value)),
    };
    fault.map_or(Ok(()), |fault| {
        let right = remedy(key, value);
        Err(Error::new(format!(
            "'{}' is not a plain {key}, since {fault}; {right}",
            escape::text(value)
        )))
    })
}

/// What to write instead of a word that is not plain.
fn remedy(key: &str, value: &[u8]) -> String {
    let shown = |text: &[u8]| escape::text(String::from_utf8_lossy(text).trim().as_bytes());
    let bare = slip::without_quotes(value);
    let names: Vec<_> = value.split(|&byte| byte == b'|').map(shown).collect();
    if value.windows(2).any(|pair| pair == b" #") {
        "write a blank on both sides of the # before a comment".into()
    } else if bare.len() < value.len() {
        format!("write {key}={}, without quotes", shown(bare))
    } else if names.len() > 1 {
        let names: Vec<_> = names.into_iter().map(|name| format!("{key}={name}")).collect();
        format!("write {} for either", names.join(","))
    } else if slip::is_like_regex(Key::Name, value) {
        format!("write {key}~{} for a pattern, or {key}=TEXT", shown(value))
    } else {
        format!("write {key}={} if that is meant", shown(value))
    }
}

/// `bash user=root` or `!user=root`: a term, with something else than a comma before it.
fn misplaced_term(value: &[u8]) -> Option<String> {
    let at = slip::term_inside(value)?;
    let (name, term) = (slip::without_signs_at_end(&value[..at]), escape::text(&value[at..]));
    let shown = escape::text(value);
    Some(match name.as_str() {
        "" => format!("in '{shown}' something comes before a term; write {term}, or not-{term}"),
        "not" => format!("in '{shown}' 'not' is a word of its own; write not-{term}"),
        name => format!("in '{shown}' a comma is missing before '{term}'; write {name},{term}"),
    })
}

/// A key with another sign behind it or none, as `rss>1G`, `user:root` or `stateD`. Names may begin
/// with a key, as `named`, `containerd` and `user-session` do, so the rest decides.
fn wrong_sign(value: &[u8], subject: Subject) -> Option<String> {
    let text = str::from_utf8(value).ok()?;
    if let Some(fault) = wrong_sign_in_spec(text) {
        return Some(fault);
    }
    let (key, kind, rest) = longest_key(text)?;
    let sign = rest.chars().next();
    let behind = sign.map_or("", |sign| &rest[sign.len_utf8()..]);
    let fits = |value: &str| {
        let is_number = value.starts_with(|c: char| c.is_ascii_digit());
        let is_named = matches!(kind, Kind::UserName | Kind::GroupName);
        !(is_named && is_number) && exact(key, kind, value.as_bytes()).is_ok()
    };
    let is_free = matches!(kind, Kind::Text | Kind::Path) && key != Key::Mode;
    let is_term = match (sign, subject) {
        (None | Some('!' | '<' | '>' | ':'), _) => true,
        _ if !is_free => fits(rest) || fits(behind) || fits(behind.trim_start()),
        // Types of SELinux's: `named_t`, `unit_t`.
        (Some(sign), Subject::Domain) => !sign.is_alphanumeric() && sign != '_',
        (Some(sign), Subject::Program) => !sign.is_alphanumeric() || rest.chars().count() > 2,
    };
    let (key, shown) = (key.name(), escape::text(value));
    let right = match kind {
        _ if sign == Some('!') => format!("not-{key}=VALUE"),
        Kind::Number(_) => format!("{key}=MIN- or {key}=0-MAX"),
        _ => format!("{key}=VALUE"),
    };
    let subject = if subject == Subject::Domain { "domain" } else { "name" };
    is_term.then(|| {
        format!(
            "in '{shown}' no = or ~ follows the key '{key}'; write {right}, or {subject}={shown} if \
             that is a {subject}"
        )
    })
}

/// The same of the words of specs: `sum/threads`, `eachuser`.
fn wrong_sign_in_spec(text: &str) -> Option<String> {
    let is_value = |value: &str| value == "yes" || Key::named(value).is_some();
    let (word, value) = hint::OF_SPECS.iter().find_map(|word| {
        let rest = text.strip_prefix(word)?;
        let mut behind = rest.chars();
        behind.next();
        [rest, behind.as_str()].into_iter().find(|value| is_value(value)).map(|value| (word, value))
    })?;
    let shown = escape::text(text.as_bytes());
    Some(format!(
        "in '{shown}' no = follows '{word}'; write {word}={value}, or name={shown} if that is a name"
    ))
}

fn longest_key(text: &str) -> Option<(Key, Kind, &str)> {
    let fits = super::KEYS.iter().filter(|row| text.starts_with(row.name));
    let row = fits.max_by_key(|row| row.name.len())?;
    Some((row.key, row.kind, &text[row.name.len()..]))
}

fn fault_of_domain(value: &[u8]) -> Option<String> {
    if value.trim_ascii() != value {
        return Some("a blank stands at its end".into());
    }
    let sign = value.iter().find(|byte| NOT_OF_DOMAINS.contains(byte))?;
    Some(format!("it holds {}", escape::text(&[*sign])))
}

fn fault_of_path(value: &[u8]) -> Option<String> {
    let is_doubled = value.windows(2).any(|pair| pair == b"//");
    if is_doubled || value.ends_with(b"/") {
        return Some("it has a / too many".into());
    }
    odd_sign(value)
}

fn fault_of_name(value: &[u8]) -> Option<String> {
    if let Some(fault) = odd_sign(value) {
        return Some(fault);
    }
    let text = String::from_utf8_lossy(value);
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some("it is a number".into());
    }
    let is_of_root = ["bin/", "sbin/", "lib/", "opt/", "./", "../"];
    if text.matches('/').count() > 1 || is_of_root.iter().any(|dir| text.starts_with(dir)) {
        return Some("a path begins with /".into());
    }
    let is_odd = |part: &str| !part.starts_with(|c: char| c == ' ' || c.is_alphabetic());
    text.split(':').skip(1).any(is_odd).then(|| "no letter and no blank follows its colon".into())
}

/// The first thing that is neither a letter, a digit nor a usual sign. One blank may stand between two
/// words, as in `tmux: server`.
fn odd_sign(value: &[u8]) -> Option<String> {
    let Ok(text) = str::from_utf8(value) else {
        return Some("it is not UTF-8".into());
    };
    let is_odd = |c: &char| !c.is_alphanumeric() && *c != ' ' && !SIGNS.contains(*c);
    if let Some(odd) = text.chars().find(is_odd) {
        return Some(format!("it holds {}", escape::text(odd.to_string().as_bytes())));
    }
    let (first, second) = text.split_once(' ')?;
    if first.is_empty() || second.is_empty() || second.contains(' ') {
        return Some("a blank stands at its end, or more than one inside".into());
    }
    let is_of_grammar = |word: &str| {
        let is_range = word == "any" || crate::text::number::is_range(word);
        word == "not" || is_range || Key::named(word).is_some()
    };
    let word = [first, second].into_iter().find(|word| is_of_grammar(word))?;
    Some(format!("'{word}' is next to a blank"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_are_bare() {
        for name in [
            "sshd",
            "tmux: server",
            "(sd-pam)",
            "g++",
            "named",
            "agetty",
            "containerd",
            "users",
            "container-shim",
            "getty@tty1",
            "X",
            "kworker/u8",
            "systemd-journald",
            "0anacron",
            "node-1",
            "Größe",
            "a:b",
            "user-session",
            "/usr/lib/postfix/sbin/master",
            "/opt/x y/z",
        ] {
            assert_eq!(check(name.as_bytes(), Subject::Program), Ok(()), "{name}");
        }
        for domain in
            ["init_t", "my profile", "a//&b", "/usr/{bin,sbin}/*", ":ns1:unconfined", "x*"]
        {
            assert_eq!(check(domain.as_bytes(), Subject::Domain), Ok(()), "{domain}");
        }
    }

    #[test]
    fn what_is_not_plain_is_shown_with_its_key() {
        for (word, part) in [
            ("bash user=root", "write bash,user=root"),
            ("bash;user=root", "write bash,user=root"),
            ("!user=root", "write user=root, or not-user=root"),
            ("not user=root", "write not-user=root"),
            ("bash*", "holds *; write name=bash*"),
            ("bash|sh", "write name=bash,name=sh for either"),
            ("^bash$", "write name~^bash$ for a pattern"),
            ("bash ", "write name=bash if"),
            ("a b c", "write name=a b c if"),
            ("bash 1-", "'1-' is next to a blank"),
            ("not bash", "'not' is next to a blank"),
            ("bash user", "'user' is next to a blank"),
            ("\"bash\"", "write name=bash, without quotes"),
            (";bash", "holds ;; write name=;bash"),
            ("xz #packs logs", "write a blank on both sides of the #"),
            ("bash#old", "write name=bash#old"),
            ("bash\u{202e}", "holds \\u{202e}; write name=bash\\u{202e}"),
            ("user-root", "write user=VALUE"),
            ("user", "write user=VALUE"),
            ("userroot", "write user=VALUE"),
            ("stateD", "write state=VALUE"),
            ("uid0", "write uid=MIN- or"),
            ("name.bash", "write name=VALUE"),
            ("exe/bin/sh", "write exe=VALUE"),
            ("usr/sbin/sshd", "a path begins with /"),
            ("/usr//sbin/sshd", "it has a / too many"),
            ("bash:0/0", "no letter and no blank follows its colon"),
            ("1", "'1' is not a plain name, since it is a number; write name=1 if that is meant"),
        ] {
            let error = check(word.as_bytes(), Subject::Program).unwrap_err().to_string();
            assert!(error.contains(part), "{word}: {error}");
        }
        for (word, part) in [
            ("init_t user=root", "write init_t,user=root"),
            ("init_t~x", "holds ~; write domain=init_t~x"),
            ("\"init_t\"", "write domain=init_t, without quotes"),
        ] {
            let error = check(word.as_bytes(), Subject::Domain).unwrap_err().to_string();
            assert!(error.contains(part), "{word}: {error}");
        }
    }
}
