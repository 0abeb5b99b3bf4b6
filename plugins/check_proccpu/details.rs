//! The lines below the first one: each process that is over, and with `-v` those beside it.

use procwarden::count::recheck::Settled;
use procwarden::nagios::range::Thresholds;
use procwarden::proc::describe;

use super::judge::{Suspect, Who};
use super::rounds::Rounds;
use super::share::Share;
use super::words::{DESCRIBED, ended};

impl Rounds<'_> {
    pub(super) fn details(&self, over: &[&Settled<Suspect>], verbose: u8) -> Vec<String> {
        let mut lines = Vec::new();
        for (at, suspect) in over.iter().enumerate() {
            let suspect = &suspect.last;
            let Some(who) = suspect.who else { continue };
            let described =
                if at < DESCRIBED { self.described(who) } else { format!("pid {}", who.pid) };
            lines.push(format!("{}: {described}", self.measures(suspect)));
        }
        lines.extend(self.past.trouble.iter().cloned());
        if verbose > 0 {
            lines.extend(self.exemptions.details());
            self.push_bystanders(&mut lines, over);
        }
        if verbose > 1 {
            lines.push(self.scanned());
        }
        lines
    }

    /// The exempt that would be over, and the busiest that are not.
    fn push_bystanders(&self, lines: &mut Vec<String>, over: &[&Settled<Suspect>]) {
        for (who, share, by) in &self.verdict.exempt_over {
            let by = self.exemptions.all().get(usize::from(*by));
            let by = by.map_or_else(String::new, |one| format!("exempt by {one}: "));
            lines.push(self.line(&by, (*who, *share)));
        }
        for busy in &self.verdict.busiest {
            if !over.iter().any(|suspect| suspect.last.who == Some(busy.0)) {
                lines.push(self.line("busiest: ", *busy));
            }
        }
    }

    fn scanned(&self) -> String {
        let verdict = &self.verdict;
        let kept = self
            .past
            .shown_path()
            .map_or_else(String::new, |path| format!("; samples are kept in {path}"));
        format!(
            "scanned {} processes of {} in {} window(s): {}, {} younger than {} s{kept}",
            verdict.census.listed,
            self.root.shown_path(),
            self.windows,
            self.numbers(),
            verdict.young,
            self.judge.measure.min_age,
        )
    }

    /// `99.8% over 3 s, 40.2% over its life`; the latter where somebody asked for it.
    fn measures(&self, suspect: &Suspect) -> String {
        let share = suspect.window.map(|share| self.shown_share(&share));
        let asked = self.judge.limits.lifetime != Thresholds::default();
        let lifetime = suspect
            .lifetime
            .filter(|_| asked)
            .map(|percent| format!("{} over its life", self.shown_percent(percent)));
        let measures: Vec<_> = share.into_iter().chain(lifetime).collect();
        measures.join(", ")
    }

    /// `99.8% over 3 s: pid 812 xz, user alice, up 2m: xz -9`.
    fn line(&self, head: &str, (who, share): (Who, Share)) -> String {
        let share = self.shown_share(&share);
        format!("{head}{share}: {}", self.described(who))
    }

    /// `pid 812 xz, user alice, up 2m: xz -9`.
    fn described(&self, who: Who) -> String {
        self.living(who).map_or_else(|| ended(who), |mut process| describe::process(&mut process))
    }
}
