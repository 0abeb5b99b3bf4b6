//! AppArmor: labels of the form `profile (mode)`, or `unconfined`, ended by a newline.
//!
//! Each profile is enforced or only complains. The kernel lists all loaded profiles.

use std::fs;
use std::io;
use std::os::fd::BorrowedFd;
use std::path::Path;

use rustix::io::Errno;

use super::programs::Programs;
use super::system::{Enforcement, Label, SecuritySystem, kernel_file, own_label};
use crate::kernel::file::File;
use crate::text::escape;
use crate::text::list::listed;

/// One line for each profile, `name (mode)`; only privileged, unconfined readers may open it
/// (security/apparmor/apparmorfs.c, `profiles_open`).
const PROFILES: &str = "/sys/kernel/security/apparmor/profiles";

/// One directory for each profile, with the files `name` and `mode`, readable by every user.
const POLICY: &str = "/sys/kernel/security/apparmor/policy/profiles";

/// Where distributions keep the policy's text.
const TEXTS: &str = "/etc/apparmor.d";

/// `Y` or `N`, also where securityfs is not mounted.
const ENABLED: &str = "/sys/module/apparmor/parameters/enabled";

/// Profiles nest two deep in practice; this only bounds the recursion.
const DEEPEST: usize = 8;

/// Longest list of profiles in a sentence, in bytes.
const LONGEST_LIST: usize = 160;

/// AppArmor.
#[derive(Debug)]
pub(super) struct Apparmor;

impl SecuritySystem for Apparmor {
    fn name(&self) -> &'static str {
        "apparmor"
    }

    fn title(&self) -> &'static str {
        "AppArmor"
    }

    fn answers(&self, tree: BorrowedFd<'_>) -> bool {
        kernel_file(ENABLED).is_ok_and(|flag| flag.starts_with(b"Y"))
            || own_label(tree, File::ApparmorLabel).is_ok()
    }

    fn own_file(&self) -> Option<File> {
        Some(File::ApparmorLabel)
    }

    fn wrote(&self, raw: &[u8]) -> bool {
        raw.strip_suffix(b"\n").is_some_and(|text| {
            text == b"unconfined"
                || text.ends_with(b")")
                || text.windows(3).any(|part| part == b"//&")
        })
    }

    fn label<'l>(&self, raw: &'l [u8]) -> Label<'l> {
        let context = raw.strip_suffix(b"\n").unwrap_or(raw);
        let (profile, mode) = profile_and_mode(context);
        Label { context, domain: profile, mode: Some(mode), ..Label::default() }
    }

    fn enforcement(&self) -> Enforcement {
        let complaining = match kernel_file(PROFILES) {
            Ok(list) => complaining_lines(&list),
            Err(_) => match complaining_directories(Path::new(POLICY), DEEPEST) {
                Ok(profiles) => profiles,
                Err(error) => {
                    return Enforcement::Unknown(format!(
                        "cannot tell whether AppArmor enforces: {POLICY}: {error}; \
                         run unconfined, or as root"
                    ));
                }
            },
        };
        match complaining.len() {
            0 => Enforcement::Full,
            1 => Enforcement::Lacking(format!(
                "AppArmor's profile {} only complains",
                complaining[0]
            )),
            count => Enforcement::Lacking(format!(
                "{count} profiles of AppArmor only complain: {}",
                listed(&complaining, LONGEST_LIST)
            )),
        }
    }

    fn is_permissive(&self, label: &Label<'_>) -> Result<bool, Errno> {
        Ok(label.mode == Some(b"complain"))
    }

    fn programs(&self) -> Option<io::Result<Programs>> {
        Some(Programs::loaded(Path::new(POLICY), Path::new(TEXTS)))
    }

    fn remedy(&self) -> String {
        "let the plugin's AppArmor profile read @{PROC}/@{pids}/attr/{,apparmor/}current".into()
    }
}

fn profile_and_mode(context: &[u8]) -> (&[u8], &[u8]) {
    let cut = context.windows(2).rposition(|pair| pair == b" (");
    match (cut, context) {
        // A profile's name may contain parentheses, so the last pair encloses the mode.
        (Some(at), [.., b')']) => (&context[..at], &context[at + 2..context.len() - 1]),
        _ => (context, b"unconfined"),
    }
}

/// Returns the profiles of a list that are in complain mode, escaped.
fn complaining_lines(list: &[u8]) -> Vec<String> {
    list.split(|&byte| byte == b'\n')
        .map(profile_and_mode)
        .filter(|(_, mode)| *mode == b"complain")
        .map(|(profile, _)| escape::bounded(profile, 80))
        .collect()
}

/// Does the same for a tree of directories, where children are below their profiles.
fn complaining_directories(directory: &Path, depth: usize) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    for profile in fs::read_dir(directory)? {
        let profile = profile?.path();
        if fs::read(profile.join("mode"))?.starts_with(b"complain") {
            let name = fs::read(profile.join("name"))?;
            found.push(escape::bounded(name.trim_ascii_end(), 80));
        }
        let children = profile.join("profiles");
        if depth > 0 && children.exists() {
            found.extend(complaining_directories(&children, depth - 1)?);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_as_real_kernels_write_them() {
        for (raw, domain, mode) in [
            ("unconfined\n", "unconfined", "unconfined"),
            ("/usr/sbin/cupsd (enforce)\n", "/usr/sbin/cupsd", "enforce"),
            ("odd (name) (complain)\n", "odd (name)", "complain"),
            ("a//child (enforce)\n", "a//child", "enforce"),
            ("a//&b (mixed)\n", "a//&b", "mixed"),
            ("unconfined//&:ns1:unconfined\n", "unconfined//&:ns1:unconfined", "unconfined"),
        ] {
            let label = Apparmor.label(raw.as_bytes());
            assert_eq!(label.context, raw.trim_end().as_bytes());
            assert_eq!(label.domain, domain.as_bytes());
            assert_eq!(label.mode, Some(mode.as_bytes()));
            assert_eq!(label.level, None);
        }
    }

    #[test]
    fn profiles_that_complain_are_found_in_either_place() {
        let list = b"a (enforce)\nb (x) (complain)\na//c (complain)\n";
        assert_eq!(complaining_lines(list), ["b (x)", "a//c"]);
        let policy = tempfile::tempdir().unwrap();
        for (directory, name, mode) in [
            ("a.1", "a", "enforce"),
            ("a.1/profiles/c.2", "c", "complain"),
            ("b.3", "b", "unconfined"),
        ] {
            let directory = policy.path().join(directory);
            fs::create_dir_all(&directory).unwrap();
            fs::write(directory.join("name"), format!("{name}\n")).unwrap();
            fs::write(directory.join("mode"), format!("{mode}\n")).unwrap();
        }
        let found = complaining_directories(policy.path(), DEEPEST).unwrap();
        assert_eq!(found, ["c"]);
        assert!(complaining_directories(&policy.path().join("none"), 1).is_err());
    }
}
