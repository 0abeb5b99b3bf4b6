//! Rechecks. A problem is reported only if every scan found it.
//!
//! Each item (a spec, a process) is decided separately, so two different glitches do not add up to
//! an alarm.

use std::time::Duration;

use crate::nagios::state::State;

/// Something that is judged in every scan.
pub trait Judged {
    /// How bad it is.
    fn state(&self) -> State;
}

/// An item, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled<T> {
    /// As it was first seen.
    pub first: T,
    /// As it is reported: the mildest of all scans, the latest of equal ones.
    pub last: T,
    /// How long after the first scan that was seen.
    pub after: Duration,
    waited: Duration,
}

impl<T: Judged> Settled<T> {
    /// As first seen.
    pub fn new(first: T) -> Self
    where
        T: Clone,
    {
        let (after, waited) = (Duration::ZERO, Duration::ZERO);
        Self { last: first.clone(), first, after, waited }
    }

    /// Whether looking again made it better.
    pub(crate) fn has_improved(&self) -> bool {
        self.last.state() < self.first.state()
    }

    fn see(&mut self, again: T, wait: Duration) {
        self.waited += wait;
        if again.state() <= self.last.state() {
            (self.last, self.after) = (again, self.waited);
        }
    }
}

/// The places of the items that are not OK and need another look.
pub fn open<T: Judged>(items: &[Settled<T>]) -> Vec<usize> {
    (0..items.len()).filter(|&at| items[at].last.state() != State::Ok).collect()
}

/// Records how the items in the places `open` look after another `wait`, in that order.
pub fn see<T: Judged>(items: &mut [Settled<T>], open: &[usize], again: Vec<T>, wait: Duration) {
    for (&at, again) in open.iter().zip(again) {
        items[at].see(again, wait);
    }
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
        let mut items: Vec<_> = first.iter().copied().map(Settled::new).collect();
        for row in rest {
            let open = open(&items);
            let again = open.iter().map(|&at| row[at]).collect();
            see(&mut items, &open, again, Duration::from_secs(1));
        }
        items.iter().map(|item| item.last).collect()
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
    fn it_is_known_when_it_settled() {
        let mut items = vec![Settled::new(State::Critical)];
        for again in [State::Critical, State::Ok] {
            see(&mut items, &[0], vec![again], Duration::from_secs(2));
        }
        assert_eq!(items[0].after, Duration::from_secs(4));
        assert!(items[0].has_improved() && open(&items).is_empty());
    }
}
