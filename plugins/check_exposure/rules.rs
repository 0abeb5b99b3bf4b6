//! The rules. Each has a module of the same name.

use bitflags::bitflags;
use procwarden::rules::set::RuleSet;

bitflags! {
    /// A set of rules. Each is a way in which a process is exposed. Reports follow this order.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
    pub(crate) struct Rules: u16 {
        /// Others can replace a program that root runs.
        const WRITABLE_CODE = 1;
        /// A privileged process runs a program that is in no file system, or where anyone may put files.
        const FILELESS = 1 << 1;
        /// An option disables authentication, or opens a debugger.
        const OPEN_ARGS = 1 << 2;
        /// Everyone may command a daemon that runs as root.
        const OPEN_SOCKET = 1 << 3;
        /// A process lacks the protection that its service asks for.
        const SANDBOX = 1 << 4;
        /// A daemon runs outside of its service.
        const STRAY = 1 << 5;
        /// A secret is on a command line.
        const SECRET_ARGS = 1 << 6;
        /// Someone traces a privileged process.
        const TRACED = 1 << 7;
        /// It runs code that was replaced on disk.
        const OUTDATED = 1 << 8;
        /// A container has root's privileges on the host.
        const PRIVILEGED_CONTAINER = 1 << 9;
        /// An environment variable loads code from where others can put it.
        const LOADER_ENV = 1 << 10;
        /// Everyone may write to the files that it creates.
        const UMASK = 1 << 11;
    }
}

impl Rules {
    /// The rules about containers.
    pub(crate) const OF_CONTAINERS: Self = Self::PRIVILEGED_CONTAINER.union(Self::OPEN_SOCKET);
}

impl RuleSet for Rules {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("writable-code", Self::WRITABLE_CODE),
        ("fileless", Self::FILELESS),
        ("open-args", Self::OPEN_ARGS),
        ("open-socket", Self::OPEN_SOCKET),
        ("sandbox", Self::SANDBOX),
        ("stray", Self::STRAY),
        ("secret-args", Self::SECRET_ARGS),
        ("traced", Self::TRACED),
        ("outdated", Self::OUTDATED),
        ("privileged-container", Self::PRIVILEGED_CONTAINER),
        ("loader-env", Self::LOADER_ENV),
        ("umask", Self::UMASK),
    ];
    const DEFAULT: Self = Self::WRITABLE_CODE
        .union(Self::FILELESS)
        .union(Self::OPEN_ARGS)
        .union(Self::OPEN_SOCKET)
        .union(Self::SANDBOX)
        .union(Self::STRAY)
        .union(Self::SECRET_ARGS)
        .union(Self::TRACED);
    const MILD: Self = Self::SANDBOX
        .union(Self::STRAY)
        .union(Self::SECRET_ARGS)
        .union(Self::TRACED)
        .union(Self::OUTDATED)
        .union(Self::PRIVILEGED_CONTAINER)
        .union(Self::UMASK);
}
