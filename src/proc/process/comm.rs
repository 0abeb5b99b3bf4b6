//! The name that a process has in `comm`.

/// The name in `comm`: up to 15 bytes, for a kernel thread up to 63 (fs/proc/array.c).
#[derive(Clone, Copy, Debug)]
pub struct Comm {
    bytes: [u8; 64],
    length: u8,
}

impl Comm {
    /// The kernel cuts the name of a process after this many bytes (`TASK_COMM_LEN` - 1).
    pub const LONGEST: usize = 15;

    /// The name's bytes, which may be anything but NUL.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    pub(super) fn parse(text: &[u8]) -> Self {
        Self::parse_name(text.strip_suffix(b"\n").unwrap_or(text))
    }

    pub(super) fn parse_name(name: &[u8]) -> Self {
        let length = name.len().min(63);
        let mut bytes = [0; 64];
        bytes[..length].copy_from_slice(&name[..length]);
        #[allow(clippy::cast_possible_truncation, reason = "at most 63")]
        Self { bytes, length: length as u8 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_inner_newlines() {
        assert_eq!(Comm::parse(b"a\nb\n").as_bytes(), b"a\nb");
        assert_eq!(Comm::parse(b"").as_bytes(), b"");
    }
}
