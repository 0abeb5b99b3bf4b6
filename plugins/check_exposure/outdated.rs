//! `outdated`: a process still runs code that was replaced on disk. It still has the holes that the new
//! code fixes.
//!
//! It is off by default: it reads `maps` of every process, which costs ten times as much as all other
//! files and holds the process's memory lock. Run it once a day.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use procwarden::kernel::maps::code;
use procwarden::proc::fact::Fact;
use procwarden::proc::process::Process;
use procwarden::text::escape;
use procwarden::text::number;

use super::answer::Answer;
use super::inspector::Inspector;
use super::look::metadata;

/// Paths of mappings that are normally removed while in use: shared memory, device buffers, code
/// generated at run time.
const MADE_TO_GO: [&[u8]; 9] =
    [b"/SYSV", b"/dev/", b"/memfd:", b"/[aio]", b"/drm", b"/tmp/", b"/var/tmp/", b"/run/", b"/#"];

/// Longest path shown, in characters.
const LONGEST: usize = 120;

pub(crate) fn ask(inspector: &Inspector, process: &mut Process<'_>) -> Fact<Answer> {
    let root = process.root().path().join(process.pid().to_string()).join("root");
    let replaced = replaced(process.maps()?);
    Answer::of_all(replaced.into_iter().map(|path| flaw(path, &root, inspector.grace)))
}

/// The files whose code is mapped, but that were replaced or removed.
fn replaced(maps: &[u8]) -> Vec<&[u8]> {
    let is_java = |part: &[u8]| matches!(part, b"/JNA" | b"/jna");
    let is_made_to_go = |path: &[u8]| {
        MADE_TO_GO.iter().any(|start| path.starts_with(start)) || path.windows(4).any(is_java)
    };
    let gone = code(maps).into_iter().filter(|file| file.is_gone && !is_made_to_go(file.path));
    gone.map(|file| file.path).collect()
}

/// What is wrong with a file that was replaced longer than `grace` ago. Packages set the modification
/// time to the time of the build, so the inode's change time decides.
fn flaw(path: &[u8], root: &Path, grace: Duration) -> Fact<Option<String>> {
    let shown = escape::bounded(path, LONGEST);
    let path = PathBuf::from(OsStr::from_bytes(path));
    let inside = root.join(path.strip_prefix("/").unwrap_or(&path));
    // A daemon in a chroot still runs the host's code.
    let found = match metadata(&inside)? {
        Ok(found) => Ok(found),
        Err(_) => metadata(&path)?,
    };
    let Ok(found) = found else {
        let text = format!("runs {shown}, which was removed at an unknown time; restart it");
        return Ok(Some(text));
    };
    let changed = UNIX_EPOCH + Duration::from_secs(u64::try_from(found.ctime()).unwrap_or(0));
    let age = SystemTime::now().duration_since(changed).unwrap_or_default();
    let since = number::span(age.as_secs_f64());
    let text = || format!("runs {shown} as it was until {since} ago; restart it");
    Ok((age >= grace).then(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_that_was_replaced_is_told_from_what_is_made_to_go() {
        let maps = b"7f0c-7f0d r-xp 00000000 08:01 12      /usr/lib/a b.so (deleted)\n\
            7f0d-7f0e r--p 00000000 08:01 13      /usr/lib/data (deleted)\n\
            7f0e-7f0f r-xp 00000000 08:01 14      /usr/lib/c.so\n\
            7f0f-7f10 rwxp 00000000 00:05 15      /memfd:jit (deleted)\n\
            7f10-7f11 r-xp 00000000 08:01 16      /usr/lib/a b.so (deleted)\n\
            7f11-7f12 rwxp 00000000 00:00 0\n\
            7f12-7f13 r-xp 00000000 08:01 17      /root/.cache/JNA/temp/jna1.tmp (deleted)\n\
            garbage (deleted)\n (deleted)\n";
        assert_eq!(replaced(maps), [b"/usr/lib/a b.so"]);
        assert!(replaced(b"").is_empty());
    }

    #[test]
    fn what_is_gone_has_no_time_and_what_is_new_has_its_grace() {
        let root = Path::new("/nonexistent");
        let gone = flaw(b"/usr/lib/procwarden-nosuch.so", root, Duration::MAX).unwrap().unwrap();
        assert!(gone.contains("which was removed at an unknown time"), "{gone}");
        let there = flaw(b"/etc/passwd", root, Duration::ZERO).unwrap().unwrap();
        assert!(
            there.contains("as it was until ") && there.ends_with(" ago; restart it"),
            "{there}"
        );
        assert_eq!(flaw(b"/etc/passwd", root, Duration::MAX), Ok(None));
    }
}
