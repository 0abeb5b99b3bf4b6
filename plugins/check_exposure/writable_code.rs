//! `writable-code`: what has root's rights runs a file that others can replace, and so can become root.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use procwarden::host::writers::{Answer as Can, Writers};
use procwarden::kernel::cmdline::arguments;
use procwarden::kernel::file::File;
use procwarden::kernel::interpreter::program;
use procwarden::proc::fact::{Cause, Fact, Hidden, Missing, unless_gone};
use procwarden::proc::process::{Place, Process};

use super::answer::Answer;
use super::inspector::Inspector;

/// What hides whether others can replace a file.
const OUT_OF_SIGHT: Missing = Missing::Hidden(Hidden { file: File::Exe, cause: Cause::Elsewhere });

pub(crate) fn ask(inspector: &Inspector, process: &mut Process<'_>) -> Fact<Answer> {
    if !inspector.who.is_privileged(process)? {
        return Ok(Answer::NotAsked);
    }
    let of_exe = unless_gone(executable(inspector, process))?;
    if let Ok(Some(flaw)) = of_exe {
        return Ok(Answer::of(Some(flaw)));
    }
    let of_script = unless_gone(script(inspector, process))?;
    if let Ok(Some(flaw)) = of_script {
        return Ok(Answer::of(Some(flaw)));
    }
    of_exe.and(of_script).map(|_| Answer::Kept).map_err(Missing::Hidden)
}

/// What is wrong with the executable. Where that may not be asked for, an absolute first argument is
/// taken at its word, if there is such a file: a title is none.
fn executable(inspector: &Inspector, process: &mut Process<'_>) -> Fact<Option<String>> {
    match process.exe() {
        Err(Missing::Hidden(hidden)) if hidden.cause == Cause::Denied => {
            let claim = arguments(process.cmdline()?).next().unwrap_or_default().to_vec();
            let is_file = is_path(&claim)
                && inspector.writers.of(Path::new(OsStr::from_bytes(&claim))) != Ok(Can::Absent);
            if is_file { claimed(inspector, process, &claim) } else { Err(Missing::Hidden(hidden)) }
        }
        Err(missing) => Err(missing),
        Ok(_) => match process.locate_executable()? {
            Some(place) => opening(&inspector.writers, &place),
            None => Ok(None),
        },
    }
}

/// What is wrong with the script that an interpreter runs.
fn script(inspector: &Inspector, process: &mut Process<'_>) -> Fact<Option<String>> {
    let script = program(process.cmdline()?).filter(|program| !program.is_dotted);
    let Some(script) = script.map(|program| program.text.to_vec()) else { return Ok(None) };
    if is_path(&script) {
        claimed(inspector, process, &script)
    } else if script.starts_with(b"/") {
        // A descriptor, as of `bash <(...)`.
        Ok(None)
    } else {
        let place = in_working_directory(process, &script)?;
        opening(&inspector.writers, &place)
    }
}

/// What is wrong with a path that a command line names. Whether it is the host's costs a look at all
/// mounts of the process: without a finding one process stands for all of its control group.
fn claimed(inspector: &Inspector, process: &mut Process<'_>, path: &[u8]) -> Fact<Option<String>> {
    let here = Place { root: "/".into(), path: OsStr::from_bytes(path).into() };
    let is_safe_here = inspector.is_procfs && opening(&inspector.writers, &here) == Ok(None);
    if is_safe_here && inspector.shares_our_root(process)? {
        return Ok(None);
    }
    let place = process.locate(path)?;
    opening(&inspector.writers, &place)
}

/// Where a relative path of a process is; of an empty one, the working directory.
pub(crate) fn in_working_directory(process: &mut Process<'_>, path: &[u8]) -> Fact<Place> {
    let mut whole = process.working_directory()?;
    whole.push(b'/');
    whole.extend_from_slice(path);
    process.locate(&whole)
}

/// Whether a word is a path that means the same to us: absolute, and not by a descriptor.
fn is_path(word: &[u8]) -> bool {
    let of_process: [&[u8]; 2] = [b"/proc/", b"/dev/fd/"];
    word.starts_with(b"/") && !of_process.iter().any(|start| word.starts_with(start))
}

/// Who can replace a file, and what to do about it.
pub(crate) fn opening(writers: &Writers, place: &Place) -> Fact<Option<String>> {
    match writers.below(&place.root, &place.path) {
        Ok(Can::Others(opening)) => {
            let (what, remedy) = (opening.told(), opening.remedy());
            Ok(Some(format!("{what}, who can replace what it runs: {remedy}")))
        }
        Ok(Can::Root | Can::Absent) => Ok(None),
        Err(_) => Err(OUT_OF_SIGHT),
    }
}
