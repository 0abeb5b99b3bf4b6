//! Text from a process, made harmless: names and command lines are bytes that a stranger chose.
//!
//! What leaves here has no control character, no newline, no `|` (where Nagios and Icinga cut), no
//! invalid UTF-8 and nothing that reorders a line on a terminal; a backslash is doubled, so that
//! what was escaped can be told from what was not.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// `bytes` as one line of printable text.
pub fn text(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        chunk.valid().chars().for_each(|c| push(&mut out, c));
        for byte in chunk.invalid() {
            push_hex(&mut out, *byte);
        }
    }
    out
}

/// A path, as [`text`].
pub fn path(path: &Path) -> String {
    text(path.as_os_str().as_bytes())
}

/// As [`text`], cut after about `limit` characters with `...` in the place of the rest.
pub fn bounded(bytes: &[u8], limit: usize) -> String {
    // Escaping never shortens, so this many bytes are enough to fill the limit.
    shortened(&text(&bytes[..bytes.len().min(limit.saturating_mul(4) + 4)]), limit)
}

/// Escaped text, cut after `limit` characters with `...` in the place of the rest.
pub fn shortened(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let kept: String = text.chars().take(limit.saturating_sub(3)).collect();
    format!("{kept}...")
}

fn push(out: &mut String, c: char) {
    match c {
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\t' => out.push_str("\\t"),
        '\r' => out.push_str("\\r"),
        '|' => out.push_str("\\x7c"),
        c if c.is_ascii_control() => push_hex(out, c as u8),
        c if c.is_control() || reorders(c) => {
            out.push_str(&format!("\\u{{{:x}}}", c as u32));
        }
        c => out.push(c),
    }
}

fn push_hex(out: &mut String, byte: u8) {
    out.push_str(&format!("\\x{byte:02x}"));
}

/// Line separators, zero-width and bidirectional controls: not control characters to Unicode, but
/// they break or turn round a line all the same.
const fn reorders(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
        | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_harmful_gets_out() {
        assert_eq!(text(b"sshd: alice@pts/0"), "sshd: alice@pts/0");
        assert_eq!(text(b"a|b\nc\x1b[31m\\"), "a\\x7cb\\nc\\x1b[31m\\\\");
        assert_eq!(text(b"\xffx\xc3\xa9\0"), "\\xffx\u{e9}\\x00");
        assert_eq!(text("\u{202e}\u{85}\u{61c}".as_bytes()), "\\u{202e}\\u{85}\\u{61c}");
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(bounded(b"abcdef", 6), "abcdef");
        assert_eq!(bounded(b"abcdefg", 6), "abc...");
        assert_eq!(bounded("\u{e9}".repeat(9).as_bytes(), 5), "\u{e9}\u{e9}...");
    }
}
