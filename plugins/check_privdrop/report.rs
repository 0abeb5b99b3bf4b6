//! The survey in words: what is wrong, what could not be seen, what was exempt, and how many there
//! are of each.

use procwarden::nagios::perfdata::Perfdata;
use procwarden::nagios::range::{Range, Thresholds};
use procwarden::nagios::report::{Finding, Report};
use procwarden::nagios::state::State;
use procwarden::proc::describe;
use procwarden::proc::doubts::Doubts;
use procwarden::text::number;

use super::case::Case;
use super::group::grouped;
use super::rules::Rules;
use super::survey::Survey;

/// How many PIDs of a group are shown, and how many with `-v`.
const MOST_PIDS: [usize; 2] = [5, 20];

impl Survey {
    /// What the survey says; `verbose` is the number of `-v`.
    pub(crate) fn report(&self, title: &'static str, verbose: u8) -> Report {
        let policy = &self.policy;
        let groups = grouped(self.last_cases(), policy);
        let most = MOST_PIDS[usize::from(verbose > 0)];
        let mut findings: Vec<_> = groups.iter().map(|group| group.finding(policy)).collect();
        let unknown = self.undecided().into_iter().chain(self.blindness.clone());
        findings.extend(unknown.map(|text| Finding { state: State::Unknown, text }));
        let mut details: Vec<_> = groups.iter().map(|group| group.detail(policy, most)).collect();
        if verbose > 0 {
            details.extend(self.exempt_details(most));
        }
        if verbose > 1 {
            details.extend(self.policy_details());
        }
        Report {
            title,
            findings,
            all_well: format!("no privilege left behind; {}", self.counts()),
            remark: self.counts(),
            perfdata: self.perfdata(),
            details,
        }
    }

    fn last_cases(&self) -> impl Iterator<Item = &Case> {
        self.cases.iter().map(|settled| &settled.last)
    }

    /// Processes that may be wrong, since something hides whether they are.
    fn undecided(&self) -> Option<String> {
        let mut doubts = Doubts::default();
        for case in self.last_cases().filter(|case| !case.verdict.doubtful.is_empty()) {
            if let Some(hidden) = case.verdict.hidden {
                doubts.add(case.pid, hidden);
            }
        }
        let processes = describe::processes(doubts.count());
        doubts.explained().map(|why| format!("cannot judge {processes}: {why}"))
    }

    /// `214 processes judged, 2 exempt, 1 settled after 5 s`.
    fn counts(&self) -> String {
        let judged = describe::processes(self.judged);
        let exempt = match self.exempt_count() {
            0 => String::new(),
            count => format!(", {count} exempt"),
        };
        format!("{judged} judged{exempt}{}", self.settled())
    }

    /// `, 1 settled after 5 s`, if a recheck made something better.
    fn settled(&self) -> String {
        let improved = self.cases.iter().filter(|case| case.has_improved());
        let improved: Vec<_> = improved.map(|case| case.after).collect();
        match improved.iter().max() {
            Some(after) => {
                format!(", {} settled after {} s", improved.len(), number::seconds(*after))
            }
            None => String::new(),
        }
    }

    /// How many broken rules are exempt. One process may break several.
    fn exempt_count(&self) -> usize {
        self.exempt.iter().map(|(_, case)| case.verdict.broken.iter().count()).sum()
    }

    fn exempt_details(&self, most: usize) -> Vec<String> {
        let mut details = Vec::new();
        for (at, one) in self.exemptions.iter().enumerate() {
            let cases = self.exempt.iter().filter(|(by, _)| *by == at).map(|(_, case)| case);
            for group in grouped(cases, &self.policy) {
                let line = group.line(&self.policy, most);
                details.push(format!("exempt by {}: {line}", one.exemption));
            }
            if !one.is_built_in && one.exemption.matched() == 0 {
                details.push(format!("exemption {} matches no finding", one.exemption));
            }
        }
        details
    }

    fn policy_details(&self) -> Vec<String> {
        let policy = &self.policy;
        let rules = policy.rules.iter();
        let rules: Vec<_> =
            rules.map(|rule| format!("{} ({})", rule.names(""), policy.state(rule))).collect();
        let mut lines = vec![format!("rules: {}", rules.join(", "))];
        if !policy.allowed.is_empty() {
            lines.push(format!("allowed capabilities: {}", policy.allowed));
        }
        if !policy.privileged.is_empty() {
            let ids: Vec<_> = policy.privileged.iter().map(ToString::to_string).collect();
            lines.push(format!("privileged groups: {}", ids.join(", ")));
        }
        lines.push(format!("listed {} processes, judged {} of them", self.listed, self.judged));
        lines
    }

    /// An item for each rule that is on, then exempt findings and judged processes.
    #[allow(clippy::cast_precision_loss, reason = "there are less than 2^22 processes")]
    fn perfdata(&self) -> Vec<Perfdata> {
        let of_rule = |rule: Rules| {
            let breaks = |case: &&Case| case.verdict.broken.contains(rule);
            let count = self.last_cases().filter(breaks).count();
            let none = Range::parse("0").ok();
            let thresholds = match self.policy.state(rule) {
                State::Warning => Thresholds { warning: none, critical: None },
                _ => Thresholds { warning: None, critical: none },
            };
            Perfdata { thresholds, ..Perfdata::plain(rule.names(""), count as f64) }
        };
        let mut items: Vec<_> = self.policy.rules.iter().map(of_rule).collect();
        items.push(Perfdata::plain("exempt", self.exempt_count() as f64));
        items.push(Perfdata::plain("judged", self.judged as f64));
        items
    }
}
