//! `fileless`: a process of root or of a system user runs a program that is in no file system, or in a
//! directory where anyone may put files.
//!
//! An executable that a package's upgrade replaced does not count: the path exists again.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use procwarden::host::unit_file::Command;
use procwarden::kernel::cmdline::arguments;
use procwarden::proc::fact::{Fact, Missing};
use procwarden::proc::process::{Place, Process};
use procwarden::text::escape;

use super::answer::Answer;
use super::inspector::Inspector;
use super::sandbox::{UNREADABLE, service_of};
use super::writable_code::{is_of_the_system, is_program};

/// Directories where anyone may put files, and that a boot empties.
const PASSING: [&[u8]; 4] = [b"/dev/shm/", b"/tmp/", b"/var/tmp/", b"/run/user/"];

/// What to do about a process that nobody knows.
const UNKNOWN: &str = "keep a copy of its /proc/PID/exe, find out who started it, and end it";

/// Longest path shown, in characters.
const LONGEST: usize = 120;

pub(crate) fn ask(inspector: &Inspector, process: &mut Process<'_>) -> Fact<Answer> {
    if !inspector.who.is_system_user(process)? && process.status()?.uid.effective != 0 {
        return Ok(Answer::NotAsked);
    }
    match process.exe() {
        Ok(Some(link)) if is_passing(link) => Ok(Answer::of(Some(passing(link)))),
        Ok(Some(_)) => of_link(inspector, process),
        Ok(None) => Ok(Answer::NotAsked),
        // An honest process's first argument shows where its program is.
        Err(Missing::Hidden(hidden)) => match arguments(process.cmdline()?).next() {
            Some(claim) if is_passing(claim) => Ok(Answer::of(Some(passing(claim)))),
            _ => Err(Missing::Hidden(hidden)),
        },
        Err(Missing::Gone) => Err(Missing::Gone),
    }
}

fn of_link(inspector: &Inspector, process: &mut Process<'_>) -> Fact<Answer> {
    if process.runs_memfd()? {
        return Ok(Answer::of(Some(format!("runs from memory (memfd), from no file: {UNKNOWN}"))));
    }
    if !process.runs_deleted_file()? {
        return Ok(Answer::Kept);
    }
    let place = process.locate_executable()?;
    let Some(place) = place else { return Ok(Answer::NotAsked) };
    if place.whole().exists() || place.path.exists() || is_there_again(inspector, process, &place)?
    {
        return Ok(Answer::Kept);
    }
    let path = shown(place.path.as_os_str().as_encoded_bytes());
    let text = format!(
        "{path} is gone, so it runs what no file holds: if you removed that, put it back and restart \
         it, or end it; if not, {UNKNOWN}"
    );
    Ok(Answer::of(Some(text)))
}

/// Whether the path by which it was started has a program again: an updater renames the old directory
/// (`/opt/app.old`), puts a new one there, and removes the old. Intruders name themselves after other
/// programs, so it must have the same name, below the same directory of `/`, and be none of a package's.
fn is_there_again(inspector: &Inspector, process: &mut Process<'_>, gone: &Place) -> Fact<bool> {
    let mut ways: Vec<_> =
        arguments(process.cmdline()?).next().map(<[u8]>::to_vec).into_iter().collect();
    if let Some(services) = &inspector.services
        && let Some(name) = service_of(process)?
        && let Some(unit) = services.files.service(&name).map_err(|_| UNREADABLE)?
    {
        let paths = unit.asks.commands.iter().filter_map(Command::path);
        ways.extend(paths.map(|path| path.as_os_str().as_bytes().to_vec()));
    }
    let gone = &gone.path;
    for way in ways {
        let path = Path::new(OsStr::from_bytes(&way));
        let is_akin = path.is_absolute()
            && path.file_name() == gone.file_name()
            && path.components().nth(1) == gone.components().nth(1)
            && !is_of_the_system(&way);
        if is_akin && is_program(&process.locate(&way)?) {
            return Ok(true);
        }
    }
    Ok(false)
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
        "runs {path}, and anyone may put files into {directory}: move it, if it is yours; if not, {UNKNOWN}"
    )
}

fn shown(path: &[u8]) -> String {
    escape::bounded(path, LONGEST)
}
