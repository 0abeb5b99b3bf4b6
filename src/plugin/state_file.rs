//! A file that one run of a check leaves for the next.
//!
//! It is written whole or not at all. It is read only if we wrote it on this boot of this machine, and
//! never through a link. If anything is wrong with it, the check goes on without it (see [`Unusable`]).

use std::fmt;
use std::fs::File;
use std::hash::Hasher;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::thread;
use std::time::Duration;

use rustix::fs::{
    AtFlags, FileType, FlockOperation, Mode, OFlags, flock, fstat, openat, renameat, unlinkat,
};
use rustix::io::Errno;
use rustix::process::{Resource, geteuid, getrlimit};
use siphasher::sip::SipHasher13;

use crate::host::progress::{self, Stage};
use crate::plugin::state_dir::StateDir;
use crate::text::error::Error;
use crate::text::escape;

/// Largest payload, in bytes.
const LARGEST: usize = 32 << 20;

/// Longest header, in bytes.
const LONGEST_HEADER: usize = 512;

/// The first word of every state file.
const KIND: &str = "procwarden-state";

/// The second word: the version of the header.
const VERSION: &str = "2";

/// How many [`STEP`]s to wait for another run that is writing.
const PATIENCE: u32 = 100;
const STEP: Duration = Duration::from_millis(10);

/// Why a state file has no usable content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// Nothing has been kept yet.
    Missing,
    /// It was written before the last boot, or in another container.
    OtherBoot,
    /// Another version of the program wrote it.
    OtherVersion,
    /// It is not what we wrote.
    Damaged,
    /// It is not a regular file, others can access it, or it can't be read.
    Barred(String),
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "nothing was kept yet",
            Self::OtherBoot => "what was kept is from before the last boot",
            Self::OtherVersion => "what was kept is of another version",
            Self::Damaged => "what was kept is damaged",
            Self::Barred(why) => return write!(f, "what was kept can't be used: {why}"),
        })
    }
}

/// A named file in a [`StateDir`].
#[derive(Debug)]
pub struct StateFile {
    directory: StateDir,
    name: String,
    format: &'static str,
    boot: String,
}

impl StateFile {
    /// The file `name`, which need not exist. `format` is one word that names the format of the content.
    /// Change it whenever the format changes.
    ///
    /// # Errors
    /// If the boot id can't be read. Without it no content can be trusted.
    pub fn new(directory: StateDir, name: String, format: &'static str) -> Result<Self, Error> {
        let boot =
            this_boot().ok_or_else(|| Error::new("cannot read /proc/sys/kernel/random/boot_id"))?;
        Ok(Self { directory, name, format, boot })
    }

    /// Its path, escaped.
    pub fn shown_path(&self) -> String {
        escape::path(&self.directory.path().join(&self.name))
    }

    /// The content that the last run stored.
    ///
    /// # Errors
    /// Why there is no usable content.
    pub fn load(&self) -> Result<Vec<u8>, Unusable> {
        progress::enter(Stage::Remembering);
        // Without NONBLOCK, opening a FIFO would block forever.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let open = openat(self.directory.as_directory(), &self.name, flags, Mode::empty());
        let file = match open {
            Ok(file) => file,
            Err(Errno::NOENT) => return Err(Unusable::Missing),
            Err(Errno::LOOP) => return Err(Unusable::Barred("it is a symbolic link".into())),
            Err(errno) => return Err(Unusable::Barred(errno.to_string())),
        };
        check(&file)?;
        let mut bytes = Vec::new();
        File::from(file)
            .take((LARGEST + LONGEST_HEADER) as u64)
            .read_to_end(&mut bytes)
            .map_err(|error| Unusable::Barred(error.to_string()))?;
        let payload = self.payload(&bytes)?.len();
        bytes.drain(..bytes.len() - payload);
        Ok(bytes)
    }

    /// Stores `payload` for the next run.
    ///
    /// # Errors
    /// Why it failed. The previous content is still there.
    pub fn store(&self, payload: &[u8]) -> Result<(), Error> {
        progress::enter(Stage::Remembering);
        let fail = |why: String| Error::new(why).at(self.shown_path());
        let mut bytes = self.header(payload).into_bytes();
        bytes.extend_from_slice(payload);
        if payload.len() > LARGEST {
            return Err(fail(format!("{} bytes are too many to keep", payload.len())));
        }
        // A write beyond this limit would raise SIGXFSZ.
        let limit = getrlimit(Resource::Fsize).current;
        if limit.is_some_and(|limit| limit < bytes.len() as u64) {
            return Err(fail("the limit on file sizes (ulimit -f) is too low".into()));
        }
        self.lock().map_err(|error| error.at(self.shown_path()))?;
        let written = self.write_whole(&bytes).map_err(|errno| fail(errno.to_string()));
        // Fails only if the descriptor is closed, and then the lock is gone, too.
        let _ = flock(self.directory.as_directory(), FlockOperation::Unlock);
        written
    }

    /// Takes the directory's lock. All runs use the same name for the draft, so killed runs leave at most
    /// one file behind.
    fn lock(&self) -> Result<(), Error> {
        for _ in 0..PATIENCE {
            let exclusive = FlockOperation::NonBlockingLockExclusive;
            match flock(self.directory.as_directory(), exclusive) {
                Ok(()) => return Ok(()),
                Err(Errno::WOULDBLOCK | Errno::INTR) => thread::sleep(STEP),
                Err(errno) => {
                    return Err(Error::new(format!("cannot lock its directory: {errno}")));
                }
            }
        }
        Err(Error::new("another run has held the lock of its directory for a second"))
    }

    /// Writes a draft and renames it. It need not sync to disk: after a crash of the machine, the content
    /// would be from another boot anyway.
    fn write_whole(&self, bytes: &[u8]) -> Result<(), Errno> {
        let directory = self.directory.as_directory();
        let draft = format!("{}.draft", self.name);
        let remove = || match unlinkat(directory, &draft, AtFlags::empty()) {
            Err(Errno::NOENT) => Ok(()),
            removed => removed,
        };
        remove()?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW;
        let mode = Mode::RUSR | Mode::WUSR;
        let file = openat(directory, &draft, flags | OFlags::CLOEXEC, mode)?;
        let done = File::from(file)
            .write_all(bytes)
            .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
            .and_then(|()| renameat(directory, &draft, directory, &self.name));
        if done.is_err() {
            // The first error is the one to report.
            let _ = remove();
        }
        done
    }

    fn header(&self, payload: &[u8]) -> String {
        let Self { format, boot, .. } = self;
        let sum = fingerprint(payload);
        format!("{KIND} {VERSION} {format} {boot} {} {sum:016x}\n", payload.len())
    }

    /// Returns the payload, if the header is right.
    fn payload<'b>(&self, bytes: &'b [u8]) -> Result<&'b [u8], Unusable> {
        let head = &bytes[..bytes.len().min(LONGEST_HEADER)];
        let end = head.iter().position(|&byte| byte == b'\n');
        let (header, payload) = bytes.split_at(end.ok_or(Unusable::Damaged)? + 1);
        let words: Vec<&[u8]> = header.split(|&byte| byte == b' ').collect();
        let [kind, number, format, boot, ..] = words.as_slice() else {
            return Err(Unusable::Damaged);
        };
        if *kind != KIND.as_bytes() {
            return Err(Unusable::Damaged);
        }
        if *number != VERSION.as_bytes() || *format != self.format.as_bytes() {
            return Err(Unusable::OtherVersion);
        }
        if *boot != self.boot.as_bytes() {
            return Err(Unusable::OtherBoot);
        }
        // The rest of the line has the length and the fingerprint.
        if header == self.header(payload).as_bytes() { Ok(payload) } else { Err(Unusable::Damaged) }
    }
}

/// Makes sure that an open file is a regular one, ours, and closed to everybody else.
fn check(file: &OwnedFd) -> Result<(), Unusable> {
    let barred = |why: &str| Err(Unusable::Barred(why.into()));
    let found = fstat(file).map_err(|errno| Unusable::Barred(errno.to_string()))?;
    if FileType::from_raw_mode(found.st_mode) != FileType::RegularFile {
        return barred("it is no regular file");
    }
    if found.st_uid != geteuid().as_raw() || found.st_mode & 0o077 != 0 {
        return barred("it is not this user's alone");
    }
    if u64::try_from(found.st_size).unwrap_or(u64::MAX) > (LARGEST + LONGEST_HEADER) as u64 {
        return barred("it is too large");
    }
    Ok(())
}

/// A hash that is the same in every version of this program.
///
/// It names files and detects damage. It does not protect against malice: nobody else can write to a
/// [`StateDir`].
pub fn fingerprint(bytes: &[u8]) -> u64 {
    let mut hasher = SipHasher13::new();
    hasher.write(bytes);
    hasher.finish()
}

/// One word that identifies this boot and this container. PIDs and clocks of others mean nothing here.
fn this_boot() -> Option<String> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let mut word = id.trim().to_owned();
    for namespace in ["pid", "time"] {
        // Kernels before 5.6 lack time namespaces.
        let link = std::fs::read_link(format!("/proc/self/ns/{namespace}")).unwrap_or_default();
        word.push('/');
        word.extend(link.to_string_lossy().chars().filter(char::is_ascii_digit));
    }
    (!word.contains(' ')).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::PathBuf;

    struct Place {
        base: tempfile::TempDir,
    }

    impl Place {
        fn new() -> Self {
            let base = tempfile::tempdir().unwrap();
            Self { base }
        }

        fn file(&self) -> StateFile {
            let directory = StateDir::open(Some(self.base.path())).unwrap();
            StateFile::new(directory, "sample".into(), "test-1").unwrap()
        }

        fn path(&self) -> PathBuf {
            self.file().directory.path().join("sample")
        }

        fn with(&self, bytes: &[u8]) -> Unusable {
            fs::write(self.path(), bytes).unwrap();
            fs::set_permissions(self.path(), fs::Permissions::from_mode(0o600)).unwrap();
            self.file().load().unwrap_err()
        }
    }

    #[test]
    fn a_fingerprint_is_the_same_in_every_version() {
        assert_eq!(fingerprint(b""), 0xd1fb_a762_150c_532c);
        assert_eq!(fingerprint(b"procwarden"), 0x9cee_95e3_768e_d031);
    }

    #[test]
    fn what_was_stored_is_loaded() {
        let place = Place::new();
        assert_eq!(place.file().load(), Err(Unusable::Missing));
        let long = vec![0; 100_000];
        for payload in [&b""[..], b"x\ny", &long] {
            place.file().store(payload).unwrap();
            assert_eq!(place.file().load().unwrap(), payload);
        }
        let mode = fs::metadata(place.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let left = fs::read_dir(place.path().parent().unwrap()).unwrap().count();
        assert_eq!(left, 1, "no draft stays");
    }

    #[test]
    fn every_cut_and_every_flipped_byte_is_noticed() {
        let place = Place::new();
        place.file().store(b"some content").unwrap();
        let whole = fs::read(place.path()).unwrap();
        for length in 0..whole.len() {
            assert_eq!(place.with(&whole[..length]), Unusable::Damaged, "{length}");
        }
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            place.with(&bytes);
        }
        let longer = [&whole[..], b"x"].concat();
        assert_eq!(place.with(&longer), Unusable::Damaged);
    }

    #[test]
    fn another_boot_or_version_is_told_apart() {
        let place = Place::new();
        place.file().store(b"x").unwrap();
        let text = fs::read_to_string(place.path()).unwrap();
        let file = place.file();
        let version = text.replacen(&format!("state {VERSION}"), "state 0", 1);
        assert_eq!(place.with(version.as_bytes()), Unusable::OtherVersion);
        let format = text.replacen("test-1", "test-2", 1);
        assert_eq!(place.with(format.as_bytes()), Unusable::OtherVersion);
        let boot = text.replacen(&file.boot, "another", 1);
        assert_eq!(place.with(boot.as_bytes()), Unusable::OtherBoot);
    }

    #[test]
    fn what_is_no_file_of_ours_is_not_read_and_gives_way() {
        let place = Place::new();
        let outside = place.base.path().join("outside");
        place.file().store(b"theirs").unwrap();
        fs::rename(place.path(), &outside).unwrap();
        symlink(&outside, place.path()).unwrap();
        assert!(matches!(place.file().load(), Err(Unusable::Barred(_))));
        place.file().store(b"ours").unwrap();
        assert!(fs::read(&outside).unwrap().ends_with(b"theirs"));
        assert_eq!(place.file().load().unwrap(), b"ours");
        fs::set_permissions(place.path(), fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(place.file().load(), Err(Unusable::Barred(_))));
    }

    #[test]
    fn a_lock_that_is_held_is_reported_and_nothing_is_lost() {
        let place = Place::new();
        place.file().store(b"before").unwrap();
        let other = place.file();
        other.lock().unwrap();
        let error = place.file().store(b"after").unwrap_err().to_string();
        assert!(error.contains("another run has held the lock"), "{error}");
        assert_eq!(place.file().load().unwrap(), b"before");
        drop(other);
        place.file().store(b"after").unwrap();
    }
}
