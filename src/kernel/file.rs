//! The files that facts about a process come from.

/// Generates the enum, `ALL` and `path` from one row per file.
macro_rules! files {
    ($($(#[$doc:meta])+ $name:ident = $path:literal,)+) => {
        /// A file, link or directory below `/proc/PID`, under the name that proc(5) uses. The last ones lie
        /// elsewhere.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum File {
            $($(#[$doc])+ $name,)+
        }

        impl File {
            /// All of them, in order.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The path below `/proc/PID`; empty for the directory itself. `uptime` is relative to
            /// `/proc`. Files outside `/proc` have an absolute path.
            pub(crate) const fn path(self) -> &'static str {
                match self {
                    $(Self::$name => $path,)+
                }
            }
        }
    };
}

files! {
    /// The directory `/proc/PID`. Its owner is the process's effective user and group.
    Directory = "",
    /// The name of the thread-group leader.
    Comm = "comm",
    /// State, parent, times, sizes.
    Stat = "stat",
    /// Sizes. Unlike `stat`, exact for resident memory.
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
    /// Resource limits.
    Limits = "limits",
    /// A link to the root directory.
    Root = "root",
    /// A link to the mount namespace.
    MountNamespace = "ns/mnt",
    /// The mounts below the root directory.
    MountInfo = "mountinfo",
    /// The security label, from whichever security system provides it.
    Label = "attr/current",
    /// AppArmor's label.
    ApparmorLabel = "attr/apparmor/current",
    /// Smack's label.
    SmackLabel = "attr/smack/current",
    /// A link to the PID namespace of its future children.
    PidNamespace = "ns/pid_for_children",
    /// Counters of its network devices. Each network namespace has a file of its own.
    NetworkDevices = "net/dev",
    /// The user ids that the process's user namespace maps.
    UserMap = "uid_map",
    /// The mapped files, with addresses and permissions. A read holds the process's memory lock.
    Maps = "maps",
    /// The environment at its start, each variable ended by a NUL.
    Environ = "environ",
    /// Where the C library keeps the list of robust futexes: no file, but a system call that may block as well.
    RobustList = "robust list",
    /// A link to the working directory.
    WorkingDirectory = "cwd",
    /// A directory with one directory per thread.
    Threads = "task",
    /// The children that one thread forked; below `task/TID`.
    Children = "children",
    /// The daemon's pid file that a spec names.
    PidFile = "pid file",
    /// Seconds since boot, from which ages are computed.
    Uptime = "uptime",
    /// The TCP sockets of its network namespace, of version 4.
    Tcp = "net/tcp",
    /// The same of version 6.
    Tcp6 = "net/tcp6",
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

    /// Whether the kernel reads it from the process's memory. A thread that has ended has none.
    pub(crate) const fn is_of_memory(self) -> bool {
        matches!(self, Self::Cmdline | Self::Exe | Self::Statm | Self::Maps | Self::Environ)
    }

    /// Whether the kernel shows it only to those who may trace the process (`ptrace_may_access`).
    pub(crate) const fn is_for_tracers(self) -> bool {
        matches!(
            self,
            Self::Exe
                | Self::Root
                | Self::MountNamespace
                | Self::PidNamespace
                | Self::Descriptors
                | Self::Maps
                | Self::Environ
                | Self::WorkingDirectory
        )
    }

    /// Whether the kernel gives it in parts: a read ends where the next line does not fit into a page
    /// (`seq_read_iter` in `fs/seq_file.c`).
    pub(crate) const fn is_list(self) -> bool {
        matches!(self, Self::Maps | Self::MountInfo | Self::Children | Self::Tcp | Self::Tcp6)
    }

    /// Whether it holds a security label.
    pub(crate) const fn is_label(self) -> bool {
        matches!(self, Self::Label | Self::ApparmorLabel | Self::SmackLabel)
    }
}
