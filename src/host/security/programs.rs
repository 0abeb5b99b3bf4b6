//! Which program each loaded AppArmor profile is for.
//!
//! A profile is attached to paths by a pattern (apparmor.d(5), "Globbing (AARE)"). The kernel confines a
//! program when it is executed, so one that was started before its profile was loaded is not confined.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;

use regex::bytes::Regex;

use crate::host::progress::{self, Stage};
use crate::kernel::word::words;

/// What the kernel says of a pattern that it does not keep as text (security/apparmor/apparmorfs.c,
/// `seq_profile_attach_show`).
const UNKNOWN: &[u8] = b"<unknown>";

/// Modes in which a profile refuses something.
const REFUSING: [&[u8]; 3] = [b"enforce", b"kill", b"user"];

/// The programs that profiles are for.
#[derive(Clone, Debug, Default)]
pub struct Programs {
    patterns: Vec<Pattern>,
    /// Whether the kernel does not say which programs some profile is for.
    is_partial: bool,
}

#[derive(Clone, Debug)]
struct Pattern {
    path: Regex,
    /// What a program's name may be, as far as the last part of the pattern says.
    name: Option<Regex>,
}

impl Programs {
    /// Those of the loaded profiles below `policy`, which has a directory for each; without those that
    /// only complain. Linux 6.1 and 6.12 do not tell the pattern of a profile with a name of its own;
    /// then the policy's files in `texts` do.
    pub(super) fn loaded(policy: &Path, texts: &Path) -> io::Result<Self> {
        progress::enter(Stage::AskingSecurity);
        let mut programs = Self::default();
        let headers = OnceCell::new();
        for profile in fs::read_dir(policy)? {
            let profile = profile?.path();
            let file = |name: &str| fs::read(profile.join(name));
            if !REFUSING.contains(&file("mode")?.trim_ascii()) {
                continue;
            }
            let (name, attached) = (file("name")?, file("attach")?);
            let (name, attached) = (name.trim_ascii(), attached.trim_ascii());
            if attached == UNKNOWN && !is_pattern(name) {
                let headers = headers.get_or_init(|| headers_in(texts));
                programs.add(headers.get(name).map(Vec::as_slice));
            } else {
                programs.add(Some(if attached == UNKNOWN { name } else { attached }));
            }
        }
        Ok(programs)
    }

    /// Adds a profile's pattern; `None` if nothing shows the one it has. A profile that has no more than a
    /// name is for what a policy or a program moves into it.
    fn add(&mut self, pattern: Option<&[u8]>) {
        if pattern.is_some_and(|pattern| !is_pattern(pattern)) {
            return;
        }
        match pattern.and_then(|pattern| Some((pattern, expression(pattern)?))) {
            Some((pattern, path)) => {
                let last = last_part(pattern);
                let is_anything = last.iter().all(|&byte| byte == b'*');
                let name = if is_anything { None } else { expression(last) };
                self.patterns.push(Pattern { path, name });
            }
            None => self.is_partial = true,
        }
    }

    /// Whether a profile is for the program at a path; `None` if the kernel does not say so of all.
    pub(crate) fn include(&self, path: &[u8]) -> Option<bool> {
        let found = self.patterns.iter().any(|pattern| pattern.path.is_match(path));
        (found || !self.is_partial).then_some(found)
    }

    /// Whether a profile may be for a program of this name.
    pub(crate) fn may_include(&self, name: &[u8]) -> bool {
        let fits = |pattern: &Pattern| pattern.name.as_ref().is_none_or(|it| it.is_match(name));
        self.is_partial || self.patterns.iter().any(fits)
    }
}

fn is_pattern(text: &[u8]) -> bool {
    matches!(text.first(), Some(b'/' | b'{' | b'*' | b'['))
}

/// The patterns of profiles with a name, by the text of the policy: `profile NAME PATTERN`. One with a
/// variable is left out: only the whole policy says what it means.
fn headers_in(texts: &Path) -> HashMap<Vec<u8>, Vec<u8>> {
    let mut headers = HashMap::new();
    let files = fs::read_dir(texts).into_iter().flatten().flatten();
    for file in files.filter(|file| file.file_type().is_ok_and(|kind| kind.is_file())) {
        let text = fs::read(file.path()).unwrap_or_default();
        for line in text.split(|&byte| byte == b'\n') {
            let mut words = words(line).map(unquoted);
            if words.next() != Some(b"profile") {
                continue;
            }
            let (Some(name), Some(pattern)) = (words.next(), words.next()) else { continue };
            if is_pattern(pattern) && pattern != b"{" && !pattern.contains(&b'@') {
                headers.insert(name.to_vec(), pattern.to_vec());
            }
        }
    }
    headers
}

fn unquoted(word: &[u8]) -> &[u8] {
    word.strip_prefix(b"\"").and_then(|word| word.strip_suffix(b"\"")).unwrap_or(word)
}

/// What follows the last slash outside of braces.
fn last_part(pattern: &[u8]) -> &[u8] {
    let mut depth = 0_usize;
    let mut start = 0;
    for (at, &byte) in pattern.iter().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b'/' if depth == 0 => start = at + 1,
            _ => {}
        }
    }
    // Braces may hold slashes; then only the whole pattern says what it means.
    let last = &pattern[start..];
    if last.contains(&b'/') { b"*" } else { last }
}

/// The pattern as a regular expression; `None` if it is not of its form, or huge.
fn expression(pattern: &[u8]) -> Option<Regex> {
    let pattern = std::str::from_utf8(pattern).ok()?;
    let mut out = String::from("(?s-u)^");
    let mut depth = 0_usize;
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '*' if chars.next_if_eq(&'*').is_some() => out.push_str(".*"),
            '*' => out.push_str("[^/]*"),
            '?' => out.push_str("[^/]"),
            '{' => {
                depth += 1;
                out.push_str("(?:");
            }
            '}' if depth > 0 => {
                depth -= 1;
                out.push(')');
            }
            ',' if depth > 0 => out.push('|'),
            '[' => {
                let end = chars.by_ref().take_while(|&c| c != ']').collect::<String>();
                out.push_str(&format!("[{}]", end.replace('\\', "\\\\").replace('[', "\\[")));
            }
            '\\' => push_literally(&mut out, chars.next()?),
            c => push_literally(&mut out, c),
        }
    }
    out.push('$');
    Regex::new(&out).ok()
}

fn push_literally(out: &mut String, c: char) {
    let mut bytes = [0; 4];
    for &byte in c.encode_utf8(&mut bytes).as_bytes() {
        if byte.is_ascii() {
            out.push_str(&regex::escape(&char::from(byte).to_string()));
        } else {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(profiles: &[(&str, &str, &str)]) -> Programs {
        with_texts(profiles, "")
    }

    fn with_texts(profiles: &[(&str, &str, &str)], text: &str) -> Programs {
        let texts = tempfile::tempdir().unwrap();
        fs::write(texts.path().join("policy"), text).unwrap();
        let policy = tempfile::tempdir().unwrap();
        for (number, (name, attached, mode)) in profiles.iter().enumerate() {
            let directory = policy.path().join(format!("p.{number}"));
            fs::create_dir(&directory).unwrap();
            for (file, text) in [("name", name), ("attach", attached), ("mode", mode)] {
                fs::write(directory.join(file), format!("{text}\n")).unwrap();
            }
        }
        Programs::loaded(policy.path(), texts.path()).unwrap()
    }

    #[test]
    fn a_pattern_is_read_as_apparmor_reads_it() {
        for (pattern, path, expected) in [
            ("/usr/sbin/named", "/usr/sbin/named", true),
            ("/usr/sbin/named", "/usr/sbin/named2", false),
            ("/{usr/,}sbin/{named,nsd}", "/sbin/nsd", true),
            ("/{usr/,}sbin/{named,nsd}", "/usr/sbin/unbound", false),
            ("/opt/*/bin/?x", "/opt/a/bin/yx", true),
            ("/opt/*/bin/?x", "/opt/a/b/bin/yx", false),
            ("/opt/**/x", "/opt/a/b/x", true),
            ("/usr/bin/[ab]*", "/usr/bin/bad", true),
            ("/usr/bin/[^ab]*", "/usr/bin/bad", false),
            ("/a.b\\*", "/a.b*", true),
            ("/a.b", "/axb", false),
            ("/\u{e9}", "/\u{e9}", true),
        ] {
            let programs = of(&[("p", pattern, "enforce")]);
            assert_eq!(programs.include(path.as_bytes()), Some(expected), "{pattern} {path}");
        }
    }

    #[test]
    fn what_the_kernel_does_not_tell_is_not_known() {
        let named =
            of(&[("/usr/sbin/x", "<unknown>", "enforce"), ("libvirt-1", "libvirt-1", "enforce")]);
        assert_eq!(named.include(b"/usr/sbin/x"), Some(true));
        assert_eq!(named.include(b"/usr/sbin/y"), Some(false));
        let unknown = of(&[("tor", "<unknown>", "enforce")]);
        assert_eq!(unknown.include(b"/usr/bin/tor"), None);
        let text =
            "# profile tor /x {\n  profile \"tor\" /usr/bin/tor flags=(attach_disconnected) {\n";
        let told = with_texts(&[("tor", "<unknown>", "enforce")], text);
        assert_eq!((told.include(b"/usr/bin/tor"), told.include(b"/x")), (Some(true), Some(false)));
        let text = "profile tor @{bin}/tor {\n";
        let variable = with_texts(&[("tor", "<unknown>", "enforce")], text);
        assert_eq!(variable.include(b"/x"), None);
        let milder = of(&[("/a", "/a", "complain"), ("/b", "/b", "unconfined")]);
        assert_eq!(milder.include(b"/a"), Some(false));
        assert_eq!(of(&[("x", "{broken", "enforce")]).include(b"/a"), None);
    }

    #[test]
    fn a_name_says_whether_a_profile_may_be_meant() {
        let programs = of(&[("p", "/{usr/,}sbin/{named,nsd}", "enforce")]);
        assert!(programs.may_include(b"nsd") && !programs.may_include(b"sshd"));
        assert!(of(&[("p", "/opt/**", "enforce")]).may_include(b"sshd"));
        assert!(of(&[("p", "/opt/{a/b,c}", "enforce")]).may_include(b"sshd"));
    }
}
