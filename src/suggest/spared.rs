//! Suggests exemptions for processes that break a plugin's rules.

use super::names;
use crate::nagios::state::State;
use crate::rules::case::Case;
use crate::rules::judge::Judge;
use crate::rules::set::RuleSet;
use crate::rules::survey::Survey;

/// The lines of a file of exemptions for everything that a survey found. Lines for CRITICAL findings are
/// commented out: they should be fixed, not exempt.
pub fn exemptions<J: Judge>(survey: &Survey<J>) -> Vec<String> {
    let cases = survey.cases.iter().map(|settled| &settled.last);
    let mut lines: Vec<_> = cases.filter_map(|case| exemption(case, &survey.judge)).collect();
    lines.sort();
    lines.dedup();
    lines
}

/// `None` if no rule is certainly broken, or if the name can't stand in a line.
fn exemption<J: Judge>(case: &Case<J>, judge: &J) -> Option<String> {
    let subject = case.subject.as_ref()?;
    let name = names::plain(subject.name.as_bytes())?;
    let user = names::plain(subject.user.as_bytes())?;
    let mark = if case.state == State::Critical { "#" } else { "" };
    let rules = case.verdict.broken.names(",");
    Some(format!("{mark}{rules}:{name},user={user}  # {}", judge.shown(&subject.looks)))
}
