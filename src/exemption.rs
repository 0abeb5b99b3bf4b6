//! Exemptions: processes that a check looks at and does not judge, and why not.
//!
//! They come from options and from files, where a reason may follow the selector. How many
//! processes each of them matched is kept, since a whitelist rots: one that matches nothing any
//! more is a hole that somebody else may slip through.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::escape;
use crate::fact::{Fact, Missing};
use crate::process::Process;
use crate::selector::{Selector, Subject};
use crate::spec;

/// What divides a selector from its reason in a file.
const REASON: &[u8] = b" # ";

/// Longest reason kept, in characters.
const LONGEST_REASON: usize = 120;

/// As typed.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ExemptionOptions {
    /// Do not judge these processes, such as xz,user=backup
    #[arg(long, value_name = "SELECTOR", allow_hyphen_values = true)]
    pub exempt: Vec<OsString>,

    /// The same from a file, a selector a line; what follows " # " is the reason
    #[arg(long, value_name = "FILE")]
    pub exempt_from: Vec<PathBuf>,
}

/// A selector whose processes are exempt.
#[derive(Clone, Debug)]
pub struct Exemption {
    /// Which processes.
    pub selector: Selector,
    /// Why, fit for output; empty where nobody said.
    pub reason: String,
    /// Where it stands, as `FILE:LINE`, fit for output; empty for an option.
    pub origin: String,
    /// How many processes it matched in the last scan.
    pub matched: u64,
}

impl Exemption {
    /// One that comes from no file.
    pub fn new(selector: Selector, reason: impl Into<String>) -> Self {
        Self {
            selector,
            reason: reason.into(),
            origin: String::new(),
            matched: 0,
        }
    }

    /// Reads `SELECTOR[ # REASON]`, a line of a file.
    fn parse_line(line: &[u8], subject: Subject) -> Result<Self, Error> {
        let cut = line.windows(REASON.len()).position(|part| part == REASON);
        let (selector, reason) = cut.map_or((line, &b""[..]), |at| {
            (&line[..at], &line[at + REASON.len()..])
        });
        let selector = Selector::parse(selector.trim_ascii(), subject)?;
        let reason = escape::bounded(reason.trim_ascii(), LONGEST_REASON);
        Ok(Self::new(selector, reason))
    }

    /// `xz (compresses logs)`: the selector, and the reason where there is one.
    pub fn shown(&self) -> String {
        if self.reason.is_empty() {
            self.selector.text().to_owned()
        } else {
            format!("{} ({})", self.selector.text(), self.reason)
        }
    }
}

/// All exemptions of a check, in the order of options and then files.
#[derive(Clone, Debug, Default)]
pub struct Exemptions(Vec<Exemption>);

impl Exemptions {
    /// Reads those that were typed, then those of the files. A file may be empty: without
    /// exemptions everything is judged.
    ///
    /// # Errors
    /// A wrong selector, with file and line where it has them, or a file that can't be read.
    pub fn parse(options: &ExemptionOptions, subject: Subject) -> Result<Self, Error> {
        let mut all = Self::default();
        for typed in &options.exempt {
            let selector =
                Selector::parse(typed.as_bytes(), subject).map_err(|error| error.at("--exempt"))?;
            all.push(Exemption::new(selector, ""));
        }
        for file in &options.exempt_from {
            all.extend_from_file(file, subject)?;
        }
        Ok(all)
    }

    /// Adds one.
    pub fn push(&mut self, exemption: Exemption) {
        self.0.push(exemption);
    }

    fn extend_from_file(&mut self, file: &Path, subject: Subject) -> Result<(), Error> {
        let shown = escape::text(file.as_os_str().as_bytes());
        for (number, line) in spec::lines_of(file)? {
            let origin = format!("{shown}:{number}");
            let exemption =
                Exemption::parse_line(&line, subject).map_err(|error| error.at(&origin))?;
            self.0.push(Exemption {
                origin,
                ..exemption
            });
        }
        Ok(())
    }

    /// The place of the first exemption that `process` fits; each that it fits counts it.
    ///
    /// # Errors
    /// Gone; or hidden where the answer hangs on a hidden fact.
    pub fn which(&mut self, process: &mut Process<'_>) -> Fact<Option<usize>> {
        let (mut first, mut hidden) = (None, None);
        for (at, exemption) in self.0.iter_mut().enumerate() {
            match exemption.selector.fits(process) {
                Ok(true) => {
                    exemption.matched += 1;
                    first = first.or(Some(at));
                }
                Ok(false) => {}
                Err(Missing::Gone) => return Err(Missing::Gone),
                Err(Missing::Hidden(what)) => hidden = hidden.or(Some(what)),
            }
        }
        match (first, hidden) {
            (None, Some(hidden)) => Err(Missing::Hidden(hidden)),
            (first, _) => Ok(first),
        }
    }

    /// Forgets how many matched: a new scan begins.
    pub fn start_over(&mut self) {
        for exemption in &mut self.0 {
            exemption.matched = 0;
        }
    }

    /// All of them.
    pub fn all(&self) -> &[Exemption] {
        &self.0
    }

    /// Lines for `-v`, first those that matched nothing: `exemption 'xz' matched nothing`.
    pub fn details(&self) -> Vec<String> {
        let (used, idle): (Vec<_>, Vec<_>) = self.0.iter().partition(|one| one.matched > 0);
        let line = |one: &&Exemption| {
            let matched = match one.matched {
                0 => "nothing".to_owned(),
                1 => "1 process".to_owned(),
                count => format!("{count} processes"),
            };
            let origin = if one.origin.is_empty() {
                String::new()
            } else {
                format!("{}: ", one.origin)
            };
            format!("exemption {origin}{} matched {matched}", one.shown())
        };
        idle.iter().chain(&used).map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proc_root::ProcRoot;

    fn of_file(text: &str) -> Result<Exemptions, Error> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let options = ExemptionOptions {
            exempt: vec!["typed".into()],
            exempt_from: vec![file.path().to_owned()],
        };
        Exemptions::parse(&options, Subject::Program)
    }

    #[test]
    fn a_reason_follows_the_selector() {
        let all = of_file("# why\n\nxz,user=root # logs | at # night\n  gzip  \nx#y\n").unwrap();
        let parts: Vec<_> = all
            .all()
            .iter()
            .map(|one| (one.selector.text(), one.reason.as_str()))
            .collect();
        assert_eq!(
            parts,
            [
                ("typed", ""),
                ("xz,user=root", "logs \\x7c at # night"),
                ("gzip", ""),
                ("x#y", "")
            ]
        );
        assert!(all.all()[1].origin.ends_with(":3"));
    }

    #[test]
    fn a_wrong_selector_is_told_with_file_and_line() {
        let error = of_file("xz\nfrob=1 # x\n").unwrap_err().to_string();
        assert!(
            error.contains(":2: 'frob=1': unknown key 'frob'"),
            "{error}"
        );
    }

    #[test]
    fn what_matched_nothing_is_told_first() {
        let options = ExemptionOptions {
            exempt: vec!["uid=0-".into(), "nosuchprocess".into()],
            exempt_from: Vec::new(),
        };
        let mut all = Exemptions::parse(&options, Subject::Program).unwrap();
        let root = ProcRoot::open(Path::new("/proc")).unwrap();
        let mut me = Process::new(&root, root.own_pid().unwrap());
        assert_eq!(all.which(&mut me), Ok(Some(0)));
        assert_eq!(
            all.details(),
            [
                "exemption nosuchprocess matched nothing",
                "exemption uid=0- matched 1 process"
            ]
        );
        all.start_over();
        assert!(all.all().iter().all(|one| one.matched == 0));
    }
}
