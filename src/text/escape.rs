//! Escapes text that a process chose, such as its name or command line. Treat it as hostile.
//!
//! Escaped text has no control characters, no newline, no `|` (Nagios and Icinga cut there), no
//! invalid UTF-8 and nothing that reorders a line on a terminal. A backslash is doubled, so that text
//! can't imitate an escape.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Escapes `bytes` into one line of printable text.
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

/// Like [`text`], for a path.
pub fn path(path: &Path) -> String {
    text(path.as_os_str().as_bytes())
}

/// Like [`text`], but cuts to `limit` characters. A cut text ends in `...`.
pub fn bounded(bytes: &[u8], limit: usize) -> String {
    // Escaping never shortens a text, so this many bytes always fill the limit.
    shortened(&text(&bytes[..bytes.len().min(limit.saturating_mul(4).saturating_add(4))]), limit)
}

/// Cuts escaped text to `limit` characters. A cut text ends in `...`.
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

/// Whether `c` is a line separator, zero-width or bidirectional character. Unicode does not class these
/// as control characters, but they break or reverse a line.
pub(crate) const fn reorders(c: char) -> bool {
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
