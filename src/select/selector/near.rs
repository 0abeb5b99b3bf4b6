//! What a selector that nothing fits nearly asks for: a name in other letters, a unit of almost that
//! name, a title or a script in place of a program.

use std::{ptr, str};

use super::{Key, Question, Selector, Test};
use crate::kernel::cmdline::{arguments, base_name, joined};
use crate::kernel::comm::Comm;
use crate::kernel::interpreter::is_interpreter;
use crate::proc::process::{Process, shown_name};
use crate::text::bytes::contains;
use crate::text::escape;

/// Longest term shown, in characters.
const LONGEST: usize = 80;

/// A term that a process fits, in place of one that it does not. The nearest comes first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Neighbour {
    distance: usize,
    /// As it can be written in a spec, fit for output.
    pub(crate) term: String,
}

impl Neighbour {
    fn new(distance: usize, term: &[u8]) -> Self {
        Self { distance, term: escape::bounded(term, LONGEST) }
    }
}

impl Selector {
    /// What `process` has in place of the one term that turns it down, if that is nearly right.
    pub(crate) fn neighbour(&self, process: &mut Process<'_>) -> Option<Neighbour> {
        self.questions.iter().find_map(|question| {
            let found = question.neighbour(process)?;
            let mut all = self.questions.iter();
            let is_alone = all.all(|q| q.answer(process) == Ok(!ptr::eq(q, question)));
            is_alone.then_some(found)
        })
    }
}

impl Question {
    fn neighbour(&self, process: &mut Process<'_>) -> Option<Neighbour> {
        let mut tests = self.tests.iter().filter(|_| !self.negated);
        tests.find_map(|test| match (self.key, test) {
            (Key::Name, Test::Text(name)) => other_name(name, process),
            (Key::Unit, Test::Text(unit)) => other_unit(unit, process),
            (Key::Args, Test::Matches(regex)) => same_text(regex.as_str(), process),
            _ => None,
        })
    }
}

/// `sshd` for `Sshd`, `backup` for the `python3` that runs it as a `#!` script, `args~^tmux: server`
/// for the title `tmux: server`.
fn other_name(wanted: &[u8], process: &mut Process<'_>) -> Option<Neighbour> {
    let start = &wanted[..wanted.len().min(Comm::CUT)];
    if process.comm().ok()?.as_bytes().eq_ignore_ascii_case(start) {
        let name = shown_name(process).ok()?;
        return name.eq_ignore_ascii_case(wanted).then(|| Neighbour::new(0, &name));
    }
    let is_title = wanted.contains(&b' ') || wanted.contains(&b':');
    if !is_title && !is_interpreter(wanted) {
        return None;
    }
    let cmdline = process.cmdline().ok()?;
    if is_title {
        let title = String::from_utf8_lossy(wanted);
        let term = format!("args~^{}", literally(&title));
        return joined(cmdline).starts_with(wanted).then(|| Neighbour::new(0, term.as_bytes()));
    }
    let interpreter = arguments(cmdline).next().map(base_name);
    if interpreter != Some(wanted) {
        return None;
    }
    Some(Neighbour::new(0, &shown_name(process).ok()?))
}

/// `unit=ssh.service` for `unit=sshd` and `unit=ssh.servic`, `unit=pg@15.service` for `unit=pg`.
fn other_unit(wanted: &[u8], process: &mut Process<'_>) -> Option<Neighbour> {
    let unit = str::from_utf8(process.unit().ok()??).ok()?;
    // Without a kind it was made a service, whatever was written.
    let (wanted, stem) = (stem(str::from_utf8(wanted).ok()?), stem(unit));
    let is_instance = stem.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('@'));
    let distance = strsim::osa_distance(wanted, unit).min(strsim::osa_distance(wanted, stem));
    let is_near = is_instance || distance <= wanted.len() / 3;
    is_near.then(|| Neighbour::new(distance, format!("unit={unit}").as_bytes()))
}

fn stem(unit: &str) -> &str {
    unit.strip_suffix(".service").unwrap_or(unit)
}

/// `args~g[+][+]` for `args~g++` where the arguments hold just that text.
fn same_text(regex: &str, process: &mut Process<'_>) -> Option<Neighbour> {
    let text = regex.strip_prefix('^').unwrap_or(regex);
    let text = text.strip_suffix('$').unwrap_or(text);
    let line = process.cmdline().map(joined).ok()?;
    let term = || format!("args~{}", regex.replacen(text, &literally(text), 1));
    contains(&line, text.as_bytes()).then(|| Neighbour::new(0, term().as_bytes()))
}

/// A regular expression for just this text, as a spec has it: with each comma doubled.
fn literally(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '.' | '+' | '*' | '?' | '(' | ')' | '|' | '{' | '}' | '$' => out.extend(['[', c, ']']),
            '[' | ']' | '^' | '\\' => out.extend(['\\', c]),
            ',' => out.push_str(",,"),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stands_for_itself() {
        let text = r"a.b+c[d]^e\f,(g)|{h}?*$";
        let pattern = literally(text).replace(",,", ",");
        assert!(
            regex::bytes::Regex::new(&format!("^{pattern}$")).unwrap().is_match(text.as_bytes())
        );
    }
}
