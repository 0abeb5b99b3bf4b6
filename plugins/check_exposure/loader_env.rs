//! `loader-env`: an environment variable makes a privileged process load code from where others can put
//! it.
//!
//! Setting the variable is no fault: many set `LD_PRELOAD` for jemalloc. The fault is that others can
//! write there. The rule is off by default, because it must read the environment of every process and
//! few have such a variable.

use procwarden::proc::fact::{Fact, Hidden, Missing, unless_gone};
use procwarden::proc::process::Process;
use procwarden::text::escape;

use super::answer::Answer;
use super::inspector::Inspector;
use super::writable_code::{in_working_directory, opening, raises_its_caller};

/// Variables with files or directories from which code is loaded.
const LOADERS: [&[u8]; 22] = [
    b"LD_PRELOAD",
    b"LD_LIBRARY_PATH",
    b"LD_AUDIT",
    b"PYTHONPATH",
    b"PYTHONHOME",
    b"PERL5LIB",
    b"PERLLIB",
    b"RUBYLIB",
    b"NODE_PATH",
    b"CLASSPATH",
    b"BASH_ENV",
    b"DOTNET_STARTUP_HOOKS",
    b"ERL_LIBS",
    b"GCONV_PATH",
    b"GEM_HOME",
    b"GEM_PATH",
    b"OPENSSL_CONF",
    b"OPENSSL_ENGINES",
    b"OPENSSL_MODULES",
    b"PHPRC",
    b"PHP_INI_SCAN_DIR",
    b"GIO_EXTRA_MODULES",
];

pub(crate) fn ask(inspector: &Inspector, process: &mut Process<'_>) -> Fact<Answer> {
    if !inspector.who.is_privileged(process)? {
        return Ok(Answer::NotAsked);
    }
    let environ = process.environ()?.to_vec();
    // The user who starts such a program chooses its environment, so it takes no code from there.
    if let Ok(Some(place)) = unless_gone(process.locate_executable())?
        && raises_its_caller(&place)?
    {
        return Ok(Answer::NotAsked);
    }
    let mut hidden: Option<Hidden> = None;
    for variable in environ.split(|&byte| byte == 0) {
        let Some(at) = variable.iter().position(|&byte| byte == b'=') else { continue };
        let (name, value) = (&variable[..at], &variable[at + 1..]);
        // An empty value has no effect.
        if !LOADERS.contains(&name) || value.is_empty() {
            continue;
        }
        match unless_gone(flaw(inspector, process, name, value))? {
            Ok(None) => {}
            Ok(Some(flaw)) => return Ok(Answer::of(Some(flaw))),
            Err(what) => hidden = Some(what),
        }
    }
    hidden.map_or(Ok(Answer::Kept), |hidden| Err(Missing::Hidden(hidden)))
}

/// An element with `$ORIGIN` filled in, the directory of the executable (ld.so(8)). `None` if it has
/// something else to fill in, which only the loader knows.
fn with_origin(process: &mut Process<'_>, element: &[u8]) -> Fact<Option<Vec<u8>>> {
    if !element.contains(&b'$') {
        return Ok(Some(element.to_vec()));
    }
    let origins: [&[u8]; 2] = [b"$ORIGIN", b"${ORIGIN}"];
    let rest = origins.iter().find_map(|origin| element.strip_prefix(*origin));
    let (Some(rest), Some(exe)) = (rest.filter(|rest| !rest.contains(&b'$')), process.exe()?)
    else {
        return Ok(None);
    };
    let end = exe.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
    Ok(Some([&exe[..end], rest].concat()))
}

/// What is wrong with the elements of a variable. An empty element is the working directory.
fn flaw(
    inspector: &Inspector,
    process: &mut Process<'_>,
    name: &[u8],
    value: &[u8],
) -> Fact<Option<String>> {
    // See ld.so(8).
    let is_end = |byte: &u8| match *byte {
        b':' => true,
        b' ' => name == b"LD_PRELOAD",
        b';' => name == b"LD_LIBRARY_PATH",
        _ => false,
    };
    let is_of_libraries = matches!(name, b"LD_PRELOAD" | b"LD_AUDIT");
    for element in value.split(is_end) {
        let Some(element) = with_origin(process, element)? else { continue };
        let element = element.as_slice();
        // A library without a path is searched in the system's directories.
        if is_of_libraries && !element.contains(&b'/') {
            continue;
        }
        let place = if element.starts_with(b"/") {
            process.locate(element)?
        } else {
            in_working_directory(process, element)?
        };
        if let Some(flaw) = opening(&inspector.writers, &place)? {
            let name = escape::text(name);
            return Ok(Some(format!("{name} loads code from where others can write: {flaw}")));
        }
    }
    Ok(None)
}
