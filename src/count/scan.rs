//! One walk over all processes, or over those of a unit, counting for every spec at once.
//!
//! What it can't see it does not leave out: a count is an interval,
//! from those that are certainly meant to those that may be.

use crate::count::sieve::Sieve;
use crate::count::unit_members;
use crate::nagios::range::Thresholds;
use crate::nagios::state::State;
use crate::proc::doubts::Doubts;
use crate::proc::fact::Missing;
use crate::proc::process::Process;
use crate::proc::root::{Pid, ProcRoot};
use crate::select::population::{Population, Standing};
use crate::select::selector::Selector;
use crate::text::error::Error;

/// After this many unknowns the count can't be known. Further ones only widen the interval: what they
/// are to the check isn't asked, since that costs more than the question itself.
const MANY: u64 = 1000;

/// How many processes fit a selector.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Those that certainly do.
    pub certain: u64,
    /// Those that may, for all we can see.
    pub uncertain: Doubts,
    /// Those that would or may have, but were gone when they were looked at.
    pub gone: u64,
    /// Those that would, but have ended and not been waited for.
    pub zombies: u64,
    /// Those that would, but are in containers (or out of them).
    pub elsewhere: u64,
}

/// What a walk found.
#[derive(Clone, Debug)]
pub struct Scan {
    /// One for each selector, in order.
    pub tallies: Vec<Tally>,
    /// How many processes were looked at; members of units twice if all were walked, too.
    pub listed: u64,
    /// Places of the selectors that were counted among the members of units alone.
    pub by_members: Vec<usize>,
    /// Why processes may be missing from the list, if they may.
    pub blindness: Option<String>,
}

impl Scan {
    /// The state of the count of the selector in place `at`.
    #[allow(clippy::cast_precision_loss, reason = "there are less than 2^22 processes")]
    pub fn state(&self, at: usize, thresholds: &Thresholds) -> State {
        let Tally { certain, uncertain, .. } = &self.tallies[at];
        let possible =
            if self.blindness.is_some() { f64::MAX } else { (certain + uncertain.count()) as f64 };
        thresholds.state_between(*certain as f64, possible)
    }
}

/// Counts the processes of `population` that fit each selector, by a walk over all.
///
/// # Errors
/// When the processes can't be listed.
pub fn walk(
    root: &ProcRoot,
    population: &Population,
    selectors: &[&Selector],
) -> Result<Scan, Error> {
    let mut count = Count::new(population, selectors);
    let all: Vec<usize> = (0..selectors.len()).collect();
    let listed = Process::each(root, |process| count.visit(process, &all))?;
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
    let selectors = [selector];
    let mut count = Count::new(population, &selectors);
    let listed = Process::each(root, |process| {
        let before = count.tallies[0].certain;
        count.visit(process, &[0]);
        if count.tallies[0].certain > before {
            visit(process);
        }
    })?;
    Ok(count.scan(root, listed, Vec::new()))
}

/// As [`walk`], but for selectors that ask for units by a look at the members of those alone, where their
/// control groups list them.
///
/// # Errors
/// As [`walk`].
pub fn count(
    root: &ProcRoot,
    population: &Population,
    selectors: &[&Selector],
) -> Result<Scan, Error> {
    let (of_units, others): (Vec<_>, Vec<_>) =
        (0..selectors.len()).partition(|&at| selectors[at].units().is_some());
    let members = if of_units.is_empty() { None } else { unit_members::members(root, selectors) };
    let Some(members) = members else {
        return walk(root, population, selectors);
    };
    let mut count = Count::new(population, selectors);
    let mut process = Process::new(root, Pid(0));
    for &pid in &members {
        process.move_to(pid);
        count.visit(&mut process, &of_units);
    }
    let mut listed = members.len() as u64;
    if !others.is_empty() {
        listed += Process::each(root, |process| count.visit(process, &others))?;
    }
    Ok(count.scan(root, listed, of_units))
}

/// A count in the making.
struct Count<'a> {
    selectors: &'a [&'a Selector],
    population: &'a Population,
    sieve: Sieve,
    tallies: Vec<Tally>,
}

impl<'a> Count<'a> {
    fn new(population: &'a Population, selectors: &'a [&Selector]) -> Self {
        Self {
            selectors,
            population,
            sieve: Sieve::new(selectors),
            tallies: vec![Tally::default(); selectors.len()],
        }
    }

    /// Counts one process for the selectors in these places.
    fn visit(&mut self, process: &mut Process<'_>, places: &[usize]) {
        let passed = self.sieve.passed(process);
        for &at in places {
            if self.sieve.lets_through(at, passed) {
                self.tallies[at].take(self.selectors[at], self.population, process);
            }
        }
    }

    fn scan(self, root: &ProcRoot, listed: u64, by_members: Vec<usize>) -> Scan {
        Scan { tallies: self.tallies, listed, by_members, blindness: root.blindness() }
    }
}

impl Tally {
    /// Whether it lacks processes that ended during the walk. If another took the place of one of them,
    /// the listing may have been past its number, and so it was missed between its two lives.
    pub const fn has_lost_some(&self) -> bool {
        self.gone > 0 || self.zombies > 0
    }

    fn take(&mut self, selector: &Selector, population: &Population, process: &mut Process<'_>) {
        let fit = selector.fits(process);
        match fit {
            Ok(false) => return,
            Err(Missing::Gone) => return self.gone += 1,
            _ => {}
        }
        if let (Err(Missing::Hidden(hidden)), MANY..) = (fit, self.uncertain.count()) {
            self.uncertain.add(process.pid(), hidden);
            return;
        }
        let standing = population.standing_for(selector, process);
        match (standing, fit) {
            (Ok(Standing::Member), Ok(_)) => self.certain += 1,
            (Ok(Standing::Member), Err(Missing::Hidden(hidden)))
            | (Err(Missing::Hidden(hidden)), _) => {
                self.uncertain.add(process.pid(), hidden);
            }
            (Err(Missing::Gone), _) => self.gone += 1,
            (Ok(Standing::Zombie), Ok(_)) => self.zombies += 1,
            (Ok(Standing::Elsewhere), Ok(_)) => self.elsewhere += 1,
            _ => {}
        }
    }
}
