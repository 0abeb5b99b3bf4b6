//! The security systems that give each process a label.
//!
//! A system is one module behind one small trait, [`SecuritySystem`], and one row of [`SYSTEMS`];
//! the rest of the program knows none by name. Which of them is active, and so where labels are
//! read, is the business of [`Labelling`](crate::proc::labelling::Labelling).

mod apparmor;
mod selinux;
mod smack;

use std::fmt;
use std::ops::Deref;

use std::os::fd::BorrowedFd;

use rustix::fs::{Mode, OFlags, openat};
use rustix::io::Errno;

use crate::host::open::contents;
use crate::host::progress::{self, Stage};
use crate::kernel::file::File;

/// What a label says; a part that its system doesn't have is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Label<'l> {
    /// The whole, without the byte that only ends it.
    pub context: &'l [u8],
    /// The type (SELinux) or profile (AppArmor); the label itself where it has no parts.
    pub domain: &'l [u8],
    /// AppArmor's mode: enforce, complain, kill, mixed, unconfined.
    pub mode: Option<&'l [u8]>,
    /// SELinux's user.
    pub seuser: Option<&'l [u8]>,
    /// SELinux's role.
    pub role: Option<&'l [u8]>,
    /// SELinux's level or range of levels (`s0-s0:c0.c1023`); none in a policy without MLS.
    pub level: Option<&'l [u8]>,
}

/// Whether a system does what its policy says, or only logs what it would refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Enforcement {
    /// It enforces all of it.
    Full,
    /// It doesn't: in what way, as a sentence.
    Lacking(String),
    /// It won't tell us: why, and what would help.
    Untold(String),
}

/// What a plugin has to know of a security system.
pub trait SecuritySystem: fmt::Debug + Sync {
    /// Its name in `/sys/kernel/security/lsm` and of `--lsm`.
    fn name(&self) -> &'static str;

    /// What people call it.
    fn title(&self) -> &'static str;

    /// Whether it is active, where the kernel's list of active systems is out of sight;
    /// `tree` is an open /proc.
    fn answers(&self, tree: BorrowedFd<'_>) -> bool;

    /// The file of `/proc/PID` that holds its label and no other system's, if it has one.
    fn own_file(&self) -> Option<File>;

    /// Whether the raw bytes of a label are in its hand, for a tree of unknown origin.
    fn wrote(&self, raw: &[u8]) -> bool;

    /// A label's parts.
    fn label<'l>(&self, raw: &'l [u8]) -> Label<'l>;

    /// Whether the running kernel enforces its policy.
    fn enforcement(&self) -> Enforcement;

    /// Whether the system, enforcing or not, refuses nothing to processes of this label.
    ///
    /// # Errors
    /// That of asking the running kernel; `BADMSG` if its answer is not of the known form.
    fn is_permissive(&self, label: &Label<'_>) -> Result<bool, Errno>;

    /// What lets a plugin see the labels that were refused to it.
    fn remedy(&self) -> String;
}

/// One of [`SYSTEMS`].
#[derive(Clone, Copy)]
pub struct System(&'static dyn SecuritySystem);

/// All that are known, in the order in which they are asked.
pub const SYSTEMS: [System; 3] =
    [System(&selinux::Selinux), System(&apparmor::Apparmor), System(&smack::Smack)];

impl System {
    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        SYSTEMS.into_iter().find(|system| system.name() == name)
    }

    /// The one that wrote a label, as far as its bytes show.
    pub(crate) fn that_wrote(raw: &[u8]) -> Self {
        let [.., last] = SYSTEMS;
        SYSTEMS.into_iter().find(|system| system.wrote(raw)).unwrap_or(last)
    }
}

impl Deref for System {
    type Target = dyn SecuritySystem;

    fn deref(&self) -> &Self::Target {
        self.0
    }
}

impl PartialEq for System {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for System {}

impl fmt::Debug for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Whose labels are read: what `--lsm` chooses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// Those of the active system; in a recorded tree, of the one that the bytes show.
    #[default]
    Auto,
    /// Those of this one and no other.
    Only(System),
}

/// A file by which the kernel tells of a security system.
pub(crate) fn kernel_file(path: &str) -> std::io::Result<Vec<u8>> {
    progress::enter(Stage::AskingSecurity);
    std::fs::read(path)
}

/// Our own label, raw, as `file` of the open /proc `tree` has it.
pub(crate) fn own_label(tree: BorrowedFd<'_>, file: File) -> Result<Vec<u8>, Errno> {
    read_below(tree, &format!("self/{}", file.path()))
}

/// Whether the running kernel has a file system of this type, or shows us a mount of it.
fn knows_file_system(tree: BorrowedFd<'_>, name: &str) -> bool {
    let listed = |path: &str| {
        let text = read_below(tree, path).unwrap_or_default();
        let mut words = text.split(u8::is_ascii_whitespace);
        words.any(|word| word == name.as_bytes())
    };
    listed("filesystems") || listed("self/mounts")
}

fn read_below(tree: BorrowedFd<'_>, path: &str) -> Result<Vec<u8>, Errno> {
    progress::enter(Stage::AskingSecurity);
    contents(openat(tree, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_writer_shows_in_the_bytes() {
        for (raw, name) in [
            (&b"system_u:system_r:sshd_t:s0-s0:c0.c1023\0"[..], "selinux"),
            (b"system_u:system_r:init_t\0", "selinux"),
            (b"system_u:system_r:init_t\n", "selinux"),
            (b"kernel\0", "selinux"),
            (b"unconfined\n", "apparmor"),
            (b"/usr/sbin/cupsd (enforce)\n", "apparmor"),
            (b"unconfined//&:ns1:unconfined\n", "apparmor"),
            (b"_", "smack"),
            (b"User::App", "smack"),
        ] {
            let shown = crate::text::escape::text(raw);
            assert_eq!(System::that_wrote(raw).name(), name, "{shown}");
        }
    }

    #[test]
    fn a_choice_is_made_by_name() {
        assert_eq!(System::named("smack").unwrap().title(), "Smack");
        assert_eq!(System::named("yama"), None);
    }
}
