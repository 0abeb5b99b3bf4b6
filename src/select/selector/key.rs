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
    /// Whether a loaded AppArmor profile is for its program.
    Profiled,
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

/// All that is known of a key: parser, errors and manual page ask here.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The key.
    pub key: Key,
    /// Its name in the grammar.
    pub name: &'static str,
    /// The form of its values, and the unit of a number.
    pub kind: Kind,
    /// What it asks about, in a few words.
    pub meaning: &'static str,
    /// Who can read that.
    pub readers: &'static str,
    /// What it costs: terms of a lower rank are tried first. Few processes have a certain name, many a
    /// certain user, so a cheap term that rejects nearly all comes before one that is cheaper still.
    rank: u8,
}

const fn row(
    rank: u8,
    key: Key,
    name: &'static str,
    kind: Kind,
    meaning: &'static str,
    readers: &'static str,
) -> Row {
    Row { key, name, kind, meaning, readers, rank }
}

// Who can read it of another user's process; procwarden-selectors(7) explains the words.
const ALL: &str = "everyone";
const POLICY: &str = "policy";
const DESCRIPTORS: &str = "Linux 6.2";
const TRACER: &str = "owner";

const EXE: Row = row(1, Key::Exe, "exe", Kind::Path, "the executable's path", TRACER);

/// Every key that can be written, in the order of the manual.
pub const KEYS: &[Row] = &[
    row(0, Key::Name, "name", Kind::Text, "what a sysadmin would call it", ALL),
    EXE,
    row(5, Key::Args, "args", Kind::Text, "the command line, joined by spaces", ALL),
    row(
        0,
        Key::Comm,
        "comm",
        Kind::Text,
        "what the kernel calls it, never a script's interpreter",
        ALL,
    ),
    row(
        5,
        Key::Cmd,
        "cmd",
        Kind::Text,
        "the command line as ps has it, [NAME] for a kernel thread",
        ALL,
    ),
    row(2, Key::User, "user", Kind::UserName, "effective user", ALL),
    row(2, Key::Uid, "uid", Kind::Number(Unit::Count), "effective UID", ALL),
    row(2, Key::Group, "group", Kind::GroupName, "effective group", ALL),
    row(2, Key::Gid, "gid", Kind::Number(Unit::Count), "effective GID", ALL),
    row(8, Key::RealUser, "ruser", Kind::UserName, "real user", ALL),
    row(8, Key::RealUid, "ruid", Kind::Number(Unit::Count), "real UID", ALL),
    row(8, Key::RealGroup, "rgroup", Kind::GroupName, "real group", ALL),
    row(8, Key::RealGid, "rgid", Kind::Number(Unit::Count), "real GID", ALL),
    row(1, Key::Pid, "pid", Kind::Number(Unit::Count), "its PID", ALL),
    row(6, Key::Ppid, "ppid", Kind::Number(Unit::Count), "the parent's PID", ALL),
    row(10, Key::Parent, "parent", Kind::Text, "the parent's name", ALL),
    row(6, Key::State, "state", Kind::Letters, "state, any of the letters R S D Z T t I X", ALL),
    row(7, Key::Stat, "pstat", Kind::Text, "state and flags as ps has them, such as Ss+", ALL),
    row(
        6,
        Key::Leader,
        "leader",
        Kind::YesNo,
        "yes if it leads a session, as most daemons do",
        ALL,
    ),
    row(6, Key::Age, "age", Kind::Number(Unit::Seconds), "time since its start", ALL),
    row(6, Key::Cpu, "cpu", Kind::Number(Unit::Percent), "lifetime CPU in % of one core", ALL),
    row(6, Key::Rss, "rss", Kind::Number(Unit::Bytes), "resident memory", ALL),
    row(
        6,
        Key::Anon,
        "anon",
        Kind::Number(Unit::Bytes),
        "resident memory of its own, not shared",
        ALL,
    ),
    row(6, Key::Vsz, "vsz", Kind::Number(Unit::Bytes), "virtual memory", ALL),
    row(6, Key::Threads, "threads", Kind::Number(Unit::Count), "number of threads", ALL),
    row(7, Key::Fds, "fds", Kind::Number(Unit::Count), "number of open descriptors", DESCRIPTORS),
    row(
        7,
        Key::Fdshare,
        "fdshare",
        Kind::Number(Unit::Percent),
        "open descriptors in % of the soft limit",
        DESCRIPTORS,
    ),
    row(9, Key::Children, "children", Kind::Number(Unit::Count), "number of direct children", ALL),
    row(7, Key::Unit, "unit", Kind::Text, "systemd unit, such as ssh.service", ALL),
    row(11, Key::Pidfile, "pidfile", Kind::PidFile, "its PID is in this file", "who may read it"),
    row(4, Key::Context, "context", Kind::Text, "the whole security label", POLICY),
    row(4, Key::Domain, "domain", Kind::Text, "its type (SELinux) or profile (AppArmor)", POLICY),
    row(4, Key::Mode, "mode", Kind::Text, "AppArmor: enforce, complain, unconfined", POLICY),
    row(4, Key::Seuser, "seuser", Kind::Text, "SELinux user", POLICY),
    row(4, Key::Role, "role", Kind::Text, "SELinux role", POLICY),
    row(4, Key::Level, "level", Kind::Text, "SELinux level or range", POLICY),
    row(
        5,
        Key::Permissive,
        "permissive",
        Kind::YesNo,
        "yes if its domain is permissive, its profile in complain mode",
        POLICY,
    ),
    row(
        5,
        Key::Profiled,
        "profiled",
        Kind::YesNo,
        "yes if its program has an enforced AppArmor profile",
        TRACER,
    ),
    row(9, Key::Container, "container", Kind::YesNo, "yes in a nested PID namespace", ALL),
    row(
        3,
        Key::Deleted,
        "deleted",
        Kind::YesNo,
        "yes if its executable was replaced or removed",
        TRACER,
    ),
];

impl Key {
    /// The key of that name.
    pub fn named(name: &str) -> Option<&'static Row> {
        KEYS.iter().find(|row| row.name == name)
    }

    /// What is known of it. A bare path is not in the table: it is the `exe` that it means.
    pub fn row(self) -> &'static Row {
        KEYS.iter().find(|row| row.key == self).unwrap_or(&EXE)
    }

    /// Its name in the grammar.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Whether its number stands for something, and is no amount.
    pub(crate) const fn is_id(self) -> bool {
        matches!(
            self,
            Self::Uid | Self::Gid | Self::RealUid | Self::RealGid | Self::Pid | Self::Ppid
        )
    }

    /// Whether a term may ask for exactly this number. An amount changes all the time, so only the least
    /// one makes sense: one thread, no children.
    pub(super) fn may_be_exactly(self, number: f64) -> bool {
        match self {
            Self::Threads => number <= 1.0,
            Self::Children | Self::Fds => number <= 0.0,
            _ => self.is_id(),
        }
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
                | Self::Profiled
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

    /// Its place among the terms of a selector: the cheapest first.
    pub(crate) fn rank(self) -> u8 {
        self.row().rank
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_keys_are_one_to_one() {
        for row in KEYS {
            assert_eq!(Key::named(row.name).map(|named| named.key), Some(row.key));
            assert_eq!(row.key.row().name, row.name);
        }
        assert_eq!(Key::Path.name(), "exe");
    }
}
