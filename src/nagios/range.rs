//! Threshold ranges: what was allowed, and which state a measure has against it.
//!
//! The arithmetic is nagios-range's. What is added here: the `MIN-MAX` form of specs, the refusal of
//! what is no finite number (`nan` never alerts), and ranges held against a measure that is only
//! known to lie between two values.

use crate::text::error::Error;
use std::fmt;

use nagios_range::{CheckType, NagiosRange};

use crate::nagios::state::State;
use crate::text::number::{self, Interval, Unit};

/// A range of the Nagios guidelines: it alerts outside of its ends, or with `@` inside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range(NagiosRange);

impl Range {
    /// Reads `10`, `10:`, `~:10`, `10:20` or `@10:20`.
    ///
    /// # Errors
    /// What is wrong with it, and what would be right.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let explain = |why: &str| format!("{why}; write a Nagios range such as 10, 10: or 5:10");
        let ends = text.strip_prefix('@').unwrap_or(text);
        // nagios-range takes nan and inf for numbers, and a range with either never alerts.
        let is_end = |end: &str| end.parse::<f64>().is_ok_and(f64::is_finite);
        let (start, end) = ends.split_once(':').unwrap_or(("0", ends));
        if !(matches!(start, "" | "~") || is_end(start)) || !(end.is_empty() || is_end(end)) {
            return Err(Error::new(explain("not a number")));
        }
        let range =
            NagiosRange::from(text).map_err(|error| Error::new(explain(&error.to_string())))?;
        // The crate does not compare a lone end with the 0 that it implies.
        if range.start() > range.end() {
            return Err(Error::new(explain("its end is below its start")));
        }
        Ok(Self(range))
    }

    /// Reads a spec's `N`, `MIN-` or `MIN-MAX`, and alerts outside of it. `-MAX` is refused: `-1` is
    /// one slip away from `1-`, and would be OK without any process.
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

    /// Reads the range of a measure: `-MAX`, `MIN-` or `MIN-MAX`, in its unit. A single number is
    /// refused, since no measure is ever exactly that.
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

    /// Whether it has an upper end and no lower one: less is never wrong.
    pub fn is_ceiling(&self) -> bool {
        *self.0.start() <= 0.0 && self.has_upper_end()
    }

    /// Whether too much of it is wrong.
    pub fn has_upper_end(&self) -> bool {
        self.0.end().is_finite()
    }

    /// Whether `value` is to be alerted on.
    pub(crate) fn alerts(&self, value: f64) -> bool {
        self.0.check(value)
    }

    /// Whether `value` is below all that is allowed, so that something is missing rather than too
    /// much.
    pub fn is_above(&self, value: f64) -> bool {
        self.0.checks_outside() && value < *self.0.start()
    }

    /// In the words of a spec: `1-`, `1-5`; what alerts inside is `not 1-5`. Below 0 a dash would be a
    /// sign: `-5 to 5`.
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

    /// What alerts of a measure that goes from 0 in `steps` to each 1, in steps: one or two intervals, of
    /// which only the last may have no end.
    pub fn alerting(&self, steps: f64) -> Vec<(f64, Option<f64>)> {
        let (start, end) = (*self.0.start() * steps, *self.0.end() * steps);
        let outside = [(0.0, Some(start.ceil() - 1.0)), (end.floor() + 1.0, None)];
        let inside = [(start.ceil(), Some(end.floor()).filter(|end| end.is_finite()))];
        let all = if self.0.checks_inside() { &inside[..] } else { &outside[..] };
        let all = all.iter().map(|&(least, most)| (least.max(0.0), most));
        all.filter(|&(least, most)| least.is_finite() && most.is_none_or(|most| most >= least))
            .collect()
    }

    /// What is wanted of a value in this unit: `up to 8 GiB`, `at least 5m`, `2 GiB to 4 GiB`; of counts
    /// in the words of a spec.
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

    /// Its ends, where the verdict may change.
    fn ends(&self) -> impl Iterator<Item = f64> {
        [*self.0.start(), *self.0.end()].into_iter().filter(|end| end.is_finite())
    }
}

/// In Nagios's own form, for perfdata: `10`, `1:`, `1:5`, `~:5`, `@1:5`.
impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (start, end) = (*self.0.start(), *self.0.end());
        if self.0.checks_inside() {
            f.write_str("@")?;
        }
        match (start.is_finite(), end.is_finite()) {
            (false, _) => f.write_str("~:")?,
            // A plain number stays a threshold in Icinga, a range with a colon does not.
            (true, true) if start == 0.0 => {}
            (true, _) => write!(f, "{start}:")?,
        }
        if end.is_finite() { write!(f, "{end}") } else { Ok(()) }
    }
}

/// The ranges that one number is held against.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Thresholds {
    /// What it must keep to for OK.
    pub warning: Option<Range>,
    /// What it must keep to for not being critical.
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

    /// The state of a measure that lies between `certain` and `possible`, both included: the one that
    /// all values between have, else UNKNOWN. Looking at the two ends alone is not enough: 1 and 4
    /// are both outside of 2-3, as 2.0 and 3.0 are of 2.3-2.7.
    pub fn state_between(&self, certain: f64, possible: f64) -> State {
        let state = self.state(certain);
        if certain >= possible {
            return state;
        }
        let is_same = |value: &f64| self.state(*value) == state;
        if self.examples(certain, possible).iter().all(is_same) { state } else { State::Unknown }
    }

    /// The same, if they can alert or were not given at all.
    ///
    /// # Errors
    /// What would be right instead of `0:`.
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

    /// Whether any measure would alert; `0-` and `0:` never do.
    pub(crate) fn can_alert(&self) -> bool {
        self.examples(0.0, f64::MAX).iter().any(|value| self.state(*value) != State::Ok)
    }

    /// Whether any measure is OK; the two ranges of `1:2`, which mean 1 and 2 exactly, leave none.
    pub(crate) fn can_be_ok(&self) -> bool {
        self.examples(0.0, f64::MAX).iter().any(|value| self.state(*value) == State::Ok)
    }

    /// Measures between `low` and `high`, one at least of every state that they can have: both bounds,
    /// the ends of the ranges between, and the middle of each gap.
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

    /// The range that gave this state, if one did.
    pub const fn violated(&self, state: State) -> Option<Range> {
        match state {
            State::Critical => self.critical,
            State::Warning => self.warning,
            State::Unknown | State::Ok => None,
        }
    }

    /// The range in doubt where a count lies between `certain` and `possible`, the critical one first:
    /// the one that some values between violate and others don't.
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
