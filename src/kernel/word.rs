//! Words and numbers, as the kernel and `/etc/login.defs` write them.

/// The words of a line, between any number of spaces and tabs.
pub(crate) fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
}

/// A decimal number and nothing else.
pub(crate) fn parse_number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |sum, &digit| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    })
}

/// A number that fits in 32 bits, as process, user and group ids do.
pub(crate) fn parse_id(digits: &[u8]) -> Option<u32> {
    u32::try_from(parse_number(digits)?).ok()
}
