//! The sentence that counting plugins share: how many processes fit each spec, is that within its
//! range, and if not, what stands in their place?

use std::collections::HashSet;
use std::time::Duration;

use crate::count::look::{self, Look};
use crate::count::recheck::{self, Settled};
use crate::count::scan::{Tally, Target};
use crate::count::spec_count::{Count, between, count};
use crate::host::patience;
use crate::nagios::perfdata::Perfdata;
use crate::nagios::report::{Finding, Report};
use crate::nagios::state::State;
use crate::proc::root::ProcRoot;
use crate::select::each::Group;
use crate::select::population::{Containers, Population};
use crate::select::selector::Key;
use crate::select::spec::Spec;
use crate::text::error::Error;
use crate::text::escape;
use crate::text::list::listed;
use crate::text::number;

/// Longest label in a sentence, in characters.
const LONGEST_LABEL: usize = 80;

/// Longest explanation of a finding, in bytes.
const LONGEST_NOTES: usize = 160;

/// The same if it names what hides a count, and the remedy.
const LONGEST_OBSTACLE: usize = 320;

/// How many groups that failed are named.
const MOST_GROUPS: usize = 8;

/// All specs, counted and settled.
#[derive(Debug)]
pub struct Headcount<'s> {
    root: &'s ProcRoot,
    population: &'s Population,
    specs: &'s [Spec],
    faults: &'s [Error],
    counts: Vec<Settled<Count>>,
    looks: Vec<Option<Look>>,
    scans: u32,
    processes: u64,
}

impl<'s> Headcount<'s> {
    /// Counts `specs` among `population` once.
    ///
    /// # Errors
    /// When the processes can't be listed.
    pub fn take(
        root: &'s ProcRoot,
        population: &'s Population,
        specs: &'s [Spec],
    ) -> Result<Self, Error> {
        let all: Vec<_> = specs.iter().map(|spec| (spec, Target::of(spec))).collect();
        let (counts, processes) = count(root, population, &all)?;
        let counts = counts.into_iter().map(Settled::new).collect();
        let looks = vec![None; specs.len()];
        Ok(Self { root, population, specs, faults: &[], counts, looks, scans: 1, processes })
    }

    /// Adds specs that can't be counted. The report names each.
    #[must_use]
    pub fn with_faults(self, faults: &'s [Error]) -> Self {
        Self { faults, ..self }
    }

    /// Counts again after each of `waits` while something is wrong; `so_far` is called before each.
    ///
    /// # Errors
    /// When the processes can't be listed.
    pub fn settle(
        &mut self,
        waits: impl Iterator<Item = Duration>,
        mut so_far: impl FnMut(&Self),
    ) -> Result<(), Error> {
        for wait in waits {
            let open = recheck::open(&self.counts);
            if open.is_empty() {
                break;
            }
            so_far(self);
            patience::rest(wait);
            let again = |&at: &usize| {
                let spec = &self.specs[at];
                (spec, Target::of(spec).after(&self.counts[at].last.tally))
            };
            let again: Vec<_> = open.iter().map(again).collect();
            let (counts, processes) = count(self.root, self.population, &again)?;
            (self.scans, self.processes) = (self.scans + 1, processes);
            recheck::see(&mut self.counts, &open, counts, wait);
        }
        Ok(())
    }

    /// Takes a closer look at whatever failed, or with `all` at everything. If there is something
    /// to look at, `so_far` is called first.
    ///
    /// # Errors
    /// When the processes can't be listed.
    pub fn look(&mut self, all: bool, so_far: impl FnOnce(&Self)) -> Result<(), Error> {
        let too_few = |at: &usize| self.counts[*at].last.is_too_low(&self.specs[*at].thresholds);
        let wants_words = |at: &usize| {
            let count = &self.counts[*at].last;
            all || too_few(at) || (count.state != State::Ok && count.tally.certain > 0)
        };
        let worded: Vec<usize> = (0..self.specs.len()).filter(wants_words).collect();
        if worded.is_empty() {
            return Ok(());
        }
        so_far(self);
        let target = |&at: &usize| {
            let count = &self.counts[at].last;
            let group = count.failed_groups().next().map(|(group, _)| group);
            Target { group, ..Target::of(&self.specs[at]).after(&count.tally) }
        };
        let targets: Vec<Target<'_>> = worded.iter().map(target).collect();
        let lonely = |&n: &usize| too_few(&worded[n]) && self.lacks(worded[n]);
        let lonely: Vec<usize> = (0..worded.len()).filter(lonely).collect();
        let looks = look::closely(self.root, self.population, &targets, &lonely)?;
        for (at, look) in worded.into_iter().zip(looks) {
            self.looks[at] = Some(look);
        }
        Ok(())
    }

    /// Whether the spec in place `at` failed because no process fits it.
    pub fn lacks(&self, at: usize) -> bool {
        let count = self.counts.get(at).map(|count| &count.last);
        count.is_some_and(|count| count.state != State::Ok && count.tally.certain == 0)
    }

    /// The state of the spec in place `at`, and its number or measure with what was wanted.
    pub fn verdict(&self, at: usize) -> (State, String) {
        (self.counts[at].last.state, self.settled_text(at))
    }

    /// Puts it into words; `verbose` is the number of `-v`.
    pub fn report(&self, title: &'static str, verbose: u8) -> Report {
        let mut report = Report { title, ..Report::default() };
        let mut well = Vec::new();
        let mut told = HashSet::new();
        for (at, (spec, count)) in self.specs.iter().zip(&self.counts).enumerate() {
            let label = escape::shortened(&spec.label, LONGEST_LABEL);
            let text = format!("{label} {}", self.settled_text(at));
            if count.last.state == State::Ok {
                well.push(text);
            } else {
                let text = text + &self.notes(at, &mut told);
                report.findings.push(Finding { state: count.last.state, text });
            }
            report.perfdata.push(Perfdata {
                label: spec.label.clone(),
                value: count.last.bounds().0,
                unit: spec.unit().symbol(),
                thresholds: spec.thresholds,
            });
            if let Some(groups) = &count.last.tally.groups {
                let label = format!("{} groups", spec.label);
                #[allow(
                    clippy::cast_precision_loss,
                    reason = "there are less than 2^22 processes"
                )]
                report.perfdata.push(Perfdata::plain(label, groups.count() as f64));
            }
            self.push_details(&mut report.details, at, &label, verbose);
        }
        report.add_faults(self.faults);
        let asked = self.specs.len() + self.faults.len();
        if asked > 1 {
            report.remark = format!("{} of {asked} OK", well.len());
        }
        // The first line cuts longer lists.
        report.all_well = listed(&well, 480);
        if verbose > 1 {
            report.details.push(self.scanned());
        }
        report
    }

    fn scanned(&self) -> String {
        let times = if self.scans == 1 { "once".into() } else { format!("{} times", self.scans) };
        format!("scanned {} processes of {} {times}", self.processes, self.root.shown_path())
    }

    /// The number, what was wanted if that differs, and whether it took a second look.
    fn settled_text(&self, at: usize) -> String {
        let (spec, count) = (&self.specs[at], &self.counts[at]);
        let last = &count.last;
        let number = if count.has_improved() {
            let seconds = number::seconds(count.after);
            format!("{}, settled to {} after {seconds} s", count.first.number(), last.number())
        } else {
            last.number()
        };
        let wanted = last.range(&spec.thresholds);
        let wanted = wanted.map(|range| format!(" (want {})", range.wanted_in(spec.unit())));
        let of_several = spec.each.filter(|_| last.state == State::Ok && last.groups.len() > 1);
        let of_several = of_several
            .map(|each| format!(" (the most of {} {})", last.groups.len(), each.plural()));
        let lasts = spec.lasting && last.state != State::Ok && count.after > Duration::ZERO;
        let lasts = lasts.then(|| format!(" for {} s", number::seconds(count.after)));
        let more = [wanted, of_several, lasts].into_iter().flatten().collect::<String>();
        format!("{number}{more}")
    }

    /// What explains a failing count: what was hidden, near misses where some are missing, who it
    /// is where there are too many.
    fn notes(&self, at: usize, told: &mut HashSet<String>) -> String {
        let count = &self.counts[at].last;
        let too_few = count.is_too_low(&self.specs[at].thresholds);
        let mut notes = Vec::new();
        let mut limit = LONGEST_NOTES;
        // One cause usually hides all counts, so say it once.
        if count.state == State::Unknown && told.insert(count.cause()) {
            limit = LONGEST_OBSTACLE;
            notes.push(count.obstacle());
        }
        let is_measured = count.measure.is_some() && count.tally.certain > 0;
        let failed: Vec<_> = count.failed_groups().collect();
        if let Some(each) = self.specs[at].each {
            let name = |(group, bounds): &(&Group, (f64, f64))| {
                let number = between(*bounds, count.unit());
                format!("{} {number}", each.name(group, self.root))
            };
            notes.extend(failed.iter().take(MOST_GROUPS).map(name));
        }
        // The parent that does not reap is all there is to say.
        let is_told = self.specs[at].each.is_some_and(|each| each.key() == Key::Ppid);
        if failed.len() > 1 || is_told {
            return in_short(&notes, limit);
        }
        if too_few && !is_measured {
            notes.extend(self.in_their_place(at));
        } else if count.state != State::Unknown {
            notes.extend(self.looks[at].iter().flat_map(|look| look.culprits.clone()));
        }
        in_short(&notes, limit)
    }

    /// What we found in place of missing processes: near misses, processes elsewhere, zombies.
    fn in_their_place(&self, at: usize) -> Vec<String> {
        let mut notes: Vec<_> = self.looks[at].iter().flat_map(Look::near_misses).collect();
        let &Tally { zombies, elsewhere, .. } = &self.counts[at].last.tally;
        if elsewhere > 0 {
            let inside = self.population.containers == Containers::Exclude;
            let place = if inside { "in containers" } else { "outside of containers" };
            notes.push(format!("{elsewhere} more {place} (--containers include)"));
        }
        match zombies {
            0 => {}
            1 => notes.push("1 zombie".into()),
            count => notes.push(format!("{count} zombies")),
        }
        notes
    }

    fn push_details(&self, details: &mut Vec<String>, at: usize, label: &str, verbose: u8) {
        let (spec, count) = (&self.specs[at], &self.counts[at].last);
        let Some(look) = &self.looks[at] else { return };
        let too_few = count.is_too_low(&spec.thresholds);
        let failed = count.state != State::Ok;
        if verbose > 0 || (failed && !too_few) {
            details.extend(look.fitting.iter().map(|process| format!("{label}: {process}")));
            if look.more > 0 {
                details.push(format!("{label}: and {} more", look.more));
            }
        }
        if verbose > 1 {
            details.push(format!("{label}: read as {}", spec.in_words()));
            let Tally { certain, uncertain, zombies, elsewhere, .. } = &count.tally;
            let uncertain = uncertain.count();
            details.push(format!(
                "{label}: {certain} certain, {uncertain} uncertain, {zombies} zombies, {elsewhere} \
                 left out by --containers",
            ));
        }
        if verbose > 2 || (failed && too_few) {
            details.extend(look.near.iter().map(|process| format!("{label}: not {process}")));
        }
    }
}

fn in_short(notes: &[String], limit: usize) -> String {
    if notes.is_empty() { String::new() } else { format!(": {}", listed(notes, limit)) }
}
