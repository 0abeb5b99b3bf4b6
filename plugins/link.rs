//! `procwarden` called by its own name: a short help, and `procwarden link`, which makes the links.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use procwarden::plugin::outlet;
use procwarden::plugin::runner::{self, Plugin};
use procwarden::text::error::Error;
use procwarden::text::escape;

use crate::drop_in::DROP_INS;
use crate::person::Outcome;
use crate::{MON_ENDING, PLUGINS, explain, footing, suggest};

/// Prints the help, which lists the plugins.
pub(crate) fn help() -> u8 {
    let mut text = format!(
        "procwarden {}: checks of the processes of a Linux host\n\n\
         Usage: procwarden PLUGIN [OPTION...]   or call it by a link named PLUGIN\n\
         \x20      procwarden link [--mon] DIR     make those links in DIR\n\
         \x20                                      (--mon: links named PLUGIN{MON_ENDING})\n\
         \x20      procwarden suggest [OPTION...]  print which daemons to monitor here\n\
         \x20      procwarden link --drop-in [--mon] DIR\n\
         \x20                                      links named as what it stands in for\n\
         \x20      procwarden explain PID|NAME|SPEC [OPTION...]\n\
         \x20                                      show how a process or SPEC is seen\n\n\
         Plugins:\n",
        env!("CARGO_PKG_VERSION")
    );
    for plugin in PLUGINS {
        text.push_str(&format!("  {:<22}{}\n", plugin.name, about(plugin)));
    }
    let names = DROP_INS.map(|drop_in| drop_in.name).join(", ");
    text.push_str(&format!("\nIt stands in for {names}:\nsee procwarden-migration(7).\n"));
    text.push_str(
        "\nprocwarden PLUGIN --help lists the options; suggest and explain have --help too.\n",
    );
    print(&text, 3)
}

/// What a plugin does, in one line.
pub(crate) fn about(plugin: Plugin) -> String {
    (plugin.command)().get_about().map(ToString::to_string).unwrap_or_default()
}

/// Runs `command`, which is not the name of a plugin.
pub(crate) fn run(command: &OsStr, arguments: &[OsString]) -> u8 {
    let done = match command.to_str() {
        Some("-h" | "--help" | "help") => return help(),
        Some("-V" | "--version") => {
            return print(concat!("procwarden ", env!("CARGO_PKG_VERSION"), "\n"), 3);
        }
        Some("link") => link(arguments),
        Some("explain") => return finish("explain", explain::run(arguments)),
        Some("suggest") => return finish_suggest(suggest::run(arguments)),
        _ => Err(Error::new(format!(
            "'{}' is neither a plugin nor 'link', 'suggest' or 'explain'; plugins are {}",
            escape::bounded(command.as_encoded_bytes(), 100),
            PLUGINS.map(|plugin| plugin.name).join(", ")
        ))),
    };
    match done {
        Ok(text) => print(&text, 0),
        Err(error) => runner::refuse("PROCWARDEN", &error, false),
    }
}

fn link(arguments: &[OsString]) -> Result<String, Error> {
    let (mut mon, mut drop_in, mut rest) = (false, false, arguments);
    while let [option, more @ ..] = rest {
        match option.to_str() {
            Some("--mon") => mon = true,
            Some("--drop-in") => drop_in = true,
            _ => break,
        }
        rest = more;
    }
    let directory = match rest {
        [directory] if !directory.as_encoded_bytes().starts_with(b"-") => directory,
        _ => {
            return Err(Error::new(
                "link takes one directory: procwarden link [--drop-in] [--mon] DIR",
            ));
        }
    };
    let binary = own_path()
        .map_err(|error| Error::new(format!("cannot find this program's own file: {error}")))?;
    // Nothing is made unless all can be.
    let mut missing = Vec::new();
    for name in names(drop_in, mon) {
        let link = Path::new(directory).join(name);
        if !is_there(&link, &binary)? {
            missing.push(link);
        }
    }
    let mut text = String::new();
    for link in missing {
        symlink(&binary, &link).map_err(|error| fail(&link, &error.to_string()))?;
        text.push_str(&format!("made {}\n", escape::path(&link)));
    }
    if text.is_empty() {
        text.push_str("all links are there already\n");
    }
    Ok(text)
}

/// The names of the links, of which mon has its own.
fn names(drop_in: bool, mon: bool) -> Vec<String> {
    if drop_in {
        let names = DROP_INS.map(|drop_in| drop_in.name).into_iter();
        return names.filter(|name| name.ends_with(MON_ENDING) == mon).map(str::to_owned).collect();
    }
    let ending = if mon { MON_ENDING } else { "" };
    PLUGINS.map(|plugin| format!("{}{ending}", plugin.name)).to_vec()
}

/// The file of this program. Without `/proc`, as in a root that a package is being installed into,
/// it is the absolute path that we were called by.
fn own_path() -> io::Result<PathBuf> {
    let called = || env::args_os().next().map(PathBuf::from).filter(|path| path.is_absolute());
    env::current_exe().or_else(|error| called().ok_or(error)).and_then(fs::canonicalize)
}

/// Whether `link` is there and leads to `binary`; anything else in its place is an error.
fn is_there(link: &Path, binary: &Path) -> Result<bool, Error> {
    match fs::symlink_metadata(link) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(fail(link, &error.to_string())),
        Ok(found) if !found.is_symlink() => {
            Err(fail(link, "something that is no link is in the way; nothing was made"))
        }
        Ok(_) if fs::canonicalize(link).is_ok_and(|target| target == binary) => Ok(true),
        Ok(_) => Err(fail(link, "it leads to something else; nothing was made")),
    }
}

fn fail(link: &Path, why: &str) -> Error {
    Error::new(format!("cannot make {}: {why}", escape::path(link)))
}

/// Ends a command that speaks to a person. Standard error is shut, so errors go where all goes.
fn finish(command: &str, outcome: Outcome) -> u8 {
    let failed = |error| (format!("procwarden {command}: {error}\n"), 3);
    let (text, code) = outcome.unwrap_or_else(failed);
    print(&text, code)
}

/// Ends `suggest`, whose output is a file: errors go to standard error.
fn finish_suggest(outcome: Outcome) -> u8 {
    match outcome {
        Ok((text, code)) => print(&text, code),
        Err(error) => {
            footing::say(&format!("procwarden suggest: {error}\n"));
            3
        }
    }
}

fn print(text: &str, code: u8) -> u8 {
    if outlet::print(text) { code } else { 3 }
}
