//! Counts each spec once: how many processes fit it, or what they measure, and what that means.

use crate::count::groups;
use crate::count::recheck::Judged;
use crate::count::scan::{self, Scan, Tally, Target};
use crate::nagios::range::{Range, Thresholds};
use crate::nagios::state::State;
use crate::proc::doubts::Doubts;
use crate::proc::root::ProcRoot;
use crate::select::each::{Each, Group};
use crate::select::measure::Measure;
use crate::select::population::Population;
use crate::select::spec::Spec;
use crate::text::error::Error;
use crate::text::number::{self, Unit};

/// One spec's count or measure in one scan, and what it means.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Count {
    pub(super) state: State,
    pub(super) measure: Option<Measure>,
    pub(super) each: Option<Each>,
    pub(super) tally: Tally,
    /// All groups, the worst first, if there were to be any.
    pub(super) groups: Vec<groups::Judged>,
    pub(super) blindness: Option<String>,
}

impl Judged for Count {
    fn state(&self) -> State {
        self.state
    }
}

impl Count {
    /// The least and the greatest possible value.
    pub(super) fn bounds(&self) -> (f64, f64) {
        match self.each {
            None => self.tally.bounds(self.blindness.is_some()),
            Some(_) => self.groups.first().map_or((0.0, 0.0), |worst| worst.bounds),
        }
    }

    pub(super) fn unit(&self) -> Unit {
        self.measure.map_or(Unit::Count, |measure| measure.unit)
    }

    /// The groups that failed, the worst first.
    pub(super) fn failed_groups(&self) -> impl Iterator<Item = (&Group, (f64, f64))> {
        let failed = self.groups.iter().filter(|judged| judged.state != State::Ok);
        failed.filter_map(|judged| Some((judged.group.as_ref()?, judged.bounds)))
    }

    /// The range that it violates or may violate.
    pub(super) fn range(&self, thresholds: &Thresholds) -> Option<Range> {
        let (low, high) = self.bounds();
        match self.state {
            State::Unknown => thresholds.doubtful(low, high),
            state => thresholds.violated(state),
        }
    }

    /// Whether it failed because there are fewer, or less, than `thresholds` want.
    pub(super) fn is_too_low(&self, thresholds: &Thresholds) -> bool {
        self.range(thresholds).is_some_and(|range| range.is_above(self.bounds().0))
    }

    /// `3`; `3 to 5` when two can't be seen; `3 or more` when any number can't.
    pub(super) fn number(&self) -> String {
        let bounds = self.bounds();
        let is_measured = self.measure.is_some() || self.each.is_some();
        if is_measured && bounds.1 == 0.0 && self.tally.certain == 0 {
            return "none runs".into();
        }
        between(bounds, self.unit())
    }

    /// The processes in doubt: whether they are meant, or what was to be measured of them.
    pub(super) fn doubts(&self) -> Doubts {
        match (&self.tally.amount, &self.tally.groups) {
            _ if self.tally.uncertain.count() > 0 => self.tally.uncertain,
            (Some(amount), _) => *amount.hidden(),
            (None, Some(groups)) => groups.hidden(),
            (None, None) => self.tally.uncertain,
        }
    }

    /// What hid it, without the processes that are hidden.
    pub(super) fn cause(&self) -> String {
        let hidden = self.doubts().hidden().map(|hidden| hidden.to_string());
        self.blindness.clone().or(hidden).unwrap_or_default()
    }

    /// Why we don't know more, and what would help.
    pub(super) fn obstacle(&self) -> String {
        self.blindness.clone().or_else(|| self.doubts().explained()).unwrap_or_default()
    }
}

/// Renders a value that lies between two bounds.
pub(super) fn between((low, high): (f64, f64), unit: Unit) -> String {
    let shown = |value| number::shown(value, unit);
    if low >= high {
        return shown(low);
    }
    match (shown(low), shown(high)) {
        (low, _) if high >= f64::MAX => format!("{low} or more"),
        (low, high) if low == high => low,
        (low, high) => format!("{low} to {high}"),
    }
}

/// Counts each spec's target once. Also returns how many processes were listed.
pub(super) fn count(
    root: &ProcRoot,
    population: &Population,
    asked: &[(&Spec, Target<'_>)],
) -> Result<(Vec<Count>, u64), Error> {
    let (specs, targets): (Vec<&Spec>, Vec<Target<'_>>) = asked.iter().copied().unzip();
    let scan = scan::count(root, population, &targets)?;
    let mut counts: Vec<_> =
        specs.iter().enumerate().map(|(at, spec)| judge(spec, &scan, at)).collect();
    let mut listed = scan.listed;
    let mut walk_again = |places: &[usize]| -> Result<Vec<Count>, Error> {
        if places.is_empty() {
            return Ok(Vec::new());
        }
        let targets: Vec<Target<'_>> = places.iter().map(|&at| targets[at]).collect();
        let scan = scan::walk(root, population, &targets)?;
        listed = scan.listed;
        Ok(places.iter().enumerate().map(|(n, &at)| judge(specs[at], &scan, n)).collect())
    };
    // A failure needs a walk over all processes: a unit's list of members is a snapshot without
    // zombies.
    let failed = |at: &usize| counts[*at].state != State::Ok;
    let doubtful: Vec<usize> = scan.by_members.iter().copied().filter(failed).collect();
    for (&at, again) in doubtful.iter().zip(walk_again(&doubtful)?) {
        counts[at] = again;
    }
    // If a daemon was restarted during the walk, a second walk finds it.
    let lost = |at: &usize| {
        let count = &counts[*at];
        count.tally.has_lost_some() && count.is_too_low(&specs[*at].thresholds)
    };
    let lost: Vec<usize> = (0..counts.len()).filter(lost).collect();
    for (&at, again) in lost.iter().zip(walk_again(&lost)?) {
        if again.state <= counts[at].state {
            counts[at] = again;
        }
    }
    Ok((counts, listed))
}

fn judge(spec: &Spec, scan: &Scan, at: usize) -> Count {
    let (tally, blindness) = (scan.tallies[at].clone(), scan.blindness.clone());
    let groups = tally.groups.as_ref();
    let groups = groups.map(|all| all.judged(&spec.thresholds, blindness.is_some()));
    let state = match &groups {
        None => scan.state(at, &spec.thresholds),
        Some(groups) => groups.first().map_or(State::Ok, |worst| worst.state),
    };
    let (measure, each, groups) = (spec.measure, spec.each, groups.unwrap_or_default());
    Count { state, measure, each, tally, groups, blindness }
}
