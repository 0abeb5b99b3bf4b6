//! The ranges at the end of a spec: one is the critical one, of two the first is the warning one.
//!
//! A range that never alerts, or that a typo has made part of a value, would make a spec that is OK
//! for ever. Such a range is refused here.

use crate::nagios::range::{Range, Thresholds};
use crate::select::selector::{Key, Kind, Subject, split_terms};
use crate::text::error::Error;
use crate::text::escape;

/// The range for a graph alone: it never alerts.
pub(super) const ANY: &str = "any";

/// Takes the ranges off the end of a spec, if it has any.
///
/// # Errors
/// A range that is wrong or misplaced, and what would be right.
pub(super) fn split(text: &[u8], subject: Subject) -> Result<(&[u8], Option<Thresholds>), Error> {
    refuse_range_of_nagios(text)?;
    let Some(last) = Ending::of(text)? else {
        refuse_stray(text)?;
        refuse_lost(text, subject)?;
        return Ok((text, None));
    };
    let first = Ending::of(last.before)?;
    let rest = first.as_ref().map_or(last.before, |first| first.before);
    refuse_number_of_a_thread(rest, first.as_ref().unwrap_or(&last), subject)?;
    refuse_stray(rest)?;
    let Some(first) = first else {
        // Profiles of AppArmor's may end in anything.
        if subject == Subject::Program || !is_bare(rest) {
            refuse_lost(rest, subject)?;
        }
        let own = Thresholds { warning: None, critical: last.range };
        check(rest, own, None, last.written)?;
        return Ok((rest, Some(own)));
    };
    let own = Thresholds { warning: first.range, critical: last.range };
    check(rest, own, Some(first.written), last.written)?;
    Ok((rest, Some(own)))
}

/// Refuses ranges that leave nothing OK, or never alert, unless the only one is `any`.
pub(super) fn check(
    rest: &[u8],
    own: Thresholds,
    first: Option<&str>,
    last: &str,
) -> Result<(), Error> {
    match first {
        Some(first) if !own.can_be_ok() => Err(Error::new(no_ok(rest, first, last))),
        Some(first) if !own.can_alert() => Err(Error::new(open(&format!("{first}:{last}")))),
        None if last != ANY && !own.can_alert() => Err(Error::new(open(last))),
        _ => Ok(()),
    }
}

/// Refuses `cron:~:5`, `cron::5` and `cron:5:`, which end in a range as `check_procs` has it.
fn refuse_range_of_nagios(text: &[u8]) -> Result<(), Error> {
    let text = String::from_utf8_lossy(text);
    let colons: Vec<_> = text.rmatch_indices(':').take(2).collect();
    let [_, (colon, _)] = colons[..] else { return Ok(()) };
    let (rest, range) = (&text[..colon], &text[colon + 1..]);
    let has_two_numbers = !range.starts_with([':', '~']) && !range.ends_with(':');
    let Some(right) = as_range(range).filter(|_| !has_two_numbers) else { return Ok(()) };
    let right = escape::bounded(format!("{rest}:{right}").as_bytes(), 100);
    Err(Error::new(format!("{range} is a range of -w and -c; write {right}")))
}

/// The range that a word is, be it one of a spec or of Nagios, as a spec has it: `0-5` for `~:5`.
pub(crate) fn as_range(word: &str) -> Option<String> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match word.split_once(':') {
        Some(("" | "~", max)) if is_number(max) => Some(format!("0-{max}")),
        Some((min, "")) if is_number(min) => Some(format!("{min}-")),
        Some((min, max)) if is_number(min) && is_number(max) => Some(format!("{min}-{max}")),
        None if Range::of_spec(word).is_ok() => Some(word.to_owned()),
        _ => None,
    }
}

/// A range at the end of a text.
struct Ending<'t> {
    before: &'t [u8],
    written: &'t str,
    /// None for `any`.
    range: Option<Range>,
}

impl<'t> Ending<'t> {
    fn of(text: &'t [u8]) -> Result<Option<Self>, Error> {
        let Some((before, written)) = range_at_end(text) else {
            return Ok(None);
        };
        let range = if written == ANY { None } else { Some(Range::of_spec(written)?) };
        Ok(Some(Self { before, written, range }))
    }
}

fn open(range: &str) -> String {
    format!("the range {range} never alerts; write 1- for at least one, or :any for a graph alone")
}

/// `sshd:1:2`, as one would write it for `check_procs`, reads as two ranges that exclude each
/// other.
fn no_ok(rest: &[u8], first: &str, last: &str) -> String {
    let both = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(one), Ok(other)) => {
            let (rest, min, max) = (escape::bounded(rest, 100), one.min(other), one.max(other));
            format!("; write {rest}:{min}-{max} for all between")
        }
        _ => String::new(),
    };
    format!("no number is OK: WARNING unless {first}, CRITICAL unless {last}{both}")
}

/// `kworker/0:1` means one `kworker/0`, but the author probably means the thread of that name.
fn refuse_number_of_a_thread(
    rest: &[u8],
    next: &Ending<'_>,
    subject: Subject,
) -> Result<(), Error> {
    let is_name = |byte: &u8| !matches!(byte, b',' | b'=' | b'~');
    let is_path_like = rest.contains(&b'/') && !rest.starts_with(b"/") && rest.iter().all(is_name);
    let is_number = next.written.bytes().all(|byte| byte.is_ascii_digit());
    if subject != Subject::Program || !is_path_like || !is_number {
        return Ok(());
    }
    let (name, number) = (escape::text(rest), next.written);
    Err(Error::new(format!(
        "a number behind a name with / may be part of it; write name={name}:{number}:1-:1- if it is, \
         or {name}:{number}-{number} for this number of {name}"
    )))
}

/// The range at the end of a text that may have none, such as an exemption's.
pub(crate) fn needless_range(text: &[u8]) -> Option<&str> {
    range_at_end(text).map(|(_, range)| range).filter(|&range| range == ANY || range.contains('-'))
}

/// Splits a text at its last colon, if a range follows, or something meant as one.
fn range_at_end(text: &[u8]) -> Option<(&[u8], &str)> {
    let colon = text.iter().rposition(|&byte| byte == b':')?;
    let (rest, tail) = (&text[..colon], std::str::from_utf8(&text[colon + 1..]).ok()?);
    // Many values end like a range. A bare name seldom does.
    is_meant_as_range(tail, is_bare(text)).then_some((rest, tail))
}

/// Whether the text after a colon is a range, or was meant to be one: nothing at all, or bounds of
/// which at least one is a number. After a bare name, anything that begins like a number. `s0-s0`
/// of a security level and `server` of a name are none.
fn is_meant_as_range(tail: &str, after_a_name: bool) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let begins_like_one = || {
        let first = tail.trim_start_matches(['@', '~', '-']);
        first.starts_with(|c: char| c.is_ascii_digit())
    };
    tail.is_empty()
        || tail == "-"
        || tail == ANY
        || (tail.split('-').any(is_number) && !tail.contains([',', '=', '~', '/']))
        || (after_a_name && begins_like_one() && !tail.contains('/'))
}

/// Refuses a range before the end.
fn refuse_stray(text: &[u8]) -> Result<(), Error> {
    let Some(range) = split_terms(text).into_iter().find_map(stray_range) else {
        return Ok(());
    };
    Err(stray(&range))
}

pub(super) fn stray(range: &str) -> Error {
    let range = escape::text(range.as_bytes());
    Error::new(format!("the range {range} goes at the end, after all terms, and once"))
}

/// A range in the middle of a spec, which would become part of a value: after a bare name or a
/// label. After other values, only if it can be nothing but a range, and the key's values hold no
/// colons.
fn stray_range(term: &[u8]) -> Option<String> {
    let (value, range) = range_at_end(term)?;
    let has_key = |key: &[u8]| value.strip_prefix(b"not-").unwrap_or(value).starts_with(key);
    let is_stray = is_bare(value)
        || value.starts_with(b"label=")
        || (range.contains('-') && ![b"context", &b"level="[..]].iter().any(|key| has_key(key)));
    is_stray.then(|| range.to_owned())
}

/// Refuses a range that a typo has made part of the last term: `name=bash.0-0`, `/usr/bin/x:0z0`. A
/// value that really ends like this needs both ranges after it.
fn refuse_lost(rest: &[u8], subject: Subject) -> Result<(), Error> {
    let terms = split_terms(rest);
    let text = String::from_utf8_lossy(terms.last().copied().unwrap_or_default());
    let key = text.split(['=', '~']).next().unwrap_or_default();
    let key = Key::named(key.strip_prefix("not-").unwrap_or(key));
    let is_number = matches!(key.map(|row| row.kind), Some(Kind::Number(_)));
    if is_number || !ends_like_range(&text) {
        return Ok(());
    }
    let is_label = text.starts_with("label=");
    let shown = escape::text(text.as_bytes());
    let all = String::from_utf8_lossy(rest);
    let misplaced = range_behind(&all).filter(|(before, _)| !before.is_empty());
    let with_colon = misplaced.map_or(String::new(), |(before, range)| {
        let right = escape::bounded(format!("{before}:{range}").as_bytes(), 100);
        format!("a range follows a colon: {right}; or ")
    });
    let key = match subject {
        Subject::Program if key.is_none() && !text.starts_with('/') && !is_label => "name=",
        _ => "",
    };
    Err(Error::new(format!(
        "'{shown}' ends like a range gone wrong; {with_colon}write {key}{shown}:1-:1- if that is the value"
    )))
}

pub(super) fn is_bare(term: &[u8]) -> bool {
    !term.contains(&b'=') && !term.contains(&b'~')
}

/// Whether a text ends in `1-` or `0-0`, or in a colon and what is neither a word nor a blank.
fn ends_like_range(text: &str) -> bool {
    let is_odd = |tail: &str| !tail.starts_with(|c: char| c == ' ' || c.is_alphabetic());
    range_behind(text).is_some() || text.rsplit_once(':').is_some_and(|(_, tail)| is_odd(tail))
}

/// The range at the end of a text, and what is before it without the sign between them.
fn range_behind(text: &str) -> Option<(&str, &str)> {
    let is_digit = |c: char| c.is_ascii_digit();
    let min = text.trim_end_matches(is_digit).strip_suffix('-')?;
    let before = min.trim_end_matches(is_digit);
    let range = &text[before.len()..];
    let before = before.strip_suffix(|c: char| !c.is_alphanumeric()).unwrap_or(before);
    min.ends_with(is_digit).then_some((before, range))
}
