//! Compares a file of specs with the host: which daemons does it lack, and which of its lines match
//! nothing?
//!
//! A daemon is covered if some line finds it and would alert without it. A line that finds nothing can
//! go if its package is gone. It must stay if its daemon should run but does not.

use std::path::Path;

use super::diff;
use super::line::Line;
use super::suggestion::Suggestion;
use crate::count::look;
use crate::count::scan::{self, Tally, Target};
use crate::nagios::range::Thresholds;
use crate::nagios::state::State;
use crate::proc::fact::Missing;
use crate::proc::process::Process;
use crate::proc::root::ProcRoot;
use crate::select::lines::{contents_of, split_comment};
use crate::select::population::{Containers, Population};
use crate::select::selector::Subject;
use crate::select::spec::Spec;
use crate::text::error::Error;
use crate::text::escape;
use crate::text::list::listed;

/// Longest line and longest explanation shown, in characters.
const LONGEST: usize = 240;

/// A line of the file that is not a comment.
struct Kept {
    /// Its index.
    at: usize,
    text: String,
    spec: Result<Spec, Error>,
}

/// A line that finds nothing.
struct Dead {
    at: usize,
    text: String,
    why: String,
    /// Whether it must stay, because its daemon should run.
    stays: bool,
}

/// The result of a comparison.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// Text for people, then a diff for patch(1).
    pub text: String,
    /// Whether the file and the host differ.
    pub differs: bool,
}

/// Compares the file at `path` with the suggestion for the processes of `root`.
///
/// # Errors
/// If the file can't be read, or the processes can't be listed.
pub fn compare(root: &ProcRoot, suggestion: &Suggestion, path: &Path) -> Result<Comparison, Error> {
    let contents = contents_of(path)?;
    let contents = String::from_utf8_lossy(&contents);
    let kept = kept(&contents);
    let missing: Vec<_> = wanted(suggestion, &contents)
        .filter(|line| !kept.iter().any(|kept| covers(kept, line, root)))
        .collect();
    let dead = dead(root, &kept, suggestion)?;
    let shown = escape::path(path);
    if missing.is_empty() && dead.is_empty() {
        let says = if kept.is_empty() {
            "holds no spec, and 'procwarden suggest' has none to add yet"
        } else {
            "covers all daemons, and each of its lines finds what it wants"
        };
        return Ok(Comparison { text: format!("{shown} {says}\n"), differs: false });
    }
    let mut text = String::new();
    let missing: Vec<_> = missing.into_iter().map(Line::text).collect();
    let added = missing.iter().map(|line| format!("+ {line}"));
    push(&mut text, "Daemons that no line covers", added);
    let of = |stays: bool, mark: char| {
        let those = dead.iter().filter(move |dead| dead.stays == stays);
        those
            .map(move |Dead { at, text, why, .. }| format!("{mark} line {}: {text}: {why}", at + 1))
    };
    push(&mut text, "Lines that find nothing", of(false, '-'));
    push(&mut text, "Lines that find nothing, and should stay", of(true, '!'));
    let removed: Vec<_> = dead.iter().filter(|dead| !dead.stays).map(|dead| dead.at).collect();
    let edit = diff::Edit { removed, added: missing, place: place(&kept) };
    if !(edit.added.is_empty() && edit.removed.is_empty()) {
        text.push_str(&format!("\nAs a diff, for: patch {shown}\n\n"));
        text.push_str(&diff::unified(&shown, &contents, &edit));
    }
    Ok(Comparison { text, differs: true })
}

fn push(text: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<_> = lines.collect();
    if !lines.is_empty() {
        text.push_str(&format!("{title}:\n"));
        for line in lines {
            text.push_str(&format!("  {line}\n"));
        }
    }
}

fn kept(contents: &str) -> Vec<Kept> {
    let lines = contents.lines().map(str::trim).enumerate();
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let read = |line: &str| {
        let (spec, _) = split_comment(line.as_bytes());
        Spec::parse(spec, Subject::Program, Thresholds::default())
    };
    lines.map(|(at, line)| Kept { at, text: line.to_owned(), spec: read(line) }).collect()
}

/// The suggested lines about daemons and their workers, without those that a `#-NAME` declines.
fn wanted<'s>(suggestion: &'s Suggestion, contents: &str) -> impl Iterator<Item = &'s Line> {
    let never: Vec<_> = contents.lines().filter_map(never).map(str::to_owned).collect();
    let lines = suggestion.daemons.iter().flatten().filter(|line| line.doubt.is_none());
    lines.filter(move |line| !line.subjects.iter().any(|subject| never.contains(subject)))
}

/// The NAME of a line `#-NAME # reason`. `None` for similar comments, such as `#- look here` or `#-----`.
fn never(line: &str) -> Option<&str> {
    let name = line.trim().strip_prefix("#-")?.split([' ', '\t']).next()?;
    let is_of_name = |c: char| c.is_alphanumeric() || "_-.+@/:()%\\".contains(c);
    (!name.starts_with('-') && name.chars().all(is_of_name)).then_some(name)
}

/// Whether `kept` finds one of the processes that `line` is about, and would alert without any.
fn covers(kept: &Kept, line: &Line, root: &ProcRoot) -> bool {
    let Ok(spec) = kept.spec.as_ref() else { return false };
    let finds = |pid| match spec.selector.fits(&mut Process::new(root, pid)) {
        Ok(fits) => fits,
        // Hidden from us, but the check may be able to see it.
        Err(Missing::Hidden(_)) => true,
        Err(Missing::Gone) => false,
    };
    wants_any(spec) && line.pids.iter().copied().any(finds)
}

/// Where to add lines: after the last one that asks for a daemon. The sections after it forbid
/// processes or are commented out.
fn place(kept: &[Kept]) -> usize {
    let asks = |kept: &&Kept| kept.spec.as_ref().is_ok_and(wants_any);
    kept.iter().rfind(asks).or(kept.last()).map_or(usize::MAX, |kept| kept.at + 1)
}

/// Whether it would alert if no process fits.
fn wants_any(spec: &Spec) -> bool {
    spec.thresholds.state(0.0) != State::Ok
}

fn dead(root: &ProcRoot, kept: &[Kept], suggestion: &Suggestion) -> Result<Vec<Dead>, Error> {
    let mut dead = nothing_found(root, kept, suggestion)?;
    for kept in kept {
        if let Err(error) = &kept.spec {
            let why = error.to_string();
            // The line itself is shown already.
            let why = why.split_once("': ").map_or(why.as_str(), |(_, why)| why);
            // If a user is missing, the package is gone. Any other error should be fixed.
            dead.push(Dead::new(kept, why, !error.is_of_host()));
        }
    }
    dead.sort_by_key(|dead| dead.at);
    Ok(dead)
}

/// The lines that want processes but certainly find none.
fn nothing_found(
    root: &ProcRoot,
    kept: &[Kept],
    suggestion: &Suggestion,
) -> Result<Vec<Dead>, Error> {
    let population = Population::new(Containers::Exclude, true);
    let read = kept.iter().filter_map(|kept| Some((kept, kept.spec.as_ref().ok()?)));
    let read: Vec<(&Kept, &Spec)> = read.filter(|(_, spec)| wants_any(spec)).collect();
    let targets: Vec<_> = read.iter().map(|(_, spec)| Target::of(spec)).collect();
    let scan = scan::count(root, &population, &targets)?;
    if scan.blindness.is_some() {
        return Ok(Vec::new());
    }
    let finds_none = |tally: &Tally| tally.certain + tally.uncertain.count() + tally.gone == 0;
    let places = (0..read.len()).filter(|&at| finds_none(&scan.tallies[at]));
    let places: Vec<usize> = places.collect();
    let looks = look::closely(root, &population, &targets, &places)?;
    let dead = |&at: &usize| {
        let (kept, spec) = read[at];
        let near = looks[at].near_misses();
        let near = if near.is_empty() { vec!["no such process".to_owned()] } else { near };
        let mut missing = suggestion.missing.iter();
        match missing.find(|(unit, _)| is_about(kept, spec, unit)) {
            Some((unit, state)) => Dead::new(kept, &format!("{unit} should run: {state}"), true),
            None => Dead::new(kept, &listed(&near, LONGEST), false),
        }
    };
    Ok(places.iter().map(dead).collect())
}

impl Dead {
    fn new(kept: &Kept, why: &str, stays: bool) -> Self {
        let text = escape::bounded(split_comment(kept.text.as_bytes()).0, LONGEST);
        Self { at: kept.at, text, why: escape::shortened(why, LONGEST), stays }
    }
}

/// Whether a line is about this unit, by its text, its comment or its label.
fn is_about(kept: &Kept, spec: &Spec, unit: &str) -> bool {
    let stem = unit.strip_suffix(".service").unwrap_or(unit);
    let is_word = |c: char| c.is_alphanumeric() || "@.:_\\-".contains(c);
    let mut words = kept.text.split(|c: char| !is_word(c));
    words.any(|word| word == unit || word == stem) || spec.label == stem
}
