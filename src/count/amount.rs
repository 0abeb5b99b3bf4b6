//! What was measured of many processes, as far as it is known: an interval, since values may be hidden,
//! and so may be whether a process is meant at all.

use crate::proc::doubts::Doubts;
use crate::proc::fact::{Fact, Hidden, Missing};
use crate::proc::process::Process;
use crate::select::measure::{How, Measure};

/// The values of those that are certainly meant, and of those that may be.
#[derive(Clone, Debug, PartialEq)]
pub struct Amount {
    measure: Measure,
    certain: Option<f64>,
    doubtful: Option<f64>,
    /// Those whose value could not be had.
    hidden: Doubts,
}

impl Amount {
    /// Of no process so far.
    pub fn new(measure: Measure) -> Self {
        Self { measure, certain: None, doubtful: None, hidden: Doubts::default() }
    }

    /// Adds a process that is certainly meant, or one that may be.
    ///
    /// # Errors
    /// Gone.
    pub fn add(&mut self, process: &mut Process<'_>, is_certain: bool) -> Fact<()> {
        let value = match self.measure.of(process) {
            Ok(value) => value,
            Err(Missing::Hidden(hidden)) => {
                self.hidden.add(process.pid(), hidden);
                return Ok(());
            }
            Err(Missing::Gone) => return Err(Missing::Gone),
        };
        let sum = if is_certain { &mut self.certain } else { &mut self.doubtful };
        *sum = Some(sum.map_or(value, |so_far| joined(self.measure.how, so_far, value)));
        Ok(())
    }

    /// Adds one that may be meant, without a look at its value.
    pub fn add_unseen(&mut self, process: &Process<'_>, hidden: Hidden) {
        self.hidden.add(process.pid(), hidden);
    }

    /// The least and the greatest that it may be; 0 if no process is meant. `more` is whether there may
    /// be others, of which nothing is known.
    pub fn bounds(&self, more: bool) -> (f64, f64) {
        let how = self.measure.how;
        let is_open = more || self.hidden.count() > 0;
        let or_more = |high| if is_open { f64::MAX } else { high };
        let certain = self.certain.unwrap_or_default();
        let both = self.doubtful.map_or(certain, |value| joined(how, certain, value));
        match (how, self.certain) {
            (How::Sum | How::Max, _) => (certain, or_more(both)),
            (How::Min, Some(least)) => (if is_open { 0.0 } else { both }, least),
            (How::Min, None) if self.doubtful.is_none() => (0.0, or_more(0.0)),
            (How::Min, None) => (0.0, f64::MAX),
        }
    }

    /// Those whose value could not be had.
    pub const fn hidden(&self) -> &Doubts {
        &self.hidden
    }
}

fn joined(how: How, one: f64, other: f64) -> f64 {
    match how {
        How::Sum => one + other,
        How::Max => one.max(other),
        How::Min => one.min(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::select::selector::Key;
    use crate::text::number::Unit;

    fn bounds(how: How, certain: Option<f64>, doubtful: Option<f64>, more: bool) -> (f64, f64) {
        let measure = Measure { how, key: Key::Rss, unit: Unit::Bytes };
        Amount { certain, doubtful, ..Amount::new(measure) }.bounds(more)
    }

    #[test]
    fn what_may_be_meant_widens_the_interval() {
        let (some, other) = (Some(2.0), Some(3.0));
        assert_eq!(bounds(How::Sum, some, other, false), (2.0, 5.0));
        assert_eq!(bounds(How::Max, some, other, false), (2.0, 3.0));
        assert_eq!(bounds(How::Min, other, some, false), (2.0, 3.0));
        assert_eq!(bounds(How::Min, some, other, false), (2.0, 2.0));
        assert_eq!(bounds(How::Min, None, other, false), (0.0, f64::MAX));
    }

    #[test]
    fn what_is_not_seen_leaves_it_open() {
        assert_eq!(bounds(How::Sum, Some(2.0), None, true), (2.0, f64::MAX));
        assert_eq!(bounds(How::Max, Some(2.0), None, true), (2.0, f64::MAX));
        assert_eq!(bounds(How::Min, Some(2.0), None, true), (0.0, 2.0));
        assert_eq!(bounds(How::Min, None, None, true), (0.0, f64::MAX));
    }

    #[test]
    fn nothing_is_zero() {
        for how in [How::Sum, How::Max, How::Min] {
            assert_eq!(bounds(how, None, None, false), (0.0, 0.0));
        }
    }
}
