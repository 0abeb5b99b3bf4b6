//! The lines of a unit file or drop-in, see systemd.syntax(7).
//!
//! systemd goes on after a line that it does not understand, and so does this. Bytes may be any.
//! No crate does: systemd-unit-edit, the one that is maintained, refuses a whole file for an indented
//! line or for a comment between continued lines, which systemd reads.

/// `KEY=VALUE` in the section `[Service]`; the value may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Assignment {
    pub(super) key: String,
    pub(super) value: Vec<u8>,
}

const SECTION: &[u8] = b"[Service]";

/// The assignments of the section `[Service]`, in their order, with repeats. `None` for a file that
/// systemd refuses as a whole: one with a section header that does not end.
pub(super) fn service_section(text: &[u8]) -> Option<Vec<Assignment>> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut assignments = Vec::new();
    let mut is_inside = false;
    for line in logical_lines(text) {
        let line = line.trim_ascii();
        if line.starts_with(b"[") {
            if !line.ends_with(b"]") {
                return None;
            }
            is_inside = line == SECTION;
        } else if is_inside {
            assignments.extend(assignment(line));
        }
    }
    Some(assignments)
}

fn assignment(line: &[u8]) -> Option<Assignment> {
    let (key, value) = line.split_at(line.iter().position(|&byte| byte == b'=')?);
    let key = std::str::from_utf8(key.trim_ascii()).ok().filter(|key| !key.is_empty())?;
    Some(Assignment { key: key.to_owned(), value: value[1..].trim_ascii().to_vec() })
}

/// Lines, each joined with those that continue it. Comments are left out, also between such lines.
fn logical_lines(text: &[u8]) -> Vec<Vec<u8>> {
    let mut lines = Vec::new();
    let mut begun: Option<Vec<u8>> = None;
    for line in physical_lines(text) {
        let line = line.trim_ascii_start();
        if line.starts_with(b"#") || line.starts_with(b";") {
            continue;
        }
        let mut whole = begun.take().unwrap_or_default();
        whole.extend_from_slice(line);
        // An even number of backslashes stands for half as many.
        let backslashes = whole.iter().rev().take_while(|&&byte| byte == b'\\').count();
        if backslashes % 2 == 1 {
            whole.pop();
            whole.push(b' ');
            begun = Some(whole);
        } else if !whole.is_empty() {
            lines.push(whole);
        }
    }
    lines.extend(begun);
    lines
}

/// systemd ends a line at a newline, a carriage return, a NUL, or each of them once in any order
/// (`read_line_full` in src/basic/fileio.c).
fn physical_lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut left = text;
    std::iter::from_fn(move || {
        if left.is_empty() {
            return None;
        }
        let end = left.iter().position(|byte| b"\n\r\0".contains(byte)).unwrap_or(left.len());
        let (line, ends) = left.split_at(end);
        let is_new =
            |at: &usize| b"\n\r\0".contains(&ends[*at]) && !ends[..*at].contains(&ends[*at]);
        let length = (0..ends.len()).take_while(is_new).count();
        left = &ends[length..];
        Some(line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Vec<(String, String)> {
        let all = service_section(text).unwrap().into_iter();
        all.map(|one| (one.key, String::from_utf8_lossy(&one.value).into_owned())).collect()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect()
    }

    #[test]
    fn only_the_section_counts_in_its_order() {
        let text =
            b"User=a\n[Unit]\nUser=b\n[Service]\n\nUser = c = d \nUser=\n;x=y\nnonsense\n=z\n\
            [Install]\nUser=e\n[Service]\n  User=f";
        assert_eq!(read(text), pairs(&[("User", "c = d"), ("User", ""), ("User", "f")]));
        assert_eq!(
            read("\u{feff}[Service]\r\nA=1\r\n\r\nB=2".as_bytes()),
            pairs(&[("A", "1"), ("B", "2")])
        );
        assert_eq!(service_section(b"[Service]\nUser=a\n[broken\n"), None);
        assert_eq!(read(b""), []);
    }

    #[test]
    fn a_backslash_continues_a_line_over_comments() {
        let text =
            b"[Service]\nExecStart=/a \\\n# not this\n  ;nor this\n   b\\\\\nUser=c\\\r\n d\nX=\\";
        let found = read(text);
        assert_eq!(found, pairs(&[("ExecStart", "/a  b\\\\"), ("User", "c d"), ("X", "")]));
        // A comment is not continued.
        assert_eq!(read(b"[Service]\n# x \\\nUser=a\n"), pairs(&[("User", "a")]));
        assert_eq!(read(b"[Service]\nA=\\\n\nB=1\n"), pairs(&[("A", ""), ("B", "1")]));
    }
}
