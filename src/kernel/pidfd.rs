//! `/proc/self/fdinfo/FD` of a pidfd: the numbers of its process, one for each PID namespace.

use crate::kernel::word::{parse_id, words};

/// The number that the process has in /proc's PID namespace, and in how many namespaces it has one, from that
/// namespace inwards (`pidfd_show_fdinfo` in the kernel; `NSpid:` since Linux 5.5). `None` without both lines, and
/// for a process that was waited for: the kernel writes -1.
pub(crate) fn numbers(text: &[u8]) -> Option<(u32, usize)> {
    let lines = || text.split_inclusive(|&byte| byte == b'\n');
    let value = |key: &[u8]| lines().find_map(|line| line.strip_prefix(key)?.strip_suffix(b"\n"));
    let pid = parse_id(value(b"Pid:\t")?)?;
    let ids: Option<Vec<_>> = words(value(b"NSpid:\t")?).map(parse_id).collect();
    let ids = ids.filter(|ids| ids.first() == Some(&pid))?;
    Some((pid, ids.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From Linux 6.18.
    const TEXT: &str =
        "pos:\t0\nflags:\t02000202\nmnt_id:\t4\nino:\t3600703\nPid:\t812\nNSpid:\t812\t7\n";

    #[test]
    fn namespaces_are_counted() {
        assert_eq!(numbers(TEXT.as_bytes()), Some((812, 2)));
        assert_eq!(numbers(TEXT.replace("\t7", "").as_bytes()), Some((812, 1)));
    }

    #[test]
    fn what_does_not_tell_is_none() {
        let reaped = TEXT.replace("812\t7", "-1").replace("812", "-1");
        let no_namespaces = TEXT.split("NSpid").next().unwrap_or_default();
        for text in ["", TEXT.trim_end(), &reaped, no_namespaces, &TEXT.replace("812\t7", "7\t812")]
        {
            assert_eq!(numbers(text.as_bytes()), None, "{text}");
        }
    }
}
