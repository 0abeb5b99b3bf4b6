//! Slips inside a value. A sign of the grammar that is missed or struck twice must not become part of
//! a value: no process would ever fit `name==bash` or `name=bash;user=root`, and a spec with `:0-0`
//! behind it would be OK for ever.

use super::hint;
use super::{Key, Kind};
use crate::text::bytes::contains;
use crate::text::error::Error;
use crate::text::escape;
use crate::text::number::{self, Unit};

/// Refuses what no value holds, in a term `KEY=VALUE`.
pub(super) fn in_exact(key: Key, kind: Kind, value: &[u8]) -> Result<(), Error> {
    let name = key.name();
    let shown = escape::text(value);
    in_any(name, value)?;
    if matches!(value, [b'"' | b'\'', ..]) {
        let bare = escape::text(without_quotes(value));
        return Err(Error::new(format!(
            "'{shown}' is in quotes, which belong to a shell; write {name}={bare}"
        )));
    }
    if let Kind::Number(unit) = kind {
        return single_number(key, unit, &shown);
    }
    if !matches!(kind, Kind::Text | Kind::Path | Kind::PidFile) {
        return Ok(());
    }
    let is_meant = |at: &usize| key == Key::Args && is_option(value, *at);
    if let Some(at) = term_inside(value).filter(|at| !is_meant(at)) {
        return Err(Error::new(lost_term(name, '=', value, at)));
    }
    if is_like_regex(key, value) {
        return Err(Error::new(format!(
            "'{shown}' looks like a regular expression, and {name}= takes none; write {name}~{shown}"
        )));
    }
    let is_one_word = |text: &[u8]| !text.iter().any(u8::is_ascii_whitespace);
    if key == Key::Args && is_one_word(value) {
        return Err(Error::new(format!(
            "args= compares the whole command line; write args~{shown}, or args~^{shown}$ for a \
             command without arguments"
        )));
    }
    Ok(())
}

/// Refuses `rss=1M`, which lacks a `-`: no process has exactly that, and with `:0-0` it would be OK for ever.
fn single_number(key: Key, unit: Unit, value: &str) -> Result<(), Error> {
    match number::parse(value, unit) {
        Ok(number) if !key.may_be_exactly(number) => {
            let name = key.name();
            let is_bytes = unit == Unit::Bytes && value.ends_with(|c: char| c.is_ascii_digit());
            let unit = if is_bytes { "; without k, M or G it is bytes" } else { "" };
            Err(Error::new(format!(
                "{name}={value} means exactly {value}; write {name}={value}- for at least {value}, or \
                 {name}=-{value} for at most {value}{unit}"
            )))
        }
        _ => Ok(()),
    }
}

/// Refuses what no expression begins with or holds, in a term `KEY~REGEX`. Blanks may stand anywhere.
pub(super) fn in_regex(name: &str, value: &[u8]) -> Result<(), Error> {
    let shown = escape::text(value);
    if let [sign @ (b'=' | b'~'), rest @ ..] = value {
        let (sign, rest) = (char::from(*sign), escape::text(rest));
        return Err(Error::new(format!(
            "'{shown}' begins with one character too many; write {name}~{rest}, or {name}~[{sign}]{rest} \
             if the text has it"
        )));
    }
    if let [quote @ (b'"' | b'\''), inside @ .., last] = value {
        if quote == last {
            let inside = escape::text(inside);
            return Err(Error::new(format!(
                "'{shown}' is in quotes, which belong to a shell; write {name}~{inside}"
            )));
        }
    }
    if let Some(at) = term_inside(value).filter(|&at| !is_option(value, at)) {
        return Err(Error::new(lost_term(name, '~', value, at)));
    }
    Ok(())
}

/// As [`in_exact`], in `label=TEXT`.
pub(crate) fn in_label(text: &[u8]) -> Result<(), Error> {
    in_any("label", text)?;
    term_inside(text).map_or(Ok(()), |at| Err(Error::new(lost_term("label", '=', text, at))))
}

fn in_any(name: &str, value: &[u8]) -> Result<(), Error> {
    let shown = escape::text(value);
    if let [sign @ (b'=' | b'~'), rest @ ..] = value {
        let (sign, rest) = (char::from(*sign), escape::text(rest));
        return Err(Error::new(format!(
            "'{shown}' begins with one character too many; write {name}{sign}{rest}"
        )));
    }
    let text = String::from_utf8_lossy(value);
    if text.trim() != text {
        let right = escape::text(text.trim().as_bytes());
        return Err(Error::new(format!(
            "there is a blank next to '{right}'; write {name}={right}"
        )));
    }
    Ok(())
}

/// Where a `KEY=` or `KEY~` begins inside a value; behind a comma any word is taken for a key.
pub(super) fn term_inside(value: &[u8]) -> Option<usize> {
    let mut signs = value.iter().enumerate().filter(|(_, byte)| matches!(byte, b'=' | b'~'));
    signs.find_map(|(sign, _)| key_before(&value[..sign]))
}

/// Where the longest key at the end of a text begins.
fn key_before(text: &[u8]) -> Option<usize> {
    let fits = hint::names().filter(|name| text.ends_with(name.as_bytes()));
    let is_of_word = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let word = text.len() - text.iter().rev().take_while(is_of_word).count();
    let behind_comma = Some(word).filter(|&word| word < text.len() && text[..word].ends_with(b","));
    let of_key = fits.map(str::len).max().map(|length| text.len() - length);
    let start = of_key.or(behind_comma)?;
    Some(if text[..start].ends_with(b"not-") { start - 4 } else { start })
}

/// Whether the key at `at` is the name of an option, or ends the name of a long one: `-user=mysql`,
/// `--hostname=web1`. `-Dnot-user=root` is rather `-D,not-user=root` without its comma.
fn is_option(value: &[u8], at: usize) -> bool {
    let is_of_name = |byte: &&u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    let start = at - value[..at].iter().rev().take_while(is_of_name).count();
    let begins_word = matches!(value[..start], [] | [.., b' ' | b'^' | b'(' | b'|']);
    let name = &value[start..at];
    begins_word && (name == b"-" || name.starts_with(b"--"))
}

fn lost_term(name: &str, sign: char, value: &[u8], at: usize) -> String {
    let (before, term) = (escape::text(&value[..at]), escape::text(&value[at..]));
    let shown = without_signs_at_end(&value[..at]);
    let masked = term.replacen('=', "[=]", 1).replacen('~', "[~]", 1);
    let remedy = if name == "label" {
        "a label cannot hold KEY=".to_owned()
    } else {
        format!("or {name}~{before}{masked} if it is part of the text")
    };
    format!("'{term}' would be part of '{name}'; write {name}{sign}{shown},{term}, {remedy}")
}

/// The text before a lost comma, fit for output.
pub(super) fn without_signs_at_end(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    escape::text(text.trim_end_matches(|c: char| !c.is_alphanumeric()).as_bytes())
}

/// Whether an exact value was meant as a pattern. A profile of AppArmor's may hold any of it.
pub(super) fn is_like_regex(key: Key, value: &[u8]) -> bool {
    let has = |part: &[u8]| contains(value, part);
    let is_anchored = value.starts_with(b"^") || value.ends_with(b"$");
    is_anchored || (key != Key::Domain && (has(b".*") || has(b".+")))
}

/// A text without the quotes around it.
pub(super) fn without_quotes(text: &[u8]) -> &[u8] {
    let is_quote = |byte: &u8| matches!(byte, b'"' | b'\'');
    let start = text.iter().take_while(|byte| is_quote(byte)).count();
    let end = text[start..].iter().rev().take_while(|byte| is_quote(byte)).count();
    &text[start..text.len() - end]
}
