//! A measure of many processes. It is an interval, since values may be hidden, and also whether a
//! process is meant at all.

use crate::proc::doubts::Doubts;
use crate::proc::fact::{Fact, Hidden, unless_gone};
use crate::proc::process::Process;
use crate::select::measure::{How, Measure};

/// The values of those that are certainly meant, and of those that may be.
#[derive(Clone, Debug, PartialEq)]
pub struct Amount {
    /// What is measured; `None` for the number of processes.
    measure: Option<Measure>,
    certain: Option<f64>,
    doubtful: Option<f64>,
    /// Those whose value could not be read.
    hidden: Doubts,
}

impl Amount {
    /// Of no process so far.
    pub const fn new(measure: Option<Measure>) -> Self {
        Self { measure, certain: None, doubtful: None, hidden: Doubts::new() }
    }

    /// Adds a process that is certainly meant, or one that may be.
    ///
    /// # Errors
    /// Gone.
    pub fn add(&mut self, process: &mut Process<'_>, is_certain: bool) -> Fact<()> {
        let value = self.measure.map_or(Ok(1.0), |measure| measure.of(process));
        let value = match unless_gone(value)? {
            Ok(value) => value,
            Err(hidden) => {
                self.hidden.add(process.pid(), hidden);
                return Ok(());
            }
        };
        let how = self.how();
        let sum = if is_certain { &mut self.certain } else { &mut self.doubtful };
        *sum = joined(how, *sum, Some(value));
        Ok(())
    }

    /// Adds one that may be meant, without a look at its value.
    pub(crate) fn add_unseen(&mut self, process: &Process<'_>, hidden: Hidden) {
        match self.measure {
            Some(_) => self.hidden.add(process.pid(), hidden),
            None => self.doubtful = joined(How::Sum, self.doubtful, Some(1.0)),
        }
    }

    /// This one, if those of `other` may belong to it, too.
    pub(crate) fn widened_by(&self, other: &Self) -> Self {
        let (certain, both) = (other.certain, other.doubtful);
        let others = joined(self.how(), certain, both);
        let doubtful = joined(self.how(), self.doubtful, others);
        Self { doubtful, hidden: self.hidden.joined(other.hidden), ..*self }
    }

    /// The least and the greatest that it may be; 0 if no process is meant. `more` is whether there may
    /// be others, of which nothing is known.
    pub fn bounds(&self, more: bool) -> (f64, f64) {
        let how = self.how();
        let is_open = more || self.hidden.count() > 0;
        let or_more = |high| if is_open { f64::MAX } else { high };
        let certain = self.certain.unwrap_or_default();
        let both = joined(how, Some(certain), self.doubtful).unwrap_or_default();
        match (how, self.certain) {
            (How::Sum | How::Max, _) => (certain, or_more(both)),
            (How::Min, Some(least)) => (if is_open { 0.0 } else { both }, least),
            (How::Min, None) if self.doubtful.is_none() => (0.0, or_more(0.0)),
            (How::Min, None) => (0.0, f64::MAX),
        }
    }

    /// Those whose value could not be read.
    pub(crate) const fn hidden(&self) -> &Doubts {
        &self.hidden
    }

    /// Whether a process is certainly meant, and its value known.
    pub(crate) const fn is_certain(&self) -> bool {
        self.certain.is_some()
    }

    /// Whether nothing is known of any process.
    pub const fn is_empty(&self) -> bool {
        self.certain.is_none() && self.doubtful.is_none() && self.hidden.count() == 0
    }

    fn how(&self) -> How {
        self.measure.map_or(How::Sum, |measure| measure.how)
    }
}

fn joined(how: How, one: Option<f64>, other: Option<f64>) -> Option<f64> {
    let (Some(a), Some(b)) = (one, other) else { return one.or(other) };
    Some(match how {
        How::Sum => a + b,
        How::Max => a.max(b),
        How::Min => a.min(b),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::select::selector::Key;
    use crate::text::number::Unit;

    fn bounds(how: How, certain: Option<f64>, doubtful: Option<f64>, more: bool) -> (f64, f64) {
        let measure = Measure { how, key: Key::Rss, unit: Unit::Bytes };
        Amount { certain, doubtful, ..Amount::new(Some(measure)) }.bounds(more)
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
