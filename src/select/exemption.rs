//! Exemptions: processes that someone has looked at and found right, and the reason why.
//!
//! An exemption is a selector; in a file, `SELECTOR # REASON`. It counts how many processes it
//! covered, so `-v` can list the exemptions that are no longer needed: whitelists rot.

use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use crate::proc::describe;
use crate::proc::fact::{Fact, Missing, unless_gone};
use crate::proc::process::Process;
use crate::proc::root::ProcRoot;
use crate::select::lines::{Listed, split_comment};
use crate::select::ranges::needless_range;
use crate::select::selector::{Selector, Subject};
use crate::text::error::Error;
use crate::text::escape;

/// Longest selector and longest reason shown, in characters.
const LONGEST: usize = 120;

/// Reads a selector that chooses processes and counts nothing: an exemption's, and that of `--only`.
///
/// # Errors
/// What is wrong with it, and what would be right.
pub fn selector(text: &[u8]) -> Result<Selector, Error> {
    if let Some(range) = needless_range(text) {
        let why = format!("it counts nothing, and so has no range; leave :{range} out");
        return Err(Error::new(why));
    }
    Selector::parse(text, Subject::Program)
}

/// One exemption.
#[derive(Clone, Debug)]
pub struct Exemption {
    selector: Selector,
    reason: Option<String>,
    matched: u64,
}

impl Exemption {
    /// An exemption made by the program, not read from text.
    pub fn new(selector: Selector, reason: &str) -> Self {
        Self { selector, reason: Some(reason.into()), matched: 0 }
    }

    /// Reads `SELECTOR` or `SELECTOR # REASON`.
    ///
    /// # Errors
    /// What is wrong with the selector, and what would be right.
    pub fn parse(text: &[u8]) -> Result<Self, Error> {
        let explain =
            |error: Error| error.at(format_args!("exemption '{}'", escape::bounded(text, 100)));
        let (written, reason) = split_comment(text);
        Ok(Self {
            selector: selector(written).map_err(explain)?,
            reason: reason.map(|reason| escape::bounded(reason, LONGEST)),
            matched: 0,
        })
    }

    /// Whether `process` is exempt; a yes is counted.
    ///
    /// # Errors
    /// Gone, or hidden if the answer depends on a hidden fact.
    pub fn covers(&mut self, process: &mut Process<'_>) -> Fact<bool> {
        let fits = self.selector.fits(process)?;
        self.matched += u64::from(fits);
        Ok(fits)
    }

    /// Whether its selector is written so; a yes is counted. This is for what is no process, as a file's path.
    pub(crate) fn is_written(&mut self, text: &str) -> bool {
        let is_it = self.selector.text() == text;
        self.matched += u64::from(is_it);
        is_it
    }

    /// The exemption, if processes of `root` can have what it asks for.
    ///
    /// # Errors
    /// What no process can have; with `not-` it would spare everything.
    pub fn fit_for(self, root: Option<&ProcRoot>) -> Result<Self, Error> {
        self.selector.check_for(root).map_err(|error| error.at("exemption"))?;
        Ok(self)
    }

    /// What it asks of a process.
    pub const fn selector(&self) -> &Selector {
        &self.selector
    }

    /// How many processes it has covered, or what else.
    pub const fn matched(&self) -> u64 {
        self.matched
    }
}

/// `atd (runs jobs as their owners)`, or the selector alone.
impl fmt::Display for Exemption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escape::shortened(self.selector.text(), LONGEST))?;
        match &self.reason {
            Some(reason) => write!(f, " ({reason})"),
            None => Ok(()),
        }
    }
}

/// All exemptions of a check, in the order of options and then files.
#[derive(Clone, Debug, Default)]
pub struct Exemptions(Listed<Exemption>);

impl Exemptions {
    /// Reads those that were typed, then those of the files, for processes of `root`. A file may be
    /// empty: then everything is judged.
    ///
    /// # Errors
    /// A selector on the command line that is wrong, or an unusable file. The rest are
    /// [`faults`](Self::faults).
    pub(crate) fn parse(
        typed: &[OsString],
        files: &[PathBuf],
        root: Option<&ProcRoot>,
    ) -> Result<Self, Error> {
        let parse = |text: &[u8]| Exemption::parse(text)?.fit_for(root);
        let mut all = Listed::default();
        for text in typed {
            all.add_typed(parse(text.as_bytes()))?;
        }
        for file in files {
            all.add_file(file, parse)?;
        }
        Ok(Self(all))
    }

    /// Why some can't be applied: each is worth an UNKNOWN, since they may spare what is found.
    pub fn faults(&self) -> &[Error] {
        &self.0.faults
    }

    /// Adds one.
    pub fn push(&mut self, exemption: Exemption) {
        self.0.items.push(exemption);
    }

    /// The place of the first exemption that covers `process`. Each one that does counts it.
    ///
    /// # Errors
    /// Gone; or hidden if the answer depends on a hidden fact.
    pub fn which(&mut self, process: &mut Process<'_>) -> Fact<Option<usize>> {
        let (mut first, mut hidden) = (None, None);
        for (at, exemption) in self.0.items.iter_mut().enumerate() {
            match unless_gone(exemption.covers(process))? {
                Ok(true) => first = first.or(Some(at)),
                Ok(false) => {}
                Err(what) => hidden = hidden.or(Some(what)),
            }
        }
        match (first, hidden) {
            (None, Some(hidden)) => Err(Missing::Hidden(hidden)),
            (first, _) => Ok(first),
        }
    }

    /// Resets the counts for a new scan.
    pub fn start_over(&mut self) {
        for exemption in &mut self.0.items {
            exemption.matched = 0;
        }
    }

    /// All of them.
    pub fn all(&self) -> &[Exemption] {
        &self.0.items
    }

    /// Lines for `-v`, unused exemptions first: `exemption 'xz' matched nothing`.
    pub fn details(&self) -> Vec<String> {
        let (used, idle): (Vec<_>, Vec<_>) = self.0.items.iter().partition(|one| one.matched > 0);
        let line = |one: &&Exemption| {
            let matched = Some(one.matched).filter(|&count| count > 0).map(describe::processes);
            format!("exemption {one} matched {}", matched.as_deref().unwrap_or("nothing"))
        };
        idle.iter().chain(&used).map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_follows_the_mark() {
        let shown = |text: &str| Exemption::parse(text.as_bytes()).unwrap().to_string();
        assert_eq!(shown("atd"), "atd");
        assert_eq!(shown("atd,user=root  #  by design # so"), "atd,user=root (by design # so)");
        assert_eq!(shown("args~a#b"), "args~a#b");
        assert_eq!(shown("xz\t\t# packs logs"), "xz (packs logs)");
        assert_eq!(shown("a # \x1b|"), "a (\\x1b\\x7c)");
    }

    #[test]
    fn a_wrong_line_is_reported_with_its_place() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "# known\n\natd # by design\nfrob=1 # no such key\n").unwrap();
        let root = ProcRoot::open(std::path::Path::new("/proc")).unwrap();
        let read = |files: &[PathBuf]| Exemptions::parse(&[], files, Some(&root)).unwrap();
        let files = [file.path().to_owned()];
        let fault = read(&files).faults()[0].to_string();
        assert!(fault.contains(":4: exemption 'frob=1 # no such key': unknown key"), "{fault}");
        std::fs::write(file.path(), "# known\natd # by design\n").unwrap();
        let read = read(&files);
        assert_eq!((read.all().len(), read.all()[0].matched(), read.faults().len()), (1, 0, 0));
    }

    #[test]
    fn what_matched_nothing_is_reported_first() {
        let typed = ["uid=0-", "nosuchprocess"].map(OsString::from);
        let root = ProcRoot::open(std::path::Path::new("/proc")).unwrap();
        let mut all = Exemptions::parse(&typed, &[], Some(&root)).unwrap();
        let mut me = Process::new(&root, root.own_pid().unwrap());
        assert_eq!(all.which(&mut me), Ok(Some(0)));
        assert_eq!(
            all.details(),
            ["exemption nosuchprocess matched nothing", "exemption uid=0- matched 1 process"]
        );
        all.start_over();
        assert!(all.all().iter().all(|one| one.matched == 0));
    }
}
