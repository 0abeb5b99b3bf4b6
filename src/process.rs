//! A process, read lazily: each file at most once, and only when someone asks.
//!
//! One [`Process`] serves a whole scan. Moving it on to the next PID forgets what was read and keeps
//! the buffers, so nothing is allocated per process and memory does not grow with their number.
//! Paths are relative to the tree's directory: opening `PID` first would cost a third of a read.

use std::ffi::CStr;
use std::mem;

use rustix::buffer::spare_capacity;
use rustix::fs::{AtFlags, StatxFlags, readlinkat, readlinkat_raw, stat, statat, statx};
use rustix::io::{Errno, read};

use crate::fact::{Cause, Fact, File, Hidden, Missing};
use crate::proc_root::{Pid, ProcRoot};
use crate::security::Label;
use crate::stat::Stat;
use crate::status::Status;
use crate::watchdog;

/// What the kernel appends to the link of an executable that was replaced or removed.
pub(crate) const DELETED: &[u8] = b" (deleted)";

/// Longer arguments, control groups or labels are not read: a process may claim any size
/// (`prctl(PR_SET_MM_ARG_END)`), and the check must stay small. Exec allows 6 MiB of arguments.
const LONGEST: usize = 8 << 20;

/// The name in `comm`: up to 15 bytes, for a kernel thread up to 63 (fs/proc/array.c).
#[derive(Clone, Copy, Debug)]
pub struct Comm {
    bytes: [u8; 64],
    length: u8,
}

impl Comm {
    /// The kernel cuts the name of a process after this many bytes (`TASK_COMM_LEN` - 1).
    pub const LONGEST: usize = 15;

    /// The name's bytes, which may be anything but NUL.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    fn parse(text: &[u8]) -> Self {
        Self::parse_name(text.strip_suffix(b"\n").unwrap_or(text))
    }

    fn parse_name(name: &[u8]) -> Self {
        let length = name.len().min(63);
        let mut bytes = [0; 64];
        bytes[..length].copy_from_slice(&name[..length]);
        #[allow(clippy::cast_possible_truncation, reason = "at most 63")]
        Self {
            bytes,
            length: length as u8,
        }
    }
}

/// Effective user and group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Effective UID.
    pub uid: u32,
    /// Effective GID.
    pub gid: u32,
}

/// A file's content, kept from one process to the next for its room. `Ok(false)`: by nature there
/// is none (a kernel thread has no executable).
#[derive(Debug, Default)]
struct Content {
    known: Option<Fact<bool>>,
    bytes: Vec<u8>,
}

impl Content {
    fn get(&self, known: Fact<bool>) -> Fact<Option<&[u8]>> {
        Ok(known?.then_some(self.bytes.as_slice()))
    }
}

/// One process of a tree, of which nothing is known until it is asked for.
#[derive(Debug)]
pub struct Process<'r> {
    root: &'r ProcRoot,
    pid: Pid,
    path: PidPath,
    comm: Option<Fact<Comm>>,
    comm_in_stat: Option<Comm>,
    stat: Option<Fact<Stat>>,
    status: Option<Fact<Status>>,
    owner: Option<Fact<Owner>>,
    at_home: Option<bool>,
    exe: Content,
    cmdline: Content,
    cgroup: Content,
    label: Content,
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
            comm: None,
            comm_in_stat: None,
            stat: None,
            status: None,
            owner: None,
            at_home: None,
            exe: Content::default(),
            cmdline: Content::default(),
            cgroup: Content::default(),
            label: Content::default(),
            scratch: Vec::new(),
            status_text: Vec::new(),
            now: None,
        }
    }

    /// Moves on to `pid` and forgets all that was read.
    pub fn move_to(&mut self, pid: Pid) {
        self.pid = pid;
        self.path = PidPath::new(pid);
        self.comm = None;
        self.comm_in_stat = None;
        self.stat = None;
        self.status = None;
        self.owner = None;
        self.at_home = None;
        self.exe.known = None;
        self.cmdline.known = None;
        self.cgroup.known = None;
        self.label.known = None;
    }

    /// Its number.
    pub const fn pid(&self) -> Pid {
        self.pid
    }

    /// The tree it stands in.
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
        if let Some(comm) = self.comm_in_stat {
            return *self.comm.insert(Ok(comm));
        }
        let mut text = [0_u8; 65];
        let known = self
            .read_short(File::Comm, &mut text)
            .map(|n| Comm::parse(&text[..n]));
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
        let mut text = mem::take(&mut self.scratch);
        let known = self.read_whole(File::Stat, &mut text).and_then(|()| {
            Stat::parse(&text).ok_or_else(|| self.malformed(File::Stat, text.is_empty()))
        });
        // The same bytes as in comm (fs/proc/array.c, proc_task_name), and a read saved.
        self.comm_in_stat = known.ok().and(Stat::name(&text)).map(Comm::parse_name);
        self.scratch = text;
        *self.stat.insert(known)
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
            Status::parse(&text).ok_or_else(|| self.malformed(File::Status, text.is_empty()))
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
        let none = Missing::Hidden(Hidden {
            file: File::Status,
            cause: Cause::Malformed,
        });
        status.groups(&self.status_text).ok_or(none)
    }

    /// `status`, if someone asked for it already and it could be had.
    fn status_if_read(&self) -> Option<&Status> {
        self.status.as_ref()?.as_ref().ok()
    }

    /// Effective user and group: the owner of `/proc/PID`, even of a process that is not dumpable
    /// (fs/proc/base.c, `task_dump_owner`); in a recorded tree, whose owner is whoever unpacked
    /// it, those of `status`.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn owner(&mut self) -> Fact<Owner> {
        if let Some(known) = self.owner {
            return known;
        }
        let known = if self.root.is_procfs() {
            watchdog::reading(self.pid.0, File::Directory);
            statx(
                self.root.as_directory(),
                self.path.to(File::Directory).as_c_str(),
                AtFlags::NO_AUTOMOUNT,
                StatxFlags::UID | StatxFlags::GID,
            )
            .map(|found| Owner {
                uid: found.stx_uid,
                gid: found.stx_gid,
            })
            .map_err(|errno| missing(File::Directory, errno, || false))
        } else {
            self.status().map(|status| Owner {
                uid: status.uid.effective,
                gid: status.gid.effective,
            })
        };
        *self.owner.insert(known)
    }

    /// `cmdline`: arguments, each ended by a NUL; empty for kernel threads and zombies.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn cmdline(&mut self) -> Fact<&[u8]> {
        self.ensure(File::Cmdline);
        let known = self.cmdline.known.unwrap_or(Ok(false));
        Ok(self.cmdline.get(known)?.unwrap_or_default())
    }

    /// `cgroup`: a line a hierarchy, `ID:CONTROLLERS:PATH`.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn cgroup(&mut self) -> Fact<&[u8]> {
        self.ensure(File::Cgroup);
        let known = self.cgroup.known.unwrap_or(Ok(false));
        Ok(self.cgroup.get(known)?.unwrap_or_default())
    }

    /// The security label, from the file where its system keeps it.
    ///
    /// # Errors
    /// Gone, or hidden; where no security system labels processes, hidden by that.
    pub fn label(&mut self) -> Fact<Label<'_>> {
        let labelling = self.root.labelling();
        Ok(labelling.label(self.raw_label()?))
    }

    /// Whether its security system refuses it nothing, whatever the policy says: an SELinux domain
    /// that is permissive on its own, a profile in complain mode.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn is_permissive(&mut self) -> Fact<bool> {
        let labelling = self.root.labelling();
        labelling.is_permissive(self.raw_label()?)
    }

    fn raw_label(&mut self) -> Fact<&[u8]> {
        self.ensure(self.root.labelling().file()?);
        let known = self.label.known.unwrap_or(Ok(false));
        Ok(self.label.get(known)?.unwrap_or_default())
    }

    /// The text of the link `exe`; `None` for what has none by nature, kernel threads and zombies.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn exe(&mut self) -> Fact<Option<&[u8]>> {
        if self.exe.known.is_none() {
            watchdog::reading(self.pid.0, File::Exe);
            let reuse = mem::take(&mut self.exe.bytes);
            self.exe.known = Some(
                match readlinkat(
                    self.root.as_directory(),
                    self.path.to(File::Exe).as_c_str(),
                    reuse,
                ) {
                    Ok(link) => {
                        self.exe.bytes = link.into_bytes();
                        Ok(true)
                    }
                    Err(Errno::NOENT) if self.is_listed() => self.has_no_executable(),
                    Err(errno) => Err(missing(File::Exe, errno, || false)),
                },
            );
        }
        self.exe.get(self.exe.known.unwrap_or(Ok(false)))
    }

    /// Seconds since it started, not below 0.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn age(&mut self) -> Fact<f64> {
        let start = self.stat()?.start;
        Ok((self.now()? - ticks_to_seconds(start)).max(0.0))
    }

    /// User and system time over age, in percent of one core.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn lifetime_cpu(&mut self) -> Fact<f64> {
        let used = ticks_to_seconds(self.stat()?.cpu_ticks);
        // One that started in this very tick has no lifetime to divide by.
        Ok(100.0 * used / self.age()?.max(ticks_to_seconds(1)))
    }

    /// Resident memory in bytes.
    ///
    /// # Errors
    /// Gone, or hidden.
    #[allow(clippy::cast_precision_loss, reason = "sizes are far below 2^53")]
    pub fn resident_bytes(&mut self) -> Fact<f64> {
        Ok(self.stat()?.rss_pages as f64 * rustix::param::page_size() as f64)
    }

    /// Seconds since boot, read once a scan.
    fn now(&mut self) -> Fact<f64> {
        if let Some(now) = self.now {
            return Ok(now);
        }
        let uptime = self.root.uptime().map_err(|_| {
            Missing::Hidden(Hidden {
                file: File::Uptime,
                cause: Cause::Absent,
            })
        })?;
        Ok(*self.now.insert(uptime))
    }

    /// What a missing link means: by nature there is none, or a recorded tree lacks it.
    fn has_no_executable(&mut self) -> Fact<bool> {
        if self.root.is_procfs() {
            return Ok(false);
        }
        let stat = self.stat()?;
        if stat.is_kernel_thread() || !stat.is_alive() {
            return Ok(false);
        }
        Err(Missing::Hidden(Hidden {
            file: File::Exe,
            cause: Cause::Absent,
        }))
    }

    /// Whether any of its threads runs. A zombie doesn't; a process whose leader exited does.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn is_alive(&mut self) -> Fact<bool> {
        if let Some(alive) = self.status_if_read().and_then(Status::is_alive) {
            return Ok(alive);
        }
        // Both links need memory or namespaces, which an exiting process gives up before it becomes
        // a zombie; they cost half of what `stat` does.
        if self.stat.is_none() && (self.is_at_home() || self.has_memory()) {
            return Ok(true);
        }
        self.stat().map(|stat| stat.is_alive())
    }

    /// Whether it is a kernel thread.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn is_kernel_thread(&mut self) -> Fact<bool> {
        if self.stat.is_none() && self.has_memory() {
            return Ok(false);
        }
        self.stat().map(|stat| stat.is_kernel_thread())
    }

    /// True if its executable proves that it has memory of its own, as neither zombies nor kernel
    /// threads have. A recorded tree proves nothing. False proves nothing.
    fn has_memory(&mut self) -> bool {
        self.root.is_procfs() && matches!(self.exe(), Ok(Some(_)))
    }

    /// Whether its executable was replaced or removed: the kernel marks the link's text
    /// (`fs/d_path.c`), but a file's own name may end like the mark.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn runs_deleted_file(&mut self) -> Fact<bool> {
        let Some(link) = self.exe()?.filter(|link| link.ends_with(DELETED)) else {
            return Ok(false);
        };
        let named = stat(link).map(|named| (named.st_dev, named.st_ino));
        let path = self.path.to(File::Exe);
        let running = statat(self.root.as_directory(), path.as_c_str(), AtFlags::empty());
        let running = running.map(|running| (running.st_dev, running.st_ino));
        Ok(!self.root.is_procfs() || named.is_err() || named != running)
    }

    /// Whether it lives in a PID namespace below that of the tree.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn is_contained(&mut self) -> Fact<bool> {
        if self.status_if_read().is_none() && self.is_at_home() {
            return Ok(false);
        }
        self.status().map(|status| status.pid_namespaces > 1)
    }

    /// Whether it lives in another user namespace than the tree's PID 1, by their maps of ids: then
    /// the capabilities that it holds are good for that namespace only (`user_namespaces(7)`).
    ///
    /// # Errors
    /// Gone, or hidden; a recorded tree may lack the maps.
    pub fn is_in_own_user_namespace(&self) -> Fact<bool> {
        let map = |process: &Self| {
            // A long map is told from others by its beginning.
            let mut text = [0_u8; 256];
            process.read_short(File::UserMap, &mut text)?;
            Ok(text)
        };
        Ok(map(self)? != map(&Self::new(self.root, Pid(1)))?)
    }

    /// True if one link proves that it is alive and in the tree's own PID namespace: children are
    /// born in one's own namespace or one below it, and a process that exits has none to offer
    /// (`pidns_for_children_get` in `kernel/pid_namespace.c`). False proves nothing.
    fn is_at_home(&mut self) -> bool {
        if let Some(known) = self.at_home {
            return known;
        }
        let known = self.root.home().is_some_and(|home| {
            watchdog::reading(self.pid.0, File::PidNamespace);
            let path = self.path.to(File::PidNamespace);
            let mut link = [0_u8; 64];
            readlinkat_raw(self.root.as_directory(), path.as_c_str(), &mut link)
                .is_ok_and(|length| &link[..length] == home)
        });
        *self.at_home.insert(known)
    }

    /// Whether the directory of the process is still there.
    fn is_listed(&self) -> bool {
        let path = self.path.to(File::Directory);
        let wanted = StatxFlags::TYPE;
        !matches!(
            statx(
                self.root.as_directory(),
                path.as_c_str(),
                AtFlags::NO_AUTOMOUNT,
                wanted
            ),
            Err(Errno::NOENT | Errno::SRCH)
        )
    }

    fn ensure(&mut self, file: File) {
        let slot = self.content(file);
        if slot.known.is_some() {
            return;
        }
        let mut bytes = mem::take(&mut slot.bytes);
        let known = self.read_whole(file, &mut bytes).map(|()| true);
        *self.content(file) = Content {
            known: Some(known),
            bytes,
        };
    }

    fn content(&mut self, file: File) -> &mut Content {
        match file {
            File::Cgroup => &mut self.cgroup,
            file if file.is_label() => &mut self.label,
            _ => &mut self.cmdline,
        }
    }

    /// One open, one read, one close: what a file of one short line needs.
    fn read_short(&self, file: File, buffer: &mut [u8]) -> Fact<usize> {
        self.attempt(file, |path| read(self.root.open_file(path)?, buffer))
    }

    /// The whole file, in one read where the buffer already has the room.
    fn read_whole(&self, file: File, bytes: &mut Vec<u8>) -> Fact<()> {
        bytes.clear();
        bytes.reserve(4096);
        self.attempt(file, |path| {
            let open = self.root.open_file(path)?;
            while bytes.len() <= LONGEST {
                // procfs fills the buffer as far as it can, so a short read is the last one.
                let room = bytes.capacity() - bytes.len();
                if read(&open, spare_capacity(bytes))? < room {
                    return Ok(());
                }
                bytes.reserve(bytes.len());
            }
            Ok(())
        })?;
        if bytes.len() > LONGEST {
            return Err(Missing::Hidden(Hidden {
                file,
                cause: Cause::TooLong,
            }));
        }
        Ok(())
    }

    fn attempt<T>(&self, file: File, read: impl FnOnce(&CStr) -> Result<T, Errno>) -> Fact<T> {
        watchdog::reading(self.pid.0, file);
        read(self.path.to(file).as_c_str()).map_err(|errno| {
            let system = file.is_label().then(|| self.root.labelling().system());
            match (errno, system.flatten()) {
                (Errno::ACCESS, Some(system)) => Missing::Hidden(Hidden {
                    file,
                    cause: Cause::Refused(system),
                }),
                _ => missing(file, errno, || self.is_listed()),
            }
        })
    }

    /// A file that is empty was read while its process vanished; otherwise it is not procfs's.
    fn malformed(&self, file: File, empty: bool) -> Missing {
        if empty && !self.is_listed() {
            return Missing::Gone;
        }
        Missing::Hidden(Hidden {
            file,
            cause: Cause::Malformed,
        })
    }
}

/// Clock ticks, of which `stat` tells times, as seconds.
#[allow(
    clippy::cast_precision_loss,
    reason = "ticks since boot are far below 2^53"
)]
pub fn ticks_to_seconds(ticks: u64) -> f64 {
    ticks as f64 / rustix::param::clock_ticks_per_second() as f64
}

/// What an error of open, read or readlink means.
fn missing(file: File, errno: Errno, is_listed: impl FnOnce() -> bool) -> Missing {
    let cause = match errno {
        // Only procfs says ESRCH, and only of what has ended.
        Errno::SRCH => return Missing::Gone,
        Errno::NOENT => {
            if !is_listed() {
                return Missing::Gone;
            }
            Cause::Absent
        }
        Errno::ACCESS | Errno::PERM => Cause::Denied,
        Errno::INVAL if file.is_label() => Cause::NoSystem(None),
        other => Cause::Failed(other),
    };
    Missing::Hidden(Hidden { file, cause })
}

/// Makes the paths `PID/FILE` without allocating.
#[derive(Clone, Copy, Debug)]
struct PidPath {
    digits: [u8; 10],
    length: usize,
}

/// A path with room for `PID`, `/` and the longest of [`File::ALL`], ended by a NUL.
struct FilePath {
    bytes: [u8; 40],
    length: usize,
}

impl PidPath {
    fn new(pid: Pid) -> Self {
        let mut digits = [0; 10];
        let mut rest = pid.0;
        let mut start = digits.len();
        while rest > 0 && start > 0 {
            start -= 1;
            #[allow(clippy::cast_possible_truncation, reason = "a digit")]
            let digit = (rest % 10) as u8;
            digits[start] = b'0' + digit;
            rest /= 10;
        }
        digits.rotate_left(start);
        Self {
            digits,
            length: digits.len() - start,
        }
    }

    fn to(&self, file: File) -> FilePath {
        let mut bytes = [0; 40];
        let name = file.path().as_bytes();
        bytes[..self.length].copy_from_slice(&self.digits[..self.length]);
        bytes[self.length] = b'/';
        let end = self.length + 1 + name.len();
        bytes[self.length + 1..end].copy_from_slice(name);
        FilePath { bytes, length: end }
    }
}

impl FilePath {
    fn as_c_str(&self) -> &CStr {
        // Neither digits nor our file names hold a NUL; the array ends in one.
        CStr::from_bytes_with_nul(&self.bytes[..=self.length]).unwrap_or(c"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_proc() {
        let path = |pid, file| PidPath::new(Pid(pid)).to(file).as_c_str().to_owned();
        assert_eq!(path(1, File::Comm).as_c_str(), c"1/comm");
        assert_eq!(
            path(u32::MAX, File::PidNamespace).as_c_str(),
            c"4294967295/ns/pid_for_children"
        );
        assert_eq!(path(40, File::Directory).as_c_str(), c"40/");
    }

    #[test]
    fn a_name_keeps_its_inner_newlines() {
        assert_eq!(Comm::parse(b"a\nb\n").as_bytes(), b"a\nb");
        assert_eq!(Comm::parse(b"").as_bytes(), b"");
    }

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
        assert_eq!(
            (owner.uid, owner.gid),
            (status.uid.effective, status.gid.effective)
        );
        assert_eq!(
            me.exe().unwrap().unwrap(),
            std::fs::read_link("/proc/self/exe")
                .unwrap()
                .as_os_str()
                .as_encoded_bytes()
        );
        assert!(me.cmdline().unwrap().ends_with(b"\0"));
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
