//! What a service asks systemd for, see systemd.exec(5): whose rights it has, and what protects it.
//!
//! A setting that systemd does not understand has no effect, as in systemd. What depends on the
//! kernel's or systemd's version is left out: a process that lacks it may be right.

use std::collections::{BTreeMap, BTreeSet};

use super::command::{Command, Step, commands};
use super::search::Name;
use super::syntax::Assignment;
use crate::kernel::capability::Capabilities;

/// The user that a service runs as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Account {
    /// `User=`: a name or a number.
    Named(String),
    /// `DynamicUser=yes`: one that systemd makes up.
    Dynamic,
    /// `User=` with a specifier that only systemd can fill in.
    Unknown,
}

/// What the files of a service ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asks {
    /// Whom it runs as; `None` for root.
    pub account: Option<Account>,
    /// `Group=`: a name or a number.
    pub group: Option<String>,
    /// `SupplementaryGroups=`: its further groups.
    pub more_groups: Vec<String>,
    /// Asks for `no_new_privs`: `NoNewPrivileges=`.
    pub no_new_privs: Option<&'static str>,
    /// Settings that ask for a seccomp filter: `SystemCallFilter=`.
    pub seccomp: Vec<&'static str>,
    /// Asks for a seccomp filter, but of newer kernels for less: `MemoryDenyWriteExecute=`.
    pub seccomp_or_mdwe: Option<&'static str>,
    /// Settings that ask for a mount namespace: `PrivateTmp=`.
    pub mounts: Vec<&'static str>,
    /// Asks for a network namespace of its own: `PrivateNetwork=`.
    pub network: Option<&'static str>,
    /// `NetworkNamespacePath=`: the network namespace that it asks for.
    pub network_path: Option<String>,
    /// Asks for a user namespace that has not all of the host's users: `PrivateUsers=`.
    pub users: Option<&'static str>,
    /// Capabilities that its bounding set may not have, and the settings that say so.
    pub forbidden: Capabilities,
    /// Its user may have another number than `account` seems to have: it may change it itself
    /// (`AmbientCapabilities=CAP_SETUID`), or only systemd knows it (`DynamicUser=`).
    pub is_user_open: bool,
    /// It ends by itself: `Type=oneshot`.
    pub is_oneshot: bool,
    /// Its main process starts another one, and ends: `Type=forking`.
    pub is_forking: bool,
    /// What it runs.
    pub commands: Vec<Command>,
}

/// Settings that switch on a seccomp filter by `yes`. Not `ProtectKernelTunables=`, which has one on some
/// architectures only.
const SECCOMP_FLAGS: [&str; 8] = [
    "LockPersonality",
    "PrivateDevices",
    "ProtectClock",
    "ProtectHostname",
    "ProtectKernelLogs",
    "ProtectKernelModules",
    "RestrictRealtime",
    "RestrictSUIDSGID",
];

/// Settings that switch on a seccomp filter by any value.
const SECCOMP_LISTS: [&str; 3] = ["SystemCallFilter", "SystemCallArchitectures", "SystemCallLog"];

/// The same, on architectures that make sockets by a system call of its own and not by socketcall(2)
/// (`seccomp_restrict_address_families` in src/shared/seccomp-util.c).
const SOCKET_LIST: Option<&str> = if cfg!(any(
    target_arch = "x86",
    target_arch = "powerpc",
    target_arch = "powerpc64",
    target_arch = "s390x",
    target_arch = "mips",
)) {
    None
} else {
    Some("RestrictAddressFamilies")
};

/// Settings that need a mount namespace if they are not `no` (`exec_needs_mount_namespace` in
/// src/core/execute.c).
const MOUNT_FLAGS: [&str; 13] = [
    "PrivateTmp",
    "PrivateDevices",
    "PrivateIPC",
    "PrivateMounts",
    "MountFlags",
    "ProcSubset",
    "ProtectProc",
    "ProtectControlGroups",
    "ProtectHome",
    "ProtectKernelLogs",
    "ProtectKernelModules",
    "ProtectKernelTunables",
    "ProtectSystem",
];

/// Words by which the same settings ask for more than `yes`.
const MOUNT_WORDS: [&[u8]; 11] = [
    b"full",
    b"strict",
    b"read-only",
    b"tmpfs",
    b"disconnected",
    b"private",
    b"noaccess",
    b"invisible",
    b"ptraceable",
    b"pid",
    b"slave",
];

/// Words by which the same settings ask for nothing.
const HOST_WORDS: [&[u8]; 3] = [b"default", b"all", b"shared"];

/// Settings that need a mount namespace if they list anything. Without `MountAPIVFS=`, `RootDirectory=` is
/// a chroot(2), which looks the same to us.
const MOUNT_LISTS: [&str; 14] = [
    "BindPaths",
    "BindReadOnlyPaths",
    "ExecPaths",
    "ExtensionDirectories",
    "ExtensionImages",
    "IPCNamespacePath",
    "InaccessiblePaths",
    "MountImages",
    "NoExecPaths",
    "ReadOnlyPaths",
    "ReadWritePaths",
    "RootDirectory",
    "RootImage",
    "TemporaryFileSystem",
];

/// What `RestrictNamespaces=` may list.
const NAMESPACES: [&[u8]; 7] = [b"cgroup", b"ipc", b"mnt", b"net", b"pid", b"user", b"uts"];

/// What settings take from the bounding set beside `CapabilityBoundingSet=`.
const IMPLIED: [(&str, &[&str]); 4] = [
    ("PrivateDevices", &["cap_mknod", "cap_sys_rawio"]),
    ("ProtectKernelModules", &["cap_sys_module"]),
    ("ProtectKernelLogs", &["cap_syslog"]),
    ("ProtectClock", &["cap_sys_time", "cap_wake_alarm"]),
];

/// Assignments by key, each list without what an empty value took back.
type Settings<'a> = BTreeMap<&'a str, Vec<&'a [u8]>>;

impl Asks {
    /// What all assignments together ask for; `name` is the service's.
    pub(super) fn read<'a>(all: impl Iterator<Item = &'a Assignment>, name: &str) -> Self {
        let settings = Settings::of(all);
        let settings = Read { settings, name };
        let is_dynamic = settings.is_on("DynamicUser");
        let dynamic = settings.on("DynamicUser");
        Self {
            account: settings.account().or_else(|| is_dynamic.then_some(Account::Dynamic)),
            group: settings.group(),
            more_groups: settings.more_groups(),
            no_new_privs: settings.on("NoNewPrivileges").or(dynamic),
            seccomp: settings.seccomp(dynamic),
            seccomp_or_mdwe: settings.on("MemoryDenyWriteExecute"),
            mounts: settings.mounts(dynamic),
            network: settings.on("PrivateNetwork"),
            network_path: settings.network_path(),
            users: settings.users(),
            forbidden: settings.forbidden(),
            is_user_open: is_dynamic || settings.may_change_user(),
            is_oneshot: settings.is_of_type(b"oneshot"),
            is_forking: settings.is_of_type(b"forking"),
            commands: settings.commands(),
        }
    }
}

trait Gather<'a> {
    fn of(all: impl Iterator<Item = &'a Assignment>) -> Self;
}

impl<'a> Gather<'a> for Settings<'a> {
    fn of(all: impl Iterator<Item = &'a Assignment>) -> Self {
        let mut settings = Self::new();
        for Assignment { key, value } in all {
            let values = settings.entry(key.as_str()).or_default();
            if value.is_empty() {
                values.clear();
            }
            values.push(value);
        }
        settings
    }
}

struct Read<'a, 'n> {
    settings: Settings<'a>,
    name: &'n str,
}

impl Read<'_, '_> {
    fn values(&self, key: &str) -> &[&[u8]] {
        self.settings.get(key).map_or(&[], Vec::as_slice)
    }

    /// The settings that ask for a seccomp filter; `implied` is another, which stands where none does.
    fn seccomp(&self, implied: Option<&'static str>) -> Vec<&'static str> {
        let lists = SECCOMP_LISTS.into_iter().chain(SOCKET_LIST).filter(|key| self.filters(key));
        let namespaces = self.restricts().then_some("RestrictNamespaces");
        let flags = SECCOMP_FLAGS.into_iter().filter(|key| self.is_on(key));
        or(lists.chain(namespaces).chain(flags).collect(), implied)
    }

    /// As [`Self::seccomp`], of a mount namespace.
    fn mounts(&self, implied: Option<&'static str>) -> Vec<&'static str> {
        let flags = MOUNT_FLAGS.into_iter().filter(|key| self.hides(key));
        let lists = MOUNT_LISTS.into_iter().filter(|key| self.lists(key));
        or(flags.chain(lists).collect(), implied)
    }

    /// The last value that is a yes or no decides.
    fn flag(&self, key: &str) -> Option<bool> {
        self.values(key).iter().rev().find_map(|value| truth(value))
    }

    fn is_on(&self, key: &str) -> bool {
        self.flag(key) == Some(true)
    }

    /// The setting, if it is on.
    fn on(&self, key: &'static str) -> Option<&'static str> {
        self.is_on(key).then_some(key)
    }

    fn is_of_type(&self, word: &[u8]) -> bool {
        self.values("Type").last() == Some(&word)
    }

    /// As [`Self::is_on`], of settings that have other words than yes and no.
    fn hides(&self, key: &str) -> bool {
        let told = |value: &&[u8]| {
            let is_word = MOUNT_WORDS.contains(value);
            let word = (is_word || HOST_WORDS.contains(value)).then_some(is_word);
            truth(value).or(word)
        };
        self.values(key).iter().rev().find_map(told) == Some(true)
    }

    fn lists(&self, key: &str) -> bool {
        // That directory is the host's.
        let is_of_host = |value: &[u8]| key == "RootDirectory" && value == b"/";
        self.values(key).iter().any(|value| !value.is_empty() && !is_of_host(value))
    }

    /// Whether a list allows only what it names, or denies something. After a `~` it denies, and a later line
    /// without one takes back what it names: `~@mount`, then `@mount`. The first line says which it is.
    fn filters(&self, key: &str) -> bool {
        let mut denied: Option<BTreeSet<&[u8]>> = None;
        for value in self.values(key).iter().filter(|value| !value.is_empty()) {
            let (is_inverse, listed) = list(value);
            if is_inverse {
                denied.get_or_insert_default().extend(listed);
            } else if let Some(denied) = &mut denied {
                denied.retain(|word| !listed.contains(word));
            } else {
                return true;
            }
        }
        denied.is_some_and(|denied| !denied.is_empty())
    }

    /// Whether it may not make some kind of namespace. Lines add up, but for a yes or no. systemd ignores a
    /// line with a word that it does not know.
    fn restricts(&self) -> bool {
        let all = || BTreeSet::from(NAMESPACES);
        let mut denied: Option<BTreeSet<&[u8]>> = None;
        for value in self.values("RestrictNamespaces") {
            let (is_inverse, listed) = list(value);
            match truth(value) {
                Some(true) => denied = Some(all()),
                Some(false) => denied = Some(BTreeSet::new()),
                None if listed.is_empty() || !listed.is_subset(&all()) => {}
                None if is_inverse => denied.get_or_insert_default().extend(listed),
                None => denied.get_or_insert_with(all).retain(|kind| !listed.contains(kind)),
            }
        }
        denied.is_some_and(|denied| !denied.is_empty())
    }

    fn account(&self) -> Option<Account> {
        let value = self.values("User").last().filter(|value| !value.is_empty())?;
        let Ok(value) = std::str::from_utf8(value) else { return Some(Account::Unknown) };
        let is_root = |user: &String| user == "root" || user == "0";
        match self.filled_in(value) {
            Some(user) if is_root(&user) => None,
            Some(user) => Some(Account::Named(user)),
            None => Some(Account::Unknown),
        }
    }

    /// A path below `/proc` may lead to the host's own namespace.
    fn network_path(&self) -> Option<String> {
        let value = self.values("NetworkNamespacePath").last().filter(|value| !value.is_empty())?;
        let path = self.filled_in(std::str::from_utf8(value).ok()?)?;
        (!path.starts_with("/proc/")).then_some(path)
    }

    /// `full` and `managed` may map as many users as the host has.
    fn users(&self) -> Option<&'static str> {
        let told = |value: &&[u8]| {
            truth(value).or(match *value {
                b"self" | b"identity" => Some(true),
                b"full" | b"managed" => Some(false),
                _ => None,
            })
        };
        let last = self.values("PrivateUsers").iter().rev().find_map(told);
        last.filter(|&is_on| is_on).map(|_| "PrivateUsers")
    }

    fn may_change_user(&self) -> bool {
        let may = capabilities(b"cap_setuid cap_setgid");
        let gives = |value: &&[u8]| {
            value.starts_with(b"~") || !capabilities(value).intersection(may).is_empty()
        };
        self.values("AmbientCapabilities").iter().any(gives)
    }

    fn group(&self) -> Option<String> {
        let value = self.values("Group").last().filter(|value| !value.is_empty())?;
        self.filled_in(std::str::from_utf8(value).ok()?)
    }

    fn more_groups(&self) -> Vec<String> {
        let values = self.values("SupplementaryGroups").iter();
        let words = values.flat_map(|value| words(value));
        words.filter_map(|word| self.filled_in(std::str::from_utf8(word).ok()?)).collect()
    }

    /// What `CapabilityBoundingSet=` and the settings that imply some take away. The set begins full; the
    /// first list replaces it, later ones add to it or, after a `~`, take away.
    fn forbidden(&self) -> Capabilities {
        let mut kept: Option<Capabilities> = None;
        for value in self.values("CapabilityBoundingSet") {
            let (is_inverse, list) = match value.strip_prefix(b"~") {
                Some(list) => (true, list),
                None => (false, *value),
            };
            let listed = capabilities(list);
            kept = Some(match (kept.filter(|_| !listed.is_empty()), is_inverse) {
                (None, true) => Capabilities::ALL.without(listed),
                (None, false) => listed,
                (Some(kept), true) => kept.without(listed),
                (Some(kept), false) => kept.union(listed),
            });
            if kept == Some(Capabilities::ALL) {
                kept = None;
            }
        }
        let mut forbidden =
            kept.map_or_else(Capabilities::default, |kept| Capabilities::ALL.without(kept));
        for (key, names) in IMPLIED {
            if self.is_on(key) {
                forbidden = forbidden.union(capabilities(names.join(" ").as_bytes()));
            }
        }
        forbidden
    }

    fn commands(&self) -> Vec<Command> {
        let of = |key: &str, step| {
            let values = self.values(key).iter();
            values.flat_map(|value| commands(step, value)).collect::<Vec<_>>()
        };
        let mut all = of("ExecStart", Step::Start);
        for key in [
            "ExecCondition",
            "ExecStartPre",
            "ExecStartPost",
            "ExecReload",
            "ExecStop",
            "ExecStopPost",
        ] {
            all.extend(of(key, Step::Other));
        }
        let others_are_roots = self.is_on("PermissionsStartOnly");
        for command in &mut all {
            command.keeps_root |= others_are_roots && command.step == Step::Other;
            command.program = self.filled_in_if_known(&command.program);
            let words = command.cmdline.split_inclusive(|&byte| byte == 0);
            command.cmdline = words.flat_map(|word| self.filled_in_if_known(word)).collect();
        }
        all
    }

    /// The same word if only systemd can fill it in.
    fn filled_in_if_known(&self, word: &[u8]) -> Vec<u8> {
        let filled_in = std::str::from_utf8(word).ok().and_then(|word| self.filled_in(word));
        filled_in.map_or_else(|| word.to_vec(), String::into_bytes)
    }

    /// With the specifiers that hang on the unit's name filled in (systemd.unit(5), "Specifiers").
    /// `None` if there are others.
    fn filled_in(&self, value: &str) -> Option<String> {
        let name = Name::of(self.name)?;
        let mut out = String::new();
        let mut chars = value.chars();
        while let Some(c) = chars.next() {
            if c != '%' {
                out.push(c);
                continue;
            }
            match chars.next()? {
                '%' => out.push('%'),
                'i' => out.push_str(name.instance.unwrap_or_default()),
                'I' => out.push_str(&unescaped(name.instance.unwrap_or_default())?),
                'p' => out.push_str(name.prefix),
                'P' => out.push_str(&unescaped(name.prefix)?),
                'n' => out.push_str(self.name),
                'N' => out.push_str(self.name.strip_suffix(".service")?),
                _ => return None,
            }
        }
        Some(out)
    }
}

fn or(settings: Vec<&'static str>, implied: Option<&'static str>) -> Vec<&'static str> {
    if settings.is_empty() { implied.into_iter().collect() } else { settings }
}

/// `-` stands for a slash, and `\x2d` for a minus (systemd-escape(1)).
fn unescaped(text: &str) -> Option<String> {
    let mut out = Vec::new();
    let mut left = text.as_bytes();
    while let Some((&byte, rest)) = left.split_first() {
        left = rest;
        if let (b'\\', Some(digits)) = (byte, rest.strip_prefix(b"x").and_then(|hex| hex.get(..2)))
        {
            let digits = std::str::from_utf8(digits).ok()?;
            out.push(u8::from_str_radix(digits, 16).ok()?);
            left = &rest[3..];
        } else {
            out.push(if byte == b'-' { b'/' } else { byte });
        }
    }
    String::from_utf8(out).ok()
}

/// Yes and no as systemd spells them, in any case; `None` for anything else.
fn truth(value: &[u8]) -> Option<bool> {
    let is = |words: &[&str]| words.iter().any(|word| value.eq_ignore_ascii_case(word.as_bytes()));
    if is(&["1", "yes", "y", "true", "t", "on"]) {
        Some(true)
    } else if is(&["0", "no", "n", "false", "f", "off"]) {
        Some(false)
    } else {
        None
    }
}

/// The words of a list, and whether a `~` turns it round. A system call may name its error: `mount:EPERM`.
fn list(value: &[u8]) -> (bool, BTreeSet<&[u8]>) {
    let inverse = value.strip_prefix(b"~");
    let words = words(inverse.unwrap_or(value));
    let words = words.filter_map(|word| word.split(|&byte| byte == b':').next());
    (inverse.is_some(), words.collect())
}

/// The words of a list, each with or without quotes.
fn words(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let words = list.split(|byte| byte.is_ascii_whitespace() || b"\"'".contains(byte));
    words.filter(|word| !word.is_empty())
}

/// A list of capabilities; other words are skipped.
fn capabilities(list: &[u8]) -> Capabilities {
    let words = words(list).filter_map(|word| std::str::from_utf8(word).ok());
    let known = words.filter_map(|word| Capabilities::named(word).ok());
    known.fold(Capabilities::default(), Capabilities::union)
}

#[cfg(test)]
mod tests {
    use super::super::syntax::service_section;
    use super::*;

    fn asks(name: &str, lines: &str) -> Asks {
        let text = format!("[Service]\n{lines}\n");
        Asks::read(service_section(text.as_bytes()).unwrap().iter(), name)
    }

    fn of(lines: &str) -> Asks {
        asks("x.service", lines)
    }

    #[test]
    fn the_last_yes_or_no_counts() {
        assert_eq!(of(""), Asks::default());
        for (lines, setting) in [
            ("NoNewPrivileges=yes", Some("NoNewPrivileges")),
            ("NoNewPrivileges=On\nNoNewPrivileges=maybe", Some("NoNewPrivileges")),
            ("NoNewPrivileges=yes\nNoNewPrivileges=0", None),
            ("nonewprivileges=yes", None),
            ("DynamicUser=true", Some("DynamicUser")),
        ] {
            assert_eq!(of(lines).no_new_privs, setting, "{lines}");
        }
        for (lines, setting) in [
            ("ProtectSystem=strict", &["ProtectSystem"][..]),
            ("ProtectSystem=full\nProtectSystem=no", &[]),
            ("ProtectHome=read-only", &["ProtectHome"]),
            ("ProtectHome=nonsense", &[]),
            ("ReadOnlyPaths=/a\nReadOnlyPaths=", &[]),
            ("ReadOnlyPaths=\nReadOnlyPaths=/b", &["ReadOnlyPaths"]),
            ("ReadOnlyPaths=/b\nPrivateDevices=yes", &["PrivateDevices", "ReadOnlyPaths"]),
            ("ProtectProc=invisible\nProcSubset=pid", &["ProcSubset", "ProtectProc"]),
            ("ProtectProc=invisible\nProtectProc=default\nProcSubset=all", &[]),
            ("PrivateIPC=yes", &["PrivateIPC"]),
            ("MountFlags=slave", &["MountFlags"]),
            ("MountFlags=slave\nMountFlags=shared", &[]),
            ("RootDirectory=/srv/app", &["RootDirectory"]),
            ("RootDirectory=/", &[]),
            ("ReadOnlyPaths=/", &["ReadOnlyPaths"]),
            ("TemporaryFileSystem=/", &["TemporaryFileSystem"]),
            ("DynamicUser=yes", &["DynamicUser"]),
            ("DynamicUser=yes\nPrivateTmp=yes", &["PrivateTmp"]),
        ] {
            assert_eq!(of(lines).mounts, setting, "{lines}");
        }
        for (lines, setting) in [
            ("SystemCallFilter=@system-service", &["SystemCallFilter"][..]),
            ("SystemCallFilter=~@mount\nSystemCallFilter=", &[]),
            ("SystemCallFilter=~@mount @swap\nSystemCallFilter=@swap", &["SystemCallFilter"]),
            ("SystemCallFilter=~@mount:EPERM\nSystemCallFilter=@mount", &[]),
            ("SystemCallFilter=@mount\nSystemCallFilter=~@mount", &["SystemCallFilter"]),
            ("RestrictAddressFamilies=~AF_PACKET\nRestrictAddressFamilies=AF_PACKET", &[]),
            ("RestrictNamespaces=no", &[]),
            ("RestrictNamespaces=~user", &["RestrictNamespaces"]),
            ("RestrictNamespaces=user", &["RestrictNamespaces"]),
            ("RestrictNamespaces=no\nRestrictNamespaces=~user", &["RestrictNamespaces"]),
            ("RestrictNamespaces=no\nRestrictNamespaces=user", &[]),
            ("RestrictNamespaces=~user\nRestrictNamespaces=user", &[]),
            ("RestrictNamespaces=~user\nRestrictNamespaces=no", &[]),
            ("RestrictNamespaces=user nonsense", &[]),
            ("RestrictNamespaces=cgroup ipc net mnt pid user uts", &[]),
            ("RestrictRealtime=1\nSystemCallFilter=x", &["SystemCallFilter", "RestrictRealtime"]),
            ("MemoryDenyWriteExecute=yes", &[]),
            ("SystemCallLog=@mount", &["SystemCallLog"]),
        ] {
            assert_eq!(of(lines).seccomp, setting, "{lines}");
        }
    }

    #[test]
    fn namespaces_are_asked_for() {
        for (lines, users) in [
            ("PrivateUsers=yes", Some("PrivateUsers")),
            ("PrivateUsers=identity", Some("PrivateUsers")),
            ("PrivateUsers=yes\nPrivateUsers=full", None),
            ("PrivateUsers=yes\nPrivateUsers=no", None),
        ] {
            assert_eq!(of(lines).users, users, "{lines}");
        }
        assert_eq!(of("PrivateNetwork=yes").network, Some("PrivateNetwork"));
        assert_eq!(of("PrivateNetwork=yes\nPrivateNetwork=no").network, None);
        let path = |lines: &str| asks("x@vpn.service", lines).network_path;
        assert_eq!(path("NetworkNamespacePath=/run/netns/%i").as_deref(), Some("/run/netns/vpn"));
        assert_eq!(path("NetworkNamespacePath=/proc/1/ns/net"), None);
        assert_eq!(path("NetworkNamespacePath=/run/netns/a\nNetworkNamespacePath="), None);
    }

    #[test]
    fn who_may_change_the_user() {
        for (lines, may) in [
            ("AmbientCapabilities=cap_net_raw", false),
            ("AmbientCapabilities=CAP_SETUID", true),
            ("AmbientCapabilities=~cap_net_raw", true),
            ("AmbientCapabilities=CAP_SETUID\nAmbientCapabilities=", false),
            ("DynamicUser=yes", true),
        ] {
            assert_eq!(of(lines).is_user_open, may, "{lines}");
        }
    }

    #[test]
    fn the_user_may_come_from_the_instance() {
        let user = |name: &str, lines: &str| asks(name, lines).account;
        let named = |name: &str| Some(Account::Named(name.into()));
        assert_eq!(user("x.service", "User=alice"), named("alice"));
        assert_eq!(user("x.service", "User=alice\nUser="), None);
        assert_eq!(user("x.service", "User=root"), None);
        assert_eq!(user("x@bob.service", "User=%i"), named("bob"));
        assert_eq!(user("x@root.service", "User=%i"), None);
        assert_eq!(user("a-b@c-d\\x2de.service", "User=%P%I%%"), named("a/bc/d-e%"));
        assert_eq!(user("x.service", "User=%u"), Some(Account::Unknown));
        assert_eq!(user("x.service", "DynamicUser=1"), Some(Account::Dynamic));
        assert_eq!(user("x.service", "DynamicUser=1\nUser=a"), named("a"));
    }

    #[test]
    fn groups_add_up_until_an_empty_value() {
        let groups = |lines: &str| {
            let asks = asks("x@deploy.service", lines);
            (asks.group, asks.more_groups)
        };
        let named = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let lines = "Group=a\nGroup=%i\nSupplementaryGroups=b  c\nSupplementaryGroups=20";
        assert_eq!(groups(lines), (Some("deploy".into()), named(&["b", "c", "20"])));
        let lines =
            "Group=a\nGroup=\nSupplementaryGroups=b\nSupplementaryGroups=\nSupplementaryGroups=c";
        assert_eq!(groups(lines), (None, named(&["c"])));
    }

    #[test]
    fn bounding_sets_add_up_as_systemd_adds_them() {
        let some = |names: &str| capabilities(names.as_bytes());
        let but = |names: &str| Capabilities::ALL.without(some(names));
        for (lines, forbidden) in [
            ("CapabilityBoundingSet=cap_chown CAP_KILL", but("cap_chown cap_kill")),
            (
                "CapabilityBoundingSet=cap_chown\nCapabilityBoundingSet=cap_kill",
                but("cap_chown cap_kill"),
            ),
            (
                "CapabilityBoundingSet=~cap_chown\nCapabilityBoundingSet=~cap_kill",
                some("cap_chown cap_kill"),
            ),
            (
                "CapabilityBoundingSet=cap_chown cap_kill\nCapabilityBoundingSet=~cap_kill",
                but("cap_chown"),
            ),
            ("CapabilityBoundingSet=", Capabilities::ALL),
            ("CapabilityBoundingSet=\"cap_chown\" 'cap_kill'", but("cap_chown cap_kill")),
            ("CapabilityBoundingSet=cap_kill\nCapabilityBoundingSet=~", Capabilities::default()),
            ("CapabilityBoundingSet=\nCapabilityBoundingSet=cap_kill", but("cap_kill")),
            ("PrivateDevices=yes", some("cap_mknod cap_sys_rawio")),
        ] {
            assert_eq!(of(lines).forbidden, forbidden, "{lines}");
        }
    }

    #[test]
    fn commands_are_those_that_an_empty_one_did_not_take_back() {
        let lines = "ExecStart=/a\nExecStart=\nExecStart=/opt/%p/b %t %p\nExecStartPre=+/c\nExecStop=/d\n\
            PermissionsStartOnly=yes";
        let all = of(lines).commands;
        let shown = all.iter().map(|one| {
            (
                String::from_utf8_lossy(&one.program).into_owned(),
                one.is_unrestricted,
                one.keeps_root,
            )
        });
        let expected = [("/opt/x/b", false, false), ("/c", true, true), ("/d", false, true)];
        let expected = expected.map(|(program, plus, root)| (program.to_owned(), plus, root));
        assert_eq!(shown.collect::<Vec<_>>(), expected);
        assert_eq!(all[0].cmdline, b"/opt/x/b\0%t\0x\0");
    }
}
