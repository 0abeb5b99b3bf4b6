//! What came of it, in words: who is over and by how much, worst first.
//!
//! Naming costs reads, so that only those processes are described that the output has room for.

use std::cmp::Reverse;

use procwarden::count::recheck::Settled;
use procwarden::host::names;
use procwarden::nagios::perfdata::Perfdata;
use procwarden::nagios::range::Thresholds;
use procwarden::nagios::report::{Finding, Report};
use procwarden::nagios::state::State;
use procwarden::proc::describe;
use procwarden::proc::process::Process;
use procwarden::proc::root::{Pid, ProcRoot};
use procwarden::text::escape;
use procwarden::text::number;

use super::judge::{Suspect, Who};
use super::rounds::Rounds;
use super::share::{Over, Share};

/// How many processes are described; the output has no room for more.
pub(super) const DESCRIBED: usize = 20;

impl Rounds<'_> {
    /// Puts it into words; `verbose` is the number of `-v`.
    pub(super) fn report(&self, title: &'static str, verbose: u8) -> Report {
        let (mut over, settled): (Vec<_>, Vec<_>) =
            self.suspects.iter().partition(|suspect| suspect.last.state != State::Ok);
        over.sort_by(|a, b| worst_first(&a.last, &b.last));
        let mut report = Report {
            title,
            perfdata: self.perfdata(&over),
            all_well: self.all_well(&settled),
            ..Report::default()
        };
        for (at, suspect) in over.iter().enumerate() {
            let text = if at < DESCRIBED {
                self.finding(&suspect.last)
            } else {
                let pid = suspect.last.who.map_or(0, |who| who.pid);
                format!("pid {pid}")
            };
            report.findings.push(Finding { state: suspect.last.state, text });
        }
        report.findings.extend(self.blind_spots());
        report.remark = self.remark(&over);
        report.details = self.details(&over, verbose);
        report
    }

    /// `pid 812 xz, user alice: 99.8% over 3 s (want 0-80)`.
    fn finding(&self, suspect: &Suspect) -> String {
        let limits = self.judge.limits;
        let mut measures = Vec::new();
        if let Some(share) = suspect.window {
            let want = want(limits.window, share.percent);
            if !want.is_empty() {
                measures.push(format!("{}{want}", self.shown_share(&share)));
            }
        }
        if let Some(percent) = suspect.lifetime {
            let want = want(limits.lifetime, percent);
            if !want.is_empty() {
                measures.push(format!("{} over its life{want}", self.shown_percent(percent)));
            }
        }
        let windows = match self.windows {
            0 | 1 => String::new(),
            count => format!(" in each of {count} windows"),
        };
        let measures = measures.join(" and ");
        let doubt = suspect.doubt.map_or(String::new(), |hidden| {
            format!(", but it is hidden whether it is exempt: {}", hidden.explained(""))
        });
        let who = suspect.who.map_or("even the busiest".into(), |who| self.short(who));
        format!("{who}: {measures}{windows}{doubt}")
    }

    /// UNKNOWN for what could not be measured: it may be over.
    fn blind_spots(&self) -> Vec<Finding> {
        let doubts = &self.verdict.census.unreadable;
        let unreadable = doubts
            .hidden()
            .map(|hidden| format!("{} can't be measured: {}", doubts.pids(), hidden.explained("")));
        let finding = |text| Finding { state: State::Unknown, text };
        unreadable.into_iter().chain(self.blindness.clone()).map(finding).collect()
    }

    /// `highest 12.3% over 3 s: pid 812 firefox, user alice; 312 judged, 4 exempt`.
    fn all_well(&self, settled: &[&Settled<Suspect>]) -> String {
        let highest = self.verdict.busiest.first().map_or_else(
            || "no process to judge".to_owned(),
            |(who, share)| format!("highest {}: {}", self.shown_share(share), self.short(*who)),
        );
        let mut parts: Vec<_> =
            settled.iter().take(3).map(|suspect| self.settled(suspect)).collect();
        parts.push(highest);
        parts.push(self.numbers());
        parts.extend(self.sampled());
        parts.join("; ")
    }

    /// `pid 812 xz, user alice 99.8% over 3 s, settled to 0.1% after 5 s`.
    fn settled(&self, suspect: &Settled<Suspect>) -> String {
        let shown = |suspect: &Suspect| {
            let share = suspect.window.map(|share| self.shown_share(&share));
            share.unwrap_or_else(|| "its end".into())
        };
        let who = suspect.first.who.map_or("the busiest".into(), |who| self.short(who));
        let after = number::seconds(suspect.after);
        let (first, last) = (shown(&suspect.first), shown(&suspect.last));
        format!("{who} {first}, settled to {last} after {after} s")
    }

    pub(super) fn numbers(&self) -> String {
        format!("{} judged, {} exempt", self.verdict.judged, self.verdict.exempt)
    }

    fn sampled(&self) -> Option<String> {
        let why = self.past.sampled_since.as_ref()?;
        Some(format!("sampled here: {why}"))
    }

    fn remark(&self, over: &[&Settled<Suspect>]) -> String {
        let is_over = |suspect: &&&Settled<Suspect>| {
            suspect.last.who.is_some() && suspect.last.state != State::Unknown
        };
        let over = over.iter().filter(is_over).count();
        let sampled = self.sampled().map_or_else(String::new, |why| format!("; {why}"));
        format!("{over} over; {}{sampled}", self.numbers())
    }

    /// `pid 812 xz, user alice`.
    fn short(&self, who: Who) -> String {
        let Some(mut process) = self.living(who) else {
            return ended(who);
        };
        let name = describe::name(&mut process);
        let user = process.owner().map_or_else(
            |_| String::new(),
            |owner| {
                let name = names::user(owner.uid);
                format!(", user {}", escape::bounded(name.as_bytes(), 32))
            },
        );
        format!("pid {} {name}{user}", who.pid)
    }

    /// `99.8% over 3 s`.
    pub(super) fn shown_share(&self, share: &Share) -> String {
        let percent = self.shown_percent(share.percent);
        let length = length(share.seconds);
        match share.over {
            Over::Window => format!("{percent} over {length}"),
            Over::Birth => format!("{percent} over its {length} of life"),
            Over::AtMost => format!("up to {percent} over {length}, out of sight before"),
        }
    }

    pub(super) fn shown_percent(&self, percent: f64) -> String {
        let of = if self.judge.measure.cores.is_some() { " of the machine" } else { "" };
        format!("{percent:.1}%{of}")
    }

    /// The process, if it still is that one.
    pub(super) fn living(&self, who: Who) -> Option<Process<'_>> {
        let root: &ProcRoot = self.root;
        let mut process = Process::new(root, Pid(who.pid));
        let same = process.stat().is_ok_and(|stat| stat.start == who.start);
        same.then_some(process)
    }

    fn perfdata(&self, over: &[&Settled<Suspect>]) -> Vec<Perfdata> {
        let limits = self.judge.limits;
        let percent = |label: &str, value, thresholds| Perfdata {
            label: label.into(),
            value,
            unit: "%",
            thresholds,
        };
        #[allow(clippy::cast_precision_loss, reason = "there are less than 2^22 processes")]
        let count = |label: &str, count: u64| Perfdata::plain(label, count as f64);
        let highest = self.verdict.busiest.first().map_or(0.0, |(_, share)| share.percent);
        let mut items = vec![percent("highest", highest, limits.window)];
        if limits.lifetime != Thresholds::default() {
            let highest = self.verdict.highest_lifetime;
            items.push(percent("highest_lifetime", highest, limits.lifetime));
        }
        let worse = |state: State| {
            let are = over.iter().filter(|s| s.last.who.is_some() && s.last.state >= state);
            u64::try_from(are.count()).unwrap_or(u64::MAX)
        };
        items.extend([
            count("over_warning", worse(State::Warning)),
            count("over_critical", worse(State::Critical)),
            count("judged", self.verdict.judged),
            count("exempt", self.verdict.exempt),
        ]);
        items
    }
}

/// By state, then by share, then by life.
fn worst_first(a: &Suspect, b: &Suspect) -> std::cmp::Ordering {
    let share = |suspect: &Suspect| suspect.window.map_or(0.0, |share| share.percent);
    let life = |suspect: &Suspect| suspect.lifetime.unwrap_or(0.0);
    let by_state = Reverse(a.state).cmp(&Reverse(b.state));
    by_state.then(share(b).total_cmp(&share(a))).then(life(b).total_cmp(&life(a)))
}

pub(super) fn ended(who: Who) -> String {
    format!("pid {} (it has ended since)", who.pid)
}

/// ` (want 0-80)` if the percentage is not as wanted.
fn want(limits: Thresholds, percent: f64) -> String {
    let violated = limits.violated(limits.state(percent));
    violated.map_or_else(String::new, |range| format!(" (want {})", range.wanted()))
}

/// Seconds as one would say them: `3 s`, `2.4 s`, `61 s`, `5 min`.
fn length(seconds: f64) -> String {
    if seconds < 10.0 {
        format!("{} s", (seconds * 10.0).round() / 10.0)
    } else if seconds < 120.0 {
        format!("{seconds:.0} s")
    } else {
        format!("{:.0} min", seconds / 60.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_short() {
        assert_eq!([3.0004, 2.44, 61.2, 300.0].map(length), ["3 s", "2.4 s", "61 s", "5 min"]);
    }
}
