//! What a process is called: `comm`, the long name that the kernel cut, or what an interpreter runs.

use super::Process;
use super::executable::undeleted;
use crate::kernel::cmdline::{arguments, base_name};
use crate::kernel::comm::Comm;
use crate::kernel::interpreter::{Program, is_interpreter, program};
use crate::proc::fact::Fact;

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
    any_long_name(process, |long| long == name)
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
    if comm.as_bytes().len() != Comm::CUT {
        return Ok(false);
    }
    any_long_name(process, fits)
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
    // Where nothing more is told, it has this name still.
    let cmdline = process.cmdline().unwrap_or_default();
    let is_longer = |name: &&[u8]| is_cut && name.len() > comm.len() && name.starts_with(comm);
    let script = || program(cmdline).filter(|_| interprets).map(Program::base_name);
    Ok(other_names(cmdline).find(is_longer).or_else(script).unwrap_or(comm).to_vec())
}

/// What a command line calls the process: by its first argument, and by what an interpreter runs.
fn other_names(cmdline: &[u8]) -> impl Iterator<Item = &[u8]> {
    let own = arguments(cmdline).next().map(base_name);
    [own, program(cmdline).map(Program::base_name)].into_iter().flatten()
}

/// Whether what an interpreter runs fits; where the main thread is called after what it is
/// (`node-MainThread`), the interpreter's own name too.
fn runs(process: &mut Process<'_>, fits: impl Fn(Program<'_>) -> bool) -> Fact<bool> {
    let cmdline = process.cmdline()?;
    let own = arguments(cmdline).next().map(|text| Program { text, is_dotted: false });
    Ok(program(cmdline).is_some_and(&fits) || own.is_some_and(&fits))
}

/// Whether a name that begins with the cut `comm` fits: that of `argv[0]` or of the script, else that
/// of the executable.
fn any_long_name(process: &mut Process<'_>, fits: impl Fn(&[u8]) -> bool) -> Fact<bool> {
    let comm = process.comm()?;
    let is_long = |name: &&[u8]| name.starts_with(comm.as_bytes());
    let told = other_names(process.cmdline()?).filter(is_long).map(&fits);
    if let Some(any) = told.reduce(|first, second| first || second) {
        // Then the executable, which is seldom readable, has no other to tell.
        return Ok(any);
    }
    let exe = process.exe()?.map(|link| base_name(undeleted(link)));
    Ok(exe.filter(is_long).is_some_and(fits))
}
