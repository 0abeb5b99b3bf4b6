//! The rules. [`policy`](super::policy) applies them.

use bitflags::bitflags;
use procwarden::rules::set::RuleSet;

bitflags! {
    /// A set of rules. Each rule is a way to give up root only halfway. Reports follow this order.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
    pub(crate) struct Rules: u8 {
        /// One of the four group ids is root's.
        const GID_ROOT = 1;
        /// A supplementary group is root's.
        const GROUP_ROOT = 1 << 1;
        /// A user id other than the effective one is root's.
        const UID_REGAIN = 1 << 2;
        /// It holds capabilities that are not allowed.
        const CAPS = 1 << 3;
        /// It is in a group that is as good as root.
        const GROUPS = 1 << 4;
        /// It holds some privilege and may still gain more by executing a program.
        const NO_NEW_PRIVS = 1 << 5;
        /// One of its threads has other credentials than the leader.
        const THREADS = 1 << 6;
    }
}

impl RuleSet for Rules {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("gid-root", Self::GID_ROOT),
        ("group-root", Self::GROUP_ROOT),
        ("uid-regain", Self::UID_REGAIN),
        ("caps", Self::CAPS),
        ("groups", Self::GROUPS),
        ("no-new-privs", Self::NO_NEW_PRIVS),
        ("threads", Self::THREADS),
    ];
    const DEFAULT: Self = Self::GID_ROOT.union(Self::GROUP_ROOT).union(Self::UID_REGAIN);
    const MILD: Self = Self::UID_REGAIN;
}
