//! `/proc/PID/limits`: one line per limit, the soft value before the hard one.

use crate::kernel::word::{parse_number, words};

/// The soft limit on open files; `u64::MAX` if unlimited. `None` if the text is malformed.
pub(crate) fn open_files(text: &[u8]) -> Option<u64> {
    let mut lines = text.split(|&byte| byte == b'\n');
    let line = lines.find_map(|line| line.strip_prefix(b"Max open files "))?;
    match words(line).collect::<Vec<_>>()[..] {
        [b"unlimited", _, b"files"] => Some(u64::MAX),
        [soft, _, b"files"] => parse_number(soft),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_is_read() {
        let of = |line: &str| {
            let text = format!(
                "Limit                     Soft Limit           Hard Limit           Units     \n\
                 Max processes             96365                96365                processes \n\
                 {line}\n\
                 Max locked memory         8388608              8388608              bytes     \n"
            );
            open_files(text.as_bytes())
        };
        let right =
            "Max open files            1024                 524288               files     ";
        assert_eq!(of(right), Some(1024));
        assert_eq!(of(&right.replace("1024     ", "unlimited")), Some(u64::MAX));
        for wrong in ["", "Max open files", "Max open files x 1 files", "Max open files 1 files"] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
    }
}
