//! Threshold ranges, and the state of a measure compared with them.
//!
//! The nagios-range crate does the arithmetic. This module adds the `MIN-MAX` form of specs, refuses
//! `nan` and `inf` (a range with either never alerts), and judges a measure of which only a lower and
//! an upper bound are known.

use crate::text::error::Error;
use std::fmt;

use nagios_range::{CheckType, NagiosRange};

use crate::nagios::state::State;
use crate::text::number::{self, Interval, Unit};

/// A range of the Nagios guidelines. It alerts outside of its ends, or inside if it begins with `@`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range(NagiosRange);

impl Range {
    /// Parses `10`, `10:`, `~:10`, `10:20` or `@10:20`.
    ///
    /// # Errors
    /// What is wrong with it, and what would be right.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let explain = |why: &str| format!("{why}; write a Nagios range such as 10, 10: or 5:10");
        let ends = text.strip_prefix('@').unwrap_or(text);
        // nagios-range accepts nan and inf, and a range with either never alerts.
        let is_end = |end: &str| end.parse::<f64>().is_ok_and(f64::is_finite);
        let (start, end) = ends.split_once(':').unwrap_or(("0", ends));
        if !(matches!(start, "" | "~") || is_end(start)) || !(end.is_empty() || is_end(end)) {
            return Err(Error::new(explain("not a number")));
        }
        let range =
            NagiosRange::from(text).map_err(|error| Error::new(explain(&error.to_string())))?;
        // The crate does not compare a lone end with the implied start of 0.
        if range.start() > range.end() {
            return Err(Error::new(explain("its end is below its start")));
        }
        Ok(Self(range))
    }

    /// Parses a spec's `N`, `MIN-` or `MIN-MAX`. `-MAX` is refused: `-1` is a likely typo for `1-`, and
    /// would be OK without any process.
    ///
    /// # Errors
    /// What is wrong with it, and what would be right.
    pub fn of_spec(text: &str) -> Result<Self, Error> {
        let wanted = Interval::parse(text, Unit::Count)?;
        let Some(start) = wanted.min else {
            return Err(Error::new(format!(
                "'{text}' has no lower end; write 0{text} if 0 is right"
            )));
        };
        let end = wanted.max.unwrap_or(f64::INFINITY);
        NagiosRange::new(CheckType::Outside, start, end)
            .map(Self)
            .map_err(|error| Error::new(error.to_string()))
    }

    /// Parses the range of a measure: `-MAX`, `MIN-` or `MIN-MAX`, with units. A single number is
    /// refused, because no measure ever equals it exactly.
    ///
    /// # Errors
    /// What is wrong with it, and what would be right.
    pub(crate) fn of_measure(text: &str, unit: Unit) -> Result<Self, Error> {
        let Interval { min, max } = Interval::of_measure(text, unit)?;
        let (start, end) = (min.unwrap_or(0.0), max.unwrap_or(f64::INFINITY));
        NagiosRange::new(CheckType::Outside, start, end)
            .map(Self)
            .map_err(|error| Error::new(error.to_string()))
    }

    /// Whether only too much is wrong: it has an upper end and no lower one.
    pub(crate) fn is_ceiling(&self) -> bool {
        *self.0.start() <= 0.0 && self.has_upper_end()
    }

    /// Whether too much is wrong.
    pub(crate) fn has_upper_end(&self) -> bool {
        self.0.end().is_finite()
    }

    /// Whether `value` violates the range.
    pub(crate) fn alerts(&self, value: f64) -> bool {
        self.0.check(value)
    }

    /// Whether `value` is below everything allowed: too little rather than too much.
    pub fn is_above(&self, value: f64) -> bool {
        self.0.checks_outside() && value < *self.0.start()
    }

    /// The allowed values as a spec writes them: `1-`, `1-5`, or `not 1-5` for a range that alerts inside.
    /// With negative ends, where a dash would read as a sign: `-5 to 5`.
    pub fn wanted(&self) -> String {
        let (start, end) = (*self.0.start(), *self.0.end());
        let not = if self.0.checks_inside() { "not " } else { "" };
        match (start.is_finite(), end.is_finite()) {
            (true, true) if start < 0.0 => format!("{not}{start} to {end}"),
            (true, false) if start < 0.0 => format!("{not}at least {start}"),
            (true, true) => format!("{not}{start}-{end}"),
            (true, false) => format!("{not}{start}-"),
            (false, true) => format!("{not}up to {end}"),
            (false, false) => format!("{not}any"),
        }
    }

    /// The intervals that violate the range, in units of `1 / steps`, from 0 upwards: one or two, of which
    /// only the last may be unbounded.
    pub fn alerting(&self, steps: f64) -> Vec<(f64, Option<f64>)> {
        let (start, end) = (*self.0.start() * steps, *self.0.end() * steps);
        let outside = [(0.0, Some(start.ceil() - 1.0)), (end.floor() + 1.0, None)];
        let inside = [(start.ceil(), Some(end.floor()).filter(|end| end.is_finite()))];
        let all = if self.0.checks_inside() { &inside[..] } else { &outside[..] };
        let all = all.iter().map(|&(least, most)| (least.max(0.0), most));
        all.filter(|&(least, most)| least.is_finite() && most.is_none_or(|most| most >= least))
            .collect()
    }

    /// The allowed values with a unit: `up to 8 GiB`, `at least 5m`, `2 GiB to 4 GiB`. For counts, as
    /// [`Self::wanted`].
    pub(crate) fn wanted_in(&self, unit: Unit) -> String {
        let (start, end) = (*self.0.start(), *self.0.end());
        let shown = |value| number::shown(value, unit);
        match (unit, start > 0.0, end.is_finite()) {
            (Unit::Count, ..) => self.wanted(),
            (_, false, _) => format!("up to {}", shown(end)),
            (_, true, false) => format!("at least {}", shown(start)),
            (_, true, true) => format!("{} to {}", shown(start), shown(end)),
        }
    }

    /// Its finite ends, where the verdict may change.
    fn ends(&self) -> impl Iterator<Item = f64> {
        [*self.0.start(), *self.0.end()].into_iter().filter(|end| end.is_finite())
    }
}

/// Nagios's own form, for performance data: `10`, `1:`, `1:5`, `~:5`, `@1:5`.
impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (start, end) = (*self.0.start(), *self.0.end());
        if self.0.checks_inside() {
            f.write_str("@")?;
        }
        match (start.is_finite(), end.is_finite()) {
            (false, _) => f.write_str("~:")?,
            // Icinga keeps a plain number as a threshold, but not a range with a colon.
            (true, true) if start == 0.0 => {}
            (true, _) => write!(f, "{start}:")?,
        }
        if end.is_finite() { write!(f, "{end}") } else { Ok(()) }
    }
}

/// The two ranges that a measure is compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Thresholds {
    /// Outside of it the state is WARNING.
    pub warning: Option<Range>,
    /// Outside of it the state is CRITICAL.
    pub critical: Option<Range>,
}

impl Thresholds {
    /// The state of a measure.
    pub fn state(&self, value: f64) -> State {
        let alerts = |range: &Option<Range>| range.is_some_and(|range| range.alerts(value));
        if alerts(&self.critical) {
            State::Critical
        } else if alerts(&self.warning) {
            State::Warning
        } else {
            State::Ok
        }
    }

    /// The state of a measure that lies between `certain` and `possible`, both included. It is UNKNOWN
    /// unless all values between have the same state. Comparing only the two ends is not enough: 1 and 4
    /// both violate 2-3, but 2 does not.
    pub fn state_between(&self, certain: f64, possible: f64) -> State {
        let state = self.state(certain);
        if certain >= possible {
            return state;
        }
        let is_same = |value: &f64| self.state(*value) == state;
        if self.examples(certain, possible).iter().all(is_same) { state } else { State::Unknown }
    }

    /// Refuses ranges that can never alert, such as `0:`.
    ///
    /// # Errors
    /// What to write instead.
    pub fn that_can_alert(self) -> Result<Self, Error> {
        if self == Self::default() || self.can_alert() {
            return Ok(self);
        }
        let given = [self.warning, self.critical].into_iter().flatten();
        let given: Vec<_> = given.map(|range| range.to_string()).collect();
        let never = if given.len() == 1 { "alerts" } else { "alert" };
        let given = given.join(" and ");
        Err(Error::new(format!(
            "{given} never {never}, since nothing is below 0; write 1: for at least 1"
        )))
    }

    /// Whether any measure would alert. With `0-` and `0:` none does.
    pub(crate) fn can_alert(&self) -> bool {
        self.examples(0.0, f64::MAX).iter().any(|value| self.state(*value) != State::Ok)
    }

    /// Whether any measure is OK. The spec `1:2` leaves none: it asks for exactly 1 and for exactly 2.
    pub(crate) fn can_be_ok(&self) -> bool {
        self.examples(0.0, f64::MAX).iter().any(|value| self.state(*value) == State::Ok)
    }

    /// Sample measures between `low` and `high`, with at least one of every possible state: both bounds,
    /// the ends of the ranges in between, and the middle of each gap.
    fn examples(&self, low: f64, high: f64) -> Vec<f64> {
        let ranges = [self.warning, self.critical].into_iter().flatten();
        let ends = ranges.flat_map(|range| range.ends().collect::<Vec<_>>());
        let inside = ends.filter(|end| (low..=high).contains(end));
        let mut values: Vec<f64> = inside.chain([low, high]).collect();
        values.sort_by(f64::total_cmp);
        let middles: Vec<f64> = values.windows(2).map(|gap| gap[0].midpoint(gap[1])).collect();
        values.extend(middles);
        values
    }

    /// The range that was violated, by the resulting state.
    pub const fn violated(&self, state: State) -> Option<Range> {
        match state {
            State::Critical => self.critical,
            State::Warning => self.warning,
            State::Unknown | State::Ok => None,
        }
    }

    /// The range that only some values between `certain` and `possible` violate. If both are, the critical
    /// one.
    pub fn doubtful(&self, certain: f64, possible: f64) -> Option<Range> {
        [self.critical, self.warning].into_iter().flatten().find(|&range| {
            let alone = Self { critical: Some(range), warning: None };
            alone.state_between(certain, possible) == State::Unknown
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_alerts_is_what_is_alerted_on() {
        for text in [
            "5", "5:", "0:", "~:5", "~:", "2:5", "@5", "@5:", "@2:5", "@~:5", "1.5", "1.5:2.5",
            "-5:-1", "~:-1", "@-5:-1", "0", "@0",
        ] {
            let range = Range::parse(text).unwrap();
            let intervals = range.alerting(1.0);
            for value in (0..10).map(f64::from) {
                let is_in = |&(least, most): &(f64, Option<f64>)| {
                    least <= value && most.is_none_or(|most| value <= most)
                };
                assert_eq!(intervals.iter().any(is_in), range.alerts(value), "{text} {value}");
            }
        }
    }

    fn spec_range(text: &str) -> Range {
        Range::of_spec(text).unwrap()
    }

    #[test]
    fn what_is_parsed_is_printed() {
        for text in ["10", "10:", "~:10", "10:20", "@10:20", "@10", "1.5:2.5"] {
            assert_eq!(Range::parse(text).unwrap().to_string(), text);
        }
        for (spec, nagios) in
            [("1-", "1:"), ("1", "1:1"), ("0-5", "5"), ("0-0", "0"), ("1-5", "1:5")]
        {
            assert_eq!(spec_range(spec).to_string(), nagios);
        }
    }

    #[test]
    fn numbers_that_are_none_are_refused() {
        for text in [
            "", "nan", "inf", "1:nan", "~:inf", "1:1e999", "-inf:", "x", "20:10", "1:2:3", "@",
            "5:~", "-5", "1-5",
        ] {
            assert!(Range::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn zero_is_a_limit() {
        assert!(Range::parse("0").unwrap().alerts(1.0));
        assert!(!Range::parse("0").unwrap().alerts(0.0));
        assert!(spec_range("0-0").alerts(1.0));
    }

    #[test]
    fn a_range_that_leaves_out_nothing_never_alerts() {
        let nagios = |text| Thresholds { critical: Range::parse(text).ok(), warning: None };
        for text in ["0:", "~:", "-5:"] {
            assert!(!nagios(text).can_alert(), "{text}");
            assert!(nagios(text).that_can_alert().is_err(), "{text}");
        }
        for text in ["0", "1:", "0.5:", "~:4", "@0:", "@0.2:0.8"] {
            assert!(nagios(text).can_alert(), "{text}");
        }
        let two = |first, second| Thresholds {
            warning: Some(spec_range(first)),
            critical: Some(spec_range(second)),
        };
        assert!(!two("1", "2").can_be_ok() && !two("4-", "0-2").can_be_ok());
        assert!(two("1", "1").can_be_ok() && two("4-", "2-").can_be_ok());
    }

    #[test]
    fn an_interval_has_a_state_only_if_all_its_values_agree() {
        let two_or_three = Thresholds { critical: Some(spec_range("2-3")), warning: None };
        assert_eq!(two_or_three.state_between(1.0, 4.0), State::Unknown);
        assert_eq!(two_or_three.state_between(2.0, 3.0), State::Ok);
        assert_eq!(two_or_three.state_between(4.0, f64::MAX), State::Critical);
        assert_eq!(two_or_three.state_between(0.0, 1.0), State::Critical);
        let at_least_one = Thresholds { critical: Some(spec_range("1-")), warning: None };
        assert_eq!(at_least_one.state_between(1.0, f64::MAX), State::Ok);
        assert_eq!(at_least_one.state_between(0.0, 1.0), State::Unknown);
        let inside = Thresholds { critical: Range::parse("@2:3").ok(), warning: None };
        assert_eq!(inside.state_between(1.0, 4.0), State::Unknown);
        for text in ["2.3:2.7", "@2.3:2.7", "2.5:2.5"] {
            let narrow = Thresholds { critical: Range::parse(text).ok(), warning: None };
            assert_eq!(narrow.state_between(2.0, 3.0), State::Unknown, "{text}");
            assert_eq!(narrow.state_between(2.0, 2.2), narrow.state(2.0), "{text}");
        }
    }

    #[test]
    fn the_worse_range_wins_and_is_named() {
        let cron =
            Thresholds { warning: Some(spec_range("1-2")), critical: Some(spec_range("1-5")) };
        assert_eq!(
            [1.0, 3.0, 6.0, 0.0].map(|n| cron.state(n)),
            [State::Ok, State::Warning, State::Critical, State::Critical]
        );
        let doubtful = |certain, possible| cron.doubtful(certain, possible).map(|r| r.wanted());
        assert_eq!(doubtful(2.0, 3.0).unwrap(), "1-2");
        assert_eq!(doubtful(4.0, 6.0).unwrap(), "1-5");
        assert_eq!(doubtful(3.0, 5.0), None);
        let wanted = |range: &str| Range::parse(range).unwrap().wanted();
        assert_eq!(
            ["-5:10", "-5:", "@-5:-1"].map(wanted),
            ["-5 to 10", "at least -5", "not -5 to -1"]
        );
        assert_eq!(cron.violated(State::Warning).unwrap().wanted(), "1-2");
        assert_eq!(cron.violated(State::Critical).unwrap().wanted(), "1-5");
    }
}
