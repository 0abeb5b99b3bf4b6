//! What `ps` adds to the letter of a process's state, from `stat` and `status`.

use std::fmt;

use crate::kernel::word::{parse_number, words};

/// The flags of the column `STAT`, in its order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Flags {
    /// `<`: a high priority.
    pub high: bool,
    /// `N`: nice to others.
    pub nice: bool,
    /// `L`: has pages locked in memory.
    pub locked: bool,
    /// `s`: leads a session.
    pub leader: bool,
    /// `l`: has several threads.
    pub threads: bool,
    /// `+`: in the foreground of its terminal.
    pub foreground: bool,
}

impl Flags {
    /// The flags and their characters.
    pub const ALL: &str = "<NLsl+";

    /// Reads the text of `/proc/PID/stat` and of `/proc/PID/status`.
    ///
    /// `None` if `stat` is not of the kernel's form.
    pub fn parse(stat: &[u8], status: &[u8]) -> Option<Self> {
        let pid = words(stat).next()?;
        let name_end = stat.iter().rposition(|&byte| byte == b')')?;
        // Field 3 follows.
        let fields: Vec<&[u8]> = words(&stat[name_end + 1..]).take(18).collect();
        let field = |number: usize| fields.get(number - 3).copied();
        let (group, session, terminals_group) = (field(5)?, field(6)?, field(8)?);
        let (nice, threads) = (field(19)?, parse_number(field(20)?)?);
        // Kernel threads have no such line.
        let locked = status.split(|&byte| byte == b'\n').find_map(|l| l.strip_prefix(b"VmLck:"));
        Some(Self {
            high: nice.starts_with(b"-"),
            nice: nice.first().is_some_and(|digit| (b'1'..=b'9').contains(digit)),
            locked: locked.and_then(|line| words(line).next()).is_some_and(|size| size != b"0"),
            leader: session == pid,
            threads: threads > 1,
            foreground: group == terminals_group,
        })
    }
}

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { high, nice, locked, leader, threads, foreground } = *self;
        let set = [high, nice, locked, leader, threads, foreground];
        let mut shown = Self::ALL.chars().zip(set).filter(|(_, is_set)| *is_set);
        shown.try_for_each(|(letter, _)| write!(f, "{letter}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(fields: &str, locked: &str) -> String {
        let stat = format!("812 (a) b) {fields}\n");
        let status = format!("Name:\ta\nVmLck:\t       {locked} kB\n");
        Flags::parse(stat.as_bytes(), status.as_bytes()).unwrap().to_string()
    }

    #[test]
    fn the_flags_are_those_of_ps() {
        assert_eq!(flags("S 1 812 812 0 -1 4194560 1 2 3 4 50 7 11 13 20 0 1 0 4242", "0"), "s");
        assert_eq!(flags("R 1 812 7 34816 812 0 1 2 3 4 50 7 11 13 20 -5 3 0 4242", "4"), "<Ll+");
        assert_eq!(flags("S 1 7 7 34816 812 0 1 2 3 4 50 7 11 13 39 19 1 0 4242", "0"), "N");
    }

    #[test]
    fn a_cut_line_has_no_flags() {
        assert_eq!(Flags::parse(b"812 (a) S 1 2", b""), None);
        assert_eq!(Flags::parse(b"", b""), None);
    }
}
