//! What a process is: alive, a kernel thread, in a container, outdated. We ask the cheapest file
//! that can answer, and a more expensive one only if that can't.

use rustix::fs::{AtFlags, MemfdFlags, Stat, fstat, memfd_create, readlinkat_raw, stat, statat};
use rustix::io::Errno;

use super::Process;
use super::executable::{DELETED, undeleted};
use crate::host::{clock, progress};
use crate::kernel::file::File;
use crate::kernel::status::Status;
use crate::proc::fact::{Cause, Fact, Hidden, Missing};
use crate::proc::root::Pid;

/// After so many processes in a row the next one is likely to be like them.
const MANY: u8 = 8;

impl Process<'_> {
    /// Whether any of its threads runs. A zombie has none; a process whose leader exited has some,
    /// unless all that is left of it is dying.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn is_alive(&mut self) -> Fact<bool> {
        if let Some(alive) = self.status_if_read().and_then(Status::is_alive) {
            return Ok(alive);
        }
        // Both links need memory or namespaces, which an exiting process gives up before it becomes
        // a zombie. Reading them costs half of what `stat` does.
        let has_file = self.glimpsed.is_some();
        if self.stat.is_none()
            && (has_file
                || self.is_at_home()
                || self.has_memory()
                || self.namespaces_while_alive().is_some())
        {
            return Ok(true);
        }
        self.stat().map(|stat| !stat.has_ended())
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

    /// True if its executable proves that it has memory; zombies and kernel threads have none. A
    /// recorded tree proves nothing, and false proves nothing.
    fn has_memory(&mut self) -> bool {
        let is_known = self.glimpsed.is_some();
        is_known || (self.root.is_procfs() && matches!(self.exe(), Ok(Some(_))))
    }

    /// Its session, from a system call that needs no file; `None` if the tree's numbers are not those that
    /// the call takes.
    pub(crate) fn session(&self) -> Option<u32> {
        let pid = i32::try_from(self.pid.0).ok().filter(|_| self.root.is_ours())?;
        // rustix's own takes it for granted that no session begins outside of our PID namespace.
        // SAFETY: it takes a number and returns one.
        u32::try_from(unsafe { libc::getsid(pid) }).ok()
    }

    /// Its effective user id. One that stands for all users without a number in our user namespace is
    /// hidden.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn known_uid(&mut self) -> Fact<u32> {
        let uid = self.owner()?.uid;
        if self.root.is_unmapped(uid) {
            return Err(Missing::Hidden(Hidden { file: File::UserMap, cause: Cause::Unmapped }));
        }
        Ok(uid)
    }

    /// Whether its executable was replaced or removed since it was started. A memfd was not: it never
    /// was on disk, and no restart brings another.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn runs_deleted_file(&mut self) -> Fact<bool> {
        Ok(self.is_marked_deleted()? && !self.runs_memfd()?)
    }

    /// Seconds since the file came that took the place of its executable; `None` if there is no such file.
    ///
    /// # Errors
    /// Gone, or hidden; a recorded tree does not tell.
    pub(crate) fn age_of_successor(&mut self) -> Fact<Option<f64>> {
        let hidden = Missing::Hidden(Hidden { file: File::Exe, cause: Cause::Absent });
        let (tree, pid) = (self.root, self.pid);
        let link = self.exe()?.filter(|_| tree.is_procfs()).ok_or(hidden)?;
        // Its own root, since it may live in a container.
        let path = [format!("{pid}/root").as_bytes(), undeleted(link)].concat();
        progress::reading(pid.0, File::Exe);
        let Ok(found) = statat(tree.as_directory(), path.as_slice(), AtFlags::empty()) else {
            return Ok(None);
        };
        #[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
        let changed = found.st_ctime as f64;
        Ok(Some((clock::now() - changed).max(0.0)))
    }

    /// Whether the link's last word is the kernel's mark (`fs/d_path.c`): a file's own name may end
    /// like it.
    pub(crate) fn is_marked_deleted(&mut self) -> Fact<bool> {
        let Some(link) = self.exe()?.filter(|link| link.ends_with(DELETED)) else {
            return Ok(false);
        };
        let named = stat(link).map(|named| (named.st_dev, named.st_ino));
        let running = self.stat_of_executable().map(|running| (running.st_dev, running.st_ino));
        Ok(!self.root.is_procfs() || named.is_err() || named != running)
    }

    /// Whether its executable is a memfd (`memfd_create(2)`), as runc's is. All lie on one device of the
    /// kernel's own, where no file of that name in the root directory is. Where we can't make one to
    /// compare with, there may be none.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn runs_memfd(&mut self) -> Fact<bool> {
        if !self.exe()?.is_some_and(|link| link.starts_with(b"/memfd:")) {
            return Ok(false);
        }
        if !self.root.is_procfs() {
            return Ok(true);
        }
        let ours = memfd_create(c"", MemfdFlags::CLOEXEC).and_then(fstat).map(|ours| ours.st_dev);
        Ok(ours.is_ok() && ours == self.stat_of_executable().map(|running| running.st_dev))
    }

    fn stat_of_executable(&self) -> Result<Stat, Errno> {
        let path = self.path_to(File::Exe);
        statat(self.root.as_directory(), path.as_c_str(), AtFlags::empty())
    }

    /// Whether it lives in a PID namespace below that of the tree.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub(crate) fn is_contained(&mut self) -> Fact<bool> {
        let may_be_shorter = self.status_if_read().is_none() && !self.probably_needs_status();
        if may_be_shorter && self.is_at_home() {
            return Ok(false);
        }
        let by_pidfd = if may_be_shorter { self.namespaces_while_alive() } else { None };
        if let Some(namespaces) = by_pidfd {
            return Ok(namespaces > 1);
        }
        self.needed_status = true;
        self.status().map(|status| status.pid_namespaces > 1)
    }

    /// The number of PID namespaces that it is in, counted from the tree's own inwards, if it is certainly alive.
    /// `None` proves nothing.
    pub(super) fn namespaces_while_alive(&mut self) -> Option<usize> {
        let known = self.lives_in.unwrap_or_else(|| {
            // A pidfd shows that a thread lives. If the first one is dead, the others may be dying.
            let may_ask = !self.pidfds.are_useless && !self.is_covered && self.root.is_ours();
            let may_ask = may_ask && self.has_no_dead_leader();
            progress::reading(self.pid.0, File::PidNamespace);
            let found = may_ask.then(|| self.pidfds.namespaces(self.root, self.pid));
            found.flatten().unwrap_or(0)
        });
        self.lives_in = Some(known);
        (known > 0).then_some(known)
    }

    /// Whether its first thread is there as long as any thread is. False proves nothing.
    fn has_no_dead_leader(&mut self) -> bool {
        // They are shown by a thread that lives.
        let arguments = self.content(File::Cmdline).get();
        matches!(arguments, Ok(Some([_, ..]))) || self.has_one_thread()
    }

    /// Whether it is likely that only `status` tells where it lives, since it alone told of those before.
    /// So it is with other users' processes, if we may not trace them.
    pub(super) fn probably_needs_status(&self) -> bool {
        self.needed_in_a_row >= MANY
    }

    /// Whether it lives in another user namespace than the tree's PID 1, judged by their id maps.
    /// Then its capabilities are good for that namespace only (`user_namespaces(7)`).
    ///
    /// # Errors
    /// Gone, or hidden; a recorded tree may lack the maps.
    pub fn is_in_own_user_namespace(&self) -> Fact<bool> {
        let map = |process: &Self| {
            // The beginning of a long map is enough to tell it from others.
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
        let home = self.root.home().filter(|_| !self.is_covered && !self.is_off_limits());
        let known = home.is_some_and(|home| {
            progress::reading(self.pid.0, File::PidNamespace);
            let path = self.path.to(File::PidNamespace);
            let mut link = [0_u8; 64];
            readlinkat_raw(self.root.as_directory(), path.as_c_str(), &mut link)
                .is_ok_and(|length| &link[..length] == home)
        });
        *self.at_home.insert(known)
    }
}
