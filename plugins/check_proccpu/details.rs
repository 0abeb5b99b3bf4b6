//! Renders the detail lines: each process that is over, and with `-v` other busy ones.

use procwarden::count::recheck::Settled;
use procwarden::nagios::range::Thresholds;
use procwarden::proc::describe;

use super::crowd::Crowd;
use super::per::Per;
use super::policy::{Case, Subject};
use super::report::{DESCRIBED, ended};
use super::sample::{Reading, Role};
use super::share::Share;
use super::survey::Survey;

impl Survey<'_> {
    pub(super) fn details(&self, over: &[&Settled<Case>], verbose: u8) -> Vec<String> {
        let mut lines = Vec::new();
        for (at, case) in over.iter().enumerate() {
            let case = &case.last;
            match &case.subject {
                Subject::Process(process) if at < DESCRIBED => {
                    lines.push(format!("{}: {}", self.measures(case), self.described(process)));
                }
                Subject::Process(process) => {
                    lines.push(format!("{}: pid {}", self.measures(case), process.pid));
                }
                Subject::Crowd(crowd) if at < DESCRIBED => self.push_members(&mut lines, crowd),
                Subject::Crowd(_) | Subject::Busiest(_) => {}
            }
        }
        lines.extend(self.baseline.trouble.iter().cloned());
        if verbose > 0 {
            lines.extend(self.scope.exemptions.details());
            self.push_others(&mut lines, over);
        }
        if verbose > 1 {
            lines.push(self.scanned());
            lines.extend(self.counted().map(str::to_owned));
        }
        lines
    }

    /// A line for each of the busiest of a group: `user alice: 25.0% over 3 s: pid 812 xz, user alice, up
    /// 2m: xz -9`.
    fn push_members(&self, lines: &mut Vec<String>, crowd: &Crowd) {
        let head = format!("{}: ", crowd.group.shown());
        let largest = crowd.largest.iter();
        lines.extend(largest.map(|(process, share)| self.line(&head, process, share)));
    }

    /// The exempt processes that would be over, and the busiest that are not over.
    fn push_others(&self, lines: &mut Vec<String>, over: &[&Settled<Case>]) {
        for (process, share) in &self.last.exempt_over {
            let by = match process.role {
                Role::Exempt(place) => self.scope.exemptions.all().get(usize::from(place)),
                _ => None,
            };
            let by = by.map_or_else(String::new, |one| format!("exempt by {one}: "));
            lines.push(self.line(&by, process, share));
        }
        for (subject, share) in &self.last.busiest {
            // Shown as 0.0%, such as kernel threads outside of units.
            if matches!(subject, Subject::Crowd(_)) && share.percent < 0.05 {
                continue;
            }
            if over.iter().any(|case| case.last.subject.is_same(subject)) {
                continue;
            }
            lines.push(match subject {
                Subject::Process(process) => self.line("busiest: ", process, share),
                other => format!("busiest: {}: {}", self.shown_share(share), self.in_full(other)),
            });
        }
    }

    fn scanned(&self) -> String {
        let kept = self
            .baseline
            .shown_path()
            .map_or_else(String::new, |path| format!("; samples are kept in {path}"));
        format!(
            "scanned {} processes of {} in {} window(s): {}, {} younger than {} s{kept}",
            self.last.sample.listed,
            self.root.shown_path(),
            self.windows,
            self.numbers(),
            self.last.young,
            self.policy.measure.min_age,
        )
    }

    /// How the CPU time of units was measured, if it was.
    fn counted(&self) -> Option<&'static str> {
        let is_counted = self.last.crowds.iter().any(|crowd| crowd.is_counted);
        match self.policy.per {
            Per::Unit if is_counted => Some("the kernel counted the time of units (cpu.stat)"),
            Per::Unit => Some("the time of units is that of their processes, without ended ones"),
            _ => None,
        }
    }

    /// `99.8% over 3 s, 40.2% over its life`, the latter only if it has thresholds.
    fn measures(&self, case: &Case) -> String {
        let share = case.share.map(|share| self.shown_share(&share));
        let has_limits = self.policy.lifetime != Thresholds::default();
        let lifetime = case
            .lifetime
            .filter(|_| has_limits)
            .map(|percent| format!("{} over its life", self.shown_percent(percent)));
        let measures: Vec<_> = share.into_iter().chain(lifetime).collect();
        measures.join(", ")
    }

    /// `99.8% over 3 s: pid 812 xz, user alice, up 2m: xz -9`.
    fn line(&self, head: &str, process: &Reading, share: &Share) -> String {
        format!("{head}{}: {}", self.shown_share(share), self.described(process))
    }

    /// `pid 812 xz, user alice, up 2m: xz -9`.
    fn described(&self, process: &Reading) -> String {
        if !self.names_processes {
            return format!("pid {}", process.pid);
        }
        let living = self.living(process);
        living.map_or_else(|| ended(process), |mut process| describe::process(&mut process))
    }
}
