//! The lines below the first one: each process that is over, and with `-v` other busy ones.

use procwarden::count::recheck::Settled;
use procwarden::nagios::range::Thresholds;
use procwarden::proc::describe;

use super::policy::Case;
use super::report::{DESCRIBED, ended};
use super::sample::{Reading, Role};
use super::share::Share;
use super::survey::Survey;

impl Survey<'_> {
    pub(super) fn details(&self, over: &[&Settled<Case>], verbose: u8) -> Vec<String> {
        let mut lines = Vec::new();
        for (at, case) in over.iter().enumerate() {
            let case = &case.last;
            let Some(process) = &case.process else { continue };
            let described = if at < DESCRIBED {
                self.described(process)
            } else {
                format!("pid {}", process.pid)
            };
            lines.push(format!("{}: {described}", self.measures(case)));
        }
        lines.extend(self.baseline.trouble.iter().cloned());
        if verbose > 0 {
            lines.extend(self.scope.exemptions.details());
            self.push_others(&mut lines, over);
        }
        if verbose > 1 {
            lines.push(self.scanned());
        }
        lines
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
        for (process, share) in &self.last.busiest {
            let is_it = |case: &Case| case.process.is_some_and(|one| one.is_same_process(process));
            if !over.iter().any(|case| is_it(&case.last)) {
                lines.push(self.line("busiest: ", process, share));
            }
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

    /// `99.8% over 3 s, 40.2% over its life`; the latter only if it has thresholds.
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
