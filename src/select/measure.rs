//! What a spec measures instead of counting: `sum=KEY`, `max=KEY` or `min=KEY` of its processes.
//! Its ranges are written in the unit of the key.

use std::fmt;

use crate::nagios::range::{Range, Thresholds};
use crate::proc::fact::Fact;
use crate::proc::process::Process;
use crate::select::each::Each;
use crate::select::ranges;
use crate::select::selector::{KEYS, Key, Kind, Row, quantity, split_terms, unknown_key};
use crate::text::error::Error;
use crate::text::escape;
use crate::text::number::{self, Unit};

/// How the values of many processes become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// All together.
    Sum,
    /// The greatest.
    Max,
    /// The least.
    Min,
}

/// A value of all processes together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// How the values become one.
    pub how: How,
    /// What is read of each process.
    pub key: Key,
    /// What it is measured in.
    pub unit: Unit,
}

/// What a term for a measure begins with.
const WORDS: [(&[u8], How); 3] = [(b"sum=", How::Sum), (b"max=", How::Max), (b"min=", How::Min)];

impl Measure {
    /// The measure among the terms of a spec, which still has its ranges.
    ///
    /// # Errors
    /// A key that can't be measured, or a second measure.
    pub(super) fn of_spec(text: &[u8]) -> Result<Option<Self>, Error> {
        let mut measures = split_terms(text).into_iter().filter_map(split);
        let Some((how, key)) = measures.next() else { return Ok(None) };
        if measures.next().is_some() {
            return Err(Error::new("it has two measures; write a spec for each"));
        }
        let key = key.split(|&byte| byte == b':').next().unwrap_or_default();
        let (key, unit) = measurable(&String::from_utf8_lossy(key))?;
        Ok(Some(Self { how, key, unit }))
    }

    /// What it is for one process.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub(crate) fn of(self, process: &mut Process<'_>) -> Fact<f64> {
        quantity(self.key, process)
    }

    /// A value of it, fit for output.
    pub(crate) fn shown(self, value: f64) -> String {
        number::shown(value, self.unit)
    }
}

/// Takes the ranges off the end of a spec that must have them, in this unit.
///
/// # Errors
/// A range that is missing, misplaced or wrong, and what would be right.
pub(super) fn split_ranges(text: &[u8], unit: Unit) -> Result<(&[u8], Thresholds), Error> {
    let Some((rest, last)) = range_at_end(text) else {
        let (text, example) = (escape::bounded(text, 100), example(unit));
        return Err(Error::new(format!(
            "a measure needs a range of its own; write {text}:{example}"
        )));
    };
    let critical = range(last, unit)?;
    let (rest, first) = range_at_end(rest).map_or((rest, None), |(r, first)| (r, Some(first)));
    let warning = first.map(|first| range(first, unit)).transpose()?.flatten();
    refuse_stray(rest)?;
    if let Some((_, key)) = split_terms(rest).into_iter().find_map(split) {
        measurable(&String::from_utf8_lossy(key))?;
    }
    let own = Thresholds { warning, critical };
    ranges::check(rest, own, first, last)?;
    Ok((rest, own))
}

fn range(text: &str, unit: Unit) -> Result<Option<Range>, Error> {
    if text == ranges::ANY { Ok(None) } else { Range::of_measure(text, unit).map(Some) }
}

/// A range that would be right, for an error.
const fn example(unit: Unit) -> &'static str {
    match unit {
        Unit::Count => "-400",
        Unit::Bytes => "-8G",
        Unit::Seconds => "-4h",
        Unit::Percent => "-80%",
    }
}

/// Splits a text at its last colon, if a range in some unit follows, or something meant as one.
fn range_at_end(text: &[u8]) -> Option<(&[u8], &str)> {
    let colon = text.iter().rposition(|&byte| byte == b':')?;
    let (rest, tail) = (&text[..colon], std::str::from_utf8(&text[colon + 1..]).ok()?);
    let is_of_number = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '%' | ' ');
    let begins_like_one = tail.trim_start_matches(['-', ' ', '@', '~']);
    let is_number = begins_like_one.starts_with(|c: char| c.is_ascii_digit());
    let is_range = tail.trim_matches('-').is_empty()
        || tail == ranges::ANY
        || (is_number && tail.trim_start_matches(['@', '~']).chars().all(is_of_number));
    is_range.then_some((rest, tail))
}

/// Refuses a range before the end, where it would be part of a value.
fn refuse_stray(rest: &[u8]) -> Result<(), Error> {
    let stray = split_terms(rest).into_iter().find_map(|term| {
        let (value, range) = range_at_end(term)?;
        let is_of_label = [b"context", &b"level="[..]].iter().any(|key| value.starts_with(key));
        let may_be_value = !range.contains('-') && value.contains(&b'=');
        (!is_of_label && (split(term).is_some() || Each::is_term(term) || !may_be_value))
            .then_some(range)
    });
    stray.map_or(Ok(()), |range| Err(ranges::stray(range)))
}

/// As it is written.
impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = match self.how {
            How::Sum => "sum",
            How::Max => "max",
            How::Min => "min",
        };
        write!(f, "{how}={}", self.key.name())
    }
}

/// Whether a term is for a measure.
pub(super) fn is_term(term: &[u8]) -> bool {
    split(term).is_some()
}

fn split(term: &[u8]) -> Option<(How, &[u8])> {
    WORDS.iter().find_map(|(word, how)| Some((*how, term.strip_prefix(*word)?)))
}

/// The key of that name, if its values can be added and compared. An id is a number, but no amount.
fn measurable(name: &str) -> Result<(Key, Unit), Error> {
    let amounts = KEYS.iter().filter_map(|&Row { key, name, kind, .. }| match kind {
        Kind::Number(unit) if !key.is_id() => Some((key, name, unit)),
        _ => None,
    });
    if let Some((key, _, unit)) = amounts.clone().find(|(_, known, _)| *known == name) {
        return Ok((key, unit));
    }
    let names: Vec<_> = amounts.map(|(_, name, _)| name).collect();
    let known = if Key::named(name).is_some() || name.is_empty() {
        format!("'{}' is not an amount", escape::text(name.as_bytes()))
    } else {
        unknown_key(name)
    };
    Err(Error::new(format!("{known}; a measure is of one of {}", names.join(", "))))
}
