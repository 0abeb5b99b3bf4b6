//! One walk over all processes, or over those of a unit, counting for every spec at once.
//!
//! It knows nothing of thresholds. What it can't see it does not leave out: a count is an interval,
//! from those that are certainly meant to those that may be.

use crate::count::sieve::Sieve;
use crate::count::unit_members;
use crate::proc::fact::{Hidden, Missing};
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
    pub uncertain: u64,
    /// What hid the first of the uncertain ones.
    pub hidden: Option<(Pid, Hidden)>,
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
    /// The greatest number that may fit the selector in place `at`.
    #[allow(clippy::cast_precision_loss, reason = "there are less than 2^22 processes")]
    pub fn possible(&self, at: usize) -> f64 {
        let Tally { certain, uncertain, .. } = self.tallies[at];
        if self.blindness.is_some() { f64::MAX } else { (certain + uncertain) as f64 }
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
    let mut count = Count::new(root, population, selectors);
    let all: Vec<usize> = (0..selectors.len()).collect();
    let listed = root.walk(|pid| count.visit(pid, &all))?;
    Ok(count.scan(listed, Vec::new()))
}

/// The same, but for selectors that ask for units by a look at the members of those alone, where their
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
    let mut count = Count::new(root, population, selectors);
    for &pid in &members {
        count.visit(pid, &of_units);
    }
    let mut listed = members.len() as u64;
    if !others.is_empty() {
        listed += root.walk(|pid| count.visit(pid, &others))?;
    }
    Ok(count.scan(listed, of_units))
}

/// A count in the making.
struct Count<'a> {
    selectors: &'a [&'a Selector],
    population: &'a Population,
    sieve: Sieve,
    process: Process<'a>,
    tallies: Vec<Tally>,
}

impl<'a> Count<'a> {
    fn new(root: &'a ProcRoot, population: &'a Population, selectors: &'a [&Selector]) -> Self {
        Self {
            selectors,
            population,
            sieve: Sieve::new(selectors),
            process: Process::new(root, Pid(0)),
            tallies: vec![Tally::default(); selectors.len()],
        }
    }

    /// Counts one process for the selectors in these places.
    fn visit(&mut self, pid: Pid, places: &[usize]) {
        self.process.move_to(pid);
        let passed = self.sieve.passed(&mut self.process);
        for &at in places {
            if self.sieve.lets_through(at, passed) {
                self.tallies[at].take(self.selectors[at], self.population, &mut self.process);
            }
        }
    }

    fn scan(self, listed: u64, by_members: Vec<usize>) -> Scan {
        let blindness = self.process.root().blindness();
        Scan { tallies: self.tallies, listed, by_members, blindness }
    }
}

impl Tally {
    fn take(&mut self, selector: &Selector, population: &Population, process: &mut Process<'_>) {
        let fit = selector.fits(process);
        if matches!(fit, Ok(false) | Err(Missing::Gone)) {
            return;
        }
        if fit.is_err() && self.uncertain >= MANY {
            self.uncertain += 1;
            return;
        }
        let standing = population.standing_for(selector, process);
        match (standing, fit) {
            (Ok(Standing::Member), Ok(_)) => self.certain += 1,
            (Ok(Standing::Member), Err(Missing::Hidden(hidden)))
            | (Err(Missing::Hidden(hidden)), _) => {
                self.uncertain += 1;
                self.hidden.get_or_insert((process.pid(), hidden));
            }
            (Ok(Standing::Zombie), Ok(_)) => self.zombies += 1,
            (Ok(Standing::Elsewhere), Ok(_)) => self.elsewhere += 1,
            _ => {}
        }
    }
}
