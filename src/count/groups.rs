//! What is counted or measured in each group of processes.
//!
//! A process whose group may not be known may be in any, or in one of its own: it widens what is known of
//! all of them.

use std::collections::BTreeMap;

use crate::count::amount::Amount;
use crate::nagios::range::Thresholds;
use crate::nagios::state::State;
use crate::proc::doubts::Doubts;
use crate::proc::fact::{Fact, Hidden, Missing};
use crate::proc::process::Process;
use crate::select::each::{Each, Group};
use crate::select::measure::Measure;

/// All groups of a spec.
#[derive(Clone, Debug, PartialEq)]
pub struct Groups {
    each: Each,
    measure: Option<Measure>,
    of: BTreeMap<Group, Amount>,
    /// Those of no known group.
    unplaced: Amount,
    hidden: Doubts,
}

/// A group, held against the ranges.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// Which one; `None` for one that may exist, for all we can see.
    pub group: Option<Group>,
    /// How it is.
    pub state: State,
    /// The least and the greatest value that it may have.
    pub bounds: (f64, f64),
}

impl Groups {
    /// None so far.
    pub const fn new(each: Each, measure: Option<Measure>) -> Self {
        let (unplaced, hidden) = (Amount::new(measure), Doubts::new());
        Self { each, measure, of: BTreeMap::new(), unplaced, hidden }
    }

    /// Adds a process that is certainly meant, or one that may be.
    ///
    /// # Errors
    /// Gone.
    pub fn add(&mut self, process: &mut Process<'_>, is_certain: bool) -> Fact<()> {
        match self.each.group_of(process) {
            Ok(group) => {
                let amount = self.of.entry(group).or_insert_with(|| Amount::new(self.measure));
                amount.add(process, is_certain)
            }
            Err(Missing::Hidden(hidden)) => {
                self.hidden.add(process.pid(), hidden);
                self.unplaced.add(process, false)
            }
            Err(Missing::Gone) => Err(Missing::Gone),
        }
    }

    /// Adds one that may be meant, without a look at it.
    pub(crate) fn add_unseen(&mut self, process: &Process<'_>, hidden: Hidden) {
        self.unplaced.add_unseen(process, hidden);
    }

    /// All groups, the worst first. `more` is whether there may be processes of which nothing is known.
    pub fn judged(&self, thresholds: &Thresholds, more: bool) -> Vec<Judged> {
        let judge = |group: Option<Group>, amount: &Amount| {
            let bounds = amount.bounds(more);
            let state = thresholds.state_between(bounds.0, bounds.1);
            // One that may not exist is none that failed.
            let may_fail = amount.is_certain() || state == State::Ok;
            Judged { group, state: if may_fail { state } else { State::Unknown }, bounds }
        };
        let known = self
            .of
            .iter()
            .map(|(group, amount)| judge(Some(group.clone()), &amount.widened_by(&self.unplaced)));
        let mut all: Vec<Judged> = known.collect();
        if more || !self.unplaced.is_empty() {
            all.push(judge(None, &self.unplaced));
        }
        all.sort_by(|a, b| b.state.cmp(&a.state).then(b.bounds.0.total_cmp(&a.bounds.0)));
        all
    }

    /// How many groups are known.
    pub fn count(&self) -> usize {
        self.of.len()
    }

    /// The processes whose group or value could not be had.
    pub fn hidden(&self) -> Doubts {
        let values = self.of.values().chain([&self.unplaced]).map(|amount| *amount.hidden());
        let doubts = [self.hidden].into_iter().chain(values);
        doubts.reduce(Doubts::joined).unwrap_or_default()
    }
}
