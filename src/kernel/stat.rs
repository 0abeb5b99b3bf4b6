//! `/proc/PID/stat`: one line of numbers behind a name that may hold anything.

use crate::kernel::word::parse_number;

/// `PF_KTHREAD` of the flags field: a kernel thread (include/linux/sched.h).
const PF_KTHREAD: u64 = 0x0020_0000;

/// The fields of `/proc/PID/stat` that selectors and checks ask for; see `proc_pid_stat(5)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// (3) One letter: R S D Z T t I X. That of one thread alone, the thread-group leader.
    pub state: u8,
    /// (4) The parent's PID; 0 if the parent is the kernel or outside the PID namespace.
    pub ppid: u32,
    /// (6) The session.
    pub session: u32,
    /// (9) `PF_*` flags.
    pub flags: u64,
    /// (14) + (15) User and system time of all threads, in clock ticks.
    pub cpu_ticks: u64,
    /// (16) + (17) The same of children that ended and were waited for.
    pub children_ticks: u64,
    /// (20) Threads, the leader included even when it has exited.
    pub threads: u64,
    /// (22) When it started, in clock ticks since boot.
    pub start: u64,
    /// (23) Virtual memory in bytes.
    pub vsize: u64,
    /// (24) Resident memory in pages.
    pub rss_pages: u64,
}

impl Stat {
    /// Reads the line; the name ends at the last `)`, whatever it holds.
    ///
    /// `None` if it is not of the kernel's form.
    pub fn parse(line: &[u8]) -> Option<Self> {
        let name_end = line.iter().rposition(|&byte| byte == b')')?;
        // What follows is field 3; those up to 24 serve here.
        let mut fields = line.get(name_end + 2..)?.split(|&byte| byte == b' ');
        let state = *fields.next()?.first()?;
        let mut numbers = [0_u64; 21];
        for number in &mut numbers {
            *number = parse_signed(fields.next()?)?;
        }
        let field = |number: usize| numbers[number - 4];
        Some(Self {
            state,
            ppid: u32::try_from(field(4)).ok()?,
            session: u32::try_from(field(6)).unwrap_or(0),
            flags: field(9),
            cpu_ticks: field(14).saturating_add(field(15)),
            children_ticks: field(16).saturating_add(field(17)),
            threads: field(20),
            start: field(22),
            vsize: field(23),
            rss_pages: field(24),
        })
    }

    /// The name that the line holds, between the first `(` and the last `)`.
    pub fn name(line: &[u8]) -> Option<&[u8]> {
        let start = line.iter().position(|&byte| byte == b'(')? + 1;
        let end = line.iter().rposition(|&byte| byte == b')')?;
        line.get(start..end)
    }

    /// A kernel thread, which has no executable and no arguments by nature.
    pub const fn is_kernel_thread(&self) -> bool {
        self.flags & PF_KTHREAD != 0
    }

    /// Whether any thread still runs: a leader that exited before its threads shows `Z` too.
    pub const fn is_alive(&self) -> bool {
        !self.has_ended() || self.threads > 1
    }

    /// Whether the thread that it is of has ended, the process with it or not.
    pub const fn has_ended(&self) -> bool {
        matches!(self.state, b'Z' | b'X' | b'x')
    }
}

/// Negative numbers (a tty's process group, priorities) count as 0: no field that we use has one.
fn parse_signed(digits: &[u8]) -> Option<u64> {
    let digits = digits.strip_suffix(b"\n").unwrap_or(digits);
    if let Some(magnitude) = digits.strip_prefix(b"-") {
        return parse_number(magnitude).map(|_| 0);
    }
    parse_number(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: &str = "S 1 812 812 0 -1 4194560 1 2 3 4 50 7 11 13 20 0 3 0 4242 8192000 300 \
                        18446744073709551615 1 1 0 0 0 0";

    #[test]
    fn a_name_full_of_parentheses_and_newlines_shifts_nothing() {
        let line = format!("812 (a) R 9\n) (b)) {REST}\n");
        let stat = Stat::parse(line.as_bytes()).unwrap();
        assert_eq!((stat.state, stat.ppid, stat.session), (b'S', 1, 812));
        assert_eq!(Stat::name(line.as_bytes()), Some(&b"a) R 9\n) (b)"[..]));
        assert_eq!((stat.cpu_ticks, stat.children_ticks, stat.threads), (57, 24, 3));
        assert_eq!((stat.start, stat.vsize, stat.rss_pages), (4242, 8_192_000, 300));
        assert!(!stat.is_kernel_thread());
    }

    #[test]
    fn a_cut_or_foreign_line_is_no_stat() {
        for line in ["", "812 (sshd) S 1 2", "812 (sshd)", "hello", "812 (x) S a b c"] {
            assert_eq!(Stat::parse(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn a_dead_leader_with_threads_is_alive() {
        let line = format!("8 (x) {}", REST.replacen('S', "Z", 1));
        assert!(Stat::parse(line.as_bytes()).unwrap().is_alive());
        let line = line.replace(" 20 0 3 0 ", " 20 0 1 0 ");
        assert!(!Stat::parse(line.as_bytes()).unwrap().is_alive());
    }
}
