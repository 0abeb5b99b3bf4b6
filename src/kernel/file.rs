//! The files that facts about a process come from.

/// Makes the enum, the list of all and their paths from one row a file.
macro_rules! files {
    ($($(#[$doc:meta])+ $name:ident = $path:literal,)+) => {
        /// A file, link or directory of `/proc/PID`, as proc(5) names it; the last ones are others: a
        /// daemon's, and some of the kernel's.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum File {
            $($(#[$doc])+ $name,)+
        }

        impl File {
            /// All of them, in the order of their numbers.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The path below `/proc/PID`; empty for the directory itself. `uptime` is below
            /// `/proc`, and what is not below `/proc` has an absolute path.
            pub(crate) const fn path(self) -> &'static str {
                match self {
                    $(Self::$name => $path,)+
                }
            }
        }
    };
}

files! {
    /// The directory `/proc/PID`, whose owner is the effective user and group.
    Directory = "",
    /// The name of the thread-group leader.
    Comm = "comm",
    /// State, parent, times, sizes.
    Stat = "stat",
    /// Sizes, the resident memory exactly.
    Statm = "statm",
    /// Credentials, capabilities, PID namespaces.
    Status = "status",
    /// The arguments, each ended by a NUL.
    Cmdline = "cmdline",
    /// The control groups.
    Cgroup = "cgroup",
    /// A link to the executable.
    Exe = "exe",
    /// The open descriptors, each a link.
    Descriptors = "fd",
    /// What it may use of each resource.
    Limits = "limits",
    /// A link to the root directory.
    Root = "root",
    /// The mounts below the root directory.
    MountInfo = "mountinfo",
    /// The security label, written by the active system.
    Label = "attr/current",
    /// AppArmor's label.
    ApparmorLabel = "attr/apparmor/current",
    /// Smack's label.
    SmackLabel = "attr/smack/current",
    /// A link to the PID namespace that children are born in.
    PidNamespace = "ns/pid_for_children",
    /// The user ids that the process's user namespace maps.
    UserMap = "uid_map",
    /// The mapped files, with addresses and rights; each read holds the memory's lock.
    Maps = "maps",
    /// The environment that it was started with, each variable ended by a NUL.
    Environ = "environ",
    /// A link to the working directory.
    WorkingDirectory = "cwd",
    /// A directory with one directory a thread.
    Threads = "task",
    /// Of a thread: the children that it forked.
    Children = "children",
    /// Where a daemon keeps its number, as a spec says.
    PidFile = "pid file",
    /// Seconds since boot, of the whole tree: ages are computed from it.
    Uptime = "uptime",
    /// AppArmor's loaded profiles.
    Profiles = "/sys/kernel/security/apparmor/policy/profiles",
    /// The unit files of services.
    UnitFiles = "/etc/systemd/system",
    /// Answers whether an SELinux domain is permissive.
    AccessVector = "/sys/fs/selinux/access",
}

impl File {
    /// The length of the longest path, in bytes.
    pub(crate) const LONGEST_PATH: usize = {
        let (mut longest, mut at) = (0, 0);
        while at < Self::ALL.len() {
            let length = Self::ALL[at].path().len();
            if length > longest {
                longest = length;
            }
            at += 1;
        }
        longest
    };

    /// Whether the kernel takes it from a process's memory, so that a thread which has ended has none.
    pub const fn is_of_memory(self) -> bool {
        matches!(self, Self::Cmdline | Self::Exe | Self::Statm | Self::Maps | Self::Environ)
    }

    /// Whether the kernel shows it only to those who may trace the process (`ptrace_may_access`).
    pub const fn is_for_tracers(self) -> bool {
        matches!(
            self,
            Self::Exe
                | Self::Root
                | Self::PidNamespace
                | Self::Descriptors
                | Self::Maps
                | Self::Environ
                | Self::WorkingDirectory
        )
    }

    /// Whether it holds a security label.
    pub(crate) const fn is_label(self) -> bool {
        matches!(self, Self::Label | Self::ApparmorLabel | Self::SmackLabel)
    }
}
