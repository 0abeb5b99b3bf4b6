//! Where a process's files are for us: a path of another root or mount namespace may be another file
//! here, or none.

use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, readlinkat};
use rustix::io::Errno;

use super::Process;
use super::executable::{DELETED, link_of, undeleted};
use super::identity::Identity;
use super::missing::missing;
use super::same_way::is_same_way;
use crate::host::{patience, progress};
use crate::kernel::file::File;
use crate::kernel::mountinfo::{first_place, root_mount};
use crate::proc::fact::{Cause, Fact, Hidden, Missing};

/// A dead mount on the way hides a file.
pub const NO_ANSWER: Missing = Missing::Hidden(Hidden { file: File::Exe, cause: Cause::NoAnswer });

/// A file of a process, and where to look for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The directory that the path begins at: `/`, or `/proc/PID/root`.
    pub root: PathBuf,
    /// The absolute path as the process sees it.
    pub path: PathBuf,
}

impl Place {
    fn new(root: PathBuf, path: &[u8]) -> Self {
        Self { root, path: PathBuf::from(OsStr::from_bytes(path)) }
    }

    /// An absolute path of our own.
    pub fn here(path: &[u8]) -> Self {
        Self::new("/".into(), path)
    }

    /// Whether it begins at our own root.
    pub fn is_ours(&self) -> bool {
        self.root == Path::new("/")
    }

    /// The path from our own root.
    pub fn whole(&self) -> PathBuf {
        self.root.join(self.path.strip_prefix("/").unwrap_or(&self.path))
    }

    /// Whether the same file lies at both.
    pub fn is_same_file(&self, other: &Self) -> bool {
        let known = self.identity().and_then(Result::ok);
        known.is_some_and(|one| other.identity() == Some(Ok(one)))
    }

    /// `None` if it does not answer.
    fn identity(&self) -> Option<Result<Identity, Errno>> {
        patience::path(&self.whole(), |path| Identity::of(CWD, path))
    }
}

impl Process<'_> {
    /// `mountinfo`: a line a mount that the process sees. Everyone may ask.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn mountinfo(&mut self) -> Fact<&[u8]> {
        self.whole(File::MountInfo)
    }

    /// The number of the mount that the process's `/` is; see
    /// [`root_mount`]. Everyone may ask.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn root_mount(&mut self) -> Fact<Option<u64>> {
        self.whole(File::MountInfo).map(root_mount)
    }

    /// The number of its network namespace: the inode of `net/dev`, of which each namespace has its own
    /// (`proc_pid_net(5)`, `fs/proc/proc_net.c`). Everyone may ask, unlike `ns/net`.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn network(&self) -> Fact<u64> {
        let file = File::NetworkDevices;
        progress::reading(self.pid().0, file);
        let found = Identity::of(self.root().as_directory(), self.path_to(file).as_c_str());
        found.map(Identity::inode).map_err(|errno| missing(file, errno, || self.is_listed()))
    }

    /// `maps`: a line a mapping.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn maps(&mut self) -> Fact<&[u8]> {
        self.whole(File::Maps)
    }

    /// `environ`: the variables that it was started with, each ended by a NUL.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn environ(&mut self) -> Fact<&[u8]> {
        self.whole(File::Environ)
    }

    /// The link `cwd`: where relative paths begin, as the process sees it.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn working_directory(&self) -> Fact<Vec<u8>> {
        progress::reading(self.pid().0, File::WorkingDirectory);
        let path = self.path_to(File::WorkingDirectory);
        let link = readlinkat(self.root().as_directory(), path.as_c_str(), Vec::new());
        let link =
            link.map_err(|errno| missing(File::WorkingDirectory, errno, || self.is_listed()));
        link.map(CString::into_bytes)
    }

    /// Text that only processes with the same root directory share: the links `ns/mnt` and `root`, or without
    /// the right to read them the first mount, which has a number of its own and is seen from that
    /// directory. `None` if there is none. It costs a tenth of [`Self::has_our_root`].
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn root_mark(&mut self) -> Fact<Option<Vec<u8>>> {
        if let Some(links) = self.root_links() {
            return Ok(Some(links));
        }
        // The kernel makes up no more lines than are asked for (`seq_read_iter` in fs/seq_file.c).
        let mut start = [0_u8; 40];
        let length = self.read_short(File::MountInfo, &mut start)?;
        match first_place(&start[..length]) {
            Some(place) => Ok(Some(place.to_vec())),
            None => self.mountinfo().map(|mounts| first_place(mounts).map(<[u8]>::to_vec)),
        }
    }

    fn root_links(&mut self) -> Option<Vec<u8>> {
        if self.is_off_limits() {
            return None;
        }
        let link = |file| {
            progress::reading(self.pid().0, file);
            readlinkat(self.root().as_directory(), self.path_to(file).as_c_str(), Vec::new()).ok()
        };
        let (namespace, root) = (link(File::MountNamespace)?, link(File::Root)?);
        Some([namespace.as_bytes(), b" ", root.as_bytes()].concat())
    }

    /// Whether its paths lead where ours lead. It costs the kernel a look at each mount.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn has_our_root(&mut self) -> Fact<bool> {
        let ours = self.root().own_root_mount();
        let its = self.root_mount()?;
        if its.is_some() || ours.is_some() {
            return Ok(its == ours);
        }
        // Both are within a mount, which may not be the same.
        let root = self.own_root();
        let its = Identity::of(CWD, &root);
        let its = its.map_err(|errno| missing(File::Root, errno, || self.is_listed()))?;
        Ok(Identity::of(CWD, "/").is_ok_and(|ours| ours == its))
    }

    /// Where an absolute path of the process is.
    ///
    /// # Errors
    /// Gone, or hidden where its root is not ours and may not be entered.
    pub fn locate(&mut self, path: &[u8]) -> Fact<Place> {
        if !self.root().is_procfs() {
            return Err(Missing::Hidden(Hidden { file: File::Root, cause: Cause::Absent }));
        }
        if self.has_our_root()? {
            return Ok(Place::new("/".into(), path));
        }
        self.locate_below_own_root(path)
    }

    /// The same, for a process that most likely has another root than ours: without a look at its mounts.
    ///
    /// # Errors
    /// Gone, or hidden where its root may not be entered and the path may lead elsewhere than ours.
    pub fn locate_below_own_root(&mut self, path: &[u8]) -> Fact<Place> {
        let root = self.own_root();
        let Err(errno) = Identity::of(CWD, root.join("")) else {
            return Ok(Place::new(root, path));
        };
        let here = Place::here(path);
        let ours = self.root().own_mounts();
        if errno == Errno::ACCESS && is_same_way(ours, self.mountinfo()?, &here.path) {
            return Ok(here);
        }
        Err(missing(File::Root, errno, || self.is_listed()))
    }

    /// Where the executable is: what lies there is the very file that runs. Of one that was removed, the
    /// place where it was. `None` for what has no executable by nature.
    ///
    /// # Errors
    /// Gone, or hidden; [`Cause::Elsewhere`] where another file lies at its path.
    pub fn locate_executable(&mut self) -> Fact<Option<Place>> {
        let Some(link) = link_of(self)?.map(<[u8]>::to_owned) else { return Ok(None) };
        let Some(identity) = self.executable()? else { return Ok(None) };
        let is_it = |(place, found): &&(Place, Identity)| {
            *found == identity && place.path.as_os_str().as_bytes() == link
        };
        if let Some((place, _)) = self.last_here.as_ref().filter(is_it) {
            return Ok(Some(place.clone()));
        }
        for root in ["/".into(), self.own_root()] {
            let place = Place::new(root, &link);
            match place.identity() {
                Some(found) if found == Ok(identity) => {
                    if place.is_ours() {
                        self.last_here = Some((place.clone(), identity));
                    }
                    return Ok(Some(place));
                }
                Some(_) => {}
                None => return Err(NO_ANSWER),
            }
        }
        if link.ends_with(DELETED) {
            return self.locate(undeleted(&link)).map(Some);
        }
        Err(Missing::Hidden(Hidden { file: File::Exe, cause: Cause::Elsewhere }))
    }

    fn own_root(&self) -> PathBuf {
        self.root().path().join(self.pid().to_string()).join(Path::new(File::Root.path()))
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command};
    use std::time::{Duration, Instant};

    use super::*;
    use crate::proc::root::{Pid, ProcRoot};

    fn proc() -> ProcRoot {
        ProcRoot::open(Path::new("/proc")).unwrap()
    }

    #[test]
    fn our_own_files_are_where_their_paths_say() {
        let root = proc();
        let mut me = Process::own(&root).unwrap();
        assert_eq!(me.has_our_root(), Ok(true));
        let exe = std::env::current_exe().unwrap();
        let place = Place { root: "/".into(), path: exe };
        assert_eq!(me.locate_executable(), Ok(Some(place)));
        assert_eq!(me.locate(b"/bin/sh"), Ok(Place::new("/".into(), b"/bin/sh")));
    }

    struct Killed(Child);

    impl Drop for Killed {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    #[test]
    fn files_of_another_mount_namespace_are_below_its_root() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        let script = "mount -t tmpfs none \"$0\" && cp /bin/sleep \"$0\" && exec \"$0/sleep\" 99";
        let mut unshare = Command::new("unshare");
        unshare.args(["--mount", "sh", "-c", script]).arg(dir.path());
        let child = Killed(unshare.spawn().unwrap());
        let root = proc();
        let pid = Pid(child.0.id());
        let begun = Instant::now();
        while Process::new(&root, pid).comm().is_ok_and(|comm| comm.as_bytes() != b"sleep") {
            assert!(begun.elapsed() < Duration::from_secs(60), "it does not start");
            std::thread::sleep(Duration::from_millis(10));
        }
        let mut process = Process::new(&root, pid);
        assert_eq!(process.has_our_root(), Ok(false));
        let place = process.locate_executable().unwrap().unwrap();
        assert_eq!(place.root, PathBuf::from(format!("/proc/{pid}/root")));
        assert_eq!(place.path, dir.path().join("sleep"));
        let link = place.path.as_os_str().as_bytes();
        assert_eq!(process.locate_below_own_root(link), Ok(place));
    }
}
