//! Looking again: a finding stands only if it stood in every scan.
//!
//! It is decided item by item (a spec, a process), so that two different passing glitches do not
//! add up to an alarm.

use std::time::Duration;

use crate::host::patience;
use crate::nagios::state::State;
use crate::text::error::Error;

/// Something that is judged in every scan.
pub trait Judged {
    /// How bad it is.
    fn state(&self) -> State;
}

/// An item and how it came to its final form.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled<T> {
    /// As it was first seen.
    pub first: T,
    /// As it is reported: the mildest of all scans, the latest of equal ones.
    pub last: T,
    /// How long after the first scan that was.
    pub after: Duration,
}

impl<T: Judged> Settled<T> {
    /// Whether looking again made it better.
    pub fn has_improved(&self) -> bool {
        self.last.state() < self.first.state()
    }
}

/// Judges those of the `first` items that are not OK again after each wait.
///
/// `judge` gets the places of the items to judge, and returns as many.
///
/// # Errors
/// The first that `judge` returns.
pub fn settle<T: Judged + Clone>(
    first: Vec<T>,
    waits: impl Iterator<Item = Duration>,
    mut judge: impl FnMut(&[usize]) -> Result<Vec<T>, Error>,
) -> Result<Vec<Settled<T>>, Error> {
    let unsettled = |item: T| Settled { first: item.clone(), last: item, after: Duration::ZERO };
    let mut settled: Vec<_> = first.into_iter().map(unsettled).collect();
    let mut waited = Duration::ZERO;
    for wait in waits {
        let is_open = |at: &usize| settled[*at].last.state() != State::Ok;
        let open: Vec<usize> = (0..settled.len()).filter(is_open).collect();
        if open.is_empty() {
            break;
        }
        patience::rest(wait);
        waited += wait;
        for (at, item) in open.iter().copied().zip(judge(&open)?) {
            if item.state() <= settled[at].last.state() {
                settled[at].last = item;
                settled[at].after = waited;
            }
        }
    }
    Ok(settled)
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Judged for State {
        fn state(&self) -> State {
            *self
        }
    }

    /// Runs scans that see these states, a row a scan.
    fn after(scans: &[&[State]]) -> Vec<State> {
        let (first, rest) = scans.split_first().unwrap();
        let mut rest = rest.iter();
        let waits = std::iter::repeat_n(Duration::from_millis(1), rest.len());
        let judge = |open: &[usize]| {
            let seen = rest.next().unwrap();
            Ok(open.iter().map(|&at| seen[at]).collect())
        };
        let settled = settle(first.to_vec(), waits, judge).unwrap();
        settled.iter().map(|item| item.last).collect()
    }

    #[test]
    fn only_what_stood_in_every_scan_stands() {
        use State::{Critical as C, Ok as O, Warning as W};
        assert_eq!(after(&[&[C, O], &[O, C]]), [O, O]);
        assert_eq!(after(&[&[C, O], &[C, O]]), [C, O]);
        assert_eq!(after(&[&[C], &[W], &[C]]), [W]);
        assert_eq!(after(&[&[W], &[C]]), [W]);
    }

    #[test]
    fn without_a_problem_there_is_no_second_look() {
        let waits = std::iter::repeat_n(Duration::from_secs(9), 3);
        let judge = |_: &[usize]| panic!("looked again");
        assert!(settle(vec![State::Ok; 2], waits, judge).is_ok());
    }
}
