//! The interface of a security system, and how the kernel is asked about it.

use std::os::fd::BorrowedFd;
use std::{fmt, io};

use rustix::fs::{Mode, OFlags, openat};
use rustix::io::Errno;

use super::programs::Programs;
use crate::host::open::contents;
use crate::host::progress::{self, Stage};
use crate::kernel::file::File;

/// The parts of a label; `None` for a part that its system doesn't have.
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

/// Whether a system enforces its policy, or only logs what it would refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Enforcement {
    /// It enforces all of it.
    Full,
    /// It doesn't; the sentence says in what way.
    Lacking(String),
    /// We can't find out: why, and what would help.
    Unknown(String),
}

/// What Procwarden needs to know about a security system.
pub trait SecuritySystem: fmt::Debug + Sync {
    /// Its name in `/sys/kernel/security/lsm` and of `--lsm`.
    fn name(&self) -> &'static str;

    /// Its name for people.
    fn title(&self) -> &'static str;

    /// Whether it is active. Asked if the kernel's list of active systems can't be read; `tree` is
    /// an open /proc.
    fn answers(&self, tree: BorrowedFd<'_>) -> bool;

    /// The file of `/proc/PID` that holds its label and no other system's, if it has one.
    fn own_file(&self) -> Option<File>;

    /// Whether the raw bytes of a label look like this system's, for a tree of unknown origin.
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

    /// The programs that loaded profiles are for; `None` for a system without profiles.
    fn programs(&self) -> Option<io::Result<Programs>> {
        None
    }

    /// Why no process has this domain, and what would be right; `None` if one may.
    fn fault_of_domain(&self, _domain: &[u8]) -> Option<String> {
        None
    }

    /// The same of a whole label.
    fn fault_of_context(&self, _context: &[u8]) -> Option<String> {
        None
    }

    /// How to let a plugin see the labels that were refused to it.
    fn remedy(&self) -> String;
}

/// Reads a file in which the kernel reports on a security system.
pub(crate) fn kernel_file(path: &str) -> std::io::Result<Vec<u8>> {
    progress::enter(Stage::AskingSecurity);
    std::fs::read(path)
}

/// Our own label, raw, as `file` of the open /proc `tree` has it. That of this thread: a policy may let
/// a thread read no label but its own.
pub(crate) fn own_label(tree: BorrowedFd<'_>, file: File) -> Result<Vec<u8>, Errno> {
    read_below(tree, &format!("thread-self/{}", file.path()))
}

/// Whether the running kernel has a file system of this type, or shows us a mount of it.
pub(super) fn knows_file_system(tree: BorrowedFd<'_>, name: &str) -> bool {
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
