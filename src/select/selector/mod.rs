//! Selectors: which processes are meant.
//!
//! A selector is parsed once and then asked of every process. Terms of one key are one
//! *question* (any of them will do; negated: none of them may); all questions must be answered yes.
//! They are asked cheapest first, and a no ends it, so that an expensive file is opened only for the
//! few that passed the rest. Answers are three-valued: see [`fact`].

mod answer;
mod bare;
mod executable;
mod hint;
mod key;
mod near;
mod parse;
mod pid_file;
mod slip;
mod value;

pub use answer::{id, quantity};
pub(crate) use hint::unknown_key;
pub use key::{KEYS, Key, Kind, Row};
pub(crate) use near::Neighbour;
pub(crate) use parse::{split_terms, unquoted};
pub(crate) use slip::in_label as slip_in_label;

use std::path::{Path, PathBuf};

use regex::bytes::Regex;

use crate::host::security::System;
use crate::kernel::comm::Comm;
use crate::proc::fact::{self, Fact, Missing};
use crate::proc::process::{Process, name};
use crate::proc::root::ProcRoot;
use crate::text::error::Error;
use crate::text::number::Interval;
use executable::Executable;

/// What a bare first term names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A name, or an executable if it begins with `/`.
    Program,
    /// A security domain, even if it begins with `/` (AppArmor's profiles do).
    Domain,
}

/// The letters that the kernel has for a process's state.
const STATES: &[u8] = b"RSDZTtIX";

/// A conjunction of terms.
#[derive(Clone, Debug)]
pub struct Selector {
    text: String,
    questions: Vec<Question>,
    subject: Option<Key>,
}

impl Selector {
    /// One that every process fits.
    pub const fn everything() -> Self {
        Self { text: String::new(), questions: Vec::new(), subject: None }
    }

    /// Whether `process` is meant.
    ///
    /// # Errors
    /// Gone, or hidden where the answer hangs on a hidden fact.
    pub fn fits(&self, process: &mut Process<'_>) -> Fact<bool> {
        fact::all(self.questions.iter().map(|question| question.answer(process)))
    }

    /// The selector as it was written, fit for output.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its questions, cheapest first.
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// Whether this question is its subject: the first term, if that names a program or a domain.
    pub fn is_subject(&self, question: &Question) -> bool {
        self.subject == Some(question.key) && !question.negated
    }

    /// Whether `process` fits by what it says of itself, since its executable may not be read.
    pub(crate) fn believes(&self, process: &mut Process<'_>) -> bool {
        let by_path = self.questions.iter().any(|question| question.key == Key::Path);
        by_path && matches!(process.exe(), Err(Missing::Hidden(_)))
    }

    /// Whether it asks about security labels.
    pub(crate) fn asks_for_label(&self) -> bool {
        let mut questions = self.questions.iter();
        questions.any(|question| question.key.is_of_label())
    }

    /// Checks what it asks for against what there is in `root`: the labels that its security system writes,
    /// and whether pid files are about its processes. Without a tree nothing is wrong.
    ///
    /// # Errors
    /// What no process can have, which `:0-0` would call OK for ever.
    pub fn check_for(&self, root: Option<&ProcRoot>) -> Result<(), Error> {
        let Some(root) = root else { return Ok(()) };
        if self.pid_files().next().is_some() && !root.is_ours() {
            let why = "a pid file is about this host's own processes, and not about those of --proc-root; \
                       leave pidfile= out";
            return Err(Error::new(why).at(format_args!("'{}'", self.text)));
        }
        let system = if self.asks_for_label() { root.labelling().meant() } else { None };
        let faults = system.and_then(|system| {
            self.questions.iter().find_map(|question| question.fault_of_label(system))
        });
        faults.map_or(Ok(()), |why| Err(Error::new(why).at(format_args!("'{}'", self.text))))
    }

    /// The pid files that it asks for.
    fn pid_files(&self) -> impl Iterator<Item = &Path> {
        let tests = self.questions.iter().flat_map(|question| &question.tests);
        tests.filter_map(|test| match test {
            Test::PidFile(path) => Some(path.as_path()),
            _ => None,
        })
    }

    /// What is wrong with the pid files that it asks for, where no process fits: missing or stale.
    pub(crate) fn complaints_of_pid_files(&self, root: &ProcRoot) -> Vec<String> {
        self.pid_files().filter_map(|path| pid_file::complaint(path, root)).collect()
    }

    /// Whether it asks for zombies, which otherwise count as not running.
    pub(crate) fn asks_for_zombies(&self) -> bool {
        let asks = |test: &Test| matches!(test, Test::Letters(letters) if letters.contains(&b'Z'));
        self.questions.iter().any(|question| {
            question.key == Key::State && !question.negated && question.tests.iter().any(asks)
        })
    }

    /// Whether it says which programs are meant, rather than whose processes or what kind of them.
    pub fn names_programs(&self) -> bool {
        let keys = [Key::Name, Key::Comm, Key::Exe, Key::Path, Key::Args, Key::Cmd];
        self.questions.iter().any(|question| keys.contains(&question.key) && !question.negated)
    }

    /// Whether all that fit have one name, which its text says.
    pub(crate) fn names_one_program(&self) -> bool {
        self.questions.iter().any(|question| {
            let is_name = matches!(question.key, Key::Name | Key::Path | Key::Exe);
            is_name
                && !question.negated
                && matches!(question.tests[..], [Test::Text(_) | Test::Executable(_)])
        })
    }

    /// Whether `process`, which fits, does so by an expression for names or arguments, which finds
    /// what it looks for in the arguments of other checks too.
    pub(crate) fn finds_by_expression(&self, process: &mut Process<'_>) -> bool {
        self.questions.iter().any(|question| question.finds_by_expression(process))
    }

    /// Whether it asks where a process lives, and so decides about containers itself.
    pub(crate) fn asks_for_containers(&self) -> bool {
        self.questions.iter().any(|question| question.key == Key::Container)
    }

    /// The question that turns down all but running members of certain units, if it asks one: a
    /// selector that also wants the dead has none.
    pub(crate) fn units(&self) -> Option<&Question> {
        let is_of_units = |question: &&Question| question.key == Key::Unit && !question.negated;
        self.questions.iter().find(is_of_units).filter(|_| !self.asks_for_zombies())
    }

    /// What `comm` must be for this selector to fit any but an interpreter, if there is just one
    /// such name: what a scan of many specs sorts them by.
    pub(crate) fn only_comm(&self) -> Option<&[u8]> {
        let Question { key: Key::Name, negated: false, tests, .. } = self.questions.first()? else {
            return None;
        };
        let [Test::Text(name)] = tests.as_slice() else {
            return None;
        };
        Some(&name[..name.len().min(Comm::CUT)])
    }
}

/// All terms of a selector with one key and one sign.
#[derive(Clone, Debug)]
pub struct Question {
    key: Key,
    negated: bool,
    tests: Vec<Test>,
    written: Vec<String>,
}

impl Question {
    /// What it asks about.
    pub const fn key(&self) -> Key {
        self.key
    }

    /// The question as it was understood: `name=sshd`, `user=root or user=daemon`.
    pub fn in_words(&self) -> String {
        self.written.join(if self.negated { " and " } else { " or " })
    }

    /// Whether the process is called like the executable that is asked for, although it may run
    /// another one.
    pub fn is_namesake(&self, process: &mut Process<'_>) -> bool {
        self.tests.iter().any(|test| match test {
            Test::Executable(executable) => name::is(executable.name(), process) == Ok(true),
            _ => false,
        })
    }

    /// Its terms one by one, as they were understood.
    #[cfg(test)]
    pub(crate) fn terms(&self) -> impl Iterator<Item = (Key, bool, String)> {
        self.tests.iter().map(|test| (self.key, self.negated, format!("{test:?}")))
    }

    /// Whether one of its values is this text.
    pub(crate) fn wants(&self, text: &[u8]) -> bool {
        self.tests.iter().any(|test| test.fits_text(text))
    }

    /// Why no process of this system has the label that is asked for.
    pub(crate) fn fault_of_label(&self, system: System) -> Option<String> {
        self.tests.iter().find_map(|test| match (self.key, test) {
            (Key::Domain, Test::Text(domain)) => system.fault_of_domain(domain),
            (Key::Context, Test::Text(context)) => system.fault_of_context(context),
            (Key::Domain, Test::Matches(regex)) => {
                let text = regex.as_str().trim_start_matches('^').trim_end_matches('$');
                let is_of_text = |c: char| c.is_ascii_alphanumeric() || "_-.:".contains(c);
                let is_plain = text.chars().all(is_of_text);
                is_plain.then(|| system.fault_of_domain(text.as_bytes())).flatten()
            }
            _ => None,
        })
    }
}

/// A value to compare with.
#[derive(Clone, Debug)]
enum Test {
    Text(Vec<u8>),
    Matches(Regex),
    Executable(Executable),
    PidFile(PathBuf),
    Id(u32),
    /// A user or group that the name service did not tell us.
    Untold,
    Within(Interval),
    Letters(Vec<u8>),
    Is(bool),
}
