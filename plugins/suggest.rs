//! `procwarden suggest`: prints what to monitor on this host.
//!
//! The library decides what to suggest. This module has the options and writes the output.

mod all;
mod write;

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use procwarden::host::{names, patience};
use procwarden::proc::root::ProcRoot;
use procwarden::suggest::compare;
use procwarden::suggest::file::{self, DAEMONS, Origin};
use procwarden::suggest::format::{self, Format};
use procwarden::suggest::suggestion::Suggestion;
use procwarden::text::escape;
use procwarden::text::number::{duration, seconds};

use crate::footing;
use crate::host_tree::HostTree;
use crate::person::{Act, Outcome};

/// The options, as typed.
#[derive(Debug, Parser)]
#[command(name = "procwarden-suggest", bin_name = "procwarden suggest", max_term_width = 80)]
#[command(about = "Suggest which daemons to monitor on this host")]
pub(crate) struct Options {
    /// Create this file instead of printing
    ///
    /// With --all it is a directory, in which several files are created. A file that exists is never overwritten.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Create the files that the plugins need, in the directory of -o
    ///
    /// They are daemons, cpu and privdrop and, if daemons are confined, domains. Files that exist are kept.
    #[arg(long, requires = "output", conflicts_with = "format")]
    all: bool,

    /// Print the check for this scheduler
    #[arg(long, value_name = "FORMAT", default_value = "specs", value_parser = formats())]
    format: Format,

    /// Show what a file of specs lacks, and which of its lines match nothing
    #[arg(long, value_name = "FILE", conflicts_with_all = ["output", "format"])]
    compare: Option<PathBuf>,

    /// Comment out daemons that started less than this long ago
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = duration)]
    min_age: Duration,

    #[command(flatten)]
    tree: HostTree,
}

impl Act for Options {
    fn act(&self) -> Outcome {
        // Treat as hidden what does not answer.
        patience::begin_with_care();
        let root = self.tree.open()?;
        let source = self.tree.source(&root, || progress("asking systemd"))?;
        progress("reading the processes");
        let suggestion = Suggestion::of(&root, &source, seconds(self.min_age))?;
        if let Some(file) = &self.compare {
            let found = compare::compare(&root, &suggestion, file)?;
            return Ok((found.text, u8::from(found.differs)));
        }
        let text = self.text(&root, &suggestion);
        let summary = suggestion.summary();
        let Some(output) = &self.output else {
            progress(&summary);
            return Ok((text, 0));
        };
        if self.all {
            let made = all::create(output, &text, &root, &suggestion)?;
            return Ok((format!("{made}{summary}\n"), 0));
        }
        write::create(output, &text)?;
        Ok((format!("made {}: {summary}\n", escape::path(output)), 0))
    }
}

impl Options {
    fn text(&self, root: &ProcRoot, suggestion: &Suggestion) -> String {
        let host = host(root);
        if let Some(text) = format::text(self.format, &suggestion.specs(), &host) {
            return text;
        }
        let place = match &self.output {
            Some(dir) if self.all => dir.join("daemons"),
            Some(file) => file.clone(),
            None => DAEMONS.into(),
        };
        let host = if root.is_procfs() { host } else { format!("the tree {}", root.shown_path()) };
        let user = names::user(rustix::process::geteuid().as_raw());
        let user = escape::text(user.as_bytes());
        file::text(suggestion, &Origin { host, user, place: escape::path(&place) })
    }
}

/// The host's name; a recorded tree has none.
fn host(root: &ProcRoot) -> String {
    let name = std::fs::read(root.path().join("sys/kernel/hostname")).unwrap_or_default();
    match escape::bounded(name.trim_ascii(), 64) {
        name if name.is_empty() => "localhost".into(),
        name => name,
    }
}

/// Shows progress, if standard error is a terminal.
fn progress(what: &str) {
    if footing::is_watched() {
        footing::say(&format!("procwarden suggest: {what}\n"));
    }
}

fn formats() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.map(|(_, name)| name)).map(|name| {
        let found = Format::ALL.into_iter().find(|(_, known)| *known == name);
        found.map_or(Format::Specs, |(format, _)| format)
    })
}
