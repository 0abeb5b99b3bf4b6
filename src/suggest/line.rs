//! A line of the file: a spec, what it is for, and whether we stand by it.

use super::names;
use crate::proc::root::Pid;

/// A suggested spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Its terms, without the label.
    pub(crate) selector: String,
    pub(crate) label: String,
    pub(crate) range: String,
    /// What follows ` # `: the unit, and what the terms are for.
    pub(crate) comment: String,
    /// Why it is commented out, if it is.
    pub(crate) doubt: Option<String>,
    /// The processes that it is about.
    pub(crate) pids: Vec<Pid>,
    /// The daemon's name and unit: what a `#-NAME` line may turn down.
    pub(crate) subjects: Vec<String>,
}

impl Line {
    /// A line that we stand by; one that the check could not read is none.
    pub(crate) fn new(selector: String, label: &str, range: &str, comment: String) -> Self {
        let mut line = Self {
            selector,
            label: label.to_owned(),
            range: range.to_owned(),
            comment,
            doubt: None,
            pids: Vec::new(),
            subjects: Vec::new(),
        };
        if !names::is_readable(&line.spec()) {
            line.doubt = Some("no check can read it; please report this".into());
        }
        line
    }

    /// The same line, commented out for this reason; the first reason stays.
    pub(crate) fn doubted(mut self, why: impl Into<String>) -> Self {
        self.doubt.get_or_insert(why.into());
        self
    }

    /// As `check_proccount` reads it.
    pub(crate) fn spec(&self) -> String {
        format!("{},label={}:{}", self.selector, self.label, self.range)
    }

    /// As it stands in the file.
    pub(crate) fn text(&self) -> String {
        let (mark, doubt) = match &self.doubt {
            Some(why) => ("#", format!("; {why}")),
            None => ("", String::new()),
        };
        format!("{mark}{}  # {}{doubt}", self.spec(), self.comment)
    }
}
