//! Renders the first line: who is over and by how much, worst first.
//!
//! Describing a process costs extra reads, so we describe only as many as fit in the output.

use std::cmp::Reverse;

use procwarden::count::recheck::Settled;
use procwarden::host::names;
use procwarden::nagios::perfdata::Perfdata;
use procwarden::nagios::range::Thresholds;
use procwarden::nagios::report::{Finding, Report};
use procwarden::nagios::state::State;
use procwarden::proc::describe;
use procwarden::proc::process::Process;
use procwarden::proc::root::Pid;
use procwarden::select::selector::Selector;
use procwarden::text::escape;
use procwarden::text::number;

use super::crowd::Crowd;
use super::per::Per;
use super::policy::{Case, Subject};
use super::sample::Reading;
use super::share::{Over, Share};
use super::survey::Survey;
use super::tally::Tally;

/// How many members of a group the first line names.
const NAMED: usize = 3;

/// How many processes are described.
pub(super) const DESCRIBED: usize = 20;

impl Survey<'_> {
    /// The survey as a report; `verbose` is the number of `-v`.
    pub(super) fn report(&self, title: &'static str, verbose: u8) -> Report {
        let (mut over, settled): (Vec<_>, Vec<_>) =
            self.cases.iter().partition(|case| case.last.state != State::Ok);
        over.sort_by(|a, b| worst_first(&a.last, &b.last));
        let mut report = Report {
            title,
            perfdata: self.perfdata(&over),
            all_well: self.all_well(&settled),
            ..Report::default()
        };
        for (at, case) in over.iter().enumerate() {
            let text = if at < DESCRIBED {
                self.finding(&case.last)
            } else {
                self.in_short(&case.last.subject)
            };
            report.findings.push(Finding { state: case.last.state, text });
        }
        report.findings.extend(self.blind_spots());
        report.remark = self.remark(&over);
        report.details = self.details(&over, verbose);
        report
    }

    /// `pid 812 xz, user alice, backup.service: 99.8% over 3 s (want 0-80)`.
    fn finding(&self, case: &Case) -> String {
        let mut measures = Vec::new();
        if let Some(share) = case.share {
            let want = self.want(case, share.percent);
            if !want.is_empty() {
                measures.push(format!("{}{want}", self.shown_share_of(case, &share)));
            }
        }
        if let Some(percent) = case.lifetime {
            let want = want(self.policy.lifetime, percent);
            if !want.is_empty() {
                measures.push(format!("{} over its life{want}", self.shown_percent(percent)));
            }
        }
        let windows = match self.windows {
            0 | 1 => String::new(),
            count => format!(" in each of {count} windows"),
        };
        let measures = measures.join(" and ");
        let doubt = case.doubt().map_or(String::new(), |hidden| {
            let what = match case.subject {
                Subject::Crowd(_) => "what belongs to it",
                _ => "whether it is to be judged",
            };
            format!(", but it is hidden {what}: {}", hidden.explained(""))
        });
        let (who, members) = match &case.subject {
            Subject::Busiest(_) => ("even the busiest".into(), String::new()),
            Subject::Process(process) => (self.long(process), String::new()),
            Subject::Crowd(crowd) => (crowd.group.shown(), format!(": {}", self.members(crowd))),
        };
        format!("{who}: {measures}{windows}{doubt}{members}")
    }

    /// ` (want 0-80)`, or nothing if the percentage is within its limits.
    fn want(&self, case: &Case, percent: f64) -> String {
        match &case.subject {
            Subject::Crowd(crowd) if case.state == State::Unknown => {
                let range = self.policy.window.doubtful(crowd.certain, crowd.possible);
                range.map_or_else(String::new, |range| format!(" (want {})", range.wanted()))
            }
            _ => want(self.policy.window, percent),
        }
    }

    /// Like [`shown_share`](Self::shown_share), but a range if the share is uncertain.
    fn shown_share_of(&self, case: &Case, share: &Share) -> String {
        let shown = self.shown_share(share);
        match &case.subject {
            Subject::Crowd(crowd) if case.state == State::Unknown => {
                let most = Share { percent: crowd.possible, ..*share };
                format!("{:.1}% to {}", crowd.certain, self.shown_share(&most))
            }
            _ => shown,
        }
    }

    /// `pid 811 xz 25.0% + pid 812 xz 24.9% + 6 more`.
    fn members(&self, crowd: &Crowd) -> String {
        let named = crowd.largest.iter().take(NAMED);
        let mut parts: Vec<_> = named
            .map(|(process, share)| {
                format!("{} {}", self.named(process), self.shown_percent(share.percent))
            })
            .collect();
        let most = crowd.largest.first().map_or(0.0, |(_, share)| share.percent);
        if crowd.ended > most {
            let ended = self.shown_percent(crowd.ended);
            parts.insert(0, format!("processes that have ended {ended}"));
        }
        let more = crowd.members.saturating_sub(NAMED as u64);
        if more > 0 {
            parts.push(format!("{more} more"));
        }
        parts.join(" + ")
    }

    /// UNKNOWN for processes that could not be measured, since they may be over.
    fn blind_spots(&self) -> Vec<Finding> {
        let doubts = &self.last.sample.unmeasured;
        let unmeasured = doubts
            .hidden()
            .map(|hidden| format!("{} can't be measured: {}", doubts.pids(), hidden.explained("")));
        let finding = |text| Finding { state: State::Unknown, text };
        unmeasured.into_iter().chain(self.blindness.clone()).map(finding).collect()
    }

    /// `highest 12.3% over 3 s: pid 812 firefox, user alice; 312 judged, 4 exempt`.
    fn all_well(&self, settled: &[&Settled<Case>]) -> String {
        let highest = match self.last.busiest.first() {
            Some((subject, share)) => {
                format!("highest {}: {}", self.shown_share(share), self.in_full(subject))
            }
            None => self.none_to_judge(),
        };
        let mut parts: Vec<_> = settled.iter().take(3).map(|case| self.settled(case)).collect();
        parts.push(highest);
        parts.push(self.numbers());
        parts.extend(self.sampled());
        parts.join("; ")
    }

    /// `no process to judge fits --only xz`.
    fn none_to_judge(&self) -> String {
        let only: Vec<_> = self.scope.only.iter().map(Selector::text).collect();
        let fits = if only.is_empty() { "" } else { " fits --only " };
        format!("no process to judge{fits}{}", escape::shortened(&only.join(" or "), 120))
    }

    /// `pid 812 xz, user alice 99.8% over 3 s, settled to 0.1% after 5 s`.
    fn settled(&self, case: &Settled<Case>) -> String {
        let shown = |case: &Case| {
            let share = case.share.map(|share| self.shown_share(&share));
            share.unwrap_or_else(|| "its end".into())
        };
        let who = self.in_short(&case.first.subject);
        let after = number::seconds(case.after);
        let (first, last) = (shown(&case.first), shown(&case.last));
        format!("{who} {first}, settled to {last} after {after} s")
    }

    pub(super) fn numbers(&self) -> String {
        let Tally { judged, exempt, crowds, .. } = &self.last;
        let groups = match self.policy.per {
            Per::Process => String::new(),
            per => format!(" in {} {}", crowds.len(), per.groups()),
        };
        format!("{judged} judged{groups}, {exempt} exempt")
    }

    /// `pid 812 xz, user alice`, or `user alice`.
    fn in_short(&self, subject: &Subject) -> String {
        match subject {
            Subject::Process(process) => self.short(process),
            Subject::Crowd(crowd) => crowd.group.shown(),
            Subject::Busiest(_) => "the busiest".into(),
        }
    }

    /// `pid 812 xz, user alice`, or `user alice: pid 812 xz 25.0% + 6 more`.
    pub(super) fn in_full(&self, subject: &Subject) -> String {
        match subject {
            Subject::Crowd(crowd) => format!("{}: {}", crowd.group.shown(), self.members(crowd)),
            other => self.in_short(other),
        }
    }

    fn sampled(&self) -> Option<String> {
        let why = self.baseline.why_sampled.as_ref()?;
        Some(format!("sampled here: {why}"))
    }

    fn remark(&self, over: &[&Settled<Case>]) -> String {
        let is_over =
            |case: &&&Settled<Case>| case.last.is_over() && case.last.state != State::Unknown;
        let over = over.iter().filter(is_over).count();
        let sampled = self.sampled().map_or_else(String::new, |why| format!("; {why}"));
        format!("{over} over; {}{sampled}", self.numbers())
    }

    /// `pid 812 xz, user alice`.
    fn short(&self, reading: &Reading) -> String {
        if !self.names_processes {
            return format!("pid {}", reading.pid);
        }
        let Some(mut process) = self.living(reading) else {
            return ended(reading);
        };
        let user = process.owner().map_or_else(
            |_| String::new(),
            |owner| {
                let name = names::user(owner.uid);
                format!(", user {}", escape::bounded(name.as_bytes(), 32))
            },
        );
        format!("{}{user}", self.named(reading))
    }

    /// `pid 812 xz`, or only the PID if it has ended.
    fn named(&self, reading: &Reading) -> String {
        let process = self.names_processes.then(|| self.living(reading)).flatten();
        let name = process.map(|mut process| format!(" {}", describe::name(&mut process)));
        format!("pid {}{}", reading.pid, name.unwrap_or_default())
    }

    /// With its unit or parent: `pid 812 xz, user alice, backup.service`.
    fn long(&self, reading: &Reading) -> String {
        let place = self.names_processes.then(|| self.living(reading)).flatten();
        let place = place.and_then(|mut process| describe::place(&mut process));
        let place = place.map_or_else(String::new, |place| format!(", {place}"));
        format!("{}{place}", self.short(reading))
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
        let of = if self.policy.measure.cores.is_some() { " of the machine" } else { "" };
        format!("{percent:.1}%{of}")
    }

    /// The process of a reading, if it is still alive.
    pub(super) fn living(&self, reading: &Reading) -> Option<Process<'_>> {
        let mut process = Process::new(self.root, Pid(reading.pid));
        let is_same = process.stat().is_ok_and(|stat| stat.start == reading.start);
        is_same.then_some(process)
    }

    fn perfdata(&self, over: &[&Settled<Case>]) -> Vec<Perfdata> {
        let percent = |label: &str, value, thresholds| Perfdata {
            label: label.into(),
            value,
            unit: "%",
            thresholds,
        };
        #[allow(clippy::cast_precision_loss, reason = "there are less than 2^22 processes")]
        let count = |label: &str, count: u64| Perfdata::plain(label, count as f64);
        let highest = self.last.busiest.first().map_or(0.0, |(_, share)| share.percent);
        let mut items = vec![percent("highest", highest, self.policy.window)];
        if self.policy.lifetime != Thresholds::default() {
            let highest = self.last.highest_lifetime;
            items.push(percent("highest_lifetime", highest, self.policy.lifetime));
        }
        let worse = |state: State| {
            let are = over.iter().filter(|c| c.last.is_over() && c.last.state >= state);
            u64::try_from(are.count()).unwrap_or(u64::MAX)
        };
        items.extend([
            count("over_warning", worse(State::Warning)),
            count("over_critical", worse(State::Critical)),
        ]);
        if self.policy.per != Per::Process {
            items.push(count("groups", self.last.crowds.len() as u64));
        }
        items.push(count("judged", self.last.judged));
        items.push(count("exempt", self.last.exempt));
        items
    }
}

/// Orders by state, then by share, then by the share over the whole life.
fn worst_first(a: &Case, b: &Case) -> std::cmp::Ordering {
    let share = |case: &Case| case.share.map_or(0.0, |share| share.percent);
    let life = |case: &Case| case.lifetime.unwrap_or(0.0);
    let by_state = Reverse(a.state).cmp(&Reverse(b.state));
    by_state.then(share(b).total_cmp(&share(a))).then(life(b).total_cmp(&life(a)))
}

pub(super) fn ended(process: &Reading) -> String {
    format!("pid {} (it has ended since)", process.pid)
}

/// ` (want 0-80)`, or nothing if the percentage is within its limits.
fn want(limits: Thresholds, percent: f64) -> String {
    let violated = limits.violated(limits.state(percent));
    violated.map_or_else(String::new, |range| format!(" (want {})", range.wanted()))
}

/// A rounded duration: `3 s`, `2.4 s`, `61 s`, `5 min`.
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
