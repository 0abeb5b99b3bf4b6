//! The security systems that give each process a label.
//!
//! Each system is one module that implements [`SecuritySystem`], and one row of [`SYSTEMS`]. The
//! rest of the program knows none of them by name. [`Labelling`](crate::proc::labelling::Labelling)
//! finds out which of them is active, and so where labels are read.

mod apparmor;
mod programs;
mod selinux;
mod smack;
mod system;

use std::fmt;
use std::ops::Deref;

pub use programs::Programs;
pub use system::{Enforcement, Label, SecuritySystem};
pub(crate) use system::{kernel_file, own_label};

/// One of [`SYSTEMS`].
#[derive(Clone, Copy)]
pub struct System(&'static dyn SecuritySystem);

/// All systems, in the order in which we ask them.
pub const SYSTEMS: [System; 3] =
    [System(&selinux::Selinux), System(&apparmor::Apparmor), System(&smack::Smack)];

impl System {
    /// The system of this name.
    pub fn named(name: &str) -> Option<Self> {
        SYSTEMS.into_iter().find(|system| system.name() == name)
    }

    /// The system that wrote a label, as far as its bytes show.
    pub(crate) fn that_wrote(raw: &[u8]) -> Self {
        let [.., last] = SYSTEMS;
        SYSTEMS.into_iter().find(|system| system.wrote(raw)).unwrap_or(last)
    }
}

impl Deref for System {
    type Target = dyn SecuritySystem;

    fn deref(&self) -> &Self::Target {
        self.0
    }
}

impl PartialEq for System {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for System {}

impl fmt::Debug for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Whose labels are read: what `--lsm` chooses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// Those of the active system; in a recorded tree, of the system that the bytes show.
    #[default]
    Auto,
    /// Those of this system and no other.
    Only(System),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_writer_shows_in_the_bytes() {
        for (raw, name) in [
            (&b"system_u:system_r:sshd_t:s0-s0:c0.c1023\0"[..], "selinux"),
            (b"system_u:system_r:init_t\0", "selinux"),
            (b"system_u:system_r:init_t\n", "selinux"),
            (b"kernel\0", "selinux"),
            (b"unconfined\n", "apparmor"),
            (b"/usr/sbin/cupsd (enforce)\n", "apparmor"),
            (b"unconfined//&:ns1:unconfined\n", "apparmor"),
            (b"_", "smack"),
            (b"User::App", "smack"),
        ] {
            let shown = crate::text::escape::text(raw);
            assert_eq!(System::that_wrote(raw).name(), name, "{shown}");
        }
    }

    #[test]
    fn a_choice_is_made_by_name() {
        assert_eq!(System::named("smack").unwrap().title(), "Smack");
        assert_eq!(System::named("yama"), None);
    }
}
