//! What a process is called: `comm`, the long name that the kernel cut, or the program that an
//! interpreter runs.

use std::borrow::Cow;

use super::Process;
use super::executable::{link_of, undeleted};
use crate::kernel::cmdline::{arguments, base_name, untitled};
use crate::kernel::comm::Comm;
use crate::kernel::interpreter::{Program, is_interpreter, program};
use crate::kernel::secret::covered;
use crate::proc::fact::{Fact, Missing};

/// Whether `name` is a name of the process.
///
/// # Errors
/// Gone; or hidden where a long name can't be confirmed.
pub(crate) fn is(name: &[u8], process: &mut Process<'_>) -> Fact<bool> {
    let comm = process.comm()?;
    if comm.as_bytes() == name {
        return Ok(true);
    }
    let may_be_cut = comm.as_bytes().len() == Comm::CUT && name.starts_with(comm.as_bytes());
    if is_interpreter(comm.as_bytes()) && runs(process, |program| program.is_called(name))? {
        return Ok(true);
    }
    if !may_be_cut {
        return Ok(false);
    }
    is_continued_as(name, process)
}

/// Whether the command line or the executable confirms a long name that begins with `comm`. Since
/// the first 15 bytes fit already, a different claim is no proof against it.
fn is_continued_as(name: &[u8], process: &mut Process<'_>) -> Fact<bool> {
    let is_it = |long: &[u8]| long == name;
    Ok(claims(process, is_it)? == Some(true) || runs_file_called(process, is_it)?)
}

/// Whether `name` is the kernel's name of the process, whole or as `ps` readers cut it: up to a blank,
/// and then from the last slash (`tmux: server` is `tmux:`, `kworker/0:0H` is `0:0H`). A longer name is
/// confirmed by the first argument, the script or the executable.
///
/// # Errors
/// Gone; or hidden where a long name can't be confirmed.
pub(crate) fn is_comm(name: &[u8], process: &mut Process<'_>) -> Fact<bool> {
    let comm = process.comm()?;
    let comm = comm.as_bytes();
    let word = comm.split(u8::is_ascii_whitespace).find(|word| !word.is_empty());
    if comm == name || word.map(base_name) == Some(name) {
        return Ok(true);
    }
    if comm.len() != Comm::CUT || !name.starts_with(comm) {
        return Ok(false);
    }
    is_continued_as(name, process)
}

/// Whether any name of the process fits.
///
/// # Errors
/// As [`is`].
pub(crate) fn any(process: &mut Process<'_>, fits: impl Fn(&[u8]) -> bool) -> Fact<bool> {
    let comm = process.comm()?;
    if fits(comm.as_bytes()) {
        return Ok(true);
    }
    let interprets = is_interpreter(comm.as_bytes());
    if interprets && runs(process, |program| fits(program.base_name()))? {
        return Ok(true);
    }
    // The interpreters' own names are known, and none of them was cut.
    if interprets || comm.as_bytes().len() != Comm::CUT {
        return Ok(false);
    }
    let claim = claims(process, &fits)?;
    if claim == Some(true) {
        return Ok(true);
    }
    match runs_file_called(process, fits) {
        // Otherwise every long name would make every expression unknown to an ordinary user.
        Err(Missing::Hidden(_)) if claim == Some(false) => Ok(false),
        known => known,
    }
}

/// The best name for output: the program of an interpreter, the uncut name, or `comm`.
///
/// # Errors
/// Gone, or hidden.
pub fn shown(process: &mut Process<'_>) -> Fact<Vec<u8>> {
    let comm = process.comm()?;
    let comm = comm.as_bytes();
    let (is_cut, interprets) = (comm.len() == Comm::CUT, is_interpreter(comm));
    if !is_cut && !interprets {
        return Ok(comm.to_vec());
    }
    // Without a command line, this name is all there is.
    let cmdline = process.cmdline().unwrap_or_default();
    let is_longer = |name: &&[u8]| is_cut && name.len() > comm.len() && name.starts_with(comm);
    let script = || program(cmdline).filter(|_| interprets).map(Program::base_name);
    // A title may have a secret in it.
    let longer = other_names(cmdline).find(is_longer).map(covered);
    let name = longer.or_else(|| script().map(Cow::Borrowed)).unwrap_or(Cow::Borrowed(comm));
    Ok(name.into_owned())
}

/// The names that a command line gives a process: its first argument, without a title or a login
/// shell's dash, and the program of an interpreter.
fn other_names(cmdline: &[u8]) -> impl Iterator<Item = &[u8]> {
    let own = arguments(cmdline).next().unwrap_or_default();
    let own = own.strip_prefix(b"-").unwrap_or(own);
    let script = program(cmdline).map(Program::base_name);
    [base_name(untitled(own)), base_name(own)].into_iter().chain(script)
}

/// Whether the program of an interpreter fits. If the main thread is named after its role
/// (`node-MainThread`), the interpreter's own name may fit, too.
fn runs(process: &mut Process<'_>, fits: impl Fn(Program<'_>) -> bool) -> Fact<bool> {
    let cmdline = process.cmdline()?;
    let own = arguments(cmdline).next().map(|text| Program { text, is_dotted: false, at: 0 });
    Ok(program(cmdline).is_some_and(&fits) || own.is_some_and(&fits))
}

/// Whether a name in the command line that continues the cut `comm` fits; `None` if there is none.
fn claims(process: &mut Process<'_>, fits: impl Fn(&[u8]) -> bool) -> Fact<Option<bool>> {
    let comm = process.comm()?;
    let names = other_names(process.cmdline()?);
    let long = names.filter(|name| name.starts_with(comm.as_bytes())).map(fits);
    Ok(long.reduce(|first, second| first || second))
}

/// Whether the executable's name continues the cut `comm` and fits.
fn runs_file_called(process: &mut Process<'_>, fits: impl Fn(&[u8]) -> bool) -> Fact<bool> {
    let comm = process.comm()?;
    let name = link_of(process)?.map(|link| base_name(undeleted(link)));
    Ok(name.is_some_and(|name| name.starts_with(comm.as_bytes()) && fits(name)))
}
