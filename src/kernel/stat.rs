//! `/proc/PID/stat`: one line of numbers after a name that may contain anything.
//!
//! procfs-core could parse this file and `status`. But it allocates memory for every field, which
//! doubles the cost of a `status` (12 µs to read, 12 µs to parse), and these two files are most of a
//! scan's cost. So we parse only the few fields that we need, in place.

use std::cmp::Ordering;

use crate::kernel::comm::Comm;
use crate::kernel::word::{parse_id, parse_number};

/// `PF_KTHREAD` of the flags field: a kernel thread (include/linux/sched.h).
const PF_KTHREAD: u64 = 0x0020_0000;

/// Flags that only an exiting thread has.
///
/// - `PF_EXITING`.
/// - `PF_POSTCOREDUMP`, set before a tracer may stop the exit (`do_exit` in kernel/exit.c). Older
///   kernels use the bit for `PF_EXITPIDONE`.
/// - `PF_SIGNALED`, set when the thread has taken its SIGKILL.
const ENDING: u64 = 0x4 | 0x8 | 0x400;

/// SIGKILL's bit in a set of pending signals.
const SIGKILL: u64 = 1 << 8;

/// The fields of `/proc/PID/stat` that selectors and checks need; see `proc_pid_stat(5)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// (1) Differs from the directory's name if another process's directory is mounted over it.
    pub pid: u32,
    /// (3) One letter: R S D Z T t I X. It is the state of the thread-group leader, not of all threads.
    pub state: u8,
    /// (4) The parent's PID; 0 if the parent is the kernel or outside the PID namespace.
    pub ppid: u32,
    /// (6) The session.
    pub session: u32,
    /// (5), (8) Whether its process group is in the foreground of its terminal.
    pub foreground: bool,
    /// (7) Whether it has a controlling terminal.
    pub has_terminal: bool,
    /// (9) `PF_*` flags.
    pub flags: u64,
    /// (14) + (15) User and system time of all threads, in clock ticks.
    pub cpu_ticks: u64,
    /// (16) + (17) The same of children that ended and were waited for.
    pub children_ticks: u64,
    /// (19) How its nice value compares with 0. `Less` is a high priority.
    pub nice: Ordering,
    /// (20) Threads, the leader included even when it has exited.
    pub threads: u64,
    /// (22) When it started, in clock ticks since boot.
    pub start: u64,
    /// (23) Virtual memory in bytes. (24), the resident part, is inexact: see [`statm`](super::statm).
    pub vsize: u64,
}

impl Stat {
    /// Parses the line. The name may contain parentheses: it ends at the last `)`. `None` if the line is
    /// malformed.
    pub fn parse(line: &[u8]) -> Option<Self> {
        let (before, _, after) = parts(line)?;
        let mut fields = after.strip_suffix(b"\n")?.split(|&byte| byte == b' ');
        let &[state] = fields.next()? else { return None };
        // Only those up to 24 are needed.
        let (mut numbers, mut negative) = ([0; 21], 0_u32);
        for (number, field) in (4..).zip(&mut numbers) {
            let digits = fields.next()?;
            *field = parse_field(number, digits)?;
            negative |= u32::from(digits.starts_with(b"-")) << number;
        }
        let field = |number: usize| numbers[number - 4];
        let is_negative = |number: usize| negative & 1 << number != 0;
        Some(Self {
            pid: parse_id(before)?,
            state: state.is_ascii_alphabetic().then_some(state)?,
            ppid: u32::try_from(field(4)).ok()?,
            session: u32::try_from(field(6)).ok()?,
            foreground: field(5) == field(8) && !is_negative(8),
            has_terminal: field(7) != 0,
            flags: field(9),
            cpu_ticks: field(14).checked_add(field(15))?,
            children_ticks: field(16).checked_add(field(17))?,
            nice: if is_negative(19) { Ordering::Less } else { field(19).cmp(&0) },
            threads: field(20),
            start: field(22),
            vsize: field(23),
        })
    }

    /// The name in the line, between the first `(` and the last `)`.
    pub fn name(line: &[u8]) -> Option<&[u8]> {
        parts(line).map(|(_, name, _)| name)
    }

    /// Whether this is a kernel thread, and so has no executable and no arguments.
    pub(crate) const fn is_kernel_thread(&self) -> bool {
        self.flags & PF_KTHREAD != 0
    }

    /// Whether the thread has ended. Other threads of the process may still run.
    pub(crate) const fn has_ended(&self) -> bool {
        matches!(self.state, b'Z' | b'X' | b'x')
    }

    /// Whether the thread has ended or is about to. A killed process has SIGKILL pending in each of its
    /// threads (`complete_signal` in kernel/signal.c). `line` is the text that was parsed.
    ///
    /// `None` if the line lacks the field of pending signals.
    pub(crate) fn is_ending(&self, line: &[u8]) -> Option<bool> {
        let (_, _, after) = parts(line)?;
        let pending = after.split(|&byte| byte == b' ').nth(31 - 3).and_then(parse_number)?;
        Some(self.has_ended() || self.flags & ENDING != 0 || pending & SIGKILL != 0)
    }
}

/// The text before, between and after `(` and `)`, without the adjacent spaces.
fn parts(line: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let start = line.iter().position(|&byte| byte == b'(')?;
    let end = line.iter().rposition(|&byte| byte == b')')?;
    let name = line.get(start + 1..end)?;
    let (before, after) = (line[..start].strip_suffix(b" ")?, line[end + 1..].strip_prefix(b" ")?);
    (name.len() <= Comm::LONGEST).then_some((before, name, after))
}

/// Parses a field. A negative number becomes 0, in the fields where the kernel writes one: group and
/// session of a process being reaped, terminal, priorities (`do_task_stat` in fs/proc/array.c).
fn parse_field(number: usize, digits: &[u8]) -> Option<u64> {
    match (number, digits.strip_prefix(b"-")) {
        (5..=8 | 18 | 19, Some(digits)) => parse_number(digits).map(|_| 0),
        _ => parse_number(digits),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: &str = "S 1 812 812 0 -1 4194560 1 2 3 4 50 7 11 13 20 0 3 0 4242 8192000 300 \
                        18446744073709551615 1 1 0 0 0";

    #[test]
    fn a_name_full_of_parentheses_and_newlines_shifts_nothing() {
        let line = format!("812 (a) R 9\n) (b)) {REST}\n");
        let stat = Stat::parse(line.as_bytes()).unwrap();
        assert_eq!((stat.state, stat.ppid, stat.session), (b'S', 1, 812));
        assert_eq!(Stat::name(line.as_bytes()), Some(&b"a) R 9\n) (b)"[..]));
        assert_eq!((stat.cpu_ticks, stat.children_ticks, stat.threads), (57, 24, 3));
        assert_eq!((stat.pid, stat.start, stat.vsize), (812, 4242, 8_192_000));
        assert!(!stat.is_kernel_thread());
    }

    #[test]
    fn a_line_that_the_kernel_would_not_write_is_no_stat() {
        let good = format!("812 (sshd) {REST}\n");
        assert!(Stat::parse(good.as_bytes()).is_some());
        let replaced = |field: usize, by: &str| {
            let mut fields: Vec<&str> = good.trim_end().split(' ').collect();
            fields[field - 1] = by;
            fields.join(" ") + "\n"
        };
        for field in [1, 4, 9, 14, 15, 16, 17, 20, 22, 23, 24] {
            for by in ["-1", "", "x", "18446744073709551616"] {
                let line = replaced(field, by);
                assert_eq!(Stat::parse(line.as_bytes()), None, "{line}");
            }
        }
        for state in ["SSS", "", "7"] {
            assert_eq!(Stat::parse(replaced(3, state).as_bytes()), None, "{state}");
        }
        let long = replaced(2, &format!("({})", "x".repeat(64)));
        for line in ["", "hello", "812 (sshd)", "812 (sshd) S 1 2\n", good.trim_end(), &long] {
            assert_eq!(Stat::parse(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn a_process_that_is_being_reaped_has_no_session() {
        let line = format!("812 (sshd) {REST}\n").replace(" 812 812 0 ", " -1 -1 0 ");
        assert_eq!(Stat::parse(line.as_bytes()).unwrap().session, 0);
    }

    /// Lines from Linux 6.18: at rest; stopped by a tracer after SIGKILL, and after `exit_group()`; killed
    /// in state `D`.
    #[test]
    fn a_thread_that_was_killed_is_ending() {
        let is_ending = |state: &str, flags: u64, pending: &str| {
            let rest = REST.replacen('S', state, 1).replace("4194560", &flags.to_string());
            let line = format!("8 (x) {rest} {pending} 0 0\n");
            Stat::parse(line.as_bytes()).unwrap().is_ending(line.as_bytes())
        };
        assert_eq!(is_ending("S", 0x40_0040, "0"), Some(false));
        assert_eq!(is_ending("t", 0x40_0448, "0"), Some(true));
        assert_eq!(is_ending("t", 0x40_0048, "0"), Some(true));
        assert_eq!(is_ending("D", 0x40_0040, "256"), Some(true));
        assert_eq!(is_ending("D", 0x40_0040, "512"), Some(false));
        assert_eq!(is_ending("Z", 0x40_0040, "0"), Some(true));
        assert_eq!(is_ending("S", 0x40_0040, "x"), None);
    }
}
