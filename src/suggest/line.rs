//! A line of the file: a spec, what it is for, and why it is commented out, if it is.

use super::names;
use crate::proc::root::Pid;

/// A suggested spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Its terms, without the label.
    pub(crate) selector: String,
    pub(crate) label: String,
    pub(crate) range: String,
    /// The comment after ` # `: the unit, and what the terms are for.
    pub(crate) comment: String,
    /// Why it is commented out, if it is.
    pub(crate) doubt: Option<String>,
    /// The processes that it is about.
    pub(crate) pids: Vec<Pid>,
    /// The daemon's name and unit, by which a `#-NAME` line may decline it.
    pub(crate) subjects: Vec<String>,
}

impl Line {
    /// A line that is not commented out, unless the check could not parse it.
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

    /// Comments the line out. The first reason is kept.
    pub(crate) fn doubted(mut self, why: impl Into<String>) -> Self {
        self.doubt.get_or_insert(why.into());
        self
    }

    /// The spec for `check_proccount`.
    pub(crate) fn spec(&self) -> String {
        format!("{},label={}:{}", self.selector, self.label, self.range)
    }

    /// The line of the file.
    pub(crate) fn text(&self) -> String {
        let (mark, doubt) = match &self.doubt {
            Some(why) => ("#", format!("; {why}")),
            None => ("", String::new()),
        };
        format!("{mark}{}  # {}{doubt}", self.spec(), self.comment)
    }
}
