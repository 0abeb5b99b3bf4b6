//! `fileless`: a process of root or of a system user runs a program that is in no file system, or a program
//! or script in a directory where anyone may put files.
//!
//! An executable that a package's upgrade replaced does not count: the path exists again.

use std::fs;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use procwarden::kernel::cmdline::arguments;
use procwarden::proc::fact::{Fact, Missing, unless_gone};
use procwarden::proc::process::{Place, Process};
use procwarden::text::escape;
use rustix::fs::{Mode, OFlags, ResolveFlags, open, openat2};

use super::answer::{Answer, ITS_PID};
use super::inspector::Inspector;
use super::interpreted::code_of_interpreter;
use super::look::{look, metadata};
use super::writable_code::{from_working_directory, is_executable, is_of_the_system};

/// Directories where anyone may put files, and that a boot empties.
const PASSING: [&[u8]; 5] = [b"/dev/shm/", b"/tmp/", b"/var/tmp/", b"/run/user/", b"/run/lock/"];

/// Those where packages, installers and configuration management keep scripts that they run as root.
const WORKSHOPS: [&[u8]; 2] = [b"/tmp/", b"/var/tmp/"];

/// What to do about a process that nobody knows.
fn if_unknown() -> String {
    format!("keep a copy of /proc/{ITS_PID}/exe, find out who started it, and end it")
}

/// Longest path shown, in characters.
const LONGEST: usize = 120;

pub(crate) fn ask(inspector: &Inspector, process: &mut Process<'_>) -> Fact<Answer> {
    if !inspector.who.is_system_user(process)? && process.status()?.uid.effective != 0 {
        return Ok(Answer::NotAsked);
    }
    let answer = of_program(process);
    if !matches!(answer, Ok(Answer::Kept) | Err(Missing::Hidden(_))) {
        return answer;
    }
    script(process)?.map_or(answer, |script| Ok(Answer::of(Some(passing(&script)))))
}

/// The script that an interpreter runs, if it lies where anyone may put files.
fn script(process: &mut Process<'_>) -> Fact<Option<Vec<u8>>> {
    let is_roots = process.status()?.uid.effective == 0;
    for path in code_of_interpreter(process)? {
        let whole = if path.starts_with(b"/") {
            path
        } else {
            match unless_gone(from_working_directory(process, &path))? {
                Ok(whole) if !path.is_empty() => whole,
                _ => continue,
            }
        };
        if is_passing(&whole) && !is_work(&whole, is_roots) {
            return Ok(Some(whole));
        }
    }
    Ok(None)
}

/// Whether a script is one of those that administrators run on many hosts: root's own, and `writable-code` asks
/// whether it is; or a module that Ansible runs as another user.
fn is_work(path: &[u8], is_roots: bool) -> bool {
    let at = |from: usize| path.split(|&byte| byte == b'/').rev().nth(from).unwrap_or_default();
    let is_ansibles = at(0).starts_with(b"AnsiballZ_") && at(1).starts_with(b"ansible-tmp-");
    WORKSHOPS.iter().any(|one| path.starts_with(one)) && (is_roots || is_ansibles)
}

fn of_program(process: &mut Process<'_>) -> Fact<Answer> {
    match process.exe() {
        Ok(Some(link)) if is_passing(link) => Ok(Answer::of(Some(passing(link)))),
        Ok(Some(_)) => of_link(process),
        Ok(None) => Ok(Answer::NotAsked),
        // An honest process's first argument shows where its program is.
        Err(Missing::Hidden(hidden)) => match arguments(process.cmdline()?).next() {
            Some(claim) if is_passing(claim) => Ok(Answer::of(Some(passing(claim)))),
            _ => Err(Missing::Hidden(hidden)),
        },
        Err(Missing::Gone) => Err(Missing::Gone),
    }
}

fn of_link(process: &mut Process<'_>) -> Fact<Answer> {
    if process.runs_memfd()? {
        let text = format!("runs from memory (memfd), from no file: {}", if_unknown());
        return Ok(Answer::of(Some(text)));
    }
    if !process.runs_deleted_file()? {
        return Ok(Answer::Kept);
    }
    let place = process.locate_executable()?;
    let Some(place) = place else { return Ok(Answer::NotAsked) };
    for path in [&place.whole(), &place.path] {
        if metadata(path)?.is_ok() {
            return Ok(Answer::Kept);
        }
    }
    if is_there_again(process, &place.path)? {
        return Ok(Answer::Kept);
    }
    let path = shown(place.path.as_os_str().as_encoded_bytes());
    let text = format!(
        "{path} is gone, so it runs what no file holds: if you removed that, put it back and restart \
         it, or end it; if not, {}",
        if_unknown()
    );
    Ok(Answer::of(Some(text)))
}

/// Whether the path by which it was started has a program again: an updater renames the old directory
/// (`/opt/app.old`), puts a new one there, and removes the old. Intruders name themselves after other
/// programs, so what is there must have the same name, below the same directory of `/`, and not
/// come from a package. What we may not see is not there.
fn is_there_again(process: &mut Process<'_>, gone: &Path) -> Fact<bool> {
    let Ok(line) = unless_gone(process.cmdline())? else { return Ok(false) };
    let way = arguments(line).next().unwrap_or_default().to_vec();
    if !way.starts_with(b"/") {
        return Ok(false);
    }
    let Ok(place) = unless_gone(process.locate(&way))? else { return Ok(false) };
    let whole = place.whole();
    let found = look(&whole, move |_| program_at(&place))?;
    Ok(found.is_some_and(|found| {
        let path = found.as_os_str().as_bytes();
        found.file_name() == gone.file_name()
            && found.components().nth(1) == gone.components().nth(1)
            && !is_of_the_system(path)
            && !is_passing(path)
    }))
}

/// The real path of the program at a place, as the link `exe` of a process that runs it would show it.
fn program_at(place: &Place) -> Option<PathBuf> {
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    let file = if place.is_ours() {
        open(&place.path, flags, Mode::empty()).ok()?
    } else {
        // Absolute links lead below the process's own root.
        let root = open(&place.root, flags, Mode::empty()).ok()?;
        openat2(root, &place.path, flags, Mode::empty(), ResolveFlags::IN_ROOT).ok()?
    };
    let link = format!("/proc/self/fd/{}", file.as_raw_fd());
    fs::metadata(&link).ok().filter(is_executable)?;
    fs::read_link(link).ok()
}

fn is_passing(path: &[u8]) -> bool {
    PASSING.iter().any(|directory| path.starts_with(directory))
}

fn passing(path: &[u8]) -> String {
    let directory = PASSING.iter().find(|directory| path.starts_with(directory));
    let directory = Path::new(std::str::from_utf8(directory.unwrap_or(&PASSING[0])).unwrap_or("/"));
    let directory = escape::path(directory);
    let path = shown(path);
    format!(
        "runs {path}, and anyone may put files into {directory}: move it, if it is yours; if not, {}",
        if_unknown()
    )
}

fn shown(path: &[u8]) -> String {
    escape::bounded(path, LONGEST)
}
