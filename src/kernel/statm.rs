//! `/proc/PID/statm`: sizes in pages.
//!
//! Each CPU counts pages by itself and hands them in now and then. For `statm` a kernel of today asks
//! them all (`task_statm` in `fs/proc/task_mmu.c`), but not for field 24 of `stat`: on Linux 6.18 with 2
//! CPUs that showed 332 pages of 419.

use crate::kernel::word::parse_number;

/// How many pages are resident: the second of seven numbers, see `proc_pid_statm(5)`. 0 of a process
/// without memory, a kernel thread or one that has ended.
///
/// `None` if the line is not of the kernel's form.
pub fn resident_pages(line: &[u8]) -> Option<u64> {
    let mut numbers = [0; 7];
    let mut words = line.strip_suffix(b"\n")?.split(|&byte| byte == b' ');
    for number in &mut numbers {
        *number = parse_number(words.next()?)?;
    }
    words.next().is_none().then_some(numbers[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_number_is_what_is_resident() {
        assert_eq!(resident_pages(b"765 428 399 5 0 123 0\n"), Some(428));
        assert_eq!(resident_pages(b"0 0 0 0 0 0 0\n"), Some(0));
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
        ] {
            assert_eq!(resident_pages(line.as_bytes()), None, "{line:?}");
        }
    }
}
