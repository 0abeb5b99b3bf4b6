//! Security labels: the text of `/proc/PID/attr/current` and its parts.
//!
//! Which system wrote a label shows in its bytes: SELinux ends it with a NUL, `AppArmor` with a
//! newline, Smack with nothing. Colons are no proof of SELinux, since stacked `AppArmor` labels
//! (`unconfined//&:ns1:unconfined`) have them too.

/// A security system that labels processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// `user:role:type[:level]`
    Selinux,
    /// `profile (mode)` or `unconfined`
    Apparmor,
    /// One word.
    Smack,
}

/// A process's label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label<'a> {
    text: &'a [u8],
    system: System,
}

impl<'a> Label<'a> {
    /// Takes the raw bytes; `system` where it is known, else the one that the bytes show.
    pub fn parse(raw: &'a [u8], system: Option<System>) -> Self {
        let end = raw
            .iter()
            .rposition(|byte| !matches!(byte, 0 | b'\n'))
            .map_or(0, |at| at + 1);
        let text = &raw[..end];
        let shown = match raw.last() {
            Some(b'\n') => System::Apparmor,
            Some(0) => System::Selinux,
            _ if text.iter().filter(|&&byte| byte == b':').count() >= 2 => System::Selinux,
            _ => System::Smack,
        };
        Self {
            text,
            system: system.unwrap_or(shown),
        }
    }

    /// The whole, without what only ends it.
    pub const fn context(self) -> &'a [u8] {
        self.text
    }

    /// The type (SELinux) or profile (`AppArmor`); the label itself where it has no parts.
    pub fn domain(self) -> &'a [u8] {
        match self.system {
            System::Selinux => self.field(2).unwrap_or(self.text),
            System::Apparmor => self.profile_and_mode().0,
            System::Smack => self.text,
        }
    }

    /// `AppArmor`'s mode: enforce, complain, kill, mixed, unconfined.
    pub fn mode(self) -> Option<&'a [u8]> {
        match self.system {
            System::Apparmor => Some(self.profile_and_mode().1),
            _ => None,
        }
    }

    /// SELinux's user.
    pub fn seuser(self) -> Option<&'a [u8]> {
        self.field(0)
    }

    /// SELinux's role.
    pub fn role(self) -> Option<&'a [u8]> {
        self.field(1)
    }

    /// SELinux's level or range of levels (`s0-s0:c0.c1023`); none in a policy without MLS.
    pub fn level(self) -> Option<&'a [u8]> {
        self.field(3)
    }

    fn field(self, number: usize) -> Option<&'a [u8]> {
        let is_context = self.system == System::Selinux && self.text.contains(&b':');
        // The fourth field is all the rest: levels hold colons.
        is_context
            .then(|| self.text.splitn(4, |&byte| byte == b':').nth(number))
            .flatten()
    }

    fn profile_and_mode(self) -> (&'a [u8], &'a [u8]) {
        let cut = self.text.windows(2).rposition(|pair| pair == b" (");
        match (cut, self.text) {
            // A profile's own name may hold a parenthesis; the mode is what the last one encloses.
            (Some(at), [.., b')']) => (&self.text[..at], &self.text[at + 2..self.text.len() - 1]),
            _ => (self.text, b"unconfined"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Parts<'a> = (&'a [u8], Option<&'a [u8]>, Option<&'a [u8]>);

    fn parts(raw: &[u8]) -> Parts<'_> {
        let label = Label::parse(raw, None);
        (label.domain(), label.mode(), label.level())
    }

    #[test]
    fn labels_as_real_kernels_write_them() {
        let cases: [(&[u8], Parts<'_>); 8] = [
            (
                b"system_u:system_r:sshd_t:s0-s0:c0.c1023\0",
                (b"sshd_t", None, Some(b"s0-s0:c0.c1023")),
            ),
            (b"system_u:system_r:init_t\0", (b"init_t", None, None)),
            (b"kernel\0", (b"kernel", None, None)),
            (b"unconfined\n", (b"unconfined", Some(b"unconfined"), None)),
            (
                b"/usr/sbin/cupsd (enforce)\n",
                (b"/usr/sbin/cupsd", Some(b"enforce"), None),
            ),
            (
                b"odd (name) (complain)\n",
                (b"odd (name)", Some(b"complain"), None),
            ),
            (
                b"unconfined//&:ns1:unconfined\n",
                (b"unconfined//&:ns1:unconfined", Some(b"unconfined"), None),
            ),
            (b"_", (b"_", None, None)),
        ];
        for (raw, expected) in cases {
            assert_eq!(parts(raw), expected, "{}", crate::escape::text(raw));
        }
        let label = Label::parse(b"u_u:r_r:t_t:s0\0", None);
        assert_eq!(
            (label.seuser(), label.role()),
            (Some(&b"u_u"[..]), Some(&b"r_r"[..]))
        );
    }
}
