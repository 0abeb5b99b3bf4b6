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

/// What printf(1) turns into the one character that no output may hold.
pub(super) const BAR: &str = r"\174";

/// The call as a shell command.
///
/// # Errors
/// Why there is none of at most `longest` bytes.
pub(super) fn as_call(request: &Request, longest: usize) -> Result<String, &'static str> {
    let terms = request.terms.iter().flat_map(|term| without_bars(term)).collect();
    let request = &Request { terms, ..request.clone() };
    let mut words = vec!["check_proccount".to_owned()];
    if request.containers != Containers::Exclude {
        let only = request.containers == Containers::Only;
        words.push(format!("--containers {}", if only { "only" } else { "include" }));
    }
    if !request.kernel_threads {
        words.push("-k".into());
    }
    let specs = match request.metric {
        None => counted(request),
        Some(metric) => measured(request, metric),
    };
    words.extend(specs.ok_or("a spec would read these filters or ranges otherwise")?);
    let line = words.join(" ");
    if line.len() > longest { Err("it would be too long for this output") } else { Ok(line) }
}

/// `cmd~a`, `cmd~b` for `cmd~a|b`: the line may hold no `|`, which begins performance data. A bar within
/// parentheses stays.
fn without_bars(term: &[u8]) -> Vec<Vec<u8>> {
    let whole = vec![term.to_vec()];
    let Some(key) = [&b"cmd~"[..], b"and-cmd~"].into_iter().find(|key| term.starts_with(key))
    else {
        return whole;
    };
    let mut parts = vec![Vec::new()];
    let (mut depth, mut in_class, mut escaped) = (0, false, false);
    for &byte in &term[key.len()..] {
        match byte {
            _ if escaped => {}
            b'[' => in_class = true,
            b']' => in_class = false,
            b'(' if !in_class => depth += 1,
            b')' if !in_class => depth -= 1,
            b'|' if !in_class && depth == 0 => {
                parts.push(Vec::new());
                continue;
            }
            _ => {}
        }
        escaped = byte == b'\\' && !escaped;
        parts.last_mut().unwrap_or(&mut Vec::new()).push(byte);
    }
    if parts.iter().any(Vec::is_empty) {
        return whole;
    }
    let key_of = |at| if at == 0 { key } else { b"cmd~" };
    parts.iter().enumerate().map(|(at, part)| [key_of(at), part].concat()).collect()
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
    // A value that ends like a range needs two behind it.
    let in_spec = |ranges: String| {
        spec(&selector, &ranges).or_else(|| spec(&selector, &format!("any:{ranges}")))
    };
    if let Some(word) = ranges.and_then(in_spec) {
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

/// A spec for each kind of process that is critical, or warns: too small, and too large.
fn measured(request: &Request, metric: Key) -> Option<Vec<String>> {
    let Thresholds { warning, critical } = request.thresholds;
    // CPU time is measured in tenths of a percent.
    let (key, unit, steps) = match metric {
        Key::Vsz => ("vsz", "k", 1.0),
        Key::Rss => ("rss", "k", 1.0),
        Key::Cpu => ("cpu", "%", 10.0),
        _ => ("age", "s", 1.0),
    };
    let is_filtered = |term: &Vec<u8>| term.starts_with(format!("{key}=").as_bytes());
    let also = if request.terms.iter().any(is_filtered) { "and-" } else { "" };
    let mut words = Vec::new();
    for (range, ranges) in [(critical, "0-0"), (warning, "0-0:any")] {
        for (least, most) in range.iter().flat_map(|range| range.alerting(steps)) {
            let least = least / steps;
            let term = match most {
                // A tenth has a rest behind it, so that what is not above is below the next one.
                Some(most) if metric == Key::Cpu => {
                    let floor =
                        if least > 0.0 { format!("{also}cpu={least}%-,") } else { String::new() };
                    format!("{floor}not-cpu={}%-", (most + 1.0) / steps)
                }
                Some(most) => format!("{also}{key}={least}{unit}-{most}{unit}"),
                None => format!("{also}{key}={least}{unit}-"),
            };
            let terms = request.terms.iter().cloned().chain([term.into_bytes()]);
            words.push(spec(&terms.collect::<Vec<_>>().join(&b','), ranges)?);
        }
    }
    if words.is_empty() {
        words.push(spec(&request.terms.join(&b','), "any")?);
    }
    Some(words)
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
        b'|' => BAR.into(),
        b'\'' => format!("\\{byte:03o}"),
        b' '..=b'~' => char::from(byte).into(),
        _ => format!("\\{byte:03o}"),
    }
}
