//! `/etc/login.defs`: which UIDs this machine gives to people rather than to daemons.

use std::fs;

use crate::kernel::word::{parse_number, words};

/// The file, see login.defs(5).
const FILE: &str = "/etc/login.defs";

/// The least and the greatest UID of a regular user (`UID_MIN`, `UID_MAX`), both included; 1000 to
/// 60000 where the file does not say.
pub fn regular_uids() -> (u32, u32) {
    let text = fs::read(FILE).unwrap_or_default();
    parse(&text)
}

fn parse(text: &[u8]) -> (u32, u32) {
    // The last of equal lines counts, as in shadow's own reader.
    let number = |key: &[u8]| {
        let mut lines = text.rsplit(|&byte| byte == b'\n');
        let digits = lines.find_map(|line| value_of(key, line))?;
        u32::try_from(parse_number(digits)?).ok()
    };
    (number(b"UID_MIN").unwrap_or(1000), number(b"UID_MAX").unwrap_or(60000))
}

/// The second word of a line whose first is `key`.
fn value_of<'l>(key: &[u8], line: &'l [u8]) -> Option<&'l [u8]> {
    let mut words = words(line);
    (words.next()? == key).then(|| words.next())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_equal_lines_counts() {
        let text = b"#UID_MIN 5\nUID_MIN\t\t 500\nUID_MIN 600\nSYS_UID_MAX 499\nUID_MAX x\n";
        assert_eq!(parse(text), (600, 60000));
        assert_eq!(parse(b""), (1000, 60000));
    }
}
