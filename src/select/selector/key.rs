//! The keys of the grammar: one table that parser, errors and manual page share.

use crate::host::security::Label;
use crate::text::number::Unit;

/// What a term asks of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// What a sysadmin would call it.
    Name,
    /// What the kernel calls it, and ps in its column COMMAND.
    Comm,
    /// The executable's path.
    Exe,
    /// A bare path as first term: the executable, told by other means where the link is hidden.
    Path,
    /// The command line, joined by spaces.
    Args,
    /// The command line as ps shows it.
    Cmd,
    /// Effective user.
    User,
    /// Effective UID.
    Uid,
    /// Effective group.
    Group,
    /// Effective GID.
    Gid,
    /// Real user.
    RealUser,
    /// Real UID.
    RealUid,
    /// Real group.
    RealGroup,
    /// Real GID.
    RealGid,
    /// The parent's PID.
    Ppid,
    /// The parent's name.
    Parent,
    /// The state's letter.
    State,
    /// The state as ps shows it.
    Stat,
    /// Whether it leads a session.
    Leader,
    /// Seconds since it started.
    Age,
    /// Lifetime CPU in percent of one core.
    Cpu,
    /// Resident memory.
    Rss,
    /// Resident memory of its own.
    Anon,
    /// Virtual memory.
    Vsz,
    /// Number of threads.
    Threads,
    /// Number of open descriptors.
    Fds,
    /// The same in percent of the soft limit.
    Fdshare,
    /// Number of direct children.
    Children,
    /// Its own PID.
    Pid,
    /// systemd unit.
    Unit,
    /// Whether its number stands in a file.
    Pidfile,
    /// The whole security label.
    Context,
    /// The label's type or profile.
    Domain,
    /// AppArmor's mode.
    Mode,
    /// SELinux's user.
    Seuser,
    /// SELinux's role.
    Role,
    /// SELinux's level.
    Level,
    /// Whether its security system refuses it nothing.
    Permissive,
    /// Whether it lives in a nested PID namespace.
    Container,
    /// Whether its executable was replaced or removed.
    Deleted,
}

/// What values of a key look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Bytes, compared whole or by a regular expression.
    Text,
    /// A path, compared also by what it resolves to.
    Path,
    /// A user's name, or a regular expression for one.
    UserName,
    /// A group's name, or a regular expression for one.
    GroupName,
    /// The absolute path of a pid file.
    PidFile,
    /// A number or an interval of numbers.
    Number(Unit),
    /// Letters, any of which will do.
    Letters,
    /// `yes` or `no`.
    YesNo,
}

/// A row of the table: key, name, kind of value, meaning, who can read it.
pub type Row = (Key, &'static str, Kind, &'static str, &'static str);

const ALL: &str = "all";
const POLICY: &str = "all, if policy lets";
const DESCRIPTORS: &str = "all, before Linux 6.2 same user, CAP_SYS_PTRACE";
const TRACER: &str = "same user, CAP_SYS_PTRACE";

/// Every key that can be written, in the order of the manual.
pub const KEYS: &[Row] = &[
    (Key::Name, "name", Kind::Text, "what a sysadmin would call it", ALL),
    (Key::Exe, "exe", Kind::Path, "the executable's path", TRACER),
    (Key::Args, "args", Kind::Text, "the command line, joined by spaces", ALL),
    (Key::Comm, "comm", Kind::Text, "what the kernel calls it, never a script's interpreter", ALL),
    (Key::Cmd, "cmd", Kind::Text, "the command line as ps has it, [NAME] for a kernel thread", ALL),
    (Key::User, "user", Kind::UserName, "effective user", ALL),
    (Key::Uid, "uid", Kind::Number(Unit::Count), "effective UID", ALL),
    (Key::Group, "group", Kind::GroupName, "effective group", ALL),
    (Key::Gid, "gid", Kind::Number(Unit::Count), "effective GID", ALL),
    (Key::RealUser, "ruser", Kind::UserName, "real user", ALL),
    (Key::RealUid, "ruid", Kind::Number(Unit::Count), "real UID", ALL),
    (Key::RealGroup, "rgroup", Kind::GroupName, "real group", ALL),
    (Key::RealGid, "rgid", Kind::Number(Unit::Count), "real GID", ALL),
    (Key::Pid, "pid", Kind::Number(Unit::Count), "its PID", ALL),
    (Key::Ppid, "ppid", Kind::Number(Unit::Count), "the parent's PID", ALL),
    (Key::Parent, "parent", Kind::Text, "the parent's name", ALL),
    (Key::State, "state", Kind::Letters, "state, any of the letters R S D Z T t I X", ALL),
    (Key::Stat, "pstat", Kind::Text, "state and flags as ps has them, such as Ss+", ALL),
    (Key::Leader, "leader", Kind::YesNo, "yes if it leads a session, as most daemons do", ALL),
    (Key::Age, "age", Kind::Number(Unit::Seconds), "time since its start", ALL),
    (Key::Cpu, "cpu", Kind::Number(Unit::Percent), "lifetime CPU in % of one core", ALL),
    (Key::Rss, "rss", Kind::Number(Unit::Bytes), "resident memory", ALL),
    (Key::Anon, "anon", Kind::Number(Unit::Bytes), "resident memory of its own, not shared", ALL),
    (Key::Vsz, "vsz", Kind::Number(Unit::Bytes), "virtual memory", ALL),
    (Key::Threads, "threads", Kind::Number(Unit::Count), "number of threads", ALL),
    (Key::Fds, "fds", Kind::Number(Unit::Count), "number of open descriptors", DESCRIPTORS),
    (
        Key::Fdshare,
        "fdshare",
        Kind::Number(Unit::Percent),
        "open descriptors in % of the soft limit",
        DESCRIPTORS,
    ),
    (Key::Children, "children", Kind::Number(Unit::Count), "number of direct children", ALL),
    (Key::Unit, "unit", Kind::Text, "systemd unit, such as ssh.service", ALL),
    (Key::Pidfile, "pidfile", Kind::PidFile, "its number stands in this file", "who may read it"),
    (Key::Context, "context", Kind::Text, "the whole security label", POLICY),
    (Key::Domain, "domain", Kind::Text, "its type (SELinux) or profile (AppArmor)", POLICY),
    (Key::Mode, "mode", Kind::Text, "AppArmor: enforce, complain, unconfined", POLICY),
    (Key::Seuser, "seuser", Kind::Text, "SELinux user", POLICY),
    (Key::Role, "role", Kind::Text, "SELinux role", POLICY),
    (Key::Level, "level", Kind::Text, "SELinux level or range", POLICY),
    (
        Key::Permissive,
        "permissive",
        Kind::YesNo,
        "yes if its domain is permissive, its profile in complain mode",
        POLICY,
    ),
    (Key::Container, "container", Kind::YesNo, "yes in a nested PID namespace", ALL),
    (Key::Deleted, "deleted", Kind::YesNo, "yes if its executable was replaced or removed", TRACER),
];

impl Key {
    /// The key of that name.
    pub fn named(name: &str) -> Option<(Self, Kind)> {
        KEYS.iter().find(|(_, known, ..)| *known == name).map(|&(key, _, kind, ..)| (key, kind))
    }

    /// Its name in the grammar; a bare path is told as the `exe` it means.
    pub fn name(self) -> &'static str {
        KEYS.iter().find(|(key, ..)| *key == self).map_or("exe", |&(_, name, ..)| name)
    }

    /// Whether its number stands for something, and is no amount.
    pub const fn is_id(self) -> bool {
        matches!(
            self,
            Self::Uid | Self::Gid | Self::RealUid | Self::RealGid | Self::Pid | Self::Ppid
        )
    }

    /// Whether it is about the security label.
    pub const fn is_of_label(self) -> bool {
        matches!(
            self,
            Self::Context
                | Self::Domain
                | Self::Mode
                | Self::Seuser
                | Self::Role
                | Self::Level
                | Self::Permissive
        )
    }

    /// The part of a label that it is about; `None` where the label has no such part.
    pub(crate) fn part_of<'l>(self, label: &Label<'l>) -> Option<&'l [u8]> {
        match self {
            Self::Domain => Some(label.domain),
            Self::Mode => label.mode,
            Self::Seuser => label.seuser,
            Self::Role => label.role,
            Self::Level => label.level,
            _ => Some(label.context),
        }
    }

    /// Which terms are tried first. Few processes have a certain name, many a certain user: a
    /// cheap term that turns nearly all down comes before one that is cheaper still.
    pub(crate) const fn rank(self) -> u8 {
        match self {
            Self::Name | Self::Comm => 0,
            Self::Pid | Self::Path | Self::Exe => 1,
            Self::User | Self::Uid | Self::Group | Self::Gid => 2,
            Self::Deleted => 3,
            Self::Context | Self::Domain | Self::Mode | Self::Seuser | Self::Role | Self::Level => {
                4
            }
            Self::Args | Self::Cmd | Self::Permissive => 5,
            Self::Ppid
            | Self::State
            | Self::Leader
            | Self::Age
            | Self::Cpu
            | Self::Rss
            | Self::Anon
            | Self::Vsz
            | Self::Threads => 6,
            Self::Unit | Self::Stat | Self::Fds | Self::Fdshare => 7,
            Self::RealUser | Self::RealUid | Self::RealGroup | Self::RealGid => 8,
            Self::Container | Self::Children => 9,
            Self::Parent => 10,
            Self::Pidfile => 11,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_keys_are_one_to_one() {
        for &(key, name, kind, ..) in KEYS {
            assert_eq!(Key::named(name), Some((key, kind)));
            assert_eq!(key.name(), name);
        }
    }
}
