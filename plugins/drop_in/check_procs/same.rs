//! Translates a call into one of `check_proccount` with the same result, to help people migrate.
//!
//! A number of processes becomes a spec with ranges. A metric becomes a spec for the processes that
//! violate its range, with a range of 0-0.

use procwarden::nagios::range::{Range, Thresholds};
use procwarden::select::population::Containers;
use procwarden::select::selector::{Key, Subject};
use procwarden::select::spec::Spec;
use procwarden::text::list::one_line;

use super::options::Request;

/// The call as a shell command; `None` if there is none, or if it is longer than `longest` bytes.
pub(super) fn as_call(request: &Request, longest: usize) -> Option<String> {
    let mut words = vec!["check_proccount".to_owned()];
    if request.containers != Containers::Exclude {
        let only = request.containers == Containers::Only;
        words.push(format!("--containers {}", if only { "only" } else { "include" }));
    }
    if !request.kernel_threads {
        words.push("-k".into());
    }
    words.extend(match request.metric {
        None => counted(request)?,
        Some(metric) => measured(request, metric)?,
    });
    let line = words.join(" ");
    (line.len() <= longest).then_some(line)
}

/// The call for a number of processes. The ranges are part of the spec if possible, else options.
fn counted(request: &Request) -> Option<Vec<String>> {
    let selector = request.terms.join(&b',');
    let Thresholds { warning, critical } = request.thresholds;
    let allowed = |range: Option<Range>| range.map_or(Some("any".into()), |range| allowed(&range));
    let ranges = match (allowed(warning), allowed(critical)) {
        (Some(warning), Some(critical)) if warning == "any" => Some(critical),
        (Some(warning), Some(critical)) => Some(format!("{warning}:{critical}")),
        _ => None,
    };
    if let Some(word) = ranges.and_then(|ranges| spec(&selector, &ranges)) {
        return Some(vec![word]);
    }
    let option = |letter: char| move |range: Range| format!("-{letter} {range}");
    let options = warning.map(option('w')).into_iter().chain(critical.map(option('c')));
    let parsed = Spec::parse(&selector, Subject::Program, request.thresholds).ok()?;
    let is_whole = parsed.thresholds == request.thresholds;
    is_whole.then(|| options.chain([quoted(&selector)]).collect())
}

/// The numbers that do not alert, as a spec's range; `None` if it can't express them.
fn allowed(range: &Range) -> Option<String> {
    match range.alerting(1.0).as_slice() {
        [] => Some("any".into()),
        [(least, None)] if *least >= 1.0 => Some(format!("0-{}", least - 1.0)),
        [(least, Some(most))] if *least <= 0.0 => Some(format!("{}-", most + 1.0)),
        [(least, Some(low)), (high, None)] if *least <= 0.0 && low + 1.0 < *high => {
            Some(format!("{}-{}", low + 1.0, high - 1.0))
        }
        _ => None,
    }
}

/// The call for a metric: a spec for critical processes, and one for warnings.
fn measured(request: &Request, metric: Key) -> Option<Vec<String>> {
    let Thresholds { warning, critical } = request.thresholds;
    let mut words = Vec::new();
    for (range, ranges) in [(critical, "0-0"), (warning, "0-0:any")] {
        let Some(range) = range else { continue };
        let terms = beyond(request, metric, &range)?;
        if terms.is_empty() {
            continue;
        }
        let terms: Vec<_> = request.terms.iter().cloned().chain(terms).collect();
        words.push(spec(&terms.join(&b','), ranges)?);
    }
    if words.is_empty() {
        words.push(spec(&request.terms.join(&b','), "any")?);
    }
    Some(words)
}

/// Alternative terms for the processes that violate the range. Empty if none can.
fn beyond(request: &Request, metric: Key, range: &Range) -> Option<Vec<Vec<u8>>> {
    // CPU time is measured in tenths of a percent.
    let (key, unit, steps) = match metric {
        Key::Vsz => ("vsz", "k", 1.0),
        Key::Rss => ("rss", "k", 1.0),
        Key::Cpu => ("cpu", "%", 10.0),
        _ => ("age", "s", 1.0),
    };
    let filters = request.terms.iter().any(|term| term.starts_with(format!("{key}=").as_bytes()));
    let intervals = range.alerting(steps);
    let terms = intervals.iter().enumerate().map(|(at, &(least, most))| {
        let also = if filters && at == 0 { "and-" } else { "" };
        // Values just below the next step round down to this one.
        let most = match most {
            None => String::new(),
            Some(_) if metric == Key::Cpu => return None,
            Some(most) => format!("{most}{unit}"),
        };
        Some(format!("{also}{key}={}{unit}-{most}", least / steps).into_bytes())
    });
    terms.collect()
}

/// A spec as a shell word; `None` if the grammar would parse it differently.
fn spec(selector: &[u8], ranges: &str) -> Option<String> {
    let text = [selector, b":", ranges.as_bytes()].concat();
    let parsed = Spec::parse(&text, Subject::Program, Thresholds::default()).ok()?;
    let is_whole = parsed.selector.text() == procwarden::text::escape::text(selector);
    is_whole.then(|| quoted(&text))
}

/// Quotes a word for the shell. Characters that end or reorder a line are written with printf(1).
fn quoted(word: &[u8]) -> String {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"=,.:/_-+@%".contains(byte);
    match std::str::from_utf8(word) {
        Ok(text) if word.iter().all(is_plain) => text.into(),
        Ok(text) if one_line(text, text.len()) == text => {
            format!("'{}'", text.replace('\'', r"'\''"))
        }
        _ => {
            format!("\"$(printf '{}')\"", word.iter().copied().map(for_printf).collect::<String>())
        }
    }
}

fn for_printf(byte: u8) -> String {
    match byte {
        b'%' => "%%".into(),
        b'\\' => r"\\".into(),
        b'\'' | b'|' => format!("\\{byte:03o}"),
        b' '..=b'~' => char::from(byte).into(),
        _ => format!("\\{byte:03o}"),
    }
}
