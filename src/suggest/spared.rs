//! Exemptions for the processes that break a plugin's rules.

use super::names;
use crate::nagios::state::State;
use crate::rules::case::Case;
use crate::rules::judge::Judge;
use crate::rules::set::RuleSet;
use crate::rules::survey::Survey;

/// The lines of a file of exemptions that would spare what a survey found. Those of CRITICAL findings
/// are commented out: they are to be mended rather than exempt.
pub fn exemptions<J: Judge>(survey: &Survey<J>) -> Vec<String> {
    let cases = survey.cases.iter().map(|settled| &settled.last);
    let mut lines: Vec<_> = cases.filter_map(|case| exemption(case, &survey.judge)).collect();
    lines.sort();
    lines.dedup();
    lines
}

/// `None` if no rule is certainly broken, or a name is no word that may stand in a line.
fn exemption<J: Judge>(case: &Case<J>, judge: &J) -> Option<String> {
    let subject = case.subject.as_ref()?;
    let name = names::plain(subject.name.as_bytes())?;
    let user = names::plain(subject.user.as_bytes())?;
    let mark = if case.state == State::Critical { "#" } else { "" };
    let rules = case.verdict.broken.names(",");
    Some(format!("{mark}{rules}:{name},user={user}  # {}", judge.shown(&subject.looks)))
}
