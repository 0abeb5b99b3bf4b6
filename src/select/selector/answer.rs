//! One term, one process: reads the fact that the key is about and compares.

use regex::bytes::Regex;

use super::{Key, Question, STATES, Test, pid_file};
use crate::host::names::{self, NoAnswer};
use crate::kernel::cmdline::joined;
use crate::kernel::file::File;
use crate::proc::fact::{self, Cause, Fact, Hidden, Missing, NO_NAMES};
use crate::proc::process::executable::{link_of, undeleted};
use crate::proc::process::{Process, name};
use crate::proc::root::Pid;

impl Question {
    /// The answer for one process.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn answer(&self, process: &mut Process<'_>) -> Fact<bool> {
        let any = fact::any(self.tests.iter().map(|test| holds(self.key, test, process)));
        any.map(|found| found != self.negated)
    }

    /// Whether it is an expression for names or arguments, and no exact value beside it answers yes.
    pub(super) fn finds_by_expression(&self, process: &mut Process<'_>) -> bool {
        let is_expression = |test: &Test| matches!(test, Test::Matches(_));
        let is_of_text =
            matches!(self.key, Key::Name | Key::Comm | Key::Args | Key::Cmd) && !self.negated;
        if !is_of_text || !self.tests.iter().any(is_expression) {
            return false;
        }
        let mut exact = self.tests.iter().filter(|test| !is_expression(test));
        !exact.any(|test| holds(self.key, test, process) == Ok(true))
    }
}

/// Whether the process is what `test` says of `key`.
fn holds(key: Key, test: &Test, process: &mut Process<'_>) -> Fact<bool> {
    match key {
        Key::Name => match test {
            Test::Text(name) => name::is(name, process),
            _ => name::any(process, |name| test.fits_text(name)),
        },
        Key::Comm => match test {
            Test::Text(name) => name::is_comm(name, process),
            _ => Ok(test.fits_text(process.comm()?.as_bytes())),
        },
        Key::Path | Key::Exe => executable_holds(key, test, process),
        Key::Args => process.cmdline().map(|cmdline| test.fits_text(&joined(cmdline))),
        Key::Cmd => process.ps_command().map(|command| test.fits_text(&command)),
        Key::User => test.fits_user(known(process.owner()?.uid, process)?),
        Key::Group => test.fits_group(known(process.owner()?.gid, process)?),
        Key::RealUser => test.fits_user(known(process.status()?.uid.real, process)?),
        Key::RealGroup => test.fits_group(known(process.status()?.gid.real, process)?),
        Key::Parent => parent_holds(test, process),
        Key::State if test.is_of_every_state() => Ok(true),
        Key::State => process.stat().map(|stat| test.fits_letter(stat.state)),
        Key::Stat => process.ps_stat_fits(|stat| test.fits_text(stat)),
        Key::Leader => process.stat().map(|stat| test.is(stat.session == process.pid().0)),
        Key::Unit => {
            let unit = process.unit()?;
            Ok(unit.is_some_and(|unit| test.fits_text(unit)))
        }
        Key::Pidfile => match test {
            Test::PidFile(path) => pid_file::names(path, process),
            _ => Ok(false),
        },
        Key::Container => process.is_contained().map(|contained| test.is(contained)),
        Key::Deleted => {
            let has_file = link_of(process)?.is_some();
            Ok(test.is(has_file && process.runs_deleted_file()?))
        }
        Key::Context | Key::Domain | Key::Mode | Key::Seuser | Key::Role | Key::Level => {
            let part = key.part_of(&process.label()?);
            Ok(part.is_some_and(|part| test.fits_text(part)))
        }
        Key::Permissive => process.is_permissive().map(|permissive| test.is(permissive)),
        Key::Profiled => process.is_profiled().map(|profiled| test.is(profiled)),
        Key::Uid
        | Key::Gid
        | Key::RealUid
        | Key::RealGid
        | Key::Pid
        | Key::Ppid
        | Key::Age
        | Key::Cpu
        | Key::Rss
        | Key::Anon
        | Key::Vsz
        | Key::Threads
        | Key::Fds
        | Key::Fdshare
        | Key::Children => quantity(key, process).map(|value| test.fits_number(value)),
    }
}

/// The number of a user, a group or a process that a key of ids is about; of any other key it is unknown.
///
/// # Errors
/// Gone, or hidden.
pub fn id(key: Key, process: &mut Process<'_>) -> Fact<u32> {
    let id = match key {
        Key::Uid => process.owner()?.uid,
        Key::Gid => process.owner()?.gid,
        Key::RealUid => process.status()?.uid.real,
        Key::RealGid => process.status()?.gid.real,
        Key::Pid => return Ok(process.pid().0),
        Key::Ppid => return Ok(process.stat()?.ppid),
        _ => return Err(Missing::Hidden(Hidden { file: File::Directory, cause: Cause::Absent })),
    };
    known(id, process)
}

/// The number that a key of numbers is about, in its base unit: bytes, seconds, percent. Of any other key
/// it is unknown.
///
/// # Errors
/// Gone, or hidden.
#[allow(clippy::cast_precision_loss, reason = "sizes and counts are far below 2^53")]
pub fn quantity(key: Key, process: &mut Process<'_>) -> Fact<f64> {
    Ok(match key {
        Key::Age => process.age()?.floor(),
        Key::Cpu => process.lifetime_cpu()?,
        Key::Rss => process.resident_bytes()?,
        Key::Anon => process.anonymous_bytes()?,
        Key::Vsz => process.stat()?.vsize as f64,
        Key::Threads => process.stat()?.threads as f64,
        Key::Fds => process.open_descriptors()? as f64,
        Key::Fdshare => process.descriptor_share()?,
        Key::Children => process.child_count()? as f64,
        _ => id(key, process)?.into(),
    })
}

fn executable_holds(key: Key, test: &Test, process: &mut Process<'_>) -> Fact<bool> {
    match test {
        Test::Executable(wanted) if key == Key::Path => wanted.is_run_or_claimed_by(process),
        Test::Executable(wanted) => wanted.is_run_by(process),
        _ => {
            let link = link_of(process)?;
            Ok(link.is_some_and(|link| test.fits_text(undeleted(link))))
        }
    }
}

/// The id, unless it stands for all that have no number here.
fn known(id: u32, process: &Process<'_>) -> Fact<u32> {
    if process.root().is_unmapped(id) {
        return Err(Missing::Hidden(Hidden { file: File::UserMap, cause: Cause::Unmapped }));
    }
    Ok(id)
}

/// The parent's name. A parent that is gone has handed its children on, so ask again, once; one
/// that still is the parent and can't be seen is hidden (hidepid).
fn parent_holds(test: &Test, process: &mut Process<'_>) -> Fact<bool> {
    let first = process.stat()?.ppid;
    let mut ppid = first;
    loop {
        if ppid == 0 {
            return Ok(false);
        }
        let mut parent = Process::new(process.root(), Pid(ppid));
        match holds(Key::Name, test, &mut parent) {
            Err(Missing::Gone) => {}
            known => return known,
        }
        let next = Process::new(process.root(), process.pid()).stat()?.ppid;
        if next == ppid || ppid != first {
            let hidden = Hidden { file: File::Directory, cause: Cause::Denied };
            return Err(Missing::Hidden(hidden));
        }
        ppid = next;
    }
}

/// Whether a text fits. A byte that is no UTF-8 is a sign like any other, or a `.*` would end at it.
fn is_match(regex: &Regex, text: &[u8]) -> bool {
    let is_match_of_signs = || regex.is_match(String::from_utf8_lossy(text).as_bytes());
    regex.is_match(text) || (!text.is_ascii() && is_match_of_signs())
}

/// A test that is not of a key's kind is never built (see the parser), and fits nothing.
impl Test {
    pub(super) fn fits_text(&self, text: &[u8]) -> bool {
        match self {
            Self::Text(wanted) => wanted == text,
            Self::Matches(regex) => is_match(regex, text),
            _ => false,
        }
    }

    fn fits_user(&self, uid: u32) -> Fact<bool> {
        self.fits_id(uid, || names::user_for_sure(uid))
    }

    fn fits_group(&self, gid: u32) -> Fact<bool> {
        self.fits_id(gid, || names::group_for_sure(gid))
    }

    fn fits_id(&self, id: u32, name: impl FnOnce() -> Result<String, NoAnswer>) -> Fact<bool> {
        match self {
            Self::Id(wanted) => Ok(*wanted == id),
            Self::Matches(regex) => {
                Ok(regex.is_match(name().map_err(|NoAnswer| NO_NAMES)?.as_bytes()))
            }
            Self::Untold => Err(NO_NAMES),
            _ => Ok(false),
        }
    }

    fn fits_number(&self, value: f64) -> bool {
        matches!(self, Self::Within(interval) if interval.contains(value))
    }

    /// Whether it is true of whatever is listed, so that nothing need be read: a total with zombies.
    fn is_of_every_state(&self) -> bool {
        let Self::Letters(letters) = self else { return false };
        letters.len() >= STATES.len() && STATES.iter().all(|state| letters.contains(state))
    }

    fn fits_letter(&self, letter: u8) -> bool {
        matches!(self, Self::Letters(letters) if letters.contains(&letter))
    }

    fn is(&self, value: bool) -> bool {
        matches!(self, Self::Is(wanted) if *wanted == value)
    }
}
