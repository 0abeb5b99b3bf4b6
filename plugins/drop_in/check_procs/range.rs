//! Parses the ranges of `-w` and `-c`: everything that the original accepts, except obvious mistakes.

use procwarden::nagios::range::Range;
use procwarden::text::error::Error;

/// Parses a range. An empty text is no range, because a scheduler's macro may be unset.
///
/// # Errors
/// What is wrong with it. (The original reads any other text as 0.)
pub(super) fn parse(text: &str) -> Result<Option<Range>, Error> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let (inside, ends) = match text.strip_prefix('@') {
        Some(ends) => ("@", ends.trim_start()),
        None => ("", text),
    };
    if ends.is_empty() {
        return Err("nothing follows the @".into());
    }
    let (start, end) = ends.split_once(':').unwrap_or(("0", ends));
    let start = match start.trim_end() {
        "" => "0".to_owned(),
        "~" => "~".to_owned(),
        start => match number(start)? {
            f64::NEG_INFINITY => "~".to_owned(),
            start => start.to_string(),
        },
    };
    let end = match end.trim_start() {
        "" => String::new(),
        end => match number(end)? {
            f64::INFINITY => String::new(),
            end => end.to_string(),
        },
    };
    let range = Range::parse(&format!("{inside}{start}:{end}"));
    range.map(Some)
}

/// Parses a number like C's `strtod`, but only if that consumes the whole text.
fn number(text: &str) -> Result<f64, Error> {
    let hexadecimal = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let value = match hexadecimal {
        Some(digits) => u32::from_str_radix(digits, 16).ok().map(f64::from),
        None => text.parse().ok(),
    };
    let value = value.filter(|value: &f64| !value.is_nan());
    let wrong = || format!("'{}' is not a number", super::super::shown(text.as_bytes()));
    value.ok_or_else(|| wrong().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_original_reads_is_read() {
        for (text, wanted) in [
            ("5", "5"),
            ("5:", "5:"),
            (":10", "10"),
            ("~:5", "~:5"),
            ("@5", "@5"),
            ("@0:20", "@20"),
            (":", "0:"),
            ("1e1", "10"),
            ("0x10", "16"),
            (" 5", "5"),
            ("inf", "0:"),
            ("1:1", "1:1"),
            ("5 ", "5"),
            ("5 : 10\n", "5:10"),
            ("-inf:5", "~:5"),
        ] {
            assert_eq!(parse(text).unwrap().unwrap().to_string(), wanted, "{text}");
        }
        assert!(parse("").unwrap().is_none());
    }

    #[test]
    fn junk_is_refused() {
        for text in [
            "foo", "~", "5,9", "5-10", "5%", "8kB", "10:5", "-1", "nan", "1:2:3", "@", "inf:",
            "-inf", ":-inf", "5 5",
        ] {
            assert!(parse(text).is_err(), "{text}: {:?}", parse(text));
        }
    }
}
