//! `/proc/PID/statm`: sizes in pages.
//!
//! Each CPU counts pages by itself and hands them in now and then. For `statm` a kernel of today asks
//! them all (`task_statm` in `fs/proc/task_mmu.c`), but not for field 24 of `stat`: on Linux 6.18 with 2
//! CPUs that showed 332 pages of 419.

use crate::kernel::word::parse_number;

/// Resident memory in pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pages {
    /// All that is in memory.
    pub resident: u64,
    /// Of that, pages of files and of shared memory, which other processes may count as well.
    pub shared: u64,
}

impl Pages {
    /// The second and third of seven numbers, see `proc_pid_statm(5)`. 0 of a process without memory, a
    /// kernel thread or one that has ended.
    ///
    /// `None` if the line is not of the kernel's form.
    pub fn parse(line: &[u8]) -> Option<Self> {
        let mut numbers = [0; 7];
        let mut words = line.strip_suffix(b"\n")?.split(|&byte| byte == b' ');
        for number in &mut numbers {
            *number = parse_number(words.next()?)?;
        }
        let [_, resident, shared, ..] = numbers;
        // The kernel adds up what is resident from its own and the shared pages.
        (words.next().is_none() && shared <= resident).then_some(Self { resident, shared })
    }

    /// Pages of its own: heap, stacks, and what it has changed of files mapped privately.
    pub const fn anonymous(self) -> u64 {
        self.resident - self.shared
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_resident_is_shared_or_its_own() {
        let pages = Pages::parse(b"765 428 399 5 0 123 0\n").unwrap();
        assert_eq!((pages.resident, pages.shared, pages.anonymous()), (428, 399, 29));
        assert_eq!(Pages::parse(b"0 0 0 0 0 0 0\n").map(Pages::anonymous), Some(0));
    }

    #[test]
    fn a_line_that_the_kernel_would_not_write_is_no_statm() {
        for line in [
            "",
            "765 428\n",
            "765 428 399 5 0 123 0",
            "765 -1 399 5 0 123 0\n",
            "765 428 399 5 0 123 0 9\n",
            "765 x 399 5 0 123 0\n",
            "765 398 399 5 0 123 0\n",
        ] {
            assert_eq!(Pages::parse(line.as_bytes()), None, "{line:?}");
        }
    }
}
