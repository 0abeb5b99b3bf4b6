//! The tree of processes: `/proc`, the host's `/proc` mounted elsewhere, or a recorded copy.
//!
//! Opens and lists it. Knows what kind of tree it is, and whether it shows all processes. Reading a
//! process is the work of [`Process`](crate::proc::process::Process).

mod blindness;
mod mounts;

use std::cell::OnceCell;
use std::ffi::CStr;
use std::fs;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, RawDir, openat, readlinkat};
use rustix::io::Errno;
use rustix::path::Arg;
use rustix::time::{ClockId, clock_gettime};

use crate::host::open::{contents, is_of_type};
use crate::host::progress::{self, Stage};
use crate::host::security::Choice;
use crate::kernel::file::File;
use crate::kernel::status::Status;
use crate::kernel::word::parse_number;
use crate::proc::labelling::Labelling;
use crate::text::error::Error;
use crate::text::escape;

/// The file system type of procfs (include/uapi/linux/magic.h).
const PROC_SUPER_MAGIC: i64 = 0x9fa0;

/// A process's number in the PID namespace of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pid(pub u32);

impl std::fmt::Display for Pid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A directory with one directory a process.
#[derive(Debug)]
pub struct ProcRoot {
    directory: OwnedFd,
    path: PathBuf,
    is_procfs: bool,
    ours: OnceCell<bool>,
    home: OnceCell<Option<Vec<u8>>>,
    pub(super) guarded: OnceCell<bool>,
    overflow_id: OnceCell<Option<u32>>,
    has_control_groups: OnceCell<bool>,
    covered: OnceCell<Vec<Pid>>,
    own_mounts: OnceCell<Vec<u8>>,
    lsm: Choice,
    labelling: OnceCell<Labelling>,
}

impl ProcRoot {
    /// Opens the tree at `path`, normally `/proc`.
    ///
    /// # Errors
    /// When there is no such directory or it may not be read.
    pub fn open(path: &Path) -> Result<Self, Error> {
        progress::enter(Stage::Listing);
        let open = || -> Result<Self, Errno> {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let directory = openat(CWD, path, flags, Mode::empty())?;
            let is_procfs = is_of_type(&directory, PROC_SUPER_MAGIC)?;
            Ok(Self {
                directory,
                path: path.to_owned(),
                is_procfs,
                ours: OnceCell::new(),
                home: OnceCell::new(),
                guarded: OnceCell::new(),
                overflow_id: OnceCell::new(),
                has_control_groups: OnceCell::new(),
                covered: OnceCell::new(),
                own_mounts: OnceCell::new(),
                lsm: Choice::Auto,
                labelling: OnceCell::new(),
            })
        };
        open().map_err(|errno| {
            let path = escape::path(path);
            Error::new(format!("cannot open {path}: {errno}; is /proc mounted?"))
        })
    }

    /// The same tree, with the labels of the security system that `lsm` chooses.
    #[must_use]
    pub fn labelled_by(self, lsm: Choice) -> Self {
        Self { lsm, ..self }
    }

    /// How its processes are labelled; found out when it is first asked for.
    pub fn labelling(&self) -> &Labelling {
        let of = || Labelling::of(self.as_directory(), self.is_procfs, self.lsm);
        self.labelling.get_or_init(of)
    }

    /// Where it was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether this is a kernel's procfs. If not, it is a recorded tree, and the owners of its
    /// files mean nothing.
    pub const fn is_procfs(&self) -> bool {
        self.is_procfs
    }

    /// Our own number in this tree, if we are in it.
    pub fn own_pid(&self) -> Option<Pid> {
        if !self.is_procfs {
            return None;
        }
        let target = readlinkat(&self.directory, c"self", Vec::new()).ok()?;
        parse_pid(target.as_bytes())
    }

    /// Calls `visit` with the PID of each process that is listed; returns how many. See
    /// [`Process::each`](crate::proc::process::Process::each).
    ///
    /// # Errors
    /// When the directory can't be listed, or lists no process at all.
    pub(crate) fn walk(&self, mut visit: impl FnMut(Pid)) -> Result<u64, Error> {
        progress::enter(Stage::Listing);
        let is_test_of_panics = cfg!(feature = "test-panic");
        assert!(!is_test_of_panics, "built with test-panic");
        let fail = |errno: Errno| Error::new(format!("cannot list {}: {errno}", self.shown_path()));
        let listing = self.open_directory(c".").map_err(fail)?;
        let mut buffer = vec![MaybeUninit::uninit(); 32 * 1024];
        let mut entries = RawDir::new(listing, &mut buffer);
        let mut count = 0;
        while let Some(entry) = entries.next() {
            if let Some(pid) = parse_pid(entry.map_err(fail)?.file_name().to_bytes()) {
                count += 1;
                visit(pid);
            }
        }
        if count == 0 {
            let path = self.shown_path();
            return Err(Error::new(format!("{path} lists no process; is /proc mounted there?")));
        }
        Ok(count)
    }

    /// The link text of the tree's own PID namespace: that of its PID 1, or ours if we are in it.
    /// `None` if neither may be read.
    pub(crate) fn home(&self) -> Option<&[u8]> {
        let read = |path: &CStr| readlinkat(&self.directory, path, Vec::new()).ok();
        let find = || {
            if !self.is_procfs {
                return None;
            }
            let own = || self.is_ours().then(|| read(c"self/ns/pid")).flatten();
            let first = (!self.is_covered(Pid(1))).then(|| read(c"1/ns/pid")).flatten();
            Some(first.or_else(own)?.into_bytes())
        };
        self.home.get_or_init(find).as_deref()
    }

    /// The link text of our own control group namespace.
    pub(crate) fn own_cgroup_namespace(&self) -> Option<Vec<u8>> {
        let link = readlinkat(&self.directory, c"self/ns/cgroup", Vec::new()).ok()?;
        Some(link.into_bytes())
    }

    /// Whether the kernel has any control groups, so that each process has lines of its own
    /// (`proc_cgroup_show` in kernel/cgroup/cgroup.c leaves out hierarchies that were never
    /// mounted, for all processes alike). We assume that the kernel of a recorded tree had some.
    pub(crate) fn has_control_groups(&self) -> bool {
        let find =
            || !self.is_procfs || self.own_file("cgroup").is_none_or(|text| !text.is_empty());
        *self.has_control_groups.get_or_init(find)
    }

    /// Whether we live in the PID namespace that the tree shows.
    pub(crate) fn is_ours(&self) -> bool {
        let find = || {
            let status = self.open_file(c"self/status").and_then(contents).ok();
            let status = status.and_then(|text| Status::parse(&text));
            self.is_procfs && status.is_some_and(|status| status.pid_namespaces == 1)
        };
        *self.ours.get_or_init(find)
    }

    /// Whether `id`, of a user or group, may stand for every id that has no number in our user
    /// namespace. Never in the first namespace, where all have one.
    pub(crate) fn is_unmapped(&self, id: u32) -> bool {
        let find = || {
            let map = fs::read_to_string(self.path.join("self/uid_map")).ok()?;
            let is_first = map.split_whitespace().eq(["0", "0", "4294967295"]);
            let overflow =
                || fs::read_to_string("/proc/sys/kernel/overflowuid").ok()?.trim().parse().ok();
            (self.is_procfs && !is_first).then(|| overflow().unwrap_or(65534))
        };
        *self.overflow_id.get_or_init(find) == Some(id)
    }

    /// Seconds since boot, the clock of processes' start times. Asks the kernel's own clock; a
    /// recorded tree has its `uptime`. We don't read /proc/uptime: in a container it may be
    /// lxcfs's, which counts from the container's start, while `stat` counts from the host's boot.
    ///
    /// # Errors
    /// When a recorded tree's file is missing or not of the kernel's form.
    pub fn uptime(&self) -> Result<f64, Error> {
        if self.is_procfs {
            let now = clock_gettime(ClockId::Boottime);
            #[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
            return Ok(now.tv_sec as f64 + now.tv_nsec as f64 / 1e9);
        }
        progress::reading(0, File::Uptime);
        let path = self.path.join("uptime");
        let text = fs::read_to_string(&path).unwrap_or_default();
        let seconds = text.split(' ').next().and_then(|word| word.parse::<f64>().ok());
        seconds.filter(|seconds| seconds.is_finite() && *seconds >= 0.0).ok_or_else(|| {
            let path = escape::path(&path);
            Error::new(format!("cannot read the seconds since boot from {path}"))
        })
    }

    /// The path, fit for output.
    pub fn shown_path(&self) -> String {
        escape::path(&self.path)
    }

    pub(crate) fn open_file(&self, path: impl Arg) -> Result<OwnedFd, Errno> {
        openat(&self.directory, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
    }

    /// Opens a directory below `/proc`, to list it.
    pub(super) fn open_directory(&self, path: &CStr) -> Result<OwnedFd, Errno> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        openat(&self.directory, path, flags, Mode::empty())
    }

    pub(crate) fn as_directory(&self) -> BorrowedFd<'_> {
        self.directory.as_fd()
    }
}

/// A process's number, if that is what a directory is called by.
pub(crate) fn parse_pid(name: &[u8]) -> Option<Pid> {
    // The first byte alone rules out nearly everything that is no process.
    name.first().filter(|first| matches!(first, b'1'..=b'9'))?;
    u32::try_from(parse_number(name)?).ok().map(Pid)
}
