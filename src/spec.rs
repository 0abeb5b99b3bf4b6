//! A spec: a selector, the ranges that the number of its processes is held against, and the label
//! it goes by.

use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::error::Error;
use crate::escape;
use crate::range::{Range, Thresholds};
use crate::selector::{Selector, Subject};

/// A file of specs or selectors larger than this is a mistake.
const LARGEST_FILE: u64 = 1 << 20;

/// What is expected of a set of processes.
#[derive(Clone, Debug)]
pub struct Spec {
    /// Which processes.
    pub selector: Selector,
    /// How many of them.
    pub thresholds: Thresholds,
    /// Its name in the text: `label=`, else the selector as written.
    pub label: String,
}

impl Spec {
    /// Reads `SELECTOR[:[WARN:]CRIT]`. Without a range of its own it gets `fallback`'s, and where
    /// that has none either, `1-`: who names a process expects it to run.
    ///
    /// # Errors
    /// What is wrong with which part, and what would be right.
    pub fn parse(text: &[u8], subject: Subject, fallback: Thresholds) -> Result<Self, Error> {
        let place = format!("spec '{}'", escape::bounded(text, 100));
        let explain = |why: String| Error::new(why).at(&place);
        let (selector, own) = split_ranges(text).map_err(explain)?;
        let (selector, label) = take_label(&selector).map_err(explain)?;
        if let Some(range) = range_in_the_middle(&selector) {
            let why = format!("the range {range} goes at the end, after all terms");
            return Err(explain(why));
        }
        let selector = Selector::parse(&selector, subject).map_err(|error| error.at(&place))?;
        let thresholds = match own {
            Some(own) => own,
            None if fallback == Thresholds::default() => Thresholds {
                warning: None,
                critical: Some(Range::of_spec("1-").map_err(explain)?),
            },
            None => fallback,
        };
        let label = label.map_or_else(|| selector.text().to_owned(), |label| escape::text(&label));
        Ok(Self {
            selector,
            thresholds,
            label,
        })
    }
}

/// The lines of a file of specs or selectors that say something, with their numbers from 1; a `#`
/// at the beginning of a line makes it a comment.
///
/// # Errors
/// When the file can't be read or is too large to be one.
pub fn lines_of(path: &Path) -> Result<Vec<(usize, Vec<u8>)>, Error> {
    let shown = escape::text(path.as_os_str().as_bytes());
    let mut text = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LARGEST_FILE + 1).read_to_end(&mut text))
        .map_err(|error| Error::new(format!("cannot read {shown}: {error}")))?;
    if text.len() as u64 > LARGEST_FILE {
        return Err(Error::new(format!(
            "{shown} is over 1 MiB, which no list of specs is"
        )));
    }
    let lines = text.split(|&byte| byte == b'\n').enumerate();
    let lines = lines.map(|(at, line)| (at + 1, line.trim_ascii().to_vec()));
    Ok(lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with(b"#"))
        .collect())
}

/// The specs of a file, one a line.
///
/// # Errors
/// As [`lines_of`]; a wrong spec is told with file and line; a file without any is an error too,
/// since a check of nothing would be OK for ever.
pub fn specs_of(path: &Path, subject: Subject, fallback: Thresholds) -> Result<Vec<Spec>, Error> {
    let shown = escape::text(path.as_os_str().as_bytes());
    let lines = lines_of(path)?;
    if lines.is_empty() {
        return Err(Error::new(format!("{shown} holds no spec")));
    }
    let parse = |(number, line): &(usize, Vec<u8>)| {
        Spec::parse(line, subject, fallback)
            .map_err(|error| error.at(format_args!("{shown}:{number}")))
    };
    lines.iter().map(parse).collect()
}

/// Takes the ranges off the end, if the last colon is followed by one.
fn split_ranges(text: &[u8]) -> Result<(Vec<u8>, Option<Thresholds>), String> {
    let Some((rest, critical)) = split_range(text)? else {
        return Ok((text.to_vec(), None));
    };
    let critical = Some(critical);
    match split_range(rest)? {
        Some((rest, warning)) => Ok((
            rest.to_vec(),
            Some(Thresholds {
                warning: Some(warning),
                critical,
            }),
        )),
        None => Ok((
            rest.to_vec(),
            Some(Thresholds {
                warning: None,
                critical,
            }),
        )),
    }
}

fn split_range(text: &[u8]) -> Result<Option<(&[u8], Range)>, String> {
    let Some(colon) = text.iter().rposition(|&byte| byte == b':') else {
        return Ok(None);
    };
    let (rest, tail) = (&text[..colon], &text[colon + 1..]);
    let tail = match std::str::from_utf8(tail) {
        Ok(tail) if is_meant_as_range(tail) => tail,
        _ => return Ok(None),
    };
    Range::of_spec(tail).map(|range| Some((rest, range)))
}

/// Whether what follows a colon is a range, or one gone wrong: nothing at all, or bounds of which
/// at least one is a number. `s0-s0` of a security level and `server` of a name are neither.
fn is_meant_as_range(tail: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut bounds = tail.split('-');
    tail.is_empty()
        || tail == "-"
        || (bounds.any(is_number) && !tail.contains([',', '=', '~', '/']))
}

/// A range that stands before the last term, where it would be taken for part of a value.
fn range_in_the_middle(selector: &[u8]) -> Option<String> {
    let first_comma = selector.iter().position(|&byte| byte == b',')?;
    let first = std::str::from_utf8(&selector[..first_comma]).ok()?;
    let (before, tail) = first.rsplit_once(':')?;
    let is_bare = !before.contains(['=', '~']);
    (is_bare && is_meant_as_range(tail) && !tail.is_empty()).then(|| tail.to_owned())
}

/// Takes `label=TEXT` out of the terms.
fn take_label(selector: &[u8]) -> Result<(Vec<u8>, Option<Vec<u8>>), String> {
    let mut label = None;
    let mut kept = Vec::new();
    for term in selector.split(|&byte| byte == b',') {
        match term.strip_prefix(b"label=") {
            Some(b"") => return Err("'label' has no value; write label=TEXT".into()),
            Some(text) => label = Some(text.to_vec()),
            None => kept.push(term),
        }
    }
    Ok((kept.join(&b','), label))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Spec, Error> {
        Spec::parse(text.as_bytes(), Subject::Program, Thresholds::default())
    }

    fn parts(text: &str) -> (String, Option<String>, Option<String>) {
        let spec = parse(text).unwrap();
        let shown = |range: Option<Range>| range.map(|range| range.wanted());
        (
            spec.label,
            shown(spec.thresholds.warning),
            shown(spec.thresholds.critical),
        )
    }

    #[test]
    fn the_range_comes_after_the_last_colon_that_is_followed_by_one() {
        for (text, label, warning, critical) in [
            ("sshd", "sshd", None, "1-"),
            ("sshd:1-", "sshd", None, "1-"),
            ("cron:1-2:1-5", "cron", Some("1-2"), "1-5"),
            ("tmux: server:1-", "tmux: server", None, "1-"),
            ("tmux: server", "tmux: server", None, "1-"),
            ("x:5", "x", None, "5-5"),
            ("x:-5", "x", None, "0-5"),
            (
                "context=system_u:system_r:sshd_t:s0:1-1",
                "context=system_u:system_r:sshd_t:s0",
                None,
                "1-1",
            ),
            ("context=a:b:c:s0-s0", "context=a:b:c:s0-s0", None, "1-"),
            (
                "sshd,user=root,label=ssh daemon:1-1",
                "ssh daemon",
                None,
                "1-1",
            ),
            ("args~a:b,,c:2-", "args~a:b,,c", None, "2-"),
        ] {
            let expected = (
                label.to_owned(),
                warning.map(str::to_owned),
                Some(critical.to_owned()),
            );
            assert_eq!(parts(text), expected, "{text}");
        }
    }

    #[test]
    fn ranges_gone_wrong_are_no_names() {
        for (text, part) in [
            ("sshd:x-1", "'x' is not a whole number"),
            ("sshd:5-1", "write 1-5"),
            ("sshd:1-x", "'x' is not a whole number"),
            ("sshd:", "'' is not a whole number"),
            ("sshd:-", "has no number"),
            ("sshd:1-2-3", "'2-3' is not"),
            ("sshd:1:", "'' is not a whole number"),
            (":1-1", "no process is named"),
            ("sshd:1-,user=root", "the range 1- goes at the end"),
            ("label=x:1-", "no process is named"),
            ("sshd,label=:1-", "'label' has no value"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn the_fallback_serves_specs_without_a_range() {
        let fallback = Thresholds {
            warning: Range::parse("2:").ok(),
            critical: None,
        };
        let spec = Spec::parse(b"sshd", Subject::Program, fallback).unwrap();
        assert_eq!(spec.thresholds, fallback);
        let spec = Spec::parse(b"sshd:3-", Subject::Program, fallback).unwrap();
        assert_eq!(spec.thresholds.critical.unwrap().wanted(), "3-");
        assert_eq!(spec.thresholds.warning, None);
    }

    #[test]
    fn a_file_is_read_line_by_line() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "# daemons\n\n  sshd:1-  \ncron:x-1\n").unwrap();
        let error = specs_of(file.path(), Subject::Program, Thresholds::default()).unwrap_err();
        assert!(error.to_string().contains(":4: spec 'cron:x-1'"), "{error}");
        std::fs::write(file.path(), "# nothing\n").unwrap();
        let error = specs_of(file.path(), Subject::Program, Thresholds::default()).unwrap_err();
        assert!(error.to_string().ends_with("holds no spec"), "{error}");
    }
}
