//! SELinux: labels of the form `user:role:type[:level]`, ended by a NUL.
//!
//! It has no file of its own below `/proc/PID/attr`. There are three ways in which it enforces
//! nothing: no policy is loaded, all of it is permissive, or a single domain is permissive.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::os::fd::BorrowedFd;

use rustix::io::Errno;

use super::system::{Enforcement, Label, SecuritySystem, kernel_file, knows_file_system};
use crate::host::progress::{self, Stage};
use crate::kernel::file::File;
use crate::text::escape;

/// One byte, `1` or `0`, without a newline (security/selinux/selinuxfs.c, `sel_read_enforce`).
const ENFORCE: &str = "/sys/fs/selinux/enforce";

/// Takes a question and returns an access vector (`sel_write_access`).
const ACCESS: &str = "/sys/fs/selinux/access";

/// `AVD_FLAGS_PERMISSIVE` of security/selinux/include/security.h: the source's type is permissive.
const PERMISSIVE: u32 = 1;

/// SELinux.
#[derive(Debug)]
pub(super) struct Selinux;

impl SecuritySystem for Selinux {
    fn name(&self) -> &'static str {
        "selinux"
    }

    fn title(&self) -> &'static str {
        "SELinux"
    }

    fn answers(&self, tree: BorrowedFd<'_>) -> bool {
        // Only an active SELinux registers the file system (`init_sel_fs`). No known policy hides the
        // list of file systems, or one's own mounts, from a confined plugin.
        knows_file_system(tree, "selinuxfs")
    }

    fn own_file(&self) -> Option<File> {
        None
    }

    fn wrote(&self, raw: &[u8]) -> bool {
        let is_apparmors = raw.windows(3).any(|part| part == b"//&") || raw.ends_with(b")\n");
        let colons = raw.iter().filter(|&&byte| byte == b':').count();
        // No SELinux context contains `::`, but many Smack labels do.
        let has_fields = colons >= 2 && !raw.windows(2).any(|pair| pair == b"::");
        raw.ends_with(b"\0") || (has_fields && !is_apparmors)
    }

    fn label<'l>(&self, raw: &'l [u8]) -> Label<'l> {
        let context = raw.trim_ascii_end();
        let context = context.strip_suffix(b"\0").unwrap_or(context);
        // Levels contain colons, so the fourth field is all the rest. Without a policy the only field
        // is the name of an initial SID.
        let mut fields = context.splitn(4, |&byte| byte == b':');
        match (fields.next(), fields.next(), fields.next()) {
            (Some(seuser), Some(role), Some(domain)) => Label {
                context,
                domain,
                mode: None,
                seuser: Some(seuser),
                role: Some(role),
                level: fields.next(),
            },
            _ => Label { context, domain: context, ..Label::default() },
        }
    }

    fn enforcement(&self) -> Enforcement {
        match kernel_file(ENFORCE) {
            Ok(flag) if flag.starts_with(b"1") => Enforcement::Full,
            Ok(_) if own_label().is_some_and(|label| !label.contains(&b':')) => {
                Enforcement::Lacking("SELinux is permissive: no policy is loaded".into())
            }
            Ok(_) => Enforcement::Lacking("SELinux is permissive".into()),
            Err(error) => Enforcement::Unknown(format!(
                "cannot tell whether SELinux enforces: {}",
                why(&error)
            )),
        }
    }

    fn is_permissive(&self, label: &Label<'_>) -> Result<bool, Errno> {
        thread_local! {
            static KNOWN: RefCell<HashMap<Vec<u8>, Result<bool, Errno>>> = RefCell::default();
        }
        if let Some(known) = KNOWN.with_borrow(|known| known.get(label.domain).copied()) {
            return known;
        }
        let answer = ask(label.context);
        KNOWN.with_borrow_mut(|known| known.insert(label.domain.to_vec(), answer));
        answer
    }

    fn fault_of_domain(&self, domain: &[u8]) -> Option<String> {
        let (shown, label) = (escape::text(domain), self.label(domain));
        let right = match label.role {
            Some(_) => format!("domain={} or context={shown}", escape::text(label.domain)),
            None => "a domain such as domain=sshd_t".into(),
        };
        domain.contains(&b':').then(|| format!("'{shown}' is not an SELinux domain; write {right}"))
    }

    fn fault_of_context(&self, context: &[u8]) -> Option<String> {
        let shown = escape::text(context);
        let right = if context.contains(&b':') {
            "USER:ROLE:TYPE or USER:ROLE:TYPE:LEVEL".to_owned()
        } else {
            format!("domain={shown}, or context=system_u:system_r:{shown}:s0")
        };
        let is_whole = self.label(context).role.is_some();
        (!is_whole).then(|| format!("'{shown}' is not an SELinux context; write {right}"))
    }

    fn remedy(&self) -> String {
        format!(
            "label the plugin nagios_unconfined_plugin_exec_t, or let the policy allow {} \
             domain:process getattr",
            own_domain()
        )
    }
}

/// Explains why the flag can't be read, and what would help.
fn why(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => format!("{ENFORCE} is missing; mount selinuxfs there"),
        io::ErrorKind::PermissionDenied => format!(
            "{ENFORCE} may not be read; the policy must allow {} security_t:file read, \
             security_t:dir search and sysfs_t:dir search",
            own_domain()
        ),
        _ => format!("{ENFORCE}: {error}"),
    }
}

/// Asks the kernel which access `context` has to ourselves. The answer's flags say whether the domain
/// of `context` is permissive, whatever the target.
fn ask(context: &[u8]) -> Result<bool, Errno> {
    progress::enter(Stage::AskingSecurity);
    // Question and answer must fit in a page, so the target is not a second long context.
    let target = own_label().unwrap_or_else(|| context.to_vec());
    // Class 1 exists in every policy.
    let question = [context, b" ", target.as_slice(), b" 1"].concat();
    let mut answer = String::new();
    let mut exchange = || -> io::Result<()> {
        let mut access = OpenOptions::new().read(true).write(true).open(ACCESS)?;
        access.write_all(&question)?;
        access.read_to_string(&mut answer).map(drop)
    };
    exchange().map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::BADMSG))?;
    permissive_flag(&answer).ok_or(Errno::BADMSG)
}

/// Reads `allowed decided auditallow auditdeny seqno flags`, all but `seqno` in hexadecimal.
fn permissive_flag(answer: &str) -> Option<bool> {
    let flags = answer.split_ascii_whitespace().nth(5)?;
    let flags = u32::from_str_radix(flags.trim_end_matches('\0'), 16).ok()?;
    Some(flags & PERMISSIVE != 0)
}

fn own_label() -> Option<Vec<u8>> {
    let raw = kernel_file("/proc/thread-self/attr/current").ok()?;
    Some(Selinux.label(&raw).context.to_vec())
}

/// Our own domain, to be named in a policy rule.
fn own_domain() -> String {
    own_label().map_or_else(
        || "its domain".into(),
        |label| escape::bounded(Selinux.label(&label).domain, 64),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contexts_as_real_kernels_write_them() {
        let label = Selinux.label(b"system_u:system_r:sshd_t:s0-s0:c0.c1023\0");
        assert_eq!(label.context, b"system_u:system_r:sshd_t:s0-s0:c0.c1023");
        assert_eq!(label.domain, b"sshd_t");
        assert_eq!(label.seuser, Some(&b"system_u"[..]));
        assert_eq!(label.role, Some(&b"system_r"[..]));
        assert_eq!(label.level, Some(&b"s0-s0:c0.c1023"[..]));
        assert_eq!(label.mode, None);
        let label = Selinux.label(b"system_u:system_r:init_t\0");
        assert_eq!((label.domain, label.level), (&b"init_t"[..], None));
        let label = Selinux.label(b"kernel\0");
        assert_eq!((label.context, label.domain), (&b"kernel"[..], &b"kernel"[..]));
        assert_eq!((label.seuser, label.role), (None, None));
    }

    #[test]
    fn the_sixth_word_carries_the_flag() {
        assert_eq!(permissive_flag("0 ffffffff 0 ffffffff 1 1"), Some(true));
        assert_eq!(permissive_flag("0 ffffffff 0 ffffffff 12 0\0"), Some(false));
        // Kernels before 2.6.32 write no flags.
        assert_eq!(permissive_flag("0 ffffffff 0 ffffffff 1"), None);
        assert_eq!(permissive_flag(""), None);
    }
}
