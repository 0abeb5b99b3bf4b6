//! Sets of capabilities, as the kernel writes them (hexadecimal masks) and as people do (`cap_chown`).

use crate::text::error::Error;
use std::fmt;

use rustix::thread::CapabilitySet;

/// A set of capabilities. Those that this program has no name for are shown by number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Capabilities(u64);

/// What is no digit of [`DIGITS`] has this bit.
const NO_DIGIT: u8 = 16;

/// The value of each hexadecimal digit, in lower case. Four masks of each process are read, and a table
/// halves what they cost.
const DIGITS: [u8; 256] = {
    let mut digits = [NO_DIGIT; 256];
    let known = b"0123456789abcdef";
    let mut value = 0;
    while value < NO_DIGIT {
        digits[known[value as usize] as usize] = value;
        value += 1;
    }
    digits
};

impl Capabilities {
    /// All capabilities, present and future.
    pub const ALL: Self = Self(u64::MAX);

    /// Parses a mask of `/proc/PID/status`.
    pub(crate) fn from_hex(digits: &[u8]) -> Option<Self> {
        if digits.is_empty() || digits.len() > 16 {
            return None;
        }
        let digits = digits.iter().map(|&digit| DIGITS[usize::from(digit)]);
        let (mask, or) = digits.fold((0, 0), |(mask, or), it| (mask << 4 | u64::from(it), or | it));
        (or < NO_DIGIT).then_some(Self(mask))
    }

    /// The capability with this name (`cap_chown`, `CHOWN`) or number.
    ///
    /// # Errors
    /// If there is none of that name.
    pub fn named(name: &str) -> Result<Self, Error> {
        let upper = name.to_ascii_uppercase();
        let plain = upper.strip_prefix("CAP_").unwrap_or(&upper);
        if let Some(found) = CapabilitySet::from_name(plain) {
            return Ok(Self(found.bits()));
        }
        let number = plain.parse::<u32>().ok();
        let mask = number.and_then(|number| 1_u64.checked_shl(number));
        mask.map(Self).ok_or_else(|| {
            Error::new(format!(
                "there is no capability '{name}'; write one of capabilities(7), as cap_net_raw"
            ))
        })
    }

    /// The capabilities in either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The capabilities in both sets.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The capabilities that are not in `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// `cap_chown, cap_sys_time`, in the order of their numbers.
impl fmt::Display for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut joint = "";
        for number in (0..64).filter(|number| self.0 >> number & 1 == 1) {
            let one = CapabilitySet::from_bits_retain(1 << number);
            match one.iter_names().next() {
                Some((name, _)) => write!(f, "{joint}cap_{}", name.to_ascii_lowercase())?,
                None => write!(f, "{joint}cap_{number}")?,
            }
            joint = ", ";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_manual() {
        for (name, mask) in [
            ("cap_chown", 1),
            ("CAP_NET_BIND_SERVICE", 1 << 10),
            ("sys_time", 1 << 25),
            ("cap_checkpoint_restore", 1 << 40),
            ("63", 1 << 63),
        ] {
            assert_eq!(Capabilities::named(name), Ok(Capabilities(mask)), "{name}");
        }
        for name in ["", "cap_", "cap_frob", "64", "-1"] {
            assert!(Capabilities::named(name).is_err(), "{name}");
        }
    }

    #[test]
    fn masks_are_read_and_named() {
        let mask = |digits: &str| Capabilities::from_hex(digits.as_bytes());
        assert_eq!(
            mask("8000000002000400").unwrap().to_string(),
            "cap_net_bind_service, cap_sys_time, cap_63"
        );
        assert_eq!(mask("0000000000000000"), Some(Capabilities::default()));
        assert_eq!(mask(""), None);
        assert_eq!(mask("x"), None);
        assert_eq!(mask("10000000000000000"), None);
    }
}
