//! Lists and lines of limited length.

use crate::text::escape;

/// Joins items with commas up to `limit` bytes, and counts the rest: `a, b and 3 more`.
pub fn listed<T: AsRef<str>>(items: &[T], limit: usize) -> String {
    let mut text = String::new();
    for (at, item) in items.iter().enumerate() {
        let joint = if at == 0 { "" } else { ", " };
        let rest = items.len() - at;
        let room = limit.saturating_sub(text.len() + joint.len());
        let room = if rest > 1 { room.saturating_sub(" and 99999 more".len()) } else { room };
        let item = item.as_ref();
        if at > 0 && item.len() > room {
            return format!("{text} and {rest} more");
        }
        text.push_str(joint);
        text.push_str(&one_line(item, room));
    }
    text
}

/// Replaces characters that break or reverse a line, and cuts `text` to `limit` bytes.
pub fn one_line(text: &str, limit: usize) -> String {
    let clean: String = text
        .chars()
        .map(|c| match c {
            '|' => '/',
            c if c.is_control() || escape::reorders(c) => ' ',
            c => c,
        })
        .collect();
    if clean.len() <= limit {
        return clean;
    }
    let mut end = limit.saturating_sub(3);
    while !clean.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}...", &clean[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_character_breaks_or_reverses_a_line() {
        assert_eq!(one_line("a|b\nc\u{202e}d\u{2028}e", 80), "a/b c d e");
    }
}
