//! Parses the output of `systemctl show`.
//!
//! It has a block of `KEY=VALUE` lines for each unit, with an empty line between blocks. The text may
//! come from a file that someone sent, so malformed lines are skipped.

use std::collections::BTreeMap;

use crate::text::error::Error;

/// The properties that [`Units`] needs from `systemctl show`.
pub(crate) const PROPERTIES: &str = "Id,LoadState,ActiveState,SubState,UnitFileState,Transient,Type,\
     KillMode,MainPID,WantedBy,RequiredBy,TriggeredBy,ConditionResult,\
     ConditionTimestamp,InactiveEnterTimestamp";

/// Targets that every boot reaches, for text without targets.
const BOOT_TARGETS: [&str; 12] = [
    "basic.target",
    "default.target",
    "getty.target",
    "local-fs.target",
    "multi-user.target",
    "network-online.target",
    "network.target",
    "paths.target",
    "remote-fs.target",
    "sockets.target",
    "sysinit.target",
    "timers.target",
];

/// A unit as systemd describes it; see `systemd.unit(5)` and `org.freedesktop.systemd1(5)`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unit {
    /// Its name: `ssh.service`.
    pub(crate) id: String,
    pub(crate) load_state: String,
    pub(crate) active_state: String,
    pub(crate) sub_state: String,
    pub(crate) file_state: String,
    pub(crate) is_transient: bool,
    /// `Type=` of a service: simple, forking, notify, dbus, oneshot, …
    pub(crate) kind: String,
    /// Whether stopping it leaves its children alive (`KillMode=process` or `none`).
    pub(crate) leaves_children: bool,
    /// The main process, 0 if systemd does not know it.
    pub(crate) main_pid: u32,
    /// The units that want or require it.
    pub(crate) wanted_by: Vec<String>,
    /// Sockets, timers and paths that start it.
    pub(crate) triggered_by: Vec<String>,
    /// When systemd last checked the conditions of the unit file; empty if never.
    condition_asked: String,
    condition_failed: bool,
    /// When it last became inactive, in systemd's words; empty if never.
    pub(crate) inactive_since: String,
}

impl Unit {
    fn set(&mut self, key: &str, value: &str) {
        let text = || value.to_owned();
        let list = || value.split_whitespace().map(str::to_owned);
        match key {
            "Id" => self.id = text(),
            "LoadState" => self.load_state = text(),
            "ActiveState" => self.active_state = text(),
            "SubState" => self.sub_state = text(),
            "UnitFileState" => self.file_state = text(),
            "Transient" => self.is_transient = value == "yes",
            "Type" => self.kind = text(),
            "KillMode" => self.leaves_children = matches!(value, "process" | "none"),
            "MainPID" => self.main_pid = value.parse().unwrap_or(0),
            "WantedBy" | "RequiredBy" => self.wanted_by.extend(list()),
            "TriggeredBy" => self.triggered_by.extend(list()),
            "ConditionResult" => self.condition_failed = value == "no",
            "ConditionTimestamp" => self.condition_asked = text(),
            "InactiveEnterTimestamp" => self.inactive_since = text(),
            _ => {}
        }
    }

    /// Whether systemd considers it running.
    pub(crate) fn is_active(&self) -> bool {
        matches!(self.active_state.as_str(), "active" | "reloading" | "refreshing")
    }

    /// Whether a condition of its file failed, which means that it should not run on this host. A unit
    /// whose conditions were never checked has the result "no", too, and does not count.
    pub(crate) fn is_unmet(&self) -> bool {
        self.condition_failed && !self.condition_asked.is_empty()
    }

    /// Its first trigger of a kind (`.timer`).
    pub(crate) fn trigger(&self, kind: &str) -> Option<&str> {
        self.triggered_by.iter().find(|trigger| trigger.ends_with(kind)).map(String::as_str)
    }
}

/// Units by name.
#[derive(Clone, Debug, Default)]
pub struct Units(BTreeMap<String, Unit>);

impl Units {
    /// Parses the output of `systemctl show '*.service'`.
    ///
    /// # Errors
    /// If the text describes no unit.
    pub fn parse(text: &[u8]) -> Result<Self, Error> {
        let mut units = BTreeMap::new();
        let mut unit = Unit::default();
        let text = String::from_utf8_lossy(text);
        for line in text.lines().chain([""]) {
            if let Some((key, value)) = line.split_once('=') {
                unit.set(key, value);
            } else if line.is_empty() && !unit.id.is_empty() {
                let done = std::mem::take(&mut unit);
                units.insert(done.id.clone(), done);
            }
        }
        if units.is_empty() {
            let right = "make one with: systemctl show --all '*.service' '*.target' > FILE";
            return Err(Error::new(format!(
                "it describes no unit (no line begins with Id=); {right}"
            )));
        }
        Ok(Self(units))
    }

    /// The unit with this name.
    pub(crate) fn get(&self, id: &str) -> Option<&Unit> {
        self.0.get(id)
    }

    /// All of them, in order of their names.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Unit> {
        self.0.values()
    }

    /// Whether a boot of this host starts `unit`: it is enabled, or an active unit wants it. Sessions and
    /// devices that want it don't count, since they come and go.
    pub(crate) fn starts_at_boot(&self, unit: &Unit) -> bool {
        let is_enabled = matches!(unit.file_state.as_str(), "enabled" | "enabled-runtime");
        let mut wanted_by = unit.wanted_by.iter();
        if wanted_by.len() == 0 {
            return is_enabled;
        }
        wanted_by.any(|by| match self.get(by) {
            Some(known) => known.is_active(),
            None if by.ends_with(".target") => BOOT_TARGETS.contains(&by.as_str()),
            None => by.ends_with(".service"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Type=notify\nMainPID=128\nId=ssh.service\nWantedBy=multi-user.target\n\
        RequiredBy=\nActiveState=active\nKillMode=process\nExecStart={ path=/x ; a=b }\n\n\
        Type=dbus\nMainPID=9\nId=polkit.service\nActiveState=active\nWantedBy=\nTransient=no\n\n\
        Id=user@0.service\nWantedBy=session-1.scope\nActiveState=active\n\n\
        Id=gdm.service\nWantedBy=graphical.target\nUnitFileState=enabled\n\n\
        Id=graphical.target\nActiveState=inactive\n";

    #[test]
    fn each_block_is_a_unit() {
        let units = Units::parse(TEXT.as_bytes()).unwrap();
        assert_eq!(units.all().count(), 5);
        let ssh = units.get("ssh.service").unwrap();
        assert_eq!((ssh.kind.as_str(), ssh.main_pid), ("notify", 128));
        assert!(ssh.leaves_children && ssh.is_active() && !ssh.is_transient);
    }

    #[test]
    fn a_boot_starts_what_something_that_is_up_wants() {
        let units = Units::parse(TEXT.as_bytes()).unwrap();
        let starts = |id: &str| units.starts_at_boot(units.get(id).unwrap());
        assert!(starts("ssh.service"));
        for id in ["polkit.service", "user@0.service", "gdm.service"] {
            assert!(!starts(id), "{id}");
        }
    }

    #[test]
    fn text_without_a_unit_is_an_error() {
        for text in ["", "\n\n", "UNIT LOAD ACTIVE\nssh.service loaded active\n"] {
            let error = Units::parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains("no unit"), "{error}");
        }
    }
}
