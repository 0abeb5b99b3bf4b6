//! `fileless`: a process of root or of a system user runs a program that is in no file system, or in a
//! directory where anyone may put files.
//!
//! An executable that a package's upgrade replaced does not count: the path exists again.

use std::path::Path;

use procwarden::kernel::cmdline::arguments;
use procwarden::proc::fact::{Fact, Missing};
use procwarden::proc::process::Process;
use procwarden::text::escape;

use super::answer::Answer;
use super::inspector::Inspector;

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
        return Ok(Answer::of(Some(format!("runs from memory (memfd), from no file: {UNKNOWN}"))));
    }
    if !process.runs_deleted_file()? {
        return Ok(Answer::Kept);
    }
    let place = process.locate_executable()?;
    let Some(place) = place else { return Ok(Answer::NotAsked) };
    if place.whole().exists() || place.path.exists() {
        return Ok(Answer::Kept);
    }
    let path = shown(place.path.as_os_str().as_encoded_bytes());
    let text = format!(
        "{path} is gone, so it runs what no file holds: restart it if you removed that; if not, {UNKNOWN}"
    );
    Ok(Answer::of(Some(text)))
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
