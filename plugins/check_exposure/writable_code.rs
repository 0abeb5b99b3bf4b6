//! `writable-code`: a process with root's privileges runs a file that others can replace. So they can
//! become root.

use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use procwarden::host::unit_file::Command;
use procwarden::host::writers::{Answer as Can, Obstacle, Writers};
use procwarden::kernel::cmdline::arguments;
use procwarden::kernel::file::File;
use procwarden::kernel::maps::code;
use procwarden::proc::fact::{Cause, Fact, Hidden, Missing, unless_gone};
use procwarden::proc::process::{NO_ANSWER, Place, Process, undeleted};
use procwarden::proc::root::Pid;
use procwarden::text::escape;
use rustix::fs::getxattr;
use rustix::io::Errno;

use super::answer::Answer;
use super::inspector::Inspector;
use super::interpreted::{self, code_of_interpreter};
use super::likeness::{Known, Likeness};
use super::look::{look, metadata};
use super::sandbox::{LONGEST, UNREADABLE, service_of};

/// Anyone's permission to execute a file (inode(7)).
const ANY_MAY_EXECUTE: u32 = 0o111;

/// The program runs as its owner, whoever starts it (inode(7)).
const SET_USER_ID: u32 = 0o4000;

/// What hides whether others can replace a file.
const OUT_OF_SIGHT: Missing = Missing::Hidden(Hidden { file: File::Exe, cause: Cause::Elsewhere });

pub(crate) fn ask(inspector: &Inspector, process: &mut Process<'_>) -> Fact<Answer> {
    if !inspector.who.is_privileged(process)? {
        return Ok(Answer::NotAsked);
    }
    let likeness = if inspector.reads_maps() {
        None
    } else {
        // What hides this hides some of the looks, too, but a flaw that others see counts.
        if !unless_gone(is_foreign(process))?.unwrap_or(true) {
            return all(inspector, process, &[executable, script, of_its_service]);
        }
        unless_gone(Likeness::of(process))?.ok().flatten()
    };
    let known = likeness.as_ref().map(|likeness| likeness.known(inspector, process));
    match known.unwrap_or(Known::Nothing) {
        Known::Whole => all(inspector, process, &[of_its_service]),
        Known::Libraries => all(inspector, process, &[executable, script, of_its_service]),
        Known::Nothing => {
            let looks = [executable, script, of_its_service, libraries];
            let answer = all(inspector, process, &looks);
            // Not otherwise: one that is gone, hidden or at fault, and exempt, must not hide the others.
            if let (Ok(Answer::Kept), Some(likeness)) = (&answer, likeness) {
                likeness.speak(inspector, process)?;
            }
            answer
        }
    }
}

/// Looks for something wrong.
type Look = fn(&Inspector, &mut Process<'_>) -> Fact<Option<String>>;

fn all(inspector: &Inspector, process: &mut Process<'_>, looks: &[Look]) -> Fact<Answer> {
    Answer::of_all(looks.iter().map(|look| look(inspector, process)))
}

/// What is wrong with the executable. If we may not read which one it is, we trust an absolute first
/// argument, provided that there is such a program: a title is not.
fn executable(inspector: &Inspector, process: &mut Process<'_>) -> Fact<Option<String>> {
    match process.exe() {
        Err(Missing::Hidden(hidden)) if hidden.cause == Cause::Denied => {
            let claim = first_argument(process)?;
            let is_there = || {
                let found = inspector.writers.of(Path::new(OsStr::from_bytes(&claim)));
                Ok(found != Ok(Can::Absent) && is_program(&Place::here(&claim))?)
            };
            if !is_path(&claim) || !inspector.are_programs.answer(&claim, is_there)? {
                return Err(Missing::Hidden(hidden));
            }
            Ok(claimed(inspector, process, &claim)?.map(|(_, flaw)| flaw))
        }
        Err(missing) => Err(missing),
        Ok(_) => {
            let Some(place) = process.locate_executable()? else { return Ok(None) };
            match opening(&inspector.writers, &place)? {
                None => way(inspector, process, &place),
                flaw => Ok(flaw),
            }
        }
    }
}

/// What is wrong with the path by which it was started, if that differs from the executable's. Whoever
/// can change a link on it decides what root runs next time.
fn way(inspector: &Inspector, process: &mut Process<'_>, exe: &Place) -> Fact<Option<String>> {
    let claim = first_argument(process)?;
    if !is_path(&claim) || claim == exe.path.as_os_str().as_bytes() {
        return Ok(None);
    }
    // The user who starts such a program chooses its first argument, a path on a dead mount for one: we
    // must not even look.
    if raises_its_caller(exe)? {
        return Ok(None);
    }
    // Usually it is /sbin/x for /usr/sbin/x, which exists in every mount namespace.
    let here = Place::here(&claim);
    let is_safe_here = inspector.is_procfs && opening(&inspector.writers, &here) == Ok(None);
    if is_safe_here && here.is_same_file(exe) {
        return Ok(None);
    }
    let found = claimed(inspector, process, &claim)?;
    let Some((place, flaw)) = found else { return Ok(None) };
    Ok(is_program(&place)?.then_some(flaw))
}

/// What is wrong with the script that an interpreter runs, or with the places where it looks for a module
/// or class.
fn script(inspector: &Inspector, process: &mut Process<'_>) -> Fact<Option<String>> {
    for path in code_of_interpreter(process)? {
        let flaw = if is_path(&path) {
            claimed(inspector, process, &path)?.map(|(_, flaw)| flaw)
        } else if path.starts_with(b"/") {
            // A descriptor, from `bash <(...)`.
            None
        } else {
            let place = in_working_directory(process, &path)?;
            opening(&inspector.writers, &place)?
        };
        if flaw.is_some() {
            return Ok(flaw);
        }
    }
    Ok(None)
}

/// What is wrong with its service's files, or with the programs in them that root runs: the running process
/// may have another name and title. Only the process that systemd started reports it.
fn of_its_service(inspector: &Inspector, process: &mut Process<'_>) -> Fact<Option<String>> {
    let Some(services) = &inspector.services else { return Ok(None) };
    if process.parent()? != Pid(1) {
        return Ok(None);
    }
    let Some(name) = service_of(process)? else { return Ok(None) };
    let Some(unit) = services.files.service(&name).map_err(|_| UNREADABLE)? else {
        return Ok(None);
    };
    let told = |(who, remedy)| {
        let name = escape::bounded(name.as_bytes(), LONGEST);
        format!("{who} and can replace what {name} starts: {remedy}")
    };
    // systemd reads them, whatever the process sees.
    for file in std::iter::once(&unit.path).chain(&unit.drop_ins) {
        let place = Place::here(file.as_os_str().as_bytes());
        if let Some(found) = replacement(&inspector.writers, &place)? {
            return Ok(Some(told(found)));
        }
    }
    let is_roots = unit.asks.account.is_none();
    let commands = unit.asks.commands.iter();
    for path in commands.filter(|command| is_roots || command.keeps_root).flat_map(started) {
        if opening(&inspector.writers, &Place::here(&path)) == Ok(None) {
            continue;
        }
        let place = process.locate(&path)?;
        if let Some(found) = replacement(&inspector.writers, &place)? {
            return Ok(Some(told(found)));
        }
    }
    Ok(None)
}

/// The program of a command, and the script that it runs if it is an interpreter. Relative scripts are left
/// out, and paths that only systemd can fill in (`$DIR/job`, `%t/job`).
fn started(command: &Command) -> impl Iterator<Item = Vec<u8>> {
    let program = command.path().map(|path| path.into_os_string().into_vec());
    let scripts = interpreted::code(&command.cmdline, b"").into_iter();
    let scripts =
        scripts.filter(|path| is_path(path) && !path.iter().any(|byte| b"$%".contains(byte)));
    program.into_iter().chain(scripts)
}

/// What is wrong with the libraries that it has loaded.
fn libraries(inspector: &Inspector, process: &mut Process<'_>) -> Fact<Option<String>> {
    let Ok(Some(exe)) = process.exe() else { return Ok(None) };
    let exe = undeleted(exe).to_vec();
    // Users who may not read them: the executable alone decides.
    let Ok(maps) = unless_gone(process.maps())? else { return Ok(None) };
    let maps = maps.to_vec();
    for file in code(&maps).into_iter().filter(|file| file.path != exe) {
        match claimed(inspector, process, file.path)? {
            Some((place, flaw)) if may_be_library(&place)? => return Ok(Some(flaw)),
            _ => {}
        }
    }
    Ok(None)
}

/// Whether a file lies there, or a link to one, that the next start would load. Of a library that was
/// replaced, that is the new one; what was made at run time is removed for good. The memory of a device is
/// no code, though it may be mapped as such.
fn may_be_library(place: &Place) -> Fact<bool> {
    Ok(match look(&place.whole(), |path| fs::symlink_metadata(path))? {
        Ok(found) => found.is_file() || found.is_symlink(),
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    })
}

/// Whether the executable or the script lies elsewhere than packages put theirs. It may bring its own libraries.
/// They are judged of no others unless another rule reads `maps` anyway, which costs ten times what the other
/// files do.
fn is_foreign(process: &mut Process<'_>) -> Fact<bool> {
    if process.exe().is_ok_and(|exe| exe.is_some_and(|exe| !is_of_the_system(exe))) {
        return Ok(true);
    }
    let code = code_of_interpreter(process)?;
    Ok(code.iter().any(|path| is_path(path) && !is_of_the_system(path)))
}

/// Whether it lies where packages put their programs.
pub(super) fn is_of_the_system(path: &[u8]) -> bool {
    let of_system: [&[u8]; 5] = [b"/usr/", b"/bin/", b"/sbin/", b"/lib/", b"/lib64/"];
    of_system.iter().any(|start| path.starts_with(start)) && !path.starts_with(b"/usr/local/")
}

pub(super) fn first_argument(process: &mut Process<'_>) -> Fact<Vec<u8>> {
    Ok(arguments(process.cmdline()?).next().unwrap_or_default().to_vec())
}

/// What is wrong with a path on a command line, and where it is. To decide whether it is the host's path
/// we must read all mounts of the process. So if it is there and safe here, one process with the same root
/// directory speaks for the others.
fn claimed(
    inspector: &Inspector,
    process: &mut Process<'_>,
    path: &[u8],
) -> Fact<Option<(Place, String)>> {
    let here = Path::new(OsStr::from_bytes(path));
    let is_safe_here = inspector.is_procfs && inspector.writers.of(here) == Ok(Can::Root);
    if !is_safe_here {
        let place = process.locate(path)?;
        return Ok(opening(&inspector.writers, &place)?.map(|flaw| (place, flaw)));
    }
    let mark = process.root_mark()?;
    if inspector.is_our_root(mark.as_deref(), process)? {
        return Ok(None);
    }
    let key = mark.map(|mark| [b"path\0", path, b"\0", &mark].concat());
    if key.as_ref().is_some_and(|key| inspector.has_spoken(key, process.pid())) {
        return Ok(None);
    }
    let place = process.locate_below_own_root(path)?;
    let flaw = opening(&inspector.writers, &place)?;
    if let (None, Some(key)) = (&flaw, key) {
        inspector.speaks(key, process.pid());
    }
    Ok(flaw.map(|flaw| (place, flaw)))
}

/// Whether the path is a program, or a dangling link to one. Anything else is part of a title.
fn is_program(place: &Place) -> Fact<bool> {
    Ok(match metadata(&place.whole())? {
        Ok(found) => is_executable(&found),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            look(&place.whole(), |path| fs::symlink_metadata(path).is_ok())?
        }
        // We may not look.
        Err(_) => true,
    })
}

pub(super) fn is_executable(found: &Metadata) -> bool {
    found.is_file() && found.mode() & ANY_MAY_EXECUTE != 0
}

/// Whether it gives rights to whoever starts it: those of its owner, or capabilities of the file
/// (capabilities(7)).
pub(super) fn raises_its_caller(exe: &Place) -> Fact<bool> {
    look(&exe.whole(), |file| {
        let is_set_user_id = fs::metadata(file).is_ok_and(|found| found.mode() & SET_USER_ID != 0);
        // Without room for the value the kernel tells its length.
        is_set_user_id || getxattr(file, c"security.capability", &mut [0_u8; 0]).is_ok()
    })
}

/// The place of a path relative to the process's working directory. An empty path is that directory.
pub(crate) fn in_working_directory(process: &mut Process<'_>, path: &[u8]) -> Fact<Place> {
    let whole = from_working_directory(process, path)?;
    process.locate(&whole)
}

/// Such a path as the process sees it from its root.
pub(super) fn from_working_directory(process: &Process<'_>, path: &[u8]) -> Fact<Vec<u8>> {
    Ok([&process.working_directory()?, &b"/"[..], path].concat())
}

/// Whether a word is a path that means the same to us: absolute, and not a descriptor.
pub(super) fn is_path(word: &[u8]) -> bool {
    let of_process: [&[u8]; 2] = [b"/proc/", b"/dev/fd/"];
    word.starts_with(b"/") && !of_process.iter().any(|start| word.starts_with(start))
}

/// Says who can replace a file, and what to do about it.
pub(crate) fn opening(writers: &Writers, place: &Place) -> Fact<Option<String>> {
    let found = replacement(writers, place)?;
    Ok(found.map(|(who, remedy)| format!("{who} and can replace what it runs: {remedy}")))
}

/// `user alice owns /opt/app`, and how to fix it.
fn replacement(writers: &Writers, place: &Place) -> Fact<Option<(String, String)>> {
    match writers.below(&place.root, &place.path) {
        Ok(Can::Others(openings)) => Ok(Some((openings.told(), openings.remedy()))),
        Ok(Can::Root | Can::Absent) => Ok(None),
        Err(unseen) if unseen.why == Obstacle::Errno(Errno::TIMEDOUT) => Err(NO_ANSWER),
        Err(_) => Err(OUT_OF_SIGHT),
    }
}
