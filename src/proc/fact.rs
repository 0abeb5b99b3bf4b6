//! What we can know of a process, and why we may not.
//!
//! Every fact is a value, *gone* (the process ended while we looked) or *hidden* (it is there, but
//! we may not look). [`Fact`] is a plain `Result`: `?` carries both up to the code that judges, and
//! no failed read can pass for "no".

use std::borrow::Cow;
use std::fmt;

use rustix::io::Errno;
use rustix::process::geteuid;
use rustix::thread::CapabilitySet;

use crate::host::open::is_first_user_namespace;
use crate::host::pid_file::Fault;
use crate::host::security::System;
use crate::kernel::file::File;

/// Why we could not read a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// EACCES or EPERM: file permissions, ptrace access, hidepid=1 or a security module.
    Denied,
    /// EACCES of a label: the policy of this system does not let us look. (EPERM is hidepid's.)
    Refused(System),
    /// The process is there, the file is not.
    Absent,
    /// There are no labels: this system is not active, or no system that labels processes is.
    NoSystem(Option<System>),
    /// A user or group that has no number in our user namespace, and shows as the overflow id
    /// (`user_namespaces(7)`).
    Unmapped,
    /// Something is mounted over the process's directory: what we see is not the process.
    Covered,
    /// What lies at its path is another file: it is of another root or mount namespace.
    Elsewhere,
    /// Its contents do not have the kernel's form.
    Malformed,
    /// Neither the kernel nor the policy's text says which programs each AppArmor profile is for.
    Untold,
    /// A command line names our program. The process may be about to start a check, and then it
    /// must not match.
    NamesUs,
    /// It is longer than we are willing to read.
    TooLong,
    /// It does not answer: a read takes for ever, or longer than our patience.
    NoAnswer,
    /// The name service does not answer.
    NoNames,
    /// A pid file that can't be used, or trusted.
    PidFile(Fault),
    /// A pid file is about our own processes, and these are others.
    NotOurs,
    /// Any other error of open(2), read(2) or readlink(2).
    Failed(Errno),
}

/// A fact that exists but could not be read: from which file, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hidden {
    /// The file that would show it.
    pub file: File,
    /// Why it could not be read.
    pub cause: Cause,
}

impl Hidden {
    /// `exe may not be read (pid 812); run as root, …`: what hides the fact, `whose` it is, and what
    /// would help.
    pub fn explained(self, whose: &str) -> String {
        let remedy = self.remedy();
        let joint = if remedy.is_empty() { "" } else { "; " };
        format!("{self}{whose}{joint}{remedy}")
    }

    /// Whether root would see it.
    pub(crate) fn needs_root(self) -> bool {
        self.cause == Cause::Denied
            && self.file.is_for_tracers()
            && !may_trace()
            && !geteuid().is_root()
    }

    /// Tells the sysadmin in a few words how to let the plugin see; empty if we know no way.
    fn remedy(self) -> Cow<'static, str> {
        Cow::Borrowed(match (self.cause, self.file) {
            (Cause::Refused(_), File::AccessVector) => {
                "the policy must allow security_t:file write and security_t:security compute_av"
            }
            (Cause::Refused(system), _) => return Cow::Owned(system.remedy()),
            (Cause::Denied, file) if file.is_for_tracers() => {
                match (may_trace(), geteuid().is_root()) {
                    (true, _) if !is_first_user_namespace() => OUTSIDE,
                    (true, _) => "a security policy forbids it even to CAP_SYS_PTRACE",
                    (false, true) => "run with CAP_SYS_PTRACE",
                    (false, false) => "run as root, as the same user, or with CAP_SYS_PTRACE",
                }
            }
            (Cause::Denied, _) if geteuid().is_root() => {
                "check hidepid of /proc and the security policy"
            }
            (Cause::Denied, _) => "check hidepid of /proc and the security policy, or run as root",
            (Cause::Absent, File::AccessVector) => "mount selinuxfs on /sys/fs/selinux",
            (Cause::Absent, File::Profiles) => "mount securityfs on /sys/kernel/security",
            (Cause::Absent, file) if file.is_label() => {
                "this kernel or tree has no security labels"
            }
            (Cause::Unmapped, _) => OUTSIDE,
            (Cause::Untold, _) => {
                "write its path without variables in /etc/apparmor.d: profile NAME /PATH {"
            }
            (Cause::NamesUs, _) => "write --recheck 3 to look again after 3 s",
            (Cause::PidFile(fault), _) => fault.remedy(),
            (Cause::NotOurs, _) => "leave pidfile= out with another --proc-root",
            (Cause::Covered, _) => "find the mount with findmnt, and unmount it",
            (Cause::NoNames, _) => {
                "see nsswitch.conf, and that /etc/passwd and /etc/group have an entry for 0"
            }
            (Cause::Absent, _) => "the tree under --proc-root lacks it",
            _ => "",
        })
    }
}

/// The remedy if our privileges hold in our user namespace only.
const OUTSIDE: &str = "run the check outside of the user namespace";

/// Whether we have the capability that usually lets us look into other users' processes.
pub(crate) fn may_trace() -> bool {
    let sets = rustix::thread::capabilities(None);
    sets.is_ok_and(|sets| sets.effective.contains(CapabilitySet::SYS_PTRACE))
}

impl fmt::Display for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = match self.file {
            File::Directory => "its directory",
            other => other.path(),
        };
        match self.cause {
            Cause::Denied | Cause::Refused(_) => write!(f, "{file} may not be read"),
            Cause::Absent => write!(f, "{file} is missing"),
            Cause::NoSystem(None) => write!(f, "no active security system labels processes"),
            Cause::NoSystem(Some(system)) => write!(f, "{} is not active", system.title()),
            Cause::Unmapped => write!(f, "its user has no number in this user namespace"),
            Cause::Covered => write!(f, "its directory has something mounted over it"),
            Cause::Elsewhere => write!(f, "its {file} is out of sight"),
            Cause::Malformed => write!(f, "{file} is not what a kernel writes"),
            Cause::Untold => {
                write!(f, "the kernel does not say which program some AppArmor profile is for")
            }
            Cause::NamesUs => {
                write!(f, "{file} names this program, so it may belong to another check")
            }
            Cause::NoAnswer => write!(f, "{file} does not answer"),
            Cause::NoNames => write!(f, "the name service does not answer"),
            Cause::PidFile(fault) => write!(f, "{fault}"),
            Cause::NotOurs => write!(f, "{file} is about other processes than these"),
            Cause::TooLong => write!(f, "{file} is too long to read"),
            Cause::Failed(errno) => write!(f, "reading {file} failed: {errno}"),
        }
    }
}

/// Why there is no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The process ended between the listing and the read: it is not running.
    Gone,
    /// The process is there, the fact is out of sight.
    Hidden(Hidden),
}

/// The fact hidden when the name service does not answer.
pub const NO_NAMES: Missing =
    Missing::Hidden(Hidden { file: File::Directory, cause: Cause::NoNames });

/// A fact about a process.
pub type Fact<T> = Result<T, Missing>;

/// Splits off the case that the process is gone. For code that can do without the value, but not
/// without the process.
///
/// # Errors
/// [`Missing::Gone`] alone.
pub fn unless_gone<T>(fact: Fact<T>) -> Fact<Result<T, Hidden>> {
    match fact {
        Ok(value) => Ok(Ok(value)),
        Err(Missing::Hidden(hidden)) => Ok(Err(hidden)),
        Err(Missing::Gone) => Err(Missing::Gone),
    }
}

/// Three-valued AND: false wins over hidden, hidden over true; gone ends it.
///
/// # Errors
/// [`Missing::Gone`] as soon as one says so, [`Missing::Hidden`] when none is false and one is
/// hidden.
pub fn all(tests: impl IntoIterator<Item = Fact<bool>>) -> Fact<bool> {
    decided_by(tests, false)
}

/// Three-valued OR: true wins over hidden, hidden over false; gone ends it.
///
/// # Errors
/// As [`all`], with true in the place of false.
pub fn any(tests: impl IntoIterator<Item = Fact<bool>>) -> Fact<bool> {
    decided_by(tests, true)
}

fn decided_by(tests: impl IntoIterator<Item = Fact<bool>>, decisive: bool) -> Fact<bool> {
    let mut hidden = None;
    for test in tests {
        match unless_gone(test)? {
            Ok(value) if value == decisive => return Ok(decisive),
            Ok(_) => {}
            Err(what) => hidden = hidden.or(Some(what)),
        }
    }
    hidden.map_or(Ok(!decisive), |h| Err(Missing::Hidden(h)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HIDDEN: Fact<bool> =
        Err(Missing::Hidden(Hidden { file: File::Exe, cause: Cause::Denied }));
    const GONE: Fact<bool> = Err(Missing::Gone);

    #[test]
    fn false_decides_an_and_whatever_is_hidden() {
        assert_eq!(all([Ok(true), HIDDEN, Ok(false)]), Ok(false));
        assert_eq!(all([Ok(true), HIDDEN, Ok(true)]), HIDDEN);
        assert_eq!(all([HIDDEN, GONE]), GONE);
        assert_eq!(all([]), Ok(true));
    }

    #[test]
    fn true_decides_an_or_whatever_is_hidden() {
        assert_eq!(any([HIDDEN, Ok(true)]), Ok(true));
        assert_eq!(any([HIDDEN, Ok(false)]), HIDDEN);
        assert_eq!(any([]), Ok(false));
    }
}
