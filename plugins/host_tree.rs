//! Options of `suggest` and `explain`: which tree to read, and how to ask systemd about its units.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use procwarden::proc::root::ProcRoot;
use procwarden::suggest::suggestion::Source;
use procwarden::suggest::{Units, systemctl};
use procwarden::text::error::Error;
use procwarden::text::escape;

/// The tree of this host. systemd can answer only for this one.
const PROC: &str = "/proc";

/// The options, as typed.
#[derive(Debug, Args)]
pub(crate) struct HostTree {
    /// Do not ask systemd; judge by control groups alone
    #[arg(long)]
    no_systemd: bool,

    /// Read what systemd says from a file
    ///
    /// It is the output of systemctl show --all '*.service' '*.target'.
    #[arg(long, value_name = "FILE", conflicts_with = "no_systemd")]
    units_from: Option<PathBuf>,

    /// The tree of processes: another mount of /proc, or a recorded copy
    #[arg(long, value_name = "DIR", default_value = PROC)]
    proc_root: PathBuf,
}

impl HostTree {
    /// Opens the tree.
    ///
    /// # Errors
    /// If it is not a tree of processes.
    pub(crate) fn open(&self) -> Result<ProcRoot, Error> {
        ProcRoot::open(&self.proc_root)
    }

    /// What systemd knows, if it can answer for this tree. Calls `asking` before it asks.
    ///
    /// # Errors
    /// If the file of `--units-from` can't be read.
    pub(crate) fn source(&self, root: &ProcRoot, asking: impl FnOnce()) -> Result<Source, Error> {
        if let Some(path) = &self.units_from {
            return recorded(path).map(Source::Systemd);
        }
        let alone = |why: &str| Ok(Source::Cgroups(why.into()));
        if self.no_systemd {
            return alone("--no-systemd");
        }
        if !root.is_procfs() {
            return alone("a recorded tree; --units-from FILE brings what systemd said");
        }
        if self.proc_root != Path::new(PROC) {
            return alone("systemd here knows nothing of another tree");
        }
        if !systemctl::is_here() {
            return alone("this host was not booted with systemd");
        }
        asking();
        systemctl::ask().map_or_else(|error| alone(&error.to_string()), |u| Ok(Source::Systemd(u)))
    }
}

fn recorded(path: &Path) -> Result<Units, Error> {
    let shown = escape::path(path);
    let text = fs::read(path);
    let text = text.map_err(|error| Error::new(format!("cannot read {shown}: {error}")))?;
    Units::parse(&text).map_err(|error| error.at(shown))
}
