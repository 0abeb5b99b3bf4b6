//! `procwarden link`: creates links to this program, with the plugins' names.

use std::env;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::{Parser, ValueHint};
use procwarden::text::error::Error;
use procwarden::text::escape;

use crate::drop_in::DROP_INS;
use crate::person::{Act, Outcome};
use crate::{MON_ENDING, PLUGINS};

/// The options, as typed.
#[derive(Debug, Parser)]
#[command(name = "procwarden-link", bin_name = "procwarden link", max_term_width = 80)]
#[command(about = "Make the plugins' links in a directory")]
pub(crate) struct Options {
    /// The directory; links that lead to this program already are left alone
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    directory: PathBuf,

    /// Make the links that mon calls, which end in .monitor
    #[arg(long)]
    mon: bool,

    /// Name them like the programs that Procwarden stands in for, as for a scheduler that calls these
    #[arg(long)]
    drop_in: bool,
}

impl Act for Options {
    fn act(&self) -> Outcome {
        let binary = own_path()
            .map_err(|error| Error::new(format!("cannot find this program's own file: {error}")))?;
        let copier = copier(&binary).filter(|_| self.drop_in);
        let aim = copier.as_ref().map_or(binary.as_path(), |(_, copy)| copy);
        // Create nothing unless all links can be created.
        let mut missing = Vec::new();
        for name in names(self.drop_in, self.mon) {
            let link = self.directory.join(name);
            if !is_there(&link, aim)? {
                missing.push(link);
            }
        }
        if let Some((script, copy)) = &copier {
            make_copy(script, copy)?;
        }
        let mut text = String::new();
        for link in missing {
            symlink(aim, &link).map_err(|error| fail(&link, &error.to_string()))?;
            text.push_str(&format!("made {}\n", escape::path(&link)));
        }
        if text.is_empty() {
            text.push_str("all links are there already\n");
        }
        Ok((text, 0))
    }
}

/// The program that copies this one for the drop-ins, and the path of the copy. `None` if this program
/// is not installed.
///
/// The drop-ins need a copy without file capabilities, because everyone may run `check_procs`. Packages
/// update it.
fn copier(binary: &Path) -> Option<(PathBuf, PathBuf)> {
    let prefix = binary.parent()?.parent()?;
    let script = prefix.join("share/procwarden/drop-in");
    script.exists().then(|| (script, prefix.join("lib/procwarden/drop-in")))
}

fn make_copy(script: &Path, copy: &Path) -> Result<(), Error> {
    let done = Command::new(script).arg("copy").stdin(Stdio::null()).output();
    let done = done.map_err(|error| fail(copy, &error.to_string()))?;
    if done.status.success() {
        return Ok(());
    }
    Err(fail(copy, &escape::text(done.stderr.trim_ascii())))
}

/// The names of the links.
fn names(drop_in: bool, mon: bool) -> Vec<String> {
    if drop_in {
        let names = DROP_INS.map(|drop_in| drop_in.name).into_iter();
        return names.filter(|name| name.ends_with(MON_ENDING) == mon).map(str::to_owned).collect();
    }
    let ending = if mon { MON_ENDING } else { "" };
    PLUGINS.map(|plugin| format!("{}{ending}", plugin.name)).to_vec()
}

/// The path of this program. Without `/proc`, as in a root that a package is installed into, it is the
/// absolute path that we were called by.
fn own_path() -> io::Result<PathBuf> {
    let called = || env::args_os().next().map(PathBuf::from).filter(|path| path.is_absolute());
    env::current_exe().or_else(|error| called().ok_or(error)).and_then(fs::canonicalize)
}

/// Whether `link` exists and leads to `aim`. Anything else in its place is an error.
fn is_there(link: &Path, aim: &Path) -> Result<bool, Error> {
    match fs::symlink_metadata(link) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(fail(link, &error.to_string())),
        Ok(found) if !found.is_symlink() => {
            Err(fail(link, "something other than a link is in the way; nothing was made"))
        }
        Ok(_) if fs::read_link(link).is_ok_and(|target| target == aim) => Ok(true),
        Ok(_) if fs::canonicalize(link).is_ok_and(|target| target == aim) => Ok(true),
        Ok(_) => Err(fail(link, "it points elsewhere; nothing was made")),
    }
}

fn fail(link: &Path, why: &str) -> Error {
    Error::new(format!("cannot make {}: {why}", escape::path(link)))
}
