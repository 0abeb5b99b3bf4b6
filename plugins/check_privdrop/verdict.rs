//! The survey in words: what is wrong, what could not be seen, what was exempt, and how many there
//! are of each.

use procwarden::nagios::perfdata::Perfdata;
use procwarden::nagios::range::{Range, Thresholds};
use procwarden::nagios::report::{Finding, Report};
use procwarden::nagios::state::State;
use procwarden::proc::describe;
use procwarden::proc::doubts::Doubts;
use procwarden::text::number;

use super::group::grouped;
use super::policy::Policy;
use super::rule::{Rule, RuleSet};
use super::sparing::Sparings;
use super::survey::{Case, Survey};

/// How many pids of a group are shown, and how many with `-v`.
const MOST_PIDS: [usize; 2] = [5, 20];

/// Puts the survey into words; `verbose` is the number of `-v`.
pub(crate) fn report(
    title: &'static str,
    survey: &Survey,
    policy: &Policy,
    sparings: &Sparings,
    verbose: u8,
) -> Report {
    let standing = || survey.cases.iter().map(|settled| &settled.last);
    let broken = standing().filter_map(|case| {
        let portrait = case.portrait.as_ref()?;
        Some((case.broken, portrait, case.pid))
    });
    let groups = grouped(broken, policy);
    let most = MOST_PIDS[usize::from(verbose > 0)];
    let mut findings: Vec<_> = groups.iter().map(|group| group.finding(policy)).collect();
    findings.extend(undecided(standing()));
    findings.extend(survey.blindness.clone().map(|text| Finding { state: State::Unknown, text }));
    let mut details: Vec<_> = groups.iter().map(|group| group.detail(policy, most)).collect();
    if verbose > 0 {
        details.extend(exempt_details(survey, policy, sparings, most));
    }
    if verbose > 1 {
        details.extend(how_it_was_read(survey, policy));
    }
    Report {
        title,
        findings,
        all_well: format!("no privilege left behind; {}", counts(survey)),
        remark: counts(survey),
        perfdata: perfdata(survey, policy),
        details,
    }
}

/// What could not be seen, and so may be wrong.
fn undecided<'s>(cases: impl Iterator<Item = &'s Case>) -> Option<Finding> {
    let mut doubts = Doubts::default();
    for case in cases.filter(|case| !case.doubtful.is_empty()) {
        if let Some(hidden) = case.hidden {
            doubts.add(case.pid, hidden);
        }
    }
    let why = doubts.explained()?;
    let text = format!("cannot judge {}: {why}", describe::processes(doubts.count()));
    Some(Finding { state: State::Unknown, text })
}

/// `214 processes judged, 2 exempt, 1 settled after 5 s`.
fn counts(survey: &Survey) -> String {
    let judged = describe::processes(survey.judged);
    let exempt = match exempt(survey) {
        0 => String::new(),
        count => format!(", {count} exempt"),
    };
    format!("{judged} judged{exempt}{}", settled(survey))
}

/// `, 1 settled after 5 s`, if looking again made something better.
fn settled(survey: &Survey) -> String {
    let improved = survey.cases.iter().filter(|case| case.has_improved());
    let improved: Vec<_> = improved.map(|case| case.after).collect();
    match improved.iter().max() {
        Some(after) => format!(", {} settled after {} s", improved.len(), number::seconds(*after)),
        None => String::new(),
    }
}

/// How many findings were taken away; one process may have several.
fn exempt(survey: &Survey) -> u32 {
    survey.spared.iter().map(|spared| spared.rules.len()).sum()
}

fn exempt_details(
    survey: &Survey,
    policy: &Policy,
    sparings: &Sparings,
    most: usize,
) -> Vec<String> {
    let mut details = Vec::new();
    for (at, scoped) in sparings.0.iter().enumerate() {
        let spared = survey.spared.iter().filter(|spared| spared.by == at);
        let spared = spared.map(|spared| (spared.rules, &spared.portrait, spared.pid));
        for group in grouped(spared, policy) {
            let line = group.line(policy, most);
            details.push(format!("exempt by {}: {line}", scoped.exemption));
        }
        if scoped.is_asked_for && scoped.exemption.matched() == 0 {
            details.push(format!("exemption {} matches no finding", scoped.exemption));
        }
    }
    details
}

fn how_it_was_read(survey: &Survey, policy: &Policy) -> Vec<String> {
    let rules = policy.rules.iter();
    let rules: Vec<_> = rules
        .map(|rule| format!("{} ({})", rule.name(), policy.state(RuleSet::of(rule))))
        .collect();
    let mut lines = vec![format!("rules: {}", rules.join(", "))];
    if !policy.allowed.is_empty() {
        lines.push(format!("allowed capabilities: {}", policy.allowed));
    }
    if !policy.privileged.is_empty() {
        let ids: Vec<_> = policy.privileged.iter().map(ToString::to_string).collect();
        lines.push(format!("privileged groups: {}", ids.join(", ")));
    }
    lines.push(format!(
        "listed {} processes, judged {} that do not run as root",
        survey.listed, survey.judged
    ));
    lines
}

/// One item a rule that is on, then exempt findings and judged processes.
fn perfdata(survey: &Survey, policy: &Policy) -> Vec<Perfdata> {
    let of_rule = |rule: Rule| {
        let breaks = |case: &Case| case.broken.contains(rule);
        let count = survey.cases.iter().filter(|case| breaks(&case.last)).count();
        let none = Range::parse("0").ok();
        let thresholds = match policy.state(RuleSet::of(rule)) {
            State::Warning => Thresholds { warning: none, critical: None },
            _ => Thresholds { warning: None, critical: none },
        };
        #[allow(clippy::cast_precision_loss, reason = "there are less than 2^22 processes")]
        let value = count as f64;
        Perfdata { thresholds, ..Perfdata::plain(rule.name(), value) }
    };
    let mut items: Vec<_> = policy.rules.iter().map(of_rule).collect();
    items.push(Perfdata::plain("exempt", exempt(survey).into()));
    #[allow(clippy::cast_precision_loss, reason = "there are less than 2^22 processes")]
    items.push(Perfdata::plain("judged", survey.judged as f64));
    items
}
