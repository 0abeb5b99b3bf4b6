//! `/proc/PID/comm`: the name of a process. It may contain any byte except NUL.

/// A name: up to 15 bytes, or 63 for a kernel thread (`proc_task_name` in fs/proc/array.c).
#[derive(Clone, Copy, Debug)]
pub struct Comm {
    bytes: [u8; Comm::LONGEST],
    length: u8,
}

impl Comm {
    /// The kernel cuts a process's name to this many bytes (`TASK_COMM_LEN` - 1).
    pub const CUT: usize = 15;

    /// The kernel cuts a kernel thread's name to this many bytes.
    pub(crate) const LONGEST: usize = 63;

    /// The name's bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    /// Parses the file, a name and a newline. `None` if it is malformed.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        Self::named(text.strip_suffix(b"\n")?)
    }

    /// `None` if the name is longer than [`Self::LONGEST`].
    pub(crate) fn named(name: &[u8]) -> Option<Self> {
        let mut bytes = [0; Self::LONGEST];
        bytes.get_mut(..name.len())?.copy_from_slice(name);
        Some(Self { bytes, length: u8::try_from(name.len()).ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_inner_newlines() {
        let parsed = |text: &[u8]| Comm::parse(text).map(|comm| comm.as_bytes().to_vec());
        assert_eq!(parsed(b"a\nb\n"), Some(b"a\nb".to_vec()));
        assert_eq!(parsed(b"\n"), Some(Vec::new()));
    }

    #[test]
    fn what_no_newline_ends_and_what_is_too_long_is_no_name() {
        assert!(Comm::parse(&[&[b'x'; 63][..], b"\n"].concat()).is_some());
        assert!(Comm::parse(&[&[b'x'; 64][..], b"\n"].concat()).is_none());
        assert!(Comm::parse(b"sshd").is_none() && Comm::parse(b"").is_none());
    }
}
