//! Renders a survey: what is wrong, what could not be seen, what was exempt, and how many of each.

use bitflags::Flags;

use crate::nagios::perfdata::Perfdata;
use crate::nagios::range::{Range, Thresholds};
use crate::nagios::report::{Finding, Report};
use crate::nagios::state::State;
use crate::proc::describe;
use crate::proc::doubts::Doubts;
use crate::rules::case::Case;
use crate::rules::group::{Group, grouped};
use crate::rules::judge::{HostFinding, Judge};
use crate::rules::set::RuleSet;
use crate::rules::survey::Survey;
use crate::text::number;

/// How many PIDs of a group are shown, and how many with `-v`.
const MOST_PIDS: [usize; 2] = [5, 20];

impl<J: Judge> Survey<J> {
    /// The survey as a report; `verbose` is the number of `-v`.
    pub fn report(&self, title: &'static str, verbose: u8) -> Report {
        let groups = grouped(self.last_cases(), &self.judge);
        let most = MOST_PIDS[usize::from(verbose > 0)];
        let mut findings: Vec<_> = groups.iter().map(Group::finding).collect();
        findings.extend(self.host_findings());
        let unknown =
            self.undecided().into_iter().chain(self.blindness.clone()).chain(self.blind());
        findings.extend(unknown.map(|text| Finding { state: State::Unknown, text }));
        let mut details: Vec<_> = groups.iter().map(|group| group.detail(most)).collect();
        details.extend(self.host_details());
        if verbose > 0 {
            details.extend(self.exempt_details(most));
            details.extend(self.sight.details());
        }
        if verbose > 1 {
            details.extend(self.policy_details());
        }
        Report {
            title,
            findings,
            all_well: format!("{}; {}", self.all_well(), self.counts()),
            remark: self.counts(),
            perfdata: self.perfdata(),
            details,
            ..Report::default()
        }
    }

    /// What was asked, and is well.
    fn all_well(&self) -> String {
        match self.judge.severities().on {
            on if on == J::Rules::DEFAULT => J::ALL_WELL.to_owned(),
            on => format!("nothing breaks {}", on.names(", ")),
        }
    }

    fn last_cases(&self) -> impl Iterator<Item = &Case<J>> {
        self.cases.iter().map(|settled| &settled.last)
    }

    fn host_findings(&self) -> impl Iterator<Item = Finding> + '_ {
        let severities = self.judge.severities();
        self.of_host.iter().map(|HostFinding { rule, text, .. }| Finding {
            state: severities.state_of(*rule, J::Rules::empty()),
            text: format!("{}: {text}", rule.names("+")),
        })
    }

    /// With the exemption, since no selector of processes would come to mind.
    fn host_details(&self) -> impl Iterator<Item = String> + '_ {
        let exemption =
            |found: &HostFinding<J::Rules>| format!("{}:{}", found.rule.names("+"), found.subject);
        let exemptions = self.of_host.iter().map(exemption);
        self.host_findings().zip(exemptions).map(|(Finding { state, text }, exemption)| {
            format!("{state} {text}; if it is meant, --exempt-rule {exemption}")
        })
    }

    /// The processes that may break a rule, and what hides it.
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

    /// Rules that the administrator named but that could judge no process.
    fn blind(&self) -> Vec<String> {
        self.sight.blind(self.judge.severities().named)
    }

    /// `214 processes judged, 2 exempt, 1 settled after 5 s`.
    fn counts(&self) -> String {
        let judged = describe::processes(self.judged);
        let exempt = match self.exempt_count() {
            0 => String::new(),
            count => format!(", {count} exempt"),
        };
        format!("{judged} judged{exempt}{}{}", self.settled(), self.sight.shortcomings())
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

    /// The number of exempt findings. One process may have several.
    fn exempt_count(&self) -> usize {
        let of_processes = self.exempt.iter().map(|(_, case)| case.verdict.broken.count());
        of_processes.sum::<usize>() + self.exempt_of_host.len()
    }

    fn exempt_details(&self, most: usize) -> Vec<String> {
        let mut details = Vec::new();
        for (at, one) in self.exemptions.iter().enumerate() {
            let cases = self.exempt.iter().filter(|(by, _)| *by == at).map(|(_, case)| case);
            for group in grouped(cases, &self.judge) {
                let line = group.line(most);
                details.push(format!("exempt by {}: {line}", one.exemption));
            }
            for (_, found) in self.exempt_of_host.iter().filter(|(by, _)| *by == at) {
                let (rule, text) = (found.rule.names("+"), &found.text);
                details.push(format!("exempt by {}: {rule}: {text}", one.exemption));
            }
            if !one.is_built_in && one.exemption.matched() == 0 {
                details.push(format!("exemption {one} matches no finding"));
            }
        }
        details
    }

    fn policy_details(&self) -> Vec<String> {
        let mut lines = vec![self.judge.severities().in_words()];
        lines.extend(self.judge.details());
        lines.push(format!("listed {} processes, judged {} of them", self.listed, self.judged));
        lines
    }

    /// One item for each rule that is on, then exempt findings and judged processes.
    #[allow(clippy::cast_precision_loss, reason = "there are less than 2^22 processes")]
    fn perfdata(&self) -> Vec<Perfdata> {
        let severities = self.judge.severities();
        let of_rule = |rule: J::Rules| {
            let breaks = |case: &&Case<J>| case.verdict.broken.contains(rule);
            let of_host = self.of_host.iter().filter(|found| found.rule == rule).count();
            let count = self.last_cases().filter(breaks).count() + of_host;
            let none = Range::parse("0").ok();
            let thresholds = match severities.state(rule) {
                State::Warning => Thresholds { warning: none, critical: None },
                _ => Thresholds { warning: None, critical: none },
            };
            Perfdata { thresholds, ..Perfdata::plain(rule.names(""), count as f64) }
        };
        let mut items: Vec<_> = severities.on.iter().map(of_rule).collect();
        items.push(Perfdata::plain("exempt", self.exempt_count() as f64));
        items.push(Perfdata::plain("judged", self.judged as f64));
        items
    }
}
