//! Renders a check's result: one line worth reading, then one line for each detail.
//!
//! There are two forms, Nagios's and mon's. Both have a limited length, because Nagios may lose the
//! end of long output. If something does not fit, the output says how much. Text from processes has
//! been escaped when it was read; newlines and pipe characters are removed here once more.

use crate::nagios::perfdata::Perfdata;
use crate::nagios::state::State;
use crate::text::error::Error;
use crate::text::list::{listed, one_line};

/// Longest text of the first line, in bytes, performance data excluded.
const LONGEST_TEXT: usize = 511;

/// Longest remark, in bytes.
const LONGEST_REMARK: usize = 160;

/// Longest whole output, in bytes.
const LONGEST_OUTPUT: usize = 4096;

/// Room reserved for faults, in bytes, if there are as many.
const ROOM_FOR_FAULTS: usize = 1024;

/// Room reserved for the line that says how much did not fit.
const ROOM_FOR_REST: usize = 64;

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub state: State,
    /// What is wrong, and by how much.
    pub text: String,
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// The check's name in the status line, such as `PROCCOUNT`.
    pub title: &'static str,
    /// What is wrong. Empty means OK.
    pub findings: Vec<Finding>,
    /// The first line's text when all is well.
    pub all_well: String,
    /// Follows the findings in the first line.
    pub remark: String,
    /// Measured values.
    pub perfdata: Vec<Perfdata>,
    /// Lines after the first.
    pub details: Vec<String>,
    /// Lines after the details. They have room, however many details there are.
    pub faults: Vec<String>,
}

impl Report {
    /// The report of a check of which no question could be asked.
    pub fn of_faults(title: &'static str, faults: &[Error]) -> Self {
        let mut report = Self { title, ..Self::default() };
        report.add_faults(faults);
        report
    }

    /// Adds an UNKNOWN for each question that could not be asked. What is worse may leave no room for it in
    /// the first line, so each gets a line of its own, unless it is all that there is to say.
    pub fn add_faults(&mut self, faults: &[Error]) {
        let unknown = |fault: &Error| Finding { state: State::Unknown, text: fault.to_string() };
        self.findings.extend(faults.iter().map(unknown));
        if self.findings.len() > 1 {
            self.faults.extend(faults.iter().map(ToString::to_string));
        }
    }

    /// The worst state of all findings; OK without any.
    pub(crate) fn state(&self) -> State {
        self.findings.iter().map(|finding| finding.state).max().unwrap_or(State::Ok)
    }

    /// The report to publish before a recheck. Nothing in it is certain yet.
    #[must_use]
    pub fn unsettled(mut self) -> Self {
        for finding in &mut self.findings {
            finding.state = State::Unknown;
        }
        self
    }

    /// Renders `TITLE is STATE: text|perfdata`, then the details.
    pub fn nagios(&self) -> String {
        let mut text = if self.findings.is_empty() {
            one_line(&self.all_well, LONGEST_TEXT - self.head().len())
        } else {
            self.summary(LONGEST_TEXT - self.head().len())
        };
        text.insert_str(0, &self.head());
        let lost = push_perfdata(&mut text, &self.perfdata);
        text.push('\n');
        let mut details = self.details.clone();
        if lost > 0 {
            details.insert(0, format!("performance data of {lost} more did not fit"));
        }
        self.push_details(&mut text, &details);
        text
    }

    /// Renders mon's form: a short summary of what failed, then the details. Empty when OK.
    pub(crate) fn mon(&self) -> String {
        if self.findings.is_empty() {
            return String::new();
        }
        let mut text = self.summary(LONGEST_TEXT);
        text.push('\n');
        self.push_details(&mut text, &self.details);
        text
    }

    fn push_details(&self, text: &mut String, details: &[String]) {
        let of_faults = self.faults.iter().map(|line| line.len().min(LONGEST_TEXT) + 1).sum();
        push_lines(text, details, LONGEST_OUTPUT - ROOM_FOR_FAULTS.min(of_faults));
        push_lines(text, &self.faults, LONGEST_OUTPUT);
    }

    fn head(&self) -> String {
        format!("{} is {}: ", self.title, self.state())
    }

    /// The findings, worst first, and the remark.
    fn summary(&self, limit: usize) -> String {
        let mut findings: Vec<_> = self.findings.iter().collect();
        // The sort is stable: findings of one state keep the order of the command line.
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.state));
        let texts: Vec<_> = findings.iter().map(|finding| finding.text.as_str()).collect();
        let remark = one_line(&self.remark, LONGEST_REMARK);
        let joint = if remark.is_empty() { "" } else { "; " };
        let listed = listed(&texts, limit.saturating_sub(remark.len() + joint.len()));
        format!("{listed}{joint}{remark}")
    }
}

/// Appends `|` and as many items as fit. Returns how many did not.
fn push_perfdata(text: &mut String, items: &[Perfdata]) -> usize {
    let items = Perfdata::render(items);
    for (at, item) in items.iter().enumerate() {
        if text.len() + 1 + item.len() > LONGEST_OUTPUT - 1 - 2 * ROOM_FOR_REST {
            return items.len() - at;
        }
        text.push(if at == 0 { '|' } else { ' ' });
        text.push_str(item);
    }
    0
}

/// Appends as many lines as fit into `limit` bytes of text, then the number of those that did not.
fn push_lines(text: &mut String, lines: &[String], limit: usize) {
    for (at, line) in lines.iter().enumerate() {
        let rest = lines.len() - at;
        let line = one_line(line, LONGEST_TEXT);
        let reserved = if rest > 1 { ROOM_FOR_REST } else { 0 };
        if text.len() + line.len() + 1 + reserved > limit {
            text.push_str(&format!("and {rest} more\n"));
            return;
        }
        text.push_str(&line);
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(state: State, text: &str) -> Finding {
        Finding { state, text: text.into() }
    }

    fn report(findings: Vec<Finding>) -> Report {
        Report { title: "PROCCOUNT", findings, ..Report::default() }
    }

    #[test]
    fn the_worst_comes_first() {
        let mut report = report(vec![
            finding(State::Unknown, "u 0"),
            finding(State::Warning, "w 3"),
            finding(State::Critical, "c 0"),
        ]);
        report.remark = "5 of 8 OK".into();
        report.perfdata = vec![Perfdata::plain("c", 0.0)];
        report.details = vec!["more".into()];
        assert_eq!(
            report.nagios(),
            "PROCCOUNT is CRITICAL: c 0, w 3, u 0; 5 of 8 OK|'c'=0;;;0\nmore\n"
        );
        assert_eq!(report.mon(), "c 0, w 3, u 0; 5 of 8 OK\nmore\n");
    }

    #[test]
    fn all_well_says_so_and_is_silent_for_mon() {
        let mut report = report(Vec::new());
        report.all_well = "sshd 1".into();
        assert_eq!(report.nagios(), "PROCCOUNT is OK: sshd 1\n");
        assert_eq!(report.mon(), "");
    }

    #[test]
    fn nothing_grows_beyond_its_bounds() {
        let many = (0..5000).map(|n| finding(State::Critical, &format!("daemon{n} 0 (want 1-)")));
        let mut report = report(many.collect());
        report.remark = "0 of 5000 OK".into();
        report.perfdata = (0..5000).map(|n| Perfdata::plain(format!("d{n}"), 0.0)).collect();
        report.details = (0..5000).map(|n| format!("line {n}")).collect();
        let text = report.nagios();
        let (first, rest) = text.split_once('\n').unwrap();
        let (words, perfdata) = first.split_once('|').unwrap();
        assert!(words.len() < 512 && words.contains(" more; 0 of 5000 OK"), "{words}");
        assert!(perfdata.ends_with(";;;0"), "{perfdata}");
        assert!(rest.starts_with("performance data of "), "{rest}");
        assert!(text.len() <= 4096);
        report.perfdata.clear();
        let text = report.nagios();
        assert!(text.len() <= 4096 && text.ends_with(" more\n"), "{}", text.len());
        assert!(report.mon().len() <= 4096);
    }

    #[test]
    fn faults_are_told_however_much_else_there_is() {
        let mut report = report(vec![finding(State::Critical, &"c".repeat(500))]);
        report.details = (0..5000).map(|n| format!("line {n}")).collect();
        report.add_faults(&[Error::new("file:1: wrong")]);
        let text = report.nagios();
        assert!(text.starts_with("PROCCOUNT is CRITICAL: ccc"), "{text}");
        assert!(text.ends_with(" more\nfile:1: wrong\n") && text.len() <= 4096, "{text}");
        report.add_faults(&vec![Error::new("x".repeat(90)); 5000]);
        let text = report.nagios();
        assert!(text.contains("\nline 9\n") && text.ends_with(" more\n"), "{text}");
        assert!(text.contains("\nfile:1: wrong\n") && text.len() <= 4096, "{}", text.len());
    }

    #[test]
    fn one_endless_finding_is_cut() {
        let report = report(vec![finding(State::Critical, &"\u{e9}|\n".repeat(4000))]);
        let text = report.nagios();
        assert!(text.len() < 513 && text.lines().count() == 1 && !text.contains('|'));
        assert!(text.ends_with("...\n"));
    }
}
