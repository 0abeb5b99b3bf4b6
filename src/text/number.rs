//! Numbers and intervals in selectors and ranges: `5`, `5-`, `-5`, `5-9`, with or without units.

use crate::text::error::Error;
use std::time::Duration;

use crate::text::escape;

/// What a number measures, and so which units it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Processes, threads, ids. No unit.
    Count,
    /// Bytes; `k`, `M`, `G` are powers of 1,024.
    Bytes,
    /// Seconds; `s`, `m`, `h`, `d`.
    Seconds,
    /// Percent, with or without `%`.
    Percent,
}

impl Unit {
    fn factor(self, suffix: &str) -> Option<f64> {
        let factor = match (self, suffix) {
            (_, "") | (Self::Percent, "%") | (Self::Seconds, "s") | (Self::Bytes, "B") => 1.0,
            (Self::Seconds, "m") => 60.0,
            (Self::Seconds, "h") => 3600.0,
            (Self::Seconds, "d") => 86400.0,
            (Self::Bytes, "k" | "K") => 1024.0,
            (Self::Bytes, "M") => 1024.0 * 1024.0,
            (Self::Bytes, "G") => 1024.0 * 1024.0 * 1024.0,
            _ => return None,
        };
        Some(factor)
    }

    /// Its unit of measurement in performance data.
    pub(crate) const fn symbol(self) -> &'static str {
        match self {
            Self::Count => "",
            Self::Bytes => "B",
            Self::Seconds => "s",
            Self::Percent => "%",
        }
    }

    /// Names the units, for an error.
    const fn hint(self) -> &'static str {
        match self {
            Self::Count => "a whole number",
            Self::Bytes => "a number of bytes, with k, M or G",
            Self::Seconds => "a number of seconds, or with m, h or d",
            Self::Percent => "a percentage",
        }
    }
}

/// Parses a number with an optional unit. Returns it in the base unit (bytes, seconds, percent).
///
/// # Errors
/// What a valid number looks like.
pub fn parse(text: &str, unit: Unit) -> Result<f64, Error> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, suffix) = text.split_at(digits);
    let fraction_allowed = unit != Unit::Count;
    let value = number
        .parse::<f64>()
        .ok()
        .filter(|_| number.starts_with(|c: char| c.is_ascii_digit()))
        .filter(|_| fraction_allowed || !number.contains('.'));
    match (value, unit.factor(suffix)) {
        (Some(value), Some(factor)) if (value * factor).is_finite() => Ok(value * factor),
        _ => Err(Error::new(format!("'{}' is not {}", escape::text(text.as_bytes()), unit.hint()))),
    }
}

/// Renders a number in the base unit for people: `9.1 GiB`, `2d`, `93.5%`, `400`.
pub(crate) fn shown(value: f64, unit: Unit) -> String {
    let tenths = |value: f64| (value * 10.0).round() / 10.0;
    match unit {
        // Rendering a whole number takes a tenth of the time.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is whole")]
        Unit::Count if value.fract() == 0.0 && (0.0..1e15).contains(&value) => {
            (value as u64).to_string()
        }
        Unit::Count => value.to_string(),
        Unit::Percent => format!("{}%", tenths(value)),
        Unit::Seconds => span(value),
        Unit::Bytes => {
            let units =
                [(1024.0 * 1024.0 * 1024.0, "GiB"), (1024.0 * 1024.0, "MiB"), (1024.0, "KiB")];
            let unit = units.into_iter().find(|(size, _)| value >= *size);
            let (size, name) = unit.unwrap_or((1.0, "B"));
            format!("{} {name}", tenths(value / size))
        }
    }
}

/// Renders seconds in the largest unit that fits, without a fraction: `42s`, `3h`, `12d`.
pub fn span(seconds: f64) -> String {
    let units = [(86400.0, 'd'), (3600.0, 'h'), (60.0, 'm')];
    let unit = units.into_iter().find(|(length, _)| seconds >= *length);
    let (length, letter) = unit.unwrap_or((1.0, 's'));
    format!("{}{letter}", (seconds / length).floor())
}

/// Whether a text is an interval of whole numbers, like the range of a spec.
pub(crate) fn is_range(text: &str) -> bool {
    Interval::parse(text, Unit::Count).is_ok()
}

/// An interval that includes its ends. Either end may be missing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The least value inside.
    pub min: Option<f64>,
    /// The greatest value inside.
    pub max: Option<f64>,
}

impl Interval {
    /// Parses `N`, `MIN-`, `-MAX` or `MIN-MAX`.
    ///
    /// # Errors
    /// What is wrong with it, and what would be right.
    pub fn parse(text: &str, unit: Unit) -> Result<Self, Error> {
        Self::read(text, unit, "write N, MIN- or MIN-MAX")
    }

    /// Parses `MIN-`, `-MAX` or `MIN-MAX`, but no single number.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub(crate) fn of_measure(text: &str, unit: Unit) -> Result<Self, Error> {
        let read = Self::read(text, unit, "write -MAX, MIN- or MIN-MAX")?;
        if text.contains('-') {
            return Ok(read);
        }
        Err(Error::new(format!(
            "{text} has no -; write -{text} for at most {text}, or {text}- for at least"
        )))
    }

    fn read(text: &str, unit: Unit, forms: &str) -> Result<Self, Error> {
        let number = |number: &str| parse(number, unit).map_err(|error| error.followed_by(forms));
        let bound = |text: &str| match text {
            "" => Ok(None),
            digits => number(digits).map(Some),
        };
        if text.is_empty() {
            return Err(Error::new(format!("nothing follows the colon; {forms}")));
        }
        let Some((min, max)) = text.split_once('-') else {
            let exact = number(text)?;
            return Ok(Self { min: Some(exact), max: Some(exact) });
        };
        let (lower, upper) = (bound(min)?, bound(max)?);
        match (lower, upper) {
            (None, None) => Err(Error::new(format!("'{text}' has no number; {forms}"))),
            (Some(low), Some(high)) if low > high => Err(Error::new(format!(
                "'{text}' is empty: {min} is above {max}; write {max}-{min}"
            ))),
            _ => Ok(Self { min: lower, max: upper }),
        }
    }

    /// Whether `value` is inside.
    pub fn contains(self, value: f64) -> bool {
        self.min.is_none_or(|min| value >= min) && self.max.is_none_or(|max| value <= max)
    }
}

/// Parses a duration such as `10`, `2.5s` or `1m`. It must be above zero and at most a day.
///
/// # Errors
/// What a valid duration looks like.
pub fn duration(text: &str) -> Result<Duration, Error> {
    let seconds = parse(text, Unit::Seconds)?;
    if seconds <= 0.0 || seconds > 86400.0 {
        return Err(Error::new(format!("'{text}' is not above 0 seconds and at most a day")));
    }
    Ok(Duration::from_secs_f64(seconds))
}

/// Parses a duration that may be zero or longer than a day.
///
/// # Errors
/// What a valid duration looks like.
pub fn long_duration(text: &str) -> Result<Duration, Error> {
    let seconds = parse(text, Unit::Seconds)?;
    let read = Duration::try_from_secs_f64(seconds);
    read.map_err(|_| Error::new(format!("'{text}' is not 0 seconds or more, as in 12h or 7d")))
}

/// Seconds, rounded to milliseconds for output.
pub fn seconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(text: &str, unit: Unit) -> Option<(Option<f64>, Option<f64>)> {
        Interval::parse(text, unit).ok().map(|interval| (interval.min, interval.max))
    }

    #[test]
    fn the_four_forms() {
        assert_eq!(bounds("5", Unit::Count), Some((Some(5.0), Some(5.0))));
        assert_eq!(bounds("5-", Unit::Count), Some((Some(5.0), None)));
        assert_eq!(bounds("-5", Unit::Count), Some((None, Some(5.0))));
        assert_eq!(bounds("0-5", Unit::Count), Some((Some(0.0), Some(5.0))));
    }

    #[test]
    fn units_scale() {
        assert_eq!(bounds("1.5k-2M", Unit::Bytes), Some((Some(1536.0), Some(2_097_152.0))));
        assert_eq!(bounds("2m-1h", Unit::Seconds), Some((Some(120.0), Some(3600.0))));
        assert_eq!(bounds("50%-", Unit::Percent), Some((Some(50.0), None)));
    }

    #[test]
    fn values_are_short() {
        assert_eq!([0.4, 59.0, 60.0, 7200.0, 200_000.0].map(span), ["0s", "59s", "1m", "2h", "2d"]);
        let bytes = [0.0, 1023.0, 1536.0, 9.75e9].map(|value| shown(value, Unit::Bytes));
        assert_eq!(bytes, ["0 B", "1023 B", "1.5 KiB", "9.1 GiB"]);
        assert_eq!(shown(99.96, Unit::Percent), "100%");
    }

    #[test]
    fn the_range_of_a_measure_is_no_single_number() {
        let read = |text| Interval::of_measure(text, Unit::Bytes);
        assert_eq!(read("-8G").unwrap().max, Some(8.0 * 1024.0 * 1024.0 * 1024.0));
        assert!(read("8G").unwrap_err().to_string().contains("write -8G for at most 8G"));
        assert!(read("-").is_err() && read("").is_err() && read("-8h").is_err());
    }

    #[test]
    fn junk_is_refused() {
        for text in [
            "", "-", "x", "5-1", "1-2-3", "--5", "1e5", "nan", "inf", "1.5", "5k", ".", "1..2",
            "+5", " 5", "0x5",
        ] {
            assert_eq!(bounds(text, Unit::Count), None, "{text}");
        }
        assert_eq!(bounds("5x", Unit::Bytes), None);
        assert_eq!(bounds("5G", Unit::Seconds), None);
        let huge = "9".repeat(400);
        assert_eq!(bounds(&huge, Unit::Bytes), None);
    }
}
