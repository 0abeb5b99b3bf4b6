//! A process, read lazily: each file at most once, and only when someone asks.
//!
//! One [`Process`] serves a whole scan. Moving it to the next PID forgets what was read and keeps
//! the buffers, so nothing is allocated per process and memory does not grow with their number.
//! Paths are relative to the tree's directory, since opening `PID` first would cost a third of a
//! read.

mod children;
mod dead_leader;
mod descriptors;
mod exec_mark;
pub(crate) mod executable;
pub(crate) mod identity;
mod label;
mod missing;
pub(crate) mod name;
mod off_limits;
mod path;
mod pidfd;
mod place;
mod predicates;
mod profile;
mod ps;
mod read;
mod same_way;
mod sockets;
mod threads;
mod times;

pub use executable::undeleted;
pub use name::shown as shown_name;
pub use place::{NO_ANSWER, Place};
pub use times::ticks_to_seconds;

use std::mem;

use rustix::fs::{AtFlags, StatxFlags, statx};

use crate::host::progress;
use crate::kernel::cgroup;
use crate::kernel::comm::Comm;
use crate::kernel::file::File;
use crate::kernel::stat::Stat;
use crate::kernel::status::{self, Status};
use crate::proc::fact::{Cause, Fact, Hidden, Missing};
use crate::proc::root::{Pid, ProcRoot};
use crate::text::error::Error;
use identity::Identity;
use missing::{covered, missing};
use path::PidPath;
use pidfd::Pidfds;

/// Effective user and group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Effective UID.
    pub uid: u32,
    /// Effective GID.
    pub gid: u32,
}

/// A file's content. Its buffer is kept from one process to the next. `Ok(false)` means that there
/// is none by nature: a kernel thread has no executable.
#[derive(Debug)]
struct Content {
    file: File,
    known: Option<Fact<bool>>,
    bytes: Vec<u8>,
}

impl Content {
    fn get(&self) -> Fact<Option<&[u8]>> {
        let known = self.known.unwrap_or(Ok(false))?;
        Ok(known.then_some(self.bytes.as_slice()))
    }
}

/// One process of a tree. Nothing is read until someone asks.
#[derive(Debug)]
pub struct Process<'r> {
    root: &'r ProcRoot,
    pid: Pid,
    path: PidPath,
    is_covered: bool,
    /// The thread to ask about memory if the first one has ended.
    stand_in: Option<Pid>,
    comm: Option<Fact<Comm>>,
    comm_in_stat: Option<Comm>,
    stat: Option<Fact<Stat>>,
    status: Option<Fact<Status>>,
    owner: Option<Fact<Owner>>,
    at_home: Option<bool>,
    off_limits: Option<bool>,
    /// Whether we took a look at the file that it runs, and which file that look showed.
    has_glimpsed: bool,
    glimpsed: Option<Identity>,
    /// In how many PID namespaces it lives, as a pidfd shows it; 0 if that shows nothing.
    lives_in: Option<usize>,
    /// Whether `status` had to tell where it lives, and for how many processes in a row before it.
    needed_status: bool,
    needed_in_a_row: u8,
    pidfds: Pidfds,
    /// The control groups that were read last, and the unit in them. Many processes share them.
    last_groups: (Vec<u8>, Option<Vec<u8>>),
    /// Where the last executable was that lies in our own root, and which file. Many processes share one.
    last_here: Option<(Place, Identity)>,
    /// One for each file that was read of any process.
    contents: Vec<Content>,
    scratch: Vec<u8>,
    status_text: Vec<u8>,
    now: Option<f64>,
}

impl<'r> Process<'r> {
    /// A reader for processes of `root`, standing at `pid`.
    pub fn new(root: &'r ProcRoot, pid: Pid) -> Self {
        Self {
            root,
            pid,
            path: PidPath::new(pid),
            is_covered: root.is_covered(pid),
            stand_in: None,
            comm: None,
            comm_in_stat: None,
            stat: None,
            status: None,
            owner: None,
            at_home: None,
            off_limits: None,
            has_glimpsed: false,
            glimpsed: None,
            lives_in: None,
            needed_status: false,
            needed_in_a_row: 0,
            pidfds: Pidfds::default(),
            last_groups: Default::default(),
            last_here: None,
            contents: Vec::new(),
            scratch: Vec::new(),
            status_text: Vec::new(),
            now: None,
        }
    }

    /// Our own process, if we live in the PID namespace that the tree shows.
    pub(crate) fn own(root: &'r ProcRoot) -> Option<Self> {
        let pid = root.own_pid().filter(|_| root.is_ours())?;
        Some(Self::new(root, pid))
    }

    /// Calls `visit` with each process that `root` lists, in the kernel's order; returns how many.
    ///
    /// # Errors
    /// When the directory can't be listed, or lists no process at all.
    pub fn each(root: &'r ProcRoot, mut visit: impl FnMut(&mut Self)) -> Result<u64, Error> {
        let mut process = Self::new(root, Pid(0));
        root.walk(|pid| {
            process.move_to(pid);
            visit(&mut process);
        })
    }

    /// Moves on to `pid` and forgets all that was read.
    pub(crate) fn move_to(&mut self, pid: Pid) {
        self.pid = pid;
        self.path = PidPath::new(pid);
        self.is_covered = self.root.is_covered(pid);
        self.stand_in = None;
        self.comm = None;
        self.comm_in_stat = None;
        self.stat = None;
        self.status = None;
        self.owner = None;
        self.at_home = None;
        self.off_limits = None;
        self.has_glimpsed = false;
        self.glimpsed = None;
        self.lives_in = None;
        let needed = mem::take(&mut self.needed_status);
        self.needed_in_a_row = if needed { self.needed_in_a_row.saturating_add(1) } else { 0 };
        for content in &mut self.contents {
            content.known = None;
        }
    }

    /// Its number.
    pub const fn pid(&self) -> Pid {
        self.pid
    }

    /// The tree it belongs to.
    pub const fn root(&self) -> &'r ProcRoot {
        self.root
    }

    /// `comm`.
    ///
    /// # Errors
    /// As all facts: gone, or hidden.
    pub fn comm(&mut self) -> Fact<Comm> {
        if let Some(known) = self.comm {
            return known;
        }
        if let Some(comm) = self.comm_in_stat.or_else(|| self.comm_in_status()) {
            return *self.comm.insert(Ok(comm));
        }
        // One byte more than a name can have, to notice a longer one.
        let mut text = [0_u8; Comm::LONGEST + 2];
        let known = self.read_short(File::Comm, &mut text).and_then(|length| {
            let parsed = Comm::parse(&text[..length]);
            parsed.ok_or_else(|| self.malformed(File::Comm, length == 0))
        });
        *self.comm.insert(known)
    }

    /// `stat`.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn stat(&mut self) -> Fact<Stat> {
        if let Some(known) = self.stat {
            return known;
        }
        let known = self.read_stat().and_then(|stat| self.ask_a_living_thread(stat));
        *self.stat.insert(known)
    }

    fn read_stat(&mut self) -> Fact<Stat> {
        let mut text = mem::take(&mut self.scratch);
        let known = self.read_whole(File::Stat, &mut text).and_then(|()| {
            let stat = Stat::parse(&text);
            let stat = stat.ok_or_else(|| self.malformed(File::Stat, text.is_empty()))?;
            self.has_number(File::Stat, stat.pid).map(|()| stat)
        });
        // The same bytes as in comm (fs/proc/array.c, proc_task_name), and a read saved.
        self.comm_in_stat = known.ok().and(Stat::name(&text)).and_then(Comm::named);
        self.scratch = text;
        known
    }

    /// `status`.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn status(&mut self) -> Fact<Status> {
        if let Some(known) = &self.status {
            return known.clone();
        }
        let mut text = mem::take(&mut self.status_text);
        let known = self.read_whole(File::Status, &mut text).and_then(|()| {
            let status = Status::parse(&text);
            let status = status.ok_or_else(|| self.malformed(File::Status, text.is_empty()))?;
            self.has_number(File::Status, status.pid).map(|()| status)
        });
        self.status_text = text;
        self.status.insert(known).clone()
    }

    /// The supplementary groups, from `status`.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn groups(&mut self) -> Fact<impl Iterator<Item = u32> + '_> {
        let status = self.status()?;
        let none = Missing::Hidden(Hidden { file: File::Status, cause: Cause::Malformed });
        status.groups(&self.status_text).ok_or(none)
    }

    /// Its parent: from `status` if that was read, else from `stat`, which costs less.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn parent(&mut self) -> Fact<Pid> {
        let known = self.status_if_read().and_then(|_| status::parent(&self.status_text));
        known.map_or_else(|| self.stat().map(|stat| stat.ppid), Ok).map(Pid)
    }

    /// How often its first thread was given a CPU and gave it up or lost it, from `status`.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn switches(&mut self) -> Fact<u64> {
        self.status()?;
        let none = Missing::Hidden(Hidden { file: File::Status, cause: Cause::Malformed });
        status::switches(&self.status_text).ok_or(none)
    }

    /// The name, if `status` was read and has it as `comm` does.
    fn comm_in_status(&self) -> Option<Comm> {
        self.status_if_read()?;
        Status::name(&self.status_text).and_then(Comm::named)
    }

    /// `status`, if someone asked for it already and it could be had.
    fn status_if_read(&self) -> Option<&Status> {
        self.status.as_ref()?.as_ref().ok()
    }

    /// Effective user and group: the owner of `/proc/PID`, even of a process that is not dumpable
    /// (fs/proc/base.c, `task_dump_owner`); in a recorded tree, those of `status`, since its files
    /// belong to the user who unpacked it.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn owner(&mut self) -> Fact<Owner> {
        if let Some(known) = self.owner {
            return known;
        }
        if self.probably_needs_status() {
            // It has the owner, too, and a look is saved.
            let _ = self.status();
        }
        let known = if self.is_covered {
            Err(covered(File::Directory))
        } else if let Some(status) = self.status_if_read() {
            Ok(Owner { uid: status.uid.effective, gid: status.gid.effective })
        } else if self.root.is_procfs() {
            progress::reading(self.pid.0, File::Directory);
            statx(
                self.root.as_directory(),
                self.path.to(File::Directory).as_c_str(),
                AtFlags::NO_AUTOMOUNT,
                StatxFlags::UID | StatxFlags::GID,
            )
            .map(|found| Owner { uid: found.stx_uid, gid: found.stx_gid })
            .map_err(|errno| missing(File::Directory, errno, || false))
        } else {
            self.status()
                .map(|status| Owner { uid: status.uid.effective, gid: status.gid.effective })
        };
        *self.owner.insert(known)
    }

    /// `cmdline`: arguments, each ended by a NUL; empty for kernel threads and zombies.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn cmdline(&mut self) -> Fact<&[u8]> {
        let is_empty = self.whole(File::Cmdline) == Ok(b"");
        if is_empty && self.finds_a_living_thread() {
            self.content(File::Cmdline).known = None;
        }
        self.whole(File::Cmdline)
    }

    /// `cgroup`: one line for each hierarchy, `ID:CONTROLLERS:PATH`; empty on a host without
    /// control groups.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn cgroup(&mut self) -> Fact<&[u8]> {
        let root = self.root;
        let (mut last, mut unit) = mem::take(&mut self.last_groups);
        let result = self.checked(File::Cgroup, |text| {
            if text == last && !text.is_empty() {
                return true;
            }
            text.clone_into(&mut last);
            unit = cgroup::unit(text).map(<[u8]>::to_vec);
            if text.is_empty() { !root.has_control_groups() } else { cgroup::is_of_form(text) }
        });
        if result.is_ok() {
            self.last_groups = (last, unit);
        }
        self.whole(File::Cgroup)
    }

    /// The systemd unit that its control groups name.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn unit(&mut self) -> Fact<Option<&[u8]>> {
        self.cgroup()?;
        Ok(self.last_groups.1.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn we_can_read_ourselves() {
        let root = ProcRoot::open(std::path::Path::new("/proc")).unwrap();
        let pid = root.own_pid().unwrap();
        let mut me = Process::new(&root, pid);
        assert_eq!(pid.0, std::process::id());
        assert_eq!(me.is_alive(), Ok(true));
        assert_eq!(me.is_kernel_thread(), Ok(false));
        let owner = me.owner().unwrap();
        let status = me.status().unwrap();
        assert_eq!((owner.uid, owner.gid), (status.uid.effective, status.gid.effective));
        assert_eq!(
            me.exe().unwrap().unwrap(),
            std::fs::read_link("/proc/self/exe").unwrap().as_os_str().as_encoded_bytes()
        );
        assert!(me.cmdline().unwrap().ends_with(b"\0"));
    }

    /// A shell that gives itself a name and lives until it is dropped.
    struct Named(std::process::Child);

    impl Named {
        fn start(name: &str) -> Self {
            let script = "printf '%b' \"$0\" >/proc/$$/comm; echo; read x";
            let mut shell = std::process::Command::new("sh");
            shell.args(["-c", script, name]);
            let piped = std::process::Stdio::piped;
            let mut child = shell.stdin(piped()).stdout(piped()).spawn().unwrap();
            std::io::Read::read(child.stdout.as_mut().unwrap(), &mut [0]).unwrap();
            Self(child)
        }
    }

    impl Drop for Named {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    #[test]
    fn names_and_parents_in_status_are_those_of_comm_and_stat() {
        let root = ProcRoot::open(std::path::Path::new("/proc")).unwrap();
        for name in ["plain", "a\\nb", "a\\\\b", "a\\tb (c)", "\\0377x", "fifteen-letters"] {
            let named = Named::start(name);
            let pid = Pid(named.0.id());
            let [mut one, mut other] = [Process::new(&root, pid), Process::new(&root, pid)];
            one.status().unwrap();
            other.stat().unwrap();
            other.comm_in_stat = None;
            let names = [&mut one, &mut other].map(|it| it.comm().unwrap().as_bytes().to_vec());
            assert_eq!(names[0], names[1], "{name}");
            assert_eq!(one.parent(), Ok(Pid(std::process::id())));
            assert_eq!(other.parent(), one.parent());
        }
    }

    #[test]
    fn what_is_of_no_form_stays_so_until_the_next_process() {
        let tree = tempfile::tempdir().unwrap();
        for (pid, text) in [(7, "0::no path\n"), (8, "0::/a.service\n"), (9, "0::/\n0::/\n")] {
            let directory = tree.path().join(pid.to_string());
            std::fs::create_dir(&directory).unwrap();
            std::fs::write(directory.join("cgroup"), text).unwrap();
        }
        let root = ProcRoot::open(tree.path()).unwrap();
        let mut process = Process::new(&root, Pid(7));
        for (pid, is_of_form) in [(7, false), (8, true), (9, false)] {
            process.move_to(Pid(pid));
            assert_eq!([(); 3].map(|()| process.cgroup().is_ok()), [is_of_form; 3], "{pid}");
        }
    }

    #[test]
    fn a_process_that_never_was_is_gone() {
        let root = ProcRoot::open(std::path::Path::new("/proc")).unwrap();
        let mut nobody = Process::new(&root, Pid(u32::MAX));
        assert_eq!(nobody.comm().unwrap_err(), Missing::Gone);
        assert_eq!(nobody.exe().unwrap_err(), Missing::Gone);
        assert_eq!(nobody.owner().unwrap_err(), Missing::Gone);
        assert_eq!(nobody.stat().unwrap_err(), Missing::Gone);
    }
}
