//! The value of a term: an exact one by the kind of its key, or a regular expression.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::str;

use regex::bytes::RegexBuilder;

use super::executable::Executable;
use super::{Key, Kind, STATES, Test};
use crate::host::names::{self, NoAnswer};
use crate::kernel::cgroup;
use crate::text::error::Error;
use crate::text::escape;
use crate::text::number::Interval;

/// Reads the value of `KEY~REGEX`.
///
/// # Errors
/// Why it is no regular expression, or why the key takes none.
pub(super) fn regex(key: &str, kind: Kind, value: &[u8]) -> Result<Test, Error> {
    if matches!(kind, Kind::Number(_) | Kind::Letters | Kind::YesNo | Kind::PidFile) {
        return Err(Error::new(format!("'{key}~' compares no text; write {key}=VALUE")));
    }
    let pattern = utf8(value)?;
    // A newline in an argument ends no command line.
    let built = RegexBuilder::new(pattern).dot_matches_new_line(true).build();
    built.map(Test::Matches).map_err(|error| {
        // The message draws the place over several lines; the last one says what is wrong. regex has no
        // other way to ask: regex-syntax's ErrorKind would need a second parse, with the same flags.
        let what = error.to_string();
        let what = what.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        let value = escape::text(value);
        Error::new(format!(
            "'{value}' is not a regular expression: {what}; put \\ before a character that stands for itself"
        ))
    })
}

/// Reads the value of `KEY=VALUE`.
///
/// # Errors
/// Why there is no such value, and what would be right.
pub(super) fn exact(key: Key, kind: Kind, value: &[u8]) -> Result<Test, Error> {
    let shown = escape::text(value);
    match kind {
        Kind::Text if key == Key::Unit => unit(value),
        Kind::Text if key == Key::Mode && !MODES.contains(&shown.as_str()) => Err(Error::new(
            format!("'{shown}' is not a mode; write one of {}, or mode~REGEX", MODES.join(", ")),
        )),
        Kind::Text => Ok(Test::Text(value.to_vec())),
        Kind::Path if value.starts_with(b"/") => Ok(Test::Executable(Executable::new(value))),
        Kind::Path => Err(Error::new(format!(
            "'{shown}' is not an absolute path; write exe=/PATH or exe~REGEX"
        ))),
        Kind::PidFile if value.starts_with(b"/") => {
            Ok(Test::PidFile(OsStr::from_bytes(value).into()))
        }
        Kind::PidFile => {
            Err(Error::new(format!("'{shown}' is not an absolute path; write pidfile=/PATH")))
        }
        Kind::UserName => {
            let no_user = || {
                Error::of_host(format!("there is no user '{shown}'; write a user's name or number"))
            };
            id(names::uid(utf8(value)?), no_user)
        }
        Kind::GroupName => {
            let no_group = || {
                Error::of_host(format!(
                    "there is no group '{shown}'; write a group's name or number"
                ))
            };
            id(names::gid(utf8(value)?), no_group)
        }
        Kind::Number(unit) => {
            let interval = Interval::parse(utf8(value)?, unit);
            interval
                .map(Test::Within)
                .map_err(|error| error.at(format_args!("{}={shown}", key.name())))
        }
        Kind::Letters if value.iter().all(|letter| STATES.contains(letter)) => {
            Ok(Test::Letters(value.to_vec()))
        }
        Kind::Letters => {
            Err(Error::new(format!("'{shown}' is not a state; write letters of R S D Z T t I X")))
        }
        Kind::YesNo => match value {
            b"yes" => Ok(Test::Is(true)),
            b"no" => Ok(Test::Is(false)),
            _ => Err(Error::new(format!("{}={shown}: write yes or no", key.name()))),
        },
    }
}

/// What the kernel calls the modes of AppArmor's profiles.
const MODES: [&str; 6] = ["enforce", "complain", "kill", "unconfined", "user", "mixed"];

fn id(told: Result<Option<u32>, NoAnswer>, nobody: impl FnOnce() -> Error) -> Result<Test, Error> {
    match told {
        Ok(found) => found.map(Test::Id).ok_or_else(nobody),
        Err(NoAnswer) => Ok(Test::Untold),
    }
}

/// A unit's name; without a kind it is a service, as systemctl has it. A dot alone is no kind: there is
/// a php8.2-fpm.service.
fn unit(value: &[u8]) -> Result<Test, Error> {
    let is_of_units = |byte: &u8| byte.is_ascii_alphanumeric() || b":-_.\\@".contains(byte);
    if !value.iter().all(is_of_units) {
        let shown = escape::text(value);
        return Err(Error::new(format!(
            "no unit is called '{shown}'; write unit~REGEX for a pattern"
        )));
    }
    if cgroup::unit_of_group(value).is_some() {
        return Ok(Test::Text(value.to_vec()));
    }
    let empty = ["slice", "target", "timer", "path", "device", "automount"];
    let is_kind = |kind: &&str| value.ends_with(format!(".{kind}").as_bytes());
    if let Some(kind) = empty.into_iter().find(is_kind) {
        let shown = escape::text(value);
        return Err(Error::new(format!(
            "'{shown}' is a {kind}, which has no processes itself; name the unit that has"
        )));
    }
    Ok(Test::Text([value, b".service"].concat()))
}

fn utf8(value: &[u8]) -> Result<&str, Error> {
    str::from_utf8(value).map_err(|_| Error::new(format!("'{}' is not UTF-8", escape::text(value))))
}
