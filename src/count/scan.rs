//! Counts for every spec in one walk over all processes, or over those of a unit.
//!
//! Hidden facts are not ignored: a count is an interval, from the processes that certainly fit to
//! those that may.

use crate::count::amount::Amount;
use crate::count::groups::Groups;
use crate::count::lasting::Lasting;
use crate::count::sieve::Sieve;
use crate::count::unit_members;
use crate::nagios::range::Thresholds;
use crate::nagios::state::State;
use crate::proc::doubts::Doubts;
use crate::proc::fact::{Fact, Hidden, Missing};
use crate::proc::process::Process;
use crate::proc::root::{Pid, ProcRoot};
use crate::select::each::{Each, Group};
use crate::select::measure::Measure;
use crate::select::population::{Membership, Population};
use crate::select::selector::Selector;
use crate::select::spec::Spec;
use crate::text::error::Error;

/// With this many unknowns the count can't be known. Further ones only widen the interval, so we
/// don't ask whether they belong to the population: that costs more than the question itself.
const MANY: u64 = 1000;

/// What is to be counted, or measured.
#[derive(Clone, Copy, Debug)]
pub struct Target<'s> {
    /// Which processes.
    pub selector: &'s Selector,
    /// What of them, if not their number alone.
    pub measure: Option<Measure>,
    /// What makes groups of them.
    pub each: Option<Each>,
    /// Of these groups, the only one that counts.
    pub group: Option<&'s Group>,
    /// Whether only those count that fitted in all looks before.
    pub lasting: bool,
    /// Those of the look before.
    pub before: Option<&'s Lasting>,
}

impl<'s> Target<'s> {
    /// What a spec is about.
    pub const fn of(spec: &'s Spec) -> Self {
        let Spec { selector, measure, each, lasting, .. } = spec;
        let (measure, each, lasting) = (*measure, *each, *lasting);
        Self { selector, measure, each, group: None, lasting, before: None }
    }

    /// The same, if a look before found these.
    #[must_use]
    pub const fn after(self, before: &'s Tally) -> Self {
        Self { before: before.lasting.as_ref(), ..self }
    }
}

/// The number of those that fit.
impl<'s> From<&'s Selector> for Target<'s> {
    fn from(selector: &'s Selector) -> Self {
        Self { selector, measure: None, each: None, group: None, lasting: false, before: None }
    }
}

/// How many processes fit a selector.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Those that certainly do.
    pub certain: u64,
    /// Those that may, as far as we can see.
    pub uncertain: Doubts,
    /// Those that would or may have fitted, but ended before we had looked at them.
    pub gone: u64,
    /// Those that would, but are zombies: ended, and not waited for.
    pub zombies: u64,
    /// Those that would, but are in containers (or outside, with `--containers only`).
    pub elsewhere: u64,
    /// What was measured of them, if anything was to be.
    pub amount: Option<Amount>,
    /// What there is of each group, if there were to be any.
    pub groups: Option<Groups>,
    /// Those that fitted in all looks so far, where they must.
    pub lasting: Option<Lasting>,
}

/// What a walk found.
#[derive(Clone, Debug)]
pub struct Scan {
    /// One for each target, in order.
    pub tallies: Vec<Tally>,
    /// How many processes were looked at. If all were walked after the members of units, those
    /// count twice.
    pub listed: u64,
    /// Places of the targets that were counted among the members of units alone.
    pub by_members: Vec<usize>,
    /// Why processes may be missing from the list, if they may.
    pub blindness: Option<String>,
}

impl Scan {
    /// The state of the target in place `at`.
    pub fn state(&self, at: usize, thresholds: &Thresholds) -> State {
        let (low, high) = self.tallies[at].bounds(self.blindness.is_some());
        thresholds.state_between(low, high)
    }
}

/// Counts the processes of `population` that fit each target, by a walk over all.
///
/// # Errors
/// When the processes can't be listed.
pub fn walk(
    root: &ProcRoot,
    population: &Population,
    targets: &[Target<'_>],
) -> Result<Scan, Error> {
    let mut count = Count::new(population, targets);
    let sieve = Sieve::new(selectors(targets).into_iter().enumerate());
    let listed = Process::each(root, |process| count.visit(process, &sieve))?;
    Ok(count.scan(root, listed, Vec::new()))
}

/// Calls `visit` with each process of `population` that certainly fits `selector`, in the kernel's
/// order.
///
/// # Errors
/// As [`walk`].
pub fn each(
    root: &ProcRoot,
    population: &Population,
    selector: &Selector,
    mut visit: impl FnMut(&mut Process<'_>),
) -> Result<Scan, Error> {
    let targets = [Target::from(selector)];
    let mut count = Count::new(population, &targets);
    let listed = Process::each(root, |process| {
        let before = count.tallies[0].certain;
        count.take(0, process);
        if count.tallies[0].certain > before {
            visit(process);
        }
    })?;
    Ok(count.scan(root, listed, Vec::new()))
}

/// As [`walk`], but for targets with units only the members of these units are looked at, if their
/// control groups list them.
///
/// # Errors
/// As [`walk`].
pub(crate) fn count(
    root: &ProcRoot,
    population: &Population,
    targets: &[Target<'_>],
) -> Result<Scan, Error> {
    let (of_units, others): (Vec<_>, Vec<_>) =
        (0..targets.len()).partition(|&at| targets[at].selector.units().is_some());
    let selectors = selectors(targets);
    let members = if of_units.is_empty() { None } else { unit_members::members(root, &selectors) };
    let Some(members) = members else {
        return walk(root, population, targets);
    };
    let mut count = Count::new(population, targets);
    let sieve = |places: &[usize]| Sieve::new(places.iter().map(|&at| (at, selectors[at])));
    let of_members = sieve(&of_units);
    let mut process = Process::new(root, Pid(0));
    for &pid in &members {
        process.move_to(pid);
        count.visit(&mut process, &of_members);
    }
    let mut listed = members.len() as u64;
    if !others.is_empty() {
        let of_others = sieve(&others);
        listed += Process::each(root, |process| count.visit(process, &of_others))?;
    }
    Ok(count.scan(root, listed, of_units))
}

fn selectors<'s>(targets: &[Target<'s>]) -> Vec<&'s Selector> {
    targets.iter().map(|target| target.selector).collect()
}

/// A count under way.
struct Count<'a> {
    targets: &'a [Target<'a>],
    population: &'a Population,
    tallies: Vec<Tally>,
}

impl<'a> Count<'a> {
    fn new(population: &'a Population, targets: &'a [Target<'_>]) -> Self {
        let tally = |target: &Target<'_>| Tally {
            amount: target
                .measure
                .filter(|_| target.each.is_none())
                .map(|it| Amount::new(Some(it))),
            groups: target.each.map(|each| Groups::new(each, target.measure)),
            lasting: target.lasting.then(|| Lasting::new(target.selector)),
            ..Tally::default()
        };
        Self { targets, population, tallies: targets.iter().map(tally).collect() }
    }

    /// Counts one process for the targets whose selectors `sieve` has.
    fn visit(&mut self, process: &mut Process<'_>, sieve: &Sieve) {
        for at in sieve.places(process) {
            self.take(at, process);
        }
    }

    fn take(&mut self, at: usize, process: &mut Process<'_>) {
        self.tallies[at].take(&self.targets[at], self.population, process);
    }

    fn scan(self, root: &ProcRoot, listed: u64, by_members: Vec<usize>) -> Scan {
        Scan { tallies: self.tallies, listed, by_members, blindness: root.blindness() }
    }
}

impl Tally {
    /// The least and the greatest value that it may have: of what was measured, else of the number.
    #[allow(clippy::cast_precision_loss, reason = "there are less than 2^22 processes")]
    pub(crate) fn bounds(&self, is_blind: bool) -> (f64, f64) {
        if let Some(amount) = &self.amount {
            return amount.bounds(is_blind);
        }
        let possible = self.certain + self.uncertain.count();
        (self.certain as f64, if is_blind { f64::MAX } else { possible as f64 })
    }

    /// Whether processes ended during the walk. If a daemon was replaced, the listing may already
    /// have passed the PID of the new process, so that the daemon was missed between its two lives.
    pub const fn has_lost_some(&self) -> bool {
        self.gone > 0 || self.zombies > 0
    }

    fn take(&mut self, target: &Target<'_>, population: &Population, process: &mut Process<'_>) {
        let fit = target.selector.fits(process);
        match fit {
            Ok(false) => return,
            Err(Missing::Gone) => return self.gone += 1,
            _ => {}
        }
        if let (Err(Missing::Hidden(hidden)), MANY..) = (fit, self.uncertain.count()) {
            if self.has_lasted(target, process, Err(hidden)) != Ok(false) {
                self.add_unseen(process, hidden);
            }
            return;
        }
        let membership = population.membership_for(target.selector, process);
        let known = match (membership, fit) {
            (Ok(Membership::Member), Ok(_)) => Ok(()),
            (Ok(Membership::Member), Err(Missing::Hidden(hidden)))
            | (Err(Missing::Hidden(hidden)), _) => Err(hidden),
            (Err(Missing::Gone), _) => return self.gone += 1,
            (Ok(Membership::Zombie), Ok(_)) => return self.zombies += 1,
            (Ok(Membership::Elsewhere), Ok(_)) => return self.elsewhere += 1,
            _ => return,
        };
        let known = match self.has_lasted(target, process, known) {
            Ok(true) => known,
            Ok(false) => return,
            Err(Missing::Hidden(hidden)) => Err(hidden),
            Err(Missing::Gone) => return self.gone += 1,
        };
        if self.measure(process, known.is_ok()).is_err() {
            return self.gone += 1;
        }
        match known {
            Ok(()) => self.certain += 1,
            Err(hidden) => self.uncertain.add(process.pid(), hidden),
        }
    }
    /// Adds what a process has of what is measured.
    fn measure(&mut self, process: &mut Process<'_>, is_certain: bool) -> Fact<()> {
        if let Some(amount) = &mut self.amount {
            amount.add(process, is_certain)?;
        }
        if let Some(groups) = &mut self.groups {
            groups.add(process, is_certain)?;
        }
        Ok(())
    }

    fn add_unseen(&mut self, process: &Process<'_>, hidden: Hidden) {
        self.uncertain.add(process.pid(), hidden);
        self.amount.iter_mut().for_each(|amount| amount.add_unseen(process, hidden));
        self.groups.iter_mut().for_each(|groups| groups.add_unseen(process, hidden));
    }

    /// Whether a process fitted in all looks before, where it must have.
    fn has_lasted(
        &mut self,
        target: &Target<'_>,
        process: &mut Process<'_>,
        fit: Result<(), Hidden>,
    ) -> Fact<bool> {
        let Some(lasting) = &mut self.lasting else { return Ok(true) };
        lasting.take(target.before, process, fit)
    }
}
