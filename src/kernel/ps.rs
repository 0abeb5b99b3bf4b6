//! The column `STAT` of `ps`: the letter of a process's state, followed by flags.

use std::cmp::Ordering;

use crate::kernel::stat::Stat;
use crate::kernel::word::words;

/// The flags in `ps`'s order: high priority, low priority, pages locked in memory, session leader,
/// multi-threaded, in the foreground.
pub const FLAGS: &str = "<NLsl+";

/// The column for a process. `locked` comes from `has_locked`.
pub fn column(stat: &Stat, locked: bool) -> String {
    let set = [
        stat.nice == Ordering::Less,
        stat.nice == Ordering::Greater,
        locked,
        stat.session == stat.pid,
        stat.threads > 1,
        stat.foreground,
    ];
    let flags = FLAGS.chars().zip(set).filter(|(_, is_set)| *is_set).map(|(flag, _)| flag);
    std::iter::once(char::from(stat.state)).chain(flags).collect()
}

/// Whether the process has pages locked in memory, by the text of its `/proc/PID/status`.
pub(crate) fn has_locked(status: &[u8]) -> bool {
    let locked = status.split(|&byte| byte == b'\n').find_map(|l| l.strip_prefix(b"VmLck:"));
    locked.and_then(|line| words(line).next()).is_some_and(|size| size != b"0")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(fields: &str, locked: &str) -> String {
        let stat = format!("812 (a) b) {fields} 8192000 300 1\n");
        let status = format!("Name:\ta\nVmLck:\t       {locked} kB\n");
        column(&Stat::parse(stat.as_bytes()).unwrap(), has_locked(status.as_bytes()))
    }

    #[test]
    fn the_flags_are_those_of_ps() {
        for (fields, locked, wanted) in [
            ("S 1 812 812 0 -1 4194560 1 2 3 4 50 7 11 13 20 0 1 0 4242", "0", "Ss"),
            ("R 1 812 7 34816 812 0 1 2 3 4 50 7 11 13 20 -5 3 0 4242", "4", "R<Ll+"),
            ("S 1 7 7 34816 812 0 1 2 3 4 50 7 11 13 39 19 1 0 4242", "0", "SN"),
            // A kernel thread has no process group and no terminal.
            ("I 2 0 0 0 -1 69238880 0 0 0 0 0 0 0 0 20 0 1 0 4242", "0", "I"),
        ] {
            assert_eq!(shown(fields, locked), wanted);
        }
        assert!(!has_locked(b"Name:\tkthreadd\n"));
    }
}
