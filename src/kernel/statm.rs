//! `/proc/PID/statm`: sizes in pages.
//!
//! Each CPU keeps its own count of pages and adds it to the total now and then. When `statm` is read,
//! recent kernels add up all CPUs (`task_statm` in `fs/proc/task_mmu.c`). For field 24 of `stat` they do
//! not: on Linux 6.18 with 2 CPUs it showed 332 pages of 419.

use crate::kernel::word::parse_number;

/// Resident memory in pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pages {
    /// All resident pages.
    pub resident: u64,
    /// The resident pages of files and shared memory. Other processes may count the same pages.
    pub shared: u64,
}

impl Pages {
    /// Parses the second and third of seven numbers (`proc_pid_statm(5)`). Both are 0 for a process
    /// without memory: a kernel thread, or one that has ended.
    ///
    /// `None` if the line is malformed.
    pub fn parse(line: &[u8]) -> Option<Self> {
        let mut numbers = [0; 7];
        let mut words = line.strip_suffix(b"\n")?.split(|&byte| byte == b' ');
        for number in &mut numbers {
            *number = parse_number(words.next()?)?;
        }
        let [_, resident, shared, ..] = numbers;
        // The kernel computes resident as anonymous + shared.
        (words.next().is_none() && shared <= resident).then_some(Self { resident, shared })
    }

    /// Pages that only this process has: heap, stacks, and changed pages of private mappings.
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
